"""`--set`: text in, members of the kind's types out."""

from collections.abc import Mapping
from typing import Any

import pytest

from plimsoll_attest.cli.fields import merge, parse_assignments, shape
from plimsoll_attest.errors import UsageError
from plimsoll_attest.statements.kinds import FieldHelp, find_kind


def resolve(index: int) -> Mapping[str, Any]:
    return {"id": f"{index:064x}", "index": index}


def test_keys_nest_and_repeat() -> None:
    given = parse_assignments(["task.name=x", "task.version=3", "a=1", "a=2", "a=3", "reasons=why = because"])
    assert given == {"task": {"name": "x", "version": "3"}, "a": ["1", "2", "3"], "reasons": "why = because"}


@pytest.mark.parametrize("text", ["novalue", "=x", "a..b=1", ".a=1", "a b=1", "\x1b=1", ""])
def test_what_is_no_assignment_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not key=value"):
        parse_assignments([text])


@pytest.mark.parametrize("texts", [["a=1", "a.b=2"], ["a.b=2", "a=1"]])
def test_a_member_is_a_value_or_has_members(texts: list[str]) -> None:
    with pytest.raises(UsageError, match="already"):
        parse_assignments(texts)


def test_the_command_line_wins_over_the_file() -> None:
    file = {"task": {"name": "x", "version": "1"}, "variant": "chat"}
    assert merge(file, {"task": {"version": "2"}, "epochs": "5"}) == {
        "task": {"name": "x", "version": "2"}, "variant": "chat", "epochs": "5",
    }  # fmt: skip


def test_values_take_the_shape_of_the_kinds_members() -> None:
    kind = find_kind("determination")
    tree = {"threshold": "cbrn-3", "outcome": "crossed", "basis": "[#3, 4]", "reasons": "[see] the report"}
    body = shape(tree, kind.help(), resolve)
    assert body == {**tree, "basis": [resolve(3), resolve(4)]}
    assert kind.check_body(body) == body


def test_one_value_is_a_list_of_one_and_what_may_be_empty_need_not_be_given() -> None:
    kind = find_kind("safeguard-attested")
    tree = {"standard": "s", "criterion": "c", "shown_by": "audit"}
    body = shape(tree, kind.help(), resolve)
    assert body["shown_by"] == ["audit"]
    assert kind.check_body(body) == {**tree, "shown_by": ["audit"], "bound_to": {}, "evidence": []}


def test_required_members_that_may_be_empty_are_filled_in() -> None:
    members = [
        FieldHelp("list", "list of text", required=True, help=""),
        FieldHelp("object", "{surface, threshold}", required=True, help=""),
        FieldHelp("of", "{id, index}", required=True, help=""),
        FieldHelp("other", "list of text", required=False, help=""),
    ]
    assert shape({}, members, resolve) == {"list": [], "object": {}}


def test_references_and_null_are_read_where_they_belong() -> None:
    members = [
        FieldHelp("plan", "{id, index} or null", required=True, help=""),
        FieldHelp("note", "text", required=False, help=""),
    ]
    assert shape({"plan": "#7", "note": "#7"}, members, resolve) == {"plan": resolve(7), "note": "#7"}
    assert shape({"plan": "null"}, members, resolve) == {"plan": None}
    assert shape({}, members, resolve) == {"plan": None}


def test_members_that_the_kind_does_not_have_are_left_for_it_to_refuse() -> None:
    assert shape({"odd": "[1,2]", "list": ["a", {"b": "c"}]}, [], resolve) == {
        "odd": ["1", "2"],
        "list": ["a", {"b": "c"}],
    }
