r"""Proof that who enrols a public key holds the private one, for this person and this log.

Without it, anybody could enrol another's public key as their own and claim that person's signatures.
The proof is an Ed25519 signature over

    plimsoll/key-proof/v1\n<origin>\n<person>\n<vkey>\n

which can be read neither as a checkpoint, because no person's id is the base64 of a root, nor as what a
DSSE envelope signs, which begins otherwise. A key that signs those too is so not tricked into proofs.
"""

from plimsoll_keys.errors import BadPoint, BadProof, BadSignature
from plimsoll_keys.points import verify_signature
from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import ED25519, VKey, format_vkey


def prove_possession(signer: Signer, origin: str, person: str) -> bytes:
    """Sign that this key is this person's, in the log of this origin.

    Args:
        signer: Its name is the person's id.
        origin: The log's origin.
        person: The person's id.

    Returns:
        The 64 bytes of the proof.

    Raises:
        BadProof: If the signer goes by another name, or a name has a line break.

    Source: SPEC 6.2
    """
    return signer.sign(_proof_text(VKey.of(signer), origin, person))


def verify_possession(vkey: VKey, origin: str, person: str, proof: bytes) -> VKey:
    """Check the proof that this key is this person's, in the log of this origin.

    Not checked: that the person is who they say, nor that the key is not another person's already.

    Returns:
        The vkey.

    Raises:
        BadProof: If the vkey has another name than the person or is not of type Ed25519, or the proof
            was not made with its key over this origin and person.

    Source: SPEC 6.2
    """
    text = _proof_text(vkey, origin, person)
    try:
        verify_signature(vkey.public_key, text, proof)
    except (BadPoint, BadSignature) as error:
        raise BadProof(
            f"the proof of possession for {person!a} in {origin!a} does not hold: {error}",
            hint="have the person make the proof again, for this log's origin and under their own id",
        ) from None
    return vkey


def _proof_text(vkey: VKey, origin: str, person: str) -> bytes:
    if vkey.name != person:
        raise BadProof(f"the key is named {vkey.name!a}, want the person's id {person!a}")
    if vkey.key_type != ED25519:
        raise BadProof(f"the key of {person!a} is of type {vkey.key_type}, want {ED25519} (Ed25519)")
    # A line break in the origin could shift what the following lines mean. The vkey has none.
    if not origin or not origin.isprintable():
        raise BadProof(f"not an origin: {origin!a}")
    return f"plimsoll/key-proof/v1\n{origin}\n{person}\n{format_vkey(vkey)}\n".encode()
