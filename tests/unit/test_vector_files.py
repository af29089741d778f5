"""What holds of the vectors' files themselves: they are current, documented, and name every rule of SPEC."""

import re
from pathlib import Path

import pytest
from tests.support.vectors import DIRECTORY, family_names, load_family
from tests.vectors.expand import FAMILIES, build_ledger, main
from tests.vectors.generate import generate

ROOT = DIRECTORY.parent.parent
SPEC = (ROOT / "SPEC.md").read_text(encoding="utf-8")
README = (DIRECTORY / "README.md").read_text(encoding="utf-8")

# Rules of sections 1 to 9 that no input can violate, with the reason.
EXCEPTIONS = {
    "2.7": "what a publisher does; of it a verifier sees the result alone, by 10.2",
    "2.9": "what a service answers; tests/service asks one",
}


def rules_of_spec() -> set[str]:
    numbered = re.findall(r"^\*\*([0-9]+\.[0-9]+)", SPEC, re.MULTILINE)
    steps = re.findall(r"^\| (10\.[0-9]+) ", SPEC, re.MULTILINE)
    return {*numbered, *steps}


def test_regenerating_gives_the_same_bytes() -> None:
    files = generate()
    assert sorted(files) == [f"{name}.json" for name in family_names()]
    stale = [name for name, text in files.items() if (DIRECTORY / name).read_bytes() != text.encode("ascii")]
    assert stale == [], "run `make vectors` and look at what changed"


def test_generating_twice_gives_the_same_bytes() -> None:
    assert generate() == generate()


@pytest.mark.parametrize("name", family_names())
def test_a_family_has_the_shape_that_spec_11_states(name: str) -> None:
    family = load_family(name)
    assert family["family"] == name
    assert family["about"]
    names = [one["name"] for one in family["vectors"]]
    assert len(set(names)) == len(names) > 0
    for one in family["vectors"]:
        assert set(one["spec"]) <= rules_of_spec(), one["name"]
        assert one["spec"]
        assert "expect" in one


def test_every_rule_of_sections_1_to_9_is_named_by_a_vector() -> None:
    named = {rule for name in family_names() for one in load_family(name)["vectors"] for rule in one["spec"]}
    rules = {rule for rule in rules_of_spec() if int(rule.split(".")[0]) <= 9}
    assert len(rules) > 50
    assert rules - named == set(EXCEPTIONS)


def test_the_readme_and_the_specification_name_every_family() -> None:
    section = SPEC[SPEC.index("## 11 ") :]
    missing = [name for name in family_names() if f"`{name}`" not in README or f"`{name}`" not in section]
    assert missing == []


@pytest.mark.parametrize("name", [name for name in FAMILIES if name.startswith("ledgers-")])
def test_statements_are_enough_to_write_the_ledgers_again(name: str) -> None:
    family = load_family(name)
    for one in family["vectors"]:
        assert build_ledger(family, one).size > 0  # It compares the digest of all files.


def test_the_ledgers_are_written_as_directories(tmp_path: Path) -> None:
    main(tmp_path)
    counts = {name: len(load_family(name)["vectors"]) for name in FAMILIES}
    assert {name: len(list((tmp_path / name).iterdir())) for name in FAMILIES} == counts
    one = tmp_path / "published" / "unchanged"
    assert sorted(path.name for path in one.iterdir()) == ["expect.json", "public", "trust.toml"]
    assert (one / "public" / "tile" / "entries" / "000.p" / "6").is_file()
