"""Which role somebody speaks in when they do not say: the one that the policy asks for."""

from typing import Any

import pytest
from tests.support.office import Office

from plimsoll_attest.approvals import parse_indexes, sign_off_role
from plimsoll_attest.errors import UsageError
from plimsoll_attest.policyfile import find_policy
from plimsoll_attest.roles import choose_role, roles_in, wanted_roles
from plimsoll_attest.views import EntryView
from plimsoll_attest.yamltree import read_yaml

HARBOUR: dict[str, Any] = read_yaml(find_policy("harbour")).tree


def entry(kind: str, body: dict[str, Any]) -> EntryView:
    """Return an entry of which only kind and body matter."""
    return EntryView(9, 0, "0" * 64, kind, (), "a", "b", 0, 1, "", body, "", b"")


def test_a_quorum_names_roles_however_it_is_nested() -> None:
    quorum = {"all_of": ["ceo", {"k_of": {"k": "2", "of": ["board", {"any_of": ["rso", "cto"]}]}}]}
    assert roles_in(quorum) == {"ceo", "board", "rso", "cto"}
    assert roles_in("ceo") == {"ceo"}
    assert roles_in(None) == set()


@pytest.mark.parametrize(
    ("held", "wanted", "role"),
    [
        (["ceo"], set(), "ceo"),
        (["ceo", "root"], set(), "ceo"),
        (["ceo", "root"], {"root"}, "root"),
        (["board", "ceo"], {"ceo", "rso"}, "ceo"),
        (["root"], {"ceo"}, "root"),
    ],
)
def test_the_role_that_is_asked_for_else_the_only_one(held: list[str], wanted: set[str], role: str) -> None:
    assert choose_role("bob", held, wanted) == role


def test_two_that_fit_are_for_the_person_to_choose() -> None:
    with pytest.raises(UsageError, match="bob could speak as board or as ceo") as error:
        choose_role("bob", ["board", "ceo", "root"], {"board", "ceo"})
    assert error.value.hint == "say which with --role"
    with pytest.raises(UsageError, match="bob holds no role"):
        choose_role("bob", [], {"ceo"})


@pytest.mark.parametrize(
    ("kind", "body", "roles"),
    [
        ("person", {}, {"root"}),
        ("key-retired", {}, {"root"}),
        ("heartbeat", {}, set()),
        ("eval-planned", {"task": {"name": "virology_long_form", "version": "3"}}, {"evaluator"}),
        ("eval-planned", {"task": {"name": "other", "version": "3"}}, set()),
        ("pause", {}, roles_in(HARBOUR["pause"]["called_by"])),
        ("resumed", {}, roles_in(HARBOUR["pause"]["lifted_by"])),
        (
            "determination",
            {"threshold": "cbrn-3", "outcome": "crossed"},
            roles_in(HARBOUR["thresholds"]["cbrn-3"]["declared_by"]),
        ),
        ("determination", {"threshold": "no-such", "outcome": "crossed"}, set()),
    ],
)
def test_what_the_policy_asks_of_an_author(kind: str, body: dict[str, Any], roles: set[str]) -> None:
    assert wanted_roles(kind, body, HARBOUR, None) == roles


@pytest.mark.parametrize(("body", "roles"), [({"threshold": "t"}, {"rso"}), ({}, {"rso", "ceo"})])
def test_who_may_say_that_a_model_is_like_another(body: dict[str, Any], roles: set[str]) -> None:
    policy = {
        "thresholds": {"t": {"declared_by": "rso"}, "u": {"declared_by": "x", "carried_over_by": "ceo"}}
    }
    assert wanted_roles("carried-over", body, policy, None) == roles


def test_a_first_policy_is_an_act_of_the_root_persons() -> None:
    assert wanted_roles("policy", {}, None, None) == {"root"}


@pytest.mark.parametrize("outcome", ["crossed", "ruled_out"])
def test_a_ruling_out_asks_for_those_who_may_clear(outcome: str) -> None:
    policy = {"thresholds": {"t": {"declared_by": "rso", "cleared_by": {"all_of": ["rso", "board"]}}}}
    wanted = wanted_roles("determination", {"threshold": "t", "outcome": outcome}, policy, None)
    assert wanted == ({"rso", "board"} if outcome == "ruled_out" else {"rso"})


