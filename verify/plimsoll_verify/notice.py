"""Who had to be told or consulted about a start, and was not, or too late: V16.

What tells somebody is their own word: a `sign-off` of the permit or of the start, in their role.

Source: SPEC 9.23.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import accumulate

from plimsoll_verify.activities import Form
from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.facts import NEVER, SignOffFact
from plimsoll_verify.gates import fitting_permits, gates_about, unread_permits
from plimsoll_verify.policy.grammar import Period
from plimsoll_verify.policy.model import Gate
from plimsoll_verify.standards import Case
from plimsoll_verify.versions import Version
from plimsoll_verify.world import World

DECISIONS = {
    "told": frozenset({"approve", "consulted", "dissent", "recuse", "told"}),
    "consulted": frozenset({"approve", "consulted", "dissent"}),
}
"""What shows that somebody was told, or was consulted: who decides was both."""


def find_untold(world: World) -> Iterator[Breach]:
    """Yield a breach for each role that a gate wants told or consulted, and that was not in time.

    Source: SPEC 9.23.
    """
    for form in world.forms:
        for version, gate in gates_about(world, form):
            yield from _untold(world, form, version, gate)


def _untold(world: World, form: Form, version: Version, gate: Gate) -> Iterator[Breach]:
    if not (gate.told_before or gate.consulted_before or gate.told_after):
        return
    said = (_of_permits(world, form), _Said(world.context.facts.signed.get(form.index, ())))
    for how, roles in (("told", gate.told_before), ("consulted", gate.consulted_before)):
        for role in roles:
            if not any(one.is_before(role, how, form) for one in said):
                first = min(one.first(role, how) for one in said)
                yield _breach(world, form, version, gate, (role, how, "before it"), (form.start, *first))
    after = gate.told_after
    for role in after.who if after else ():
        first = min(one.first(role, "told") for one in said)
        due = _due(after.within, form, is_hopeful=world.is_hopeful) if after else 0
        if first[0] > due:
            when = f"within {after.within.text}" if after else ""
            yield _breach(world, form, version, gate, (role, "told", when), (due, *first))


def _due(within: Period, form: Form, *, is_hopeful: bool) -> int:
    """Return until when somebody is to be told; of words such as "promptly" nobody can say until when."""
    if within.is_quantified:
        return within.after(form.start)
    return NEVER if is_hopeful else form.start


class _Said:
    """Sign-offs, asked by role for what they show and since when."""

    def __init__(self, sign_offs: Iterable[SignOffFact]) -> None:
        self._sign_offs = sorted(sign_offs, key=lambda one: one.index)
        self._known: dict[tuple[str, str], tuple[list[int], list[int]]] = {}

    def _times(self, role: str, how: str) -> tuple[list[int], list[int]]:
        """Return the entries that show it, and for each the earliest time of those up to it."""
        if (role, how) not in self._known:
            shown = [one for one in self._sign_offs if one.role == role and one.decision in DECISIONS[how]]
            earliest = list(accumulate((one.time_ms for one in shown), min))
            self._known[role, how] = ([one.index for one in shown], earliest)
        return self._known[role, how]

    def is_before(self, role: str, how: str, form: Form) -> bool:
        """Say whether it is shown by an entry before a start's, of a time not after its event."""
        entries, earliest = self._times(role, how)
        at = bisect_left(entries, form.index)
        return at > 0 and earliest[at - 1] <= form.start

    def first(self, role: str, how: str) -> tuple[int, int]:
        """Return the first that shows it: its time and entry, or (NEVER, -1)."""
        entries, earliest = self._times(role, how)
        return (earliest[-1], entries[earliest.index(earliest[-1])]) if entries else (NEVER, -1)


def _of_permits(world: World, form: Form) -> _Said:
    """Return what was signed about the permits that fit a form, or may fit it."""
    fitting = fitting_permits(world, form)
    return world.once(
        ("said", fitting),
        lambda: _Said(one for act in (*fitting.acts, *unread_permits(world)) for one in act.sign_offs),
    )


def _breach(
    world: World,
    form: Form,
    version: Version,
    gate: Gate,
    what: tuple[str, str, str],
    times: tuple[int, int, int],
) -> Breach:
    role, how, when = what
    start, done_ms, done_by = times
    # Whoever was told with the same instant and a later entry was not told before.
    stop = min(max(done_ms, start + 1), form.lasts_to)
    promise = gate.promise
    name = world.model.name or world.model.id
    late = f" before entry {done_by}" if done_by >= 0 else ""
    message = (
        f"{role} was not {how} about entry {form.index}, a start of {name}, {when}{late}, which clause"
        f" {promise.clause} asks for."
    )
    key = BreachKey(
        "V16", "", promise.clause, f"{gate.activity.value} {how} {role} {when}", str(form.index),
        promise.is_commitment,
    )  # fmt: skip
    return Breach(
        key,
        promise,
        "gates",
        version,
        [(start, stop)] if start < stop else [],
        [form],
        Case(world.model.id, form.content.surface, ""),
        entries=(done_by,) if done_by >= 0 and done_ms < world.stop else (),
        told=message,
        cures={stop: done_by} if done_by >= 0 else {},
        is_doubtful=when == "within unquantified",
    )
