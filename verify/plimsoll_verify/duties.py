"""Duties that were not done in time: V24, for incidents V25, for assessments V07, for determinations V08.

A duty is owed from the instant at which it is due until it is done. What comes round again is due so long
after it was last done; nothing is enumerated, so that a duty that nobody does is one interval, however often
it would have been due.

Source: SPEC 9.19.
"""

from collections.abc import Iterator

from plimsoll_verify.activities import Form, spans_of
from plimsoll_verify.breach import Breach
from plimsoll_verify.clocks import ABOUT_A_MODEL, Clock, is_about_models, stretches
from plimsoll_verify.compute import outgrown
from plimsoll_verify.deeds import Done
from plimsoll_verify.encoding import format_time
from plimsoll_verify.events import Event, find_events
from plimsoll_verify.facts import NEVER, Act, CarriedContent
from plimsoll_verify.following import Following
from plimsoll_verify.owing import Owed, code_of, owe
from plimsoll_verify.policy.duties import Duty, Every, OnActivity, OnCompute, OnEvent, triggers_of
from plimsoll_verify.policy.grammar import NEVER_MS
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.versions import Segment
from plimsoll_verify.world import World


def find_overdue(world: World) -> Iterator[Breach]:
    """Yield the duties about a model, or about the organisation, that were not done in time.

    Source: SPEC 9.19.
    """
    ids = {key: None for segment in world.segments for key in segment.version.policy.duties}
    for key in ids:
        for run in _runs(world, key):
            for number in range(len(run)):
                yield from _Looking(Clock(world, run, number, key)).breaches()


def _runs(world: World, key: str) -> Iterator[list[Segment]]:
    def find(policy: Policy) -> Duty | None:
        return policy.duties.get(key)

    for run in stretches(world.segments, find):
        yield [segment for segment, _ in run]


