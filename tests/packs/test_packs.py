"""The packs: each is understood, says of every clause who judges it, and judges a story both ways."""

import re
from hashlib import sha256
from pathlib import Path

import pytest
from tests.packs.house import House
from tests.support.forge import canonical

from plimsoll_attest.policyfile import check_policy, load_policy
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.replay import Judgement

POLICIES = Path(__file__).parents[2] / "policies"
PACKS = sorted(path.stem for path in POLICIES.glob("*.yaml"))

# What a log, attestations and nobody can judge, of the clauses of each source.
COVERAGE = {
    "anthropic-rsp-1.0": (11, 8, 4),
    "anthropic-rsp-2.2": (30, 13, 3),
    "anthropic-rsp-3.4": (11, 17, 5),
    "california-sb-53": (7, 1, 1),
    "compound-trial": (6, 0, 1),
    "enterprise": (8, 1, 1),
    "eu-gpai-code": (15, 7, 0),
    "google-deepmind-fsf-3.0": (8, 4, 1),
    "google-deepmind-fsf-3.1": (11, 4, 1),
    "harbour": (10, 1, 1),
    "openai-preparedness-2a": (17, 5, 2),
    "openai-preparedness-2b": (17, 5, 2),
    "small-team": (2, 1, 0),
}

# The digests by which ledgers name them. Whoever changes a pack changes its version as well.
DIGESTS: dict[str, str] = {
    "anthropic-rsp-1.0": "279e4f7e6e79a802696535bfdc9dc956aa304a3bc024727a19bb81087ac3aa6e",
    "anthropic-rsp-2.2": "02e39ea21a2d67328b7cfc4953df0706fac9a5037b00fc68cee4fbd153b3f853",
    "anthropic-rsp-3.4": "1144de3711b841076e13cfbe6259399feef1f6e2ff3166857df6a8492b376564",
    "california-sb-53": "5ab8274ee9f7382649c93ef3a50e2a7ea9e1f0f4417221e346a4f83481725309",
    "compound-trial": "51c674dda5fcddc2c4a7553299a85eedac488b8a720851004948d5c05dd393ef",
    "enterprise": "570b12c2e5eb7ea4b09163da0bb20d662a7c2425ece810ff8f952ff9c34f7ad8",
    "eu-gpai-code": "ce8bb7c8f51179f925e59938f54d5d12ba7cc0a1354f2e2a3fb33a677a2d47d3",
    "google-deepmind-fsf-3.0": "f53d61f90f50b768b79b88d6c80eb386a73b5a6085042fe397a65f6f1d070861",
    "google-deepmind-fsf-3.1": "eeb4f892b2a4bc65e8da1fba06b50f404864a2c0c5b121f32a9ac9e57016b5b1",
    "harbour": "c1284aa6ef5631351958ba4285c001947bf596900a67ad815cbf18fd64b0923f",
    "openai-preparedness-2a": "2a467e9d5ada767609da2c95bb1557c924fad05f7c0285fb2cfa41366e82b510",
    "openai-preparedness-2b": "2f0363ee039de175f5b9d858892595d7e01b5512bab63bb69f70aa03d9d94191",
    "small-team": "d210f0be447423bdd851d1997b7a2c02f8e29a9aa50e8b6fe839815a8306af9a",
}


def policy(name: str) -> Policy:
    return parse_policy(canonical(load_policy(POLICIES / f"{name}.yaml").document))


def test_no_pack_is_forgotten() -> None:
    assert set(PACKS) == set(COVERAGE)


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_is_understood_and_every_clause_accounted_for(name: str) -> None:
    problems = check_policy(POLICIES / f"{name}.yaml")
    assert [str(one) for one in problems] == []
    found = policy(name)
    counts = [
        sum(one.judged_by == who for one in found.clauses.values())
        for who in ("log", "attestation", "nobody")
    ]
    assert tuple(counts) == COVERAGE[name]
    assert all(one.why for one in found.clauses.values() if one.judged_by == "nobody")
    assert all(one.text for one in found.clauses.values() if one.judged_by != "nobody")


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_has_notes_and_a_line_in_the_index(name: str) -> None:
    index = (POLICIES / "README.md").read_text(encoding="utf-8")
    assert f"({name}.yaml)" in index
    notes = re.findall(rf"\(({re.escape(name.removesuffix('a').removesuffix('b'))}[ab]?\.md)\)", index)
    assert name == "small-team" or notes
    assert all((POLICIES / one).is_file() for one in notes)


