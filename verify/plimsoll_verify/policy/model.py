"""A policy, understood: one frozen object for each part of the document.

Names are those of the document. What is optional there and absent is None, or empty.

Source: SPEC 7.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from plimsoll_verify.policy.grammar import Activity, Period, Quorum

JudgedOn = Literal["score", "upper 95 % bound", "lower 95 % bound"]


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the source: who can judge it, and what it says."""

    judged_by: Literal["log", "attestation", "nobody"]
    text: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """Where a rule stands in the source, and how binding it is."""

    clause: str
    force: str

    @property
    def is_commitment(self) -> bool:
        """Whether breaking it is a violation."""
        return self.force == "commitment"


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure that a result is held against.

    Attributes:
        word: "below", "above", "at_or_above" or "at_or_below".
        amount: the limit.
        judged_on: the score itself, or an end of its confidence interval.
    """

    word: str
    amount: Fraction
    judged_on: JudgedOn


@dataclass(frozen=True, slots=True)
class TestNeeds:
    """What a clear result must have to rule anything out."""

    samples: int = 0
    epochs: int = 0
    variant: str | None = None
    run_by: str | None = None
    planned_first: bool = False


@dataclass(frozen=True, slots=True)
class Test:
    """A test of the model without safeguards."""

    id: str
    task: str
    version: str
    scorer: str
    metric: str
    reducer: str
    rules_out: Limit
    rules_in: Limit
    needs: TestNeeds
    good_for: Period

    def __hash__(self) -> int:
        """Return the hash of its id: readings are kept by test, and a hash of all members takes longer."""
        return hash(self.id)


@dataclass(frozen=True, slots=True)
class Needs:
    """Standards that have to be in force while any of the activities goes on."""

    id: str
    promise: Promise
    standards: tuple[str, ...]
    activities: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class RuleOut:
    """A threshold that has to be ruled out before, and while, an activity goes on."""

    id: str
    promise: Promise
    threshold: str
    activity: Activity


@dataclass(frozen=True, slots=True)
class Forbid:
    """An activity that is forbidden until a standard, or one criterion of it, is in force."""

    id: str
    promise: Promise
    activity: Activity
    standard: str
    criterion: str

    @property
    def until(self) -> str:
        """What has to be in force, as the policy writes it."""
        return f"{self.standard}.{self.criterion}" if self.criterion else self.standard


Rule = Needs | RuleOut | Forbid


@dataclass(frozen=True, slots=True)
class Respond:
    """How long a crossing may stay unanswered."""

    time: Period
    promise: Promise


@dataclass(frozen=True, slots=True)
class Threshold:
    """A capability past which rules begin to bind.

    Attributes:
        tests: the tests that decide it, or that indicate where people do.
        needs_all: True for `crossed_if_all_of`, False for `crossed_if_any_of`.
        crossed_until_assessed: `until_assessed: crossed`.
    """

    id: str
    domain: str
    promise: Promise
    text: str
    decided_by: Literal["tests", "people"]
    tests: tuple[str, ...]
    needs_all: bool
    crossed_until_assessed: bool
    respond_within: Respond | None
    declared_by: Quorum
    cleared_by: Quorum | None
    then: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that a standard asks for."""

    id: str
    text: str
    for_each: frozenset[str]
    attested_by: Quorum
    shown_by: frozenset[str]
    not_shown_by: frozenset[str]
    good_for: Period | None


@dataclass(frozen=True, slots=True)
class Renewal:
    """How old an approval may become."""

    every: Period
    promise: Promise


@dataclass(frozen=True, slots=True)
class Standard:
    """A set of criteria; one that is undefined or partial can never be in force."""

    id: str
    status: Literal["defined", "partial", "undefined"]
    dimension: str
    level: int
    approved_by: Quorum | None
    renewed: Renewal | None
    criteria: Mapping[str, Criterion]


@dataclass(frozen=True, slots=True)
class Gate:
    """Whose approval a start needs."""

    promise: Promise
    activity: Activity
    approved_by: Quorum


@dataclass(frozen=True, slots=True)
class PauseRule:
    """Who can call a pause, how soon it stops what it names, and who can lift it."""

    promise: Promise
    called_by: Quorum
    lifted_by: Quorum
    stops_within: Period


@dataclass(frozen=True, slots=True)
class Policy:
    """A whole policy, of one version."""

    id: str
    version: str
    title: str
    effective_ms: int
    source: Mapping[str, str]
    signed_off_by: Quorum
    amended_by: Quorum
    clauses: Mapping[str, Clause]
    roles: Mapping[str, bool]
    """Role ids, with whether their holders stand outside of the company."""
    tests: Mapping[str, Test]
    thresholds: Mapping[str, Threshold]
    baseline: tuple[Rule, ...]
    standards: Mapping[str, Standard]
    gates: tuple[Gate, ...]
    pause: PauseRule
    late_after: Period
    maps_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def tests_of_task(self, name: str) -> tuple[Test, ...]:
        """Return the tests that are about a task, of whatever version."""
        return tuple(test for test in self.tests.values() if test.task == name)
