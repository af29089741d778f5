"""Starts without a permit, starts and goings-on during a pause: V14, V17 and V35.

Source: SPEC 9.10.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import accumulate, chain

from plimsoll_verify.activities import Form
from plimsoll_verify.acts import Completion
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.facts import Act, PauseContent, PermitContent
from plimsoll_verify.lifting import lifted
from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Gate, Promise
from plimsoll_verify.spans import Span, clip, intersect, subtract, union
from plimsoll_verify.standards import Case
from plimsoll_verify.versions import Version
from plimsoll_verify.world import World

MAX_NAMED = 16
"""So many permits at most are named by a finding (SPEC 9.16)."""


def find_ungated(world: World) -> Iterator[Breach]:
    """Yield a breach for each gate that a start or widening passed without a permit in effect.

    Source: SPEC 9.10.
    """
    for form in world.forms:
        for version, gate in gates_about(world, form):
            if not _has_permit(world, form, gate):
                spans = while_gated(world, form, gate.activity)
                key = BreachKey(
                    "V14",
                    "",
                    gate.promise.clause,
                    gate.activity.value,
                    str(form.index),
                    gate.promise.is_commitment,
                )
                words, entries = _what_is_missing(world, form, gate)
                yield _breach(key, gate.promise, version, spans, form, world, words, entries)


def gates_about(world: World, form: Form) -> Iterator[tuple[Version, Gate]]:
    """Yield the gates that a start or widening had to pass, with the version that has them.

    Source: SPEC 9.10.
    """
    # Nobody escapes a gate by recording late that they had begun before there was one.
    version = world.context.versions.at(max(form.start, form.began_ms))
    # Permits are of this ledger; what began before it is claimed, and asked for none (8.4).
    if form.is_start and version is not None and world.context.facts.is_ours(form.index):
        yield from ((version, gate) for gate in version.policy.gates if form.matches(gate.activity))


def _breach(
    key: BreachKey,
    promise: Promise,
    version: Version,
    spans: list[Span],
    form: Form,
    world: World,
    words: str,
    entries: tuple[int, ...],
) -> Breach:
    rule = "gates" if key.code == "V14" else "pause"
    case = Case(world.model.id, form.content.surface, "")
    return Breach(key, promise, rule, version, spans, [form], case, words=words, entries=entries)


def while_gated(world: World, form: Form, activity: Activity) -> list[Span]:
    """Return when a start went on in forms that a gate is about, under versions that have such a gate."""

    def find() -> list[Span]:
        follows = union(
            other.span
            for other in world.forms
            if other.matches(activity)
            and other.snapshot == form.snapshot
            and other.content.within(form.content)
        )
        gated = union(
            (segment.start, segment.stop)
            for segment in world.segments
            if any(gate.activity is activity for gate in segment.version.policy.gates)
        )
        return intersect(follows, gated)

    # Thousands of starts may be of the same weights in the same form.
    spans = world.once((activity, form.snapshot, form.content), find)
    return clip(spans, form.start, form.lasts_to)


def _has_permit(world: World, form: Form, gate: Gate) -> bool:
    undone = world.context.undone
    acts = chain(fitting_permits(world, form).earlier(form), unread_permits(world))
    for act, complete in _signed(world, acts, gate):
        # Nobody escapes a reversal, or the loss of a key, by recording late that they had begun before it.
        is_undone = act.index in undone and undone[act.index].time_ms <= form.began_ms
        is_over = is_undone or complete.lost_ms <= form.began_ms
        if complete.index < form.index and complete.time_ms <= form.start and not is_over:
            return True
    return world.is_hopeful and form.kind == "deploy" and not form.content.scope


def permits(world: World, form: Form, gate: Gate) -> Iterator[tuple[Act, Completion]]:
    """Yield the permits for a form that had not expired when it began, and that a gate's people signed."""
    fitting = fitting_permits(world, form)
    unexpired = (
        act for act, until_ms in zip(fitting.acts, fitting.expiries, strict=True) if form.start < until_ms
    )
    yield from _signed(world, chain(unexpired, unread_permits(world)), gate)


def _signed(world: World, acts: Iterable[Act], gate: Gate) -> Iterator[tuple[Act, Completion]]:
    for act in acts:
        complete = world.context.permit(act, gate.approved_by)
        for one in complete.times() if complete else ():
            yield act, one


class Fitting:
    """The permits that fit a form, whether anybody approved them or not.

    Attributes:
        acts: in the order of their entries.
        expiries: when each of them expires, in ms.
    """

    def __init__(self, acts: list[Act], attributes: frozenset[str]) -> None:
        self.acts: list[Act] = []
        self.expiries: list[int] = []
        for act in acts:
            if isinstance(act.content, PermitContent) and attributes <= act.content.attributes:
                self.acts.append(act)
                self.expiries.append(act.content.expires_ms)
        self._latest = list(accumulate(self.expiries, max))

    def earlier(self, form: Form) -> Iterator[Act]:
        """Yield those recorded before a start that had not expired when it happened, newest first."""
        at = bisect_left(self.acts, form.index, key=lambda act: act.index)
        # As soon as all that is left had expired, there is nothing more to be found.
        while at and self._latest[at - 1] > form.start:
            at -= 1
            if self.expiries[at] > form.start:
                yield self.acts[at]

    def nearest(self, form: Form) -> Iterator[tuple[Act, int]]:
        """Yield at most sixteen, and their expiry: those just before a start's entry, or else just after."""
        middle = bisect_left(self.acts, form.index, key=lambda act: act.index)
        first = max(0, middle - MAX_NAMED)
        last = max(middle, first + MAX_NAMED)
        yield from zip(self.acts[first:last], self.expiries[first:last], strict=True)


