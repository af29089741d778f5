"""Submission survives a crash anywhere, queues behind other processes, and leaves nothing half-done."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.office import DAY, Office

from plimsoll_attest.desk import Desk
from plimsoll_attest.durable import write_file
from plimsoll_attest.errors import CouldNotRun, NotAdmitted, NotAuthentic, UsageError, as_attest_error
from plimsoll_attest.outbox import Outbox
from plimsoll_attest.submitting import Submitter
from plimsoll_attest.views import Draft
from plimsoll_ledger.errors import Busy, ClockBehind, StorageFailed, StorageFull
from plimsoll_ledger.sequencer import Sequencer

ROOT = Path(__file__).parents[3]
MODEL = f"model:{'1' * 32}"

# A process that dies as if the power went, at the place that is named: before or after the log's commit.
CRASHING = """
import os, sys
from pathlib import Path
from plimsoll_ledger import sequencer as module
from tests.support.clockwork import SeededRandom, SetClock
from tests.support.office import Office

path, where, time_ms = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
original = module.Sequencer.append

def append(self, blobs, *, atomic=False):
    if where == "before":
        os.kill(os.getpid(), 9)
    outcomes = original(self, blobs, atomic=atomic)
    os.kill(os.getpid(), 9)
    return outcomes

module.Sequencer.append = append
office = Office(path, SetClock(time_ms), SeededRandom(b"crash"))
with office.desk() as desk:
    drafts = [desk.draft("model-registered", [f"model:{n * 32}"], {"name": f"m{n}"}, person="evaluator-1")
              for n in "12"]
    desk.submit(drafts)
"""

HOLDING = """
import sys, time
from pathlib import Path
from tests.support.clockwork import SeededRandom, SetClock
from tests.support.office import Office

sys.argv[1:] = ["import", "inspect", *sys.argv[1:]]
office = Office(Path(sys.argv[3]), SetClock(int(sys.argv[4])), SeededRandom(b"holding"))
with office.desk() as desk:
    print("held", flush=True)
    sys.stdin.readline()
    desk.submit([desk.draft("heartbeat", ["org"], {}, person="ceo")])
