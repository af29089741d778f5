"""SPEC 9.1 to 9.6 for several models, evaluated afresh at every instant: groups, comparators, lineage.

Everything that is asked about an instant is asked of the whole history again. Percentages are whole numbers,
so that nothing has to be compared but these.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

What = Literal["result", "crossed", "ruled-out", "carried", "registered"]


@dataclass(frozen=True)
class Entry:
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        model: which model it is about.
        test, percent, is_fit: of a result; one that is not fit names no plan.
        event, time: when it happened, and when it was recorded. Acts happen when they are recorded.
        seen: when the checkpoint was made that its author had seen.
        other: the model that it is carried over from, or the parent, or "".
        relation, flop: of a registration; no `flop` is not said.
    """

    what: What
    model: str
    event: int
    time: int
    seen: int = 0
    test: str = ""
    percent: int = 0
    is_fit: bool = True
    other: str = ""
    relation: str = "fine-tune"
    flop: int | None = None


@dataclass(frozen=True)
class Group:
    """`k` of some tests and groups."""

    k: int
    of: "tuple[str | Group, ...]"


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms and percent.

    Attributes:
        compared: the tests of which both limits are what `reference` scores.
        reference: that model, whose state is also what `as` takes.
        inherit: relations; no lineage where there are none.
        share: of added compute, from which a model is assessed again.
        open_for: `determination_within`; None for "treat as crossed".
        is_as: whether an unassessed model has the state of `reference`.
    """

    group: Group
    compared: frozenset[str]
    reference: str
    inherit: frozenset[str]
    share: Fraction | None
    open_for: int | None
    is_as: bool
    good_for: int
    late_after: int
    decide_within: int
    clear_below: int = 50
    dangerous_from: int = 75


History = list[Entry]

LATE = 100
"""After everything in any history."""


def acts(entry: Entry) -> int:
    """SPEC 8.1, of what speaks against the model."""
    return min(entry.event, entry.time)


def relieves(entry: Entry, terms: Terms) -> int:
    """SPEC 8.1, of what speaks for the model."""
    return entry.event if entry.time - entry.event <= terms.late_after else entry.time


def leaves(group: Group) -> set[str]:
    """All tests of a group."""
    return {leaf for part in group.of for leaf in (leaves(part) if isinstance(part, Group) else {part})}


# -- results


def limits(history: History, terms: Terms, test: str, t: int) -> tuple[list[int], bool]:
    """SPEC 9.1: the scores of the reference that count at t, and whether there is a limit at all."""
    scores = [one for one in history if one.what == "result" and one.model == terms.reference]
    scores = [one for one in scores if one.test == test]
    return [one.percent for one in scores if acts(one) <= t], any(relieves(one, terms) <= t for one in scores)


def reading(history: History, terms: Terms, result: Entry, t: int) -> str:
    """SPEC 9.1: what a result says at t."""
    if result.test not in terms.compared:
        if result.percent >= terms.dangerous_from:
            return "dangerous"
        return "clear" if result.percent < terms.clear_below else "between"
    scores, is_known = limits(history, terms, result.test, t)
    if any(result.percent >= score for score in scores):
        return "dangerous"
    return "clear" if is_known else "between"


def results_of(history: History, model: str, test: str) -> History:
    """All results of a model by a test."""
    return [one for one in history if one.what == "result" and (one.model, one.test) == (model, test)]


def test_state(history: History, terms: Terms, model: str, test: str, t: int) -> str:
    """SPEC 9.3."""
    results = results_of(history, model, test)
    acting = [(result, reading(history, terms, result, t)) for result in results if acts(result) <= t]
    if any(said == "dangerous" for _, said in acting):
        return "dangerous"
    if any(said == "between" and t < acts(result) + terms.good_for for result, said in acting):
        return "between"
    for result in results:
        is_held = relieves(result, terms) <= t < acts(result) + terms.good_for
        if is_held and result.is_fit and reading(history, terms, result, t) == "clear":
            return "clear"
    if any(was_heard(history, terms, result, t) for result in results):
        return "expired"
    return "no result"


def was_heard(history: History, terms: Terms, result: Entry, t: int) -> bool:
    """SPEC 9.3: whether a result has said anything by t, even if it says nothing any more."""
    until = acts(result) + terms.good_for
    for at in range(acts(result), t + 1):
        said = reading(history, terms, result, at)
        if said == "dangerous" or (said == "between" and at < until):
            return True
        if said == "clear" and result.is_fit and relieves(result, terms) <= at < until:
            return True
    # What was recorded only when it had run out has run out, too.
    return result.is_fit and until <= min(t, relieves(result, terms))


# -- determinations


def seen_size(history: History, entry: Entry) -> int:
    """How many entries its author had seen; never itself."""
    return min(sum(other.time <= entry.seen for other in history), history.index(entry))


def concerns(history: History, terms: Terms, entry: Entry) -> bool:
    """SPEC 6.6: whether an entry voids signatures of those who had not seen it."""
    if entry.what == "crossed":
        return True
    if entry.what != "result":
        return False
    if entry.test not in terms.compared:
        return not entry.is_fit or entry.percent >= terms.clear_below
    before = results_of(history[: history.index(entry)], terms.reference, entry.test)
    return not entry.is_fit or not before or any(entry.percent >= one.percent for one in before)


def is_void(history: History, terms: Terms, entry: Entry) -> bool:
    """SPEC 6.6: whether anything that voids lies between what its author had seen and the act."""
    between = history[seen_size(history, entry) : history.index(entry)]
    return any(other.model == entry.model and concerns(history, terms, other) for other in between)


def is_new_concern(history: History, terms: Terms, result: Entry, size: int, t: int) -> bool:
    """SPEC 9.4: whether a result speaks against its model by t for a reason that is not among `size` entries.

    With a limit that is another model's score, that score is such a reason.
    """
    until = acts(result) + terms.good_for
    if history.index(result) >= size:
        return any(
            said == "dangerous" or (said == "between" and at < until)
            for at in range(acts(result), t + 1)
            for said in [reading(history, terms, result, at)]
        )
    if result.test not in terms.compared:
        return False
    scores = results_of(history, terms.reference, result.test)
    worse = [one for one in scores if result.percent >= one.percent and acts(one) <= t]
    # Of several scores the first one that makes it worse is the reason.
    first = min(worse, key=lambda one: (max(acts(result), acts(one)), history.index(one)), default=None)
    return first is not None and history.index(first) >= size


def rules_out(history: History, terms: Terms, entry: Entry, t: int, models: tuple[str, ...]) -> bool:
    """SPEC 9.4: whether a determination rules out at t, unrevoked by anything about some models."""
    if entry.what != "ruled-out" or entry.time > t or is_void(history, terms, entry):
        return False
    size = seen_size(history, entry)
    tests = leaves(terms.group)
    for other in history:
        if other.model not in models:
            continue
        if other.what == "crossed" and other.time <= t and history.index(other) >= size:
            return False
        if other.what == "result" and other.test in tests and is_new_concern(history, terms, other, size, t):
            return False
    return True


# -- thresholds


def group_state(states: dict[str, str], group: Group) -> str:
    """SPEC 9.4: how many of a group are dangerous, and how many are clear."""
    parts = [group_state(states, one) if isinstance(one, Group) else states[one] for one in group.of]
    if sum(one == "dangerous" for one in parts) >= group.k:
        return "dangerous"
    return "clear" if sum(one == "clear" for one in parts) >= len(parts) - group.k + 1 else "open"


def own_state(
    history: History, terms: Terms, model: str, t: int, above: tuple[str, ...] = (), inherited: bool = False
) -> str:
    """SPEC 9.4: what results and people make it, and a crossing that is inherited.

    Args:
        history: the entries.
        terms: the policy.
        model: whose state.
        t: the instant.
        above: its ancestors, what is recorded of which revokes as well.
        inherited: whether one of them is crossed.
    """
    mine = [entry for entry in history if entry.model == model]
    if any(rules_out(history, terms, entry, t, (model, *above)) for entry in mine):
        return "ruled_out"
    states = {test: test_state(history, terms, model, test, t) for test in leaves(terms.group)}
    tested = group_state(states, terms.group)
    if tested == "dangerous" or inherited:
        return "crossed"
    if any(entry.what == "crossed" and entry.time <= t for entry in mine):
        return "crossed"
    if tested == "clear":
        return "ruled_out"
    # Of several tests a first clear one rules nothing out yet, and opens the question when it happened.
    heard = [
        one
        for test in states
        for one in results_of(history, model, test)
        if one.is_fit and acts(one) <= t and len(states) > 1 and was_heard(history, terms, one, LATE)
    ]
    return "indeterminate" if heard or set(states.values()) != {"no result"} else "unassessed"


# -- lineage


def parents(history: History, terms: Terms, model: str, relations: frozenset[str] | None = None) -> list[str]:
    """The models that a model was made from, whenever that was recorded."""
    wanted = terms.inherit if relations is None else relations
    return [
        one.other
        for one in history
        if one.what == "registered" and one.model == model and one.other and one.relation in wanted
    ]


def ancestors(history: History, terms: Terms, model: str) -> set[str]:
    """SPEC 9.6: all of them, itself among them if it is one."""
    found: set[str] = set()
    while True:
        more = {one for name in (model, *found) for one in parents(history, terms, name)} - found
        if not more:
            return found
        found |= more


def is_registered(history: History, terms: Terms, model: str, t: int) -> bool:
    """Whether a registration acts."""
    return any(
        one.what == "registered" and one.model == model and relieves(one, terms) <= t for one in history
    )


def flop(history: History, model: str) -> int | None:
    """Compute spent on it beyond its parents'."""
    said = [one.flop for one in history if one.what == "registered" and one.model == model]
    return max((one for one in said if one is not None), default=None)


