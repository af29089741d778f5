"""The whole policy language: each construct is read as it is written, and what makes no sense is refused."""

import copy
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.language import FULL, MODEL
from tests.support.language_wrong import CASES
from tests.support.story import POLICY
from tests.unit.verify.judge.test_parse import CASES as OLD_CASES

from plimsoll_verify.kinds import KINDS
from plimsoll_verify.policy.calendars import CalendarRule
from plimsoll_verify.policy.duties import EVENTS, AnyOf, Every, OnActivity, OnCompute, OnEvent
from plimsoll_verify.policy.grammar import (
    NEVER_MS,
    Activity,
    activities_of,
    parse_business_days,
    parse_deadline,
    parse_interval,
)
from plimsoll_verify.policy.groups import Group
from plimsoll_verify.policy.model import Define, Forbid, Needs
from plimsoll_verify.policy.parse import PolicyError, find_errors, parse_policy
from plimsoll_verify.policy.reading import MAX_ERRORS, MAX_NAMED


def changed(where: tuple[str | int, ...], value: Any, document: dict[str, Any] = FULL) -> dict[str, Any]:
    """Return a document with one place set to something else, or with `...` taken out."""
    found = copy.deepcopy(document)
    at: Any = found
    for key in where[:-1]:
        at = at[key]
    if value is ...:
        del at[where[-1]]
    else:
        at[where[-1]] = value
    return found


def test_every_construct_is_read() -> None:
    policy = parse_policy(copy.deepcopy(FULL))
    assert find_errors(FULL) == []
    assert (policy.subject, policy.called) == ("compound", {Activity.DEPLOYING: "giving it to people"})
    assert policy.source["published"] == "2026-01-01"
    assert [(one.id, one.to, one.promise.clause) for one in policy.adheres] == [("adheres.0", "law", "1")]
    assert {role: term.text for role, term in policy.terms.items()} == {"rso": "2 years"}
    first, second = policy.separate
    assert (first.id, first.who, first.apart_from, first.on) == (
        "separate.0", ("evaluator",), ("release",), "model",
    )  # fmt: skip
    assert (second.who, second.apart_from, second.on) == (None, None, "act")
    assert policy.interpretation is not None
    assert policy.interpretation.by.roles() == ("rso", "ceo")
    assert policy.reversal is not None
    assert not policy.reversal.stops_within.is_quantified
    assert policy.lineage is not None
    assert policy.lineage.inherit == {"fine-tune", "merge"}
    assert policy.lineage.assess_again_from == Fraction(1, 3)
    assert policy.pause.lifts_in_force
    gate = policy.gates[0]
    assert (gate.told_before, gate.consulted_before) == (("board",), ("auditor",))
    assert gate.told_after is not None
    assert (gate.told_after.who, gate.told_after.within.text) == (("ceo", "board"), "2 days")


def test_amendments_and_exceptions_are_read() -> None:
    policy = parse_policy(copy.deepcopy(FULL))
    amendment = policy.amendment
    assert policy.amended_by is amendment.approved_by
    assert amendment.proposed_by is not None
    assert (amendment.consulted, amendment.published) == (("auditor",), True)
    assert amendment.weakening is not None
    assert [
        one and one.text
        for one in (
            amendment.notice,
            amendment.keep_until,
            amendment.weakening.notice,
            amendment.weakening.forbidden_within,
        )
    ] == ["1 week", "3 months", "30 days", "6 months"]
    interim, waiver, marginal = (policy.exceptions[kind] for kind in ("interim", "waiver", "marginal"))
    assert (interim.kind, interim.told, interim.published, interim.assurance) == (
        "interim", ("board",), True, "the same",
    )  # fmt: skip
    assert waiver.at_most is None
    assert marginal.preconditions == ("others-have-it", "no-rise")
    assert marginal.at_most is not None


def test_tests_with_margins_and_other_models_scores_are_read() -> None:
    tests = parse_policy(copy.deepcopy(FULL)).tests
    compared = tests["chemistry"].rules_out
    assert compared.compare is not None
    assert (compared.compare.model, compared.compare.times) == (f"model:{MODEL}", Fraction(11, 10))
    assert compared.moved(Fraction(1, 2)) == Fraction(9, 20)
    low = tests["stamina"]
    assert low.rules_in is not None
    assert (low.rules_out.amount, low.rules_in.amount) == (Fraction(6, 10), Fraction(1, 4))
    assert (tests["bypass"].of_system, tests["bypass"].rules_in) == (True, None)
    assert tests["bypass-both"].rules_in is not None
    assert not tests["virology"].of_system