def fitting_permits(world: World, form: Form) -> Fitting:
    """Return the permits of this activity and, to deploy, of this form, with all of its attributes or more.

    Thousands of starts may be of one form, and each asks.

    Source: SPEC 9.10.
    """
    content = form.content
    place = (form.snapshot, content.scope, content.surface) if form.kind == "deploy" else ()
    attributes = content.attributes if form.kind == "deploy" else frozenset()
    return world.once(
        ("permits", form.kind, place, attributes),
        lambda: Fitting(_known_permits(world).get((form.kind, place), []), attributes),
    )


def _known_permits(world: World) -> dict[tuple[str, tuple[str, ...]], list[Act]]:
    """Return the permits by activity and what they let be deployed where."""

    def find() -> dict[tuple[str, tuple[str, ...]], list[Act]]:
        found: dict[tuple[str, tuple[str, ...]], list[Act]] = {}
        for act in world.model.permits:
            content = act.content
            if isinstance(content, PermitContent) and content.activity == "deploy":
                for subject in act.subjects:
                    place = (subject, content.scope, content.surface)
                    found.setdefault((content.activity, place), []).append(act)
            elif isinstance(content, PermitContent):
                found.setdefault((content.activity, ()), []).append(act)
        return found

    return world.once("known permits", find)


def unread_permits(world: World) -> list[Act]:
    """Return the permits of which nobody knows what they say, where that is to speak for the model."""
    if not world.is_hopeful:
        return []
    return world.once(
        "unread permits",
        lambda: [act for act in world.model.permits if not isinstance(act.content, PermitContent)],
    )


def _what_is_missing(world: World, form: Form, gate: Gate) -> tuple[str, tuple[int, ...]]:
    """Say which permits there are for a form, and why none was in effect."""
    words, entries = [], []
    for act, expires_ms in fitting_permits(world, form).nearest(form):
        entries.append(act.index)
        complete = world.context.permit(act, gate.approved_by)
        if complete is None:
            # Thousands of starts may be told that they rest on one that thousands have signed in vain.
            find = partial(_missing_under, world, act, gate)
            missing = world.once(("missing", act.index, gate.approved_by), find)
            words.append(f"the permit of entry {act.index} lacks {' and '.join(missing) or 'an approval'}")
        elif form.start >= expires_ms:
            words.append(f"the permit of entry {act.index} had expired")
        elif act.index in world.context.undone and complete.index < form.index:
            words.append(f"the permit of entry {act.index} had been reversed")
        elif complete.lost is not None and complete.index < form.index:
            entries.append(complete.lost.entry)
            words.append(
                f"a key under the permit of entry {act.index} had been declared compromised by entry"
                f" {complete.lost.entry}"
            )
        else:
            words.append(f"the permit of entry {act.index} was complete only with entry {complete.index}")
    return "; ".join(words) or "no permit covers it", tuple(entries)


def _missing_under(world: World, act: Act, gate: Gate) -> tuple[str, ...]:
    """Return what the quorum of a permit lacks."""
    count = world.context.count_permit(act, gate.approved_by)
    count.completion()
    last = act.sign_offs[-1] if act.sign_offs else act
    pending = count.pending(last.index, last.time_ms, world.context.versions.id, "approved_by")
    return pending.missing if pending else ()


# -- pauses


def _pauses(world: World) -> Iterator[tuple[Act, PauseContent, Span]]:
    """Yield pauses and restrictions about the model that were called by those who may, with their spans."""
    for act in world.context.facts.pauses:
        content = act.content
        about = world.context.facts.org in act.subjects or world.model.id in act.subjects
        if about and isinstance(content, PauseContent) and world.context.pause(act) is not None:
            start = min(act.event_ms, act.time_ms)
            for span in subtract([(start, content.until_ms)], lifted(world, act)):
                yield act, content, span


def find_unpaused(world: World) -> Iterator[Breach]:
    """Yield what was started during a pause, and what went on past its deadline.

    Source: SPEC 9.10.
    """
    for act, content, (start, stop) in _pauses(world):
        version = world.context.versions.at(start) or world.context.versions.all[0]
        rule = version.policy.pause
        due = rule.stops_within.after(start)
        name = f"the {act.kind} of entry {act.index}"
        in_force = [(world.segments[0].start, world.stop)] if world.segments else []
        for form in world.forms:
            if not content.stops(form.kind, form.content.scope):
                continue
            began_inside = form.is_start and start <= form.start < stop
            if began_inside:
                code, spans = "V17", [(form.start, min(stop, form.lasts_to))]
                words = f"it began during {name}"
            else:
                code, spans = "V35", intersect([form.span], [(due, stop)] if due < stop else [])
                words = f"it went on past {rule.stops_within.text} after {name}"
            spans = intersect(spans, in_force)
            if spans:
                where = f"{act.index}/{form.index}"
                promise = rule.promise
                key = BreachKey(code, "", promise.clause, form.kind, where, promise.is_commitment)
                yield _breach(key, promise, version, spans, form, world, words, (act.index,))
