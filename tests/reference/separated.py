"""Separation by SPEC 9.22, asked of each entry anew: meant to be obviously right. One model."""

from dataclasses import dataclass
from typing import Literal

Part = Literal["made", "approved", "said"]


@dataclass(frozen=True)
class Step:
    """An authentic entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        part: whether its author made or approved something, or neither, as far as the model is concerned.
        name: of an act its own, of a sign-off that of its act; -1 for what is neither.
        is_sign_off, is_approving: of sign-offs.
    """

    time: int
    person: str
    role: str
    part: Part
    name: int = -1
    is_sign_off: bool = False
    is_approving: bool = False


@dataclass(frozen=True)
class Rule:
    """A rule: None for `whoever made it` and `whoever approves it`."""

    who: tuple[str, ...] | None
    apart: tuple[str, ...] | None
    on: Literal["act", "model"]


History = list[Step]


def matters(step: Step, on: str, name: int) -> bool:
    """Whether an entry counts for the model, or for the act of a name."""
    if step.is_sign_off and not step.is_approving:
        return False
    return on == "model" or (name >= 0 and step.name == name)


def sides(step: Step, rule: Rule) -> set[str]:
    """On which sides an entry is."""
    made = not step.is_sign_off if rule.on == "act" else step.part == "made"
    found = set()
    if made if rule.who is None else step.role in rule.who:
        found.add("who")
    if step.is_approving if rule.apart is None else step.role in rule.apart:
        found.add("from")
    return found


def mixed(history: History, rule: Rule, name: int, since: int) -> set[tuple[str, int, int]]:
    """Who stood on both sides: the person, the entry at which they did, and the first of the others."""
    found: dict[str, tuple[str, int, int]] = {}
    for at, step in enumerate(history):
        if step.time < since or step.person in found or not matters(step, rule.on, name):
            continue
        others = [
            index
            for index, other in enumerate(history[:at])
            if other.person == step.person
            and matters(other, rule.on, name)
            and any(
                (one, two) in (("who", "from"), ("from", "who"))
                for one in sides(step, rule)
                for two in sides(other, rule)
            )
        ]
        if others:
            found[step.person] = (step.person, at, others[0])
    return set(found.values())
