"""What must hold after a fault, whatever it was: looked at with `fsck` and with the auditor's verifier."""

from collections import Counter

from tests.faults.work import Acknowledged, Case

from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.tree import root_at
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
    old = _check(case, told, trust, max(published, told.published))
    case.resume()
    new = _check(case, told, trust, max(published, told.published))
    if new[: len(old)] != old:
        raise Lost("entries changed between the fault and the end")
    idents = Counter(ident for ident, _ in new)
    for number, draft in enumerate(case.drafts):
        if idents[draft.statement_id] != 1:
            raise Lost(f"draft {number} is in the log {idents[draft.statement_id]} times")
    if (found := _audited(case, trust)) != len(new):
        raise Lost(f"{found} entries are published, the log has {len(new)}")


def _check(case: Case, told: Acknowledged, trust: Trust, published: int) -> list[tuple[str, bytes]]:
    """Check log and publication as they stand; return id and bytes of all entries, in order."""
    with case.office.desk() as desk:
        fsck(desk.store)
        entries = [(entry.ident.hex(), entry.leaf) for entry in desk.store.entries()]
        for index in told.entries.values():
            if desk.read(index).body is None:  # What there is of it must be as its digest says.
                raise Lost(f"entry {index} was acknowledged, and its body is not there")
        size, root = _published(case, trust)
        with desk.store.reading() as reader:
            if size > len(entries) or root_at(reader, size) != root:
                raise Lost(f"what is published over {size} entries is not a prefix of the log")
    for number, index in told.entries.items():
        if [ident for ident, _ in entries[index : index + 1]] != [case.drafts[number].statement_id]:
            raise Lost(f"draft {number} was acknowledged at {index}, and is not there")
    if size < published:
        raise Lost(f"{size} entries are published, {published} were")
    return entries


def _audited(case: Case, trust: Trust) -> int:
    return _published(case, trust)[0]


def _published(case: Case, trust: Trust) -> tuple[int, bytes]:
    """Verify the publication as `plimsoll-verify log` does; return its size and root."""
    verdict = audit(DirectorySource(case.public), trust, workers=1)
    if verdict.error is not None:
        raise Lost(f"what is published is rejected: {verdict.error}")
    return verdict.log.size, verdict.log.root
