"""What happened to each model; of models that nothing is said of any more, packed.

A ledger of years names thousands of models that are long retired. Any of them may have to be judged again,
since late evidence can be about any: nothing is forgotten, but only so many events are kept as objects. The
rest are bytes, a tenth of the size, which are read again when somebody asks.

Source: SPEC 8.
"""

import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from copy import copy
from operator import attrgetter
from typing import Literal, Self

import msgspec

from plimsoll_verify.observed import Mention, Observation, PlanFact

MAX_UNPACKED = 1 << 17
"""How many events are kept as objects: some 60 MB."""

_READING = 16
"""The part of that, one to so many, that may be there twice: packed, and unpacked to be read."""

_FAST = 1
"""A level of compression: the next ones save little."""


What = Literal["results", "deployments", "training", "deletions"]


class Events(msgspec.Struct, array_like=True, gc=False):
    """Events of one model, each list in the order of the log; mentions by snapshot, plans by index."""

    results: list[Observation] = []
    deployments: list[Observation] = []
    training: list[Observation] = []
    deletions: list[Observation] = []
    mentions: dict[str, list[Mention]] = {}
    plans: dict[int, PlanFact] = {}

    def __len__(self) -> int:
        """Count the events."""
        observed = len(self.results) + len(self.deployments) + len(self.training) + len(self.deletions)
        return observed + sum(map(len, self.mentions.values())) + len(self.plans)

    def extend(self, later: "Events") -> None:
        """Add what happened later."""
        self.results += later.results
        self.deployments += later.deployments
        self.training += later.training
        self.deletions += later.deletions
        for snapshot, mentions in later.mentions.items():
            self.mentions.setdefault(snapshot, []).extend(mentions)
        self.plans |= later.plans


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Events).decode


class History:
    """What happened to one model.

    Attributes:
        grew: how many events there were, of all models on the shelf, when the newest one was added.
    """

    __slots__ = ("_packed", "_recent", "_shelf", "_whole", "grew", "id")

    def __init__(self, model: str, shelf: "Shelf | None" = None) -> None:
        """Begin the history of a model, on a shelf with others or on one of its own."""
        self.id = model
        self.begin(Events(), shelf or Shelf())

    def begin(self, events: Events, shelf: "Shelf") -> None:
        """Have these events and no others."""
        self.grew = 0
        self._shelf = shelf
        shelf.histories.append(self)
        self._packed: list[bytes] = []
        self._recent = events
        self._whole: Events | None = None

    def add(self, what: What, observed: Observation) -> None:
        """Add something that was observed, after all others of its sort."""
        getattr(self._grown(), what).append(observed)

    def mention(self, snapshot: str, mention: Mention) -> None:
        """Add that an entry says that a snapshot's weights are there."""
        self._grown().mentions.setdefault(snapshot, []).append(mention)

    def plan(self, index: int, plan: PlanFact) -> None:
        """Add that the entry of an index plans a run."""
        self._grown().plans[index] = plan

    @property
    def results(self) -> Sequence[Observation]:
        """Results of evaluations."""
        return self._events().results

    @property
    def deployments(self) -> Sequence[Observation]:
        """Starts, changes and ends of deployments."""
        return self._events().deployments

    @property
    def training(self) -> Sequence[Observation]:
        """Starts and stops of training, and checkpoints."""
        return self._events().training

    @property
    def deletions(self) -> Sequence[Observation]:
        """Deletions of weights."""
        return self._events().deletions

    @property
    def mentions(self) -> Mapping[str, Sequence[Mention]]:
        """Entries that say that weights are there, by snapshot."""
        return self._events().mentions

    @property
    def plans(self) -> Mapping[int, PlanFact]:
        """Runs that were planned, by index."""
        return self._events().plans

    def _grown(self) -> Events:
        """Make ready for one more event; returns where it belongs."""
        self._whole = None
        shelf = self._shelf
        shelf.unpacked += 1
        shelf.grown += 1
        self.grew = shelf.grown
        if shelf.unpacked > shelf.limit:
            shelf.rest()
        return self._recent

    def _events(self) -> Events:
        """Return all events, to be read only."""
        if not self._packed:
            return self._recent
        whole = self._whole
        if whole is None:
            whole = self._whole = Events()
            for packed in self._packed:
                whole.extend(_decode(zlib.decompress(packed)))
            whole.extend(self._recent)
            self._shelf.reads(self, len(whole))
        return whole

    def apart(self) -> Self:
        """Return a copy to which events can be added that did not happen."""
        events = Events()
        events.extend(self._events())
        found = copy(self)
        found.begin(events, Shelf())
        return found

    def pack(self) -> int:
        """Pack what is not packed yet; returns how many events that were."""
        count = len(self._recent)
        if count:
            self._packed.append(zlib.compress(_encode(self._recent), _FAST))
            self._recent = Events()
        return count

    def let_go(self) -> None:
        """Forget what was unpacked to be read."""
        self._whole = None


class Shelf:
    """Sees to it that not many more events than a limit are unpacked at once, of all models together.

    Attributes:
        limit: how many may be.
        histories: all that are on the shelf.
        grown: how many events were ever added to them.
        unpacked: how many of these are not packed.
    """

    def __init__(self, limit: int = MAX_UNPACKED) -> None:
        """Begin without models."""
        self.limit = limit
        self.histories: list[History] = []
        self.grown = self.unpacked = 0
        self._read: deque[tuple[History, int]] = deque()
        self._reading = 0

    def rest(self) -> None:
        """Pack those histories that have rested longest, until half of the limit is left."""
        for history in sorted(self.histories, key=attrgetter("grew")):
            self.unpacked -= history.pack()
            if self.unpacked <= self.limit // 2:
                break

    def reads(self, history: History, size: int) -> None:
        """Note that the events of a history, so many, were unpacked to be read; lets earlier ones go."""
        self._read.append((history, size))
        self._reading += size
        while self._reading > self.limit // _READING and len(self._read) > 1:
            oldest, freed = self._read.popleft()
            oldest.let_go()
            self._reading -= freed
