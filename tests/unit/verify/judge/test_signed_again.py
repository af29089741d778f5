"""An act that is signed again and again, each time by a key that is lost later."""

from plimsoll_verify.acts import Count, Lost
from plimsoll_verify.facts import NEVER, Act, SignOffFact
from plimsoll_verify.policy.grammar import Quorum
from plimsoll_verify.versions import always

MANY = 3000


def test_thousands_of_times() -> None:
    """Each completion lasts until its own key is lost, and the last one for good."""
    act = Act(0, 0, 0, "permit", ("model:m",), "rel", "release", 0, None)
    act.sign_offs += [
        SignOffFact(number, number, "rso-1", "rso", "approve", number, 0) for number in range(1, MANY + 1)
    ]
    lost = {number: Lost(MANY + number, MANY + number) for number in range(1, MANY)}
    count = Count(
        act, always(Quorum(1, ("rso",))), author_counts=False, voids=None, org="org:o", lost_at=lost.get
    )
    complete = count.completion()
    assert complete is not None
    times = list(complete.times())
    assert [one.index for one in times] == list(range(1, MANY + 1))
    assert [one.lost_ms for one in times] == [*(MANY + number for number in range(1, MANY)), NEVER]
    assert {one.seen for one in times} == {1}
    assert len({complete, *times}) == MANY
