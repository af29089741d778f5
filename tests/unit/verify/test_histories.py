"""Events that are packed are the events that were added."""

from collections.abc import Iterator

import pytest

from plimsoll_verify.facts import ModelFacts, shared_set
from plimsoll_verify.histories import History, Shelf, What
from plimsoll_verify.observed import (
    FormContent,
    Mention,
    Observation,
    PlanFact,
    ResultContent,
    ScoreFact,
)

SCORES = (
    ScoreFact("includes", "mean", "accuracy", (3, 10)),
    ScoreFact("includes", "mean", "stderr", "0.1"),
    ScoreFact("includes", "mean", "f1", None),
)
CONTENTS: tuple[ResultContent | FormContent | None, ...] = (
    ResultContent(
        succeeded=True, task="virology", version="1", variant="v", epochs=1, samples=10, sample_epochs=10,
        is_limited=False, is_flagged=True, plan=7, started_ms=5, scores=SCORES, surface="api",
    ),
    FormContent("external.general", "api", shared_set({"tools", "filtered"}), "eu", "assistant"),
    None,
)  # fmt: skip
SORTS: tuple[What, ...] = ("results", "deployments", "training", "deletions")


def observed(index: int, content: ResultContent | FormContent | None = None) -> Observation:
    return Observation(
        index, 10 + index, 2**62 - index, "eval-result", "snapshot:s", role="evaluator", is_reliable=True,
        is_known=content is not None, of=index - 1, content=content,
    )  # fmt: skip


def grow(histories: list[History], count: int) -> None:
    """Add events of every sort, to one history after the other."""
    for index in range(count):
        history = histories[index % len(histories)]
        match index // len(histories) % 6:
            case 4:
                history.mention(f"snapshot:{index % 5}", Mention(index, index - 1, index))
            case 5:
                history.plan(index, PlanFact(index, "virology", None, "api"))
            case sort:
                history.add(SORTS[sort], observed(index, CONTENTS[index % 3]))


def told(history: History) -> Iterator[object]:
    for sort in SORTS:
        yield list(getattr(history, sort))
    yield {snapshot: list(mentions) for snapshot, mentions in history.mentions.items()}
    yield dict(history.plans)


@pytest.mark.parametrize("limit", [1, 2, 7, 64, 1000])
@pytest.mark.parametrize("models", [1, 3, 11])
def test_what_was_packed_reads_as_it_was_added(limit: int, models: int) -> None:
    shelf = Shelf(limit)
    packed: list[History] = [History(f"model:{number}", shelf) for number in range(models)]
    plain = [History(f"model:{number}") for number in range(models)]
    for _ in range(5):
        grow(packed, 60)
        grow(plain, 60)
        assert [list(told(one)) for one in packed] == [list(told(one)) for one in plain]
    assert all(told(plain[0]))


def test_no_more_than_the_limit_is_unpacked() -> None:
    shelf = Shelf(10)
    histories = [History(f"model:{number}", shelf) for number in range(4)]
    grow(histories, 500)
    assert shelf.unpacked <= 10
    assert shelf.unpacked == sum(history.pack() for history in histories)
    assert shelf.grown == 500


def test_those_that_rest_longest_are_packed() -> None:
    shelf = Shelf(6)
    old, busy = History("model:old", shelf), History("model:busy", shelf)
    old.add("results", observed(0))
    for index in range(1, 7):
        busy.add("results", observed(index))
    # Half of six were to be left: the old one's only event, and the six of the busy one until then.
    assert (old.pack(), busy.pack()) == (0, 1)
    old.add("results", observed(7))
    busy.add("results", observed(8))
    assert [one.index for one in old.results] == [0, 7]
    assert [one.index for one in busy.results] == [1, 2, 3, 4, 5, 6, 8]


def test_what_is_read_stays_unpacked_only_so_long() -> None:
    shelf = Shelf(32)
    histories = [History(f"model:{number}", shelf) for number in range(3)]
    grow(histories, 90)
    for history in histories:
        history.pack()
    first = histories[0].results
    assert histories[0].results is first
    assert histories[1].results
    assert histories[0].results is not first
    assert histories[0].results == first


def test_a_copy_grows_apart() -> None:
    shelf = Shelf(4)
    model = ModelFacts("model:a", shelf)
    model.name = "a"
    grow([model], 60)
    before = list(told(model))
    copy = model.apart()
    copy.add("deployments", observed(99))
    copy.mention("snapshot:0", Mention(99, 99, 99))
    assert list(told(model)) == before
    assert (copy.name, copy.deployments[-1], copy.mentions["snapshot:0"][-1].entry) == ("a", observed(99), 99)
    assert len(copy.deployments) == len(model.deployments) + 1


def test_a_new_event_is_read_at_once() -> None:
    history = History("model:a", Shelf(1))
    for index in range(5):
        history.add("results", observed(index))
        assert [one.index for one in history.results] == list(range(index + 1))
