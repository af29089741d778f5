"""Side by side with signed git commits, per record: recording one, and verifying one, as a person would.

Git signs with an Ed25519 key in an OpenSSH file, as ours do, and is asked for one empty commit a record. Ours
is one durable append through the admission in a process that stays open; git starts programs for each.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from benchmarks.appending import Desk
from benchmarks.rounds import Comparison, compare
from plimsoll_ledger.tlogproof import verify_tlog_proof

RECORDS = 10


class Repository:
    """A git repository whose commits are signed with a key of its own, without a passphrase."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        key = folder / "key"
        self._run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
        (folder / "allowed").write_text(f"bench@example {key.with_suffix('.pub').read_text()}")
        self._run("git", "init", "-q", str(folder / "repo"))
        for name, value in {
            "user.name": "bench",
            "user.email": "bench@example",
            "gpg.format": "ssh",
            "user.signingkey": str(key),
            "gpg.ssh.allowedSignersFile": str(folder / "allowed"),
            "core.fsync": "all",
        }.items():
            self._git("config", name, value)

    def _run(self, *command: str) -> None:
        subprocess.run(command, check=True, capture_output=True)

    def _git(self, *argv: str) -> None:
        self._run("git", "-C", str(self._folder / "repo"), *argv)

    def commit(self) -> None:
        """Record."""
        for number in range(RECORDS):
            self._git("commit", "-q", "--allow-empty", "-S", "-m", f"record {number}")

    def verify(self) -> None:
        """Verify as many of the newest."""
        for number in range(RECORDS):
            self._git("verify-commit", f"HEAD~{number}")


def measure(folder: Path, rounds: int) -> Iterator[Comparison]:
    """Yield the comparison of recording; git's verification of one record is reported beside our proof's."""
    desk = Desk(folder / "records")
    repository = Repository(folder / "git")
    supply = iter([desk.sign(RECORDS) for _ in range(rounds + 1)])

    def append() -> None:
        for envelope in next(supply):
            (outcome,) = desk.sequencer.append([envelope], atomic=True)
            if isinstance(outcome, Exception):
                raise outcome

    per = (RECORDS, RECORDS)
    name = "one durable record beside a signed git commit"
    yield compare(name, append, repository.commit, wanted=None, rounds=rounds, per=per)
    store = desk.sequencer.store
    last = store.size - RECORDS

    def verify() -> None:
        for index in range(last, last + RECORDS):
            verify_tlog_proof(store.prove_entry(index), store.vkeys)

    name = "a proof made and verified beside git verify-commit"
    yield compare(name, verify, repository.verify, wanted=None, rounds=rounds, per=per)
    desk.sequencer.close()
    store.close()