"""


def start(script: str, *args: object) -> subprocess.Popen[str]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    command = [sys.executable, "-c", script, *map(str, args)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=env, cwd=ROOT)


@pytest.fixture
def draft(office: Office) -> Draft:
    with office.desk() as desk:
        return desk.draft("model-registered", [MODEL], {"name": "m"}, person="evaluator-1")


class TestCrash:
    @pytest.mark.parametrize("where", ["before", "after"])
    def test_what_was_signed_is_in_the_log_once_whatever_happens(self, office: Office, where: str) -> None:
        before = office.entries()
        with start(CRASHING, office.path, where, office.clock.time_ms + 60_000) as process:
            _, stderr = process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL, stderr
        office.clock.time_ms += 120_000
        assert len(office.entries()) == len(before) + (2 if where == "after" else 0)
        with office.desk() as desk:
            assert len(desk.outbox()) == 1
            receipts = desk.submit_outbox()
            assert [receipt.kind for receipt in receipts] == ["model-registered"] * 2
            assert desk.outbox() == []
            assert [model.name for model in desk.models()] == ["m1", "m2"]
            assert desk.submit_outbox() == []
        assert office.entries() == [*before, *["model-registered evaluator-1"] * 2]

    def test_a_crash_before_the_announcement_leaves_nothing_in_the_outbox(
        self, office: Office, draft: Draft, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(Outbox, "put", die)
        before = office.entries()
        with office.desk() as desk, pytest.raises(KeyboardInterrupt):
            desk.submit([draft])
        monkeypatch.undo()
        assert office.entries() == before
        with office.desk() as desk:
            assert desk.outbox() == []
            assert desk.submit([draft])[0].index == len(before)

    def test_a_commit_that_only_seemed_to_fail_is_acknowledged(
        self, office: Office, draft: Draft, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        original = Sequencer.append

        def lying(self: Sequencer, blobs: list[bytes], *, atomic: bool = False) -> None:
            original(self, blobs, atomic=atomic)
            raise StorageFailed("the connection was lost")

        monkeypatch.setattr(Sequencer, "append", lying)
        with office.desk() as desk:
            size = desk.size
            assert desk.submit([draft])[0].index == size
            assert (desk.size, desk.outbox()) == (size + 1, [])

    @pytest.mark.parametrize("error", [StorageFull("no room"), StorageFailed("no"), Busy("held by somebody")])
    def test_a_failure_leaves_the_home_as_it_was(
        self, office: Office, draft: Draft, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def failing(*_: object, **__: object) -> None:
            raise error

        files, entries = office.files(), office.entries()
        with monkeypatch.context() as patched:
            patched.setattr(Sequencer, "append", failing)
            with office.desk() as desk, pytest.raises(type(error)):
                desk.submit([draft])
        assert (office.files(), office.entries()) == (files, entries)

    def test_if_nobody_can_tell_whether_it_is_in_the_outbox_keeps_it(
        self, office: Office, draft: Draft, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(*_: object, **__: object) -> None:
            raise StorageFailed("the database went away")

        with office.desk() as desk:
            with monkeypatch.context() as patched:
                patched.setattr(Sequencer, "append", failing)
                patched.setattr(Submitter, "_known", _second_time(failing))
                with pytest.raises(CouldNotRun, match="does not say whether") as error:
                    desk.submit([draft])
            assert "submit --outbox" in error.value.hint
            assert len(desk.outbox()) == 1
            assert [receipt.kind for receipt in desk.submit_outbox()] == ["model-registered"]

    def test_a_damaged_outbox_file_is_named(self, office: Office) -> None:
        write_file(office.path / "outbox" / "x.json", b"{}")
        with office.desk() as desk, pytest.raises(CouldNotRun, match=r"x\.json is no submission"):
            desk.submit_outbox()


def _second_time(failing: object) -> object:
    calls: list[int] = []

    def known(_: Submitter, idents: list[bytes]) -> list[None]:
        calls.append(1)
        if len(calls) > 1:
            assert callable(failing)
            failing()
        return [None] * len(idents)

    return known


class TestRefusal:
    def test_one_refusal_refuses_all_and_leaves_nothing(self, office: Office, draft: Draft) -> None:
        files, entries = office.files(), office.entries()
        with office.desk() as desk:
            bad = desk.draft("heartbeat", ["org"], {}, person="ceo", event_ms=office.clock.time_ms + DAY)
            with pytest.raises(NotAdmitted, match="the log refuses this heartbeat by ceo: its event time"):
                desk.submit([draft, bad])
        assert (office.files(), office.entries()) == (files, entries)

    def test_not_atomic_the_others_get_in(self, office: Office, draft: Draft) -> None:
        with office.desk() as desk:
            size = desk.size
            reasons = {"reasons": "never to be kept"}
            bad = desk.draft(
                "pause", ["org"], {"activities": ["train"]}, person="ceo", texts=reasons,
                event_ms=office.clock.time_ms + DAY,
            )  # fmt: skip
            with pytest.raises(NotAdmitted, match="the log refuses this pause"):
                desk.submit([bad, draft], atomic=False)
            assert desk.size == size + 1
            assert desk.read(size).kind == "model-registered"
            assert desk.outbox() == []
        assert not any(b"never to be kept" in data for data in office.files().values())

    def test_a_dry_run_changes_nothing_and_says_the_same(self, office: Office, draft: Draft) -> None:
        files, entries = office.files(), office.entries()
        with office.desk() as desk:
            desk.check([draft])
            bad = desk.draft("heartbeat", ["org"], {}, person="ceo", event_ms=office.clock.time_ms + DAY)
            with pytest.raises(NotAdmitted):
                desk.check([draft, bad])
            desk.check([draft])
        assert (office.files(), office.entries()) == (files, entries)

    def test_a_dry_run_does_not_enrol_anybody(self, office: Office) -> None:
        with office.desk() as desk:
            body = {"person": "eva"}
            desk.check([desk.draft("person", ["person:eva"], body, person="rso", role="root")])
            assert "eva" not in desk.standing().persons
            assert desk.submit([desk.draft("person", ["person:eva"], body, person="rso", role="root")])

    def test_a_clock_that_went_back_is_named_with_both_times(self, office: Office, draft: Draft) -> None:
        office.record("heartbeat", ["org"], {}, "ceo")
        office.clock.time_ms -= 30 * 60_000
        files = office.files()
        with office.desk() as desk, pytest.raises(ClockBehind) as error:
            desk.submit([draft])
        assert office.files() == files
        found = as_attest_error(error.value)
        assert found is not None
        assert (found.exit_code, found.code) == (5, "clock-behind")


class TestReading:
    def test_a_home_opened_for_reading_takes_no_lock_and_submits_nothing(
        self, office: Office, draft: Draft
    ) -> None:
        before = office.files().keys()
        with office.desk() as writer, office.desk(writing=False) as reader:
            assert reader.size == writer.size
            with pytest.raises(UsageError, match="for reading only"):
                reader.submit([draft])
        assert office.files().keys() == before

    def test_closing_twice_is_harmless_and_lets_go_of_the_lock(self, office: Office) -> None:
        first = Desk.open(office.home, office.surroundings)
        first.close()
        first.close()
        with office.desk(lock_timeout_s=0.0) as second:
            assert second.size


class TestTwoProcesses:
    def test_a_second_one_queues_and_both_get_in(self, office: Office) -> None:
        with start(HOLDING, office.path, office.clock.time_ms + 30_000) as process:
            for _ in _held(process):
                with pytest.raises(Busy, match=r"process \d+ \(plimsoll import inspect\)") as error:
                    Desk.open(office.home, office.surroundings, lock_timeout_s=0.1)
                assert str(process.pid) in str(error.value)
                found = as_attest_error(error.value)
                assert found is not None
                assert (found.exit_code, found.code) == (5, "busy")
                assert process.stdin is not None
                process.stdin.write("go on\n")
                process.stdin.flush()
            office.clock.time_ms += 60_000
            with office.desk(lock_timeout_s=120) as desk:
                receipt = desk.submit([desk.draft("heartbeat", ["org"], {}, person="security-1")])[0]
            _, stderr = process.communicate(timeout=120)
            assert process.returncode == 0, stderr
        assert office.entries()[receipt.index - 1 :] == ["heartbeat ceo", "heartbeat security-1"]


def _held(process: subprocess.Popen[str]) -> Iterator[None]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line == "held\n", process.stderr.read() if process.stderr else ""
    yield


class TestSeen:
    def test_a_log_that_went_back_is_not_signed_under(self, office: Office, tmp_path: Path) -> None:
        backup = office.copy_to(tmp_path / "backup")
        office.record("heartbeat", ["org"], {}, "ceo")
        office.record("heartbeat", ["org"], {}, "ceo")
        for suffix in ("", "-wal", "-shm"):
            (office.path / f"ledger.sqlite3{suffix}").unlink(missing_ok=True)
        (office.path / "ledger.sqlite3").write_bytes((backup.path / "ledger.sqlite3").read_bytes())
        with office.desk() as desk, pytest.raises(NotAuthentic, match="the log went backwards") as error:
            desk.draft("heartbeat", ["org"], {}, person="ceo")
        assert error.value.exit_code == 4
        assert "keep" in error.value.hint

    def test_another_history_is_not_signed_under(self, office: Office, tmp_path: Path) -> None:
        other = office.copy_to(tmp_path / "other")
        for home, person in ((office, "ceo"), (other, "security-1")):
            home.record("heartbeat", ["org"], {}, person)
            home.record("heartbeat", ["org"], {}, person)
        held = (office.path / "seen" / "ceo").read_bytes()
        (other.path / "seen" / "ceo").write_bytes(held)
        with other.desk() as desk, pytest.raises(NotAuthentic, match="shows another history"):
            desk.draft("heartbeat", ["org"], {}, person="ceo")
        assert (other.path / "seen" / "ceo").read_bytes() == held

    def test_a_checkpoint_of_another_key_is_not_taken_for_ours(self, office: Office) -> None:
        path = office.path / "seen" / "ceo"
        office.record("heartbeat", ["org"], {}, "ceo")
        note = path.read_bytes()
        path.write_bytes(note[:-10] + b"AAAAAAAA=\n")
        with office.desk() as desk, pytest.raises(NotAuthentic, match="is not this log's"):
            desk.draft("heartbeat", ["org"], {}, person="ceo")
