"""Modules and functions stay short enough to be read at one sitting."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAX_MODULE_LINES = 600
MAX_FUNCTION_LINES = 69
MODULES = [
    path
    for folder in ("keys", "ledger", "attest", "verify")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


def name(path: Path) -> str:
    """Return a file's path within the checkout."""
    return path.relative_to(ROOT).as_posix()


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count a function's lines, its docstring and decorators included."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return (node.end_lineno or node.lineno) - first + 1


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_says_its_one_idea_and_stays_short(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_MODULE_LINES
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "the first line says what the module is for"
    too_long = {
        node.name: lines_of(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > MAX_FUNCTION_LINES
    }
    assert too_long == {}


def test_all_four_packages_are_measured() -> None:
    packages = {path.relative_to(ROOT).parts[1] for path in MODULES}
    assert packages >= {"plimsoll_keys", "plimsoll_ledger", "plimsoll_attest", "plimsoll_verify"}
