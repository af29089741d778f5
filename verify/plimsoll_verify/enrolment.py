"""Keys that a body brings into the ledger: each a good point, and held by whom it is said to belong to.

Who may bring them is another question (SPEC 6.3).

Source: SPEC 1.7, 6.1, 6.2.
"""

from hashlib import sha256

from plimsoll_verify.bodies import Genesis, Key, LogKey
from plimsoll_verify.encoding import parse_base64
from plimsoll_verify.errors import Malformed
from plimsoll_verify.note import parse_vkey
from plimsoll_verify.points import verify_signature


def verify_keys(body: Genesis | Key | LogKey, origin: str) -> dict[str, bytes]:
    """Verify the keys in a body; returns those of persons, 32 bytes each by their keyid.

    Args:
        body: as it was read.
        origin: the log's.

    Raises:
        Malformed: a vkey that is none or has another name, founders who are not sorted, one key for two of
            them, or fewer of them than their quorum needs.
        BadSignature: a key that is no acceptable point, or a proof of possession that is not by it.

    Source: SPEC 1.7, 5.1, 6.1, 6.2.
    """
    match body:
        case Key():
            return dict([_verify_person(body.person, body.vkey, body.proof, origin)])
        case LogKey():
            _verify_log_key(body.vkey, origin)
            return {}
        case _:
            return _verify_genesis(body)


def _verify_genesis(body: Genesis) -> dict[str, bytes]:
    for vkey in body.log:
        _verify_log_key(vkey, body.origin)
    persons = [founder.person for founder in body.root]
    if persons != sorted(set(persons)):
        raise Malformed("entries", "founders sorted by their ids, each once", ", ".join(persons))
    if body.quorum > len(persons):
        raise Malformed("entries", f"a quorum that {len(persons)} founders can meet", f"{body.quorum}")
    keys = dict(_verify_person(one.person, one.vkey, one.proof, body.origin) for one in body.root)
    if len(keys) != len(persons):
        raise Malformed("entries", "a key of its own for each founder", "a key that stands twice")
    return keys


def _verify_log_key(text: str, origin: str) -> None:
    vkey = parse_vkey(text, "entries")
    if vkey.name != origin:
        raise Malformed("entries", f"a log key of the name {origin}", f"one of another name, {vkey.name!a}")


def _verify_person(person: str, text: str, proof: str, origin: str) -> tuple[str, bytes]:
    vkey = parse_vkey(text, "entries")
    if vkey.name != person:
        raise Malformed("entries", f"a vkey of the name {person}", f"{vkey.name!a}")
    message = f"plimsoll/key-proof/v1\n{origin}\n{person}\n{text}\n".encode()
    verify_signature(vkey.key, message, parse_base64(proof, "entries", "a proof of possession"), "entries")
    return sha256(vkey.key).hexdigest(), vkey.key
