"""Histories of the definitions in tests/reference/, told as a ledger of real signed entries.

A history begins at 0; the ledger's people, its policy and its model were there shortly before.
"""

import os
from collections.abc import Iterable
from typing import Any, Protocol, TypeVar

from hypothesis import settings

from plimsoll_verify.findings import Finding
from plimsoll_verify.replay import Judgement
from tests.support.forge import time_text
from tests.support.story import Story


def examples(few: int) -> int:
    """Return how many examples to try: some in `make test`, more in `make property`."""
    return int(os.environ.get("PLIMSOLL_EXAMPLES", few))


def counted(number: int) -> settings:
    """Say for how many examples it is counted what they reach: always the same, in `make property` too."""
    return settings(max_examples=number, database=None, derandomize=True)


class Named(Protocol):
    """A step of a history that may have a name, and name another one; -1 is none."""

    @property
    def name(self) -> int: ...

    @property
    def of(self) -> int: ...


_N = TypeVar("_N", bound=Named)


def without_dangling(steps: Iterable[_N]) -> list[_N]:
    """Leave out of a history, in its order, what names a step that did not come before it."""
    names: set[int] = {-1}
    kept: list[_N] = []
    for step in steps:
        if step.of in names:
            kept.append(step)
            names.add(step.name)
    return kept


class Sortable(Named, Protocol):
    """A step of a history that says when it was recorded, and what it is."""

    @property
    def time(self) -> int: ...

    @property
    def what(self) -> str: ...


_S = TypeVar("_S", bound=Sortable)


def in_order(steps: Iterable[_S]) -> list[_S]:
    """Sort by entry time, what is named before what names it; what names nothing yet is left out."""

    def place(step: _S) -> tuple[int, int, str]:
        return step.time, step.name if step.name >= 0 else 99, step.what

    return without_dangling(sorted(dict.fromkeys(steps), key=place))


class Told(Story):
    """A story of which entries and times count from where the history begins.

    Attributes:
        began_ms: the time that is 0 in the history.
        first: the entry that has index 0 in the history.
        index_of: the entry by which something that the history names was recorded.
    """

    def __init__(self, document: dict[str, Any], people: dict[str, list[str]] | None = None) -> None:
        super().__init__(document, adopt=False, people=people)
        self.policy_entry = self.adopt(document)
        self.register()
        self.advance(ms=1)
        self.began_ms = self.now_ms
        self.first = self.size
        self.index_of: dict[int, int] = {}

    def said(self, time: int, event: int | None = None, unseen: int = 0) -> dict[str, str]:
        """Set the clock to a time of the history; return what an entry of then overrides.

        Args:
            time: when it is recorded.
            event: when it happened, if that is another time.
            unseen: how many entries of the history before it its author had not seen.
        """
        self.now_ms = self.began_ms + time
        more = {} if event is None or event == time else {"event_time": time_text(self.began_ms + event)}
        if unseen:
            more["seen"] = self.checkpoint(max(self.first, self.size - unseen))
        return more

    def judged(self, end: int) -> Judgement:
        """Judge the history up to a time of it."""
        return self.replayed().finish(self.began_ms + end)

    def covers(self, finding: Finding, at: int) -> bool:
        """Say whether a finding holds at a time of the history; one of no length does where it begins."""
        instant = self.began_ms + at
        stop = instant + 1 if finding.to_ms is None else max(finding.to_ms, finding.from_ms + 1)
        return finding.from_ms <= instant < stop

    def names(self, finding: Finding) -> set[int]:
        """Return what the history names among the entries of a finding."""
        return {name for name, index in self.index_of.items() if index in finding.entries}
