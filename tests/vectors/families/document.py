"""One small policy that has every part of the language, and how vectors make others of it."""

import copy
from typing import Any

Tree = dict[str, Any]

RULE = {"clause": "1", "force": "commitment"}

POLICY: Tree = {
    "policy": "plimsoll/policy/v1",
    "id": "house",
    "version": "1",
    "title": "A policy for vectors",
    "effective_from": "2026-01-01T00:00:00Z",
    "source": {"title": "This document"},
    "subject": "model",
    "applies_to": "every registered model",
    "adoption": {"signed_off_by": {"any_of": ["ceo"]}},
    "amendment": {"approved_by": {"any_of": ["ceo"]}},
    "clauses": {
        "1": {"judged_by": "log", "text": "All of it."},
        "2": {"judged_by": "nobody", "why": "Taste."},
    },
    "roles": {
        "ceo": {"title": "Chief executive"},
        "rso": {},
        "evaluator": {},
        "keeper": {},
        "auditor": {"outside": "true"},
    },
    "tests": {
        "bio": {
            "task": {
                "name": "bio",
                "version": "1",
                "scorer": "match",
                "metric": "accuracy",
                "over_epochs": "mean",
            },
            "tests_the": "model without safeguards",
            "danger": "high scores",
            "rules_out": {"below": "1/2", "judged_on": "score"},
            "rules_in": {"at_or_above": "4/5", "judged_on": "score"},
            "needs": {
                "samples": "10",
                "epochs": "1",
                "variant": "helpful-only",
                "run_by": "evaluator",
                "planned_first": "true",
            },
            "good_for": "60 days",
        },
        "cyber": {
            "task": {
                "name": "cyber",
                "version": "1",
                "scorer": "match",
                "metric": "accuracy",
                "over_epochs": "mean",
            },
            "tests_the": "model without safeguards",
            "danger": "high scores",
            "rules_out": {"below": "0.5", "judged_on": "upper 95 % bound"},
            "rules_in": {"at_or_above": "0.8", "judged_on": "lower 95 % bound"},
            "good_for": "60 days",
        },
    },
    "thresholds": {
        "cbrn": {
            "domain": "cbrn",
            **RULE,
            "text": "Gives uplift.",
            "decided_by": "tests",
            "crossed_if_any_of": ["bio"],
            "until_assessed": "baseline",
            "if_not_ruled_out": "treat as crossed",
            "respond_within": {"time": "10 days", **RULE},
            "declared_by": {"all_of": ["rso", "ceo"]},
            "cleared_by": {"all_of": ["rso", "ceo"]},
            "then": [{**RULE, "needs": ["high"], "while": ["deploying it"]}],
        },
        "next": {
            "domain": "cbrn",
            **RULE,
            "decided_by": "people",
            "until_assessed": "baseline",
            "if_not_ruled_out": "treat as crossed",
            "declared_by": {"all_of": ["rso", "ceo"]},
            "then": [{**RULE, "needs": ["undefined"], "while": ["deploying it"]}],
        },
    },
    "baseline": [{**RULE, "needs": ["base"], "while": ["deploying it"]}],
    "standards": {
        "base": {
            "dimension": "deployment",
            "level": "2",
            "criteria": {
                "policy": {
                    "text": "There is one.",
                    "for_each": ["organisation"],
                    "attested_by": {"any_of": ["keeper"]},
                    "good_for": "90 days",
                }
            },
        },
        "high": {
            "dimension": "deployment",
            "level": "3",
            "approved_by": {"all_of": ["rso"]},
            "renewed": {"every": "30 days", **RULE},
            "criteria": {
                "filters": {
                    "text": "They stop misuse.",
                    "for_each": ["model", "surface"],
                    "attested_by": "keeper",
                    "shown_by": ["red-team"],
                    "not_shown_by": ["self-report"],
                    "good_for": "1 year",
                }
            },
        },
        "undefined": {"status": "undefined"},
    },
    "gates": [{**RULE, "for": "deploying it externally", "approved_by": {"all_of": ["rso", "ceo"]}}],
    "pause": {
        **RULE,
        "called_by": {"any_of": ["rso"]},
        "lifted_by": {"all_of": ["rso", "ceo"]},
        "stops_within": "72 hours",
    },
    "record_rules": {"late_after": "2 days"},
    "maps_to": {"gates": ["nist.govern"]},
}

REMOVED = object()
"""Stands for a member that an edit takes away."""


def edited(document: Tree, *edits: tuple[list[str | int], Any]) -> Tree:
    """Return a copy of a document with values set, or removed, at paths."""
    tree = copy.deepcopy(document)
    for path, value in edits:
        at: Any = tree
        for step in path[:-1]:
            at = at[step]
        if value is REMOVED:
            del at[path[-1]]
        else:
            at[path[-1]] = value
    return tree
