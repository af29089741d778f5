"""Interrupted in the middle: what was acknowledged is there, and the outbox finishes what was signed."""

import json
import shutil
from pathlib import Path

import pytest
from tests.cli.stories import Stories
from tests.cli.transcript import ROOT
from tests.cli.world import World

from plimsoll_attest import evaluations
from plimsoll_attest.times import read_time
from plimsoll_ledger.sequencer import Sequencer


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp("stories"))


@pytest.fixture
def world(stories: Stories, tmp_path: Path) -> World:
    made = stories.world("models", tmp_path / "world")
    made.clock.time_ms = read_time("2026-11-24T09:00:00Z")
    shutil.copytree(ROOT / "examples" / "logs" / "harbour-1", made.folder / "logs")
    return made


def log(world: World) -> str:
    done = world.run("log", "--jsonl")
    assert (done.code, done.stderr) == (0, "")
    return done.stdout


def stop(*_arguments: object, **_settings: object) -> None:
    raise KeyboardInterrupt


def test_a_statement_that_was_signed_survives_an_interrupt_in_the_outbox(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = log(world)
    with monkeypatch.context() as patch:
        patch.setattr(Sequencer, "append", stop)
        done = world.run("pause", "--all", "--why", "an exercise")
    assert done.code == 130
    assert done.stdout == ""
    assert "plimsoll submit --outbox" in done.stderr
    assert log(world) == before
    waiting = json.loads(world.run("submit", "--outbox", "--dry-run", "--json").stdout)
    assert len(waiting["waiting"]) == 1
    finished = json.loads(world.run("submit", "--outbox", "--json").stdout)
    assert [entry["kind"] for entry in finished["entries"]] == ["pause"]
    assert log(world).startswith(before)
    assert log(world).count("\n") == before.count("\n") + 1
    shown = json.loads(world.run("show", str(finished["entries"][0]["index"]), "--json").stdout)
    assert shown["texts"] == {"reasons": "an exercise"}
    assert world.run("submit", "--outbox").stdout == "the outbox is empty: nothing waits\n"
    assert log(world).count("\n") == before.count("\n") + 1


def test_an_interrupted_import_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    before = log(world)
    with monkeypatch.context() as patch:
        patch.setattr(evaluations, "draft_results", stop)
        done = world.run("import", "inspect", "logs/virology-long-form.eval", "--model", "harbour-1")
    assert (done.code, done.stdout) == (130, "")
    assert log(world) == before
    assert json.loads(world.run("submit", "--outbox", "--dry-run", "--json").stdout)["waiting"] == []
    again = world.run("import", "inspect", "logs/virology-long-form.eval", "--model", "harbour-1")
    assert again.code == 0


def test_a_refusal_in_the_middle_of_several_appends_none(world: World) -> None:
    before = log(world)
    shutil.copy(world.folder / "logs" / "bio-knowledge.json", world.folder / "good.json")
    (world.folder / "bad.json").write_text('{"version": 2', encoding="utf-8")
    done = world.run("import", "inspect", "good.json", "bad.json", "--model", "harbour-1")
    assert done.code == 2
    assert "bad.json" in done.stderr
    assert log(world) == before
