"""Admission: what the ledger asks before a statement becomes an entry.

The rule is the verifier's: an entry that a verifier would call inadmissible (V36), or whose author's key or
role is not in effect (V14), never gets into an honest log. What is *true* is let in, welcome or not; whether
a deployment was allowed is judged later, by everybody.

    precheck   form, proofs, detached body; the signature if the key is known          any core, any time
    admit      ledger, time, seen, references, authority; then the entry is sealed     inside the section
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, cast

from plimsoll_attest.canonical import NotCanonical, parse_canonical
from plimsoll_attest.errors import AttestError, BadStatement
from plimsoll_attest.standing import TOPICS, Standing, make_record
from plimsoll_attest.statements.checking import Checked, Seen, check_detached, check_envelope, find_references
from plimsoll_attest.statements.envelope import format_entry, parse_entry
from plimsoll_attest.statements.kinds import find_kind
from plimsoll_attest.statements.statement import NO_LEDGER
from plimsoll_attest.times import format_time
from plimsoll_keys.errors import KeysError
from plimsoll_keys.points import verify_signature
from plimsoll_keys.vkey import VKey, format_vkey, parse_vkey
from plimsoll_ledger.admission import Admitted, Entry, LogView, Refused
from plimsoll_ledger.checkpoint import verify_checkpoint
from plimsoll_ledger.errors import LedgerError
from plimsoll_ledger.reading import Head
from plimsoll_ledger.tiles import Tile
from plimsoll_ledger.tree import root_at
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.record import Record
from plimsoll_verify.times import ACTS

TOLERANCE_MS: Final = 60_000
"""How far an event may lie past its entry, and an act before what its author had seen (SPEC 9.12)."""

_REMEMBERED: Final = 4096
"""Checkpoints and times that are remembered before all are forgotten and asked for again."""

MAX_SEEN_AGE_MS: Final = 30 * 24 * 3600 * 1000
"""How old the first entry that `seen` omits may be (SPEC 4.5)."""


class TreeView(LogView, Protocol):
    """What admission reads of the log: entries, the signed head, and hashes of the tree."""

    def head(self) -> Head:
        """Return the newest signed tree."""
        ...

    def read_tiles(self, tiles: Sequence[Tile]) -> list[bytes]:
        """Return the hashes of tiles."""
        ...


@dataclass(frozen=True, slots=True)
class Prechecked:
    """A statement whose form is right, and what else needs no log.

    Attributes:
        said: The statement.
        verified_key: The key that its signature was verified with; None if that key was not known yet.
        references: Statements that its body names: hex id and index.
        of_index: The entry that its member `of` names, or None.
        instead: What a correction says that that entry's body should have been.
    """

    said: Checked
    verified_key: bytes | None
    references: tuple[tuple[str, int], ...]
    of_index: int | None
    instead: Mapping[str, Any] | None = None


BodyLookup = Callable[[str], bytes | None]


class LedgerAdmission:
    """Decides, for one ledger, which statements become entries. Implements the ledger's `Admission`."""

    def __init__(self, origin: str, bodies: BodyLookup, vkeys: Sequence[VKey] = ()) -> None:
        """Take what does not change while the ledger is open.

        Args:
            origin: The log's origin.
            bodies: Gives the detached body of a digest, or None if it is withheld.
            vkeys: The log's keys, which sign what authors have seen.
        """
        self._origin = origin
        self._bodies = bodies
        self._vkeys = tuple(vkeys)
        self._view: TreeView | None = None
        self._standing = Standing()
        self._ledger = ""
        self._signed: set[str] = set()
        self._times: dict[int, int] = {}
        self._batch: list[Entry] = []

    @property
    def standing(self) -> Standing:
        """Who may speak, as of the last `begin` and what was admitted since."""
        return self._standing

    def precheck(self, blob: bytes) -> Prechecked:
        """Check what needs no log.

        Returns:
            The statement with what else was found out.

        Raises:
            Refused: If the form is wrong, a proof or the signature does not hold, or the body is not of its
                kind.
        """
        try:
            said = check_envelope(blob, self._origin)
            body = self._read_body(said)
        except AttestError as error:
            raise Refused(error.message, hint=error.hint) from None
        # Reading one entry of a dict that the section may grow meanwhile is safe; a key never changes.
        known = self._standing.key(said.keyid)
        key = known.key if known else None
        if key is not None:
            _verify(said, key)
        of, instead = (body or {}).get("of"), (body or {}).get("instead")
        return Prechecked(said, key, tuple(find_references(body)), of["index"] if of else None, instead)

    def keep(self, prechecked: Sequence[Any]) -> None:
        """Keep nothing: whoever appends has kept the bodies before."""

    def begin(self, view: LogView) -> None:
        """Bring what is known of persons, keys and roles up to the view's entries."""
        self._view = cast("TreeView", view)
        self._batch = []
        size = view.size
        if self._standing.size > size:
            # The log is not the one we knew: a database was put back. Everything is read again.
            self._standing, self._ledger = Standing(), ""
            self._signed.clear()
            self._times.clear()
        if size and not self._ledger:
            self._ledger = ledger_digest(view.entry(0).leaf)
        if self._standing.size == size:
            return  # Nobody but this process has appended: what it admitted has been followed already.
        for entry in view.entries_by_topic(TOPICS, self._standing.size):
            said = read_checked(entry, self._origin)
            self._standing.follow(make_record(said, entry.index, entry.time_ms))
        self._standing.size = size

    def admit(self, prechecked: Any, index: int, time_ms: int) -> Admitted:
        """Check what depends on the entries before, and seal the entry.

        Raises:
            Refused: If it is not admitted; then nothing is remembered.
        """
        given: Prechecked = prechecked
        said = given.said
        if (said.kind.name == "genesis") != (index == 0):
            raise Refused("a ledger begins with its genesis, and has no other")
        record = make_record(said, index, time_ms)
        if index == 0:
            self._refuse_wrong_genesis(said)
        else:
            if said.ledger != self._ledger:
                raise Refused(
                    f"the statement is for ledger {said.ledger[:16]}..., this is {self._ledger[:16]}..."
                )
            self._refuse_wrong_seen(said, index, time_ms)
            key = self._standing.refuse_unless_authentic(record)
            if given.verified_key != key:
                _verify(said, key)
            self._refuse_references(given, index)
        self._refuse_wrong_time(said, time_ms)
        try:
            leaf = format_entry(said.envelope, time_ms)
        except BadStatement as error:
            raise Refused(error.message, hint=error.hint) from None
        # The last that could refuse, and the first that remembers.
        self._follow(record)
        self._batch.append(Entry(index, leaf, said.ident, said.kind.name, time_ms))
        if index == 0:
            self._ledger = ledger_digest(leaf)
        return Admitted(leaf, said.ident, said.kind.name)

    def abort(self) -> None:
        """Forget what was admitted since the last `begin`."""
        if self._batch:
            self._standing.go_back(self._batch[0].index)
        if not self._standing.size:
            self._ledger = ""
        self._batch = []

    def _read_body(self, said: Checked) -> dict[str, Any] | None:
        """Return the body: inline, or detached and then checked; None if it is not given, or a document."""
        data = self._bodies(said.body_sha256) if said.body_sha256 else None
        if data is None:
            return said.body
        try:
            tree = parse_canonical(data)
        except NotCanonical as error:
            raise BadStatement(f"its body is {error}") from None
        if not isinstance(tree, dict):
            raise BadStatement("its body is not an object")
        if said.kind.fields is None:
            if said.subjects[0].id != tree.get("id"):
                raise BadStatement(
                    f"{said.subjects[0].name} is not the id in the document, {tree.get('id')!r}"
                )
            return None
        body = check_detached(said.kind, tree)
        said.kind.check_names(said.names, body)
        return body

    def _refuse_wrong_genesis(self, said: Checked) -> None:
        """Refuse a genesis of another log; who may sign it is for `_follow` to say."""
        if said.ledger != NO_LEDGER or said.seen.note:
            raise Refused("a genesis belongs to no ledger and has seen nothing")
        body = said.body or {}
        if body["log"] != [format_vkey(vkey) for vkey in self._vkeys]:
            raise Refused(f"the genesis names other log keys than sign this log: {', '.join(body['log'])}")
        keys = {vkey.keyid_hex: vkey.public_key for vkey in map(parse_vkey, _founders_vkeys(body))}
        if said.keyid not in keys:
            raise Refused("a genesis is signed by one of its founders")
        _verify(said, keys[said.keyid])

    def _follow(self, record: Record) -> None:
        try:
            self._standing.follow(record)
        except VerificationError as error:
            raise Refused(f"expected {error.expected}, got {error.actual}", hint=error.hint) from None

    def _refuse_wrong_seen(self, said: Checked, index: int, time_ms: int) -> None:
        """Refuse what did not see this log, or has not looked for 30 days (SPEC 4.5)."""
        seen, view = said.seen, self._log()
        if seen.origin != self._origin:
            raise Refused(f"its author had seen {seen.origin!r}, this is {self._origin!r}")
        size = view.size
        if not 1 <= seen.size <= size:
            raise Refused(
                f"its author had seen {seen.size} entries, the log has {size}",
                hint="draft the statement again",
            )
        self._verify_seen(seen, view)
        if seen.size < min(index, size):
            omitted_ms = self._time_of(seen.size)
            if omitted_ms < time_ms - MAX_SEEN_AGE_MS:
                raise Refused(
                    f"its author has not looked at the log since {format_time(omitted_ms)}",
                    hint="at most 30 days are allowed: draft the statement again",
                )

    def _verify_seen(self, seen: Seen, view: TreeView) -> None:
        """Refuse a checkpoint that this log did not sign; what it did sign stays so, and is remembered."""
        if seen.note in self._signed:
            return
        note = seen.note.encode()
        if note != view.head().note:
            if bytes(root_at(view, seen.size)) != seen.root:
                raise Refused(
                    f"its author had seen another log of {seen.size} entries",
                    hint="keep that checkpoint: with the log's signature it is evidence of a fork",
                )
            try:
                verify_checkpoint(note, self._vkeys)
            except LedgerError as error:
                raise Refused(f"what its author had seen is not signed by the log: {error}") from None
        if len(self._signed) >= _REMEMBERED:
            self._signed.clear()
        self._signed.add(seen.note)

    def _time_of(self, index: int) -> int:
        """Return the time of an entry that is in the log for good."""
        if index not in self._times:
            if len(self._times) >= _REMEMBERED:
                self._times.clear()
            self._times[index] = self._log().entry(index).time_ms
        return self._times[index]

    def _refuse_wrong_time(self, said: Checked, time_ms: int) -> None:
        if said.event_ms > time_ms + TOLERANCE_MS:
            raise Refused(
                f"its event time {format_time(said.event_ms)} lies after now, {format_time(time_ms)}",
                hint="record it when it has happened, and see that clocks are right",
            )
        if said.kind.name in ACTS and said.seen.size:
            last_ms = self._time_of(said.seen.size - 1)
            if said.event_ms < last_ms - TOLERANCE_MS:
                raise Refused(
                    f"{said.kind.name} is dated {format_time(said.event_ms)}, but its author had seen entry "
                    f"{said.seen.size - 1} of {format_time(last_ms)}",
                    hint="an act happens when it is recorded: leave out --event-time",
                )

    def _refuse_references(self, given: Prechecked, index: int) -> None:
        """Refuse a reference that is not to an earlier entry, or whose id is not that entry's (SPEC 4.7)."""
        said = given.said
        for ident, at in given.references:
            if at >= index:
                raise Refused(f"it refers to entry {at}, which is not before its own")
            if self._entry(at).ident.hex() != ident:
                raise Refused(f"it refers to entry {at} by the id of another statement")
        if given.of_index is None:
            return
        target = self._entry(given.of_index)
        if said.kind.of and target.topic not in said.kind.of:
            wanted = " or ".join(said.kind.of)
            raise Refused(
                f"its `of` must be of kind {wanted}; entry {target.index} is of kind {target.topic}"
            )
        if given.instead is not None:
            _refuse_wrong_correction(target.topic, given.instead)
        if not said.kind.subjects:
            about = read_checked(target, self._origin).subjects
            if said.subjects != about:
                names = ", ".join(item.name for item in about)
                raise Refused(f"a {said.kind.name} is about what entry {target.index} is about: {names}")

    def _entry(self, index: int) -> Entry:
        view = self._log()
        return self._batch[index - view.size] if index >= view.size else view.entry(index)

    def _log(self) -> TreeView:
        if self._view is None:
            raise AssertionError("admit was called before begin")
        return self._view