@pytest.mark.parametrize("name", PACKS)
def test_a_digest_that_ledgers_name_is_pinned(name: str) -> None:
    assert sha256(canonical(load_policy(POLICIES / f"{name}.yaml").document)).hexdigest() == DIGESTS[name]


# -- stories

LAWS = ("california-sb-53",)
"""Of these no model alone can break anything but duties."""


def violations(judgement: Judgement) -> set[str]:
    return {one.code for one in judgement.findings if one.level == "violation"}


def kept(name: str) -> House:
    """Return a house in which all that the pack asks for was done before a release to everybody."""
    house = House(POLICIES / f"{name}.yaml")
    house.keep_baseline()
    house.rule_out_all()
    house.do_duties()
    return house


@pytest.mark.parametrize("name", PACKS)
def test_who_does_everything_breaks_nothing(name: str) -> None:
    house = kept(name)
    scope = "internal.limited" if name == "compound-trial" else "external.general"
    house.release(scope)
    house.advance(hours=1)
    house.register("another")
    judgement = house.judge()
    told = [one.message for one in judgement.findings if one.level == "violation"]
    assert told == []


BROKEN = {
    "anthropic-rsp-1.0": "asl-3-misuse",
    "anthropic-rsp-2.2": "ai-rd-5",
    "anthropic-rsp-3.4": "cb-non-novel",
    "compound-trial": "toxic",
    "enterprise": "harmful",
    "eu-gpai-code": "risk-not-acceptable",
    "google-deepmind-fsf-3.0": "cbrn-uplift-1",
    "google-deepmind-fsf-3.1": "cbrn-uplift-1",
    "harbour": "cbrn-3",
    "openai-preparedness-2a": "bio-high",
    "openai-preparedness-2b": "self-high",
    "small-team": "dangerous-biology",
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_who_releases_beyond_a_crossing_is_found(name: str) -> None:
    house = kept(name)
    house.advance(hours=1)
    crossing = house.decide(BROKEN[name], "crossed")
    house.advance(hours=1)
    start = house.release("internal.large-scale" if name == "compound-trial" else "external.general")
    house.advance(days=60)
    house.register("another")
    judgement = house.judge()
    levels = {"violation", "indeterminate"} if name == "anthropic-rsp-2.2" else {"violation"}
    found = [
        one
        for one in judgement.findings
        if one.level in levels and one.code in ("V01", "V02", "V37") and start in one.entries
    ]
    assert found, sorted(one.message for one in judgement.findings)
    assert any(crossing in one.entries for one in found)


def amended(name: str, *, leave_out: str = "") -> House:
    """Return a house that amends its pack: whoever is named signs, but one role, and it is published."""
    house = House(POLICIES / f"{name}.yaml")
    document = {**house.document, "version": f"{house.document['version']}, again"}
    index = house.propose(document, kind="policy-amendment")
    rules = house.policy.amendment
    first = [rules.proposed_by.roles() if rules.proposed_by else (), rules.consulted]
    house.all_sign(index, {role for roles in first for role in roles if role != leave_out})
    if leave_out != "publication":
        digest = house.subjects[index][0]["digest"]["sha256"]
        said = {"to": "everybody", "type": "policy", "published": {"sha256": digest}}
        house.statement("disclosure", [house.org()], said, "root-1", "root")
    house.all_sign(index, rules.approved_by.roles())
    house.advance(days=1)
    return house


@pytest.mark.parametrize("name", PACKS)
def test_who_amends_a_pack_as_it_says_breaks_nothing(name: str) -> None:
    judgement = amended(name).judge()
    assert judgement.policies[0].policy.version.endswith(", again")
    assert [one.message for one in judgement.findings if one.code == "V20"] == []


@pytest.mark.parametrize("what", ["ltbt", "rso", "publication"])
def test_who_amends_a_pack_otherwise_is_found(what: str) -> None:
    found = [
        one for one in amended("anthropic-rsp-3.4", leave_out=what).judge().findings if one.code == "V20"
    ]
    assert [(one.level, one.clause) for one in found] == [("violation", "4.8")]


def test_a_law_is_broken_by_who_publishes_nothing_before_a_release() -> None:
    house = House(POLICIES / "california-sb-53.yaml")
    house.release()
    house.advance(hours=1)
    late = [one for one in house.judge().findings if one.level == "violation"]
    assert {(one.code, one.clause) for one in late} == {("V24", "22757.12.c")}
