"""What authors had seen: roots that agree, notes that are made up, and forks."""

from pathlib import Path

import pytest
from tests.support.forge import Forge, b64, cosign_note, sign_note
from tests.support.reading import last_fault, read_forge, rejection

from plimsoll_verify.errors import Fork

DAY = 86_400_000


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    return forge


def beat(forge: Forge, seen: str, **overrides: str) -> int:
    return forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator", seen=seen, **overrides)


def test_every_earlier_checkpoint_may_be_seen(forge: Forge, tmp_path: Path) -> None:
    notes = {size: forge.checkpoint(size) for size in range(1, 5)}
    for note in notes.values():
        beat(forge, note)
    assert [record.seen_size for record in read_forge(forge, tmp_path)][-4:] == [1, 2, 3, 4]
    assert last_fault(forge, tmp_path) == ""


def test_one_note_seen_by_many_is_compared_for_each(forge: Forge, tmp_path: Path) -> None:
    note = forge.checkpoint()
    for _ in range(5):
        beat(forge, note)
    assert [record.fault for record in read_forge(forge, tmp_path)] == [""] * forge.size


def test_many_different_notes_are_forgotten_again(forge: Forge, tmp_path: Path) -> None:
    for _ in range(1100):
        forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator")
    assert last_fault(forge, tmp_path) == ""


def test_cosignatures_and_extension_lines_may_be_seen(forge: Forge, tmp_path: Path) -> None:
    text = forge.checkpoint_text() + "extension\n"
    note = f"{text}\n{sign_note(text, forge.origin, forge.log_key)}"
    beat(forge, note + cosign_note(text, "w.example", forge.secret("w"), 7))
    assert last_fault(forge, tmp_path) == ""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: "", "seen is no checkpoint"),
        (lambda _: "x", "seen is no checkpoint"),
        (lambda note: note[:-1], "seen is no checkpoint"),
        (lambda note: note.replace("\u2014", "-"), "seen is no checkpoint"),
        (lambda note: note.replace("\n4\n", "\n04\n"), "seen is no checkpoint"),
        (lambda note: note.replace("\n4\n", "\n0\n"), "a checkpoint of no entries"),
        (lambda note: note.replace("\n4\n", "\n5\n"), "of 5 entries, itself among them"),
        (lambda note: note.replace("\n4\n", "\n900000000000000\n"), "itself among them"),
        (lambda note: note.replace("\n4\n", "\n9007199254740993\n"), "seen is no checkpoint"),
        (lambda note: note.replace("acme.example", "evil.example"), "had seen another log"),
        (lambda note: note.replace("\n4\n", "\n3\n"), "had seen another root at size 3"),
    ],
)
def test_what_was_not_seen_is_a_fault(forge: Forge, tmp_path: Path, change: object, message: str) -> None:
    assert callable(change)
    assert forge.size == 4
    beat(forge, change(forge.checkpoint()))
    assert message in last_fault(forge, tmp_path)


def test_nobody_saw_the_future_even_if_it_comes_true(forge: Forge, tmp_path: Path) -> None:
    twin = Forge()
    twin.enrol("eva", "evaluator")
    beat(twin, twin.checkpoint())
    # The note is right about a tree of five, but was seen by the fourth.
    forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator")
    future = forge.checkpoint()
    beat(forge, future)
    forge.entries.pop()
    again = Forge()
    again.enrol("eva", "evaluator")
    beat(again, future)
    beat(again, again.checkpoint())
    records = read_forge(again, tmp_path)
    assert "itself among them" in records[4].fault
    assert records[5].fault == ""


def test_a_root_that_was_made_up_is_a_fault(forge: Forge, tmp_path: Path) -> None:
    text = forge.checkpoint_text(root=bytes(32))
    beat(forge, f"{text}\n{sign_note(text, forge.origin, forge.secret('mallory'))}")
    assert "had seen another root at size 4" in last_fault(forge, tmp_path)


def test_a_root_whose_signature_is_of_another_text_is_a_fault(forge: Forge, tmp_path: Path) -> None:
    right, wrong = b64(forge.roots[4]), b64(bytes(32))
    beat(forge, forge.checkpoint().replace(right, wrong))
    assert "had seen another root at size 4" in last_fault(forge, tmp_path)


@pytest.mark.parametrize("workers", [1, 2])
def test_a_root_that_the_log_signed_is_a_fork(forge: Forge, tmp_path: Path, workers: int) -> None:
    other = forge.checkpoint(root=bytes(32))
    for _ in range(300):
        forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator")
    index = beat(forge, other)
    for _ in range(300):
        forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator")
    error = rejection(tmp_path, forge.publish(tmp_path), workers)
    assert isinstance(error, Fork)
    assert (error.check, error.entry) == ("fork", index)
    assert (error.note_a, error.note_b) == (forge.checkpoint().encode(), other.encode())


def test_what_seen_omits_is_at_most_30_days_old(forge: Forge, tmp_path: Path) -> None:
    note = forge.checkpoint()
    forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator")
    forge.now_ms += 30 * DAY
    beat(forge, note)
    assert last_fault(forge, tmp_path) == ""


def test_what_is_older_should_have_been_seen(forge: Forge, tmp_path: Path) -> None:
    note = forge.checkpoint()
    forge.statement("heartbeat", [forge.org()], {}, "eva", "evaluator")
    forge.now_ms += 30 * DAY + 1
    beat(forge, note)
    assert "had not seen entry 4, more than 30 days old by then" in last_fault(forge, tmp_path)


def test_a_quiet_log_leaves_nothing_to_be_seen(forge: Forge, tmp_path: Path) -> None:
    forge.now_ms += 400 * DAY
    beat(forge, forge.checkpoint())
    assert last_fault(forge, tmp_path) == ""
