"""Errors say what was wrong and where, and survive the way out of a worker process."""

import pickle

import pytest

from plimsoll_verify.errors import Fork, Malformed, UsageError, VerificationError


def test_an_error_says_check_place_and_both_sides() -> None:
    error = Malformed("entries", "this", "that", entry=7, path="tile/0/000", hint="do so")
    assert str(error) == "entries: tile/0/000: entry 7: expected this, got that"
    assert str(VerificationError("root", "a", "b")) == "root: expected a, got b"


@pytest.mark.parametrize(
    "error",
    [
        Malformed("entries", "this", "that", entry=7, path="tile/0/000", hint="do so"),
        Fork("fork", "this", "that", note_a=b"a", note_b=b"b", entry=3),
    ],
)
def test_errors_can_be_pickled(error: VerificationError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes.
    assert type(again) is type(error)
    assert vars(again) == vars(error)


def test_a_usage_error_keeps_its_hint() -> None:
    again = pickle.loads(pickle.dumps(UsageError("no", "do so")))  # noqa: S301 - our own bytes.
    assert (str(again), again.hint) == ("no", "do so")
