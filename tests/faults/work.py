"""The work that is interrupted: a command's appends through the whole desk, a service's, and a publication.

It runs in a forked child, warm and with nothing but the work left to do, so that every system call that is
counted belongs to it. What is acknowledged goes into shared memory, which no fault can reach.
"""

import mmap
import os
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.clockwork import SetClock
from tests.support.office import Office

from plimsoll_attest.desk import Desk
from plimsoll_attest.errors import AttestError
from plimsoll_attest.intake import ServiceIntake
from plimsoll_attest.keyring import unlock_log
from plimsoll_attest.remembering import open_memory
from plimsoll_attest.views import Draft
from plimsoll_ledger.errors import LedgerError
from plimsoll_ledger.sequencer import Appended, Sequencer

ENDED, REFUSED, BROKEN = 0, 3, 4
"""Exit codes of a child: all done; stopped by an error of ours; by one that is not ours."""

MARK = "acknowledged"
"""A file that does not exist: removing it is how the trace of system calls shows an acknowledgement."""

BORDER = 256
"""How many leaf hashes fill a tile."""

_COUNT = struct.Struct("<qq")


class Acknowledged:
    """What a child was told: entries (a draft's number, its index), and the size that was published."""

    def __init__(self, room: int = 64) -> None:
        self._shared = mmap.mmap(-1, _COUNT.size * (room + 1))

    def add(self, draft: int, index: int) -> None:
        count, published = _COUNT.unpack_from(self._shared, 0)
        _COUNT.pack_into(self._shared, _COUNT.size * (count + 1), draft, index)
        _COUNT.pack_into(self._shared, 0, count + 1, published)

    def publish(self, size: int) -> None:
        count, _ = _COUNT.unpack_from(self._shared, 0)
        _COUNT.pack_into(self._shared, 0, count, size)

    @property
    def entries(self) -> dict[int, int]:
        count, _ = _COUNT.unpack_from(self._shared, 0)
        return dict(_COUNT.unpack_from(self._shared, _COUNT.size * (at + 1)) for at in range(count))

    @property
    def published(self) -> int:
        return int(_COUNT.unpack_from(self._shared, 0)[1])

    def close(self) -> None:
        self._shared.close()


@dataclass(frozen=True, slots=True)
class Case:
    """A home of its own, where it is published, and what is to be appended."""

    office: Office
    drafts: Sequence[Draft]

    @property
    def public(self) -> Path:
        return self.office.path / "public"

    def copy_to(self, path: Path) -> "Case":
        return replace(self, office=self.office.copy_to(path))

    def work(self, told: Acknowledged) -> None:
        """Append a draft alone, some together across the border of a tile, two as a service does; publish."""
        for first, drafts in ((0, self.drafts[:1]), (1, self.drafts[1:-2])):
            with self.office.desk() as desk:
                for number, receipt in enumerate(desk.submit(drafts), first):
                    told.add(number, receipt.index)
                self._acknowledge()  # Before the desk is closed, which brings everything to disk.
        with self.office.desk() as desk:
            self._serve(desk, told)
        with self.office.desk() as desk:
            told.publish(desk.publish(self.public).checkpoint.size)

    def _acknowledge(self) -> None:
        with suppress(OSError):
            (self.office.path / MARK).unlink()

    def _serve(self, desk: Desk, told: Acknowledged) -> None:
        """Append the last two drafts as submissions that came over the network, bodies and all."""
        intake = ServiceIntake(desk.store, desk.bodies)
        signer = unlock_log(self.office.home, self.office.surroundings)
        memory = open_memory(self.office.home, desk.store)
        with Sequencer(desk.store, signer, intake, self.office.clock, memory=memory) as sequencer:
            drafts = self.drafts[-2:]
            for draft in drafts:
                intake.offer(draft.documents)
            outcomes = sequencer.append([draft.envelope for draft in drafts])
            for number, (draft, outcome) in enumerate(
                zip(drafts, outcomes, strict=True), len(self.drafts) - 2
            ):
                assert isinstance(outcome, Appended), outcome
                intake.settle(draft.documents, is_taken=True)
                told.add(number, outcome.index)
            self._acknowledge()

    def resume(self) -> None:
        """Do what a person does after a crash: bring in the outbox, submit what is not there, publish."""
        with self.office.desk() as desk:
            desk.submit_outbox()
            for draft in self.drafts:
                if desk.store.find_ident(bytes.fromhex(draft.statement_id)) is None:
                    desk.submit([draft])
            desk.publish(self.public)

    def later(self, seconds: int) -> None:
        """Let time pass, so that nothing is dated before what a child has appended."""
        clock = self.office.clock
        assert isinstance(clock, SetClock)
        clock.time_ms += seconds * 1000


def prepare(office: Office) -> Case:
    """Fill a ledger to just below the border of a tile, publish it, and sign what will be appended."""
    with office.desk() as desk:
        count = BORDER - 2 - desk.size
        desk.submit([desk.draft("heartbeat", ["org"], {}, person="ceo") for _ in range(count)])
    with office.desk() as desk:
        desk.publish(office.path / "public")
        drafts = [
            desk.draft("model-registered", [f"model:{name * 32}"], {"name": name}, person="evaluator-1")
            for name in "abcdef"
        ]
    return Case(office, drafts)


def run_child(case: Case, told: Acknowledged, gate: int, sabotage: Callable[[], None] | None) -> None:
    """Wait until somebody traces us, then work; never returns."""
    code = BROKEN
    try:
        os.read(gate, 1)
        if sabotage is not None:
            sabotage()
        case.work(told)
        code = ENDED
    except (LedgerError, AttestError):
        code = REFUSED
    except BaseException as error:  # noqa: BLE001 - whatever it is, the parent counts it.
        with suppress(OSError):
            (case.office.path / "unexpected").write_text(f"{type(error).__name__}: {error}\n")
    finally:
        os._exit(code)
