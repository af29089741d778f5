"""A policy that uses every construct of the language once, beside what the small policy has.

Source: SPEC 7.4.
"""

from typing import Any

from tests.support.story import COMMIT, POLICY, policy_with

AIM = {"clause": "2", "force": "aim"}
MODEL = "0123456789abcdef" * 2
BYPASS: dict[str, Any] = {
    "task": {"name": "bypass", "version": "1", "scorer": "judge", "metric": "rate", "over_epochs": "mean"},
    "tests_the": "system as deployed",
    "danger": "high scores",
    "rules_out": {"below": "1/20", "judged_on": "upper 95 % bound"},
    "good_for": "3 months",
}


def _test(**changes: Any) -> dict[str, Any]:
    return {**POLICY["tests"]["virology"], **changes}


FULL: dict[str, Any] = policy_with(
    subject="compound",
    applies_to="every registered subject",
    called=[{"activity": "deploying it", "words": "giving it to people"}],
    source={
        "title": "t", "sha256": "ab" * 32, "url": "https://example.org/p", "published": "2026-01-01",
        "encoding_checked_by": "aud",
    },
    adheres=[{**COMMIT, "to": "law"}],
    roles__rso={"title": "Officer", "outside": "false", "term": "2 years"},
    separate=[
        {**COMMIT, "who": ["evaluator"], "from": ["release"], "on": "the same model"},
        {**AIM, "who": "whoever made it", "from": "whoever approves it", "on": "the same act"},
    ],
    interpretation={**COMMIT, "by": {"any_of": ["rso", "ceo"]}},
    reversal={**COMMIT, "by": "board", "stops_within": "unquantified"},
    amendment={
        **COMMIT,
        "approved_by": {"all_of": ["ceo", "board"]},
        "proposed_by": "rso",
        "consulted": ["auditor"],
        "published": "before effect",
        "notice": "1 week",
        "weakening": {"approved_by": "auditor", "notice": "30 days", "forbidden_within": "6 months"},
        "transition": {"keep_until": "3 months"},
    },
    tests={
        "virology": POLICY["tests"]["virology"],
        "chemistry": _test(
            rules_out={"below": {"score_of": MODEL, "times": "1.1"}, "judged_on": "score", "margin": "0.05"},
            rules_in={"at_or_above": {"score_of": MODEL}, "judged_on": "score"},
        ),
        "stamina": _test(
            danger="low scores",
            rules_out={"above": "1/2", "judged_on": "score", "margin": "1/10"},
            rules_in={"at_or_below": "1/4", "judged_on": "lower 95 % bound"},
        ),
        "bypass": BYPASS,
        "bypass-both": {**BYPASS, "rules_in": {"at_or_above": "1/2", "judged_on": "score"}},
    },
    thresholds__cbrn={
        **{key: one for key, one in POLICY["thresholds"]["cbrn"].items() if key != "crossed_if_any_of"},
        "crossed_if_k_of": {
            "k": "2",
            "of": [
                "virology",
                {"any_of": ["chemistry", {"all_of": ["stamina", "virology"]}]},
                {"k_of": {"k": "1", "of": ["stamina"]}},
            ],
        },
        "until_assessed": {"as": MODEL},
        "if_not_ruled_out": {"determination_within": "2 weeks", "words": "soon", **COMMIT},
        "respond_within": {"time": "unquantified", "words": "promptly", **COMMIT},
        "decide_within": {"time": "1 month", **COMMIT},
        "carried_over_by": "rso",
        "level": "3",
        "then": [
            {
                **COMMIT,
                "needs": ["high-sec", {"any_of": ["base", "otherwise"]}],
                "while": ["training it", "training any model of at least its effective compute"],
            },
            {**COMMIT, "define": "top", "before": "releasing its weights"},
            {**COMMIT, "forbid": "deploying it with tools"},
            {**COMMIT, "needs": ["high-dep"], "while": ["deploying it internally at high risk"]},
        ],
    },
    standards__otherwise={
        "criteria": {
            "shown": {"text": "Shown.", "for_each": ["environment"], "attested_by": "security"},
        },
    },
    standards__top={
        "status": "exploratory",
        "if_needed": {**COMMIT, "halt": ["training", "deploying"], "of": "it and its descendants"},
    },
    **{
        "standards__high-dep__criteria__filters__for_each": ["model", "surface", "deployment"],
        "standards__high-dep__criteria__filters__measured_by": "bypass",
    },
    gates=[
        {
            **COMMIT, "for": "offering it for fine-tuning", "approved_by": "rso", "told_before": ["board"],
            "consulted_before": ["auditor"], "told_after": {"who": ["ceo", "board"], "within": "2 days"},
        },
    ],
    pause__when="every needed standard is in force",
    exceptions={
        "interim": {
            **COMMIT, "approved_by": "rso", "told": ["board"], "at_most": "30 days", "published": "true",
            "assurance": "the same",
        },
        "waiver": {**COMMIT, "approved_by": {"all_of": ["ceo", "board"]}, "at_most": "unstated"},
        "marginal": {
            **AIM, "approved_by": "rso", "preconditions": ["others-have-it", "no-rise"], "at_most": "1 year",
            "told": ["board"], "published": "false",
        },
    },
    lineage={**COMMIT, "inherit": ["fine-tune", "merge"], "assess_again_from": "1/3"},
    calendars={
        "eu": {"zone": "Europe/Brussels", "holidays": ["2026-01-01", "2026-12-25"], "sha256": "cd" * 32},
        "ours": {"zone": "+01:00", "holidays": []},
    },
    counting="eu-1182-71",
    duties={
        "assess": {
            **COMMIT,
            "when": {
                "any_of": [
                    {"every": "6 months", "since": {"assessment": "comprehensive"}},
                    {"compute": "4", "since": "the last assessment"},
                    {"activity": "training it"},
                ]
            },
            "do": {"assessment": "comprehensive"},
            "by": {"all_of": ["evaluator", "rso"]},
            "within": "unquantified",
            "words": "in time",
            "calendar": "eu",
            "unless": "carried over",
        },
        "incident": {
            **COMMIT,
            "when": {"any_of": [{"event": "incident", "class": "critical"}, {"event": "noncompliance"}]},
            "from": "aware",
            "do": {"notice": "the authority"},
            "to": "the authority",
            "within": "5 business days",
            "calendar": "eu",
            "then": [
                {
                    **COMMIT, "do": {"report": "risk"}, "every": "4 weeks", "by": "rso",
                    "to": "the authority", "until": {"publication": "what was learnt"},
                },
                {**AIM, "do": {"external_review": "of it"}, "within": "1 month"},
            ],
        },
        "decide": {
            **AIM,
            "when": {"event": "eval-result"},
            "do": {"determination": "cbrn"},
            "before": "deploying it externally to trusted users",
            "at_least": "2 weeks",
            "calendar": "ours",
        },
    },
    record_rules={
        "late_after": "2 days",
        "heartbeat": {"every": "1 day"},
        "inventory": {"every": "7 days", "by": "security", "of": ["api", "internal"], "tolerance": "1 hour"},
        "plans": {"close_within": "1 month"},
        "retention": {"evidence": "5 years"},
    },
    maps_to={"duties": ["nist.govern"]},
)  # fmt: skip
