"""Verifying a published ledger, step by step. The reader enters here.

The numbers are those of SPEC section 10. What is wrong with the ledger itself, so that nothing in it can be
relied on, is a rejection; what its entries say, held against the policy, are the findings of a verdict.

The entries are read once, in a stream, and steps 10.3 to 10.8 go over each of them in turn. The answer is
still that of the steps one after the other: the failure of the earliest step counts, wherever it is met.
"""

from collections.abc import Callable

from plimsoll_verify.checkpoint import Checkpoint, read_checkpoint
from plimsoll_verify.diagnosis import diagnose
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.examine import Examiner
from plimsoll_verify.log import Log, LogFacts
from plimsoll_verify.logpolicy import verify_quorum
from plimsoll_verify.record import Record
from plimsoll_verify.retained import verify_retained
from plimsoll_verify.scan import Failures, Scan
from plimsoll_verify.source import Source
from plimsoll_verify.trust import Trust

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
    )


def verify_entries(
    source: Source,
    trust: Trust,
    checkpoint: Checkpoint,
    feed: Feed,
    *,
    workers: int | None = None,
    at: int | None = None,
    at_ms: int | None = None,
) -> int:
    """Verify all that a checkpoint rests on, and feed the records of its entries.

    Args:
        source: the published ledger.
        trust: what the auditor trusts.
        checkpoint: the newest checkpoint, verified.
        feed: takes the record of each entry, in order; it may raise VerificationError.
        workers: processes to use; by default one for each core, and none but this one for a small ledger.
        at: index of the last entry to feed; by default all are.
        at_ms: feed no entry that the log took later.

    Returns:
        The time of the last entry that was fed, in ms.

    Raises:
        VerificationError: the ledger is rejected. Whatever was fed before means nothing then.
        OSError: a file could not be read.

    Source: SPEC 10.3 to 10.8.
    """
    log = Log(trust.origin, trust.genesis, checkpoint.size, checkpoint.root)
    failures = Failures()

    # 10.3 The right edge of the tree leads to the checkpoint's root, so that every tile can be checked when
    # it is read; the entries are hashed below, in the stream.
    try:
        examiner = Examiner(source, log)
    except VerificationError as error:
        raise diagnose(source, log.size, log.root, error) from None

    # 10.4 What the log signed before is a beginning of what it signs now.
    try:
        verify_retained(source, trust.log_policy, checkpoint, examiner.tree)
    except VerificationError as error:
        failures.add("10.3" if error.check == "tile" else "10.4", 0, error)

    # 10.5 and 10.6 Each entry with its body, in order; then 10.7 and 10.8, which are the business of who is
    # fed.
    last_ms = 0
    for record in Scan(source, log, checkpoint, trust.log_policy, failures).records(examiner, workers):
        if (at is None or record.index <= at) and (at_ms is None or record.time_ms <= at_ms):
            last_ms = record.time_ms
            try:
                feed(record)
            except VerificationError as error:
                failures.add("10.7", record.index, error)

    if failures.first is not None:
        # Of entries, tiles and root two say which of the three is wrong.
        is_tree = failures.step == "10.3"
        raise diagnose(source, log.size, log.root, failures.first) if is_tree else failures.first
    return last_ms
