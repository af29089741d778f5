"""What is erased is recorded first, and gone for good: from the home, SQLite, and what is published."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.stories import Stories
from tests.cli.world import World

from plimsoll_attest import erasing
from plimsoll_attest.bodies import ContentStore
from plimsoll_attest.errors import CouldNotRun
from plimsoll_attest.smallbodies import SmallBodies
from plimsoll_ledger.lock import hold_lock
from plimsoll_verify.audit import audit
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust

ENTRY = "11"
TEXT = b"48 of 60 [sic] answers are right"


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp("stories"))


@pytest.fixture
def world(stories: Stories, tmp_path: Path) -> World:
    """A ledger whose entry 11 has a body with a text that can be looked for, published."""
    world = stories.world("records", tmp_path / "world")
    world.env["PLIMSOLL_AS"] = "alice"
    for argv in (("publish", "--to", "public"), ("trust", "export", "-o", "erasing.toml")):
        done = world.run(*argv)
        assert done.code == 0, done.stderr
    assert holders(world) == {"home", "public"}
    return world


def home_of(world: World) -> Path:
    return next(path.parent for path in world.folder.rglob("plimsoll.toml"))


def holders(world: World) -> set[str]:
    """Return the folders in one of whose files the text stands, whatever file that is."""
    return {
        name
        for name, folder in (("home", home_of(world)), ("public", world.folder / "public"))
        for path in folder.rglob("*")
        if path.is_file() and TEXT in path.read_bytes()
    }


def told(world: World, *argv: str) -> Any:
    done = world.run(*argv, "--json")
    assert done.code == 0, done.stderr
    return json.loads(done.stdout)


def record_erasure(world: World, digest: str, *by: str) -> int:
    """Record an erasure and carry nothing out, as through a service."""
    members = ("--subject", "org", "--set", f"digests=[{digest}]")
    return world.run("record", "erasure", *members, *by, "--yes").code


def erasures(world: World) -> int:
    return len(told(world, "log", "--kind", "erasure")["entries"])


def check_verified(world: World) -> None:
    trust = parse_trust((world.folder / "erasing.toml").read_bytes())
    verdict = audit(DirectorySource(world.folder / "public"), trust, workers=1)
    assert verdict.error is None, verdict.error


def test_it_is_gone_and_the_ledger_is_whole(world: World) -> None:
    found = told(world, "erase", ENTRY, "--to", "public")
    assert (len(found["entries"]), len(found["removed"]), found["packs"]) == (1, 1, 1)
    assert holders(world) == set()
    check_verified(world)
    assert world.run("publish", "--to", "public").code == 0
    check_verified(world)
    checked = told(world, "fsck")
    assert (checked["missing"], checked["not_erased"]) == ([], [])


def _fail(*_: object, **__: object) -> None:
    raise CouldNotRun("the power went", "")


@pytest.mark.parametrize(
    ("owner", "name"),
    [(erasing, "carry_out"), (ContentStore, "erase"), (SmallBodies, "erase"), (erasing, "publish_bodies")],
    ids=[
        "before anything is removed",
        "before the home",
        "between files and SQLite",
        "before what is published",
    ],
)
def test_after_an_interruption_the_same_command_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(owner, name, _fail)
        assert world.run("erase", ENTRY, "--to", "public").code == 5
    assert erasures(world) == 1  # Recorded, whatever else was done.
    assert told(world, "fsck")["missing"] == []
    assert "public" in holders(world)
    found = told(world, "erase", ENTRY, "--to", "public")
    assert (found["entries"], found["packs"]) == ([], 1)
    assert holders(world) == set()
    assert erasures(world) == 1
    check_verified(world)


def test_nothing_is_removed_that_could_not_be_recorded(world: World) -> None:
    assert world.run("erase", ENTRY, "--to", "public", "--as", "eve").code == 2
    assert world.run("erase", ENTRY, "--to", "public", "--dry-run").code == 0
    assert holders(world) == {"home", "public"}
    assert erasures(world) == 0


def test_a_served_home_is_erased_from_while_it_is_open(world: World) -> None:
    """A service keeps small bodies in SQLite, open all the while, and holds the lock of the home."""
    home = home_of(world)
    digest = told(world, "show", ENTRY)["body_sha256"]
    store = ContentStore(home / "body")
    data = store.get(digest)
    assert data is not None
    store.locate(digest).unlink()
    served = SmallBodies(home / "body.sqlite3")
    served.add({digest: data})
    assert served.get(digest) == data
    assert "home" in holders(world)
    # Recorded through the service, say; carried out beside it, while its lock is taken.
    assert record_erasure(world, digest, "--role", "root") == 0
    assert told(world, "fsck")["not_erased"] == [digest]
    with hold_lock(home / "lock", command="plimsoll serve", timeout_s=1):
        found = told(world, "erase", "--recorded", "--to", "public")
    assert (found["entries"], found["removed"], found["packs"]) == ([], [digest], 1)
    assert holders(world) == set()
    assert served.get(digest) is None
    served.close()


def test_what_somebody_without_the_root_role_recorded_is_carried_out_for_nobody(world: World) -> None:
    digest = told(world, "show", ENTRY)["body_sha256"]
    assert record_erasure(world, digest, "--as", "eve") == 0
    assert told(world, "erase", "--recorded", "--to", "public")["removed"] == []
    assert holders(world) == {"home", "public"}
    assert told(world, "fsck")["not_erased"] == []


def test_a_policy_stays_public(stories: Stories, tmp_path: Path) -> None:
    world = stories.world("policy", tmp_path / "world")
    world.env["PLIMSOLL_AS"] = "alice"
    (first, *_) = told(world, "log", "--kind", "policy")["entries"]
    index, digest = str(first["index"]), first["body_sha256"]
    assert "must stay public" in world.run("erase", index).stderr
    assert "must stay public" in world.run("erase", "--digest", digest).stderr
    assert record_erasure(world, digest, "--role", "root") == 0
    assert told(world, "erase", "--recorded")["removed"] == []
    assert ContentStore(home_of(world) / "body").holds(digest)


def test_what_is_missing_without_a_record_is_named(world: World) -> None:
    digest = told(world, "show", ENTRY)["body_sha256"]
    ContentStore(home_of(world) / "body").locate(digest).unlink()
    assert told(world, "fsck")["missing"] == [{"where": f"body of entry {ENTRY}", "digest": digest}]
    done = world.run("fsck")
    assert (done.code, f"missing without a record: body of entry {ENTRY}, {digest}" in done.stdout) == (
        0,
        True,
    )
    # The record can be made afterwards.
    assert told(world, "erase", ENTRY, "--to", "public")["absent"] == [digest]
    assert told(world, "fsck")["missing"] == []


def test_a_file_of_evidence_is_erased_by_its_digest(world: World) -> None:
    evidence = [path for path in (home_of(world) / "evidence").rglob("*") if path.is_file()]
    assert evidence
    found = told(world, "erase", "--digest", evidence[0].name, "--to", "public")
    assert (found["removed"], evidence[0].exists()) == ([evidence[0].name], False)
    assert told(world, "fsck")["missing"] == []