def test_thresholds_are_read() -> None:
    cbrn = parse_policy(copy.deepcopy(FULL)).thresholds["cbrn"]
    inner = Group(1, ("chemistry", Group(2, ("stamina", "virology"))))
    assert cbrn.group == Group(2, ("virology", inner, Group(1, ("stamina",))))
    assert cbrn.tests == ("virology", "chemistry", "stamina")
    assert str(cbrn.group) == "2 of virology, (chemistry or (stamina and virology)), (stamina)"
    assert cbrn.needs_all
    assert (cbrn.as_model, cbrn.crossed_until_assessed) == (f"model:{MODEL}", False)
    assert cbrn.determination_within is not None
    assert (cbrn.determination_within.time.text, cbrn.determination_within.words) == ("2 weeks", "soon")
    assert cbrn.respond_within is not None
    assert cbrn.respond_within.time.after(0) == NEVER_MS
    assert cbrn.decide_within is not None
    assert cbrn.decide_within.time.text == "1 month"
    assert (cbrn.carried_over_by.roles(), cbrn.level) == (("rso",), 3)
    needs, define, forbid, _ = cbrn.then
    assert isinstance(needs, Needs)
    assert (needs.wanted, needs.standards) == (
        (("high-sec",), ("base", "otherwise")), ("high-sec", "base", "otherwise"),
    )  # fmt: skip
    assert needs.activities == (Activity.TRAINING, Activity.TRAINING_OTHERS)
    assert isinstance(define, Define)
    assert (define.id, define.standard, define.activity) == (
        "cbrn.then.1", "top", Activity.RELEASING_WEIGHTS,
    )  # fmt: skip
    assert isinstance(forbid, Forbid)
    assert (forbid.until, forbid.activity) == ("", Activity.DEPLOYING_TOOLS)


def test_whoever_declares_says_also_what_is_carried_over_where_nobody_else_does() -> None:
    threshold = parse_policy(copy.deepcopy(POLICY)).thresholds["cbrn"]
    assert threshold.carried_over_by == threshold.declared_by


def test_standards_are_read() -> None:
    standards = parse_policy(copy.deepcopy(FULL)).standards
    top = standards["top"]
    assert (top.status, top.halt is not None and top.halt.descendants) == ("exploratory", True)
    assert top.halt is not None
    assert top.halt.activities == {"training", "deploying"}
    filters = standards["high-dep"].criteria["filters"]
    assert filters.for_each == {"model", "surface", "deployment"}
    assert filters.measured_by == "bypass"


def test_duties_are_read() -> None:
    policy = parse_policy(copy.deepcopy(FULL))
    assert policy.calendars["ours"] == CalendarRule("ours", "+01:00", ())
    assert [day.isoformat() for day in policy.calendars["eu"].holidays] == ["2026-01-01", "2026-12-25"]
    assess, incident, decide = policy.duties.values()
    assert isinstance(assess.when, AnyOf)
    every, compute, activity = assess.when.of
    assert isinstance(every, Every)
    assert (every.period.text, str(every.since)) == ("6 months", "assessment comprehensive")
    assert (compute, activity) == (OnCompute(Fraction(4)), OnActivity(Activity.TRAINING))
    assert assess.within is not None
    assert (assess.within.period.is_quantified, assess.words, assess.unless_carried_over) == (
        False, "in time", True,
    )  # fmt: skip
    assert incident.when == AnyOf((OnEvent("incident", "critical"), OnEvent("noncompliance")))
    assert incident.within is not None
    within = incident.within
    assert (within.business_days, within.calendar, within.counting) == (5, "eu", "eu-1182-71")
    assert (incident.clock, incident.to) == ("aware", "the authority")
    again, once = incident.then
    assert again.every is not None
    assert (again.every.text, str(again.until), again.within) == (
        "4 weeks",
        "publication what was learnt",
        None,
    )
    assert once.within is not None
    assert (once.every, once.until, once.by, once.to) == (None, None, None, "")
    assert decide.at_least is not None
    assert (decide.before, decide.at_least.text, decide.at_least.calendar) == (
        Activity.DEPLOYING_TO_TRUSTED, "2 weeks", "ours",
    )  # fmt: skip


