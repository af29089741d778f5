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
    assert set(KINDS) - {"genesis"} <= set(EVENTS)


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


CBRN = ("thresholds", "cbrn")
OF = (*CBRN, "crossed_if_k_of", "of")
CHEM = ("tests", "chemistry")
CRITERION = ("standards", "high-dep", "criteria", "filters")
ASSESS, INCIDENT, DECIDE = (("duties", one) for one in ("assess", "incident", "decide"))
DEEP: Any = "virology"
for _ in range(9):
    DEEP = {"any_of": [DEEP]}
DEEP_ROLE: Any = "ceo"
for _ in range(9):
    DEEP_ROLE = {"any_of": [DEEP_ROLE]}
DEEP_TRIGGER: Any = {"every": "1 day"}
for _ in range(9):
    DEEP_TRIGGER = {"any_of": [DEEP_TRIGGER]}
CASES: list[tuple[tuple[str | int, ...], Any, tuple[str | int, ...], str, str]] = [
    (("called", 0, "activity"), "flying it", ("called", 0, "activity"), "is not among", ""),
    (("called",), [FULL["called"][0]] * 2, ("called", 1, "activity"), "twice", ""),
    (("adheres", 0, "to"), "test-policy", ("adheres", 0, "to"), "adheres to itself", ""),
    (("adheres",), FULL["adheres"] * 2, ("adheres", 1, "to"), "twice", ""),
    (("source", "published"), "soon", ("source", "published"), "a day such as", ""),
    (("source", "published"), "2026-02-30", ("source", "published"), "a day such as", ""),
    (("roles", "rso", "term"), "long", ("roles", "rso", "term"), "a period such as", ""),
    (("separate", 0, "who"), "me", ("separate", 0, "who"), "whoever made it", ""),
    (("separate", 0, "who"), ["me"], ("separate", 0, "who", 0), "no role me", ""),
    (("separate", 0, "who"), ["ceo", "ceo"], ("separate", 0, "who", 1), "twice", ""),
    (("separate", 0, "on"), "Mondays", ("separate", 0, "on"), "is not among", ""),
    (("amendment", "force"), ..., ("amendment",), "force is missing", "proposed_by is a promise"),
    (
        ("amendment",), {"approved_by": "ceo", "force": "aim"}, ("amendment",), "clause is missing",
        "force stands there",
    ),
    (
        ("amendment",), {"approved_by": "ceo", "notice": "1 day"}, ("amendment",), "clause is missing",
        "notice is a promise",
    ),
    (("amendment", "published"), "after", ("amendment", "published"), "is not among", ""),
    ((*CHEM, "rules_out", "margin"), "-1", (*CHEM, "rules_out", "margin"), "an amount such as", ""),
    (
        (*CHEM, "rules_out", "below", "score_of"), "gpt", (*CHEM, "rules_out", "below", "score_of"),
        "32 lower-case hex digits", "",
    ),
    ((*CHEM, "rules_in"), ..., CHEM, "rules_in is missing", ""),
    ((*CBRN, "until_assessed"), {"as": "m"}, (*CBRN, "until_assessed", "as"), "32 lower-case", ""),
    ((*CBRN, "if_not_ruled_out", "words"), ["x"], (*CBRN, "if_not_ruled_out", "words"), "a text", ""),
    ((*CBRN, "crossed_if_k_of", "k"), "4", (*CBRN, "crossed_if_k_of", "k"), "4 of 3", ""),
    ((*OF, 0), {"none_of": ["virology"]}, (*OF, 0, "none_of"), "means nothing", ""),
    ((*OF, 0), {"any_of": ["virology"], "all_of": []}, (*OF, 0), "a test, or one of", ""),
    ((*OF, 2, "k_of", "of"), ["stamina"] * 2, (*OF, 2, "k_of", "of", 1), "twice", ""),
    ((*OF, 0), "bypass", (*OF, 0), "tests the system as deployed", "no safeguard lowers"),
    ((*OF, 0), DEEP, (*OF, *(0, "any_of") * 8), "nested deeper than 8", ""),
    (
        OF, [{"any_of": ["virology", "chemistry"]}] * 1366, (*OF, 1365, "any_of", 0), "more than 4096", "",
    ),
    ((*CBRN, "then", 0, "needs", 1), "high-sec", (*CBRN, "then", 0, "needs", 1), "twice", ""),
    (
        (*CBRN, "then", 0, "needs", 1, "any_of"), ["base", "base"],
        (*CBRN, "then", 0, "needs", 1, "any_of", 1), "twice", "",
    ),
    (
        (*CBRN, "then", 0, "needs", 1), {"all_of": ["base"]}, (*CBRN, "then", 0, "needs", 1, "all_of"),
        "means nothing", "any_of",
    ),
    ((*CBRN, "then", 1, "define"), "tip", (*CBRN, "then", 1, "define"), "is not among", "top"),
    (
        (*CBRN, "then", 2, "forbid"), "training any model of at least its effective compute",
        (*CBRN, "then", 2, "forbid"), "is not among", "",
    ),
    (
        ("baseline", 0, "while"), ["training any model of at least its effective compute"],
        ("baseline", 0, "while", 0), "is not among", "",
    ),
    (("baseline", 0, "needs"), ["high-dep"], ("baseline", 0, "needs", 0), "for each surface", ""),
    (("standards", "top", "status"), "secret", ("standards", "top", "status"), "is not among", ""),
    (
        ("standards", "top", "if_needed", "halt"), ["storing"], ("standards", "top", "if_needed", "halt", 0),
        "is not among", "",
    ),
    (("standards", "top", "if_needed", "of"), "all", ("standards", "top", "if_needed", "of"), "is not", ""),
    ((*CRITERION, "measured_by"), "virology", (*CRITERION, "measured_by"), "without safeguards", "system"),
    ((*CRITERION, "measured_by"), "magic", (*CRITERION, "measured_by"), "is not among", ""),
    (("gates", 0, "told_before"), [], ("gates", 0, "told_before"), "empty", ""),
    (("gates", 0, "told_after", "within"), "soon", ("gates", 0, "told_after", "within"), "unquantified", ""),
    (("pause", "when"), "never", ("pause", "when"), "is not among", ""),
    (("exceptions", "grace"), {}, ("exceptions", "grace"), "means nothing", ""),
    (("exceptions", "interim", "at_most"), "long", ("exceptions", "interim", "at_most"), "unstated", ""),
    (
        ("exceptions", "interim", "preconditions"), ["x"], ("exceptions", "interim", "preconditions"),
        "means nothing", "",
    ),
    (
        ("exceptions", "marginal", "preconditions"), ["A"], ("exceptions", "marginal", "preconditions", 0),
        "is no id", "",
    ),
    (("lineage", "inherit"), ["love"], ("lineage", "inherit", 0), "is not among", ""),
    (("lineage", "assess_again_from"), "much", ("lineage", "assess_again_from"), "an amount", ""),
    (("calendars", "eu", "zone"), "brussels", ("calendars", "eu", "zone"), "`UTC`, an offset", ""),
    (
        ("calendars", "eu", "holidays"), ["2026-12-25", "2026-01-01"], ("calendars", "eu", "holidays", 1),
        "does not come after", "",
    ),
    (("calendars", "eu", "sha256"), "x", ("calendars", "eu", "sha256"), "a SHA-256 digest", ""),
    (("counting",), "backwards", ("counting",), "is not among", ""),
    ((*ASSESS, "before"), "training it", ASSESS, "one of within and before", ""),
    ((*DECIDE, "before"), ..., DECIDE, "one of within and before", ""),
    ((*DECIDE, "before"), "storing it", (*DECIDE, "before"), "is not among", ""),
    ((*DECIDE, "at_least"), "unquantified", (*DECIDE, "at_least"), "a period such as", ""),
    ((*ASSESS, "at_least"), "1 day", (*ASSESS, "at_least"), "at_least without before", ""),
    ((*ASSESS, "from"), "aware", (*ASSESS, "from"), "only events", ""),
    ((*INCIDENT, "from"), "told", (*INCIDENT, "from"), "is not among", ""),
    ((*INCIDENT, "calendar"), "us", (*INCIDENT, "calendar"), "is not among", ""),
    ((*INCIDENT, "calendar"), ..., (*INCIDENT, "within"), "several calendars", "calendar: eu"),
    ((*INCIDENT, "within"), "1 business days", (*INCIDENT, "within"), "`1 business day`", ""),
    ((*ASSESS, "when"), {}, (*ASSESS, "when"), "a trigger has one of", ""),
    ((*ASSESS, "when"), "daily", (*ASSESS, "when"), "a trigger has one of", ""),
    ((*ASSESS, "when"), DEEP_TRIGGER, (*ASSESS, "when", *("any_of", 0) * 8), "nested deeper than 8", ""),
    (
        (*ASSESS, "when", "any_of", 0, "every"), "1 minute", (*ASSESS, "when", "any_of", 0, "every"),
        "an hour", "",
    ),
    ((*ASSESS, "when", "any_of", 1, "since"), "ever", (*ASSESS, "when", "any_of", 1, "since"), "is not", ""),
    ((*DECIDE, "when"), {"event": "genesis"}, (*DECIDE, "when", "event"), "is not among", ""),
    (
        (*DECIDE, "when"), {"event": "heartbeat", "class": "x"}, (*DECIDE, "when", "class"), "has no classes",
        "incident",
    ),
    ((*DECIDE, "do"), "sleep", (*DECIDE, "do"), "one of assessment", ""),
    ((*DECIDE, "do"), {"report": "weather"}, (*DECIDE, "do", "report"), "is not among", ""),
    ((*DECIDE, "do"), {"determination": "love"}, (*DECIDE, "do", "determination"), "is not among", ""),
    ((*DECIDE, "do"), {"dance": "x"}, (*DECIDE, "do", "dance"), "means nothing", ""),
    ((*DECIDE, "unless"), "it rains", (*DECIDE, "unless"), "is not among", ""),
    ((*INCIDENT, "then", 0, "within"), "1 day", (*INCIDENT, "then", 0), "one of within and every", ""),
    (
        (*INCIDENT, "then", 1, "until"), {"notice": "x"}, (*INCIDENT, "then", 1, "until"),
        "until without every", "",
    ),
    (("record_rules", "inventory", "of"), ["A"], ("record_rules", "inventory", "of", 0), "is no id", ""),
    (
        ("record_rules", "inventory", "by"), "bob", ("record_rules", "inventory", "by"), "no role bob", "",
    ),
    (("reversal", "by"), DEEP_ROLE, ("reversal", "by", *("any_of", 0) * 8), "nested deeper than 8", ""),
    (("roles",), {f"r{n}": {} for n in range(4097)}, ("roles",), "4097 names, at most 4096", ""),
    (("gates",), [{}] * 4097, ("gates",), "4097 items, at most 4096", ""),
]  # fmt: skip


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
        if key not in ("clauses", "roles", "tests", "thresholds", "standards", "title"):
            assert ("title",) in [error.path for error in errors]
        assert key == "title" or errors


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
