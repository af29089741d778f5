"""What can set a duty's clock: records of a kind, of a class, and from when each of them counts.

Source: SPEC 9.19.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from plimsoll_verify.context import Context
from plimsoll_verify.facts import (
    Act,
    DeedContent,
    DeterminationContent,
    Facts,
    Happening,
    IncidentContent,
    ReportContent,
)
from plimsoll_verify.observed import Observation
from plimsoll_verify.policy.duties import OnEvent


class Event(NamedTuple):
    """Something that set a duty's clock.

    Attributes:
        entry: the entry that says so.
        subjects: what it is about.
        occurred_ms, aware_ms, determined_ms: its times, none later than its entry.
        corrected: the entry that it corrects, if it does.
    """

    entry: int
    kind: str
    class_: str
    subjects: tuple[str, ...]
    occurred_ms: int
    aware_ms: int
    determined_ms: int
    corrected: int | None = None

    @property
    def entries(self) -> frozenset[int]:
        """The entries by which it can be named: its own, and that which it corrects."""
        return frozenset({self.entry} if self.corrected is None else {self.entry, self.corrected})

    def clock_ms(self, clock: str) -> int:
        """Return the time from which a duty's clock runs; where none is named, when it was determined."""
        return {"occurred": self.occurred_ms, "aware": self.aware_ms}.get(clock, self.determined_ms)

    @property
    def owner(self) -> str:
        """The subject that a finding about it is of: its first model, else the organisation."""
        return next((one for one in self.subjects if one.startswith("model:")), "")


def find_events(context: Context, on: OnEvent, owner: str) -> list[Event]:
    """Return the records that set a clock, in no order.

    Args:
        context: the policy and the facts.
        on: their kind and class.
        owner: the model that they are about, or "" for those that are about none.

    Source: SPEC 9.19.
    """

    def index() -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = {}
        for one in _events(context, on.kind):
            if on.class_ in ("", one.class_):
                found.setdefault(one.owner, []).append(one)
        return found

    return context.once(on, index).get(owner, [])


def _events(context: Context, kind: str) -> Iterator[Event]:
    facts = context.facts
    if kind in ("policy", "policy-amendment"):
        yield from _versions(context, kind)
        return
    for happening in _news(facts, kind):
        yield _of_happening(happening, facts.corrected.get(happening.index))
    for act in context.acts_of(kind):
        found = _of_act(context, act)
        if found is not None:
            yield found
    for model in facts.models.values() if kind in OBSERVED else ():
        for one in (*model.results, *model.deployments, *model.training, *model.deletions):
            if one.kind == kind and one.index not in facts.corrected:
                yield _of_observation(model.id, one)
    for model in facts.models.values() if kind == "model-registered" else ():
        for said in model.registrations:
            when = min(said.event_ms, said.time_ms)
            yield Event(said.index, kind, "", (model.id,), when, when, when)
    for lapses in facts.lapses.values() if kind == "safeguard-lapsed" else ():
        for lapse in lapses:
            when = lapse.adverse_ms
            yield Event(lapse.index, kind, "", (lapse.subject,), when, when, when)


OBSERVED = frozenset(
    {
        "deployment-changed",
        "deployment-ended",
        "deployment-started",
        "eval-result",
        "training-checkpoint",
        "training-started",
        "training-stopped",
        "weights-deleted",
    }
)
"""Kinds that are kept with their model."""


def _news(facts: Facts, kind: str) -> Iterator[Happening]:
    """Yield what happened that sets a clock of its own: a correction does only if it makes it worse.

    Source: SPEC 8.5.
    """
    said: dict[int, set[IncidentContent]] = {}  # By entry what it, and corrections of it, had said so far.
    for one in facts.happenings.get(kind, ()):
        before = said.setdefault(facts.corrected.get(one.index, one.index), set())
        new = one.content if isinstance(one.content, IncidentContent) else None
        if one.index not in facts.corrected or (new is not None and _is_worse(new, before)):
            yield one
        if new is not None:
            before.add(new)


def _is_worse(new: IncidentContent, said: set[IncidentContent]) -> bool:
    """Say whether an incident is of another class, or earlier, than each that was told before."""
    return not any(
        old.class_ == new.class_ and old.occurred_ms <= new.occurred_ms and old.aware_ms <= new.aware_ms
        for old in said
    )


def _of_happening(one: Happening, corrected: int | None) -> Event:
    when, said = one.adverse_ms, one.content
    class_, occurred_ms, aware_ms = "", when, when
    if isinstance(said, IncidentContent):
        class_, occurred_ms, aware_ms = said.class_, said.occurred_ms, said.aware_ms
    return Event(one.index, one.kind, class_, one.subjects, occurred_ms, aware_ms, when, corrected)


def _of_observation(model: str, one: Observation) -> Event:
    when = one.adverse_ms
    return Event(one.index, one.kind, "", (model,), when, when, when)


def _of_act(context: Context, act: Act) -> Event | None:
    """Return an act as an event; None of a determination that people have not made yet."""
    content, class_ = act.content, ""
    when = determined = min(act.event_ms, act.time_ms)
    if isinstance(content, DeterminationContent):
        class_ = content.outcome
        outcome: Literal["crossed", "ruled_out"] = "crossed" if class_ == "crossed" else "ruled_out"
        complete = context.determination(act, content.threshold, outcome)
        if complete is None:
            return None
        determined = complete.time_ms
    elif isinstance(content, ReportContent | DeedContent):
        class_ = content.type
    return Event(act.index, act.kind, class_, act.subjects, when, when, determined)


def _versions(context: Context, kind: str) -> Iterator[Event]:
    """Yield the policy's adoption, or its amendments, from when they were complete."""
    subject = (f"policy:{context.versions.id}",)
    of_kind = context.versions.all[:1] if kind == "policy" else context.versions.all[1:]
    for version in of_kind:
        act = context.facts.acts.get(version.index)
        if act is not None:
            signed = (one.time_ms for one in act.sign_offs if one.index == version.completed)
            done_ms = next(signed, act.time_ms)
            yield Event(version.index, kind, "", subject, done_ms, done_ms, done_ms)