def must_assess(history: History, terms: Terms, model: str, t: int) -> bool:
    """SPEC 9.6: whether too much was added since the ancestors that are assessed."""
    added, bases, waiting = {model}, set(), [model]
    while waiting:
        for one in parents(history, terms, waiting.pop()):
            if one != model and own_state(history, terms, one, t) != "unassessed":
                bases.add(one)
            elif one not in added:
                added.add(one)
                waiting.append(one)
    if terms.share is None or not bases:
        return False
    spent = [flop(history, one) for one in added]
    if None in spent:
        return True
    for base in bases:
        everything = Terms(**{**terms.__dict__, "inherit": frozenset({"fine-tune", "merge"})})
        below = {base, *ancestors(history, everything, base)}
        total = sum(one or 0 for one in (flop(history, name) for name in below))
        if sum(one or 0 for one in spent) >= terms.share * total:
            return True
    return False


# -- states


def state(history: History, terms: Terms, model: str, t: int, reach: str = "all") -> str:
    """SPEC 9.6: the state of a threshold at an instant.

    Args:
        history: the entries.
        terms: the policy.
        model: whose state.
        t: the instant.
        reach: "all"; "inherited" or "borrowed" for what another model takes of it.
    """
    above: set[str] = set()
    is_open = False
    crossed = False
    if terms.inherit and reach in ("all", "inherited"):
        family = ancestors(history, terms, model)
        above = family - {model}
        theirs = {
            state(history, terms, one, t, "borrowed") if reach == "all" else own_state(history, terms, one, t)
            for one in above
        }
        crossed = "crossed" in theirs
        is_open = (
            "indeterminate" in theirs
            or model in family
            or not all(is_registered(history, terms, one, t) for one in (model, *above))
            or must_assess(history, terms, model, t)
        )
    own = own_state(history, terms, model, t, tuple(above), crossed)
    like = borrowed(history, terms, model, t) if reach in ("all", "borrowed") else "unassessed"
    if own == "indeterminate" and like == "crossed":
        return "crossed"
    if own != "unassessed":
        return own
    return "indeterminate" if is_open and like != "crossed" else like


