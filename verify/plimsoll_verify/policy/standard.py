"""Standards: criteria, who attests them and how, whether they are defined at all, and what halts if not.

Source: SPEC 7.4.
"""

from typing import Any, cast

from plimsoll_verify.policy.grammar import parse_period
from plimsoll_verify.policy.measures import whole
from plimsoll_verify.policy.model import Criterion, Halt, Renewal, Standard
from plimsoll_verify.policy.names import Names
from plimsoll_verify.policy.reading import Place, PolicyError

METHODS = ("audit", "document", "interpretability", "red-team", "self-report", "test", "threat-model")
"""How a criterion can be shown to be met (SPEC 5.4)."""

STATUSES = ("defined", "partial", "undefined", "exploratory")
FOR_EACH = ("organisation", "environment", "model", "surface", "threshold", "deployment")


def read_standard(key: str, place: Place, names: Names) -> Standard:
    """Return a standard."""
    members = place.members(
        [], ["status", "dimension", "level", "approved_by", "renewed", "criteria", "if_needed"]
    )
    status = members.get("status", lambda at: at.one_of(STATUSES), "defined")
    criteria: dict[str, Criterion] = members.get(
        "criteria", lambda at: at.named(lambda name, item: _criterion(name, item, names)), {}
    )
    if status == "defined" and criteria == {}:
        message = "a defined standard without criteria"
        place.note(PolicyError(place.path, message, "write its criteria, or `status: undefined`"))
    if "renewed" in members and "approved_by" not in members:
        message = "renewed without approved_by"
        place.note(PolicyError(members["renewed"].path, message, "say whose approval is to be renewed"))
    return Standard(
        key,
        cast("Any", status),
        members.get("dimension", lambda at: at.one_of(["deployment", "security"]), ""),
        members.get("level", whole, 0),
        members.get("approved_by", names.quorum, None),
        members.get("renewed", lambda at: _renewal(at, names), None),
        criteria,
        members.get("if_needed", lambda at: _halt(at, names), None),
    )


def criteria_of(place: Place) -> frozenset[str]:
    """Return, before a standard is read, the names of its criteria."""
    criteria = place.value.get("criteria") if isinstance(place.value, dict) else None
    return frozenset(criteria) if isinstance(criteria, dict) else frozenset()


def _renewal(place: Place, names: Names) -> Renewal:
    members = place.members(["every", "clause", "force"])
    return Renewal(members.of("every", lambda at: at.read(parse_period)), names.promise(members))


def _halt(place: Place, names: Names) -> Halt:
    members = place.members(["halt", "of", "clause", "force"])
    whose = members.of("of", lambda at: at.one_of(["it", "it and its descendants"]))
    halted = members.of("halt", lambda at: frozenset(at.words(["training", "deploying"])))
    return Halt(names.promise(members), halted, whose != "it")


def _criterion(key: str, place: Place, names: Names) -> Criterion:
    members = place.members(
        ["text", "for_each", "attested_by"], ["shown_by", "not_shown_by", "good_for", "measured_by"]
    )
    return Criterion(
        key,
        members.of("text", Place.text),
        members.of("for_each", _for_each),
        members.of("attested_by", names.quorum),
        members.get("shown_by", _methods, frozenset()),
        members.get("not_shown_by", _methods, frozenset()),
        members.get("good_for", lambda at: at.read(parse_period), None),
        members.get("measured_by", lambda at: _measure(at, names), ""),
    )


def _for_each(place: Place) -> frozenset[str]:
    found = frozenset(place.words(FOR_EACH))
    if found >= {"organisation", "model"}:
        place.fail("organisation and model", "an attestation is about one or the other")
    return found


def _measure(place: Place, names: Names) -> str:
    test = place.one_of(names.tests)
    if not names.tests[test]:
        place.fail(
            f"{test} tests the model without safeguards",
            "a criterion is measured by a test of the `system as deployed`",
        )
    return test


def _methods(place: Place) -> frozenset[str]:
    return frozenset(place.words(METHODS))
