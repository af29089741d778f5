"""Pauses and what lifts them by SPEC 9.10 and 9.24 (V17, V18, V35), evaluated afresh at every instant.

One model and one version of a policy, in force from the beginning. A pause is called by two roles and lifted
by two, once every needed standard is in force. `base` is needed for whatever goes on, and for a time only;
`filters` of a surface, or in their stead `alt`, while it is offered externally and the threshold is crossed.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief

CALLED_BY = frozenset({"rso", "ceo"})
LIFTED_BY = frozenset({"rso", "board"})


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: pause, resume; sign: of one of these. start, end: of training or a deployment. attest, lapse: of
            a standard's one criterion. cross, clear: determinations, complete at once.
        event: when it happened; of what people decide the time.
        unseen: how many of the entries before it its author had not seen.
        name: of a pause, a resumption or a start.
        of: what a resumption, a sign-off or an end is of.
        role: of pauses, resumptions and sign-offs.
        activity, scope, surface: of a start; training has neither scope nor surface.
        is_org: of pauses and resumptions: whether they are about the organisation, or the model.
        activities, scopes, until: of a pause; no scopes are all.
        standard: of attest and lapse, with the surface; a lapse without one is on all.
    """

    what: str
    event: int
    time: int
    unseen: int = 0
    name: int = -1
    of: int = -1
    role: str = ""
    activity: str = "deploy"
    scope: str = ""
    surface: str = ""
    is_org: bool = True
    activities: tuple[str, ...] = ("deploy",)
    scopes: tuple[str, ...] = ()
    until: int = 2**60
    standard: str = "base"


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    base_for: int
    stops_within: int
    late_after: int


History = list[Step]
Found = set[tuple[str, int, int]]
"""The code, the pause or resumption, and the start (-1 for a resumption)."""


def adverse(step: Step) -> int:
    """SPEC 8.1."""
    return min(step.event, step.time)


def relieving(step: Step, terms: Terms) -> int:
    """SPEC 8.1."""
    return adverse(step) if step.time - step.event <= terms.late_after else step.time


def seen_size(history: History, step: Step) -> int:
    """How many entries its author had seen."""
    return max(0, history.index(step) - step.unseen)


def is_about_org(step: Step) -> bool:
    """Whether an entry is about the organisation; any other is about the model."""
    if step.what in ("pause", "resume"):
        return step.is_org
    return step.what in ("attest", "lapse") and step.standard != "filters"


def speaks_against(step: Step, act: Step) -> bool:
    """SPEC 6.6: what voids signatures for a relief, of those who had not seen it."""
    return step.what in ("lapse", "pause", "cross") and (is_about_org(step) or not is_about_org(act))


def is_void(history: History, step: Step, act: Step, at: int) -> bool:
    """SPEC 6.6: whether a signature for an act does not count at the entry of an index."""
    return any(speaks_against(other, act) for other in history[seen_size(history, step) : at + 1])


def completed(history: History, act: Step, quorum: frozenset[str], *, can_be_void: bool) -> Step | None:
    """SPEC 6.6: the entry at which a pause or a resumption has the signatures that it needs."""
    own = history.index(act)
    signs = [
        act,
        *(
            step
            for step in history
            if (step.what, step.of) == ("sign", act.name) and own < seen_size(history, step)
        ),
    ]
    for last in signs:
        at = history.index(last)
        roles = {
            step.role
            for step in signs
            if history.index(step) <= at and not (can_be_void and is_void(history, step, act, at))
        }
        if quorum <= roles:
            return last
    return None


def is_ruled_out(history: History, t: int) -> bool:
    """SPEC 9.4: whether people have ruled it out, and not been contradicted since."""
    for clear in history:
        if clear.what != "clear" or clear.time > t or is_void(history, clear, clear, history.index(clear)):
            continue
        unseen = history[seen_size(history, clear) :]
        if not any(step.what == "cross" and step.time <= t for step in unseen):
            return True
    return False


