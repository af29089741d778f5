"""Keys come with a proof that somebody holds them."""

from typing import Any

import pytest
from tests.support.forge import Forge, vkey

from plimsoll_verify.bodies import Founder, Genesis, Key, LogKey
from plimsoll_verify.enrolment import verify_keys
from plimsoll_verify.errors import BadSignature, Malformed

FORGE = Forge(genesis=False)
ADA, BOB = FORGE.person("ada"), FORGE.person("bob")


def founder(name: str, **changes: Any) -> Founder:
    person = FORGE.person(name)
    return Founder(**{"person": name, "vkey": person.vkey, "proof": person.proof(FORGE.origin), **changes})


def genesis(**changes: Any) -> Genesis:
    members: dict[str, Any] = {
        "format": "plimsoll/1",
        "origin": FORGE.origin,
        "log": [FORGE.log_vkey],
        "root": [founder("ada"), founder("bob")],
        "quorum": 2,
    }
    return Genesis(**{**members, **changes})


def test_the_keys_of_all_founders_are_brought() -> None:
    assert verify_keys(genesis(), FORGE.origin) == {ADA.keyid: ADA.public, BOB.keyid: BOB.public}


def test_a_key_is_brought_by_its_entry_and_no_log_key() -> None:
    key = Key(person="ada", vkey=ADA.vkey, proof=ADA.proof(FORGE.origin))
    assert verify_keys(key, FORGE.origin) == {ADA.keyid: ADA.public}
    assert verify_keys(LogKey(vkey=FORGE.log_vkey), FORGE.origin) == {}


TWICE = founder("bob", vkey=vkey("bob", ADA.public))
TWICE_PROOF = FORGE.secret("ada").sign(f"plimsoll/key-proof/v1\n{FORGE.origin}\nbob\n{TWICE.vkey}\n".encode())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"root": [founder("bob"), founder("ada")]}, "founders sorted by their ids"),
        ({"root": [founder("ada"), founder("ada")]}, "founders sorted by their ids"),
        ({"quorum": 3}, "a quorum that 2 founders can meet"),
        (
            {"log": [vkey("other.example", FORGE.person("x").public)]},
            "a log key of the name acme.example/log",
        ),
        ({"log": ["x"]}, "type"),
        ({"root": [founder("ada", vkey=BOB.vkey)], "quorum": 1}, "a vkey of the name ada"),
        (
            {"root": [founder("ada"), founder("bob", vkey=TWICE.vkey, proof=FORGE.person("x").proof("x"))]},
            "does not verify",
        ),
    ],
)
def test_a_genesis_that_does_not_hold_together(changes: dict[str, Any], message: str) -> None:
    with pytest.raises((Malformed, BadSignature), match=message):
        verify_keys(genesis(**changes), FORGE.origin)


def test_two_founders_have_two_keys() -> None:
    from tests.support.forge import b64

    same = founder("bob", vkey=TWICE.vkey, proof=b64(TWICE_PROOF.signature))
    with pytest.raises(Malformed, match="a key that stands twice"):
        verify_keys(genesis(root=[founder("ada"), same]), FORGE.origin)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"proof": ADA.proof("other.example")}, "does not verify"),
        ({"proof": BOB.proof(FORGE.origin)}, "does not verify"),
        ({"proof": ""}, "64 bytes"),
        ({"proof": "x"}, "base64"),
        ({"person": "bob"}, "a vkey of the name bob"),
        ({"vkey": "x"}, "type"),
        ({"vkey": vkey("ada", bytes(32))}, "small order"),
    ],
)
def test_a_key_that_nobody_has_shown_to_hold(changes: dict[str, Any], message: str) -> None:
    key = Key(**{"person": "ada", "vkey": ADA.vkey, "proof": ADA.proof(FORGE.origin), **changes})
    with pytest.raises((Malformed, BadSignature), match=message):
        verify_keys(key, FORGE.origin)


def test_a_log_key_has_the_name_of_the_log() -> None:
    with pytest.raises(Malformed, match="a log key of the name"):
        verify_keys(LogKey(vkey=ADA.vkey), FORGE.origin)
