"""The published schema of policy documents says what the parser says, as far as a schema can."""

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.language import FULL
from tests.support.language_wrong import CASES
from tests.support.story import POLICY
from tests.support.vectors import load_family
from tests.unit.verify.judge.test_language import ODD, PLACES, changed
from tests.vectors.families.document import REMOVED, edited

import plimsoll_verify
from plimsoll_verify.policy.parse import PolicyError, parse_policy

SCHEMA = json.loads(
    (Path(plimsoll_verify.__file__).parent / "schema" / "policy-v1.json").read_text(encoding="utf-8")
)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

BEYOND = (
    "is listed", "is not among", "has no criterion", "nested deeper", "stands here twice", "more than 4096",
    "without safeguards", "as deployed", "where a day", "where a time", "adheres to itself", "does not come",
    "only events", "several calendars", "needs a calendar", "an hour or more", "deployments have one",
    "from is missing", "another activity", "in months",
    "the baseline has none", "rules in what rules_out", "roles in one quorum", " of 3",
)  # fmt: skip
"""What the parser says where a schema cannot: names, order, depth, calendars, limits that overlap."""


def agree(document: Any) -> None:
    """Assert that the schema takes what the parser takes, and refuses the rest but for what is beyond it."""
    is_valid = VALIDATOR.is_valid(document)
    try:
        parse_policy(copy.deepcopy(document))
    except PolicyError as error:
        reason = error.message
    else:
        reason = ""
    if not reason:
        assert is_valid, [one.message for one in VALIDATOR.iter_errors(document)]
    elif is_valid:
        assert any(words in reason for words in BEYOND), reason


def test_the_schema_is_one() -> None:
    VALIDATOR.check_schema(SCHEMA)
    assert VALIDATOR.is_valid(FULL)
    assert VALIDATOR.is_valid(POLICY)
    assert not VALIDATOR.is_valid({**FULL, "policy": "plimsoll/policy/v2"})


@pytest.mark.parametrize("path", sorted(Path("policies").glob("*.yaml")), ids=lambda path: path.stem)
def test_policies_that_come_along_fit_it(path: Path) -> None:
    document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - only texts.
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: ".".join(map(str, case[0]))[:60])
def test_it_agrees_about_what_makes_no_sense(case: Any) -> None:
    agree(changed(case[0], case[1]))


@pytest.mark.parametrize("name", ["policy-grammar", "policy-language"])
def test_it_agrees_about_every_vector(name: str) -> None:
    family = load_family(name)
    for one in family["vectors"]:
        edit = one["edit"]
        edits = [] if edit is None else [(edit["path"], REMOVED if "remove" in edit else edit["value"])]
        agree(edited(family["base"], *edits))


@given(st.sampled_from(PLACES), st.sampled_from(ODD))
@settings(max_examples=300, deadline=None)
def test_it_agrees_about_whatever_is_odd(where: tuple[str | int, ...], value: Any) -> None:
    with suppress(KeyError, IndexError, TypeError):
        agree(changed(where, value))
