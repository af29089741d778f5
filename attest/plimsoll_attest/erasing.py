"""Erasing what entries name: the record first, then the home's copy, then what is published.

1. An `erasure` names the digests in the log, by who holds role `root`.
2. The contents go from the home, and from SQLite's write-ahead log.
3. The published packs of the entries whose bodies they were are written again.

So nothing is ever missing without a record. Whatever interrupts 2 or 3, doing them again does the rest, and
they need no lock and no key: a log that is being served is not stopped for it. What was recorded stays where
it is for good: an entry's header, and the digest of a salted body, which tells nothing about it.

Copies that others made, backups, and what a file system keeps of files that were removed are not reached.

Source: SPEC 4.6, 5.1.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from plimsoll_attest.errors import UsageError
from plimsoll_attest.source import body_digest, published_bodies
from plimsoll_attest.standing import ROOT
from plimsoll_attest.statements.envelope import parse_entry
from plimsoll_attest.statements.statement import parse_statement
from plimsoll_ledger.publish import publish_bodies
from plimsoll_ledger.store import Store

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.views import EntryView
    from plimsoll_ledger.target import Target

ERASURE: Final = "erasure"
_PUBLISHED: Final = ("policy", "policy-amendment")


@dataclass(frozen=True, slots=True)
class Erased:
    """What was carried out.

    Attributes:
        removed: Digests of what the home held until now.
        absent: Those that it did not hold any more.
        packs: How many published packs were written again; None where nothing is published from here.
    """

    removed: tuple[str, ...]
    absent: tuple[str, ...]
    packs: int | None


def recorded_erasures(store: Store, *, by_root: bool = True) -> set[str]:
    """Return the digests that the log's erasures name.

    Args:
        store: The log.
        by_root: Only those that a holder of role `root` has recorded. Anybody may say that something was
            erased; what is said by others is carried out for nobody.

    Raises:
        LedgerError: If the log cannot be read.
    """
    found: set[str] = set()
    for entry in store.by_topic(ERASURE):
        header, said = parse_statement(parse_entry(entry.leaf)[0].payload)
        if isinstance(said, dict) and (header.role == ROOT or not by_root):
            found.update(said["digests"])
    return found


def digests_of(entry: "EntryView") -> tuple[str, ...]:
    """Return what can be erased of an entry: its detached body, or else the texts that it names.

    Raises:
        UsageError: If that is nothing, or a policy, which everybody needs who judges by it.
    """
    if entry.kind in _PUBLISHED:
        hint = "amend it: plimsoll policy amend"
        raise UsageError(f"entry {entry.index} is a {entry.kind}, whose document must stay public", hint)
    found = (entry.body_sha256,) if entry.body_sha256 else tuple(texts_of(entry.body or {}))
    if not found:
        hint = "what is in the entry itself stays for good"
        raise UsageError(f"entry {entry.index} names nothing that is kept beside the log", hint)
    return found


def policy_documents(store: Store) -> set[str]:
    """Return the digests of the documents of all policies."""
    return {body_digest(entry) for kind in _PUBLISHED for entry in store.by_topic(kind)}


def texts_of(body: dict[str, Any]) -> Iterator[str]:
    """Yield the digests of the texts that an inline body names."""
    for name, value in sorted(body.items()):
        if name.endswith("_sha256") and isinstance(value, str):
            yield value


def carry_out(desk: "Desk", digests: Collection[str], target: "Target | None") -> Erased:
    """Remove contents from the home and from what is published. Doing it again does the rest.

    Args:
        desk: The home.
        digests: What an erasure in the log names.
        target: Where the log is published; None for nowhere.

    Raises:
        CouldNotRun, LedgerError: If something is left; it says what.
    """
    removed = desk.bodies.erase(digests) | desk.evidence.erase(digests)
    packs = None
    if target is not None:
        wanted = set(digests)
        named = (entry.index for entry in desk.store.entries() if body_digest(entry) in wanted)
        packs = publish_bodies(
            desk.store,
            target,
            lambda start, end: published_bodies(desk.store, desk.bodies, start, end),
            named,
        )
    return Erased(tuple(sorted(removed)), tuple(sorted(set(digests) - removed)), packs)
