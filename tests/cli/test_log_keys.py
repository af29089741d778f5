"""The log's key is replaced: what auditors with the old trust file make of it, and crashes on the way."""

from pathlib import Path

import pytest
from tests.cli.stories import Stories
from tests.cli.world import World

from plimsoll_attest.home import Home
from plimsoll_attest.keyring import read_log_vkey
from plimsoll_keys.files import generate_signer
from plimsoll_keys.vkey import VKey, format_vkey
from plimsoll_ledger.store import open_store
from plimsoll_verify.audit import audit
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp("stories"))


def check_followed(world: World) -> None:
    """Check that the first trust file serves for what is published now."""
    trust = parse_trust((world.folder / "trust.toml").read_bytes())
    verdict = audit(DirectorySource(world.folder / "public"), trust, workers=1)
    assert verdict.error is None, verdict.error
    assert len(trust.log_policy.logs) == 1


def test_an_old_trust_file_goes_on_serving(stories: Stories, tmp_path: Path) -> None:
    world = stories.world("log-keys", tmp_path / "world")
    check_followed(world)
    # And another change after the first.
    assert world.run("key", "rotate-log").code == 0
    assert world.run("publish", "--to", "public").code == 0
    done = world.run("key", "rotate-log")
    assert "signs with the new key" in done.stdout
    # What it says of the published checkpoint is so: publishing the same again changes nothing.
    assert "stays signed by the old key until something new is published" in done.stderr
    by_old = (world.folder / "public" / "checkpoint").read_bytes()
    assert world.run("publish", "--to", "public").code == 0
    assert (world.folder / "public" / "checkpoint").read_bytes() == by_old
    assert world.run("record", "heartbeat", "--yes").code == 0
    assert world.run("publish", "--to", "public").code == 0
    check_followed(world)
    assert len(list((world.folder / "home" / "keys" / "old").glob("log-*.key"))) == 2


STEPS = ["database", "old .vkey kept", "new .vkey there", "old .key kept"]


@pytest.mark.parametrize("step", STEPS)
def test_a_crash_between_database_and_files(stories: Stories, tmp_path: Path, step: str) -> None:
    world = stories.world("models", tmp_path / "world")
    world.env["PLIMSOLL_AS"] = "alice"
    assert world.run("trust", "export", "-o", "trust.toml").code == 0
    assert world.run("key", "rotate-log").code == 0
    assert world.run("publish", "--to", "public").code == 0
    keys = world.folder / "home" / "keys"
    home = Home.load(world.folder / "home")
    new = read_log_vkey(Home(home.path, type(home.settings)(home.settings.origin, keys="keys/next")))
    with open_store(home.database_url) as store:
        store.use_log_key(new)
        store.use_log_key(new)
        assert store.vkeys[-1] == new
        with pytest.raises(ValueError, match="no key of"):
            store.use_log_key(type(new)("other.example", 1, new.public_key))
    (keys / "old").mkdir()
    if step != "database":
        (keys / "log.vkey").rename(keys / "old" / "log-x.vkey")
    if step not in STEPS[:2]:
        (keys / "next" / "log.vkey").rename(keys / "log.vkey")
    if step == "old .key kept":
        (keys / "log.key").rename(keys / "old" / "log-x.key")
    world.keys.clear()
    failed = world.run("record", "heartbeat", "--yes")
    assert failed.code != 0
    done = world.run("key", "rotate-log", "--json")
    assert (done.code, '"state": "replaced"' in done.stdout) == (0, True), done.stderr
    assert world.run("record", "heartbeat", "--yes").code == 0
    assert world.run("publish", "--to", "public").code == 0
    check_followed(world)


def test_the_root_quorum_is_waited_for(stories: Stories, tmp_path: Path) -> None:
    world = World(tmp_path)
    world.env["PLIMSOLL_AS"] = "alice"
    for argv in (
        ("key", "new", "bob", "--home", "bobs", "--origin", "acme.example/rsp"),
        ("init", "home", "--origin", "acme.example/rsp", "--as", "alice", "--quorum", "2",
         "--founder", "bobs/keys/bob.card"),
    ):  # fmt: skip
        done = world.run(*argv)
        assert done.code == 0, done.stderr
    world.env["PLIMSOLL_HOME"] = "home"
    for file in (tmp_path / "bobs" / "keys").iterdir():
        file.rename(tmp_path / "home" / "keys" / file.name)
    assert world.run("sign-off", "0", "approve", "--as", "bob").code == 0
    done = world.run("key", "rotate-log")
    assert "waits for the root quorum" in done.stdout
    assert "witness add-log" in done.stderr
    assert "waits for the root quorum" in world.run("key", "rotate-log").stdout
    assert world.run("sign-off", "2", "approve", "--as", "bob").code == 0
    assert "until a checkpoint by it covers" in world.run("key", "rotate-log").stdout


def test_a_witness_ends_a_stolen_key(tmp_path: Path) -> None:
    world = World(tmp_path)
    old, new = (format_vkey(VKey.of(generate_signer("acme.example/rsp"))) for _ in range(2))
    assert world.run("witness", "init", "w1", "--name", "regulator.example/w1").code == 0
    assert world.run("witness", "add-log", "w1", old).code == 0
    only = world.run("witness", "end-key", "w1", old)
    assert (only.code, "is the only key" in only.stderr, "add-log" in only.stderr) == (2, True, True)
    assert world.run("witness", "add-log", "w1", new).code == 0
    done = world.run("witness", "end-key", "w1", old, "--json")
    assert done.code == 0, done.stderr
    assert (old in done.stdout, new in done.stdout) == (False, True)
    again = world.run("witness", "add-log", "w1", old)
    assert (again.code, "was ended here" in again.stderr) == (2, True)
    assert world.run("witness", "end-key", "w1", "acme.example").code == 2
