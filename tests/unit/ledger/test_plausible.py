"""A clock that cannot be right is refused, and others are asked only when there is a doubt."""

import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from tests.unit.ledger.kit import HOUR_MS, ORIGIN, START_MS, TextAdmission, ToldClock

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.errors import ClockBehind, ClockUnproven
from plimsoll_ledger.plausible import ClockDoubted, ClockGuard
from plimsoll_ledger.reading import Head
from plimsoll_ledger.sequencer import Sequencer, create_ledger

DAY_MS = 24 * HOUR_MS


class Others:
    """Other clocks, that say what they are told to."""

    def __init__(self, **times_ms: int) -> None:
        self.times_ms = times_ms
        self.asked: list[bytes] = []

    def ask(self, head: Head) -> Mapping[str, int]:
        self.asked.append(head.note)
        return self.times_ms


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def others() -> Others:
    return Others()


@pytest.fixture
def log(clock: ToldClock, others: Others, tmp_path: Path) -> Iterator[Sequencer]:
    signer = generate_signer(ORIGIN)
    first = create_ledger(f"sqlite:///{tmp_path}/log.sqlite3", signer, TextAdmission(), clock, [b"genesis"])
    first.close()
    with Sequencer(first.store, signer, TextAdmission(), clock, clock_proof=others) as sequencer:
        yield sequencer
    first.store.close()


def test_within_a_day_nobody_is_asked(log: Sequencer, clock: ToldClock, others: Others) -> None:
    clock.ms += DAY_MS
    log.append([b"one"])
    clock.ms += DAY_MS
    log.append([b"two"])
    assert others.asked == []


def test_after_a_pause_somebody_must_say_the_same(log: Sequencer, clock: ToldClock, others: Others) -> None:
    clock.ms += DAY_MS + 1
    others.times_ms = {"far": clock.ms + DAY_MS, "near": clock.ms - 60_000}
    note = log.store.head().note
    log.append([b"one"])
    log.append([b"two"])
    assert others.asked == [note]
    assert log.store.size == 3


@pytest.mark.parametrize(
    ("times", "told"),
    [
        ({}, "and nobody else could be asked"),
        ({"tsa": START_MS}, "and tsa says 2026-11-22T00:00:00.000Z"),
        ({"b": START_MS, "a": START_MS + 1}, "and a says 2026-11-22T00:00:00.001Z, b says 2026-11-22"),
        ({"tsa": START_MS + 2 * DAY_MS - 60_001}, "and tsa says 2026-11-23T23:58:59.999Z"),
        ({"tsa": START_MS + 2 * DAY_MS + 60_001}, "and tsa says 2026-11-24T00:01:00.001Z"),
    ],
)
def test_a_clock_that_nobody_confirms_is_refused_naming_all_times(
    log: Sequencer, clock: ToldClock, others: Others, times: dict[str, int], told: str
) -> None:
    clock.ms += 2 * DAY_MS
    others.times_ms = times
    with pytest.raises(ClockUnproven) as caught:
        log.append([b"one"])
    assert "the clock reads 2026-11-24T00:00:00.000Z, more than a day after the last entry's" in str(
        caught.value
    )
    assert "time 2026-11-22T00:00:00.000Z" in str(caught.value)
    assert told in str(caught.value)
    assert (caught.value.now_ms, caught.value.last_ms) == (clock.ms, START_MS)
    assert caught.value.others == times
    assert log.store.size == 1
    # Set right, it goes on, and the same blob is taken.
    clock.ms = START_MS + HOUR_MS
    assert log.append([b"one"])[0].index == 1  # type: ignore[union-attr]


def test_a_day_later_they_are_asked_again(clock: ToldClock, others: Others) -> None:
    guard = ClockGuard(clock, others)
    head = Head(1, None, START_MS, b"note", b"")  # type: ignore[arg-type]
    clock.ms += 2 * DAY_MS
    others.times_ms = {"tsa": clock.ms}
    with pytest.raises(ClockDoubted):
        guard.read(head)
    guard.prove(head)
    clock.ms += DAY_MS
    assert guard.read(head) == clock.ms
    clock.ms += 1
    with pytest.raises(ClockDoubted) as caught:
        guard.read(head)
    assert caught.value.head is head


def test_a_clock_behind_is_refused_without_asking(log: Sequencer, clock: ToldClock, others: Others) -> None:
    clock.ms -= 1
    with pytest.raises(
        ClockBehind, match=r"reads 2026-11-21T23:59:59\.999Z, .*time 2026-11-22T00:00:00\.000Z"
    ):
        log.append([b"one"])
    assert others.asked == []


def test_without_others_a_pause_is_believed(clock: ToldClock) -> None:
    clock.ms += 400 * DAY_MS
    head = Head(1, None, START_MS, b"note", b"")  # type: ignore[arg-type]
    assert ClockGuard(clock, None).read(head) == clock.ms
    with pytest.raises(ClockUnproven):
        ClockGuard(clock, None).prove(head)


def test_nothing_is_locked_for_others_while_they_are_asked(
    log: Sequencer, clock: ToldClock, others: Others
) -> None:
    """A second process could append while the first one waits for an answer."""
    clock.ms += 2 * DAY_MS
    done: list[int] = []

    def ask(head: Head) -> Mapping[str, int]:
        assert head.size == 1
        writer = log.store.writer()
        try:
            with writer.transaction() as transaction:
                done.append(transaction.lock_head().size)
        finally:
            writer.close()
        return {"tsa": clock.ms}

    others.ask = ask  # type: ignore[method-assign]
    thread = threading.Thread(target=lambda: log.append([b"one"]))
    thread.start()
    thread.join(20)
    assert done == [1]
    assert log.store.size == 2
