"""Watching a ledger: look, look again, and never believe less than was seen before.

1. Newest. The checkpoint is the log's, with its quorum, and not smaller than the one seen last.
2. Continuation. Its tree begins with the one seen last; if not, both notes are kept as evidence of a fork,
   and from then on every look says so.
3. Entries. Tiles that were settled before are remembered; the others are verified as `audit` does.
4. Judgement of all entries, as `audit` does it. A process that looks again replays only what is new, and
   judges anew only the models for which that, or the time, can change anything (`kept`).
5. Only then the state moves on, all of it at once.
6. Changes. What is said of the past now and was not said before names the entries that revised it.

Source: SPEC 10.12.
"""

from dataclasses import dataclass

from plimsoll_verify.audit import verify_entries, verify_newest_of
from plimsoll_verify.checkpoint import Checkpoint, parse_checkpoint
from plimsoll_verify.errors import Backwards, Fork, VerificationError
from plimsoll_verify.kept import Kept
from plimsoll_verify.log import LogFacts
from plimsoll_verify.record import Record
from plimsoll_verify.replay import Replay
from plimsoll_verify.revision import Change, find_changes
from plimsoll_verify.scan import Past
from plimsoll_verify.source import Source
from plimsoll_verify.timekeeping import Timekeeping
from plimsoll_verify.trust import Trust
from plimsoll_verify.verdict import Verdict, findings_json, judged, rejected
from plimsoll_verify.watchstate import Look, WatchState


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look came to.

    Attributes:
        verdict: on the ledger as it is now.
        before: the size that was checked before; None at the first look.
        changes: what became of findings since then.
        evidence: the folder with both notes, if the log is known to have forked; else "".
    """

    verdict: Verdict
    before: int | None
    changes: tuple[Change, ...] = ()
    evidence: str = ""


def look(
    source: Source, trust: Trust, state: WatchState, *, workers: int | None = None, now_ms: int | None = None
) -> Seen:
    """Look at a ledger once: see `Watcher.look`."""
    return Watcher(source, trust, state, workers=workers).look(now_ms)


class Watcher:
    """Looks at one ledger again and again; between two looks it remembers what it has replayed."""

    def __init__(
        self, source: Source, trust: Trust, state: WatchState, *, workers: int | None = None
    ) -> None:
        """Begin, or go on from a state.

        Args:
            source: the published ledger.
            trust: the trust file, parsed.
            state: of the looks before, for this ledger.
            workers: processes to use, see `verify_entries`.
        """
        self._source = source
        self._trust = trust
        self._state = state
        self._workers = workers
        self._live: _Live | None = None

    def look(self, now_ms: int | None = None) -> Seen:
        """Look at the ledger once, and move the state on if what it shows is authentic.

        Args:
            now_ms: the time now, which only the trust file's `max_age` is measured by.

        Raises:
            UsageError: `tsa_roots` of the trust file are no certificates.
            OSError: a file could not be read or written. Nothing is said about the ledger, nothing has moved.

        Source: SPEC 10.12.
        """
        timekeeping = Timekeeping(self._trust)
        state, last, before = self._state, None, None
        facts = LogFacts(self._trust.origin)
        # Whatever fails, what is remembered from here on may hold what was not verified to the end.
        live, self._live = self._live, None
        try:
            with state.moving():
                # Not before: while this one waited for the state another watcher may have moved it on.
                forks, last = state.forks(), state.newest()
                before = None if last is None else last.size
                if forks:
                    return Seen(
                        rejected(facts, _known_fork(*forks[0])), before, (), str(state.fork_folder(1))
                    )
                # 1 and 2.
                trust, checkpoint, facts = verify_newest_of(self._source, self._trust, workers=self._workers)
                earlier = None if last is None else _not_smaller(last, checkpoint)
                # 3.
                watched = _Watched(before or 0, live, trust, timekeeping)
                last_ms = verify_entries(
                    self._source,
                    trust,
                    checkpoint,
                    watched.feed,
                    workers=self._workers,
                    earlier=earlier,
                    memory=state,
                    timekeeping=timekeeping,
                    begin=watched.begin,
                )
                facts = timekeeping.told(facts, last_ms)
                # 4.
                judgement = watched.live.replay.finish(
                    facts.end_ms, proven_ms=facts.proven_ms, now_ms=now_ms, max_age_ms=trust.max_age_ms
                )
                verdict = judged(facts, judgement)
                findings = findings_json(verdict)
                # 5.
                state.add(Look(checkpoint.size, checkpoint.data, facts.end_ms, verdict.verdict, findings))
        except Fork as error:
            folder = state.write_fork(error.note_a, error.note_b)
            return Seen(rejected(facts, error), before, evidence=str(folder))
        except VerificationError as error:
            return Seen(rejected(facts, error), before)
        self._live = watched.live
        # 6.
        changes = (
            []
            if last is None
            else find_changes(last.findings, findings, last.size, last.end_ms, watched.touched)
        )
        return Seen(verdict, before, tuple(changes))


def _not_smaller(last: Look, checkpoint: Checkpoint) -> Checkpoint:
    earlier = parse_checkpoint(last.note, "backwards")
    if checkpoint.size < earlier.size:
        raise Backwards(
            "backwards",
            f"at least the {earlier.size} entries that were checked before",
            f"{checkpoint.size}",
            path="checkpoint",
            hint="an old copy, or entries were taken back: ask the publisher, and keep this state",
        )
    return earlier


def _known_fork(note_a: bytes, note_b: bytes) -> Fork:
    return Fork(
        "fork",
        "one history",
        "two, as an earlier look has found; the log signed both",
        note_a=note_a,
        note_b=note_b,
        hint="hand both notes on; a new --state directory begins from nothing",
    )


@dataclass(frozen=True, slots=True)
class _Live:
    """What is remembered of a log between two looks of one process.

    Attributes:
        trust: by which it was verified.
        past: what later entries are held against.
        replay: of all entries so far.
    """

    trust: Trust
    past: Past
    replay: Replay


class _Watched:
    """Feeds a replay, and notes which subjects the entries since the last look are about."""

    def __init__(self, size: int, live: _Live | None, trust: Trust, timekeeping: Timekeeping) -> None:
        """Prepare.

        Args:
            size: entries at the last look.
            live: what is remembered of it, if this process made it.
            trust: by which the ledger is verified now.
            timekeeping: what others say of its times now.
        """
        self.live = _Live(trust, Past(), Replay(trust.persons, timekeeping.bounds, Kept()))
        self.touched: dict[str, list[int]] = {}
        self._size = size
        self._earlier = live
        self._bounds = timekeeping.bounds

    def begin(self) -> Past:
        """Go on from what is remembered if it is that of the last look, and still true; else from nothing."""
        earlier = self._earlier
        if (
            earlier is not None
            and earlier.past.size == self._size
            and earlier.trust == self.live.trust
            and earlier.replay.go_on(self._bounds)
        ):
            self.live = earlier
        return self.live.past

    def feed(self, record: Record) -> None:
        if record.index >= self._size:
            for subject in record.subjects:
                self.touched.setdefault(subject, []).append(record.index)
        self.live.replay.feed(record)
