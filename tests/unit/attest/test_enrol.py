"""Genesis, persons, keys and roles: what takes effect when, and what is refused."""

import hashlib
from pathlib import Path

import pytest
from tests.support.office import DAY, ORIGIN, Office

from plimsoll_attest.enrol import (
    Founding,
    add_person,
    create_ledger,
    end_role,
    enrol_key,
    grant_role,
    retire_key,
    revoke_key,
)
from plimsoll_attest.errors import AttestError, KeyTrouble, NotAdmitted, UnknownName, UsageError
from plimsoll_attest.home import Home, Settings
from plimsoll_attest.keyring import (
    KeyCard,
    create_key,
    find_card,
    format_card,
    parse_card,
)
from plimsoll_attest.times import format_time
from plimsoll_keys.errors import BadProof
from plimsoll_keys.files import generate_signer
from plimsoll_keys.possession import prove_possession
from plimsoll_keys.vkey import VKey, format_vkey
from plimsoll_ledger.errors import StorageFailed


def sign_off(
    office: Office, index: int, person: str, decision: str = "approve", role: str | None = None
) -> int:
    """Record a decision on an entry."""
    with office.desk() as desk:
        view = desk.read(index)
        body = {"decision": decision, "of": {"id": view.statement_id, "index": index}}
        return desk.submit([desk.draft("sign-off", [], body, person=person, role=role)])[0].index


def roles(office: Office, person: str) -> list[str]:
    with office.desk(writing=False) as desk:
        return desk.person_roles(person)


def card_of(office: Office, person: str) -> KeyCard:
    """Return the card of a key that no home holds."""
    signer = generate_signer(person, office.random)
    return KeyCard(VKey.of(signer), prove_possession(signer, ORIGIN, person))


class TestGenesis:
    def test_one_founder_signs_and_holds_root_at_once(self, tmp_path: Path) -> None:
        office = Office(tmp_path / "home")
        receipt = create_ledger(office.path, Founding(ORIGIN, "rso"), office.surroundings)
        assert (receipt.index, receipt.kind) == (0, "genesis")
        with office.desk() as desk:
            genesis = desk.read(0)
            assert genesis.subjects == (f"org:{ORIGIN}",)
            assert genesis.body is not None
            assert (genesis.body["quorum"], genesis.body["format"]) == (1, "plimsoll/1")
            assert [founder["person"] for founder in genesis.body["root"]] == ["rso"]
            assert desk.person_roles("rso") == ["root"]
            assert desk.genesis_digest in desk.trust()
            assert desk.home.settings.default_person == "rso"
        assert (office.path / "keys" / "rso.key").stat().st_mode & 0o777 == 0o600
        assert (office.path / "keys").stat().st_mode & 0o777 == 0o700

    def test_another_founder_counts_only_after_their_own_sign_off(self, two: Office) -> None:
        with two.desk() as desk:
            by_name = {view.person: view for view in desk.persons()}
            assert by_name["alice"].roles == ("root",)
            assert by_name["bob"].roles == ()
            with pytest.raises(NotAdmitted, match="founder bob has not signed the genesis yet"):
                desk.submit([grant_role(desk, "alice", "ceo", by="bob")])
        sign_off(two, 0, "bob")
        assert roles(two, "bob") == ["root"]

    @pytest.mark.parametrize("form", ["path", "vkey", "id"])
    def test_a_founder_is_named_by_card_vkey_or_id(self, tmp_path: Path, form: str) -> None:
        office = Office(tmp_path / "home")
        elsewhere = Home(tmp_path / "elsewhere", Settings(ORIGIN))
        future = Home(office.path, Settings(ORIGIN))
        card = create_key(elsewhere if form == "path" else future, "bob", office.surroundings)
        named = {
            "path": str(elsewhere.card_path("bob")),
            "vkey": format_vkey(card.vkey),
            "id": "bob",
        }[form]
        create_ledger(office.path, Founding(ORIGIN, "alice", founders=[named]), office.surroundings)
        with office.desk(writing=False) as desk:
            body = desk.read(0).body
        assert body is not None
        assert [founder["person"] for founder in body["root"]] == ["alice", "bob"]
        assert body["quorum"] == 2

    def test_a_quorum_that_nobody_can_meet_leaves_nothing_behind(self, tmp_path: Path) -> None:
        office = Office(tmp_path / "home")
        with pytest.raises(UsageError, match="a quorum of 2 cannot be met by 1 root persons"):
            create_ledger(office.path, Founding(ORIGIN, "rso", quorum=2), office.surroundings)
        assert not office.path.exists()
        assert office.keys == {}

    def test_a_failure_leaves_the_keys_that_were_there(self, tmp_path: Path) -> None:
        office = Office(tmp_path / "home")
        create_key(Home(office.path, Settings(ORIGIN)), "rso", office.surroundings)
        before = {file.name: file.read_bytes() for file in (office.path / "keys").iterdir()}
        founding = Founding(ORIGIN, "rso", database=f"sqlite:///{tmp_path}/no/such/folder/x.sqlite3")
        with pytest.raises(StorageFailed, match="unable to open"):
            create_ledger(office.path, founding, office.surroundings)
        assert {file.name: file.read_bytes() for file in (office.path / "keys").iterdir()} == before
        assert [item.name for item in office.path.iterdir()] == ["keys"]

    def test_a_card_for_another_log_is_refused(self, tmp_path: Path) -> None:
        office = Office(tmp_path / "home")
        other = Home(tmp_path / "other", Settings("other.example/log"))
        create_key(other, "bob", office.surroundings)
        founding = Founding(ORIGIN, "alice", founders=[str(other.card_path("bob"))])
        with pytest.raises(BadProof):
            create_ledger(office.path, founding, office.surroundings)
        assert not office.path.exists()

    def test_a_home_is_not_founded_twice(self, office: Office) -> None:
        before = office.entries()
        with pytest.raises(UsageError, match="ledger home already"):
            create_ledger(office.path, Founding(ORIGIN, "rso"), office.surroundings)
        assert office.entries() == before


