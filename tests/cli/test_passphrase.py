"""Passphrases come from a descriptor, the environment or a person, and never show."""

import io
import os
from collections.abc import Callable

import pytest

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.output import Console
from plimsoll_attest.cli.passphrase import AskedPassphrase, DescriptorPassphrase, source_for
from plimsoll_attest.errors import PassphraseMissing


def app(stdin: str = "", *, terminal: bool = True, env: dict[str, str] | None = None) -> App:
    console = Console(io.StringIO(), io.StringIO(), io.StringIO(stdin), interactive=terminal)
    return App(console, env or {}, lambda _app: pytest.fail("not needed"))


def given(name: str, *, new: bool) -> bytes:
    return b"new" if new else b"old"


@pytest.fixture
def pipe() -> Callable[[bytes], int]:
    def filled(data: bytes) -> int:
        reader, writer = os.pipe()
        os.write(writer, data)
        os.close(writer)
        return reader

    return filled


def test_a_descriptor_is_read_once_for_all_keys(pipe: Callable[[bytes], int]) -> None:
    source = DescriptorPassphrase(pipe(b"open sesame\r\nsecond line\n"))
    assert source("rso", new=False) == b"open sesame"
    assert source("ceo", new=True) == b"open sesame"
    assert "sesame" not in repr(source)


@pytest.mark.parametrize(
    ("data", "match"), [(b"\n", "empty"), (b"", "empty"), (b"x" * 5000, "more than 4096 bytes")]
)
def test_odd_descriptors_are_refused(pipe: Callable[[bytes], int], data: bytes, match: str) -> None:
    with pytest.raises(PassphraseMissing, match=match):
        DescriptorPassphrase(pipe(data))("rso", new=False)


def test_a_closed_descriptor_is_named() -> None:
    with pytest.raises(PassphraseMissing, match="--passphrase-fd 987: bad file descriptor"):
        DescriptorPassphrase(987)("rso", new=False)


def test_a_person_is_asked_once_a_key_and_twice_for_a_new_one() -> None:
    run = app("first\nnew\nnew\n")
    source = AskedPassphrase(run)
    assert source("rso", new=False) == source("rso", new=False) == b"first"
    assert source("ceo", new=True) == b"new"
    assert isinstance(run.console.stderr, io.StringIO)
    assert (
        run.console.stderr.getvalue()
        == "Passphrase for rso: New passphrase for the key of ceo: The same once more: "
    )
    assert "first" not in repr(source)


def test_two_that_differ_are_refused() -> None:
    with pytest.raises(PassphraseMissing, match="the two passphrases differ"):
        AskedPassphrase(app("one\nother\n"))("rso", new=True)


def test_an_empty_answer_is_refused() -> None:
    with pytest.raises(PassphraseMissing, match="empty passphrase"):
        AskedPassphrase(app("\n"))("rso", new=False)


def test_which_source_is_taken() -> None:
    assert isinstance(source_for(app(), given), AskedPassphrase)
    assert source_for(app(terminal=False), given) is given
    assert source_for(app(env={"PLIMSOLL_PASSPHRASE": "x"}), given) is given
    silent = app()
    silent.options.no_input = True
    assert source_for(silent, given) is given
    silent.options.passphrase_fd = 3
    assert isinstance(source_for(silent, given), DescriptorPassphrase)
