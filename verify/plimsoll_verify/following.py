"""What follows a deed, once or again and again, until something ends it.

Source: SPEC 9.19.
"""

from collections.abc import Iterator

from plimsoll_verify.breach import Breach
from plimsoll_verify.clocks import Clock
from plimsoll_verify.deeds import Done
from plimsoll_verify.encoding import format_time
from plimsoll_verify.facts import NEVER
from plimsoll_verify.owing import Owed, owe
from plimsoll_verify.policy.duties import Deed, FollowUp
from plimsoll_verify.policy.grammar import NEVER_MS, Quorum
from plimsoll_verify.spans import subtract, union


class Following:
    """What follows one deed, or the deadline by which it should have been done."""

    def __init__(
        self, clock: Clock, parent: int, first: list[Done], named: frozenset[int], where: str, code: str
    ) -> None:
        """Prepare.

        Args:
            clock: of the duty.
            parent: when the deed was done, or due if that was earlier.
            first: the deed, which does not follow itself.
            named: what the following deeds have to name one of; nothing where they are about the model.
            where: tells the clocks of one duty apart.
            code: of the findings.
        """
        self._clock = clock
        self._parent = parent
        self._first = first
        self._named = named
        self._where = where
        self._code = code

    def breaches(self, stop: int = NEVER) -> Iterator[Breach]:
        """Yield what does not follow in time.

        Args:
            stop: when repetition ends by itself.
        """
        for number, step in enumerate(self._clock.duty.then if self._parent < NEVER_MS else ()):
            done = [one for one in self._done(step.do, step.by, step.to) if one not in self._first]
            if self._named:
                self._named |= {one.entry for one in done}
            owed = Owed(
                self._code,
                f"{self._clock.duty.id}.then.{number}",
                step.promise,
                step.do,
                step.to,
                f"that of {format_time(self._parent)}",
                self._where,
                step.within,
                tuple(sorted(self._named)),
                is_again=step.every is not None,
            )
            if step.every is None:
                due = self._clock.after(self._clock.segment, step.within, self._parent)
                yield from owe(self._clock, owed, [(due, NEVER)], done)
            else:
                fresh = [(self._parent, step.every.after(self._parent))]
                fresh += [(one.acts_ms, step.every.after(one.event_ms)) for one in done]
                stale = subtract([(self._parent, min(stop, self._ends(step)))], union(fresh))
                owed.since = f"for more than {step.every.text}"
                yield from owe(self._clock, owed, stale, done)

    def _done(self, deed: Deed, by: Quorum | None, to: str) -> list[Done]:
        if self._named:
            return self._clock.naming(deed, by, to, self._named)
        found = self._clock.done(deed, by, to, self._clock.world.model.id)
        return [one for one in found if one.event_ms >= self._parent]

    def _ends(self, step: FollowUp) -> int:
        """Return when the deed was done that ends the repetition."""
        ends = self._done(step.until, None, "") if step.until else ()
        return min((one.acts_ms for one in ends), default=NEVER)