class TestRootQuorum:
    def test_one_root_person_is_enough_where_the_quorum_is_one(self, office: Office) -> None:
        assert roles(office, "evaluator-1") == ["evaluator"]
        with office.desk(writing=False) as desk:
            view = next(item for item in desk.persons() if item.person == "evaluator-1")
        assert (view.in_effect, view.name, view.is_root) == (True, "evaluator-1 by name", False)

    def test_with_two_an_enrolment_waits_for_the_second(self, two: Office) -> None:
        sign_off(two, 0, "bob")
        with two.desk() as desk:
            card = create_key(two.home, "eva", two.surroundings)
            drafts = [
                *add_person(desk, "eva", by="alice", card=card),
                grant_role(desk, "eva", "evaluator", by="alice"),
            ]
            person, key, role = desk.submit(drafts)
        assert roles(two, "eva") == []
        model = f"model:{'0' * 32}"
        with two.desk() as desk, pytest.raises(NotAdmitted, match="waits for the root quorum"):
            desk.submit(
                [desk.draft("model-registered", [model], {"name": "m"}, person="eva", role="evaluator")]
            )
        for receipt in (person, key, role):
            sign_off(two, receipt.index, "bob")
        assert roles(two, "eva") == ["evaluator"]
        assert two.record("model-registered", [model], {"name": "m"}, "eva").kind == "model-registered"

    def test_the_same_person_twice_is_no_quorum_of_two(self, two: Office) -> None:
        sign_off(two, 0, "bob")
        with two.desk() as desk:
            receipt = desk.submit(add_person(desk, "eva", by="alice"))[0]
        sign_off(two, receipt.index, "alice")
        with two.desk(writing=False) as desk:
            assert not next(view for view in desk.persons() if view.person == "eva").in_effect

    def test_a_withdrawn_approval_does_not_count(self, two: Office) -> None:
        sign_off(two, 0, "bob")
        with two.desk() as desk:
            receipt = desk.submit(add_person(desk, "eva", by="alice"))[0]
        sign_off(two, receipt.index, "alice", "dissent")
        sign_off(two, receipt.index, "bob")
        with two.desk(writing=False) as desk:
            assert not next(view for view in desk.persons() if view.person == "eva").in_effect

    def test_an_approval_by_a_key_found_compromised_does_not_count(self, two: Office) -> None:
        sign_off(two, 0, "bob")
        with two.desk() as desk:
            spare = card_of(two, "bob")
            enrolled = desk.submit([enrol_key(desk, "bob", spare, by="bob")])[0]
            person = desk.submit(add_person(desk, "eva", by="bob"))[0]
            own = find_card(two.home, "bob", two.surroundings).vkey.keyid_hex
            desk.submit([revoke_key(desk, "bob", own, since=2, by="alice")])
        for index in (enrolled.index, person.index):
            sign_off(two, index, "alice")
        with two.desk(writing=False) as desk:
            assert not next(view for view in desk.persons() if view.person == "eva").in_effect


