"""Proof of possession: what it binds, and that nothing else passes for one."""

import pytest

from plimsoll_keys.errors import BadProof, KeysError
from plimsoll_keys.files import FileSigner, generate_signer
from plimsoll_keys.possession import prove_possession, verify_possession
from plimsoll_keys.vkey import COSIGNATURE, VKey, format_vkey

ORIGIN = "acme.example/rsp"


@pytest.fixture
def signer() -> FileSigner:
    """A signer that is the same in every run."""
    return generate_signer("evaluator-1", lambda size: b"\x07" * size)


def test_a_proof_holds_and_is_over_the_specified_bytes(signer: FileSigner) -> None:
    vkey = VKey.of(signer)
    proof = prove_possession(signer, ORIGIN, "evaluator-1")
    assert len(proof) == 64
    assert verify_possession(vkey, ORIGIN, "evaluator-1", proof) is vkey
    text = f"plimsoll/key-proof/v1\n{ORIGIN}\nevaluator-1\n{format_vkey(vkey)}\n"
    assert proof == signer.sign(text.encode())


def test_a_proof_is_for_one_log_only(signer: FileSigner) -> None:
    proof = prove_possession(signer, ORIGIN, "evaluator-1")
    with pytest.raises(BadProof, match="does not hold"):
        verify_possession(VKey.of(signer), "other.example/rsp", "evaluator-1", proof)


def test_a_proof_is_for_one_person_only(signer: FileSigner) -> None:
    proof = prove_possession(signer, ORIGIN, "evaluator-1")
    thief = VKey("thief-1", 1, signer.public_key)
    with pytest.raises(BadProof, match="does not hold"):
        verify_possession(thief, ORIGIN, "thief-1", proof)
    with pytest.raises(BadProof, match="named 'thief-1', want the person's id 'evaluator-1'"):
        verify_possession(thief, ORIGIN, "evaluator-1", proof)


def test_another_key_cannot_prove(signer: FileSigner) -> None:
    forged = prove_possession(generate_signer("evaluator-1"), ORIGIN, "evaluator-1")
    with pytest.raises(BadProof, match="does not hold") as caught:
        verify_possession(VKey.of(signer), ORIGIN, "evaluator-1", forged)
    assert caught.value.hint


@pytest.mark.parametrize("bit", range(0, 512, 37))
def test_a_flipped_bit_is_refused(signer: FileSigner, bit: int) -> None:
    proof = bytearray(prove_possession(signer, ORIGIN, "evaluator-1"))
    proof[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BadProof, match="does not hold"):
        verify_possession(VKey.of(signer), ORIGIN, "evaluator-1", bytes(proof))


@pytest.mark.parametrize("size", [0, 63, 65])
def test_a_proof_has_64_bytes(signer: FileSigner, size: int) -> None:
    with pytest.raises(BadProof, match=f"has {size} bytes, want 64"):
        verify_possession(VKey.of(signer), ORIGIN, "evaluator-1", bytes(size))


def test_a_signer_proves_under_its_own_name_only(signer: FileSigner) -> None:
    with pytest.raises(BadProof, match="named 'evaluator-1', want the person's id 'rso'"):
        prove_possession(signer, ORIGIN, "rso")


def test_a_witness_key_is_no_persons_key(signer: FileSigner) -> None:
    proof = prove_possession(signer, ORIGIN, "evaluator-1")
    with pytest.raises(BadProof, match="of type 4, want 1"):
        verify_possession(VKey("evaluator-1", COSIGNATURE, signer.public_key), ORIGIN, "evaluator-1", proof)


@pytest.mark.parametrize("origin", ["", "acme\nrso", "acme\x00"])
def test_an_origin_cannot_shift_the_lines(signer: FileSigner, origin: str) -> None:
    with pytest.raises(BadProof, match="not an origin"):
        prove_possession(signer, origin, "evaluator-1")
    with pytest.raises(KeysError, match="not an origin"):
        verify_possession(VKey.of(signer), origin, "evaluator-1", bytes(64))
