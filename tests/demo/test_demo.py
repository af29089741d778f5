"""The demo: what it leaves behind, what it tells, and what the verifier says of its endings."""

import json
import shutil
import stat
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.demo.conftest import PASSPHRASE, Played

from plimsoll_attest.demo.run import run_demo
from plimsoll_attest.demo.story import LARGE, SMALL, STAFF, tell
from plimsoll_attest.errors import UsageError
from plimsoll_verify.audit import audit
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust


def verdict(played: Played, name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((played.folder / f"{name}.verdict.json").read_text())
    return record


def findings(record: dict[str, Any], code: str) -> list[dict[str, Any]]:
    return [finding for finding in record["findings"] if finding["code"] == code]


def test_it_leaves_what_it_promises(played: Played) -> None:
    for name in ("home", "public", "trust.toml", "lapsed", "hidden", "tampered", "loadline.svg", "story.sh"):
        assert (played.folder / name).exists(), name
    for key in (played.folder / "home/keys").glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert {path.stem for path in (played.folder / "home/keys").glob("*.key")} == {p for p, _ in STAFF} | {
        "log"
    }


def test_it_tells_time_person_and_command_of_every_step_and_never_the_passphrase(played: Played) -> None:
    lines = [line for line in played.told.splitlines() if " $ plimsoll " in line]
    assert len(lines) == sum(hasattr(step, "args") for part in _parts() for step in part)
    assert lines[0].startswith("2026-11-20 08:00  board-1 ")
    assert "THE TIME ARE SIMULATED" in played.told
    assert "cannot catch: an evaluation that nobody recorded" in played.told
    assert PASSPHRASE not in played.told


def _parts() -> tuple[Any, ...]:
    story = tell()
    return story.main, story.hidden, story.lapsed


def test_the_main_line_is_compliant_without_a_single_finding(played: Played) -> None:
    record = verdict(played, "public")
    assert record["verdict"] == "compliant"
    assert record["findings"] == []
    assert record["log"]["size"] == tell().sizes["home"]
    states = {subject["name"]: subject["thresholds"] for subject in record["subjects"]}
    assert states[SMALL]["cbrn-3"] == "ruled_out"
    assert states[LARGE]["cbrn-3"] == "crossed"
    assert states[LARGE]["cbrn-4"] == "ruled_out"
    assert states[SMALL]["cbrn-4"] == "unassessed"
    for subject in record["subjects"]:
        (deployed,) = [active for active in subject["active"] if active["activity"] == "deploy"]
        assert (deployed["scope"], deployed["surface"]) == ("external.general", "api")


def test_a_lapsed_safeguard_is_a_violation_from_its_event_with_its_cause(played: Played) -> None:
    record = verdict(played, "lapsed")
    (finding,) = findings(record, "V01")
    assert finding["level"] == "violation"
    assert finding["from"]["time"] == "2027-03-01T18:00:00.000Z"
    assert finding["ended_by"] == "open"
    assert [cause["code"] for cause in finding["because"]] == ["V11"]
    lapse = tell().sizes["home-lapsed"] - 2
    assert lapse in finding["because"][0]["entries"]
    assert {f["code"] for f in record["findings"] if f["level"] == "violation"} == {"V01"}


def test_a_hidden_crossing_is_undeclared_and_its_deployment_unsafeguarded(played: Played) -> None:
    record = verdict(played, "hidden")
    assert record["verdict"] == "violations"
    (undeclared,) = findings(record, "V05")
    assert undeclared["rule"].endswith("cbrn-3") or "cbrn-3" in undeclared["rule"]
    assert undeclared["from"]["time"].startswith("2026-12-22T01:14")
    assert undeclared["from"]["index"] is None
    unsafeguarded = findings(record, "V01")
    assert unsafeguarded
    assert all(finding["from"]["time"].startswith("2026-11-25T09:0") for finding in unsafeguarded)


def test_one_flipped_bit_is_rejected_naming_where(played: Played) -> None:
    record = verdict(played, "tampered")
    assert record["verdict"] == "rejected"
    assert record["error"]["check"] in {"entries", "tile", "root"}
    assert "tile" in played.told.split("ending 3")[1]


def test_pictures_are_well_formed_and_only_the_endings_show_red(played: Played) -> None:
    for name, red in (("loadline.svg", False), ("lapsed.svg", True), ("hidden.svg", True)):
        text = (played.folder / name).read_text(encoding="utf-8")
        ET.fromstring(text)  # noqa: S314 - our own output
        assert ("beyond its load line from" in text) == red


def test_verdicts_hold_when_the_published_folder_is_verified_elsewhere(
    played: Played, tmp_path: Path
) -> None:
    shutil.copytree(played.folder / "public", tmp_path / "copy")
    trust = parse_trust((played.folder / "trust.toml").read_bytes())
    again = audit(DirectorySource(tmp_path / "copy"), trust, workers=1)
    assert again.verdict == "compliant"


def test_a_folder_in_use_is_refused_and_left_alone(tmp_path: Path) -> None:
    import io

    (tmp_path / "mine").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        run_demo(tmp_path, io.StringIO(), io.StringIO(), {})
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_demo_says_the_same_as_json(played: Played) -> None:
    from plimsoll_attest.demo.run import ENDINGS

    assert [code for _, code, _ in ENDINGS] == [0, 1, 1, 4]
    assert verdict(played, "public")["schema"] == "plimsoll/verdict/v1"
