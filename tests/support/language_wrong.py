"""What makes no sense in the policy language: one thing wrong with the full policy at a time.

Each case says where, what is set there (`...` takes it out), where the error points, what it says, and what
its hint says.

Source: SPEC 7.
"""

from typing import Any

from tests.support.language import FULL

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
        (*ASSESS, "when"), {"event": "incident"}, ASSESS, "from is missing", "determined",
    ),
    (
        (*DECIDE, "when"), {"activity": "training it"}, (*DECIDE, "before"), "another activity",
        "training it",
    ),
    (
        ("record_rules", "inventory", "tolerance"), "1 month", ("record_rules", "inventory", "tolerance"),
        "in months", "how many days",
    ),
    (
        (*DECIDE, "when"), {"event": "inventory", "class": "x"}, (*DECIDE, "when", "class"), "has no classes",
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
