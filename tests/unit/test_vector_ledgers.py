"""The vectors that are whole ledgers, on the whole verifier: rejections, V36, and the small stories."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import write_files
from tests.support.vectors import load_family
from tests.vectors.expand import FAMILIES, ledger_files

from plimsoll_verify.audit import audit
from plimsoll_verify.encoding import parse_time
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import verdict_json

STORIES = tuple(family for family in FAMILIES if family.startswith("ledgers-"))
ENTRY = 6


def cases(*families: str) -> list[Any]:
    return [
        pytest.param(family, one, id=f"{family}/{one['name']}")
        for family in families
        for one in load_family(family)["vectors"]
    ]


def judge(family: str, one: dict[str, Any], directory: Path) -> dict[str, Any]:
    """Verify a vector's ledger; returns the verdict as `--json` prints it."""
    files, trust = ledger_files(family, one)
    write_files(directory, files)
    now_ms = parse_time(one["now"]) if "now" in one else None
    verdict = audit(DirectorySource(directory), parse_trust(trust.encode()), workers=1, now_ms=now_ms)
    described: dict[str, Any] = verdict_json(verdict)
    return described


@pytest.mark.parametrize(("family", "one"), cases("published"))
def test_published(family: str, one: dict[str, Any], tmp_path: Path) -> None:
    verdict = judge(family, one, tmp_path)
    expect = one["expect"] if isinstance(one["expect"], list) else [one["expect"]]
    check = verdict["error"]["check"] if verdict["verdict"] == "rejected" else "ok"
    assert check in expect, verdict.get("error")


@pytest.mark.parametrize(("family", "one"), cases("entry"))
def test_entry(family: str, one: dict[str, Any], tmp_path: Path) -> None:
    verdict = judge(family, one, tmp_path)
    if verdict["verdict"] == "rejected":
        assert verdict["error"]["check"] == one["expect"], verdict["error"]
        return
    here = [found for found in verdict["findings"] if ENTRY in found["entries"]]
    is_inadmissible = any(found["code"] == "V36" for found in here)
    is_unknown = any(found["level"] == "indeterminate" for found in here)
    if one["expect"] in {"withheld", "not-understood"}:
        assert (is_inadmissible, is_unknown) == (False, True), here
    else:
        assert one["expect"] in {"ok", "V36"}, "it is not rejected"
        assert is_inadmissible == (one["expect"] == "V36"), here
    assert verdict["verdict"] != "compliant"


def fits(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Say whether a finding has all that the vector states of it."""
    end = None if found["ended_by"] == "open" else (found["to"] or {}).get("time")
    actual = {
        "code": found["code"],
        "level": found["level"],
        "begin": (found["from"] or {}).get("time"),
        "end": end,
        "because": sorted({cause["code"] for cause in found["because"]}),
        "interpreted_by": found["interpreted_by"],
    }
    stated = {key: value for key, value in wanted.items() if key != "entry"}
    return all(actual[key] == value for key, value in stated.items()) and (
        "entry" not in wanted or wanted["entry"] in found["entries"]
    )


@pytest.mark.parametrize(("family", "one"), cases(*STORIES))
def test_story(family: str, one: dict[str, Any], tmp_path: Path) -> None:
    verdict = judge(family, one, tmp_path)
    found, expect = verdict["findings"], one["expect"]
    said = [(one["code"], one["level"], one["from"], one["to"], one["message"]) for one in found]
    assert verdict["verdict"] == expect["verdict"], said
    if expect["findings"] is not None:
        assert len(found) == len(expect["findings"]), said
        assert all(any(fits(one, wanted) for one in found) for wanted in expect["findings"]), said
