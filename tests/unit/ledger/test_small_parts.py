import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.unit.ledger.kit import ORIGIN, START_MS, TextAdmission, ToldClock, new_ledger, url_of

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.clock import SystemClock, format_time
from plimsoll_ledger.encoding import format_base64, parse_base64, parse_decimal
from plimsoll_ledger.errors import Malformed, StorageFull
from plimsoll_ledger.fsck import fsck
from plimsoll_ledger.sequencer import Appended, create_ledger


def test_times() -> None:
    assert format_time(0) == "1970-01-01T00:00:00.000Z"
    assert format_time(START_MS + 120) == "2026-11-22T00:00:00.120Z"
    assert format_time(253_402_300_799_999) == "9999-12-31T23:59:59.999Z"
    first, second = SystemClock().now_ms(), SystemClock().now_ms()
    assert START_MS // 2 < first <= second


@pytest.mark.parametrize("text", ["", "AA==", "/+8=", "AAAA"])
def test_base64(text: str) -> None:
    assert format_base64(parse_base64(text, "x")) == text


@pytest.mark.parametrize(
    "text", ["A", "AA", "AA=", "AB==", "A A==", "AA==\n", "-_8=", "AA==AA==", "\u00e4A=="]
)
def test_base64_that_is_not_the_one_spelling(text: str) -> None:
    with pytest.raises(Malformed, match="the thing is"):
        parse_base64(text, "the thing")


@pytest.mark.parametrize("text", ["0", "7", "10", str(2**63 - 1)])
def test_decimals(text: str) -> None:
    assert str(parse_decimal(text, "x")) == text


@pytest.mark.parametrize(
    "text", ["", "00", "01", "-0", "+5", "0_5", " 5", "5 ", "\uff15", "\u00b2", str(2**63)]
)
def test_decimals_that_are_not_the_one_spelling(text: str) -> None:
    with pytest.raises(Malformed, match="the thing is not a decimal"):
        parse_decimal(text, "the thing")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of half a megabyte; needs the right to mount."""
    path = tmp_path / "small"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(path)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("needs the right to mount a tmpfs")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_disk_that_fills_up(small_disk: Path) -> None:
    """Append until there is no room: an error says so, and what was acknowledged is there."""
    sequencer, _ = new_ledger(small_disk)
    with sequencer, sequencer.store as store:
        acknowledged = [b"genesis"]

        def fill() -> None:
            while True:
                blob = b"entry %d " % len(acknowledged) + b"x" * 4000
                (outcome,) = sequencer.append([blob])
                assert isinstance(outcome, Appended)
                acknowledged.append(blob)

        with pytest.raises(StorageFull, match="no room left"):
            fill()
        assert len(acknowledged) > 10
        assert [entry.leaf for entry in store.entries()] == acknowledged
        fsck(store)
        subprocess.run(["mount", "-o", "remount,size=2m", str(small_disk)], check=True)
        assert isinstance(sequencer.append([b"room again"])[0], Appended)
        fsck(store)


def test_a_disk_without_room_for_a_ledger(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,size=32k", str(small_disk)], check=True)
    signer = generate_signer(ORIGIN)
    with pytest.raises(StorageFull):
        create_ledger(url_of(small_disk), signer, TextAdmission(), ToldClock(), [b"genesis"])
    assert list(small_disk.iterdir()) == []
    subprocess.run(["mount", "-o", "remount,size=2m", str(small_disk)], check=True)
    sequencer = create_ledger(url_of(small_disk), signer, TextAdmission(), ToldClock(), [b"genesis"])
    with sequencer, sequencer.store as store:
        assert store.size == 1
