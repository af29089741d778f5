"""The page about the definitions: each stands there with its property, and no code is missing."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "tests" / "reference"
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line.startswith("| ")
][1:]
SPEC = (ROOT / "SPEC.md").read_text(encoding="utf-8")


def named(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_every_definition_is_listed_once() -> None:
    listed = [one for row in ROWS for one in named(row[3])]
    assert sorted([*listed, "rfc6962", "mldsa", "brief", "standing"]) == sorted(
        path.stem for path in FOLDER.glob("*.py")
    )


def test_every_definition_is_compared_by_the_property_beside_it() -> None:
    for row in ROWS:
        texts = [(ROOT / f"tests/property/{one}.py").read_text(encoding="utf-8") for one in named(row[4])]
        for definition in named(row[3]):
            assert any(
                re.search(rf"tests\.reference(\.{definition} import| import {definition}\b)", text)
                for text in texts
            ), definition


def test_every_code_has_a_definition_or_a_reason_why_not() -> None:
    table = SPEC[SPEC.index("**9.17 Codes**") : SPEC.index("**9.18 ")]
    codes = {
        code
        for line in table.splitlines()
        for code in re.findall(r"V\d\d", line.split("|")[1] if "|" in line else "")
    }
    assert len(codes) > 35
    assert codes <= set(re.findall(r"V\d\d", PAGE))


def test_every_section_that_is_named_is_there() -> None:
    for row in ROWS:
        for section in re.findall(r"\d+\.\d+", row[1]):
            assert f"**{section} " in SPEC or f"**{section}**" in SPEC, section
