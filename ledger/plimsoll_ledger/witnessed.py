"""Publish a checkpoint only under the company's own witness policy, or say loudly that it is not.

Two notes come of one checkpoint: what is published carries each witness's newest cosignature, which says how
fresh it is; what is retained carries the earliest, which bounds when its entries were there. A cosignature
that is published over this very checkpoint already still counts, so that one witness's bad day does not keep
an unchanged log from being published again.

Where the policy is not met, nothing is written (fail closed): readers go on finding the older state.

Source: SPEC 2.7.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from plimsoll_ledger.clock import Clock
from plimsoll_ledger.cosignature import (
    Cosignature,
    attach_cosignatures,
    earliest_of,
    find_cosignatures,
    newest_of,
    replace_cosignatures,
)
from plimsoll_ledger.cosigning import GRACE_S, TIMEOUT_S, Asking, Collected, Task, collect, hints_from
from plimsoll_ledger.errors import LedgerError
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.logpolicy import Witness, WitnessPolicy
from plimsoll_ledger.note import parse_note
from plimsoll_ledger.reading import Head
from plimsoll_ledger.store import Store
from plimsoll_ledger.tree import prove_consistency, root_at


class Unwitnessed(LedgerError):
    """Too few witnesses cosigned for the policy; nothing was published.

    Attributes:
        failures: Why each witness that did not cosign did not, by its name in the policy.
    """

    def __init__(self, message: str, failures: Mapping[str, str], *, hint: str = "") -> None:
        """Take what happened, and each witness's reason."""
        super().__init__(message, hint=hint)
        self.failures = dict(failures)


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What witnesses made of a checkpoint.

    Attributes:
        note: The checkpoint with the newest cosignature of each witness.
        met: Whether the policy is met.
        names: The witnesses that have cosigned it, as the policy calls them, sorted.
        failures: Why each of the others did not today.
    """

    note: bytes
    met: bool
    names: tuple[str, ...]
    failures: dict[str, str]


class Witnessing:
    """The rule that a log publishes under."""

    def __init__(
        self,
        policy: WitnessPolicy,
        store: Store,
        clock: Clock,
        connect: Callable[[Witness], Asking],
        *,
        allow_unwitnessed: bool = False,
        timeout_s: float = TIMEOUT_S,
        grace_s: float = GRACE_S,
    ) -> None:
        """Take the rule, and how to ask.

        Args:
            policy: Who is asked, and who is enough.
            store: The log.
            clock: What witnesses' times are compared with.
            connect: Returns the client for a witness.
            allow_unwitnessed: Whether a checkpoint is published that does not meet the policy.
            timeout_s: How long all witnesses together may take, in seconds.
            grace_s: How long to wait for the rest once the policy is met, in seconds.
        """
        self.policy = policy
        self._vkeys = {witness.vkey: witness.name for witness in policy.witnesses.values()}
        self._store = store
        self._clock = clock
        self._connect = connect
        self._allow_unwitnessed = allow_unwitnessed
        self._timeout_s = timeout_s
        self._grace_s = grace_s

    def witness(self, head: Head, published: bytes | None) -> Witnessed:
        """Have a head's checkpoint cosigned.

        Args:
            head: What is to be published.
            published: What is published now, signed by this log; None if nothing is.

        Raises:
            Unwitnessed: if the policy is not met, and that is not allowed.
            PublishRefused: if a witness shows that the log went back or forked.
        """
        asked = self._collect(head, [] if published is None else [published])
        found = [*asked.cosignatures.values(), *self._known(head.note, published)]
        newest = newest_of(found)
        names = tuple(sorted(self._vkeys[item.vkey] for item in newest))
        met = self.policy.is_met(names)
        if not met and not self._allow_unwitnessed:
            raise _unwitnessed(self.policy, names, asked.failures)
        note = attach_cosignatures(head.note, self._store.vkeys, newest)
        return Witnessed(note, met, names, asked.failures)

    def times(self, head: Head) -> dict[str, int]:
        """Return what time each witness says it is, by its name, in ms, with a cosignature of now.

        Raises:
            PublishRefused: if a witness shows that the log went back or forked.
        """
        kept = [item.note for item in self._store.checkpoints() if item.published]
        asked = self._collect(head, kept[-1:])
        return {name: item.time_s * 1000 for name, item in asked.cosignatures.items()}

    def _collect(self, head: Head, notes: list[bytes]) -> Collected:
        task = Task(
            note=head.note,
            log_keys=self._store.vkeys,
            prove=self._prove,
            root_at=self._root_at,
            entries_ms=head.time_ms,
            hints=hints_from(self.policy, notes),
        )
        return collect(
            self.policy, task, self._connect, self._clock, timeout_s=self._timeout_s, grace_s=self._grace_s
        )

    def earliest(self, retained: bytes, more: bytes) -> bytes:
        """Return a retained note with each witness's earliest cosignature out of two notes of one text.

        Cosignatures by witnesses that the policy no longer names stay in it.
        """
        found = [*self._known(retained, retained), *self._known(retained, more)]
        return replace_cosignatures(retained, self._vkeys, earliest_of(found))

    def is_met_by(self, note: bytes) -> bool:
        """Say whether a note that this log has kept carries cosignatures that meet the policy."""
        return self.policy.is_met([self._vkeys[item.vkey] for item in self._known(note, note)])

    def _known(self, note: bytes, other: bytes | None) -> list[Cosignature]:
        """Return the cosignatures by this policy's witnesses that another note has over the same text."""
        if other is None:
            return []
        text, parsed = parse_note(note).text, parse_note(other)
        if parsed.text != text:
            return []
        return find_cosignatures(text, parsed.signatures, self._vkeys)

    def _prove(self, old_size: int, new_size: int) -> list[Hash]:
        # In a transaction of its own: witnesses are asked in threads, and sizes that were reached stay.
        with self._store.reading() as reader:
            return prove_consistency(reader, old_size, new_size)

    def _root_at(self, size: int) -> Hash:
        with self._store.reading() as reader:
            return root_at(reader, size)


def _unwitnessed(policy: WitnessPolicy, names: tuple[str, ...], failures: Mapping[str, str]) -> Unwitnessed:
    told = "\n".join(f"witness {name}: {reason}" for name, reason in sorted(failures.items()))
    return Unwitnessed(
        f"the witness policy asks for {policy.quorum}; cosigned by {', '.join(names) or 'nobody'}\n{told}",
        failures,
        hint="readers still find the older state; publish again when the witnesses answer, or say "
        "--allow-unwitnessed, whereupon auditors who trust them will reject what is published",
    )
