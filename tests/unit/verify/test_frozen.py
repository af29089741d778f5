"""The frozen ledger in examples/harbour: what was judged once is judged so by every later verifier."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll_verify.audit import audit
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import verdict_json

FOLDER = Path(__file__).parents[3] / "examples/harbour"
VERDICTS: dict[str, dict[str, Any]] = json.loads((FOLDER / "verdicts.json").read_text(encoding="utf-8"))


def covers(given: Any, frozen: Any, where: str = "$") -> None:
    """Assert that a verdict still says what the frozen one says; keys may have been added since."""
    if isinstance(frozen, dict):
        for key, value in frozen.items():
            assert key in given, f"{where}.{key} is gone"
            covers(given[key], value, f"{where}.{key}")
    elif isinstance(frozen, list):
        assert len(given) == len(frozen), where
        for place, value in enumerate(frozen):
            covers(given[place], value, f"{where}[{place}]")
    elif not where.endswith(".message"):  # Wording may improve.
        assert given == frozen, where


@pytest.mark.parametrize("name", sorted(VERDICTS))
def test_the_verdict_is_still_the_same(name: str) -> None:
    trust = parse_trust((FOLDER / "trust.toml").read_bytes())
    covers(verdict_json(audit(DirectorySource(FOLDER / name), trust)), VERDICTS[name])


def test_the_frozen_verdicts_are_those_that_the_story_tells() -> None:
    found = {
        name: (verdict["verdict"], {finding["code"] for finding in verdict["findings"]})
        for name, verdict in VERDICTS.items()
    }
    assert found["public"] == ("compliant", set())
    assert found["lapsed"] == ("violations", {"V01"})
    assert found["hidden"][0] == "violations"
    assert {"V01", "V05"} <= found["hidden"][1]
