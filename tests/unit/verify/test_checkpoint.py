"""Checkpoints: their text, and by whose signature they count."""

import pytest
from tests.support.forge import Forge, sign_note

from plimsoll_verify.checkpoint import parse_checkpoint, verify_checkpoint
from plimsoll_verify.errors import BadSignature, Malformed, UnknownKey
from plimsoll_verify.trust import parse_trust

FORGE = Forge()
POLICY = parse_trust(FORGE.trust().encode()).log_policy


def note(text: str) -> bytes:
    return f"{text}\n{sign_note(text, FORGE.origin, FORGE.log_key)}".encode()


def test_a_checkpoint_in_its_parts() -> None:
    data = FORGE.checkpoint().encode()
    checkpoint, signed = verify_checkpoint(data, POLICY, "c")
    assert (checkpoint.origin, checkpoint.size, checkpoint.root) == (FORGE.origin, 1, FORGE.roots[1])
    assert checkpoint.data == data
    assert [one.key for one in signed] == list(POLICY.logs)


def test_extension_lines_are_read() -> None:
    assert parse_checkpoint(note(FORGE.checkpoint_text() + "more\nand more\n"), "c").size == 1


@pytest.mark.parametrize(
    "text",
    [
        "x\n",
        f"{FORGE.origin}\n1\n",
        f"\n1\n{'A' * 43}=\n",
        FORGE.checkpoint_text().replace("\n1\n", "\n01\n"),
        FORGE.checkpoint_text().replace("\n1\n", "\n+1\n"),
        FORGE.checkpoint_text().replace("\n1\n", "\n-1\n"),
        FORGE.checkpoint_text().replace("\n1\n", "\n\u0661\n"),
        FORGE.checkpoint_text().replace("\n1\n", "\n9007199254740992\n"),
        FORGE.checkpoint_text().replace("=\n", "\n"),
        FORGE.checkpoint_text().replace("=\n", "==\n"),
        FORGE.checkpoint_text(root=bytes(31)),
        FORGE.checkpoint_text(root=bytes(33)),
    ],
)
def test_other_texts_are_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        parse_checkpoint(note(text), "c")


def test_an_empty_extension_line_ends_the_text_early() -> None:
    # The text is split at the last blank line, so this one belongs to it, and no line of a checkpoint is
    # empty.
    with pytest.raises(Malformed, match="none of them empty"):
        parse_checkpoint(note(FORGE.checkpoint_text() + "\nmore\n"), "c")


def test_a_checkpoint_of_another_log_is_refused() -> None:
    other = Forge(origin="other.example/log")
    with pytest.raises(Malformed, match=r"a checkpoint of acme\.example/log"):
        verify_checkpoint(other.checkpoint().encode(), POLICY, "c")


def test_a_checkpoint_that_the_log_did_not_sign_is_refused() -> None:
    text = FORGE.checkpoint_text()
    stranger = f"{text}\n{sign_note(text, FORGE.origin, FORGE.secret('stranger'))}"
    with pytest.raises(UnknownKey, match="a signature by a trusted key"):
        verify_checkpoint(stranger.encode(), POLICY, "c")


def test_a_checkpoint_whose_signature_is_of_another_text_is_refused() -> None:
    data = FORGE.checkpoint().replace("\n1\n", "\n2\n").encode()
    with pytest.raises(BadSignature):
        verify_checkpoint(data, POLICY, "c")
