"""When a standard is in force, and why not, by SPEC 6.6, 9.9 and 9.11: evaluated afresh at every instant.

One model that is deployed throughout, and one version of a policy. It needs `main`, or in its stead `other`.
`main` has two criteria: `made` for each model, which two people attest, and `shown` of the organisation, by
an audit. It is approved by a report, and the approval renewed. `other` has one criterion, for each model, by
anything but self-report, and no approval.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief

CRITERIA = {"main": ("made", "shown"), "other": ("done",)}
ATTESTED_BY = {"made": ("security", "auditor"), "shown": ("security",), "done": ("security",)}
APPROVED_BY = ("rso", "ceo")
NEVER = 2**60


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: attest, lapse: of a criterion. report: of `main`, that cites an attestation. sign: of an
            attestation or a report.
        event: when it happened.
        name: of an attestation or a report.
        of: what a sign-off is of, or a report cites.
        about: "m", another model, or "org".
        on: the criterion, or who signs.
        unseen: how many of the entries before it its author had not seen.
        until: `valid_until` of an attestation.
        shown_by: by which methods it is shown.
    """

    what: str
    event: int
    time: int
    name: int = -1
    of: int = -1
    about: str = "m"
    on: str = ""
    unseen: int = 0
    until: int = NEVER
    shown_by: tuple[str, ...] = ()


@dataclass(frozen=True)
class Terms:
    """What the policy says, in ms."""

    good_for: int
    renewed_every: int


History = list[Step]
Cause = tuple[str, frozenset[int]]
"""A code, and the places in the history of what shows it."""


def adverse(step: Step) -> int:
    """SPEC 8.1, and from when `good_for` runs."""
    return min(step.event, step.time)


# -- who signed (SPEC 6.6)


def seen_size(history: History, at: int) -> int:
    return max(0, at - history[at].unseen)


def speaks_against(lapse: Step, act: Step) -> bool:
    """SPEC 6.6: a lapse about the organisation, or about what the act is about."""
    return lapse.what == "lapse" and lapse.about in ("org", act.about)


def counts(history: History, at: int, act: int, until: int) -> bool:
    """Whether a signature counts in a quorum that entry `until` completes."""
    seen = seen_size(history, at)
    if at != act and act >= seen:
        return False
    return not any(speaks_against(history[one], history[act]) for one in range(seen, until + 1))


def completed(history: History, act: int) -> tuple[int, int, frozenset[int]] | None:
    """The entry that completes an act, the fewest entries that any signer had seen, and all that count."""
    step = history[act]
    needed = ATTESTED_BY[step.on] if step.what == "attest" else APPROVED_BY
    own = [(act, "security")] if step.what == "attest" else []
    signatures = own + [
        (at, one.on) for at, one in enumerate(history) if one.what == "sign" and one.of == step.name
    ]
    for until in sorted(at for at, _ in signatures):
        chosen = []
        for role in needed:
            by = [at for at, who in signatures if who == role and at <= until]
            by = [at for at in by if counts(history, at, act, until)]
            if by:
                chosen.append(max(by, key=lambda at: (seen_size(history, at), at)))
        if len(chosen) == len(needed):
            seen = min(seen_size(history, at) for at in chosen)
            return until, seen, frozenset({act, *chosen})
    return None


# -- what is attested (SPEC 9.9)


def fits(step: Step, criterion: str) -> bool:
    """Whether an attestation is of a criterion, about what it has to be about, and shown as it has to be."""
    if step.what != "attest" or step.on != criterion:
        return False
    if criterion == "shown":
        return step.about == "org" and "audit" in step.shown_by
    is_shown = criterion != "done" or any(one != "self-report" for one in step.shown_by)
    return step.about == "m" and is_shown


def ending(history: History, act: int, seen: int) -> tuple[int, int]:
    """When a lapse ends an attestation first, and which."""
    step = history[act]
    found = [
        (adverse(lapse), at)
        for at, lapse in enumerate(history)
        if lapse.what == "lapse"
        and lapse.on == step.on
        and lapse.about in ("m", "org")
        and (adverse(lapse) >= adverse(step) or at >= seen)
    ]
    return min(found, default=(NEVER, -1))


def held(history: History, terms: Terms, criterion: str) -> list[tuple[int, int, int, int]]:
    """Each attestation of a criterion: its place, from and until when it holds, and what lapse ends it."""
    found = []
    for act, step in enumerate(history):
        complete = completed(history, act) if fits(step, criterion) else None
        if complete is None:
            continue
        until, seen, _ = complete
        stop = min(adverse(step) + terms.good_for, step.until)
        lapsed, lapse = ending(history, act, seen)
        if lapsed < stop:
            stop, by = lapsed, lapse
        else:
            by = -1
        found.append((act, history[until].time, stop, by))
    return found


def approvals(history: History, terms: Terms, act: int) -> list[tuple[int, int, frozenset[int]]]:
    """From when until when reports that cite an attestation are approved, and by which entries."""
    found = []
    for at, step in enumerate(history):
        if step.what == "report" and step.of == history[act].name and step.about in ("m", "org"):
            complete = completed(history, at)
            if complete is not None:
                start = history[complete[0]].time
                found.append((start, start + terms.renewed_every, complete[2]))
    return found


def is_criterion_in_force(history: History, terms: Terms, standard: str, criterion: str, t: int) -> bool:
    """SPEC 9.9."""
    for act, start, stop, _ in held(history, terms, criterion):
        if start <= t < stop and (
            standard != "main" or any(begun <= t < over for begun, over, _ in approvals(history, terms, act))
        ):
            return True
    return False


def is_broken(history: History, terms: Terms, t: int) -> bool:
    """SPEC 9.10: whether neither standard is in force."""
    return not any(
        all(is_criterion_in_force(history, terms, standard, one, t) for one in criteria)
        for standard, criteria in CRITERIA.items()
    )


# -- why not (SPEC 9.11)


def causes(history: History, terms: Terms, t: int) -> list[Cause]:
    """The causes that have a code, of each criterion that is not in force at an instant."""
    found = []
    for standard, criteria in CRITERIA.items():
        for criterion in criteria:
            if not is_criterion_in_force(history, terms, standard, criterion, t):
                found += why(history, terms, criterion, t)
    return found


def why(history: History, terms: Terms, criterion: str, t: int) -> list[Cause]:
    """V11 if all that was ever attested is over; V12 if it is attested, and an approval is too old."""
    begun = [one for one in held(history, terms, criterion) if one[1] <= t and one[1] < one[2]]
    holding = [one for one in begun if t < one[2]]
    if begun and not holding:
        act, _, _, lapse = max(begun, key=lambda one: (one[2], one[0]))
        return [("V11", frozenset({act, lapse} - {-1}))]
    old = [
        entries
        for act, _, _, _ in holding
        for _, over, entries in approvals(history, terms, act)
        if over <= t
    ]
    return [("V12", max(old, key=sorted))] if old else []
