"""Tests: which evaluation, which figure, and the limits past which it rules something in or out.

Source: SPEC 7.4, 9.1, 9.2.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, cast

from plimsoll_verify.policy.grammar import Period, parse_amount, parse_period, parse_whole
from plimsoll_verify.policy.names import Names, truth
from plimsoll_verify.policy.reading import Place, settled

JudgedOn = Literal["score", "upper 95 % bound", "lower 95 % bound"]

_JUDGED_ON = ("score", "upper 95 % bound", "lower 95 % bound")
OF_MODEL, OF_SYSTEM = "model without safeguards", "system as deployed"
_is_model = re.compile(r"[0-9a-f]{32}").fullmatch


@dataclass(frozen=True, slots=True)
class Comparator:
    """Another model's score, some times over, as a limit.

    Attributes:
        model: the other model, as a subject.
        times: what its score is multiplied by.
    """

    model: str
    times: Fraction


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure that a result is held against.

    Attributes:
        word: "below", "above", "at_or_above" or "at_or_below".
        amount: the limit, the margin included; 0 where another model's score is the limit.
        judged_on: the score itself, or an end of its confidence interval.
        margin: how far the limit is moved to the cautious side, which with high scores dangerous is down.
        compare: whose score is the limit, before the margin is taken off.
    """

    word: str
    amount: Fraction
    judged_on: JudgedOn
    margin: Fraction = Fraction(0)
    compare: Comparator | None = None

    def moved(self, amount: Fraction) -> Fraction:
        """Return a limit moved by the margin to the cautious side.

        Source: SPEC 7.4.
        """
        return amount - self.margin if self.word in ("below", "at_or_above") else amount + self.margin


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
    """A test of the model without safeguards, or of the system as deployed.

    Attributes:
        rules_in: None only where a test of the system has none; nothing is dangerous by it then.
        of_system: whether it tests the system as deployed, so that criteria only may go by it.
    """

    id: str
    task: str
    version: str
    scorer: str
    metric: str
    reducer: str
    rules_out: Limit
    rules_in: Limit | None
    needs: TestNeeds
    good_for: Period
    of_system: bool = False

    @property
    def is_compared(self) -> bool:
        """Whether a limit is another model's score."""
        return self.rules_out.compare is not None or (
            self.rules_in is not None and self.rules_in.compare is not None
        )

    def __hash__(self) -> int:
        """Return the hash of its id: readings are kept by test, and a hash of all members takes longer."""
        return hash(self.id)


def is_of_system(place: Place) -> bool:
    """Say, before a test is read, whether it tests the system as deployed."""
    return isinstance(place.value, dict) and place.value.get("tests_the") == OF_SYSTEM


def read_test(key: str, place: Place, names: Names) -> Test:
    """Return a test."""
    of_system = is_of_system(place)
    required = ["task", "tests_the", "danger", "rules_out", "good_for"]
    optional = ["needs"]
    (optional if of_system else required).append("rules_in")
    members = place.members(required, optional)
    task = members.of("task", _task)
    members.of("tests_the", lambda at: at.one_of([OF_MODEL, OF_SYSTEM]))
    danger = members.of("danger", lambda at: at.one_of(["high scores", "low scores"]))
    rules_out = members.of("rules_out", lambda at: _limit(at, _words(danger)[0]))
    rules_in = members.get("rules_in", lambda at: _limit(at, _words(danger)[1]), None)
    if rules_in is not None:
        members["rules_in"].attempt(lambda at: _refuse_overlap(at, rules_out, rules_in))
    needs = members.get("needs", lambda at: _needs(at, names), TestNeeds())
    good_for = members.of("good_for", lambda at: at.read(parse_period))
    name, version, scorer, metric, reducer = task
    return Test(key, name, version, scorer, metric, reducer, rules_out, rules_in, needs, good_for, of_system)


def _task(place: Place) -> tuple[str, ...]:
    words = ("name", "version", "scorer", "metric", "over_epochs")
    members = place.members(words)
    return tuple(members.of(word, Place.text) for word in words)


def _words(danger: str) -> tuple[str, str]:
    """Return the words of the limits that rule out and in."""
    return ("below", "at_or_above") if settled(danger) == "high scores" else ("above", "at_or_below")


def _refuse_overlap(place: Place, rules_out: Limit, rules_in: Limit) -> None:
    """Refuse limits by which one figure would be ruled in and out."""
    if rules_out.compare or rules_in.compare:
        return  # How these lie depends on what is recorded; a figure that meets both is dangerous.
    low, high = rules_out.amount, rules_in.amount
    if low > high if rules_out.word == "below" else low < high:
        place.fail("rules in what rules_out rules out", "the limit of rules_in lies on the dangerous side")


def _limit(place: Place, word: str) -> Limit:
    members = place.members([word, "judged_on"], ["margin"])
    judged_on = members.of("judged_on", lambda at: cast("JudgedOn", at.one_of(_JUDGED_ON)))
    margin = members.get("margin", lambda at: at.read(parse_amount), Fraction(0))
    limit = members.of(word, _amount_or_comparator)
    if isinstance(limit, Comparator):
        return Limit(word, Fraction(0), judged_on, margin, limit)
    return Limit(word, Limit(word, limit, judged_on, margin).moved(limit), judged_on, margin)


def _amount_or_comparator(place: Place) -> Fraction | Comparator:
    if not isinstance(place.value, dict):
        return place.read(parse_amount)
    members = place.members(["score_of"], ["times"])
    return Comparator(
        members.of("score_of", model_id), members.get("times", lambda at: at.read(parse_amount), Fraction(1))
    )


def model_id(place: Place) -> str:
    """Return a model, given by its 32 hex digits, as a subject."""
    text = place.text()
    if not _is_model(text):
        place.fail(f"{text[:80]!a} where a model of 32 lower-case hex digits is wanted")
    return f"model:{text}"


def _needs(place: Place, names: Names) -> TestNeeds:
    members = place.members([], ["samples", "epochs", "variant", "run_by", "planned_first"])
    return TestNeeds(
        members.get("samples", whole, 0),
        members.get("epochs", whole, 0),
        members.get("variant", Place.text, None),
        members.get("run_by", names.role, None),
        members.get("planned_first", truth, default=False),
    )


def whole(place: Place) -> int:
    """Return a whole number."""
    return place.read(parse_whole)
