"""Grades and reducers, case by case."""

from fractions import Fraction

import pytest

from plimsoll_attest.importers.figures import agrees
from plimsoll_attest.importers.foreign import Number, exact_decimal, parse_json
from plimsoll_attest.importers.reducers import UNSCORED, parse_grade, reduce_epochs

HALF = Fraction(1, 2)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        ("C", 1), ("I", 0), ("P", HALF), ("N", 0),
        ("c", None), ("yes", 1), ("YES", 1), ("True", 1), ("no", 0), ("False", 0), ("", None),
        (True, 1), (False, 0), (1, 1), (0, 0), (7, 7), (-2, -2),
        (Number("1.0"), 1), (Number("0.5"), HALF), (Number("5e-1"), HALF), (Number("-0.0"), 0),
        (Number("1e999"), None), (Number("Infinity"), None), ("great", None),
        ("0.5", HALF), ("1", 1), ("1_0", None), ("nan", None),
        ([1], None), ({"a": 1}, None),
    ],
)  # fmt: skip
def test_values_have_the_exact_value_that_inspect_gives_them(value: object, exact: Fraction | None) -> None:
    grade = parse_grade(value)
    assert grade.scored
    assert grade.exact == exact


@pytest.mark.parametrize("value", [None, Number("NaN")])
def test_nan_and_null_are_not_scored(value: object) -> None:
    assert parse_grade(value) is UNSCORED


@pytest.mark.parametrize(
    ("reducer", "values", "exact"),
    [
        ("mean", "CCI", Fraction(2, 3)),
        ("mean", "CPI", HALF),
        ("mean", "C_I", HALF),
        ("median", "CCIII", 0),
        ("median", "CI", HALF),
        ("max", "IPI", HALF),
        ("mode", "CIIC", 1),
        ("mode", "ICCI", 0),
        ("mode", "P_P", HALF),
        ("at_least_2", "CIC", 1),
        ("at_least_2", "CPP", 0),
        ("pass_at_3", "CIIII", Fraction(3, 5)),
        ("pass_at_3", "CCIII", Fraction(9, 10)),
        ("pass_at_3", "CCCII", 1),
        ("pass_at_1", "CIII", Fraction(1, 4)),
        ("pass_k_2", "CCCI", HALF),
        ("pass_k_2", "CIII", 0),
        ("majority", "CCI", 1),
    ],
)
def test_reducers_are_exact(reducer: str, values: str, exact: Fraction) -> None:
    reduced = reduce_epochs(reducer, [parse_grade(None if value == "_" else value) for value in values])
    assert reduced is not None
    assert reduced.exact == exact


@pytest.mark.parametrize(
    ("reducer", "values"),
    [
        ("mean", "__"),
        ("mean", ""),
        ("pass_at_3", "C_C"),
        ("pass_k_3", "CC"),
        ("majority", "CI"),
        ("majority", "CC__"),
    ],
)
def test_reducers_leave_samples_unscored(reducer: str, values: str) -> None:
    assert (
        reduce_epochs(reducer, [parse_grade(None if value == "_" else value) for value in values]) is UNSCORED
    )


@pytest.mark.parametrize(
    "reducer", ["collect", "pass_at_0", "pass_at_", "at_least_x", "mine", "pass_at_9999999"]
)
def test_unknown_reducers_give_nothing(reducer: str) -> None:
    assert reduce_epochs(reducer, [parse_grade("C")]) is None


def test_one_value_without_a_number_gives_nothing() -> None:
    assert reduce_epochs("mean", [parse_grade("C"), parse_grade("great")]) is None


def test_equal_numbers_are_one_value_to_mode() -> None:
    values = [parse_grade(value) for value in (0, True, 1, Number("1.0"), 0)]
    reduced = reduce_epochs("mode", values)
    assert reduced is not None
    assert reduced.exact == 1


@pytest.mark.parametrize("total", [3, 60, 1_000, 1_000_000])
def test_rounding_agrees_and_one_sample_does_not(total: int) -> None:
    exact = Fraction(total // 3, total)
    summed = sum([1.0] * (total // 3)) / total
    assert agrees(Fraction(summed), exact, total)
    assert not agrees(Fraction((total // 3 + 1) / total), exact, total)
    assert not agrees(Fraction((total // 3) / (total - 1)), exact, total)


@pytest.mark.parametrize(
    "text", ["1e99999999", "9" * 401, "0x10", "1.", ".5", "1e", "+1", " 1", "inf", "\u0661"]
)
def test_texts_that_are_no_decimals_have_no_value(text: str) -> None:
    assert exact_decimal(text) is None


def test_foreign_numbers_keep_their_written_form() -> None:
    assert parse_json(b"[0.650, 1E5, -0.0, 7, -7, 1234567890123456, NaN, -Infinity]") == [
        Number("0.650"), Number("1E5"), Number("-0.0"), 7, -7, Number("1234567890123456"),
        Number("NaN"), Number("-Infinity"),
    ]  # fmt: skip
