"""How much of a cosigned checkpoint a statement quotes."""

import pytest
from tests.support.mldsa import ml_cosign, ml_seed
from tests.support.office import Office

from plimsoll_attest import seen
from plimsoll_attest.seen import MAX_QUOTED_BYTES, hold_newest
from plimsoll_keys.files import generate_signer
from plimsoll_ledger.cosignature import sign_cosignature
from plimsoll_ledger.note import Note, format_note, format_signature_lines, parse_note

AT_S = 1_800_000_000


@pytest.mark.parametrize(("count", "kept"), [(0, 0), (4, 4), (5, 4), (32, 4)])
def test_the_longest_cosignatures_are_left_out_where_they_are_many(
    office: Office, monkeypatch: pytest.MonkeyPatch, count: int, kept: int
) -> None:
    path = office.path / "held"
    with office.desk() as desk, desk.store.reading() as reader:
        own = parse_note(reader.head().note)
        long = "".join(
            ml_cosign(own.text, f"w{number}.example", ml_seed(f"seen {number}"), AT_S)
            for number in range(count)
        )
        short = sign_cosignature(own.text, AT_S, generate_signer("ed.example"))
        note = f"{own.text}\n{long}{format_signature_lines([*own.signatures, short])}".encode()
        monkeypatch.setattr(seen, "_cosigned", lambda _: note)
        for _ in range(2):
            quoted = hold_newest(path, reader, desk.store.vkeys)
            assert quoted.encode() == path.read_bytes()
            assert len(quoted) <= MAX_QUOTED_BYTES
            lines = parse_note(quoted.encode()).signatures
            assert [line for line in lines if len(line.signature) < 100] == [*own.signatures, short]
            assert sum(len(line.signature) > 100 for line in lines) == kept
        assert hold_newest(path, reader, desk.store.vkeys, with_cosignatures=False).encode() == format_note(
            Note(own.text, own.signatures)
        )
