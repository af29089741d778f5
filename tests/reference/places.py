"""Environments, deployments and transitions by SPEC 9.7, 9.9 and 9.34, evaluated afresh at every instant.

Steps of a log, no two at one time, of which each is an entry that is recorded when it happens. A model is
deployed here and there under versions of a policy, each of which needs some standards of one criterion.
"""

from dataclasses import dataclass
from typing import Literal

What = Literal["attested", "lapsed", "start", "moved", "ended"]


@dataclass(frozen=True)
class Step:
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        of: of start, moved and ended: which deployment; each has one start.
        standard: of attested and lapsed.
        environment: what it says of that; "" for nothing.
        deployment: of attested, lapsed and start the same.
    """

    what: What
    time: int
    of: int = 0
    standard: str = ""
    environment: str = ""
    deployment: str = ""


@dataclass(frozen=True)
class Terms:
    """A version: since when it is in force, what it needs, and for how long it leaves what is out."""

    start: int
    needs: tuple[str, ...]
    keep: int


@dataclass(frozen=True)
class Out:
    """What goes on: where, under which name of its own, and since when it has."""

    environment: str
    deployment: str
    began: int


History = list[Step]
FOR_EACH = {
    "all": frozenset[str](),
    "env": frozenset({"environment"}),
    "dep": frozenset({"deployment"}),
    "both": frozenset({"environment", "deployment"}),
}
"""For what each standard's criterion is attested."""


def name_of(history: History, start: Step) -> str:
    """The name that a deployment has: what its start says, if no start before said so."""
    said = [step for step in history if step.what == "start" and step.deployment == start.deployment]
    return start.deployment if said[0] is start else ""


def going_on(history: History, t: int) -> list[Out]:
    """What goes on at t."""
    found = []
    for start in history:
        if start.what == "start" and start.time <= t:
            steps = [step for step in history if step.of == start.of and step.time <= t]
            last = [step for step in steps if step.what in ("start", "moved", "ended")][-1]
            if last.what != "ended":
                # To move is to begin anew; to say again where it is changes nothing.
                moves = [step for step in steps if step.what in ("start", "moved")]
                since = len(moves) - 1
                while since and moves[since - 1].environment == last.environment:
                    since -= 1
                found.append(Out(last.environment, name_of(history, start), moves[since].time))
    return found


def is_in_force(history: History, standard: str, out: Out, t: int) -> bool:
    """Whether a standard is in force for what goes on."""
    here = {"environment": out.environment, "deployment": out.deployment}

    def holds(said: Step) -> bool:
        for thing, there in here.items():
            bound = getattr(said, thing)
            if thing in FOR_EACH[standard] and (not there or bound != there):
                return False
            if bound and bound != there:
                return False
        return True

    def speaks_against(lapse: Step) -> bool:
        return all(not there or getattr(lapse, thing) in ("", there) for thing, there in here.items())

    about = [step for step in history if step.standard == standard and step.time <= t]
    lapses = [step.time for step in about if step.what == "lapsed" and speaks_against(step)]
    return any(
        step.what == "attested" and holds(step) and not any(time > step.time for time in lapses)
        for step in about
    )


def lacking(history: History, terms: Terms, out: Out, t: int) -> set[str]:
    """What a version needs for what goes on, and is not in force."""
    return {standard for standard in terms.needs if not is_in_force(history, standard, out, t)}


def found_lacking(history: History, versions: list[Terms], out: Out, t: int) -> set[str]:
    """What is found to be lacking: by the version in force, or by one before that what is out is left to."""
    number = max(one for one, terms in enumerate(versions) if terms.start <= t)
    while number:
        terms = versions[number]
        is_left = out.began < terms.start and t < terms.start + terms.keep
        if not (is_left and lacking(history, terms, out, t)):
            break
        number -= 1
    return lacking(history, versions[number], out, t)


def broken(history: History, versions: list[Terms], t: int) -> set[str]:
    """Whatever is lacking at t, for anything that goes on."""
    found: set[str] = set()
    for out in going_on(history, t):
        found |= found_lacking(history, versions, out, t)
    return found
