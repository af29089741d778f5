"""What has been done of that which a duty asks for, since when it counts, and which entries show it.

Source: SPEC 9.19.
"""

from collections.abc import Iterator
from typing import NamedTuple

from plimsoll_verify.acts import Completion
from plimsoll_verify.context import Context
from plimsoll_verify.facts import Act, DeedContent, DeterminationContent, ReportContent
from plimsoll_verify.policy.duties import Deed
from plimsoll_verify.policy.grammar import Quorum

DEED_KINDS: dict[str, tuple[str, ...]] = {
    "assessment": ("assessment",),
    "report": ("report", "disclosure"),
    "notice": ("disclosure",),
    "publication": ("disclosure",),
    "external_review": ("external-review",),
}
"""The kinds of statement with which each deed but a determination is done."""


ANY = ""
"""The type of a deed that may be of any."""

_UNKNOWN = -1
"""Stands for the entries that something names of which that is not known."""


class Done(NamedTuple):
    """Something done.

    Attributes:
        acts_ms: from when it counts.
        event_ms: when it was done, from which it ages.
        act: its entry.
        entry: the entry that completed it.
        entries: all entries that show it.
        refs: the entries that it names; None where that is not known.
    """

    acts_ms: int
    event_ms: int
    act: int
    entry: int
    entries: tuple[int, ...]
    refs: frozenset[int] | None


class Wanted(NamedTuple):
    """What a duty asks for.

    Attributes:
        by: who has to have signed it; None where its author does.
        to: to whom it has to be disclosed, or "".
        about: the model that it has to be about; "" where it may be about anything.
    """

    deed: Deed
    by: Quorum | None
    to: str
    about: str


def find_done(context: Context, wanted: Wanted, *, is_hopeful: bool) -> list[Done]:
    """Return what was done of that which a duty asks for, in the order of the log.

    Args:
        context: the policy and the facts.
        wanted: what it asks for.
        is_hopeful: whether what is not known is taken to be what was asked for.

    Source: SPEC 9.19.
    """
    return context.once(
        ("done", wanted, is_hopeful), lambda: _find_done(context, wanted, is_hopeful=is_hopeful)
    )


def find_naming(context: Context, wanted: Wanted, entries: frozenset[int], *, is_hopeful: bool) -> list[Done]:
    """Return what was done of that which a duty asks for, and names one of some entries, or may.

    Source: SPEC 9.19.
    """

    def index() -> dict[int, list[Done]]:
        found: dict[int, list[Done]] = {}
        for one in find_done(context, wanted, is_hopeful=is_hopeful):
            for ref in (_UNKNOWN,) if one.refs is None else one.refs:
                found.setdefault(ref, []).append(one)
        return found

    by_name = context.once(("naming", wanted, is_hopeful), index)
    found = {one.entry: one for entry in entries for one in by_name.get(entry, ())}
    first = min(entries)
    found |= {one.entry: one for one in by_name.get(_UNKNOWN, ()) if one.entry > first}
    return [found[index] for index in sorted(found)]


def _find_done(context: Context, wanted: Wanted, *, is_hopeful: bool) -> list[Done]:
    found = [
        done
        for act in _acts(context, wanted)
        if _fits(act, wanted, is_hopeful=is_hopeful) and (done := _done(context, act, wanted)) is not None
    ]
    return sorted(found, key=lambda one: one.entry)


def is_deed(act: Act, wanted: Wanted) -> bool:
    """Say whether an act is what a duty asks for, as far as it says so itself, whoever signed it."""
    return act.kind in DEED_KINDS.get(wanted.deed.kind, ()) and _fits(act, wanted, is_hopeful=False)


def _acts(context: Context, wanted: Wanted) -> Iterator[Act]:
    if wanted.deed.kind == "determination":
        model = context.facts.models.get(wanted.about)
        yield from model.determinations if model else ()
        return
    for kind in DEED_KINDS[wanted.deed.kind]:
        yield from context.deeds_about(kind, wanted.about)


def _fits(act: Act, wanted: Wanted, *, is_hopeful: bool) -> bool:
    """Say whether an act is what a duty asks for, whoever signed it."""
    deed, content = wanted.deed, act.content
    match content:
        case None:
            return is_hopeful and not (act.kind == "report" and bool(wanted.to))
        case DeterminationContent():
            return content.threshold == deed.what
        case ReportContent():
            return content.type == deed.what and not wanted.to
        case DeedContent():
            # A notice is called by what it says, or by whom it is for.
            return (
                (deed.what in (ANY, content.type) or (deed.kind == "notice" and content.to == deed.what))
                and (not wanted.to or content.to == wanted.to)
                and (content.is_published or deed.kind != "publication")
            )
        case _:  # pragma: no cover - no other content is collected as a deed.
            return False


def _done(context: Context, act: Act, wanted: Wanted) -> Done | None:
    """Return an act as something done; None while signatures are missing."""
    event_ms, refs = min(act.event_ms, act.time_ms), _refs(act)
    if act.kind != "determination" and wanted.by is None:
        return Done(_relief(context, act), event_ms, act.index, act.index, (act.index,), refs)
    complete = _completion(context, act, wanted)
    if complete is None:
        return None
    # Who needs nobody else did it when it happened, not when the last of several signed.
    alone = complete.index == act.index and act.kind != "determination"
    acts_ms = _relief(context, act) if alone else complete.time_ms
    return Done(acts_ms, event_ms, act.index, complete.index, complete.entries, refs)


def _completion(context: Context, act: Act, wanted: Wanted) -> Completion | None:
    content = act.content
    if act.kind != "determination":
        return context.deed(act, wanted.by) if wanted.by else None
    if isinstance(content, DeterminationContent) and content.outcome == "crossed":
        return context.determination(act, wanted.deed.what, "crossed")
    return context.determination(act, wanted.deed.what, "ruled_out")


def _relief(context: Context, act: Act) -> int:
    """Return from when something done counts: a report is an act."""
    return act.time_ms if act.kind == "report" else context.relief_ms(act)


def _refs(act: Act) -> frozenset[int] | None:
    content = act.content
    if isinstance(content, ReportContent):
        return frozenset(content.cites)
    if isinstance(content, DeedContent):
        return frozenset(content.refs)
    return None
