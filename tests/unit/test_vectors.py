"""Every vector of tests/vectors, on the verifier and, where it has the same function, on the writer."""

from typing import Any

import pytest
from tests.support import vectors_verify, vectors_writer
from tests.support.vectors import family_names, load_family
from tests.vectors.expand import FAMILIES

# Where the writer answers otherwise, and why that is right.
WRITER_DIFFERS = {
    "checkpoint/other-origin": "the log whose key signed is told by the name of the key: bad-note",
    "decimals/past-2-to-the-53": "its database carries numbers up to 2^63-1",
    "tlog-proof/checkpoint-of-another-log": "an unknown key's name comes before the origin: bad-note",
    "tlog-proof/witness-missing": "counting witnesses is the verifier's business",
    "vkey/key-of-31-bytes": "a key of another length is malformed before it is no point",
    "vkey/type-04-with-an-ml-dsa-key": "a key of another length is malformed before it is no point",
    "vkey/key-of-33-bytes": "as above",
}


def cases(runners: dict[str, Any]) -> list[Any]:
    return [
        pytest.param(family, one, id=f"{family}/{one['name']}")
        for family in sorted(runners)
        for one in load_family(family)["vectors"]
    ]


def expected(one: dict[str, Any]) -> list[Any]:
    expect = one["expect"]
    return expect if isinstance(expect, list) else [expect]


@pytest.mark.parametrize(("family", "one"), cases(vectors_verify.RUNNERS))
def test_verifier(family: str, one: dict[str, Any]) -> None:
    assert vectors_verify.run(family, one) in expected(one)


@pytest.mark.parametrize(("family", "one"), cases(vectors_writer.RUNNERS))
def test_writer(family: str, one: dict[str, Any]) -> None:
    answer = vectors_writer.run(family, one)
    assert (answer in expected(one)) is (f"{family}/{one['name']}" not in WRITER_DIFFERS), answer


def test_every_family_is_run_on_something() -> None:
    run = {*vectors_verify.RUNNERS, *vectors_writer.RUNNERS, *FAMILIES}
    assert run == set(family_names())
