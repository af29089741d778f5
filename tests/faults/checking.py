"""What must hold after a fault, whatever it was: looked at with `fsck` and with the auditor's verifier."""

from collections import Counter

from tests.faults.work import Acknowledged, Case

from plimsoll_ledger.fsck import fsck
from plimsoll_verify.audit import audit
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import Trust, parse_trust


class Lost(AssertionError):
    """A promise that the log did not keep."""


def trust_of(case: Case) -> Trust:
    """Return the trust file of a home."""
    with case.office.desk(writing=False) as desk:
        return parse_trust(desk.trust().encode())


def check_after(case: Case, told: Acknowledged, trust: Trust, published: int) -> None:
    """Restart, look at everything, do the work again, and look once more.

    Args:
        case: The home that met the fault.
        told: What the child acknowledged before.
        trust: The trust file, made before the fault.
        published: The size that was published before.

    Raises:
        Lost: If an acknowledged entry is not there, one is there twice, or what is published is rejected.
        LedgerError, AttestError: If the ledger is damaged, or cannot go on.
    """
    case.later(60)
    old_roots = _check(case, told, trust, max(published, told.published))
    case.resume()
    new_roots = _check(case, told, trust, max(published, told.published))
    if new_roots[: len(old_roots)] != old_roots:
        raise Lost("entries changed between the fault and the end")
    idents = Counter(new_roots)
    for number, draft in enumerate(case.drafts):
        if idents[draft.statement_id] != 1:
            raise Lost(f"draft {number} is in the log {idents[draft.statement_id]} times")
    if (found := _audited(case, trust)) != len(new_roots):
        raise Lost(f"{found} entries are published, the log has {len(new_roots)}")


def _check(case: Case, told: Acknowledged, trust: Trust, published: int) -> list[str]:
    """Check log and publication as they stand; return the ids of all entries, in order."""
    with case.office.desk() as desk:
        fsck(desk.store)
        idents = [entry.ident.hex() for entry in desk.store.entries()]
        for index in range(len(idents)):
            desk.read(index)
    for number, index in told.entries.items():
        if idents[index : index + 1] != [case.drafts[number].statement_id]:
            raise Lost(f"draft {number} was acknowledged at {index}, and is not there")
    size = _audited(case, trust)
    if size < published:
        raise Lost(f"{size} entries are published, {published} were")
    return idents


def _audited(case: Case, trust: Trust) -> int:
    """Verify the publication as `plimsoll-verify log` does; return its size."""
    verdict = audit(DirectorySource(case.public), trust, workers=1)
    if verdict.error is not None:
        raise Lost(f"what is published is rejected: {verdict.error}")
    return verdict.log.size
