"""What a relaxed policy would have forbidden by SPEC 9.32 (V19), evaluated afresh at every instant.

A model is deployed under versions of a policy. Each needs some standards of one criterion, in its baseline
or under a threshold, and has a gate or none. All is recorded when it happens.
"""

from dataclasses import dataclass
from typing import Literal

from tests.reference.brief import Brief

What = Literal["amend", "crossed", "attested", "lapsed", "start", "ended"]
Order = Literal["weaker", "equal", "stronger", "incomparable"]


@dataclass(frozen=True)
class Version:
    """A version of the policy.

    Attributes:
        effective: from when it is to be in force at the earliest.
        needs: the standards that it needs for deploying, by whether that is a commitment or an aim.
        attested_by: any of whom attests the standards.
        gate: who all approve of a deployment; nobody for no gate.
        forbidden_within: for how long before a need it may not be relaxed; 0 for not a word of it.
        is_bound: whether that is a commitment or an aim.
    """

    effective: int
    needs: dict[str, bool]
    attested_by: frozenset[str]
    gate: frozenset[str]
    forbidden_within: int
    is_bound: bool = True


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """Something recorded. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: amend: a version, complete at once. crossed: the threshold is. start: of a deployment, with a
            permit.
        name: of a version, which is its place among the versions, or of a deployment.
        standard: of what is attested or lapses.
        roles: who attests, or approves of the deployment.
    """

    what: What
    time: int
    name: int = -1
    standard: str = ""
    roles: frozenset[str] = frozenset()


History = list[Step]
PARTS = {"base": "baseline", "more": "baseline", "high": "threshold", "top": "threshold"}
"""The standards, and in which part of the policy each is needed."""
DEFAULT = 30 * 86_400_000
GATES = "gates"


@dataclass(frozen=True)
class Broken:
    """What is broken at an instant: its part of the policy, what it is, and whether that is a violation."""

    part: str
    what: str
    is_violation: bool = True


def in_force(history: History, versions: list[Version], upto: int, t: int, index: int | None = None) -> int:
    """SPEC 7.5: the version in force at an instant, or at an entry and its time, with none past `upto`."""
    steps = history if index is None else history[: index + 1]
    done = [step for step in steps if step.what == "amend" and step.name <= upto]
    return max([0, *(one.name for one in done if max(one.time, versions[one.name].effective) <= t)])


def is_in_force(history: History, versions: list[Version], upto: int, standard: str, t: int) -> bool:
    """SPEC 9.9, of a standard with one criterion for the organisation."""

    def counts(index: int, said: Step) -> bool:
        by = versions[in_force(history, versions, upto, said.time, index)]
        return bool(said.roles & by.attested_by)

    about = [(at, step) for at, step in enumerate(history) if step.standard == standard and step.time <= t]
    lapses = [step.time for _, step in about if step.what == "lapsed"]
    return any(
        step.what == "attested" and counts(at, step) and not any(time >= step.time for time in lapses)
        for at, step in about
    )


def is_on(history: History, start: Step, t: int) -> bool:
    """SPEC 9.7: whether a deployment goes on."""
    ended = any(step.what == "ended" and step.name == start.name and step.time <= t for step in history)
    return start.time <= t and not ended


def broken(history: History, versions: list[Version], upto: int, t: int) -> set[Broken]:
    """SPEC 9.10: V01 and V14 at an instant, as if no version past `upto` had been there."""
    now = versions[in_force(history, versions, upto, t)]
    on = [step for step in history if step.what == "start" and is_on(history, step, t)]
    is_crossed = any(step.what == "crossed" and step.time <= t for step in history)
    found = {
        Broken(PARTS[standard], standard, is_commitment)
        for standard, is_commitment in now.needs.items()
        if on
        and (is_crossed or PARTS[standard] == "baseline")
        and not is_in_force(history, versions, upto, standard, t)
    }
    for start in on:
        began = versions[in_force(history, versions, upto, start.time)]
        if began.gate - start.roles and now.gate:
            found.add(Broken(GATES, str(start.name)))
    return found


def compared(old: Version, new: Version) -> set[Order]:
    """SPEC 7.7: how each member of a version compares with the one of before."""

    def by(was: float, is_now: float) -> Order:
        return "equal" if was == is_now else "stronger" if is_now > was else "weaker"

    def by_roles(was: frozenset[str], are: frozenset[str]) -> Order:
        if was == are:
            return "equal"
        return "stronger" if are > was else "weaker" if are < was else "incomparable"

    # Not needed at all, an aim, a commitment.
    found = {by(1 + old.needs.get(one, -1), 1 + new.needs.get(one, -1)) for one in PARTS}
    # Fewer who may attest are harder to find; more who have to approve are.
    found |= {by_roles(new.attested_by, old.attested_by), by_roles(old.gate, new.gate)}
    found |= {by(old.forbidden_within, new.forbidden_within), by(old.is_bound, new.is_bound)}
    return found


def weakened(history: History, versions: list[Version], t: int) -> set[tuple[int, str, str]]:
    """SPEC 9.32: the version that was relaxed, what is broken by the one before it at t, and the level."""
    found = set()
    changes = [
        (max(step.time, versions[step.name].effective), step.name) for step in history if step.what == "amend"
    ]
    everything = len(versions)
    like = {one.part for one in broken(history, versions, everything, t) if one.is_violation}
    for since, version in changes:
        before = in_force(history, versions, everything, since - 1)
        orders = compared(versions[before], versions[version])
        old = versions[before]
        if (
            in_force(history, versions, everything, since) == version != before
            and orders & {"weaker", "incomparable"}
            and since <= t < since + (old.forbidden_within or DEFAULT)
        ):
            level = "violation" if "weaker" in orders else "indeterminate"
            level = level if old.forbidden_within and old.is_bound else "finding"
            for one in broken(history, versions, before, t):
                if one.is_violation and one.part not in like:
                    found.add((version, one.what, level))
    return found
