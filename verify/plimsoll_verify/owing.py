"""What is owed, as the broken rules and the sentences in which it is told.

Source: SPEC 9.19.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from plimsoll_verify.activities import Form
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.clocks import Clock
from plimsoll_verify.deeds import Done
from plimsoll_verify.encoding import format_time
from plimsoll_verify.facts import NEVER
from plimsoll_verify.policy.calendars import Term
from plimsoll_verify.policy.duties import Deed
from plimsoll_verify.policy.model import Promise
from plimsoll_verify.spans import Span, intersect, union
from plimsoll_verify.standards import Case

_CODES = {"assessment": "V07", "determination": "V08"}


def code_of(deed: Deed, event: str = "") -> str:
    """Return the code of a duty that was not done: by the deed, and the kind of event that asked for it."""
    return "V25" if event == "incident" else _CODES.get(deed.kind, "V24")


@dataclass(slots=True)
class Owed:
    """Something that is owed.

    Attributes:
        code: of the finding.
        key: the duty, or the part of it that follows.
        promise: its clause and force.
        do, to: what is to be done, and for whom.
        since: what set the clock, in words.
        where: what tells the clocks of one duty apart.
        term: how long there was for it; None for no time.
        entries: what shows that it is owed.
        forms: the activities in which it is owed.
        is_again: whether it comes round again: then it is fresh for a time, else done for good.
        is_doubtful: whether nobody can say that it is owed.
    """

    code: str
    key: str
    promise: Promise
    do: Deed
    to: str
    since: str
    where: str = ""
    term: Term | None = None
    entries: tuple[int, ...] = ()
    forms: tuple[Form, ...] = ()
    is_again: bool = False
    is_doubtful: bool = False


def owe(clock: Clock, owed: Owed, spans: list[Span], done: list[Done]) -> Iterator[Breach]:
    """Yield a breach for each interval in which something was owed and not done.

    Args:
        clock: of the duty.
        owed: what was owed.
        spans: when it was; of what is done for good, until it is done.
        done: what was done of it.
    """
    if not owed.is_again:
        first = min((one.acts_ms for one in done), default=NEVER)
        spans = [(start, min(stop, first)) for start, stop in spans if start < first]
    promise = owed.promise
    for span in intersect(union(spans), [clock.span]):
        before = [one for one in done if one.acts_ms <= span[0]] if owed.is_again else []
        last = max(before, key=lambda one: one.event_ms, default=None)
        yield Breach(
            BreachKey(owed.code, "", promise.clause, owed.key, owed.where, promise.is_commitment),
            promise,
            f"duties.{owed.key}",
            clock.segment.version,
            [span],
            list(owed.forms),
            Case(clock.world.model.id, "", ""),
            entries=(*owed.entries, *(last.entries if last else ())),
            told=_tell(clock, owed, span[0], last),
            cures={one.acts_ms: one.entry for one in done},
            is_doubtful=owed.is_doubtful or clock.is_open(owed.term),
        )


def _tell(clock: Clock, owed: Owed, at_ms: int, last: Done | None) -> str:
    """Return what was not done, and by when, as a sentence for people."""
    model = clock.world.model
    what = f"{owed.do}{f' to {owed.to}' if owed.to else ''}"
    what += "" if clock.is_org else f" about {model.name or model.id}"
    clause = f"clause {owed.promise.clause}"
    if owed.is_again:
        done = f"the last is of {format_time(last.event_ms)}" if last else "there has been none"
        return f"From {format_time(at_ms)} on there was no {what} {owed.since}, as {clause} asks: {done}."
    return f"The {what} that {clause} asks for, since {owed.since}, was not done by {format_time(at_ms)}."
