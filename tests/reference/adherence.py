"""Adherence by SPEC 9.25, evaluated afresh at every instant.

Several policies, each with versions, need standards of one criterion each for what is deployed, and adhere
to one another. One model is deployed; criteria are attested and lapse, and some attestations are withheld.
"""

from dataclasses import dataclass, field
from typing import Literal

from tests.reference.brief import Brief

What = Literal["adopt", "attested", "withheld", "lapsed", "start", "ended"]
Level = Literal["violation", "indeterminate", "finding"]
Broken = tuple[str, bool]
"""The standard that is needed, and whether by a commitment."""


@dataclass(frozen=True)
class Version:
    """A version of a policy.

    Attributes:
        policy: its id.
        effective: from when it is to be in force at the earliest.
        needs: the standards that it needs for deploying, by whether that is a commitment or an aim.
        adheres: the policies to which it adheres, likewise.
    """

    policy: str
    effective: int
    needs: dict[str, bool] = field(default_factory=dict)
    adheres: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """Something recorded. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: adopt: a version, complete at once. withheld: what may be an attestation of any standard that
            its author attests.
        time: when it is recorded.
        event: of a start: when it happened, which may be earlier. Of all else it is the time.
        name: of a version, which is its place among the versions, or of a start, and of its end.
        standard: of what is attested or lapses.
    """

    what: What
    time: int
    event: int
    name: int = -1
    standard: str = ""


@dataclass(frozen=True)
class Found:
    """What a policy is found to have broken, because of another one to which it adheres.

    Attributes:
        version: the version that asks for adherence, by its place among the versions.
        of: the policy that is broken.
        standard: what that needs.
        level: of what is found.
        since, until: the interval, of which the end is None if it is not over.
        ended_by: what the end is.
        is_lapsed: whether the standard had been in force before (V11 among the causes).
    """

    version: int
    of: str
    standard: str
    level: Level
    since: int
    until: int | None
    ended_by: str
    is_lapsed: bool


History = list[Step]
HIDDEN = frozenset({"locks", "keys"})
"""The standards that whoever's attestations are withheld may attest."""


def version_at(history: History, versions: list[Version], policy: str, t: int) -> int | None:
    """SPEC 7.5: the version of a policy in force at an instant."""
    found = [
        step.name
        for step in history
        if step.what == "adopt"
        and versions[step.name].policy == policy
        and max(step.time, versions[step.name].effective) <= t
    ]
    return found[-1] if found else None


def is_in_force(history: History, standard: str, t: int, *, is_read: bool) -> bool:
    """SPEC 9.9, 9.14: whether it is in force, with what is withheld read as it serves best, or not."""
    lapses = [step for step in history if (step.what, step.standard) == ("lapsed", standard)]
    return any(
        step.time <= t and not any(step.time <= lapse.time <= t for lapse in lapses)
        for step in history
        if (step.what, step.standard) == ("attested", standard)
        or (is_read and step.what == "withheld" and standard in HIDDEN)
    )


def is_deployed(history: History, t: int) -> bool:
    """SPEC 8.2, 9.7."""
    for start in history:
        if start.what == "start":
            ends = [step.time for step in history if (step.what, step.name) == ("ended", start.name)]
            if start.event == t or (start.event < t and not any(end <= t for end in ends)):
                return True
    return False


def own(history: History, versions: list[Version], policy: str, t: int) -> dict[Broken, Level]:
    """SPEC 9.10, 9.14: what breaks a policy by what it needs itself."""
    version = version_at(history, versions, policy, t)
    if version is None or not is_deployed(history, t):
        return {}
    found: dict[Broken, Level] = {}
    for standard, is_firm in versions[version].needs.items():
        if not is_in_force(history, standard, t, is_read=False):
            is_sure = not is_in_force(history, standard, t, is_read=True)
            found[standard, is_firm] = (
                "finding" if not is_firm else "violation" if is_sure else "indeterminate"
            )
    return found


def ended_by(history: History, versions: list[Version], policy: str, broken: Broken, end: int) -> str:
    """SPEC 9.16: what ended what was broken until an instant."""
    if broken in own(history, versions, policy, end):
        return "covered"
    if version_at(history, versions, policy, end) != version_at(history, versions, policy, end - 1):
        return "amended"
    return "cured" if is_deployed(history, end) else "ceased"


def handed_on(history: History, versions: list[Version], grid: list[int]) -> set[Found]:
    """SPEC 9.25: what is found by adherence.

    Args:
        history: what is recorded.
        versions: of all policies.
        grid: all instants at which anything can change, and the one after each; ascending.
    """
    found: set[Found] = set()
    policies = sorted({version.policy for version in versions})
    for policy in policies:
        at = [own(history, versions, policy, t) for t in grid]
        for number, since in enumerate(grid):
            for broken, level in at[number].items():
                is_begun = number == 0 or at[number - 1].get(broken) != level
                if level == "finding" or not is_begun:
                    continue
                later = range(number, len(grid))
                over = next((n for n in later if at[n].get(broken) != level), None)
                end = None if over is None else grid[over]
                for other in policies:
                    asking = version_at(history, versions, other, since)
                    if asking is None or policy not in versions[asking].adheres:
                        continue
                    before = [t for t in grid if t < since]
                    found.add(
                        Found(
                            asking,
                            policy,
                            broken[0],
                            level if versions[asking].adheres[policy] else "finding",
                            since,
                            end,
                            "open" if end is None else ended_by(history, versions, policy, broken, end),
                            any(is_in_force(history, broken[0], t, is_read=False) for t in before),
                        )
                    )
    return found
