"""What is behind a broken rule by SPEC 9.11 (V26 and V09), evaluated afresh at every instant.

Three models: `m`, with which things go on, and two from which it may be made, or that it may be said to be
like. One threshold with two tests; one version of a policy. All acts are by people who have
seen all that is before them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.reference.brief import Brief

SUBJECT = "m"


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: result; correct: of a result, with a second person at once; crossed, ruled-out: determinations;
            register; carry; start, widen, end: of deployments of `m`; train, stop: of its training.
        event: when it happened; that of a correction and of an act is its time.
        of: what is corrected, widened, ended or stopped.
        model: of results, determinations, registrations and what is carried over.
        test, percent, is_fit: of a result or its correction; one that is not fit names no plan.
        snapshot: of a result of `m`, a start or a widening.
        scope: of a start.
        other: of a registration the parent, if any; from where it is carried over.
    """

    what: str
    event: int
    time: int
    name: int = -1
    of: int = -1
    model: str = SUBJECT
    test: str = "one"
    percent: int = 10
    is_fit: bool = True
    snapshot: str = "s"
    scope: str = "external.limited"
    other: str = ""


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms and percent.

    Attributes:
        k: how many of the two tests have to be dangerous.
        by_people: whether people decide, and tests only indicate.
        has_lineage: whether crossings are inherited.
        is_crossed_until_assessed: whether what is not assessed is treated as crossed.
        open_for: after how long what is open is treated as crossed; None for at once.
        in_force: since when the policy is.
        grid: all instants at which anything can change, ascending.
    """

    k: int
    by_people: bool
    has_lineage: bool
    is_crossed_until_assessed: bool
    open_for: int | None
    good_for: int
    late_after: int
    in_force: int
    grid: tuple[int, ...]
    clear_below: int = 50
    dangerous_from: int = 75


History = Sequence[Step]
TESTS = ("one", "two")


def adverse(step: Step) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time)


def relieving(step: Step, terms: Terms) -> int:
    """SPEC 8.1; a correction has its second person at once (8.5)."""
    return step.event if step.time - step.event <= terms.late_after else step.time


def named(history: History, name: int) -> Step:
    """What has a name."""
    (found,) = [step for step in history if step.name == name]
    return found


# -- results


@dataclass(frozen=True)
class Said:
    """What a result, or a correction of one, says.

    Attributes:
        acts: from when it speaks against the model.
        relieves, until: from when and until when it may rule out.
    """

    step: Step
    reads: str
    acts: int
    relieves: int
    until: int
    is_fit: bool
    snapshot: str


def said(history: History, terms: Terms, model: str, test: str) -> list[Said]:
    """SPEC 8.5, 9.1, 9.2: all results of a model for a test."""
    found = []
    for step in history:
        if step.what not in ("result", "correct"):
            continue
        about = named(history, step.of) if step.what == "correct" else step
        if (about.model, about.test) == (model, test):
            reads = "between"
            if step.percent >= terms.dangerous_from:
                reads = "dangerous"
            elif step.percent < terms.clear_below:
                reads = "clear"
            acts, until = adverse(about), adverse(about) + terms.good_for
            found.append(Said(step, reads, acts, relieving(step, terms), until, about.is_fit, about.snapshot))
    return found


def ruling_out(
    history: History, terms: Terms, model: str, test: str, t: int, snapshot: str = "", ageless: bool = False
) -> set[int]:
    """SPEC 9.2: the results that rule out a test at an instant.

    Args:
        history: the entries.
        terms: the policy.
        model: whose results.
        test: of which test.
        t: the instant.
        snapshot: that they have to be of; "" for any.
        ageless: as if the `good_for` of none were over.
    """
    return {
        one.step.name
        for one in said(history, terms, model, test)
        if one.reads == "clear"
        and one.is_fit
        and snapshot in ("", one.snapshot)
        and one.relieves <= t
        and (t < one.until or ageless)
    }


def state_of_test(
    history: History, terms: Terms, model: str, test: str, t: int, snapshot: str = "", ageless: bool = False
) -> str:
    """SPEC 9.3."""
    results = said(history, terms, model, test)
    acting = [one for one in results if one.acts <= t]
    if any(one.reads == "dangerous" for one in acting):
        return "dangerous"
    if any(one.reads == "between" and (t < one.until or ageless) for one in acting):
        return "between"
    if ruling_out(history, terms, model, test, t, snapshot, ageless):
        return "clear"
    over = [
        one
        for one in results
        if one.until <= t
        and (
            one.reads == "between" or (one.reads == "clear" and one.is_fit and snapshot in ("", one.snapshot))
        )
    ]
    return "expired" if over else "no result"


def concerns(history: History, terms: Terms, model: str, t: int) -> list[Step]:
    """The dangerous and between results, and the crossings that people declared, that act."""
    found = [
        one.step
        for test in TESTS
        for one in said(history, terms, model, test)
        if one.reads != "clear" and one.acts <= t
    ]
    return found + [one for one in history if (one.what, one.model) == ("crossed", model) and one.time <= t]


# -- states


def revoking(history: History, terms: Terms, ruled: Step, models: set[str], t: int) -> list[Step]:
    """SPEC 9.4: what ends a ruling-out by t, of what is recorded of some models."""
    return [
        one
        for model in sorted(models)
        for one in concerns(history, terms, model, t)
        if history.index(one) > history.index(ruled) and not (terms.by_people and one.what != "crossed")
    ]


def ruled_out_by_people(history: History, model: str, t: int) -> list[Step]:
    """All ruling-outs of a model that are complete, whether they still hold or not."""
    return [one for one in history if (one.what, one.model) == ("ruled-out", model) and one.time <= t]


def own_state(
    history: History,
    terms: Terms,
    model: str,
    t: int,
    above: set[str],
    inherited: bool = False,
    snapshot: str = "",
    ageless: bool = False,
) -> str:
    """SPEC 9.4, 9.5: what results and people make it, and a crossing that is inherited."""
    for one in ruled_out_by_people(history, model, t):
        if not revoking(history, terms, one, {model} | above, t):
            return "ruled_out"
    is_declared = any((one.what, one.model) == ("crossed", model) and one.time <= t for one in history)
    states = [state_of_test(history, terms, model, test, t, snapshot, ageless) for test in TESTS]
    if is_declared or inherited:
        return "crossed"
    if terms.by_people:
        return "unassessed"
    if states.count("dangerous") >= terms.k:
        return "crossed"
    if states.count("clear") >= len(TESTS) - terms.k + 1:
        return "ruled_out"
    # Of two tests a first clear one opens the question when it happened.
    heard = any(
        one.reads == "clear" and one.is_fit and one.acts <= t and snapshot in ("", one.snapshot)
        for test in TESTS
        for one in said(history, terms, model, test)
    )
    return "unassessed" if set(states) == {"no result"} and not heard else "indeterminate"


def ancestors(history: History, model: str) -> set[str]:
    """SPEC 9.6, whenever that was recorded; the model itself if it is its own."""
    found: set[str] = set()
    while True:
        more = {one.other for one in history if one.what == "register" and one.model in {model, *found}}
        more -= {"", *found}
        if not more:
            return found
        found |= more


def is_registered(history: History, terms: Terms, model: str, t: int) -> bool:
    """Whether a registration acts; that of `m` came before the history."""
    return model == SUBJECT or any(
        (one.what, one.model) == ("register", model) and relieving(one, terms) <= t for one in history
    )


def state(
    history: History,
    terms: Terms,
    model: str,
    t: int,
    reach: str = "all",
    snapshot: str = "",
    ageless: bool = False,
) -> str:
    """SPEC 9.6: the state of the threshold.

    Args:
        history: the entries.
        terms: the policy.
        model: whose state.
        t: the instant.
        reach: "all"; "inherited": without what it is said to be like; "borrowed": without ancestors.
        snapshot: of which clear results have to be.
        ageless: as if the `good_for` of no result of the model were over.
    """
    above: set[str] = set()
    crossed = is_open = False
    if terms.has_lineage and reach in ("all", "inherited"):
        family = ancestors(history, model)
        above = family - {model}
        theirs = {state_of_ancestor(history, terms, one, t, reach) for one in above}
        crossed = "crossed" in theirs
        is_open = (
            "indeterminate" in theirs
            or model in family
            or not all(is_registered(history, terms, one, t) for one in (model, *above))
        )
    own = own_state(history, terms, model, t, above, crossed, snapshot, ageless)
    like = borrowed(history, terms, model, t) if reach in ("all", "borrowed") else "unassessed"
    if own == "indeterminate" and like == "crossed":
        return "crossed"
    if own != "unassessed":
        return own
    return "indeterminate" if is_open and like != "crossed" else like


def state_of_ancestor(history: History, terms: Terms, model: str, t: int, reach: str) -> str:
    """SPEC 9.6: what ancestors are is asked of themselves and, but by who is like one, of likeness."""
    return (
        state(history, terms, model, t, "borrowed")
        if reach == "all"
        else own_state(history, terms, model, t, set())
    )


def likes(history: History, model: str, t: int) -> list[Step]:
    """What says that a model is like another one."""
    return [one for one in history if (one.what, one.model) == ("carry", model) and one.time <= t]


def borrowed(history: History, terms: Terms, model: str, t: int) -> str:
    """SPEC 9.6: the most dangerous state of the models that it is said to be like."""
    found = {like_state(history, terms, one, t) for one in likes(history, model, t)}
    for one in ("crossed", "indeterminate", "ruled_out"):
        if one in found:
            return one
    return "unassessed"


def like_state(history: History, terms: Terms, like: Step, t: int) -> str:
    """SPEC 9.6: what one of these is; one that is not assessed, and only like another one, is open."""
    found = state(history, terms, like.other, t, "inherited")
    return "indeterminate" if found == "unassessed" and likes(history, like.other, t) else found


def is_treated(history: History, terms: Terms, t: int, reach: str = "all", snapshot: str = "") -> bool:
    """SPEC 9.6: whether it is treated as crossed for `m`."""
    now = state(history, terms, SUBJECT, t, reach, snapshot)
    if now == "unassessed":
        return terms.is_crossed_until_assessed
    if now == "indeterminate" and terms.open_for is not None and not terms.is_crossed_until_assessed:
        return t >= open_since(history, terms, t, reach, snapshot) + terms.open_for
    return now != "ruled_out"


def open_since(history: History, terms: Terms, t: int, reach: str = "all", snapshot: str = "") -> int:
    """SPEC 9.6: when it was last ruled out or unassessed, or the policy came into force."""
    start = t
    for at in reversed([one for one in terms.grid if one <= t]):
        if state(history, terms, SUBJECT, at, reach, snapshot) not in ("crossed", "indeterminate"):
            return start
        start = at
    return terms.in_force


# -- what goes on


@dataclass(frozen=True)
class Form:
    """SPEC 9.7: a deployment in one form, or training, which has no snapshot; each begins something."""

    step: Step
    begin: int
    end: int
    snapshot: str
    is_gated: bool


def forms(history: History, terms: Terms) -> list[Form]:
    """SPEC 9.7: all that goes on with `m`; a deployment is widened at most once."""
    found = []
    for step in history:
        if step.what == "train":
            stops = [relieving(one, terms) for one in history if (one.what, one.of) == ("stop", step.name)]
            end = max(min(stops, default=2**60), adverse(step) + 1)
            found.append(Form(step, adverse(step), end, "", is_gated=True))
        elif step.what == "start":
            found += deployed(history, terms, step)
    return found


def deployed(history: History, terms: Terms, start: Step) -> list[Form]:
    """SPEC 9.7: the forms of one deployment."""
    begin = adverse(start)
    mine = [one for one in history if one.of == start.name]
    widened = [one for one in mine if one.what == "widen"]
    ends = [one for one in mine if one.what == "end"]
    # In order of event, none before the start's; at one event ends before changes.
    stops = [max(relieving(one, terms), begin) for one in ends]
    is_over = False
    found = []
    for one in widened:
        at = max(adverse(one), begin)
        earlier = [end for end in ends if max(end.event, begin) <= at]
        is_over = bool(earlier)
        later = [max(relieving(end, terms), begin) for end in ends if end not in earlier]
        found.append(Form(one, at, max(min(later, default=2**60), at + 1), one.snapshot, is_gated=True))
        if not is_over:
            stops.append(max(relieving(one, terms), begin))
    is_gated = start.scope.startswith("external")
    found.append(Form(start, begin, max(min(stops, default=2**60), begin + 1), start.snapshot, is_gated))
    return found


def treated_for(history: History, terms: Terms, form: Form, t: int, reach: str = "all") -> bool:
    """SPEC 9.6: for a deployment also while it would be if there were no clear results of other weights."""
    return is_treated(history, terms, t, reach) or is_treated(history, terms, t, reach, form.snapshot)


def ruled_out_for(history: History, terms: Terms, form: Form, t: int, reach: str = "all") -> bool:
    """SPEC 9.6: for a deployment only while it would be then, too."""
    return state(history, terms, SUBJECT, t, reach, form.snapshot) == "ruled_out"


def about(history: History, terms: Terms, code: str) -> list[Form]:
    """The activities that a rule is about: V02 training, V37 and V07 deploying, V05 nothing."""
    if code == "V05":
        return []
    return [one for one in forms(history, terms) if (one.step.what == "train") == (code == "V02")]


def is_broken(history: History, terms: Terms, code: str, t: int) -> bool:
    """SPEC 9.10: V02, V37 under the threshold; V07 in the baseline; V05 of what stays open."""
    if code == "V05":
        return is_open_for_too_long(history, terms, t)
    for form in about(history, terms, code):
        if form.begin <= t < form.end:
            if code == "V07" and not ruled_out_for(history, terms, form, t):
                return True
            if code != "V07" and treated_for(history, terms, form, t):
                return True
    return False


def is_open_for_too_long(history: History, terms: Terms, t: int) -> bool:
    """SPEC 9.10: V05 under `determination_within`."""
    if terms.open_for is None or state(history, terms, SUBJECT, t) not in ("crossed", "indeterminate"):
        return False
    start = open_since(history, terms, t)
    return t >= start + terms.open_for and not any(
        (one.what, one.model) == ("crossed", SUBJECT) and start <= one.time <= t for one in history
    )


# -- causes


def is_inherited(history: History, terms: Terms, code: str, t: int) -> bool:
    """SPEC 9.11: V26."""
    if not terms.has_lineage:
        return False
    going = [one for one in about(history, terms, code) if one.begin <= t < one.end]
    if code == "V07":
        everything = [*going, Form(Step("", 0, 0), 0, 0, "", is_gated=False)]
        return any(
            ruled_out_for(history, terms, form, t, "borrowed") and not ruled_out_for(history, terms, form, t)
            for form in everything
        )
    if is_treated(history, terms, t):
        with_them = state(history, terms, SUBJECT, t)
        return not (
            is_treated(history, terms, t, "borrowed")
            and with_them == state(history, terms, SUBJECT, t, "borrowed")
        )
    return any(
        is_treated(history, terms, t, "all", form.snapshot)
        and not is_treated(history, terms, t, "borrowed", form.snapshot)
        for form in going
    )


def evidence(history: History, terms: Terms, model: str, t: int, reach: str) -> set[int]:
    """SPEC 9.16: what a rule under a threshold names for its being crossed or open."""
    found = {one.name for one in concerns(history, terms, model, t)}
    has_ancestors = terms.has_lineage and reach == "inherited"
    family = ancestors(history, model) - {model} if has_ancestors else set()
    own = own_state(history, terms, model, t, family)
    if has_ancestors:
        theirs = {one: own_state(history, terms, one, t, set()) for one in family}
        if own == "unassessed" or (own == "indeterminate" and "crossed" in theirs.values()):
            found |= taken(history, terms, model, t, reach)
    if reach == "borrowed" and own in ("unassessed", "indeterminate"):
        of_others = {one: like_state(history, terms, one, t) for one in likes(history, model, t)}
        if own == "unassessed" or "crossed" in of_others.values():
            for like, it_is in of_others.items():
                if it_is in ("crossed", "indeterminate"):
                    found |= {like.name} | evidence(history, terms, like.other, t, "inherited")
    cleared = {one for test in TESTS for one in ruling_out(history, terms, model, test, t, ageless=True)}
    return found or cleared


def taken(history: History, terms: Terms, model: str, t: int, reach: str) -> set[int]:
    """SPEC 9.11: what the ancestors are crossed or open by, and where all of that is from."""
    family = ancestors(history, model) - {model}
    found: set[int] = set()
    states = {one: state_of_ancestor(history, terms, one, t, reach) for one in family}
    is_known = all(is_registered(history, terms, one, t) for one in (model, *family))
    of_them = [one for one, it_is in states.items() if it_is in ("crossed", "indeterminate")]
    for one in of_them:
        found |= evidence(history, terms, one, t, "borrowed" if reach == "all" else "own")
    if of_them or not is_known or model in ancestors(history, model):
        found |= registrations(history, model)
    return found


def registrations(history: History, model: str) -> set[int]:
    """The registrations of a model and its ancestors."""
    family = {model} | ancestors(history, model)
    return {one.name for one in history if one.what == "register" and one.model in family}


def inherited(history: History, terms: Terms, t: int) -> set[int]:
    """SPEC 9.16: the entries of V26."""
    above = ancestors(history, SUBJECT) - {SUBJECT}
    revoked = {
        one.name
        for ruled in ruled_out_by_people(history, SUBJECT, t)
        for one in revoking(history, terms, ruled, above, t)
    }
    return taken(history, terms, SUBJECT, t, "all") | registrations(history, SUBJECT) | revoked


def stale(history: History, terms: Terms, code: str, t: int) -> set[int]:
    """SPEC 9.11: the entries of V09; none where it is not said."""
    found: set[int] = set()
    for form in about(history, terms, code):
        if form.begin != t or not form.is_gated or ruled_out_for(history, terms, form, t):
            continue
        if code != "V07" and not treated_for(history, terms, form, t):
            continue
        if state(history, terms, SUBJECT, t, ageless=True) != "ruled_out":
            continue
        for test in TESTS:
            if state_of_test(history, terms, SUBJECT, test, t, ageless=True) == "clear":
                ever = ruling_out(history, terms, SUBJECT, test, t, ageless=True)
                found |= ever - ruling_out(history, terms, SUBJECT, test, t, form.snapshot)
    return found


def causes(history: History, terms: Terms, code: str, t: int) -> set[tuple[str, frozenset[int]]]:
    """SPEC 9.11: V26 and V09 of an interval that begins at an instant."""
    found = set()
    if is_inherited(history, terms, code, t):
        found.add(("V26", frozenset(inherited(history, terms, t))))
    if old := stale(history, terms, code, t):
        found.add(("V09", frozenset(old)))
    return found
