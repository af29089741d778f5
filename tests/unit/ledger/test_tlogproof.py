from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.ledger.kit import MemoryTree, make_entries, new_ledger, vkey_of

from plimsoll_ledger.checkpoint import sign_checkpoint, verify_checkpoint
from plimsoll_ledger.errors import BadNote, Malformed, NotFound, ProofError
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.tlogproof import format_tlog_proof, parse_tlog_proof, verify_tlog_proof
from plimsoll_ledger.tree import prove_inclusion, verify_consistency


def test_a_ledger_proves_each_of_its_entries(tmp_path: Path) -> None:
    blobs = [b"entry %d" % number for number in range(9)]
    sequencer, signer = new_ledger(tmp_path, blobs)
    with sequencer, sequencer.store as store:
        for index, blob in enumerate(blobs):
            data = format_tlog_proof(store.prove_entry(index))
            proven = verify_tlog_proof(parse_tlog_proof(data), [vkey_of(signer)])
            assert (proven.index, proven.entry, proven.checkpoint.size) == (index, blob, 9)
            assert format_tlog_proof(parse_tlog_proof(data)) == data
        with pytest.raises(NotFound, match="no entry 9 in a ledger of 9"):
            store.prove_entry(9)


def test_a_ledger_proves_that_it_only_grew(tmp_path: Path) -> None:
    sequencer, signer = new_ledger(tmp_path)
    with sequencer, sequencer.store as store:
        notes = [store.head().note]
        for number in range(20):
            sequencer.append([b"entry %d" % number])
            notes.append(store.head().note)
        new = verify_checkpoint(notes[-1], [vkey_of(signer)])
        for note in notes:
            old = verify_checkpoint(note, [vkey_of(signer)])
            newest, proof = store.prove_consistency(note)
            assert newest == notes[-1]
            hashes = [Hash(item) for item in proof]
            assert verify_consistency(old.size, old.root, new.size, new.root, hashes) == new.root
        with pytest.raises(NotFound, match="not a prefix"):
            store.prove_consistency(sign_checkpoint(99, new.root, signer))


def test_changed_proofs(tmp_path: Path) -> None:
    sequencer, signer = new_ledger(tmp_path, make_entries(6))
    with sequencer, sequencer.store as store:
        proof = store.prove_entry(3)
    known = [vkey_of(signer)]
    assert verify_tlog_proof(proof, known).index == 3
    assert proof.extra is not None
    for wrong in (
        replace(proof, index=2),
        replace(proof, index=6),
        replace(proof, extra=b"other"),
        replace(proof, extra=b"x" * 65_536),
        replace(proof, proof=proof.proof[1:]),
        replace(proof, proof=proof.proof[::-1]),
    ):
        with pytest.raises(ProofError):
            verify_tlog_proof(wrong, known)
    with pytest.raises(BadNote):
        verify_tlog_proof(replace(proof, checkpoint=proof.checkpoint.replace(b"\n6\n", b"\n7\n")), known)
    with pytest.raises(Malformed, match="carries no entry"):
        verify_tlog_proof(parse_tlog_proof(format_tlog_proof(replace(proof, extra=None))), known)


HEAD = b"c2sp.org/tlog-proof@v1\n"
HASH_LINE = b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEAD,
        HEAD + b"\n",
        HEAD + b"index 1\n",
        HEAD.replace(b"v1", b"v2") + b"index 1\n\nnote",
        HEAD + b"\nindex 1\n\nnote",
        HEAD + b"extra !\nindex 1\n\nnote",
        HEAD + b"extra AA==\nextra AA==\nindex 1\n\nnote",
        HEAD + b"index 01\n\nnote",
        HEAD + b"index\n\nnote",
        HEAD + b"index 1\nAAAA\n\nnote",
        HEAD + b"index 1\n" + HASH_LINE * 64 + b"\nnote",
        HEAD + b"index 1\n\xff\n\nnote",
        HEAD + b"index 1\n\n" + b"x" * 1_000_000,
    ],
)
def test_bytes_that_are_no_tlog_proof(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_tlog_proof(data)


def test_the_form_of_the_file() -> None:
    parsed = parse_tlog_proof(HEAD + b"extra AA==\nindex 1\n" + HASH_LINE * 63 + b"\nnote\n\nlines")
    assert (parsed.extra, parsed.index, len(parsed.proof)) == (b"\x00", 1, 63)
    assert parsed.checkpoint == b"note\n\nlines"
    tree = MemoryTree(make_entries(3))
    assert len(prove_inclusion(tree, 0, 3)) == 2