def is_treated(history: History, t: int) -> bool:
    """SPEC 9.4, 9.6: a crossing stands until it is ruled out."""
    return any(step.what == "cross" and step.time <= t for step in history) and not is_ruled_out(history, t)


def is_in_force(history: History, terms: Terms, standard: str, surface: str, t: int) -> bool:
    """SPEC 9.9: attested, and not lapsed at the same time, since, or unseen."""

    def is_lapsed(attested: Step) -> bool:
        return any(
            lapse.what == "lapse"
            and lapse.standard == standard
            and lapse.surface in ("", surface)
            and adverse(lapse) <= t
            and (adverse(lapse) >= attested.time or history.index(lapse) >= seen_size(history, attested))
            for lapse in history
        )

    return any(
        step.what == "attest"
        and (step.standard, step.surface) == (standard, surface)
        and step.time <= t
        and (standard != "base" or t < step.time + terms.base_for)
        and not is_void(history, step, step, history.index(step))
        and not is_lapsed(step)
        for step in history
    )


def has_what_it_needs(history: History, terms: Terms, start: Step, t: int) -> bool:
    """SPEC 9.24: whether everything that rules name for what was started is in force."""
    if not is_in_force(history, terms, "base", "", t):
        return False
    if not start.scope.startswith("external.") or not is_treated(history, t):
        return True
    return is_in_force(history, terms, "filters", start.surface, t) or is_in_force(
        history, terms, "alt", "", t
    )


def matches(pause: Step, start: Step) -> bool:
    """SPEC 9.10: whether a pause is about what was started."""
    if start.activity not in pause.activities:
        return False
    return start.activity == "train" or not pause.scopes or start.scope in pause.scopes


def may_lift(history: History, terms: Terms, pause: Step, t: int) -> bool:
    """SPEC 9.24: whether nothing that is needed is lacking."""
    return all(
        has_what_it_needs(history, terms, start, t)
        for start in history
        if start.what == "start" and adverse(start) <= t and matches(pause, start)
    )


def resumptions(history: History, pause: Step) -> list[tuple[Step, int]]:
    """The resumptions of a pause that have their quorum, and since when."""
    found = []
    for step in history:
        if (step.what, step.of) == ("resume", pause.name):
            done = completed(history, step, LIFTED_BY, can_be_void=True)
            if done is not None:
                found.append((step, done.time))
    return found


def is_in_effect(history: History, terms: Terms, pause: Step, t: int) -> bool:
    """SPEC 9.10, 9.24: whether a pause is on."""
    if completed(history, pause, CALLED_BY, can_be_void=False) is None:
        return False
    if not adverse(pause) <= t < pause.until:
        return False
    return not any(
        since <= t and may_lift(history, terms, pause, since) for _, since in resumptions(history, pause)
    )


def goes_on(history: History, terms: Terms, start: Step, t: int) -> bool:
    """SPEC 8.2, 9.7."""
    ends = [step for step in history if (step.what, step.of) == ("end", start.name)]
    return t == adverse(start) or (adverse(start) < t and not any(relieving(end, terms) <= t for end in ends))


def broken(history: History, terms: Terms, t: int) -> Found:
    """What is found at an instant."""
    found: Found = set()
    for pause in history:
        if pause.what != "pause" or not is_in_effect(history, terms, pause, t):
            continue
        for start in history:
            if start.what == "start" and matches(pause, start) and goes_on(history, terms, start, t):
                if is_in_effect(history, terms, pause, adverse(start)):
                    found.add(("V17", pause.name, start.name))
                elif adverse(pause) + terms.stops_within <= t:
                    found.add(("V35", pause.name, start.name))
        for resumed, since in resumptions(history, pause):
            if since <= t and not may_lift(history, terms, pause, since):
                found.add(("V18", resumed.name, -1))
    return found
