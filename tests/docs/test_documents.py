"""The documentation says what the code does."""

import re
from pathlib import Path

import pytest
from tests.docs.play import PLAYED, ROOT, play

DOCUMENTS = [
    path
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "policies").glob("*.md")]
    if path.name != "CHANGELOG.md"
]


@pytest.mark.parametrize("path", PLAYED, ids=lambda path: path.stem)
def test_what_commands_print_is_what_is_written(path: Path, tmp_path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    assert play(written, tmp_path) == written, "run: make docs-update"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"`[^`\n]*`", "", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (path.parent / target).exists(), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_promises_what_cannot_be_kept(path: Path) -> None:
    words = path.read_text(encoding="utf-8").lower()
    for promise in ("immutable", "tamper-proof", "tamperproof", "unhackable"):
        assert promise not in words


def test_every_rule_of_the_spec_that_code_names_exists() -> None:
    spec = (ROOT / "SPEC.md").read_text(encoding="utf-8")
    rules = set(re.findall(r"^\*\*(\d+\.\d+)", spec, re.MULTILINE))
    rules |= set(re.findall(r"^\| (10\.\d+) ", spec, re.MULTILINE))
    sections = set(re.findall(r"^## (\d+) ", spec, re.MULTILINE))
    for path in [p for room in ("keys", "ledger", "attest", "verify") for p in (ROOT / room).rglob("*.py")]:
        for rule in re.findall(r"SPEC (\d+(?:\.\d+)?)", path.read_text(encoding="utf-8")):
            assert rule in rules or rule in sections, f"{path.relative_to(ROOT)} names SPEC {rule}"


def test_every_make_target_that_documents_name_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in DOCUMENTS:
        for target in re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8")):
            assert target in targets, f"{path.relative_to(ROOT)} names make {target}"