class TestRefusals:
    def test_an_id_that_could_be_taken_for_another_is_refused(self, office: Office) -> None:
        with (
            office.desk() as desk,
            pytest.raises(NotAdmitted, match="person evaluat0r-1 can be taken for evaluator-1"),
        ):
            desk.submit(add_person(desk, "evaluat0r-1", by="rso"))
        with (
            office.desk() as desk,
            pytest.raises(NotAdmitted, match="role eva1uator can be taken for evaluator"),
        ):
            desk.submit([grant_role(desk, "ceo", "eva1uator", by="rso")])

    def test_a_person_is_not_enrolled_twice(self, office: Office) -> None:
        with office.desk() as desk, pytest.raises(NotAdmitted, match="person ceo is recorded already"):
            desk.submit(add_person(desk, "ceo", by="rso"))

    def test_a_key_belongs_to_one_person_for_good(self, office: Office) -> None:
        own = find_card(office.home, "ceo", office.surroundings)
        with office.desk() as desk, pytest.raises(NotAdmitted, match="is ceo's already"):
            desk.submit([enrol_key(desk, "ceo", own, by="rso")])
        ceo = office.keys[str(office.home.key_path("ceo"))]
        renamed = _Renamed(ceo.public_key, "security-1", ceo.sign)
        card = KeyCard(VKey.of(renamed), prove_possession(renamed, ORIGIN, "security-1"))
        with office.desk() as desk, pytest.raises(NotAdmitted, match="is ceo's already"):
            desk.submit([enrol_key(desk, "security-1", card, by="rso")])

    def test_a_proof_for_another_person_is_refused_before_anything_is_signed(self, office: Office) -> None:
        card = card_of(office, "ceo")
        with office.desk() as desk:
            with pytest.raises(UsageError, match="this card is ceo's, not security-1's"):
                enrol_key(desk, "security-1", card, by="rso")
            forged = KeyCard(card.vkey, bytes(64))
            with pytest.raises(AttestError, match="proof of possession"):
                enrol_key(desk, "ceo", forged, by="rso")

    def test_nobody_is_enrolled_who_is_not_there(self, office: Office) -> None:
        with office.desk() as desk:
            with pytest.raises(NotAdmitted, match="a role for nobody, who is not recorded"):
                desk.submit([grant_role(desk, "nobody", "ceo", by="rso")])
            with pytest.raises(UnknownName, match="there is no person 'ce0'"):
                desk.person_roles("ce0")

    def test_no_person_is_called_as_the_log(self, office: Office) -> None:
        with office.desk() as desk, pytest.raises(UsageError, match="the log's own key"):
            create_key(desk.home, "log", office.surroundings)


