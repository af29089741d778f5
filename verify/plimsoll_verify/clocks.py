"""The clocks of a duty: what sets them, under which version, and when they run out.

Source: SPEC 9.19.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from plimsoll_verify.deeds import Done, Wanted, find_done, find_naming
from plimsoll_verify.facts import NEVER
from plimsoll_verify.policy.calendars import Term
from plimsoll_verify.policy.duties import Deed, Duty, Every, OnActivity, OnCompute, triggers_of
from plimsoll_verify.policy.grammar import Quorum
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.spans import Span
from plimsoll_verify.versions import Segment
from plimsoll_verify.workdays import end_of
from plimsoll_verify.world import World

_Rule = TypeVar("_Rule")

ABOUT_A_MODEL = ("assessment", "determination")
"""Deeds that are about one model."""


def stretches(
    segments: Iterable[Segment], find: Callable[[Policy], _Rule | None]
) -> Iterator[list[tuple[Segment, _Rule]]]:
    """Yield runs of versions, one after the other, that all have a rule, each with that rule."""
    run: list[tuple[Segment, _Rule]] = []
    for segment in segments:
        rule = find(segment.version.policy)
        if rule is not None:
            run.append((segment, rule))
        elif run:
            yield run
            run = []
    if run:
        yield run


def is_about_models(duty: Duty) -> bool:
    """Say whether a duty is one about each model, apart from the events that set its clock."""
    if duty.do.kind in ABOUT_A_MODEL or duty.before is not None:
        return True
    return any(
        isinstance(one, OnActivity | OnCompute)
        or (isinstance(one, Every) and one.since is not None and one.since.kind in ABOUT_A_MODEL)
        for one in triggers_of(duty.when)
    )


class Clock:
    """The clocks of one duty of one version, which follows upon others that had it, too.

    Attributes:
        run: the versions, one after the other, that have the duty.
        begin: the first instant at which a clock can be set.
        span: when the version was in force, and not before that.
        is_org: whether the world is that of the organisation.
    """

    def __init__(self, world: World, run: list[Segment], number: int, key: str) -> None:
        self.world = world
        self.run = run
        self.number = number
        self.segment = run[number]
        self.duty = self.segment.version.policy.duties[key]
        self.begin = max(run[0].start, world.context.facts.genesis_ms)
        self.is_org = world.model.id == world.context.facts.org
        self.span: Span = (max(self.segment.start, self.begin), self.segment.stop)

    def due(self, anchor: int, end: Callable[[Segment, Duty], int]) -> int:
        """Return when a clock runs out that was set at an instant.

        A clock that runs when a version is replaced keeps the earlier of its ends, unless that version lets
        what is under way go on by its own terms.

        Args:
            anchor: when it was set.
            end: when it runs out by a version's own terms.
        """
        ends = []
        for segment in reversed(self.run[: self.number + 1]):
            if segment.stop <= anchor:
                break
            ends.append(end(segment, segment.version.policy.duties[self.duty.id]))
            if segment.start <= anchor or segment.version.policy.amendment.keep_until is not None:
                break
        return min(ends, default=NEVER)

    def due_within(self, anchor: int) -> int:
        """Return when `within` is over for a clock that was set at an instant."""
        return self.due(
            anchor, lambda segment, duty: self.after(segment, duty.within, anchor) if duty.within else NEVER
        )

    def after(self, segment: Segment, term: Term | None, at_ms: int) -> int:
        """Return when a term is over; of one that nobody can count, at once, or hopefully never."""
        if term is None:
            return at_ms
        found = end_of(term, segment.version.policy.calendars, at_ms)
        if found is None:
            return NEVER if self.world.is_hopeful else at_ms
        return found

    def lead(self, term: Term | None, at_ms: int) -> int:
        """Return from when something done at an instant was done early enough.

        Time is counted as it elapses here: Regulation 1182/71 does not move the end of what is counted back.
        """
        if term is None:
            return at_ms
        found = end_of(term, self.segment.version.policy.calendars, at_ms, is_lead=True)
        if found is None:
            return at_ms if self.world.is_hopeful else NEVER
        return found

    def is_open(self, term: Term | None) -> bool:
        """Say whether nobody can count a term."""
        return term is not None and end_of(term, self.segment.version.policy.calendars, 0) is None

    def done(self, deed: Deed, by: Quorum | None, to: str, about: str) -> list[Done]:
        """Return what was done of something."""
        wanted = Wanted(deed, by, to, about)
        return find_done(self.world.context, wanted, is_hopeful=self.world.is_hopeful)

    def naming(self, deed: Deed, by: Quorum | None, to: str, entries: frozenset[int]) -> list[Done]:
        """Return what was done of something, and names one of some entries."""
        wanted = Wanted(deed, by, to, "")
        return find_naming(self.world.context, wanted, entries, is_hopeful=self.world.is_hopeful)