def _refuse_wrong_correction(kind: str, instead: Mapping[str, Any]) -> None:
    """Refuse a correction that is no body of the kind that it corrects (SPEC 8.5)."""
    try:
        is_right = find_kind(kind).check_body(instead) == instead
    except BadStatement as error:
        raise Refused(f"what it says instead: {error.message}", hint=error.hint) from None
    if not is_right:
        raise Refused(f"what it says instead is not written as the body of {kind} must be")


def ledger_digest(genesis_leaf: bytes) -> str:
    """Return the hex SHA-256 of the genesis payload: the `ledger` of each statement (SPEC 4.4)."""
    return hashlib.sha256(parse_entry(genesis_leaf)[0].payload).hexdigest()


def _founders_vkeys(body: Mapping[str, Any]) -> list[str]:
    return [founder["vkey"] for founder in body["root"]]


def read_checked(entry: Entry, origin: str) -> Checked:
    """Take an admitted entry apart again, as `precheck` saw it."""
    # The envelope stands between a fixed beginning and a time of fixed length (see `format_entry`).
    return check_envelope(entry.leaf[12:-35], origin)


def _verify(said: Checked, public_key: bytes) -> None:
    try:
        verify_signature(public_key, said.message, said.signature)
    except KeysError as error:
        raise Refused(f"the signature of {said.actor} does not hold: {error}", hint=error.hint) from None
