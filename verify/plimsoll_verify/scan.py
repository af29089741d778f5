"""The stream of records of a whole log, and what only one who sees all of them can tell.

A worker sees one tile. Here, in the order of the index, come the checks that look back: ids that come twice,
references, how old what an author had seen was, keys recorded in another tile. Of each past entry no more is
kept than its id and its time.

Source: SPEC 10.3, 10.5, 10.6.
"""

from array import array
from collections.abc import Iterator

from plimsoll_verify.bodies import references
from plimsoll_verify.checkpoint import Checkpoint, verify_checkpoint
from plimsoll_verify.errors import Fork, GenesisMismatch, VerificationError
from plimsoll_verify.examine import UNTIMED, Examiner, TileReport, signature_fault
from plimsoll_verify.limits import HASH_BYTES, MAX_SEEN_AGE_MS, TILE_WIDTH
from plimsoll_verify.log import Log
from plimsoll_verify.logpolicy import LogPolicy
from plimsoll_verify.memory import Memory, Settled
from plimsoll_verify.record import Record
from plimsoll_verify.source import Source
from plimsoll_verify.workers import examine_tiles

_NO_ID = bytes(HASH_BYTES).hex()
_PREFIX_BYTES = 8


class Failures:
    """The failure that counts: of the earliest step, and within a step of the earliest entry.

    A stream meets failures in another order than the steps have, and goes on to its end to know them all.
    """

    def __init__(self) -> None:
        self._first: tuple[str, int, VerificationError] | None = None

    def add(self, step: str, index: int, error: VerificationError) -> None:
        """Note a failure of a step ("10.3"...) at an index."""
        if self._first is None or (step, index) < self._first[:2]:
            self._first = (step, index, error)

    @property
    def step(self) -> str:
        """The step of the failure that counts, or ""."""
        return "" if self._first is None else self._first[0]

    @property
    def first(self) -> VerificationError | None:
        """The failure that counts."""
        return None if self._first is None else self._first[2]


