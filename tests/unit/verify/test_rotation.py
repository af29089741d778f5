"""A log that changes its key: an old trust file goes on serving as far as the old key vouches for the new."""

from pathlib import Path

import pytest
from tests.support.forge import Forge, public, vkey, write_files

from plimsoll_verify.audit import audit
from plimsoll_verify.errors import Fork, UnknownKey
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import Trust, parse_trust
from plimsoll_verify.verdict import Verdict
from plimsoll_verify.watch import look
from plimsoll_verify.watchstate import WatchState


class Rotating:
    """A log whose key changes, published into one directory all the while, and its first trust file."""

    def __init__(self, directory: Path, forge: Forge | None = None) -> None:
        self.forge = forge or Forge()
        self.directory = directory
        self.trust = parse_trust(self.forge.trust().encode())
        self.beat(3)

    def beat(self, count: int = 1) -> None:
        for _ in range(count):
            self.forge.advance(minutes=1)
            self.forge.statement("heartbeat", [self.forge.org()], {}, self.root, "root")

    @property
    def root(self) -> str:
        return self.forge.root[0]

    def propose(self, name: str) -> int:
        """Record a new key of the log."""
        key = vkey(self.forge.origin, public(self.forge.secret(name)))
        return self.forge.statement("log-key", [self.forge.org()], {"vkey": key}, self.root, "root")

    def publish(self, *, retain: bool = True) -> None:
        if retain:
            self.forge.retain()
        write_files(self.directory, self.forge.files())

    def switch(self, name: str) -> None:
        """Sign with another key from now on."""
        self.forge.log_key = self.forge.secret(name)
        self.forge._notes.clear()
        self.beat()

    def judged(self) -> Verdict:
        return audit(DirectorySource(self.directory), self.trust, workers=1)

    def rejected(self) -> None:
        verdict = self.judged()
        assert verdict.verdict == "rejected"
        assert isinstance(verdict.error, UnknownKey)


@pytest.fixture
def log(tmp_path: Path) -> Rotating:
    return Rotating(tmp_path / "public")


def test_a_key_that_the_root_quorum_and_the_old_key_vouch_for(log: Rotating) -> None:
    log.propose("second")
    log.publish()
    log.switch("second")
    log.publish()
    assert log.judged().verdict == "indeterminate"
    log.beat(300)
    log.publish()
    verdict = log.judged()
    assert (verdict.verdict, verdict.log.size) == ("indeterminate", log.forge.size)
    assert {finding.code for finding in verdict.findings} == {"I05"}


def test_several_changes_one_after_the_other(log: Rotating) -> None:
    for name in ("second", "third", "fourth"):
        log.propose(name)
        log.beat(2)
        log.publish()
        log.switch(name)
        log.publish()
    assert log.judged().verdict == "indeterminate"


def test_the_old_key_has_not_signed_over_the_entry(log: Rotating) -> None:
    log.publish()
    log.propose("second")
    log.switch("second")
    log.publish()
    log.rejected()


def test_nothing_is_retained(log: Rotating) -> None:
    log.propose("second")
    log.publish(retain=False)
    log.switch("second")
    log.publish(retain=False)
    log.rejected()


def test_a_key_that_no_entry_names(log: Rotating) -> None:
    log.propose("second")
    log.publish()
    log.switch("third")
    log.publish()
    log.rejected()


def test_a_retained_checkpoint_that_is_larger_than_the_newest_vouches_for_nothing(log: Rotating) -> None:
    log.propose("second")
    log.publish()
    log.switch("second")
    log.forge.retained[log.forge.size + 5] = log.forge.retained.pop(log.forge.size - 1)
    write_files(log.directory, log.forge.files())
    (log.directory / "checkpoints" / str(log.forge.size - 1)).unlink()
    log.rejected()


