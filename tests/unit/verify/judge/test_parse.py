"""The policy parser: what is not understood is refused, and the error says where."""

import copy
import json
import pickle
from typing import Any

import pytest
import yaml
from tests.support.forge import canonical
from tests.support.story import COMMIT, POLICY, policy_with

from plimsoll_verify.limits import MAX_POLICY_BYTES
from plimsoll_verify.policy.grammar import Activity, Quorum
from plimsoll_verify.policy.model import Forbid, Needs, RuleOut
from plimsoll_verify.policy.parse import PolicyError, parse_policy


def refused(document: Any) -> PolicyError:
    """Return the error that refuses a document."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(document)
    return caught.value


def test_the_house_policy_is_understood() -> None:
    with open("policies/harbour.yaml", encoding="utf-8") as file:  # noqa: PTH123
        policy = parse_policy(yaml.load(file, Loader=yaml.BaseLoader))  # noqa: S506 - it makes strings only.
    assert policy.id == "harbour-rsp"
    assert policy.roles["external-auditor"]
    threshold = policy.thresholds["cbrn-3"]
    assert [type(rule) for rule in threshold.then] == [Needs, Needs, RuleOut]
    assert isinstance(policy.baseline[2], Forbid)
    assert policy.baseline[2].until == "asl-4-deployment.alignment-verified"
    assert threshold.declared_by == Quorum(2, ("rso", "ceo"))
    assert policy.gates[0].activity is Activity.DEPLOYING_EXTERNALLY
    assert policy.maps_to["tests"] == ("nist.measure",)


def test_bytes_and_trees_give_the_same_policy() -> None:
    assert parse_policy(canonical(POLICY)) == parse_policy(copy.deepcopy(POLICY))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (b"{", "canonical JSON"),
        (b'{"a":1.5}', "no fractions"),
        (json.dumps(POLICY).encode(), "canonical spelling"),
        (b" " * (MAX_POLICY_BYTES + 1), "at most"),
        (b"[]", "a list where an object"),
        (b"null", "nothing where an object"),
    ],
)
def test_what_is_no_document(document: bytes, message: str) -> None:
    error = refused(document)
    assert error.path == ()
    assert message in str(error)


TEST = ("tests", "virology")
CBRN = ("thresholds", "cbrn")
FILTERS = ("standards", "high-dep", "criteria", "filters")
CASES: list[tuple[tuple[str | int, ...], Any, tuple[str | int, ...], str, str]] = [
    # Where, what is set there, where the error points, what it says, what its hint says.
    (("policy",), "plimsoll/policy/v2", ("policy",), "another version", "a newer verifier"),
    (("id",), "Upper", ("id",), "is no id", ""),
    (("title",), 3, ("title",), "the int '3' where a text is wanted", ""),
    (("title",), ["x"], ("title",), "a list where a text", ""),
    (("title",), {}, ("title",), "an object where a text", ""),
    (("title",), None, ("title",), "nothing where a text", ""),
    (("surprise",), "x", ("surprise",), "means nothing here", "known here"),
    (("baselin",), [], ("baselin",), "means nothing here", "did you mean baseline?"),
    (("gates",), ..., (), "gates is missing", "no default"),
    (("subject",), "a cat", ("subject",), "is no id", ""),
    (("applies_to",), "some models", ("applies_to",), "is not among", ""),
    (("effective_from",), "2026-01-01", ("effective_from",), "a time such as", ""),
    (("effective_from",), "2026-02-30T00:00:00Z", ("effective_from",), "a time such as", ""),
    (("source", "sha256"), "0", ("source", "sha256"), "64 lower-case hex digits", ""),
    (("clauses",), [], ("clauses",), "an object of names", ""),
    (("clauses", "a b"), {"judged_by": "log"}, ("clauses", "a b"), "is no name", ""),
    (("clauses", "1", "judged_by"), "god", ("clauses", "1", "judged_by"), "is not among", ""),
    (("roles", "A"), {}, ("roles", "A"), "is no id", ""),
    (("roles", "ceo"), {"outside": "yes"}, ("roles", "ceo", "outside"), "is not among true, false", ""),
    (("adoption", "signed_off_by"), "boss", ("adoption", "signed_off_by"), "no role boss", "known here"),
    (("adoption", "signed_off_by"), "cei", ("adoption", "signed_off_by"), "no role cei", "did you mean ceo?"),
    (("adoption", "signed_off_by"), [], ("adoption", "signed_off_by"), "a quorum is", ""),
    (("adoption", "signed_off_by"), {"all_of": []}, ("adoption", "signed_off_by", "all_of"), "empty", ""),
    (
        ("amendment", "approved_by"), {"most_of": ["ceo"]},
        ("amendment", "approved_by", "most_of"), "means nothing", "",
    ),
    (
        ("adoption", "signed_off_by"), {"k_of": {"k": "3", "of": ["ceo", "rso"]}},
        ("adoption", "signed_off_by", "k_of", "k"), "3 of 2", "",
    ),
    (
        ("adoption", "signed_off_by"), {"k_of": {"k": "0", "of": ["ceo"]}},
        ("adoption", "signed_off_by", "k_of", "k"), "0 of 1", "",
    ),
    (("adoption", "signed_off_by"), {"any_of": ["ceo"] * 17}, ("adoption", "signed_off_by"), "17 roles", ""),
    ((*TEST, "tests_the"), "system as deployed", (*CBRN, "crossed_if_any_of", 0), "as deployed", "safeguard"),
    ((*TEST, "tests_the"), "the press", (*TEST, "tests_the"), "is not among", ""),
    ((*TEST, "danger"), "low scores", (*TEST, "rules_out", "below"), "means nothing", "above"),
    ((*TEST, "rules_out", "below"), "half", (*TEST, "rules_out", "below"), "an amount such as", ""),
    ((*TEST, "rules_out", "judged_on"), "vibes", (*TEST, "rules_out", "judged_on"), "is not among", ""),
    ((*TEST, "rules_in", "at_or_above"), "1/4", (*TEST, "rules_in"), "rules in what rules_out", ""),
    ((*TEST, "needs", "run_by"), "nobody", (*TEST, "needs", "run_by"), "no role nobody", ""),
    ((*TEST, "needs", "samples"), "ten", (*TEST, "needs", "samples"), "a whole number", ""),
    ((*TEST, "good_for"), "1 months", (*TEST, "good_for"), "a period such as", ""),
    ((*TEST, "task", "version"), 1, (*TEST, "task", "version"), "a text is wanted", ""),
    ((*CBRN, "clause"), "9", (*CBRN, "clause"), "no clause '9' is listed", ""),
    ((*CBRN, "force"), "vow", (*CBRN, "force"), "is not among", ""),
    ((*CBRN, "force"), ..., CBRN, "force is missing", "no default"),
    ((*CBRN, "crossed_if_any_of"), ..., CBRN, "one of crossed_if_any_of", ""),
    ((*CBRN, "crossed_if_all_of"), ["virology"], CBRN, "crossed_if_any_of and crossed_if_all_of", "nest"),
    ((*CBRN, "crossed_if_any_of"), ["virolgy"], (*CBRN, "crossed_if_any_of", 0), "is not among", "virology"),
    ((*CBRN, "crossed_if_any_of"), ["virology"] * 2, (*CBRN, "crossed_if_any_of", 1), "twice", ""),
    ((*CBRN, "if_not_ruled_out"), "hope", (*CBRN, "if_not_ruled_out"), "is not among", ""),
    ((*CBRN, "then"), {}, (*CBRN, "then"), "where a list is wanted", ""),
    ((*CBRN, "then", 0), "x", (*CBRN, "then", 0), "a rule has one of", ""),
    ((*CBRN, "then", 0, "forbid"), "x", (*CBRN, "then", 0), "one of needs, rule_out, forbid and define", ""),
    ((*CBRN, "then", 0, "needs"), ["basee"], (*CBRN, "then", 0, "needs", 0), "is not among", "base?"),
    ((*CBRN, "then", 0, "while"), ["sleeping"], (*CBRN, "then", 0, "while", 0), "is not among", ""),
    ((*CBRN, "then", 2, "rule_out"), "nxt", (*CBRN, "then", 2, "rule_out"), "is not among", "next"),
    ((*CBRN, "then", 0, "needs"), ["high-dep"], (*CBRN, "then", 0, "needs", 0), "only deployments", ""),
    (("standards", "base", "criteria", "locks", "for_each"), ["environment"], ("baseline", 0, "needs", 0),
     "base.locks is attested for each environment, and only training and deployments have one", ""),
    (("baseline", 1, "until"), "nothing", ("baseline", 1, "until"), "no standard 'nothing'", ""),
    (("baseline", 1, "until"), "part.alignmnt", ("baseline", 1, "until"), "no criterion", "alignment"),
    (("baseline", 1, "until"), "part.", ("baseline", 1, "until"), "no criterion", ""),
    ((*FILTERS, "for_each"), ["organisation", "model"], (*FILTERS, "for_each"), "organisation and model", ""),
    ((*FILTERS, "for_each"), ["planet"], (*FILTERS, "for_each", 0), "is not among", ""),
    ((*FILTERS, "for_each"), [], (*FILTERS, "for_each"), "empty list", ""),
    ((*FILTERS, "shown_by"), ["magic"], (*FILTERS, "shown_by", 0), "is not among", ""),
    (("standards", "base", "criteria"), ..., ("standards", "base"), "without criteria", "undefined"),
    (("standards", "base", "level"), "two", ("standards", "base", "level"), "a whole number", ""),
    (("standards", "base", "dimension"), "height", ("standards", "base", "dimension"), "is not among", ""),
    (("standards", "high-sec", "approved_by"), ..., ("standards", "high-sec", "renewed"), "without", ""),
    (("gates", 0, "for"), "storing it", ("gates", 0, "for"), "is not among", ""),
    (("pause", "stops_within"), "soon", ("pause", "stops_within"), "a period such as", ""),
    (("record_rules", "late_after"), ..., ("record_rules",), "late_after is missing", ""),
    (("maps_to",), {"x": "y"}, ("maps_to", "x"), "where a list is wanted", ""),
]  # fmt: skip


@pytest.mark.parametrize(("where", "value", "path", "message", "hint"), CASES)
def test_errors_say_where_and_what(
    where: tuple[str | int, ...], value: Any, path: tuple[str | int, ...], message: str, hint: str
) -> None:
    document = copy.deepcopy(POLICY)
    at: Any = document
    for key in where[:-1]:
        at = at[key]
    if value is ...:
        del at[where[-1]]
    else:
        at[where[-1]] = value
    error = refused(document)
    assert error.path == path
    assert message in error.message
    assert hint in error.hint


def test_the_baseline_has_no_threshold_to_attest_for() -> None:
    document = policy_with(
        standards__base__criteria__locks__for_each=["threshold"], baseline__1=..., thresholds={}
    )
    error = refused(document)
    assert (error.path, "the baseline has none" in error.message) == (("baseline", 0, "needs", 0), True)


def test_what_is_optional_can_be_left_out_or_said() -> None:
    document = policy_with(
        source={"title": "t", "sha256": "ab" * 32, "encoding_checked_by": "aud"},
        maps_to={"tests": ["nist.measure"]},
        tests__virology__needs=...,
        thresholds__cbrn__text="Words.",
        standards__base__status="defined",
        effective_from="2026-01-01T00:00:00.001Z",
        gates=[],
        baseline=[],
    )
    document["clauses"]["1"]["text"] = "Words."
    document["clauses"]["3"]["why"] = "Words."
    document["roles"]["ceo"]["title"] = "Chief"
    policy = parse_policy(document)
    assert policy.source["encoding_checked_by"] == "aud"
    assert policy.tests["virology"].needs.samples == 0
    assert policy.effective_ms % 1000 == 1
    assert (policy.gates, policy.baseline) == ((), ())


def test_a_threshold_decided_by_people_may_have_indications() -> None:
    assert parse_policy(policy_with(thresholds__next__crossed_if_all_of=["virology"])).thresholds[
        "next"
    ].tests == ("virology",)


def test_only_commitments_are_commitments() -> None:
    policy = parse_policy(
        policy_with(baseline=[{**COMMIT, "force": "aim", "needs": ["base"], "while": ["storing it"]}])
    )
    assert not policy.baseline[0].promise.is_commitment


def test_errors_cross_process_borders() -> None:
    error = PolicyError(("a", 0), "message", "hint")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - it was pickled here.
    assert (again.path, str(again), again.hint) == (("a", 0), "message", "hint")
