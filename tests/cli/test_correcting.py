"""Corrections by hand: a person says what was otherwise, and the rest of the body is as it was."""

import json
from typing import Any

import pytest
from tests.cli.stories import Stories
from tests.cli.world import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("stories")
    found = Stories(folder).world("models", folder / "world")
    found.env["PLIMSOLL_AS"] = "alice"
    return found


def recorded(world: World, *argv: str) -> int:
    """Record a statement, and return its entry."""
    done = world.run("record", *argv, "--yes", "--json")
    assert done.code == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)["entries"]
    return int(told[-1]["index"])


def body(world: World, index: int) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(world.run("show", str(index), "--json").stdout)
    return {name: value for name, value in shown["body"].items() if name != "salt"}


WHEN = "2026-11-01T08:00:00.000Z"


def test_what_is_left_out_is_as_it_was(world: World) -> None:
    said = ("--set", "class=minor", "--set", f"occurred={WHEN}", "--set", f"aware={WHEN}")
    first = recorded(world, "incident", "--subject", "org", *said)
    index = recorded(world, "correction", "--set", f"of=#{first}", "--set", "instead.class=critical")
    assert body(world, index)["instead"] == {**body(world, first), "class": "critical"}
    assert body(world, index)["of"]["index"] == first


def test_numbers_are_numbers_and_the_reasons_are_kept(world: World) -> None:
    running = world.folder / "running.yaml"
    running.write_text(f"surface: api\nat: {WHEN}\nrunning: []\n")
    first = recorded(world, "inventory", "running.yaml", "--subject", "org")
    change = world.folder / "change.yaml"
    change.write_text("instead:\n  running:\n    - scope: external.general\n")
    index = recorded(world, "correction", "change.yaml", "--set", f"of=#{first}", "--why", "one was missed")
    assert body(world, index)["instead"]["running"] == [{"scope": "external.general"}]
    assert body(world, index)["reasons"] == "one was missed"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--set", "instead.class=critical"), "correction also needs of"),
        (("--set", "of=#1", "--set", "instead=nothing"), "instead"),
        (("--set", "of=#1", "--set", "instead.mood=good"), "no member 'mood'"),
        (("--set", "of=#99999"), "99999"),
        (("--set", "of=#1"), "its `of` must be of kind eval-result or"),
    ],
)
def test_what_is_no_correction_is_refused(world: World, argv: tuple[str, ...], words: str) -> None:
    done = world.run("record", "correction", *argv, "--yes")
    assert done.code == 2, done.stdout
    assert words in done.stderr