class _Looking:
    """Looks at one duty of one version."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.world = clock.world
        self.duty = clock.duty
        self.about = "" if clock.is_org else clock.world.model.id

    def breaches(self) -> Iterator[Breach]:
        """Yield what was not done in time while the version was in force."""
        mine = is_about_models(self.duty) != self.clock.is_org
        for trigger in triggers_of(self.duty.when):
            if isinstance(trigger, OnEvent):
                for event in self._events(trigger):
                    if self._was_owed(event):
                        yield from self._after_event(event)
            elif mine and isinstance(trigger, Every):
                yield from self._again(trigger)
            elif mine and isinstance(trigger, OnActivity):
                yield from self._around(trigger)
            elif mine and isinstance(trigger, OnCompute):
                yield from self._grown(trigger)

    def _owed(self, since: str, event: str = "") -> Owed:
        duty = self.duty
        return Owed(code_of(duty.do, event), duty.id, duty.promise, duty.do, duty.to, since, term=duty.within)

    # -- events

    def _events(self, on: OnEvent) -> list[Event]:
        """Return the events that are this world's: what is due before a start, whatever model is started."""
        if self.duty.before is None:
            return find_events(self.world.context, on, self.about)
        owners = () if self.clock.is_org else (self.about, "")
        return [event for owner in owners for event in find_events(self.world.context, on, owner)]

    def _was_owed(self, event: Event) -> bool:
        """Say whether an event set the clock under the version that was in force when it did."""
        clock_ms = event.clock_ms(self.duty.clock)
        for segment in self.clock.run[: self.clock.number + 1]:
            if max(segment.start, self.clock.begin) <= clock_ms < segment.stop:
                return any(
                    isinstance(one, OnEvent) and one.kind == event.kind and one.class_ in ("", event.class_)
                    for one in triggers_of(segment.version.policy.duties[self.duty.id].when)
                )
        return False

    def _after_event(self, event: Event) -> Iterator[Breach]:
        duty, clock_ms = self.duty, event.clock_ms(self.duty.clock)
        if duty.do.kind in ABOUT_A_MODEL:
            found = self.clock.done(duty.do, duty.by, duty.to, self.about)
            done = [one for one in found if one.event_ms >= clock_ms]
        else:
            done = self.clock.naming(duty.do, duty.by, duty.to, event.entries)
        class_ = f" of class {event.class_}" if event.class_ else ""
        since = f"{event.kind}{class_} in entry {event.entry}, {duty.clock or 'recorded'} {_at(clock_ms)}"
        owed = self._owed(since, event.kind)
        owed.where, owed.entries = str(event.entry), (event.entry,)
        if duty.before is not None:
            owed.is_again, owed.term = True, duty.at_least
            after = (clock_ms, event.entry)
            owed.forms = tuple(form for form in self.world.forms if (form.start, form.index) > after)
            missing = subtract(subtract(self._while(owed.forms), self._early(done)), self._carried())
            yield from owe(self.clock, owed, missing, done)
            return
        due = self.clock.due_within(clock_ms)
        yield from owe(self.clock, owed, subtract([(due, NEVER)], self._carried()), done)
        if duty.then:
            named = frozenset({*event.entries, *(one.entry for one in done)})
            parent = min([due, *(one.event_ms for one in done)])
            yield from Following(self.clock, parent, done[:1], named, owed.where, owed.code).breaches()

    # -- what comes round again

    def _again(self, every: Every) -> Iterator[Breach]:
        duty, clock = self.duty, self.clock
        bound = [clock.span] if clock.is_org else intersect(spans_of(self.world.forms), [clock.span])
        if not bound:
            return
        done = clock.done(duty.do, duty.by, duty.to, self.about)
        bases = list(done)
        if every.since is not None and every.since != duty.do:
            bases += clock.done(every.since, None, "", self.about)
        fresh: list[Span] = [(one.acts_ms, self._end_of_round(every, one.event_ms)) for one in bases]
        begin = clock.begin
        if not clock.is_org:
            begin = max(begin, min(form.start for form in self.world.forms))
        if duty.before is not None:
            bound = intersect(bound, self._while())
        elif every.since in (None, duty.do):
            fresh.append((begin, self._end_of_round(every, begin)))
        else:
            # What comes so long after another deed is due only once that was done.
            begin = min((one.acts_ms for one in bases), default=NEVER)
            bound = intersect(bound, [(begin, NEVER)] if begin < NEVER else [])
        owed = self._owed(f"for more than {every.period.text}")
        owed.forms, owed.is_again = tuple(self.world.forms), True
        yield from owe(clock, owed, subtract(subtract(bound, union(fresh)), self._carried()), done)
        for one in done if duty.then else ():
            if one.event_ms >= clock.begin:
                named = frozenset({one.entry})
                follow = Following(clock, one.event_ms, [one], named, str(one.entry), owed.code)
                yield from follow.breaches()

    def _end_of_round(self, every: Every, anchor: int) -> int:
        """Return until when a round is fresh that began at an instant."""

        def end(segment: Segment, duty: Duty) -> int:
            rounds = [
                one.period.after(anchor)
                for one in triggers_of(duty.when)
                if isinstance(one, Every) and one.since == every.since
            ]
            over = min(rounds, default=NEVER)
            return NEVER if over >= NEVER_MS else self.clock.after(segment, duty.within, over)

        return self.clock.due(anchor, end)

    # -- activities

    def _around(self, on: OnActivity) -> Iterator[Breach]:
        duty, clock = self.duty, self.clock
        done = clock.done(duty.do, duty.by, duty.to, self.about)
        forms = [form for form in self.world.forms if form.matches(on.activity)]
        if duty.before is not None:
            missing = subtract(subtract(self._while(), self._early(done)), self._carried())
            lead = f"{duty.at_least.text} or more before" if duty.at_least else "before"
            owed = self._owed(f"{lead} {on.activity}")
            owed.forms, owed.is_again, owed.term = tuple(forms), True, duty.at_least
            yield from owe(clock, owed, missing, done)
            return
        for form in forms:
            if form.is_start and form.start >= clock.begin:
                later = [one for one in done if one.event_ms >= form.start]
                due = clock.due_within(form.start)
                owed = self._owed(f"{on.activity} began with entry {form.index} {_at(form.start)}")
                owed.where, owed.entries = str(form.index), (form.index,)
                yield from owe(clock, owed, subtract([(due, NEVER)], self._carried()), later)
                parent = min([due, *(one.event_ms for one in later)])
                follow = Following(clock, parent, later[:1], frozenset(), owed.where, owed.code)
                yield from follow.breaches(form.lasts_to)

    def _early(self, done: list[Done]) -> list[Span]:
        """Return from when something was done early enough before an activity."""
        lead = self.duty.at_least
        return union((max(one.acts_ms, self.clock.lead(lead, one.event_ms)), NEVER) for one in done)

    def _while(self, forms: tuple[Form, ...] | None = None) -> list[Span]:
        """Return when the activity goes on that is the duty's deadline."""
        return union(
            (form.start, form.lasts_to)
            for form in (self.world.forms if forms is None else forms)
            if self.duty.before is not None and form.matches(self.duty.before)
        )

    # -- compute

    def _grown(self, on: OnCompute) -> Iterator[Breach]:
        duty, clock = self.duty, self.clock
        grown, doubt = outgrown(self.world, on.times, duty.do, duty.by)
        bound = intersect(spans_of(self.world.forms), grown)
        if duty.before is None:
            bound = [
                (due, stop)
                for start, stop in bound
                if (due := clock.due_within(max(start, clock.begin))) < stop
            ]
        else:
            bound = intersect(bound, self._while())
        bound = subtract(bound, self._carried())
        owed = self._owed(f"for {on.times} times the compute of what was assessed last")
        owed.forms, owed.is_again = tuple(self.world.forms), True
        done = clock.done(duty.do, duty.by, duty.to, self.about)
        yield from owe(clock, owed, subtract(bound, doubt), done)
        owed.is_doubtful = True
        yield from owe(clock, owed, intersect(bound, doubt), done)

    def _carried(self) -> list[Span]:
        """Return when what was found for another model will do: for each threshold that there is.

        Source: SPEC 9.19.
        """
        thresholds = self.clock.segment.version.policy.thresholds
        if not self.duty.unless_carried_over or not thresholds:
            return []
        found: list[Span] = [(0, NEVER)]
        for threshold in thresholds:
            spans = (self._carries(act, threshold) for act in self.world.model.carried)
            found = intersect(found, union(span for span in spans if span is not None))
        return found

    def _carries(self, act: Act, threshold: str) -> Span | None:
        """Return when a statement carries over what was found about a threshold."""
        said = act.content
        if isinstance(said, CarriedContent):
            if said.threshold not in ("", threshold) or not said.has_reasons:
                return None
        elif not self.world.is_hopeful:
            return None
        complete = self.world.context.carried(act, threshold, is_voidable=True)
        undone = self.world.context.undone.get(act.index)
        if complete is None:
            return None
        return (complete.time_ms, min(undone.time_ms if undone else NEVER, complete.lost_ms))


def _at(time_ms: int) -> str:
    return f"at {format_time(time_ms)}"