class TestEnds:
    def test_a_role_ends_at_once_by_its_holder(self, office: Office) -> None:
        with office.desk() as desk:
            desk.submit([end_role(desk, "ceo", "ceo", by="ceo")])
        assert roles(office, "ceo") == []
        with office.desk() as desk, pytest.raises(NotAdmitted, match="ceo does not hold role ceo here"):
            desk.submit([desk.draft("heartbeat", ["org"], {}, person="ceo", role="ceo")])

    def test_only_the_person_or_root_may_end_something(self, office: Office) -> None:
        with office.desk() as desk:
            draft = end_role(desk, "ceo", "ceo", by="security-1")
            with pytest.raises(NotAdmitted, match="security-1 may not end what is ceo's"):
                desk.submit([draft])

    def test_a_term_ends_by_itself(self, office: Office) -> None:
        until = format_time(office.clock.time_ms + DAY)
        with office.desk() as desk:
            desk.submit([grant_role(desk, "ceo", "board", by="rso", until=until)])
        assert roles(office, "ceo") == ["board", "ceo"]
        office.clock.time_ms += DAY
        assert roles(office, "ceo") == ["ceo"]
        with office.desk() as desk, pytest.raises(NotAdmitted, match="ceo does not hold role board here"):
            desk.submit([desk.draft("heartbeat", ["org"], {}, person="ceo", role="board")])

    def test_a_retired_key_signs_no_more(self, office: Office) -> None:
        with office.desk() as desk:
            desk.submit([retire_key(desk, "ceo", "", by="rso")])
            with pytest.raises(NotAdmitted, match="signed with a key of ceo that is retired"):
                desk.submit([desk.draft("heartbeat", ["org"], {}, person="ceo")])

    def test_a_key_cannot_declare_itself_compromised_but_root_can(self, office: Office) -> None:
        with office.desk() as desk:
            with pytest.raises(NotAdmitted, match="ceo may not declare this key compromised"):
                desk.submit([revoke_key(desk, "ceo", "", since=3, by="ceo")])
            with pytest.raises(NotAdmitted, match="compromised since entry 99, which is not there yet"):
                desk.submit([revoke_key(desk, "ceo", "", since=99, by="rso")])
            desk.submit([revoke_key(desk, "ceo", "", since=3, by="rso")])
            with pytest.raises(NotAdmitted, match="that is declared compromised"):
                desk.submit([desk.draft("heartbeat", ["org"], {}, person="ceo")])
            with pytest.raises(KeyTrouble, match="0 keys of ceo"):
                revoke_key(desk, "ceo", "", since=3, by="rso")


def test_a_card_is_two_lines_and_its_proof_must_hold(office: Office) -> None:
    card = card_of(office, "eva")
    text = format_card(card)
    assert parse_card(text, ORIGIN) == card
    assert parse_card(text.removesuffix("\n"), ORIGIN) == card
    for broken in ("", text + "\n", text.replace("\n", " "), format_vkey(card.vkey) + "\nAAAA\n", "x\ny\n"):
        with pytest.raises(Exception, match=r"card|proof|vkey"):
            parse_card(broken, ORIGIN)
    with pytest.raises(BadProof):
        parse_card(text, "other.example/log")


def test_a_display_name_stands_in_the_log_by_salted_digest_only(office: Office) -> None:
    with office.desk(writing=False) as desk:
        view = next(item for item in desk.entries("person", person="ceo"))
        assert view.body is not None
        assert b"by name" not in b"".join(entry.leaf for entry in desk.store.entries())
        document = desk.bodies.get(view.body["details_sha256"])
    assert document is not None
    assert b"ceo by name" in document
    assert hashlib.sha256(document).hexdigest() == view.body["details_sha256"]


class _Renamed:
    """Somebody's key under another person's name."""

    def __init__(self, public_key: bytes, name: str, sign: object) -> None:
        self.public_key = public_key
        self.name = name
        self._sign = sign

    def sign(self, message: bytes) -> bytes:
        assert callable(self._sign)
        signature = self._sign(message)
        assert isinstance(signature, bytes)
        return signature
