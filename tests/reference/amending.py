"""How amendments came about by SPEC 9.29, evaluated afresh at every instant: meant to be obviously right.

Steps of a log, of which each is an entry: a version is proposed, the board is consulted, a version is
approved, which completes it, or it is published. Version 0 was in force before all of them.
"""

from dataclasses import dataclass
from typing import Literal

What = Literal["propose", "consult", "approve", "publish"]


@dataclass(frozen=True)
class Step:
    """An entry. Its index is its place in the history, which is sorted by `time`, plus 1."""

    what: What
    version: int
    time: int
    event: int


@dataclass(frozen=True)
class Rules:
    """What a version asks of amendments, and from when it is to be in force at the earliest."""

    effective: int
    notice: int
    consults: bool
    publishes: bool


History = list[Step]


def first(history: History, what: What, version: int) -> int | None:
    """The index of a version's first step of a kind."""
    found = [at for at, step in enumerate(history, 1) if (step.what, step.version) == (what, version)]
    return found[0] if found else None


def completed(history: History, version: int) -> int | None:
    """The entry that completed a version."""
    return 0 if version == 0 else first(history, "approve", version)


def time_of(history: History, index: int) -> int:
    """An entry's time."""
    return history[index - 1].time if index else 0


def order(history: History, rules: list[Rules]) -> list[int]:
    """The complete versions, in the order in which they were completed."""
    done = {number: completed(history, number) for number in range(len(rules))}
    return sorted((one for one, at in done.items() if at is not None), key=lambda one: done[one] or 0)


def start(history: History, rules: list[Rules], version: int) -> int:
    """From when a version that is complete may be in force."""
    index = completed(history, version)
    assert index is not None
    return max(rules[version].effective, time_of(history, index))


def in_force(history: History, rules: list[Rules], t: int, index: int | None = None) -> int:
    """The version in force at an instant, or at an entry and its time."""
    found = [
        one
        for one in order(history, rules)
        if start(history, rules, one) <= t and (index is None or (completed(history, one) or 0) <= index)
    ]
    return found[-1] if found else 0


def is_there(history: History, rules: list[Rules], version: int, what: str, t: int, late_after: int) -> bool:
    """Whether something that was asked for is there at an instant."""
    match what.split():
        case ["consulted"]:
            said, done = first(history, "consult", version), completed(history, version)
            is_before = said is not None and done is not None and said < done
            # Who was consulted afterwards was not consulted before; and from then on at least was asked.
            return said is not None and (is_before or time_of(history, said) <= t)
        case ["published"]:
            return any(
                (step.event if step.time - step.event <= late_after else step.time) <= t
                for step in history
                if (step.what, step.version) == ("publish", version)
            )
        case ["notice", length]:
            recorded = first(history, "propose", version)
            return recorded is not None and time_of(history, recorded) + int(length) <= t
        case _:
            raise AssertionError(what)


def is_late(history: History, rules: list[Rules], version: int, what: str, late_after: int) -> bool:
    """Whether something was not there when the version came into force."""
    said, done = first(history, "consult", version), completed(history, version)
    if what == "consulted":
        return said is None or done is None or said > done
    return not is_there(history, rules, version, what, start(history, rules, version), late_after)


def asked(history: History, rules: list[Rules], version: int) -> set[str]:
    """What is asked for of a version, by the one before it and by the one in force when it was completed."""
    done = order(history, rules)
    index = completed(history, version)
    assert index is not None
    before = done[done.index(version) - 1]
    found = set()
    for one in (before, in_force(history, rules, time_of(history, index), index - 1)):
        found |= {"consulted"} if rules[one].consults else set()
        found |= {"published"} if rules[one].publishes else set()
        found |= {f"notice {rules[one].notice}"} if rules[one].notice else set()
    return found


def is_replaced(history: History, rules: list[Rules], version: int) -> bool:
    """Whether another version took a version's place before it could be in force."""
    done = order(history, rules)
    since = start(history, rules, version)
    return any(
        time_of(history, completed(history, one) or 0) < since and start(history, rules, one) <= since
        for one in done[done.index(version) + 1 :]
    )


def broken(history: History, rules: list[Rules], t: int, late_after: int) -> set[tuple[int, str]]:
    """The versions of which something is missing at an instant, and what."""
    found = set()
    for version in order(history, rules)[1:]:
        since = start(history, rules, version)
        if since <= t and not is_replaced(history, rules, version):
            for what in asked(history, rules, version):
                is_open = in_force(history, rules, t) == version and not is_there(
                    history, rules, version, what, t, late_after
                )
                if is_late(history, rules, version, what, late_after) and (t == since or is_open):
                    found.add((version, what))
    return found
