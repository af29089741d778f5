"""What is published as the policy by SPEC 9.31 (V21), evaluated afresh at every instant.

A policy is amended, each version with a source of its own or without; people look at what stands there.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """Something recorded; what is said at once stands in one step. Sorted by `time`.

    Attributes:
        what: amend: a version, complete at once. look: a review of the policy.
        event: when it happened; of a version from when it is to be in force.
        name: of a version, from 1; the version 0 was there from the beginning.
        has_source: of a version.
        found: of a look: which version was found, or -1 for something else.
        is_source: of a look: whether the source was found, or the document itself.
        role: of a look; `is_false` if its author does not hold it.
    """

    what: str
    event: int
    time: int
    name: int = -1
    has_source: bool = True
    found: int = -1
    is_source: bool = True
    role: str = "auditor"
    is_false: bool = False


History = list[Step]


def made(step: Step) -> int:
    """SPEC 8.1: the earlier of event and entry."""
    return min(step.event, step.time)


def relieving(step: Step, late_after: int) -> int:
    """SPEC 8.1."""
    return made(step) if step.time - step.event <= late_after else step.time


def in_force(history: History, t: int) -> int:
    """SPEC 7.5: the version completed last among those in force from then or earlier."""
    return max([0, *(one.name for one in history if one.what == "amend" and max(one.event, one.time) <= t)])


def has_source(history: History, version: int) -> bool:
    """Whether a version's source has a digest; the first one's has."""
    return all(one.has_source for one in history if one.what == "amend" and one.name == version)


def is_right(history: History, look: Step) -> bool:
    """SPEC 9.31: whether what was found is the version in force then, or one that was completed since."""
    about = in_force(history, made(look))
    since = [one.name for one in history[: history.index(look)] if one.what == "amend" and one.name > about]
    return look.found in (about, *since) and (not look.is_source or has_source(history, look.found))


def broken(history: History, late_after: int, t: int) -> set[tuple[int, str]]:
    """What is found at an instant: the version, and the role of who looked."""
    found = set()
    looks = [step for step in history if step.what == "look" and not step.is_false]
    for wrong in looks:
        about = in_force(history, made(wrong))
        if not has_source(history, about) or is_right(history, wrong):
            continue
        later = [
            one
            for one in looks
            if one.role == wrong.role and made(one) > made(wrong) and is_right(history, one)
        ]
        is_cured = any(relieving(one, late_after) <= t for one in later)
        if made(wrong) <= t and in_force(history, t) == about and not is_cured:
            found.add((about, wrong.role))
    return found
