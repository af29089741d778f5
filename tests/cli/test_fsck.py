"""`plimsoll fsck` looks at the files that the home keeps as evidence, too."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.stories import Stories
from tests.cli.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return Stories(tmp_path / "stories").world("imports", tmp_path / "world")


def fsck(world: World) -> tuple[int, dict[str, Any]]:
    done = world.run("fsck", "--json")
    return done.code, json.loads(done.stdout)


def test_evidence_that_was_changed_is_found(world: World) -> None:
    code, told = fsck(world)
    held = told["evidence"]["held"]
    assert code == 0
    assert held > 1
    assert told["evidence"]["not_held"] == 0
    home = next(path.parent for path in world.folder.rglob("plimsoll.toml"))
    changed, gone = [path for path in sorted((home / "evidence").rglob("*")) if path.is_file()][:2]
    changed.write_bytes(changed.read_bytes() + b"\n")
    gone.unlink()
    code, told = fsck(world)
    assert code == 4
    assert [problem["where"] for problem in told["problems"]] == [f"evidence {changed.name}"]
    assert "its digest is not its name" in told["problems"][0]["message"]
    assert told["evidence"] == {"held": held - 1, "not_held": 1}
