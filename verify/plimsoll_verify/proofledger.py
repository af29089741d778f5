"""A proof file held against the ledger that it is from: for its history, and for keys that came later.

A proof file alone is verified by the keys of the trust file. The ledger says which keys followed upon those
(`rotation`), and whether its tree of today still begins with the one that the file proves something about.

Why the file does not carry this itself: that the root quorum put a key in force shows only in all entries
before it. Inclusion proofs of some of them cannot show that none takes it back.

Source: SPEC 10.18.
"""

from dataclasses import dataclass

from plimsoll_verify.audit import verify_entries, verify_newest, verify_newest_of
from plimsoll_verify.checkpoint import Checkpoint, parse_checkpoint, verify_checkpoint
from plimsoll_verify.errors import UnknownKey
from plimsoll_verify.examine import Examiner
from plimsoll_verify.log import Log
from plimsoll_verify.proofs import ProofReport, parse_proof, verify_proof
from plimsoll_verify.replay import Replay
from plimsoll_verify.retained import verify_continues
from plimsoll_verify.rotation import with_later_keys
from plimsoll_verify.source import Source
from plimsoll_verify.trust import Trust


@dataclass(frozen=True, slots=True)
class Held:
    """What a proof file proves beside its ledger.

    Attributes:
        report: what it proves.
        followed: True if a key of the log counts that the trust file does not name.
        size: entries of the ledger's newest checkpoint.
        continues: True if its tree begins with the one of the proof; False if it is too small to tell.
    """

    report: ProofReport
    followed: bool
    size: int
    continues: bool


def verify_proof_with_ledger(
    data: bytes, trust: Trust, source: Source, *, workers: int | None = None
) -> Held:
    """Verify a proof file by the trust file and the published ledger.

    Args:
        data: the proof file.
        trust: what the auditor trusts.
        source: the published ledger. All of it is verified if a key followed, else only its checkpoint.
        workers: processes to use, see `audit.verify_entries`.

    Raises:
        VerificationError: as `verify_proof`; or the ledger is rejected, so far as it is looked at.
        Fork: the ledger's tree does not begin with the proof's; the log signed both.
        OSError: a file of the ledger could not be read. Nothing is said about the proof.

    Source: SPEC 10.18.
    """
    proven = parse_checkpoint(parse_proof(data).checkpoint, "checkpoint")
    known, newest = _keys_and_newest(proven, trust, source, workers)
    report = verify_proof(data, known)
    continues = proven.size <= newest.size
    if continues:
        log = Log(trust.origin, trust.genesis, newest.size, newest.root, known.log_policy)
        verify_continues(proven, newest, Examiner(source, log).tree)
    return Held(report, known is not trust, newest.size, continues)


def _keys_and_newest(
    proven: Checkpoint, trust: Trust, source: Source, workers: int | None
) -> tuple[Trust, Checkpoint]:
    """Return what is trusted, with keys that followed if they are needed, and the ledger's checkpoint."""
    try:
        verify_checkpoint(proven.data, trust.log_policy, "checkpoint")
        return trust, verify_newest(source, trust)[0]
    except UnknownKey:
        replay = Replay(trust.persons)
        known, newest, _ = verify_newest_of(source, trust, workers=workers)
        verify_entries(source, known, newest, replay.feed, workers=workers)
        return with_later_keys(known, replay.log_keys), newest
