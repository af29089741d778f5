import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.ledger.kit import ORIGIN, vkey_of

from plimsoll_keys.files import FileSigner, generate_signer
from plimsoll_keys.vkey import COSIGNATURE, VKey, format_vkey, key_id, parse_vkey
from plimsoll_ledger.checkpoint import (
    Checkpoint,
    format_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
    unverified_checkpoint,
    verify_checkpoint,
)
from plimsoll_ledger.errors import BadNote, Malformed
from plimsoll_ledger.hashing import EMPTY_ROOT, Hash, leaf_hash
from plimsoll_ledger.note import (
    MAX_NOTE_SIZE,
    Note,
    NoteSignature,
    format_note,
    parse_note,
    sign_note,
    verify_note,
)

TEXT = "first line\n\nafter a blank line\n"
SIGNER = generate_signer(ORIGIN)
OTHER = generate_signer("other.example")
ROOT = leaf_hash(b"x")


def signed(text: str = TEXT, *signers: FileSigner) -> Note:
    notes = [sign_note(text, signer) for signer in signers or (SIGNER,)]
    return Note(text, tuple(line for note in notes for line in note.signatures))


def cosignature(text: str, witness: FileSigner, time_s: int) -> NoteSignature:
    message = f"cosignature/v1\ntime {time_s}\n{text}".encode()
    value = time_s.to_bytes(8, "big") + witness.sign(message)
    return NoteSignature(witness.name, key_id(witness.name, COSIGNATURE, witness.public_key), value)


def test_a_note_survives_being_written_and_read() -> None:
    note = signed(TEXT, SIGNER, OTHER)
    assert parse_note(format_note(note)) == note
    verified = verify_note(note, [vkey_of(OTHER), vkey_of(SIGNER)])
    assert verified.text == TEXT
    assert verified.signers == (vkey_of(SIGNER), vkey_of(OTHER))


def test_the_last_blank_line_parts_text_from_signatures() -> None:
    note = parse_note(format_note(signed()))
    assert note.text == TEXT
    assert verify_note(note, [vkey_of(SIGNER)]).text == TEXT


def test_a_signature_is_over_exactly_the_text() -> None:
    note = signed()
    for text in ("first line\n", TEXT + "\n", TEXT.upper(), TEXT[:-1] + " \n"):
        with pytest.raises(BadNote, match="does not verify"):
            verify_note(replace(note, text=text), [vkey_of(SIGNER)])


def test_a_known_key_whose_signature_fails_rejects_the_note() -> None:
    good = signed(TEXT, SIGNER, OTHER)
    first, second = good.signatures
    forged = replace(second, signature=bytes(64))
    note = Note(TEXT, (first, forged))
    assert verify_note(note, [vkey_of(SIGNER)]).signers == (vkey_of(SIGNER),)  # OTHER is unknown.
    with pytest.raises(BadNote, match=r"by other\.example does not verify"):
        verify_note(note, [vkey_of(SIGNER), vkey_of(OTHER)])
    # A good line by the same key does not make up for a bad one, in whatever order.
    for lines in ((second, forged), (forged, second)):
        with pytest.raises(BadNote):
            verify_note(Note(TEXT, lines), [vkey_of(OTHER)])


def test_a_note_that_no_known_key_has_signed() -> None:
    with pytest.raises(BadNote, match=r"any known key \(other\.example\)"):
        verify_note(signed(), [vkey_of(OTHER)])
    with pytest.raises(BadNote, match="no key at all"):
        verify_note(signed(), [])
    stranger = generate_signer(ORIGIN)  # The same name, another key.
    with pytest.raises(BadNote):
        verify_note(signed(), [vkey_of(stranger)])
    impostor = replace(signed().signatures[0], key_id=vkey_of(stranger).key_id)
    with pytest.raises(BadNote, match="does not verify"):
        verify_note(Note(TEXT, (impostor,)), [vkey_of(stranger)])


def test_many_signatures() -> None:
    signers = [generate_signer(f"witness-{number}.example") for number in range(20)]
    note = parse_note(format_note(signed(TEXT, *signers)))
    assert len(verify_note(note, [vkey_of(signer) for signer in signers]).signers) == 20
    line = note.signatures[0]
    assert len(parse_note(format_note(Note(TEXT, (line,) * 256))).signatures) == 256
    with pytest.raises(Malformed, match="257 signatures"):
        parse_note(format_note(Note(TEXT, (line,) * 257)))


def test_a_vkey_whose_base64_holds_a_plus() -> None:
    signer = SIGNER
    while "+" not in format_vkey(vkey_of(signer)).split("+", 2)[2]:
        signer = generate_signer(ORIGIN)
    text = format_vkey(vkey_of(signer))
    assert text.count("+") > 2
    assert verify_note(signed(TEXT, signer), [parse_vkey(text)]).signers == (vkey_of(signer),)


def test_two_known_keys_that_cannot_be_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = vkey_of(SIGNER), vkey_of(generate_signer(ORIGIN))
    assert verify_note(signed(), [first, second, first]).signers == (first,)
    monkeypatch.setattr(VKey, "key_id", property(lambda _self: b"same"))
    with pytest.raises(BadNote, match="one key id"):
        verify_note(signed(), [first, second])


def test_cosignatures() -> None:
    witness = generate_signer("witness.example")
    vkey = VKey(witness.name, COSIGNATURE, witness.public_key)
    line = cosignature(TEXT, witness, 1_700_000_000)
    note = Note(TEXT, (*signed().signatures, line))
    assert verify_note(note, [vkey, vkey_of(SIGNER)]).times_s == {vkey: 1_700_000_000}
    later = (1_700_000_001).to_bytes(8, "big") + line.signature[8:]
    for signature in (later, line.signature[:-1], b"short", line.signature[8:]):
        with pytest.raises(BadNote, match=r"does not verify|past the year 9999"):
            verify_note(Note(TEXT, (replace(line, signature=signature),)), [vkey])


