"""The core of SPEC section 9, evaluated afresh at every instant: quadratic, and meant to be obviously right.

One model, one threshold decided by one test, one standard that is attested for each surface. Nothing is kept
from one instant to the next; whatever holds at t is asked of the whole history again.
"""

from dataclasses import dataclass
from typing import Literal

What = Literal[
    "dangerous",
    "between",
    "clear",
    "clear-unfit",
    "crossed",
    "ruled-out",
    "attested",
    "lapsed",
    "start",
    "end",
]


@dataclass(frozen=True)
class Entry:
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: dangerous, between, clear: results. clear-unfit: a clear one that rules nothing out. crossed,
            ruled-out: determinations, complete at once. attested, lapsed: the standard's one criterion.
            start, end: of a deployment.
        event: when it happened.
        time: when it was recorded.
        seen: when the checkpoint was made that its author had seen; all that was recorded by then is in it.
        surface: of attestations, lapses ("" is everywhere) and starts.
        of: of an end: the name of the start.
        name: of a start.
        lost: when the key is declared compromised with which it was signed.
    """

    what: What
    event: int
    time: int
    seen: int = 0
    surface: str = ""
    name: int = 0
    lost: int = 2**62


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    good_for: int
    attested_for: int
    respond_within: int
    late_after: int


History = list[Entry]


def adverse(entry: Entry) -> int:
    """SPEC 8.1: from when something acts that speaks against the model."""
    return min(entry.event, entry.time)


def relieving(entry: Entry, terms: Terms) -> int:
    """SPEC 8.1: from when something acts that speaks for the model."""
    return entry.event if entry.time - entry.event <= terms.late_after else entry.time


def seen_size(history: History, entry: Entry) -> int:
    """How many entries its author had seen; never itself."""
    return min(sum(other.time <= entry.seen for other in history), history.index(entry))


def is_void(history: History, entry: Entry) -> bool:
    """SPEC 6.6: whether anything that voids lies between what its author had seen and the act."""
    between = history[seen_size(history, entry) : history.index(entry)]
    return any(
        other.what in ("dangerous", "between", "clear-unfit", "crossed", "lapsed") for other in between
    )


def test_state(history: History, terms: Terms, t: int) -> str:
    """SPEC 9.3."""
    results = [entry for entry in history if entry.what in ("dangerous", "between", "clear")]
    if any(entry.what == "dangerous" and adverse(entry) <= t for entry in results):
        return "dangerous"
    if any(
        entry.what == "between" and adverse(entry) <= t < adverse(entry) + terms.good_for for entry in results
    ):
        return "between"
    clear = [entry for entry in results if entry.what == "clear"]
    if any(relieving(one, terms) <= t < min(adverse(one) + terms.good_for, one.lost) for one in clear):
        return "clear"
    acted = any(entry.what == "between" and adverse(entry) <= t for entry in results)
    over = any(min(adverse(entry) + terms.good_for, entry.lost) <= t for entry in clear)
    return "expired" if acted or over else "no result"


def rules_out(history: History, entry: Entry, t: int) -> bool:
    """SPEC 9.4: whether a determination rules out at t, unrevoked."""
    if entry.what != "ruled-out" or entry.time > t or is_void(history, entry):
        return False
    unseen = history[seen_size(history, entry) :]
    return not any(
        (other.what in ("dangerous", "between") and adverse(other) <= t)
        or (other.what == "crossed" and other.time <= t)
        for other in unseen
    )


def threshold_state(history: History, terms: Terms, t: int) -> str:
    """SPEC 9.4."""
    if any(rules_out(history, entry, t) for entry in history):
        return "ruled_out"
    state = test_state(history, terms, t)
    if state == "dangerous" or any(entry.what == "crossed" and entry.time <= t for entry in history):
        return "crossed"
    return {"clear": "ruled_out", "no result": "unassessed"}.get(state, "indeterminate")


def is_treated(history: History, terms: Terms, t: int) -> bool:
    """SPEC 9.6."""
    return threshold_state(history, terms, t) in ("crossed", "indeterminate")


def onset(history: History, terms: Terms, t: int, grid: list[int]) -> int:
    """SPEC 9.6: the first instant since which it has been treated as crossed without a gap.

    Args:
        history: the entries.
        terms: the policy.
        t: an instant at which it is.
        grid: all instants at which anything can change, ascending.
    """
    start = t
    for instant in reversed([one for one in grid if one <= t]):
        if not is_treated(history, terms, instant):
            break
        start = instant
    return start


def in_force(history: History, terms: Terms, surface: str, t: int, *, is_trusting: bool = False) -> bool:
    """SPEC 9.9, of a standard with one criterion for each model and surface.

    Args:
        history: the entries.
        terms: the policy.
        surface: where.
        t: when.
        is_trusting: as it would be if no key had been declared compromised.
    """
    return any(
        entry.what == "attested"
        and entry.surface == surface
        and not is_void(history, entry)
        and entry.time <= t < adverse(entry) + terms.attested_for
        and (is_trusting or t < entry.lost)
        and not any(
            lapse.what == "lapsed"
            and lapse.surface in ("", surface)
            and adverse(lapse) <= t
            # One that its signer had not seen, they cannot have attested to be cured.
            and (adverse(entry) <= adverse(lapse) or history.index(lapse) >= seen_size(history, entry))
            for lapse in history
        )
        for entry in history
    )


def is_spared(history: History, terms: Terms, start: Entry, t: int) -> bool:
    """SPEC 9.8: whether there is time at t to sign again that on which a deployment rested.

    It ceased to be in force by a declaration after the deployment began, and would be in force without.
    """
    surface, began = start.surface, min(relieving(start, terms), start.time)
    return in_force(history, terms, surface, t, is_trusting=True) and any(
        began < at <= t < at + terms.respond_within
        and in_force(history, terms, surface, at - 1)
        and not in_force(history, terms, surface, at)
        for at in {entry.lost for entry in history}
    )


def is_on(history: History, terms: Terms, start: Entry, t: int) -> bool:
    """SPEC 8.2, 9.7: whether a deployment goes on."""
    ended = any(
        end.what == "end" and end.name == start.name and max(relieving(end, terms), adverse(start)) <= t
        for end in history
    )
    return t == adverse(start) or (adverse(start) < t and not ended)


def unsafe_surfaces(history: History, terms: Terms, t: int, grid: list[int]) -> set[str]:
    """SPEC 9.8, 9.10: the surfaces on which V01 stands at t."""
    if not is_treated(history, terms, t):
        return set()
    began = onset(history, terms, t, grid)
    return {
        start.surface
        for start in history
        if start.what == "start"
        and is_on(history, terms, start, t)
        # To have begun before the onset is a relief: who recorded it late began when it was recorded.
        and not (min(relieving(start, terms), start.time) < began and t < began + terms.respond_within)
        and not in_force(history, terms, start.surface, t)
        and not is_spared(history, terms, start, t)
    }


def is_answered(history: History, result: Entry, t: int) -> bool:
    """SPEC 9.10: whether determinations answer a result at t."""
    index = history.index(result)
    cleared = [
        entry
        for entry in history
        if entry.what == "ruled-out" and entry.time <= t and not is_void(history, entry)
    ]
    if any(index < seen_size(history, entry) for entry in cleared):
        return True
    return any(
        entry.what == "crossed"
        and entry.time <= t
        and not any(
            history.index(other) > history.index(entry) and index >= seen_size(history, other)
            for other in cleared
        )
        for entry in history
    )


def is_undeclared(history: History, terms: Terms, t: int, grid: list[int]) -> bool:
    """SPEC 9.10: whether V05 stands at t."""
    if not is_treated(history, terms, t):
        return False
    began = onset(history, terms, t, grid)
    return any(
        entry.what in ("dangerous", "between")
        and adverse(entry) <= t
        and t >= max(began, adverse(entry)) + terms.respond_within
        and not is_answered(history, entry, t)
        for entry in history
    )
