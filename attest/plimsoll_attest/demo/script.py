"""What a story is made of: commands at their times, by their persons, each with the exit code it must give.

A story is data, fully known before it is played: the index of every entry follows from how many entries the
steps before it append. So the same steps can be played in-process and be written out as a shell script.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True)
class Step:
    """One command.

    Attributes:
        time_ms: Story time, milliseconds since 1970 UTC.
        person: Who gives it.
        args: Arguments of ``plimsoll``.
        home: Name of the ledger home, inside the demo's folder.
        adds: Entries that it must append.
        expect: Exit code that it must give.
        show: Print what the command prints.
        note: A line for the reader, printed before it.
    """

    time_ms: int
    person: str
    args: tuple[str, ...]
    home: str = "home"
    adds: int = 0
    expect: int = 0
    show: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class CopyHome:
    """The home as it now is, copied: where an ending leaves the story."""

    source: str
    target: str


@dataclass(slots=True)
class Script:
    """Collects steps and keeps count of the entries, per home."""

    steps: list[Step | CopyHome] = field(default_factory=list)
    sizes: dict[str, int] = field(default_factory=lambda: {"home": 0})
    home: str = "home"
    _day: datetime = datetime(2026, 11, 20, tzinfo=UTC)
    _next_ms: int = 0
    _note: str = ""

    def on(self, day: str, clock: str = "09:00") -> None:
        """Set the story's time: a day ``YYYY-MM-DD`` and ``hh:mm``, UTC."""
        self._next_ms = int(datetime.fromisoformat(f"{day}T{clock}:00+00:00").timestamp() * 1000)

    def note(self, words: str) -> None:
        """Say something to the reader before the next step."""
        self._note = words

    def by(
        self,
        person: str,
        *args: str,
        adds: int = 0,
        expect: int = 0,
        show: bool = False,
        every_ms: int = 60_000,
    ) -> int:
        """Add a command and return the index of the first entry that it appends.

        Args:
            person: Who gives it.
            args: Arguments of ``plimsoll``.
            adds: Entries that it appends.
            expect: Exit code that it gives.
            show: Print what it prints.
            every_ms: Story time until the next step.
        """
        first = self.sizes[self.home]
        self.steps.append(Step(self._next_ms, person, args, self.home, adds, expect, show, self._note))
        self._note = ""
        self._next_ms += every_ms
        self.sizes[self.home] += adds
        return first

    def record(self, person: str, kind: str, about: str, *fields: str, event_time: str = "") -> int:
        """Add a ``record`` command, which appends one entry, and return the entry's index.

        Args:
            person: Who records it.
            kind: Kind of the statement.
            about: A model's name, or ``org``.
            fields: ``key=value`` of the body.
            event_time: When it happened, if that is not now.
        """
        subject = ("--subject", "org") if about == "org" else ("--model", about)
        sets = [word for pair in fields for word in ("--set", pair)]
        when = ("--event-time", event_time) if event_time else ()
        return self.by(person, "record", kind, *subject, *sets, *when, adds=1)

    def approve(self, index: int, persons: Sequence[str]) -> None:
        """Add an approving sign-off of entry ``index`` by each person, in order."""
        for person in persons:
            self.by(person, "sign-off", str(index), "approve", adds=1)

    def branch(self, target: str) -> "Script":
        """Copy the home as it now is and return a script that goes on there, from the same time."""
        self.steps.append(CopyHome(self.home, target))
        self.sizes[target] = self.sizes[self.home]
        other = Script(steps=[], sizes=self.sizes, home=target)
        other._next_ms = self._next_ms
        return other
