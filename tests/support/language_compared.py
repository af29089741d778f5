"""The full policy with something else at one place, and what it is then: stronger, weaker or neither.

Each case says where, what is set there (`...` takes it out), the relation, which part differs, and why.

Source: SPEC 7.7.
"""

from typing import Any

from tests.support.language import FULL
from tests.support.story import COMMIT

S, W, N, E = "stronger", "weaker", "incomparable", "equal"
CBRN = ("thresholds", "cbrn")
CHEM = ("tests", "chemistry")
STAMINA = ("tests", "stamina")
FILTERS = ("standards", "high-dep", "criteria", "filters")
INTERIM, MARGINAL = ("exceptions", "interim"), ("exceptions", "marginal")
ASSESS, INCIDENT, DECIDE = (("duties", one) for one in ("assess", "incident", "decide"))
THEN = FULL["thresholds"]["cbrn"]["then"]
RULES = ("record_rules",)
CASES: list[tuple[tuple[str | int, ...], Any, str, str, str]] = [
    # Where something else is set, and what; what it is then; which part differs, and why.
    (("tests", "bypass", "task", "version"), "2", N, "tests.bypass", "of another task"),
    ((*CHEM, "rules_out", "margin"), "0.1", S, "tests.chemistry", "with a margin of 1/10"),
    ((*CHEM, "rules_in", "at_or_above", "score_of"), "ff" * 16, N, "tests.chemistry", "times the score of"),
    ((*STAMINA, "rules_out", "above"), "2/5", W, "tests.stamina", "what rules out"),
    ((*STAMINA, "rules_in", "judged_on"), "upper 95 % bound", W, "tests.stamina", "what is dangerous"),
    # What lacks samples does nothing, and a model without results is not treated as crossed here.
    ((*STAMINA, "needs", "samples"), "20", N, "tests.stamina", "number of samples was 10, is 20"),
    ((*STAMINA, "needs", "planned_first"), ..., N, "tests.stamina", "planned first was yes, is no"),
    (("tests", "bypass", "needs"), {"samples": "20"}, S, "tests.bypass", "number of samples was 0, is 20"),
    (("tests", "bypass", "needs"), {"epochs": "2"}, S, "tests.bypass", "number of epochs"),
    (("tests", "bypass", "needs"), {"variant": "raw"}, S, "tests.bypass", "variant was not given, is raw"),
    (("tests", "bypass", "needs"), {"run_by": "auditor"}, S, "tests.bypass", "who runs it"),
    (("tests", "bypass", "needs"), {"planned_first": "true"}, S, "tests.bypass", "planned first was no"),
    ((*STAMINA, "good_for"), "1 year", W, "tests.stamina", "was 6 months, is 1 year"),
    (("tests", "bypass-both", "rules_in"), ..., W, "tests.bypass-both", "is not given"),
    (("tests", "bypass-both"), ..., E, "tests.bypass-both", "is gone"),
    (("thresholds", "next"), ..., W, "thresholds.next", "is gone"),
    (("thresholds", "more"), FULL["thresholds"]["next"], S, "thresholds.more", "is new"),
    ((*CBRN, "crossed_if_k_of", "k"), "1", S, "thresholds.cbrn", "what crosses it"),
    ((*CBRN, "until_assessed"), "crossed", N, "thresholds.cbrn", "until assessed"),
    (("thresholds", "next", "until_assessed"), "crossed", S, "thresholds.next", "baseline, is crossed"),
    ((*CBRN, "if_not_ruled_out"), "treat as crossed", S, "thresholds.cbrn", "2 weeks, is not given"),
    ((*CBRN, "if_not_ruled_out", "determination_within"), "1 week", S, "thresholds.cbrn", "1 week"),
    ((*CBRN, "respond_within", "time"), "1 month", S, "thresholds.cbrn", "unquantified, is 1 month"),
    ((*CBRN, "respond_within"), ..., N, "thresholds.cbrn", "the time to respond"),
    ((*CBRN, "respond_within", "force"), "aim", W, "thresholds.cbrn", "the force of respond_within"),
    ((*CBRN, "decide_within"), ..., W, "thresholds.cbrn", "the time to decide"),
    ((*CBRN, "declared_by"), "rso", N, "thresholds.cbrn", "who declares a crossing"),
    ((*CBRN, "cleared_by"), "rso", W, "thresholds.cbrn", "who rules it out"),
    ((*CBRN, "carried_over_by"), {"all_of": ["rso", "ceo"]}, S, "thresholds.cbrn", "carries it over"),
    ((*CBRN, "text"), "Words.", E, "thresholds.cbrn", "its text reads otherwise"),
    (("thresholds", "next", "level"), "9", E, "", ""),
    ((*CBRN, "decided_by"), "people", N, "thresholds.cbrn", "who decides was tests, is people"),
    (("baseline", 0, "force"), "aim", W, "baseline.0", "to need base: its force"),
    (("baseline", 0, "while"), ["deploying it"], W, "baseline.0", "while was deploying it, storing it"),
    (("baseline", 0, "needs"), ["base", "high-sec"], S, "baseline.0", "to need high-sec is new"),
    (("baseline", 0, "needs"), [{"any_of": ["base", "high-sec"]}], W, "baseline.0", "what will do"),
    (("baseline", 1, "until"), ..., S, "baseline.1", "what will do"),
    (("baseline", 1, "until"), "part", N, "baseline.1", "what will do was part.alignment, is part"),
    (("baseline", 1), {**COMMIT, "rule_out": "next", "before": "training it"}, N, "baseline.1", "is gone"),
    (("baseline",), [], W, "baseline.1", "to forbid until part.alignment is gone"),
    ((*CBRN, "then"), [*THEN[:2], THEN[3]], W, "cbrn.then.2", "to forbid is gone"),
    ((*CBRN, "then", 1, "define"), "part", N, "cbrn.then.1", "to define part is new"),
    ((*CBRN, "then", 2), {**THEN[2], "until": "base"}, W, "cbrn.then.2", "what will do"),
    (
        (*CBRN, "then"), [*THEN, {**COMMIT, "rule_out": "next", "before": "training it"}], S, "cbrn.then.4",
        "to rule out next is new",
    ),
    (("standards", "top", "if_needed", "of"), "it", W, "standards.top", "what halts while it is needed"),
    (("standards", "part", "status"), "defined", W, "standards.part", "its status was not defined"),
    (("standards", "high-sec", "approved_by"), {"all_of": ["rso", "ceo", "board"]}, S,
     "standards.high-sec", "who approves it"),
    (("standards", "high-sec", "renewed"), ..., W, "standards.high-sec", "how old an approval may become"),
    (("standards", "high-dep", "criteria", "more"), FULL["standards"]["base"]["criteria"]["locks"], S,
     "standards.high-dep", "more is new"),
    ((*FILTERS, "measured_by"), ..., W, "standards.high-dep", "what filters is measured by"),
    ((*FILTERS, "for_each"), ["organisation", "surface"], N, "standards.high-dep", "for what filters"),
    ((*FILTERS, "for_each"), ["model", "surface"], W, "standards.high-dep", "for what filters is attested"),
    ((*FILTERS, "shown_by"), ["red-team", "audit"], S, "standards.high-dep", "audit, red-team"),
    ((*FILTERS, "not_shown_by"), ["self-report"], S, "standards.high-dep", "what does not show filters"),
    ((*FILTERS, "good_for"), ..., W, "standards.high-dep", "how long filters is good"),
    ((*FILTERS, "attested_by"), {"any_of": ["security", "rso"]}, W, "standards.high-dep", "who attests"),
    ((*FILTERS, "text"), "Other.", E, "standards.high-dep", "the text of filters reads otherwise"),
    (("standards", "otherwise", "criteria"), {"seen": FULL["standards"]["otherwise"]["criteria"]["shown"]}, N,
     "standards.otherwise", "shown is gone"),
    (("gates",), [], W, "gates.0", "has one gate less"),
    (("gates",), [*FULL["gates"], {**COMMIT, "for": "training it", "approved_by": "rso"}], S, "gates.1",
     "is new"),
    (("gates", 0, "told_after", "within"), "1 day", S, "gates.0", "board, ceo within 1 day"),
    (("gates", 0, "told_after"), ..., W, "gates.0", "who is told after"),
    (("gates", 0, "told_before"), ["board", "ceo"], S, "gates.0", "who is told before"),
    (("pause", "stops_within"), "1 hour", S, "pause", "how soon it stops"),
    (("pause", "when"), ..., W, "pause", "lifted only while all is in force"),
    (("pause", "called_by"), "board", N, "pause", "who calls it"),
    (("exceptions", "waiver"), ..., S, "exceptions.waiver", "is gone"),
    ((*INTERIM, "at_most"), "unstated", W, "exceptions.interim", "30 days, is not given"),
    ((*INTERIM, "assurance"), "less", E, "exceptions.interim", "reads otherwise"),
    ((*INTERIM, "published"), ..., W, "exceptions.interim", "published was yes, is no"),
    ((*MARGINAL, "preconditions"), ["no-rise"], W, "exceptions.marginal", "its preconditions"),
    (("duties", "decide"), ..., W, "duties.decide", "is gone"),
    ((*ASSESS, "within"), "1 month", S, "duties.assess", "within was unquantified, is 1 month"),
    ((*ASSESS, "unless"), ..., S, "duties.assess", "excused if carried over"),
    ((*ASSESS, "by"), "rso", W, "duties.assess", "by whom"),
    ((*ASSESS, "calendar"), "ours", N, "duties.assess", "within"),
    ((*INCIDENT, "within"), "2 business days", S, "duties.incident", "within was 5 business days"),
    ((*INCIDENT, "within"), "2 days", N, "duties.incident", "within"),
    ((*INCIDENT, "do", "notice"), "nobody", N, "duties.incident", "what is due"),
    ((*INCIDENT, "then"), [], N, "duties.incident", "what follows was 2 more, is 0 more"),
    ((*DECIDE, "at_least"), "3 weeks", S, "duties.decide", "how long before"),
    (("adoption", "signed_off_by"), "ceo", W, "adoption", "who signs it off"),
    (("amendment", "notice"), ..., W, "amendment", "the notice"),
    (("amendment", "weakening"), ..., W, "amendment", "who approves weakening"),
    (("amendment", "weakening", "notice"), "60 days", S, "amendment", "was 30 days, is 60 days"),
    (("amendment", "force"), "aim", W, "amendment", "its force was commitment, is aim"),
    (("amendment", "transition"), ..., S, "amendment", "how long what is out may stay"),
    ((*RULES, "late_after"), "1 day", S, "record_rules", "late after was 2 days"),
    ((*RULES, "retention"), ..., W, "record_rules", "evidence is kept for"),
    ((*RULES, "inventory", "of"), ["api"], W, "record_rules", "the inventory was every 7 days by security"),
    (("lineage", "inherit"), ["merge"], W, "lineage", "what is inherited along"),
    (("lineage", "assess_again_from"), "1/2", W, "lineage", "assessed again from was 1/3, is 1/2"),
    (("lineage",), ..., W, "lineage", "is gone"),
    (("reversal", "by"), {"any_of": ["board", "ceo"]}, S, "reversal", "who reverses"),
    (("roles", "rso", "term"), "1 year", S, "people", "the term of rso"),
    (("separate",), FULL["separate"][:1], W, "people", "who is kept apart was 2 pairs"),
    (("adheres",), ..., W, "people", "what it adheres to was law, is none"),
    (("interpretation", "by"), "rso", N, "people", "who interprets"),
    (("interpretation",), ..., N, "people", "who interprets"),
    (("calendars", "eu", "holidays"), [], N, "people", "the calendars"),
    (("title",), "Another", E, "", ""),
    (("clauses", "1", "text"), "Words", E, "", ""),
]  # fmt: skip