def test_without_the_root_quorum_a_key_is_a_proposal(tmp_path: Path) -> None:
    forge = Forge(root=("ada", "bob"), quorum=2)
    forge.sign_off(0, "bob", "root")
    log = Rotating(tmp_path / "public", forge)
    index = log.propose("second")
    log.publish()
    log.switch("second")
    log.publish()
    log.rejected()
    # The quorum is complete later, below what the new key alone has signed: that is too late for the old one.
    forge.sign_off(index, "bob", "root")
    log.publish()
    log.rejected()


def test_with_the_root_quorum_it_is_in_force(tmp_path: Path) -> None:
    forge = Forge(root=("ada", "bob"), quorum=2)
    forge.sign_off(0, "bob", "root")
    log = Rotating(tmp_path / "public", forge)
    forge.sign_off(log.propose("second"), "bob", "root")
    log.publish()
    log.switch("second")
    log.publish()
    assert log.judged().verdict == "indeterminate"


def test_what_the_old_key_vouched_for_must_hold_itself(log: Rotating) -> None:
    log.propose("second")
    log.publish()
    size = log.forge.size
    log.switch("second")
    log.publish()
    bundle = log.directory / "tile" / "entries" / "000.p" / str(size)
    data = bundle.read_bytes()
    bundle.write_bytes(data[:100] + bytes([data[100] ^ 1]) + data[101:])
    log.rejected()


def test_a_fork_behind_the_change_is_one(log: Rotating) -> None:
    """The old key vouches for one history, the new one signs another."""
    log.propose("second")
    log.publish()
    forked = log.forge.checkpoint(root=bytes(32))
    size = log.forge.size
    log.switch("second")
    log.publish()
    (log.directory / "checkpoints" / str(size - 1)).write_bytes(forked.encode().replace(
        f"\n{size}\n".encode(), f"\n{size - 1}\n".encode()
    ))  # fmt: skip
    assert log.judged().verdict == "rejected"


def test_watching_goes_on_over_a_change(log: Rotating, tmp_path: Path) -> None:
    state = WatchState(tmp_path / "state", log.trust.origin, log.trust.genesis, log.trust.log_policy.digest)
    log.propose("second")
    log.publish()
    source = DirectorySource(log.directory)
    assert look(source, log.trust, state, workers=1).verdict.verdict == "indeterminate"
    log.switch("second")
    log.publish()
    seen = look(source, log.trust, state, workers=1)
    assert seen.verdict.log.size == log.forge.size
    assert seen.verdict.verdict == "indeterminate"


def trusting(log: Rotating, *names: str) -> Trust:
    """The contents of a trust file that names these of the log's keys, and no others."""
    keys = [vkey(log.forge.origin, public(log.forge.secret(name))) for name in names]
    policy = "".join(f"log {key}\n" for key in keys) + "quorum none\n"
    return parse_trust(log.forge.trust(policy=policy).encode())


def test_who_trusts_the_later_key_alone_reads_what_the_earlier_one_retained(log: Rotating) -> None:
    log.propose("second")
    log.publish()
    log.switch("second")
    log.publish()
    log.trust = trusting(log, "second")
    assert {finding.code for finding in log.judged().findings} == {"I05"}


def test_who_trusts_the_later_key_alone_is_shown_nothing_by_who_stole_the_earlier(log: Rotating) -> None:
    log.propose("second")
    log.publish()
    log.switch("second")
    log.publish()
    log.trust = trusting(log, "second")
    log.switch("log")
    log.publish()
    log.rejected()


def test_what_a_stolen_key_says_of_another_tree_is_no_fork(log: Rotating) -> None:
    """Whoever stole it could have written it; beside the log's own tree it has no place."""
    log.propose("second")
    stolen = log.forge.checkpoint(root=bytes(32))
    size = log.forge.size
    log.publish()
    log.switch("second")
    log.forge.retained[size] = stolen
    log.publish()
    log.trust = trusting(log, "second")
    verdict = log.judged()
    assert isinstance(verdict.error, UnknownKey)
    assert (verdict.error.check, verdict.error.path) == ("retained", f"checkpoints/{size}")
    # Who trusts the stolen key, too, has both histories from it.
    log.trust = trusting(log, "log", "second")
    assert isinstance(log.judged().error, Fork)
