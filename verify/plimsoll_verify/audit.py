"""Verifying a published ledger, step by step. The reader enters here.

The numbers are those of SPEC section 10. What is wrong with the ledger itself, so that nothing in it can be
relied on, is a rejection; what its entries say, held against the policy, are the findings of a verdict.

The entries are read once, in a stream, and steps 10.3 to 10.8 go over each of them in turn. The answer is
still that of the steps one after the other: the failure of the earliest step counts, wherever it is met.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from plimsoll_verify.checkpoint import Checkpoint, read_checkpoint
from plimsoll_verify.diagnosis import diagnose
from plimsoll_verify.encoding import format_time
from plimsoll_verify.errors import UnknownKey, UsageError, VerificationError
from plimsoll_verify.evidence import Evidence
from plimsoll_verify.examine import Examiner
from plimsoll_verify.log import Log, LogFacts
from plimsoll_verify.logpolicy import verify_quorum
from plimsoll_verify.memory import Memory
from plimsoll_verify.note import unchecked
from plimsoll_verify.policy.grammar import NEVER_MS, Period
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.policy.parse import PolicyError, parse_policy
from plimsoll_verify.receipts import Promises, UnverifiedReceipt, verify_receipt
from plimsoll_verify.record import Record
from plimsoll_verify.replay import Replay
from plimsoll_verify.retained import verify_continues, verify_retained
from plimsoll_verify.rotation import follow_rotations, with_later_keys
from plimsoll_verify.scan import Failures, Past, Scan
from plimsoll_verify.source import Source
from plimsoll_verify.start import Start
from plimsoll_verify.timekeeping import Timekeeping
from plimsoll_verify.trust import Trust
from plimsoll_verify.verdict import Verdict, judged, rejected

Feed = Callable[[Record], None]


def verify_newest(source: Source, trust: Trust) -> tuple[Checkpoint, LogFacts]:
    """Verify the newest checkpoint.

    Returns:
        The checkpoint, and what it says of the log.

    Raises:
        VerificationError: it is not the log's, or lacks its quorum.
        OSError: it could not be read.

    Source: SPEC 10.2.
    """
    # 10.2 Signed by a key of the log, every known signature valid, cosigned by the witnesses that the
    # auditor wants.
    checkpoint, signed = read_checkpoint(source, "checkpoint", trust.log_policy, "checkpoint")
    proven_s = verify_quorum(trust.log_policy, signed)
    names = {key: name for name, key in trust.log_policy.witnesses.items()}
    return checkpoint, LogFacts(
        checkpoint.origin,
        checkpoint.size,
        checkpoint.root,
        proven_ms=None if proven_s is None else proven_s * 1000,
        witnesses=tuple(sorted({names[one.key] for one in signed if one.key in names})),
        unchecked=tuple(sorted(names[key] for key in unchecked(checkpoint.note, tuple(names)))),
    )


def verify_newest_of(
    source: Source, trust: Trust, *, workers: int | None = None
) -> tuple[Trust, Checkpoint, LogFacts]:
    """Verify the newest checkpoint, following the log's key where the ledger itself has changed it.

    Returns:
        The trust file's contents, perhaps with further keys of the log; and as `verify_newest`.

    Raises:
        VerificationError, OSError: as `verify_newest`.

    Source: SPEC 10.2, 10.15.
    """
    try:
        return trust, *verify_newest(source, trust)
    except UnknownKey as unknown:

        def verify(by: Trust, kept: Checkpoint, replay: Replay) -> None:
            verify_entries(source, by, kept, replay.feed, workers=workers)

        try:
            trust = follow_rotations(source, trust, verify)
        except VerificationError:
            raise unknown from None
    return trust, *verify_newest(source, trust)


def verify_entries(  # noqa: PLR0913 - each is one thing that who verifies may have.
    source: Source,
    trust: Trust,
    checkpoint: Checkpoint,
    feed: Feed,
    *,
    workers: int | None = None,
    earlier: Checkpoint | None = None,
    memory: Memory | None = None,
    timekeeping: Timekeeping | None = None,
    begin: Callable[[], Past] = Past,
) -> int:
    """Verify all that a checkpoint rests on, and feed the records of its entries.

    Args:
        source: the published ledger.
        trust: what the auditor trusts.
        checkpoint: the newest checkpoint, verified.
        feed: takes the record of each entry, in order; it may raise VerificationError.
        workers: processes to use; by default one for each core, and none but this one for a small ledger.
        earlier: a checkpoint that was verified before, not larger than this one, which has to continue it.
        memory: what was settled under that one, see `memory`.
        timekeeping: takes what proves times, before the first record is fed.
        begin: called after that; returns the entries that were fed before, which are not fed again.

    Returns:
        The time of the last entry, in ms.

    Raises:
        VerificationError: the ledger is rejected. Whatever was fed before means nothing then.
        OSError: a file could not be read.

    Source: SPEC 10.3 to 10.8.
    """
    log = Log(trust.origin, trust.genesis, checkpoint.size, checkpoint.root, trust.log_policy)
    failures = Failures()

    # 10.3 The right edge of the tree leads to the checkpoint's root, so that every tile can be checked when
    # it is read; the entries are hashed below, in the stream.
    try:
        examiner = Examiner(source, log)
    except VerificationError as error:
        raise diagnose(source, log.size, log.root, error) from None

    # 10.4 What the log signed before is a beginning of what it signs now; and who had seen it, and when.
    try:
        if earlier is not None:
            verify_continues(earlier, checkpoint, examiner.tree)
        known = {} if memory is None else memory.retained
        kept = verify_retained(source, trust.log_policy, checkpoint, examiner.tree, known)
        if timekeeping is not None:
            timekeeping.verify(source, checkpoint, kept)
    except VerificationError as error:
        failures.add("10.3" if error.check == "tile" else "10.4", 0, error)

    # 10.5 and 10.6 Each entry with its body, in order; then 10.7 and 10.8, which are the business of who is
    # fed.
    scan = Scan(source, log, checkpoint, trust.log_policy, failures, past := begin())
    for record in scan.records(examiner, workers, memory):
        try:
            feed(record)
        except VerificationError as error:
            failures.add("10.7", record.index, error)

    if failures.first is not None:
        # Of entries, tiles and root two say which of the three is wrong.
        is_tree = failures.step == "10.3"
        raise diagnose(source, log.size, log.root, failures.first) if is_tree else failures.first
    return past.last_ms


def audit(  # noqa: PLR0913 - each is one thing that an auditor may ask for.
    source: Source,
    trust: Trust,
    *,
    workers: int | None = None,
    at: int | None = None,
    at_ms: int | None = None,
    now_ms: int | None = None,
    hypothetical: Start | None = None,
    policy_override: bytes | None = None,
    receipts: Sequence[UnverifiedReceipt] = (),
    due_within: Period | None = None,
    evidence: Evidence | None = None,
) -> Verdict:
    """Verify a published ledger and judge what it says. A rejection is a verdict, too.

    Args:
        source: the published ledger.
        trust: the trust file, parsed (10.1).
        workers: processes to use, see `verify_entries`.
        at: judge the state after this entry; the whole ledger is verified nevertheless.
        at_ms: judge the state at this time, likewise.
        now_ms: the time now, which only the trust file's `max_age` is measured by.
        hypothetical: a start to be judged as if it were recorded after the last entry.
        policy_override: a policy document to judge by instead of the ledger's; the verdict says so.
        receipts: promises of the log's operator, to be held against the log.
        due_within: how far ahead to look for what time alone will bring; None for not at all.
        evidence: files that the entries name, to be held against them.

    Raises:
        UsageError: `at` or `at_ms` is before or after the ledger, the policy or `tsa_roots` cannot be
            understood, or no key of the log has signed a receipt. Nothing is said about the ledger.
        OSError: a file could not be read. Nothing is said about the ledger.

    Source: SPEC 10.
    """
    policy = None if policy_override is None else _parse_override(policy_override)
    facts = LogFacts(trust.origin)
    timekeeping = Timekeeping(trust)
    replay = Replay(trust.persons, timekeeping.bounds)
    promises = Promises([one.receipt for one in receipts])
    part = _Part(replay.feed, promises, at, at_ms, evidence)
    try:
        # 10.2 to 10.6, and with each record 10.7 and the first half of 10.8.
        trust, checkpoint, facts = verify_newest_of(source, trust, workers=workers)
        last_ms = verify_entries(
            source, trust, checkpoint, part.feed, workers=workers, timekeeping=timekeeping
        )
    except VerificationError as error:
        return rejected(replace(facts, anchors=timekeeping.anchors), error)
    _verify_receipts(receipts, with_later_keys(trust, replay.log_keys))

    # 10.8 The replay of what was fed, up to the proven time of the checkpoint or what is asked for.
    end_ms = part.end_ms(facts := timekeeping.told(facts, last_ms))
    judgement = replay.finish(
        end_ms,
        proven_ms=facts.proven_ms,
        now_ms=now_ms,
        max_age_ms=trust.max_age_ms,
        hypothetical=hypothetical,
        policy=policy,
        due_ms=None
        if due_within is None
        else min(due_within.after(end_ms if now_ms is None else max(end_ms, now_ms)), NEVER_MS - 1),
        claims=[*promises.findings(end_ms, part.size), *(evidence.findings if evidence else ())],
    )

    # 10.9 The verdict.
    return judged(facts, judgement, promises.outcomes(end_ms), evidence.looked if evidence else None)


def _verify_receipts(receipts: Sequence[UnverifiedReceipt], trust: Trust) -> None:
    for one in receipts:
        verify_receipt(one, trust.log_policy.logs)


def _parse_override(document: bytes) -> Policy:
    try:
        return parse_policy(document)
    except PolicyError as error:
        hint = error.hint or "it is read as JSON, which `plimsoll policy render --canonical FILE` writes"
        raise UsageError(f"the policy cannot be understood: {error}", hint) from None


class _Part:
    """Hands on the entries up to the one, or the time, that is asked for."""

    def __init__(
        self,
        feed: Feed,
        promises: Promises,
        at: int | None,
        at_ms: int | None,
        evidence: Evidence | None,
    ) -> None:
        self.size = 0
        self._feed = feed
        self._promises = promises
        self._evidence = evidence
        self._at = at
        self._at_ms = at_ms
        self._is_past = False
        self._begun_ms = 0
        self._fed_ms: int | None = None

    def feed(self, record: Record) -> None:
        if record.index == 0:
            self._begun_ms = record.time_ms
        if self._at is not None and record.index > self._at:
            return
        if self._at_ms is not None and record.time_ms > self._at_ms:
            # What comes after it came later, also where the log's clock went back.
            self._is_past = True
        if self._is_past:
            return
        self._feed(record)
        self._promises.note(record)
        if self._evidence is not None:
            self._evidence.note(record)
        self.size += 1
        self._fed_ms = record.time_ms

    def end_ms(self, facts: LogFacts) -> int:
        """Return the last instant to be judged (8.3); after an entry that is not the last, its own time.

        Raises:
            UsageError: what is asked for is not within the ledger.
        """
        if self._at is not None and not 0 <= self._at < facts.size:
            raise UsageError(f"entry {self._at} is asked for, of a ledger with {facts.size}", "count from 0")
        if self._fed_ms is None or (self._at_ms is not None and self._at_ms > facts.end_ms):
            span = f"which goes from {format_time(self._begun_ms)} to {format_time(facts.end_ms)}"
            raise UsageError(f"{format_time(self._at_ms or 0)} is asked for, outside of the ledger, {span}")
        if self._at is not None and self._at < facts.size - 1:
            return self._fed_ms
        return facts.end_ms if self._at_ms is None else self._at_ms
