"""The loop that publishes a served log, and renews the cosignatures of one that has not grown."""

import threading
from dataclasses import dataclass, field

from plimsoll_ledger.errors import StorageFailed
from plimsoll_ledger.service.publishing import Published, PublishLoop


@dataclass(slots=True)
class Counter:
    """A log of one size, which fails to be published the first time; each turn of the loop takes a second."""

    turns: int = 0
    published_at: list[int] = field(default_factory=list)
    told: list[Published] = field(default_factory=list)
    fails: int = 0
    enough: int = 40
    is_enough: threading.Event = field(default_factory=threading.Event)

    def log_size(self) -> int:
        self.turns += 1
        if self.turns == self.enough:
            self.is_enough.set()
        return 7

    def publish(self) -> int:
        self.published_at.append(self.turns)
        if len(self.published_at) <= self.fails:
            raise StorageFailed("no witness answers")
        return 7

    def tell(self, published: Published, _took_s: float) -> None:
        self.told.append(published)


def run(counter: Counter, *, renew_every_s: float) -> None:
    """Let the loop take its turns, 40 or a few more."""
    loop = PublishLoop(
        counter.publish,
        counter.log_size,
        counter.tell,
        every_s=0.001,
        at_once_s=0,
        renew_every_s=renew_every_s,
        size=7,
        monotonic=lambda: float(counter.turns),
    )
    loop.start()
    assert counter.is_enough.wait(60)
    loop.close()


def test_a_log_that_does_not_grow_is_renewed_now_and_then() -> None:
    counter = Counter()
    run(counter, renew_every_s=10)
    assert counter.published_at[:3] == [11, 21, 31], "the first turn is at second 0"
    assert {published.failure for published in counter.told} == {""}


def test_without_need_nothing_is_published() -> None:
    counter = Counter()
    run(counter, renew_every_s=3600)
    assert counter.published_at == []


def test_a_renewal_that_fails_is_tried_again_at_the_next_turn() -> None:
    counter = Counter(fails=2)
    run(counter, renew_every_s=20)
    assert counter.published_at == [21, 22, 23]
    assert [published.failure for published in counter.told] == ["no witness answers"] * 2 + [""]
