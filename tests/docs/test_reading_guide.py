"""The guide to reading the verifier: every module has one place in it, and its sizes are about right."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "guides" / "reading-the-verifier.md"
FOLDER = ROOT / "verify" / "plimsoll_verify"
TOLERANCE = 0.2


def parts() -> dict[str, list[str]]:
    """Return the modules that each numbered part lists, as paths without suffix."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.split(r"^## (\d)\. .*$", text, flags=re.MULTILINE)[1:]
    modules = {path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.py")}
    return {
        number: list(dict.fromkeys(one for one in re.findall(r"`([\w/]+)`", body) if one in modules))
        for number, body in zip(found[::2], found[1::2], strict=True)
    }


def lines(module: str) -> int:
    text = (FOLDER / f"{module}.py").read_text(encoding="utf-8")
    return len([line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")])


def test_every_module_has_its_place_and_only_one() -> None:
    listed = [module for modules in parts().values() for module in modules]
    assert sorted(listed) == sorted(
        path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.py")
    )


@pytest.mark.parametrize("number", ["1", "2", "3", "4", "5", "6"])
def test_the_sizes_are_about_right(number: str) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    (said,) = re.findall(rf"^\| {number} \| ([\d,]+) \|$", text, flags=re.MULTILINE)
    counted = sum(lines(module) for module in parts()[number])
    assert abs(int(said.replace(",", "")) - counted) <= TOLERANCE * counted