def line_of(name: str, value: bytes) -> bytes:
    return f"\u2014 {name} {base64.b64encode(value).decode()}\n".encode()


GOOD_LINE = line_of("a", b"idid" + bytes(64))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n" + GOOD_LINE,
        b"text\n\n",
        b"text\n\n" + GOOD_LINE[:-1],
        b"text\n\n" + GOOD_LINE + b"text\n",
        b"text\n\n" + GOOD_LINE + b"\n",
        b"te\x00xt\n\n" + GOOD_LINE,
        b"te\txt\n\n" + GOOD_LINE,
        b"te\rxt\r\n\r\n" + GOOD_LINE,
        b"te\xffxt\n\n" + GOOD_LINE,
        b"text\n\n" + GOOD_LINE.replace("\u2014".encode(), b"-"),
        b"text\n\n" + GOOD_LINE.replace(b" a ", b"  "),
        b"text\n\n" + GOOD_LINE.replace(b" a ", b" "),
        b"text\n\n" + line_of("a+b", b"idid" + bytes(64)),
        b"text\n\n" + line_of("a\u2003b", b"idid" + bytes(64)),
        b"text\n\n" + line_of("a", b"idid"),
        b"text\n\n" + line_of("a", b""),
        "text\n\n\u2014 a aWRpZGE\n".encode(),
        "text\n\n\u2014 a aWRpZGF=\n".encode(),  # Stray bits: the one spelling is aWRpZGE=.
        "text\n\n\u2014 a aWRp ZGE=\n".encode(),
        "text\n\n\u2014 a aWRpZGE=\u00a0\n".encode(),
    ],
)
def test_bytes_that_are_no_note(data: bytes) -> None:
    with pytest.raises(Malformed):
        parse_note(data)


def test_a_note_of_any_size_is_not_read() -> None:
    with pytest.raises(Malformed, match="at most"):
        parse_note(b"x" * (MAX_NOTE_SIZE + 1))


@pytest.mark.parametrize("text", ["", "no newline", "tab\there\n"])
def test_texts_that_are_never_signed(text: str) -> None:
    with pytest.raises(ValueError, match="ends in a newline"):
        sign_note(text, SIGNER)


def test_checkpoints() -> None:
    note = sign_checkpoint(17, ROOT, SIGNER)
    wanted = Checkpoint(ORIGIN, 17, ROOT)
    assert verify_checkpoint(note, [vkey_of(SIGNER)]) == wanted
    assert unverified_checkpoint(note) == wanted
    assert parse_checkpoint(format_checkpoint(wanted)) == wanted
    assert note.split(b"\n")[:2] == [ORIGIN.encode(), b"17"]


def test_extension_lines_are_read_and_never_written() -> None:
    text = format_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT)) + "extra one\nextra two\n"
    checkpoint = verify_checkpoint(format_note(signed(text)), [vkey_of(SIGNER)])
    assert checkpoint.extensions == ("extra one", "extra two")
    with pytest.raises(ValueError, match="never written"):
        format_checkpoint(checkpoint)


def test_a_checkpoint_needs_its_own_logs_signature() -> None:
    text = format_checkpoint(Checkpoint(ORIGIN, 17, ROOT))
    note = format_note(signed(text, OTHER))
    with pytest.raises(BadNote, match="not signed by a key of its own log"):
        verify_checkpoint(note, [vkey_of(OTHER), vkey_of(SIGNER)])
    witness = generate_signer(ORIGIN)
    vkey = VKey(ORIGIN, COSIGNATURE, witness.public_key)
    cosigned = format_note(Note(text, (cosignature(text, witness, 5),)))
    with pytest.raises(BadNote, match="its own log"):
        verify_checkpoint(cosigned, [vkey])


ROOT_TEXT = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n17\n{ROOT_TEXT}",
        f"{ORIGIN}\n17\n",
        f"\n17\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n\n17\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n017\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n+17\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n1_7\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n-1\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n\uff11\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n{2**63}\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n{'9' * 5000}\n{ROOT_TEXT}\n",
        f"{ORIGIN}\n17 \n{ROOT_TEXT}\n",
        f"{ORIGIN}\n17\n{ROOT_TEXT[:-4]}\n",
        f"{ORIGIN}\n17\n{ROOT_TEXT[:-2]}\n",
        f"{ORIGIN}\n17\n{ROOT_TEXT} \n",
        f"{ORIGIN}\n17\n{ROOT_TEXT}\n\n",
    ],
)
def test_texts_that_are_no_checkpoint(text: str) -> None:
    with pytest.raises(Malformed):
        parse_checkpoint(text)


def test_the_largest_size() -> None:
    assert parse_checkpoint(f"{ORIGIN}\n{2**63 - 1}\n{ROOT_TEXT}\n").size == 2**63 - 1
    with pytest.raises(ValueError, match="one line"):
        format_checkpoint(Checkpoint("two\nlines", 1, Hash(ROOT)))


@pytest.mark.parametrize("change", [lambda n: n.replace(b"17", b"18"), lambda n: n.replace(b"acme", b"acne")])
def test_a_changed_checkpoint(change: Callable[[bytes], bytes]) -> None:
    note = sign_checkpoint(17, ROOT, SIGNER)
    with pytest.raises(BadNote):
        verify_checkpoint(change(note), [vkey_of(SIGNER)])
