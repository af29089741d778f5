"""Homes that follow a log elsewhere, and a trust file that no longer names a key that the log gave up."""

import shutil
from pathlib import Path

import pytest
from tests.cli.stories import Stories
from tests.cli.world import World
from tests.support.httpd import serve_directory

OLD_KEY_ID = "1dc50cee"


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp("stories"))


@pytest.fixture
def world(stories: Stories, tmp_path: Path) -> World:
    """Of a log that has changed its key; `new.toml` names the new one alone, `trust.toml` the old one."""
    world = stories.world("log-keys", tmp_path / "world")
    assert OLD_KEY_ID not in (world.folder / "new.toml").read_text()
    assert OLD_KEY_ID in (world.folder / "trust.toml").read_text()
    return world


def give_keys(world: World, desk: str) -> None:
    for key in (world.folder / "home/keys").glob("alice.*"):
        shutil.copy(key, world.folder / desk / "keys")


def check_works(world: World, desk: str) -> None:
    """Check that all that reads the copy works, and that its author can sign."""
    for argv in (
        ("log",), ("show", "3"), ("status",), ("whoami",), ("pending",), ("due",), ("fsck",),
        ("trust", "export", "-o", "-"), ("record", "heartbeat", "--dry-run"),
    ):  # fmt: skip
        done = world.run("--home", desk, *argv)
        assert done.code == 0, (argv, done.stderr)
    seen = (world.folder / desk / "seen/alice").read_text()
    assert seen.split("\n")[1] == "13"


def test_a_home_is_made_with_the_new_key_alone(world: World) -> None:
    with serve_directory(world.folder / "public") as url:
        done = world.run("join", "desk", "--ledger", url, "--trust", "new.toml", "--as", "alice")
        assert done.code == 0, done.stderr
        assert "13 entries verified" in done.stdout
        give_keys(world, "desk")
        check_works(world, "desk")
        exported = world.run("--home", "desk", "trust", "export", "-o", "-").stdout
        assert exported == (world.folder / "new.toml").read_text()
        refused = world.run("--home", "desk", "trust", "export", "--without", OLD_KEY_ID, "-o", "-")
        assert (refused.code, "needs the operator's home" in refused.stderr) == (2, True)


def test_a_home_of_before_takes_the_new_trust_file(world: World) -> None:
    """Also one whose copy was made again, and which holds what the key of before had signed."""
    with serve_directory(world.folder / "public") as url:
        assert world.run("join", "desk", "--ledger", url, "--trust", "trust.toml", "--as", "alice").code == 0
        give_keys(world, "desk")
        check_works(world, "desk")
        shutil.copy(world.folder / "new.toml", world.folder / "desk/trust.toml")
        check_works(world, "desk")
        (world.folder / "desk/remote.sqlite3").unlink()
        held = world.folder / "desk/seen/alice"
        shutil.copy(world.folder / "public/checkpoints/12", held)
        assert f"\n— acme.example/rsp {signature_start(OLD_KEY_ID)}" in held.read_text()
        check_works(world, "desk")
        # What is not true of the tree stays refused, though no key that is known has signed it.
        shutil.copy(world.folder / "public/checkpoints/12", held)
        text = held.read_text()
        held.write_text(text.replace("\n12\n", "\n11\n"))
        failed = world.run("--home", "desk", "record", "heartbeat", "--dry-run")
        assert (failed.code, "is not this log's" in failed.stderr) == (4, True)


def signature_start(key_id: str) -> str:
    """Return how a note's signature line begins in base64: with three of the key id's four bytes."""
    import base64

    return base64.b64encode(bytes.fromhex(key_id)[:3]).decode()


def test_the_stolen_key_opens_no_home(world: World, tmp_path: Path) -> None:
    """What was published last under the old key is no ledger to who has the new trust file."""
    shown = tmp_path / "shown"
    shutil.copytree(world.folder / "public", shown)
    shutil.copy(world.folder / "public/checkpoints/12", shown / "checkpoint")
    with serve_directory(shown) as url:
        done = world.run("join", "desk", "--ledger", url, "--trust", "new.toml", "--as", "alice")
    assert done.code == 4
    assert "expected a signature by a trusted key" in done.stderr
    assert not (world.folder / "desk").exists()