def borrowed(history: History, terms: Terms, model: str, t: int) -> str:
    """SPEC 9.6: the most dangerous state of the models that it is said to be like."""
    found = []
    likes = [
        (one.other, not is_void(history, terms, one))
        for one in history
        if one.what == "carried" and one.model == model and one.time <= t
    ]
    if terms.is_as:
        likes.append((terms.reference, True))
    for number, (other, calms) in enumerate(likes):
        theirs = state(history, terms, other, t, "inherited")
        passed_on = any(one.what == "carried" and one.model == other and one.time <= t for one in history)
        is_reference = terms.is_as and number == len(likes) - 1
        if theirs == "unassessed" and not passed_on and not is_reference:
            continue
        if theirs != "ruled_out":
            found.append("crossed" if theirs == "crossed" else "indeterminate")
        elif calms:
            found.append("ruled_out")
    for one in ("crossed", "indeterminate", "ruled_out"):
        if one in found:
            return one
    return "unassessed"


def is_treated(history: History, terms: Terms, model: str, t: int) -> bool:
    """SPEC 9.6: whether it is treated as crossed; what is open only after the time that there is."""
    now = state(history, terms, model, t)
    if now != "indeterminate" or terms.open_for is None:
        return now in ("crossed", "indeterminate")
    return t >= concern(history, terms, model, t) + terms.open_for


def concern(history: History, terms: Terms, model: str, t: int) -> int:
    """Since when it is crossed or open without a gap."""
    start = t
    while start and state(history, terms, model, start - 1) in ("crossed", "indeterminate"):
        start -= 1
    return start


def is_open_for_too_long(history: History, terms: Terms, model: str, t: int) -> bool:
    """SPEC 9.10: V05 of `determination_within`."""
    if terms.open_for is None or state(history, terms, model, t) not in ("crossed", "indeterminate"):
        return False
    start = concern(history, terms, model, t)
    is_determined = any(
        one.what == "crossed" and one.model == model and start <= one.time <= t for one in history
    )
    return t >= start + terms.open_for and not is_determined


def is_undecided(history: History, terms: Terms, model: str, t: int) -> bool:
    """SPEC 9.10: V08."""
    tests = leaves(terms.group)
    return any(
        one.what == "result"
        and one.model == model
        and one.test in tests
        and acts(one) + terms.decide_within <= t
        and not is_answered(history, terms, one, t)
        for one in history
    )


def is_answered(history: History, terms: Terms, result: Entry, t: int) -> bool:
    """SPEC 9.10: whether determinations answer a result at t."""
    index = history.index(result)
    mine = [entry for entry in history if entry.model == result.model and entry.time <= t]
    cleared = [one for one in mine if one.what == "ruled-out" and not is_void(history, terms, one)]
    if any(index < seen_size(history, one) for one in cleared):
        return True
    return any(
        one.what == "crossed"
        and not any(
            history.index(other) > history.index(one) and index >= seen_size(history, other)
            for other in cleared
        )
        for one in mine
    )
