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
_BUCKET_BYTES, _PREFIX_BYTES = 2, 8


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


class Past:
    """What later entries are held against: of each entry its id and its time, and all keys.

    Attributes:
        keys: by keyid, 32 bytes each.
        ids: the ids of all entries, 32 bytes each.
        prefixes: at the number of their first two bytes, the six that follow, of all that begin so: a set
            would take six times the memory.
        times: in ms.
        tail: the records of the last tile, if it is not full.
    """

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}
        self.ids = bytearray()
        self.prefixes: list[bytearray | None] = [None] * 65_536
        self.times = array("q")
        self.tail: list[Record] = []

    @property
    def size(self) -> int:
        """How many entries there were."""
        return len(self.times)

    @property
    def last_ms(self) -> int:
        """The time of the last of them, 0 if there is none."""
        return self.times[-1] if self.times else 0

    def note(self, record: Record) -> None:
        """Take the next entry."""
        self.times.append(record.time_ms)
        self.ids += record.statement_id or bytes(HASH_BYTES)
        bucket = int.from_bytes(record.statement_id[:_BUCKET_BYTES])
        prefixes = self.prefixes[bucket]
        if prefixes is None:
            prefixes = self.prefixes[bucket] = bytearray()
        prefixes += record.statement_id[_BUCKET_BYTES:_PREFIX_BYTES]

    def holds(self, statement_id: bytes) -> bool:
        """Say whether an entry has an id; most ids are told apart by their first bytes."""
        prefixes = self.prefixes[int.from_bytes(statement_id[:_BUCKET_BYTES])]
        if prefixes is None or statement_id[_BUCKET_BYTES:_PREFIX_BYTES] not in prefixes:
            return False
        at = self.ids.find(statement_id)
        while at >= 0 and at % HASH_BYTES:  # Found across the border of two ids.
            at = self.ids.find(statement_id, at + 1)
        return at >= 0


class Scan:
    """Reads a log from its first entry to its last, or on from where an earlier scan ended."""

    def __init__(
        self,
        source: Source,
        log: Log,
        checkpoint: Checkpoint,
        policy: LogPolicy,
        failures: Failures,
        past: Past,
    ) -> None:
        """Prepare a scan.

        Args:
            source: the published ledger.
            log: what is known of it.
            checkpoint: the newest checkpoint, verified.
            policy: whose signature on another history makes it a fork.
            failures: takes the rejections; records come only as long as there are none.
            past: the entries before those that are to be read; they are added to it.
        """
        self._source = source
        self._log = log
        self._checkpoint = checkpoint
        self._policy = policy
        self._failures = failures
        self._past = past

    def records(
        self, examiner: Examiner, workers: int | None = None, memory: Memory | None = None
    ) -> Iterator[Record]:
        """Yield the record of each entry after those of the past, in order.

        Args:
            examiner: examines what this process does itself.
            workers: how many processes, see `workers`.
            memory: tiles that were settled before; it is given those that are settled now.
        """
        if self._log.size == 0:
            error = GenesisMismatch("genesis", f"the genesis {self._log.genesis}", "a log without entries")
            self._failures.add("10.5", 0, error)
        past, tail = self._past, self._past.tail
        tiles = range(past.size // TILE_WIDTH, -(-self._log.size // TILE_WIDTH))
        fresh = [number for number in tiles if memory is None or not memory.knows(number)]
        reports = examine_tiles(self._source, self._log, examiner, past.keys, workers, fresh)
        for number in tiles:
            if memory is not None and memory.knows(number):
                yield from self._remembered(memory.recall(number))
                continue
            report = next(reports)
            self._note_errors(report)
            if self._failures.step == "10.3":
                # Entries that are not those of the tree mean nothing; but a tree is diagnosed as a whole.
                continue
            report.records[: len(tail)], tail = tail, []
            yield from self._settled(report, past.size % TILE_WIDTH)
            if len(report.records) < TILE_WIDTH:
                past.tail = report.records
            elif memory is not None and not self._failures.step:
                memory.keep(number, report.records, report.introduced)

    def _settled(self, report: TileReport, start: int) -> Iterator[Record]:
        """Yield the records of a tile, from a place in it on, completed with what came before."""
        pending = {index: (pae, signature) for index, pae, signature in report.pending}
        for record in report.records[start:]:
            self._settle(record, pending)
            if record.index in report.introduced:
                self._past.keys |= report.introduced[record.index]
            if not self._failures.step:
                yield record

    def _remembered(self, settled: Settled) -> Iterator[Record]:
        """Yield the records of a tile that was settled before; what they say of later ones is noted again."""
        for record in settled.records:
            self._past.note(record)
            if record.index in settled.introduced:
                self._past.keys |= settled.introduced[record.index]
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
            record.time_ms = self._past.last_ms
        if not record.fault:
            record.fault = self._fault(record, pending)
        self._past.note(record)
        if index == 0:
            self._verify_genesis(record)

    def _fault(self, record: Record, pending: dict[int, tuple[bytes, bytes]]) -> str:
        past = self._past
        if past.holds(record.statement_id):
            return "a statement that the log has already (SPEC 3.3)"
        if pending and record.index in pending:
            key = past.keys.get(record.keyid)
            if key is None:
                return f"its key {record.keyid} is not recorded before it (SPEC 6.4)"
            fault = signature_fault(key, *pending[record.index])
            if fault:
                return fault
        if (
            record.seen_size < record.index
            and record.time_ms - past.times[record.seen_size] > MAX_SEEN_AGE_MS
        ):
            return f"had not seen entry {record.seen_size}, more than 30 days old by then (SPEC 4.5)"
        for ref in references(record.body):
            at = ref.index * HASH_BYTES
            if past.ids[at : at + HASH_BYTES].hex() != ref.id or ref.id == _NO_ID:
                return f"refers to entry {ref.index} by an id that is not that entry's (SPEC 4.7)"
        return ""

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