class Scan:
    """Reads a log from its first entry to its last."""

    def __init__(
        self, source: Source, log: Log, checkpoint: Checkpoint, policy: LogPolicy, failures: Failures
    ) -> None:
        """Prepare a scan.

        Args:
            source: the published ledger.
            log: what is known of it.
            checkpoint: the newest checkpoint, verified.
            policy: whose signature on another history makes it a fork.
            failures: takes the rejections; records come only as long as there are none.
        """
        self._source = source
        self._log = log
        self._checkpoint = checkpoint
        self._policy = policy
        self._failures = failures
        self._keys: dict[str, bytes] = {}
        self._ids = bytearray()
        self._prefixes: set[bytes] = set()
        self._times = array("q")

    def records(
        self, examiner: Examiner, workers: int | None = None, memory: Memory | None = None
    ) -> Iterator[Record]:
        """Yield the record of each entry, in order.

        Args:
            examiner: examines what this process does itself.
            workers: how many processes, see `workers`.
            memory: tiles that were settled before; it is given those that are settled now.
        """
        if self._log.size == 0:
            error = GenesisMismatch("genesis", f"the genesis {self._log.genesis}", "a log without entries")
            self._failures.add("10.5", 0, error)
        tiles = range(-(-self._log.size // TILE_WIDTH))
        fresh = [number for number in tiles if memory is None or not memory.knows(number)]
        reports = examine_tiles(self._source, self._log, examiner, self._keys, workers, fresh)
        for number in tiles:
            if memory is not None and memory.knows(number):
                yield from self._remembered(memory.recall(number))
                continue
            report = next(reports)
            self._note_errors(report)
            if self._failures.step == "10.3":
                # Entries that are not those of the tree mean nothing; but a tree is diagnosed as a whole.
                continue
            pending = {index: (pae, signature) for index, pae, signature in report.pending}
            for record in report.records:
                self._settle(record, pending)
                if record.index in report.introduced:
                    self._keys |= report.introduced[record.index]
                if not self._failures.step:
                    yield record
            if memory is not None and not self._failures.step:
                memory.keep(number, report.records, report.introduced)

    def _remembered(self, settled: Settled) -> Iterator[Record]:
        """Yield the records of a tile that was settled before; what they say of later ones is noted again."""
        for record in settled.records:
            self._note(record)
            if record.index in settled.introduced:
                self._keys |= settled.introduced[record.index]
            if not self._failures.step:
                yield record

    def _note_errors(self, report: TileReport) -> None:
        if report.tree_error is not None:
            self._failures.add("10.3", report.number, report.tree_error)
        if report.body_error is not None:
            self._failures.add("10.6", report.number, report.body_error)
        for index, note in report.suspects:
            self._look_for_fork(index, note)

    def _look_for_fork(self, index: int, note: str) -> None:
        """Fail if a quoted checkpoint that contradicts the tree has the signature of a trusted log key."""
        try:
            other, _ = verify_checkpoint(note.encode("utf-8"), self._policy, "fork")
        except VerificationError:
            return  # Somebody made it up: V36, as its record says.
        error = Fork(
            "fork",
            f"the root {self._checkpoint.root.hex()} to continue what was seen at size {other.size}",
            f"another root there, {other.root.hex()}, that the log signed as well",
            note_a=self._checkpoint.data,
            note_b=other.data,
            entry=index,
            hint="keep both notes: together they prove that the log showed two histories",
        )
        self._failures.add("10.5", index, error)

    def _settle(self, record: Record, pending: dict[int, tuple[bytes, bytes]]) -> None:
        """Complete a record with what the entries before it say."""
        index = record.index
        if record.time_ms == UNTIMED:
            record.time_ms = self._times[-1] if self._times else 0
        if not record.fault:
            record.fault = self._fault(record, pending)
        self._note(record)
        if index == 0:
            self._verify_genesis(record)

    def _note(self, record: Record) -> None:
        """Keep of a record what later ones are held against."""
        self._times.append(record.time_ms)
        self._ids += record.statement_id or bytes(HASH_BYTES)
        self._prefixes.add(record.statement_id[:_PREFIX_BYTES])

    def _fault(self, record: Record, pending: dict[int, tuple[bytes, bytes]]) -> str:
        if record.statement_id[:_PREFIX_BYTES] in self._prefixes and self._is_repeated(record.statement_id):
            return "a statement that the log has already (SPEC 3.3)"
        if pending and record.index in pending:
            key = self._keys.get(record.keyid)
            if key is None:
                return f"its key {record.keyid} is not recorded before it (SPEC 6.4)"
            fault = signature_fault(key, *pending[record.index])
            if fault:
                return fault
        if (
            record.seen_size < record.index
            and record.time_ms - self._times[record.seen_size] > MAX_SEEN_AGE_MS
        ):
            return f"had not seen entry {record.seen_size}, more than 30 days old by then (SPEC 4.5)"
        for ref in references(record.body):
            at = ref.index * HASH_BYTES
            if self._ids[at : at + HASH_BYTES].hex() != ref.id or ref.id == _NO_ID:
                return f"refers to entry {ref.index} by an id that is not that entry's (SPEC 4.7)"
        return ""

    def _is_repeated(self, statement_id: bytes) -> bool:
        """Say whether an id came before; asked only where its first bytes did."""
        at = self._ids.find(statement_id)
        while at >= 0 and at % HASH_BYTES:  # Found across the border of two ids.
            at = self._ids.find(statement_id, at + 1)
        return at >= 0

    def _verify_genesis(self, record: Record) -> None:
        """Verify that entry 0 is the genesis that the trust file names, and has no fault."""
        if record.payload_sha256 != self._log.genesis:
            expected, actual = f"the genesis {self._log.genesis}", record.payload_sha256 or record.fault
        elif record.fault or record.body_state != "ok":
            expected, actual = (
                "a genesis without fault",
                record.fault or "members that this version does not know",
            )
        else:
            return
        hint = "this is another ledger than the one that the trust file names"
        self._failures.add("10.5", 0, GenesisMismatch("genesis", expected, actual, entry=0, hint=hint))
