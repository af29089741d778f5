"""What `status` says of pauses and restrictions: nobody is to take a halted model for a running one."""

import json
from typing import Any

import pytest
from tests.cli.stories import Stories
from tests.cli.world import World


@pytest.fixture
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("stories")
    found = Stories(folder).world("judged", folder / "world")
    found.env["PLIMSOLL_AS"] = "alice"
    return found


def recorded(world: World, *argv: str) -> int:
    done = world.run(*argv, "--yes", "--json")
    assert done.code == 0, done.stderr
    told: list[dict[str, Any]] = json.loads(done.stdout)["entries"]
    return int(told[-1]["index"])


def about_pauses(world: World, *argv: str) -> list[str]:
    lines = world.run("status", *argv).stdout.splitlines()
    return [line for line in lines if line.startswith(("pause of", "restriction of"))]


def paused(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(world.run("status", "--json").stdout)["paused"]
    return found


def test_status_shows_what_is_paused_until_it_is_resumed(world: World) -> None:
    assert (about_pauses(world), paused(world)) == ([], [])
    one = recorded(world, "pause", "harbour-1", "--role", "rso")
    every = recorded(world, "restrict", "--all", "--scope", "external.general", "--role", "rso")
    everywhere = "deploy and train in external.general, of all models, until it is resumed"
    assert about_pauses(world) == [
        f"pause of entry {one}: deploy and train, of harbour-1, until it is resumed",
        f"restriction of entry {every}: {everywhere}",
    ]
    assert [(item["index"], item["kind"], item["waits"]) for item in paused(world)] == [
        (one, "pause", False), (every, "restriction", False),
    ]  # fmt: skip
    # Of another model only what is about all of them.
    assert [line.split(":")[0] for line in about_pauses(world, "harbour-1-chat")] == [
        f"restriction of entry {every}"
    ]
    recorded(world, "resume", str(one), "--role", "rso")
    # Who may lift it are two; until the second has signed, it holds.
    assert [item["index"] for item in paused(world)] == [one, every]
    recorded(world, "sign-off", str(every + 1), "approve", "--as", "carol", "--role", "ceo")
    assert [item["index"] for item in paused(world)] == [every]


def test_a_pause_that_is_over_or_waits(world: World) -> None:
    recorded(world, "pause", "harbour-1", "--until", "2026-11-26T09:00:00Z", "--role", "rso")
    waits = recorded(world, "pause", "harbour-1", "--activity", "deploy", "--role", "root")
    world.clock.time_ms += 10 * 86_400_000
    (line,) = about_pauses(world)
    assert line.startswith(
        f"pause of entry {waits}: deploy, of harbour-1, until it is resumed; it waits for sig"
    )
