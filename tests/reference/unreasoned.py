"""What is ruled out without reasons against a result, by SPEC 6.6 and 9.10 (V06): at every instant afresh.

One model, one threshold by one test, and one version of a policy. Two people determine, of whom one writes
the determination; a crossing is nothing that what they had not seen could void.
"""

from dataclasses import dataclass

from tests.reference.brief import Brief

ROLES = ("rso", "ceo")
SPEAKS_AGAINST = ("dangerous", "between", "unfit")
"""Results that void signatures (SPEC 6.6); the last one is clear, and rules nothing out."""


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: dangerous, between, clear, unfit: results. crossed, ruled-out, blank: determinations, the last
            one that it is ruled out, without reasons. sign: of one of these.
        event: when it happened.
        name: of a determination; `of` is the one that a sign-off is of.
        role: who wrote or signed it.
        unseen: how many of the entries before it its author had not seen.
    """

    what: str
    event: int
    time: int
    name: int = -1
    of: int = -1
    role: str = "rso"
    unseen: int = 0


History = list[Step]


def acts(step: Step) -> int:
    """SPEC 8.1, of what speaks against the model."""
    return min(step.event, step.time)


def seen_size(history: History, at: int) -> int:
    return max(0, at - history[at].unseen)


def counts(history: History, at: int, act: int, until: int) -> bool:
    """SPEC 6.6: whether a signature counts in a quorum that entry `until` completes."""
    seen = seen_size(history, at)
    if at != act and act >= seen:
        return False
    if history[act].what == "crossed":
        return True
    return not any(is_voiding(history, one) for one in range(seen, until + 1))


def is_voiding(history: History, at: int) -> bool:
    """SPEC 6.6: a result that does not rule out, or the entry that completes a crossing."""
    if history[at].what in SPEAKS_AGAINST:
        return True
    return any(
        step.what == "crossed" and completed(history, act) == at for act, step in enumerate(history[: at + 1])
    )


def completed(history: History, act: int) -> int | None:
    """SPEC 6.6: the entry that completes a determination, of which both have to have signed."""
    step = history[act]
    signatures = [(act, step.role)]
    signatures += [
        (at, one.role) for at, one in enumerate(history) if one.what == "sign" and one.of == step.name
    ]
    for until in sorted(at for at, _ in signatures):
        signed = {role for at, role in signatures if at <= until and counts(history, at, act, until)}
        if signed == set(ROLES):
            return until
    return None


def is_proper(history: History, until: int, t: int) -> bool:
    """Whether another determination, that has effect, was complete after an entry, by an instant."""
    for act, step in enumerate(history):
        if step.what in ("crossed", "ruled-out"):
            complete = completed(history, act)
            if complete is not None and complete > until and history[complete].time <= t:
                return True
    return False


def is_broken(history: History, t: int) -> bool:
    """SPEC 9.10: V06."""
    for act, step in enumerate(history):
        until = completed(history, act) if step.what == "blank" else None
        if until is None:
            continue
        begun = history[until].time
        is_contradicted = any(
            one.what in ("dangerous", "between") and acts(one) <= begun for one in history[:until]
        )
        if is_contradicted and (t == begun or (begun < t and not is_proper(history, until, t))):
            return True
    return False
