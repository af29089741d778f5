"""What the desk hands to auditors: published ledger, proofs and trust file, as their program reads them."""

import tomllib
from pathlib import Path

import pytest
from tests.support.office import ORIGIN, Office, make_founded

from plimsoll_attest.desk import Desk
from plimsoll_attest.errors import NotAuthentic, UnknownName, as_attest_error
from plimsoll_attest.home import Home, Settings
from plimsoll_ledger.errors import PublishRefused
from plimsoll_verify.audit import verify_entries, verify_newest
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.proofs import parse_proof, verify_proof
from plimsoll_verify.record import Record
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import Trust, parse_trust

MODEL = f"model:{'1' * 32}"


def trust_of(office: Office) -> Trust:
    with office.desk(writing=False) as desk:
        return parse_trust(desk.trust().encode())


def verified(directory: Path, trust: Trust) -> list[Record]:
    """Return the records of a published ledger that is authentic."""
    source = DirectorySource(directory)
    found: list[Record] = []
    checkpoint, _ = verify_newest(source, trust)
    verify_entries(source, trust, checkpoint, found.append, workers=1)
    return found


def publish(office: Office, directory: Path) -> int:
    with office.desk() as desk:
        return desk.publish(directory).checkpoint.size


def test_what_is_published_is_authentic_whole_and_faultless(office: Office, tmp_path: Path) -> None:
    office.record("model-registered", [MODEL], {"name": "m"}, "evaluator-1")
    size = publish(office, tmp_path / "public")
    found = verified(tmp_path / "public", trust_of(office))
    assert len(found) == size
    assert [record.fault for record in found if record.fault] == []
    assert {record.body_state for record in found} == {"ok"}


def test_publishing_again_goes_on_from_there(office: Office, tmp_path: Path) -> None:
    first = publish(office, tmp_path / "public")
    assert publish(office, tmp_path / "public") == first
    office.record("heartbeat", ["org"], {}, "ceo")
    assert publish(office, tmp_path / "public") == first + 1
    assert len(verified(tmp_path / "public", trust_of(office))) == first + 1


def test_another_logs_directory_is_left_alone(office: Office, tmp_path: Path) -> None:
    other = make_founded(tmp_path / "other", seed=b"other")
    publish(other, tmp_path / "public")
    before = (tmp_path / "public" / "checkpoint").read_bytes()
    with pytest.raises(PublishRefused) as error:
        publish(office, tmp_path / "public")
    found = as_attest_error(error.value)
    assert isinstance(found, NotAuthentic)
    assert (tmp_path / "public" / "checkpoint").read_bytes() == before


def test_the_trust_file_names_genesis_and_keys_and_pins_nobody(office: Office, tmp_path: Path) -> None:
    with office.desk(writing=False) as desk:
        table = tomllib.loads(desk.trust())
        assert table["genesis"] == desk.genesis_digest
    assert set(table) == {"genesis", "log_policy"}
    assert table["log_policy"].splitlines()[0].startswith(f"log {ORIGIN}+")
    assert trust_of(office).persons == {}
    other = make_founded(tmp_path / "other", seed=b"other")
    publish(office, tmp_path / "public")
    with pytest.raises(VerificationError):
        verified(tmp_path / "public", trust_of(other))


def test_a_proof_stands_by_itself(office: Office) -> None:
    receipt = office.record("heartbeat", ["org"], {}, "ceo")
    with office.desk(writing=False) as desk:
        proof = desk.prove(receipt.index)
        leaf = desk.read(receipt.index).leaf
        with pytest.raises(UnknownName, match="no entry"):
            desk.prove(receipt.index + 1)
        with pytest.raises(UnknownName, match="no entry"):
            desk.read(receipt.index + 1)
    report = verify_proof(proof, trust_of(office))
    assert report.index == receipt.index
    assert (report.origin, report.size) == (ORIGIN, receipt.index + 1)
    assert parse_proof(proof).entry == leaf


def test_reading_filters_by_kind_model_and_person(office: Office) -> None:
    office.record("model-registered", [MODEL], {"name": "m"}, "evaluator-1")
    office.record("pause", [MODEL], {"activities": ["deploy"]}, "ceo")
    with office.desk(writing=False) as desk:
        assert [view.kind for view in desk.entries(model="m")] == ["model-registered", "pause"]
        assert [view.kind for view in desk.entries("pause")] == ["pause"]
        assert [view.kind for view in desk.entries("pause", model="m", person="rso")] == []
        assert {view.actor for view in desk.entries(person="ceo")} == {"rso", "ceo"}
        assert len(list(desk.entries())) == desk.size
        with pytest.raises(UnknownName, match="no kind"):
            list(desk.entries("pauses"))


def test_a_database_of_another_log_is_not_opened(office: Office, tmp_path: Path) -> None:
    url = office.home.database_url
    stray = Home.create(tmp_path / "stray", Settings("other.example/log", database=url))
    with pytest.raises(NotAuthentic, match=f"the database is of the log {ORIGIN}"):
        Desk.open(stray, office.surroundings)
