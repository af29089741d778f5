"""Sign-offs: which entries a person means, in which role it counts, and what still waits for whom."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from plimsoll_attest.desk import Desk
from plimsoll_attest.errors import NothingToDo, UsageError
from plimsoll_attest.roles import choose_role, wanted_roles
from plimsoll_attest.views import Draft, EntryView

if TYPE_CHECKING:
    from plimsoll_verify.acts import Pending

MAX_RANGE = 10_000
"""Entries that one range may span."""

_RANGE = re.compile(r"(0|[1-9][0-9]{0,14})(?:-(0|[1-9][0-9]{0,14}))?")


def parse_indexes(text: str) -> range:
    """Return the entries that `31` or `1-24` means.

    Raises:
        UsageError: If it is neither, or spans more than 10,000 entries.
    """
    match = _RANGE.fullmatch(text)
    if match is None:
        raise UsageError(f"{text[:80]!r} is neither an entry nor a range", "write 31, or 1-24")
    first, last = int(match[1]), int(match[2] or match[1])
    if not first <= last < first + MAX_RANGE:
        raise UsageError(
            f"{text} is not a range of 1 to {MAX_RANGE} entries", "the smaller number comes first"
        )
    return range(first, last + 1)


def draft_sign_offs(
    desk: Desk,
    indexes: Sequence[int],
    decision: str,
    *,
    person: str,
    role: str | None = None,
    why: str | None = None,
) -> list[Draft]:
    """Draft a person's decision on entries.

    Of several entries those are taken that wait for signatures and that the person has not decided on so; one
    entry alone is always taken.

    Args:
        desk: The open ledger.
        indexes: The entries.
        decision: approve, dissent, recuse, consulted or told.
        person: Who decides.
        role: In which capacity; None for the one that each entry's quorum asks for.
        why: Written reasons; the log holds only their salted digest.

    Raises:
        NothingToDo: If none of several entries waits for this person.
        UsageError: If the role cannot be chosen.

    Source: SPEC 6.6.
    """
    targets = [desk.read(index) for index in indexes]
    if len(targets) > 1:
        waiting = {item.index for item in pending(desk)} | _founding(desk, person)
        decided = _decided(desk, person, decision)
        targets = [view for view in targets if view.index in waiting and view.index not in decided]
        if not targets:
            raise NothingToDo(
                f"none of entries {indexes[0]} to {indexes[-1]} waits for {person} to {decision}",
                "`plimsoll pending` shows what waits for whom",
            )
    return [
        desk.draft(
            "sign-off",
            [],
            {"decision": decision, "of": {"id": view.statement_id, "index": view.index}},
            person=person,
            role=role or sign_off_role(desk, view, person),
            texts={"reasons": why} if why else {},
        )
        for view in targets
    ]


def sign_off_role(desk: Desk, target: EntryView, person: str) -> str:
    """Return the role in which a person's sign-off of an entry counts.

    Raises:
        UsageError: If they hold several that do, or none; names the choices.
    """
    held = desk.person_roles(person)
    if target.kind == "genesis":
        return "root"
    return choose_role(person, held, wanted_roles("sign-off", {}, desk.newest_policy(), target))


def pending(desk: Desk) -> "list[Pending]":
    """Return the entries that wait for signatures, oldest first, as the auditor's program sees them."""
    return list(desk.verdict().pending)


def _founding(desk: Desk, person: str) -> set[int]:
    """Return entry 0 for a founder who has not signed it off yet."""
    return {0} if person in desk.standing().founders else set()


def _decided(desk: Desk, person: str, decision: str) -> set[int]:
    latest: dict[int, str] = {}
    for view in desk.entries("sign-off", person=person):
        if view.actor == person and view.body is not None:
            latest[view.body["of"]["index"]] = view.body["decision"]
    return {index for index, said in latest.items() if said == decision}
