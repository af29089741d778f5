"""No single byte of what the newest checkpoint rests on can be changed unnoticed.

On a small ledger each byte of each file is changed, in several ways. The ledger must then be rejected, or
what is read must lack a body that it had (which makes a verdict indeterminate), or the changed byte must lie
in a signature line of the checkpoint that the trust file does not need.
"""

import random

import pytest
from tests.support.forge import Forge, cosign_note, public, vkey
from tests.support.reading import FilesSource

from plimsoll_verify.audit import verify_entries, verify_newest
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.record import Record
from plimsoll_verify.trust import Trust, parse_trust

MASKS = (0x01, 0x04, 0x20, 0x80, 0xFF)


def build() -> Forge:
    """Write a ledger with inline, detached, withheld and unreadable things in it."""
    forge = Forge()
    forge.enrol("eva", "evaluator")
    forge.advance(hours=1)
    model = forge.model("m")
    forge.statement("model-registered", [model], {"name": "m"}, "eva", "evaluator")
    forge.statement("model-registered", [forge.model("n")], {"name": "n"}, "eva", "evaluator", withheld=True)
    forge.append(b"no entry")
    forge.statement("weights-deleted", [model], {"reasons": "for good"}, "eva", "evaluator")
    return forge


def publish(forge: Forge) -> tuple[dict[str, bytes], str]:
    """Return the files under a checkpoint with a cosignature that nobody asks for, and that line."""
    line = cosign_note(forge.checkpoint_text(), "w.example", forge.secret("w"), 1_800_000_000)
    return forge.files(forge.checkpoint(cosigned=line)), line


def read(files: dict[str, bytes], trust: Trust) -> list[Record]:
    source = FilesSource(files)
    records: list[Record] = []
    checkpoint, _ = verify_newest(source, trust)
    verify_entries(source, trust, checkpoint, records.append, workers=1)
    return records


def lacks_a_body(records: list[Record], honest: list[Record]) -> bool:
    """Say whether the records are the honest ones, but for bodies that are withheld, at least one of them."""
    lost = 0
    for record, other in zip(records, honest, strict=True):
        if record != other:
            if record.body_state != "withheld" or other.body_state != "ok":
                return False
            record.body_state, record.body = other.body_state, other.body
            if record != other:
                return False
            lost += 1
    return lost > 0


def survives(
    files: dict[str, bytes], path: str, place: int, mask: int, trust: Trust, honest: list[Record]
) -> bool:
    """Change a byte; say whether the ledger is still read as if nothing had happened."""
    data = bytearray(files[path])
    data[place] ^= mask
    try:
        records = read({**files, path: bytes(data)}, trust)
    except VerificationError:
        return False
    return not lacks_a_body(records, honest)


def test_every_byte_of_a_small_ledger_counts() -> None:
    forge = build()
    files, line = publish(forge)
    trust = parse_trust(forge.trust().encode())
    honest = read(files, trust)
    assert len(honest) == forge.size
    assert sorted(files) == ["bodies/000", "checkpoint", "tile/0/000.p/8", "tile/entries/000.p/8"]
    survived = {
        (path, place)
        for path, data in files.items()
        for place in range(len(data))
        for mask in MASKS
        if survives(files, path, place, mask, trust, honest)
    }
    note = files["checkpoint"]
    unneeded = {("checkpoint", place) for place in range(note.index(line.encode()), len(note))}
    assert survived <= unneeded
    assert survived  # A change to the name of an unknown witness is none that counts.


def test_every_byte_counts_where_a_witness_is_needed() -> None:
    forge = build()
    files, line = publish(forge)
    key = vkey("w.example", public(forge.secret("w")), 4)
    trust = parse_trust(forge.trust(policy=f"log {forge.log_vkey}\nwitness w {key}\nquorum w\n").encode())
    honest = read(files, trust)
    assert line.encode() in files["checkpoint"]
    survived = [
        place
        for place in range(len(files["checkpoint"]))
        for mask in MASKS
        if survives(files, "checkpoint", place, mask, trust, honest)
    ]
    assert survived == []


@pytest.mark.parametrize("seed", range(4))
def test_bytes_of_a_ledger_with_full_tiles_count(seed: int) -> None:
    forge = build()
    while forge.size < 600:
        forge.statement("model-registered", [forge.model(str(forge.size))], {"name": "x"}, "eva", "evaluator")
    files = forge.files()
    assert {"tile/0/000", "tile/0/002.p/88", "tile/1/000.p/2", "bodies/002"} < set(files)
    trust = parse_trust(forge.trust().encode())
    honest = read(files, trust)
    chance = random.Random(seed)
    for path, data in files.items():
        place, mask = chance.randrange(len(data)), 1 << chance.randrange(8)
        assert not survives(files, path, place, mask, trust, honest), (path, place, mask)


def test_no_file_can_be_left_out_cut_or_lengthened() -> None:
    forge = build()
    files, _ = publish(forge)
    trust = parse_trust(forge.trust().encode())
    for path, data in files.items():
        left = {other: content for other, content in files.items() if other != path}
        for changed in (
            left,
            {**files, path: b""},
            {**files, path: data[:-1]},
            {**files, path: data + b"\0"},
        ):
            with pytest.raises(VerificationError):
                read(changed, trust)