def test_record_rules_are_read() -> None:
    rules = parse_policy(copy.deepcopy(FULL)).record_rules
    assert rules.inventory is not None
    assert (rules.inventory.by, rules.inventory.of) == ("security", ("api", "internal"))
    assert [one and one.text for one in (rules.heartbeat, rules.plans_close_within, rules.evidence_kept)] == [
        "1 day",
        "1 month",
        "5 years",
    ]


def test_an_only_calendar_needs_no_name() -> None:
    document = changed(("calendars", "ours"), ...)
    for duty in document["duties"].values():
        del duty["calendar"]
    within = parse_policy(document).duties["incident"].within
    assert within is not None
    assert within.calendar == "eu"


def test_time_that_elapses_needs_no_calendar() -> None:
    document = changed(("calendars",), ...)
    del document["counting"]
    del document["duties"]["incident"]
    for duty in document["duties"].values():
        del duty["calendar"]
    at_least = parse_policy(document).duties["decide"].at_least
    assert at_least is not None
    assert (at_least.calendar, at_least.counting) == ("", "elapsed")


def test_every_kind_of_record_can_make_something_due() -> None:
    routine = {"eval-planned", "heartbeat", "sign-off"}
    about_people = {"key", "key-retired", "log-key", "person", "role", "role-ended"}
    of_others = {"brought-forward", "erasure", "interpretation", "reversal"}
    assert set(KINDS) - {"genesis"} - routine - about_people - of_others <= set(EVENTS)


def test_forms_are_the_activities_of_their_scope_and_attributes() -> None:
    none: frozenset[str] = frozenset()
    outside = {Activity.DEPLOYING, Activity.DEPLOYING_EXTERNALLY}
    inside = {Activity.DEPLOYING, Activity.DEPLOYING_INTERNALLY}
    assert activities_of("deploy", "external.trusted", none) == outside | {Activity.DEPLOYING_TO_TRUSTED}
    assert activities_of("deploy", "external.limited", none) == outside | {Activity.DEPLOYING_TO_LIMITED}
    assert activities_of("deploy", "external.general", none) == outside | {Activity.DEPLOYING_TO_EVERYBODY}
    assert activities_of("deploy", "external.weights", none) == outside | {Activity.RELEASING_WEIGHTS}
    assert activities_of("deploy", "external.fine-tuning", none) == outside | {Activity.OFFERING_FINE_TUNING}
    assert activities_of("deploy", "internal.limited", none) == inside | {Activity.DEPLOYING_LITTLE}
    assert activities_of("deploy", "internal.large-scale", none) == inside | {Activity.DEPLOYING_AT_SCALE}
    assert activities_of("deploy", "internal.high-risk", none) == inside | {
        Activity.DEPLOYING_AT_SCALE, Activity.DEPLOYING_AT_RISK,
    }  # fmt: skip
    assert activities_of("deploy", "", frozenset({"tools"})) == {
        Activity.DEPLOYING, Activity.DEPLOYING_TOOLS,
    }  # fmt: skip
    assert activities_of("train", "", none) == {Activity.TRAINING}
    assert activities_of("store", "", none) == {Activity.STORING}


@pytest.mark.parametrize(
    ("read", "good", "bad"),
    [
        (parse_deadline, ["unquantified", "0 days"], ["promptly", "5 business days", ""]),
        (parse_interval, ["1 hour", "60 minutes", "1 month"], ["59 minutes", "0 days", "0 months", "daily"]),
        (
            parse_business_days,
            ["1 business day", "99999 business days"],
            ["1 business days", "2 business day"],
        ),
    ],
)
def test_words_for_times(read: Callable[[str], object], good: list[str], bad: list[str]) -> None:
    for text in good:
        assert read(text)
    for text in bad:
        with pytest.raises(ValueError, match=r"period|business day"):
            read(text)


@pytest.mark.parametrize("text", ["0 business days", "5 days", "01 business days"])
def test_what_is_no_business_days(text: str) -> None:
    assert parse_business_days(text) == 0


@pytest.mark.parametrize(("where", "value", "path", "message", "hint"), CASES)
def test_what_makes_no_sense_is_refused_where_it_stands(
    where: tuple[str | int, ...], value: Any, path: tuple[str | int, ...], message: str, hint: str
) -> None:
    document = changed(where, value)
    with pytest.raises(PolicyError) as caught:
        parse_policy(document)
    assert caught.value.path == path
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_calendar_is_asked_for_where_there_is_none() -> None:
    document = changed(("calendars",), ...)
    for duty in document["duties"].values():
        del duty["calendar"]
    with pytest.raises(PolicyError, match="needs a calendar"):
        parse_policy(document)


