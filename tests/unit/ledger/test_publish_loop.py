"""The loop that publishes a served log, and renews the cosignatures of one that has not grown."""

import time
from dataclasses import dataclass, field

from plimsoll_ledger.errors import StorageFailed
from plimsoll_ledger.service.publishing import Published, PublishLoop


@dataclass(slots=True)
class Counter:
    """A log of one size, which fails to be published the first time."""

    times: list[float] = field(default_factory=list)
    told: list[Published] = field(default_factory=list)
    fails: int = 0

    def publish(self) -> int:
        self.times.append(time.monotonic())
        if len(self.times) <= self.fails:
            raise StorageFailed("no witness answers")
        return 7

    def tell(self, published: Published, _took_s: float) -> None:
        self.told.append(published)


def run(counter: Counter, *, renew_every_s: float, for_s: float) -> None:
    loop = PublishLoop(
        counter.publish,
        lambda: 7,
        counter.tell,
        every_s=0.01,
        at_once_s=0,
        renew_every_s=renew_every_s,
        size=7,
    )
    loop.start()
    time.sleep(for_s)
    loop.close()


def test_a_log_that_does_not_grow_is_renewed_now_and_then() -> None:
    counter = Counter()
    run(counter, renew_every_s=0.1, for_s=0.55)
    assert 2 <= len(counter.times) <= 6
    assert {published.failure for published in counter.told} == {""}


def test_without_need_nothing_is_published() -> None:
    counter = Counter()
    run(counter, renew_every_s=3600, for_s=0.1)
    assert counter.times == []


def test_a_renewal_that_fails_is_tried_again_at_the_next_turn() -> None:
    counter = Counter(fails=2)
    run(counter, renew_every_s=0.05, for_s=0.2)
    assert [published.failure for published in counter.told][:3] == ["no witness answers"] * 2 + [""]