@pytest.mark.parametrize(
    ("target", "roles"),
    [
        (entry("person", {}), {"root"}),
        (entry("policy", HARBOUR), {"engineering-lead", "product-lead", "ceo", "root"}),
        (entry("policy-amendment", HARBOUR), {"board", "ceo"}),
        (entry("permit", {"activity": "deploy"}), {"rso", "ceo"}),
        (entry("report", {"type": "safeguards", "standard": "asl-3-security"}), {"rso", "ceo"}),
        (entry("report", {"type": "safeguards", "standard": "asl-2-security"}), set()),
        (entry("determination", {"threshold": "cbrn-3", "outcome": "crossed"}), {"rso", "ceo"}),
    ],
)
def test_a_sign_off_counts_in_the_role_that_its_act_asks_for(target: EntryView, roles: set[str]) -> None:
    found = wanted_roles("sign-off", {}, HARBOUR, target)
    assert roles <= found if target.kind == "permit" else found == roles


@pytest.mark.parametrize(
    ("activity", "phrase", "fits"),
    [
        ("deploy", "releasing its weights", True),
        ("deploy", "offering it for fine-tuning", True),
        ("deploy", "training it", False),
        ("train", "training it", True),
        ("train", "deploying it", False),
    ],
)
def test_a_permit_asks_for_the_gates_of_its_activity(activity: str, phrase: str, *, fits: bool) -> None:
    policy = {"gates": [{"for": phrase, "approved_by": "rso"}]}
    found = wanted_roles("sign-off", {}, policy, entry("permit", {"activity": activity}))
    assert found == ({"rso"} if fits else set())


def test_an_amendment_is_proposed_by_whom_the_policy_names() -> None:
    policy = {"amendment": {"proposed_by": {"any_of": ["rso", "ceo"]}, "approved_by": "board"}}
    assert wanted_roles("policy-amendment", {}, policy, None) == {"rso", "ceo"}


def test_an_amendment_is_signed_off_by_all_whom_the_policy_wants_to_hear() -> None:
    weakening = {"approved_by": {"all_of": ["board", "auditor"]}}
    policy = {
        "amendment": {
            "proposed_by": "ceo", "approved_by": "board", "consulted": ["rso"], "weakening": weakening,
        }
    }  # fmt: skip
    found = wanted_roles("sign-off", {}, policy, entry("policy-amendment", {}))
    assert found == {"ceo", "board", "rso", "auditor"}


def test_the_desk_asks_the_recorded_policy(office: Office) -> None:
    office.record("policy", [f"policy:{HARBOUR['id']}"], HARBOUR, "rso")
    with office.desk() as desk:
        desk.submit(
            [
                desk.draft(
                    "role", ["person:ceo", f"role:{role}"], {"person": "ceo", "role": role}, person="rso"
                )
                for role in ("board", "evaluator")
            ]
        )
        plan = {"task": {"name": "virology_long_form", "version": "3"}}
        assert desk.choose_role("eval-planned", plan, "ceo") == "evaluator"
        policy = next(desk.entries("policy"))
        assert sign_off_role(desk, policy, "ceo") == "ceo"
        with pytest.raises(UsageError, match="ceo could speak as board or as ceo or as evaluator"):
            desk.choose_role("heartbeat", {}, "ceo")


DUTIES: dict[str, Any] = {
    "record_rules": {"inventory": {"by": "keeper"}},
    "duties": {
        "tell": {
            "do": {"notice": "incident"},
            "by": {"all_of": ["rso", "ceo"]},
            "then": [{"do": {"report": "risk"}, "by": "board"}],
        },
        "assess": {"do": {"assessment": "whole"}, "by": "evaluator"},
        "review": {"do": {"external_review": "yearly"}},
    },
}


@pytest.mark.parametrize(
    ("kind", "body", "roles"),
    [
        ("disclosure", {"type": "incident"}, {"rso", "ceo"}),
        ("disclosure", {"type": "risk"}, {"board"}),
        ("disclosure", {"type": "other"}, set()),
        ("report", {"type": "risk"}, {"board"}),
        ("assessment", {"type": "whole"}, {"evaluator"}),
        ("external-review", {"type": "yearly"}, set()),
        ("inventory", {"surface": "api"}, {"keeper"}),
        ("incident", {"class": "critical"}, set()),
    ],
)
def test_what_the_duties_ask_of_an_author(kind: str, body: dict[str, Any], roles: set[str]) -> None:
    assert wanted_roles(kind, body, DUTIES, None) == roles
    assert wanted_roles(kind, body, {}, None) == set()
    if kind != "incident":
        assert wanted_roles("sign-off", {}, DUTIES, entry(kind, body)) == roles


def test_ranges_of_entries() -> None:
    assert list(parse_indexes("31")) == [31]
    assert list(parse_indexes("0-2")) == [0, 1, 2]
    for wrong in ("", "x", "3-1", "1-", "-1", "01", "1-2-3", "0-10000", "1 - 2"):
        with pytest.raises(UsageError):
            parse_indexes(wrong)
