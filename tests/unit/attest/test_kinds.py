"""Kinds: what each body may hold, about what it may be, and how it explains itself."""

from typing import Any

import pytest

from plimsoll_attest.errors import BadStatement, UnknownName
from plimsoll_attest.statements.kinds import find_kind, registry
from plimsoll_attest.statements.statement import make_subject, sort_subjects
from plimsoll_attest.times import format_time, parse_time, read_time


def test_text_is_taken_for_a_number_where_a_number_is_wanted() -> None:
    body = find_kind("eval-planned").check_body({"task": {"name": "t", "version": "3"}, "epochs": "5"})
    assert body == {"task": {"name": "t", "version": "3"}, "epochs": 5}


def test_times_are_recorded_in_utc_with_milliseconds() -> None:
    permit = {"activity": "train", "expires": "2027-01-01T00:00:00+01:00"}
    assert find_kind("permit").check_body(permit)["expires"] == "2026-12-31T23:00:00.000Z"


@pytest.mark.parametrize(
    ("kind", "body", "message", "hint"),
    [
        ("permit", {"activity": "deploy"}, "missing required field `expires`", "--help"),
        ("permit", {"activty": "deploy"}, "permit has no member 'activty'", "did you mean activity?"),
        ("permit", {"activity": "rest", "expires": "2027-01-01T00:00:00Z"}, "'rest'", "--help"),
        ("permit", {"activity": "train", "expires": "2027-01-01"}, "write 2027-01-01T00:00:00Z", ""),
        ("permit", {"activity": "train", "expires": "2027-01-01T00:00:00"}, "in which zone", ""),
        ("permit", {"activity": "train", "expires": "2027-02-30T00:00:00Z"}, "does not exist", ""),
        (
            "eval-planned",
            {"task": {"name": "t", "version": 3}},
            "task.version: expected a text, got a whole number",
            "",
        ),
        ("eval-planned", {"task": {"name": "t", "version": "3"}, "epochs": "many"}, "epochs", ""),
        ("eval-planned", {"task": {"name": "t", "version": "3"}, "epochs": 0.5}, "epochs", ""),
        ("pause", {"activities": []}, "length >= 1", ""),
        ("role", {"person": "Bob", "role": "ceo"}, "of lower-case letters", ""),
        (
            "sign-off",
            {"of": {"id": "0", "index": 1}, "decision": "approve"},
            "of.id: expected a text of 64 lower-case hex digits",
            "",
        ),
        (
            "sign-off",
            {"of": {"id": "0" * 64, "index": -1}, "decision": "approve"},
            "of.index: expected a whole number >= 0",
            "",
        ),
        ("model-registered", {"name": "x" * 1025}, "length <= 1024", ""),
        (
            "correction",
            {"of": {"id": "0" * 64, "index": 1}, "instead": 7},
            "instead: expected a mapping of members, got a whole number",
            "",
        ),
        ("deployment-started", {"scope": "external.general", "surface": "a b"}, "surface", ""),
    ],
)
def test_a_body_that_is_wrong_is_named(kind: str, body: dict[str, Any], message: str, hint: str) -> None:
    with pytest.raises(BadStatement) as error:
        find_kind(kind).check_body(body)
    assert message in error.value.message
    assert hint in error.value.hint
    assert error.value.message.startswith(kind)


@pytest.mark.parametrize(
    ("kind", "names", "is_fitting"),
    [
        ("heartbeat", ["org:a.example"], True),
        ("heartbeat", [f"model:{'0' * 32}"], False),
        ("pause", [f"model:{'0' * 32}", f"model:{'1' * 32}"], True),
        ("pause", ["org:a.example", f"model:{'0' * 32}"], False),
        ("pause", ["person:bob"], False),
        ("brought-forward", ["org:a.example", "policy:p"], True),
        ("brought-forward", ["policy:p"], False),
        ("weights-deleted", [f"model:{'0' * 32}"], True),
        ("weights-deleted", [f"model:{'0' * 32}", f"snapshot:{'0' * 64}"], True),
        ("weights-deleted", [f"snapshot:{'0' * 64}"], False),
        ("sign-off", ["person:bob"], True),
    ],
)
def test_a_kind_is_about_what_it_says(kind: str, names: list[str], is_fitting: bool) -> None:
    if is_fitting:
        find_kind(kind).check_subjects(names)
        return
    with pytest.raises(BadStatement, match=f"{kind} is about"):
        find_kind(kind).check_subjects(names)


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(UnknownName) as error:
        find_kind("eval-results")
    assert error.value.hint == "did you mean eval-result?"


def test_every_member_of_every_kind_explains_itself() -> None:
    for name, kind in registry().items():
        assert kind.summary, name
        for item in kind.help():
            assert item.help, f"{name}.{item.name}"
            assert "typing" not in item.type, f"{name}.{item.name}: {item.type}"
            assert "plimsoll_" not in item.type, f"{name}.{item.name}: {item.type}"


def test_subjects_have_the_digests_of_their_names() -> None:
    import hashlib

    assert make_subject("role:ceo").sha256 == hashlib.sha256(b"ceo").hexdigest()
    assert make_subject("org:acme.example/rsp").sha256 == hashlib.sha256(b"acme.example/rsp").hexdigest()
    assert make_subject(f"snapshot:{'a' * 64}").sha256 == "a" * 64
    assert make_subject("policy:p", "b" * 64).sha256 == "b" * 64
    for name in (
        "policy:p",
        "role:CEO",
        "model:1",
        "snapshot:" + "A" * 64,
        "team:x",
        "role:",
        "org:a b",
        "role:a\n",
    ):
        with pytest.raises(BadStatement):
            make_subject(name)


def test_subjects_are_sorted_unique_and_at_most_sixteen() -> None:
    names = [f"role:r{number}" for number in range(17)]
    subjects = [make_subject(name) for name in names]
    assert [item.name for item in sort_subjects(subjects[:16])] == sorted(names[:16])
    for wrong in ([], subjects, subjects[:1] * 2):
        with pytest.raises(BadStatement):
            sort_subjects(wrong)


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("1970-01-01T00:00:00.000Z", 0),
        ("2026-11-22T01:13:00.007Z", 1795309980007),
        ("9999-12-31T23:59:59.999Z", 253402300799999),
    ],
)
def test_times_come_back(text: str, time_ms: int) -> None:
    assert parse_time(text) == time_ms
    assert format_time(time_ms) == text


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T01:13:00Z",
        "2026-11-22 01:13:00.000Z",
        "1969-12-31T23:59:59.999Z",
        "2026-11-22T24:00:00.000Z",
        "\u0662026-11-22T01:13:00.000Z",
        "",
    ],
)
def test_times_of_another_form_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="time"):
        parse_time(text)


def test_people_may_write_times_in_any_zone() -> None:
    assert read_time("2026-11-22t02:13:00.0071234+01:00") == read_time("2026-11-22T01:13:00.007Z")
    for text in (
        "2026-11-22T01:13:00",
        "2026-11-22",
        "2026-11-22T01:13:00+25:00",
        "now",
        "1969-01-01T00:00:00Z",
    ):
        with pytest.raises(ValueError, match="time"):
            read_time(text)
    for time_ms in (-1, 253402300800000):
        with pytest.raises(ValueError, match="years 1970 and 9999"):
            format_time(time_ms)
