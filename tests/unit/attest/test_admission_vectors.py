"""Admission refuses exactly what the vectors of entries call inadmissible: no honest ledger earns a V36.

The six good entries of the vectors' context stand in a real database; each vector's envelope is then offered
as the seventh. What cannot be offered, because the log itself wraps an envelope into its entry, is left out.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support.clockwork import SeededRandom, SetClock
from tests.support.vectors import load_family, octets_of

from plimsoll_attest.admission import LedgerAdmission
from plimsoll_attest.bodies import ContentStore
from plimsoll_attest.entries import read_entry
from plimsoll_attest.statements.envelope import parse_entry, statement_id
from plimsoll_attest.times import parse_time
from plimsoll_keys.files import generate_signer
from plimsoll_keys.vkey import parse_vkey
from plimsoll_ledger.admission import Admitted, LogView
from plimsoll_ledger.errors import Refused
from plimsoll_ledger.reading import Reader
from plimsoll_ledger.sequencer import create_ledger

FAMILY = load_family("entry")
ORIGIN = "acme.example/log"
VECTORS = {one["name"]: one for one in FAMILY["vectors"]}
ENTRY = re.compile(rb'\{"envelope":(.*),"time":"([^"]*)"\}', re.DOTALL)
WRAPPING = {name for name in VECTORS if name.startswith("entry-")} | {"body-beside-an-unreadable-entry"}
"""Vectors about the entry around the envelope, which only the log writes."""
STRICTER = {
    "seen-right-by-a-stranger": "not signed by the log",
    "body-member-unknown": "no member",
    "body-member-unknown-inside": "not written as it must be|unknown field",
    "kind-unknown": "there is no kind",
    "kind-of-another-version": "is not one of plimsoll/1",
}
"""What verifiers let pass, or only do not understand, and an honest log does not take all the same."""


class AsGiven:
    """Takes entries as they are: the context's are good already."""

    def precheck(self, blob: bytes) -> bytes:
        return blob

    def keep(self, prechecked: Sequence[Any]) -> None:
        pass

    def begin(self, view: LogView) -> None:
        assert view.size >= 0

    def admit(self, prechecked: bytes, index: int, time_ms: int) -> Admitted:
        assert (index >= 0, time_ms >= 0) == (True, True)
        envelope, _ = parse_entry(prechecked)
        kind = re.search(rb"plimsoll.example/([a-z-]+)/v1", envelope.payload)
        assert kind is not None
        return Admitted(prechecked, statement_id(envelope.payload), kind[1].decode())

    def abort(self) -> None:
        """Nothing was remembered."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The context's log, in one transaction."""
    path = tmp_path_factory.mktemp("vectors") / "ledger.sqlite3"
    leaves = [octets_of(one) for one in FAMILY["context"]["entries"]]
    clock = SetClock(parse_entry(leaves[0])[1] - 1)
    signer = generate_signer(ORIGIN, SeededRandom())
    sequencer = create_ledger(f"sqlite:///{path}", signer, AsGiven(), clock, leaves)
    with sequencer, sequencer.store as store, store.reading() as reader:
        yield reader


def offered(one: dict[str, Any]) -> tuple[bytes, int] | None:
    """Return the envelope and time of a vector's entry, or None if it is no entry around an envelope."""
    match = ENTRY.fullmatch(octets_of(one["entry"]))
    if match is None:
        return None
    try:
        return match[1], parse_time(match[2].decode())
    except ValueError:
        return None


def admit(log: Reader, one: dict[str, Any]) -> None:
    """Offer a vector's envelope as the seventh entry.

    Raises:
        Refused: If it is not admitted.
    """
    given = offered(one)
    assert given is not None
    envelope, time_ms = given
    body = octets_of(one["body"]) if one["body"] is not None else None
    bodies = {hashlib.sha256(body).hexdigest(): body} if body is not None else {}
    vkey = re.search(r"^log (\S+)$", FAMILY["context"]["trust"], re.MULTILINE)
    assert vkey is not None
    admission = LedgerAdmission(ORIGIN, bodies.get, [parse_vkey(vkey[1])])
    prechecked = admission.precheck(envelope)
    admission.begin(log)
    assert admission.standing.size == log.size == 6
    admitted = admission.admit(prechecked, 6, time_ms)
    # The sequencer refuses a repeated identity; it asks the database's unique index.
    if log.find_ident(admitted.ident) is not None:
        raise Refused("repeated")
    assert admitted.leaf == octets_of(one["entry"])


@pytest.mark.parametrize("name", sorted(VECTORS.keys() - WRAPPING - STRICTER.keys()))
def test_what_verifiers_call_inadmissible_is_refused_and_nothing_else(log: Reader, name: str) -> None:
    one = VECTORS[name]
    if one["expect"] in {"ok", "withheld", "bodies"}:
        # `bodies`: what was given is not what the statement names, and so for admission not given at all.
        admit(log, one)
        return
    assert one["expect"] in {"V36", "fork"}
    with pytest.raises(Refused):
        admit(log, one)


@pytest.mark.parametrize("name", sorted(STRICTER))
def test_an_honest_log_is_stricter_than_it_has_to_be(log: Reader, name: str) -> None:
    assert VECTORS[name]["expect"] in {"ok", "not-understood"}
    with pytest.raises(Refused, match=STRICTER[name]):
        admit(log, VECTORS[name])


def test_the_vectors_left_out_are_about_the_entry_alone() -> None:
    assert len(WRAPPING) < 15
    assert all({"3.1", "3.4", "10.6"} & set(VECTORS[name]["spec"]) for name in WRAPPING)


def test_entries_of_another_writer_are_read(log: Reader, tmp_path: Path) -> None:
    views = [read_entry(log.entry(index), ContentStore(tmp_path)) for index in range(log.size)]
    assert [view.kind for view in views][:4] == ["genesis", "person", "key", "role"]
    assert views[4].body is None
    assert views[4].body_sha256