@pytest.mark.parametrize("document", [POLICY, FULL], ids=["small", "full"])
@pytest.mark.parametrize("case", [*OLD_CASES, *CASES], ids=lambda case: ".".join(map(str, case[0])))
def test_a_list_of_all_errors_holds_the_first(document: dict[str, Any], case: Any) -> None:
    try:
        broken = changed(case[0], case[1], document)
    except (KeyError, IndexError, TypeError):
        return  # The place is in the other document.
    errors = [(error.path, error.message, error.hint) for error in find_errors(broken)]
    first = None
    try:
        parse_policy(broken)
    except PolicyError as error:
        first = (error.path, error.message, error.hint)
    assert first in errors if first else errors == []


def test_all_errors_are_listed_at_once() -> None:
    wrong: list[tuple[tuple[str | int, ...], Any]] = [
        (("title",), 3),
        (("surprise",), "x"),
        (("surprises",), "x"),
        (("tests", "virology", "good_for"), "long"),
        (("tests", "virology", "rules_out", "below"), "half"),
        (("tests", "virology", "rules_in", "judged_on"), "vibes"),
        (("thresholds", "next", "force"), ...),
        (("thresholds", "next", "declared_by"), "nobody"),
        (("thresholds", "next", "then", 0, "needs", 0), "tip"),
        (("standards", "base", "criteria", "locks", "attested_by"), "nobody"),
        (("duties", "assess", "when", "any_of", 0, "every"), "x"),
        (("duties", "assess", "when", "any_of", 1, "compute"), "x"),
        (("duties", "incident", "then", 0, "do"), "x"),
        (("pause", "stops_within"), "soon"),
    ]  # fmt: skip
    document = FULL
    for where, value in wrong:
        document = changed(where, value, document)
    paths = [error.path for error in find_errors(document)]
    assert sorted(paths, key=str) == sorted(
        (where if value is not ... else where[:-1] for where, value in wrong), key=str
    )


@pytest.mark.parametrize("key", sorted({*FULL}))
def test_a_part_that_is_missing_or_something_else_hides_no_other(key: str) -> None:
    odd: tuple[Any, ...] = (..., 3, "x", [], [{}], {"x": "y"})
    for value in odd:
        document = changed((key,), value, changed(("title",), 4) if key != "title" else FULL)
        errors = find_errors(document)
        assert key == "title" or ("title",) in [error.path for error in errors]
        # Names that are not known are not missed wherever they are used.
        assert value == {"x": "y"} or not any("is listed" in error.message for error in errors)


def _places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Return the path of every part of a tree."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, one in inner for found in _places(one, (*path, key)))]


PLACES = _places(FULL)[1:]
ODD: list[Any] = [..., None, 3, "", "x", [], ["x"], ["x", "x"], [[]], {}, {"x": "y"}, {"any_of": ["x"]}]


@given(st.lists(st.tuples(st.sampled_from(PLACES), st.sampled_from(ODD)), min_size=1, max_size=4))
@settings(max_examples=400, deadline=None)
def test_whatever_is_wrong_the_reading_ends_with_errors_that_hold_the_first(
    wrong: list[tuple[tuple[str | int, ...], Any]],
) -> None:
    document = FULL
    for where, value in wrong:
        with suppress(KeyError, IndexError, TypeError):
            document = changed(where, value, document)
    errors = [(error.path, error.message, error.hint) for error in find_errors(document)]
    first = None
    try:
        parse_policy(document)
    except PolicyError as error:
        first = (error.path, error.message, error.hint)
    assert first in errors if first else errors == []


def test_no_more_errors_are_listed_than_anybody_reads() -> None:
    document = changed(("surprises",), ...) if "surprises" in FULL else copy.deepcopy(FULL)
    document |= {f"surprise-{number}": "x" for number in range(1000)}
    assert len(find_errors(document)) == MAX_ERRORS
    assert MAX_NAMED > MAX_ERRORS


def test_what_is_no_document_has_one_error() -> None:
    assert [error.path for error in find_errors(b"{")] == [()]
    assert [error.path for error in find_errors(b"[]")] == [()]
