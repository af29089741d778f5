"""A ledger that is served elsewhere, as the desk sees it: a copy to read, a service to append through.

The copy is a database in the client's own home, grown from the published files, each of which is verified.
It never goes backwards, and where the log shows another history both signed checkpoints are kept as evidence
and nothing is read or signed any more. Whatever reads a ledger works on the copy; statements are appended by
submitting them, and are on the copy once they are published.

    trust.toml          whose log it is, from the operator, by another road
    remote.sqlite3      the copy
    receipts/<id>       what the log's key promised of each statement that was submitted here
    fork/               both checkpoints, if the log ever showed two histories
"""

import hashlib
from collections.abc import Iterator, Sequence

from plimsoll_attest.bodies import ContentStore
from plimsoll_attest.durable import could_not, write_file
from plimsoll_attest.errors import AttestError, CouldNotRun, NotAuthentic, UsageError
from plimsoll_attest.home import Home
from plimsoll_attest.intake import named_documents
from plimsoll_attest.source import body_digest
from plimsoll_attest.statements.checking import check_envelope
from plimsoll_attest.statements.envelope import parse_entry, parse_envelope, statement_id
from plimsoll_attest.statements.statement import parse_statement
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.admission import Entry
from plimsoll_ledger.create import create_store
from plimsoll_ledger.errors import BadNote, Duplicate, Malformed, Refused
from plimsoll_ledger.hashing import Hash
from plimsoll_ledger.lock import hold_lock
from plimsoll_ledger.note import parse_note, verify_note
from plimsoll_ledger.replicate import Diverged, replicate
from plimsoll_ledger.sequencer import Appended
from plimsoll_ledger.service.client import ServiceClient, Told, Uncertain
from plimsoll_ledger.service.wire import Item
from plimsoll_ledger.store import Store, open_store
from plimsoll_verify.audit import verify_newest_of
from plimsoll_verify.checkpoint import Checkpoint
from plimsoll_verify.httpsource import HttpSource
from plimsoll_verify.packs import read_bodies
from plimsoll_verify.source import Source
from plimsoll_verify.tiles import read_bundle, tile_width
from plimsoll_verify.trust import Trust, parse_trust

TILE_WIDTH = 256
_EVIDENCE = "sign nothing; hand both notes on: together they prove that the log showed two histories"


def read_trust(home: Home) -> Trust:
    """Return what a client's home trusts.

    Raises:
        UsageError: If it has no trust file, or none that can be used, or one of another log.
    """
    try:
        data = home.trust_path.read_bytes()
    except FileNotFoundError:
        hint = "put the trust file there that the ledger's operator exported, and compare its fingerprint"
        raise UsageError(f"there is no {home.trust_path}: nothing says whose log it is", hint) from None
    except OSError as error:
        raise could_not(f"read {home.trust_path}", error) from None
    trust = parse_trust(data)
    if trust.origin != home.settings.origin:
        raise UsageError(
            f"{home.trust_path} is for the log {trust.origin}, the home for {home.settings.origin}"
        )
    return trust


def open_copy(home: Home, *, timeout_s: float) -> Store:
    """Bring the copy up to what is published, and open it.

    Raises:
        UsageError: If the home lacks its trust file.
        VerificationError: If what is published is not authentic.
        NotAuthentic: If the log went backwards or shows another history; the copy stays as it was.
        OSError: If the log cannot be read now.
    """
    trust = read_trust(home)
    _refuse_known_fork(home)
    source = HttpSource(home.settings.ledger)
    with hold_lock(home.path / "remote.lock", command="plimsoll, reading", timeout_s=timeout_s):
        store = _open(home, trust, timeout_s)
        try:
            follow(home, store, source, trust)
        except BaseException:
            store.close()
            raise
    return store


def follow(home: Home, store: Store, source: Source, trust: Trust) -> None:
    """Bring an open copy up to what is published; see `open_copy`."""
    # A log that has changed its key is followed as auditors follow it (SPEC 10.15).
    trust, checkpoint, _ = verify_newest_of(source, trust, workers=1)
    for vkey in _log_keys(trust):
        if vkey not in store.vkeys:
            store.use_log_key(vkey)
    head = store.head()
    if checkpoint.size < head.size:
        raise NotAuthentic(
            f"the log went backwards: it publishes {checkpoint.size} entries and had {head.size}",
            f"keep {home.copy_path}, and ask the operator",
        )
    if checkpoint.size == head.size:
        if checkpoint.root != bytes(head.root):
            raise _forked(home, head.note, checkpoint)
        return
    entries = list(_read_entries(source, checkpoint.size, head.size))
    if not head.size:
        _verify_genesis(entries[0], trust)
    # Bodies first: an entry on the copy has its body there, if it is published at all.
    _keep_bodies(home, source, entries)
    try:
        replicate(store, entries, checkpoint.size, Hash(checkpoint.root), checkpoint.data)
    except Diverged as error:
        if head.size:
            raise _forked(home, head.note, checkpoint) from error
        raise NotAuthentic(f"what is published is not what was signed: {error}") from error


class RemoteSequencer:
    """Appends by submitting. Stands where a home with the log's key has its sequencer."""

    def __init__(self, home: Home, store: Store, bodies: ContentStore) -> None:
        """Take the client's home and its copy."""
        self._home = home
        self._store = store
        self._bodies = bodies
        self._trust = read_trust(home)
        self._client = ServiceClient(home.settings.ledger)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def append(self, blobs: Sequence[bytes], *, atomic: bool = False) -> list[Appended | Refused]:
        """Submit, wait until it is published, and bring the copy up to it.

        Raises:
            CouldNotRun: If it is not known whether they were taken, or they are not published yet; they
                wait in the outbox.
            LedgerError: If the service takes nothing now.
            NotAuthentic: If it says something that is not so.
        """
        items = [Item(blob, tuple(self._documents(blob))) for blob in blobs]
        try:
            answer = self._client.submit(items, atomic=atomic, wait="published")
        except Uncertain as error:
            raise CouldNotRun(
                str(error), "they wait in the outbox: `plimsoll submit --outbox` brings them in once"
            ) from error
        taken = [told.index for told in answer.statements if told.status != "refused"]
        for blob, told in zip(blobs, answer.statements, strict=True):
            if told.status != "refused":
                self._keep_receipt(blob, told)
        if taken:
            follow(self._home, self._store, HttpSource(self._home.settings.ledger), self._trust)
            if self._store.size <= max(taken):
                raise CouldNotRun(
                    "the statements are durable and not published yet; their receipts are kept",
                    "they wait in the outbox: run `plimsoll submit --outbox` later",
                )
        return [self._outcome(blob, told) for blob, told in zip(blobs, answer.statements, strict=True)]

    def _documents(self, blob: bytes) -> Iterator[bytes]:
        for digest in named_documents(check_envelope(blob, self._home.settings.origin)):
            data = self._bodies.get(digest)
            if data is not None:
                yield data

    def _keep_receipt(self, blob: bytes, told: Told) -> None:
        """Keep what the log's key promised, if it did."""
        ident = statement_id(_payload(blob)).hex()
        try:
            verified = verify_note(parse_note(told.receipt.encode()), self._promising())
        except (Malformed, BadNote) as error:
            raise NotAuthentic(f"the service's receipt is not the log's: {error}") from None
        if not verified.signers or told.id != ident or f"\n{ident}\n" not in verified.text:
            raise NotAuthentic("the service's receipt is not for the statement that was submitted")
        write_file(self._home.path / "receipts" / ident, told.receipt.encode())

    def _promising(self) -> Sequence[VKey]:
        """Return the keys whose receipts are worth something to who has this trust file.

        The copy knows all that the log ever had. Those before the first that is trusted were given up.
        """
        named = _log_keys(self._trust)
        first = min(number for number, vkey in enumerate(self._store.vkeys) if vkey in named)
        return self._store.vkeys[first:]

    def _outcome(self, blob: bytes, told: Told) -> Appended | Refused:
        if told.status == "refused":
            return Refused(told.reason, hint=told.hint)
        entry = self._store.entry(told.index)
        if entry.ident != statement_id(_payload(blob)):
            raise NotAuthentic(f"entry {told.index} is not the statement that the service said it is")
        if told.status == "known":
            return Duplicate(entry.index)
        return Appended(entry.index, entry.leaf, entry.ident, entry.time_ms)


def _payload(blob: bytes) -> bytes:
    return parse_envelope(blob).payload


def _open(home: Home, trust: Trust, timeout_s: float) -> Store:
    path = home.copy_path
    if path.exists() and path.stat().st_size:
        return open_store(home.database_url, timeout_s=timeout_s)
    return create_store(home.database_url, _log_keys(trust)[0], timeout_s=timeout_s)


def _log_keys(trust: Trust) -> list[VKey]:
    return [VKey(key.name, key.key_type, key.key) for key in trust.log_policy.logs]


def _read_entries(source: Source, size: int, start: int) -> Iterator[Entry]:
    for number in range(start // TILE_WIDTH, -(-size // TILE_WIDTH)):
        for index, leaf in enumerate(
            read_bundle(source, number, tile_width(size, 0, number)), number * TILE_WIDTH
        ):
            if index >= start:
                yield _entry(index, leaf)


def _entry(index: int, leaf: bytes) -> Entry:
    try:
        envelope, time_ms = parse_entry(leaf)
        kind = parse_statement(envelope.payload)[0].kind
    except AttestError as error:
        raise NotAuthentic(
            f"entry {index} is none that this version understands: {error.message}",
            "plimsoll-verify says what auditors make of it",
        ) from None
    return Entry(index, leaf, statement_id(envelope.payload), kind, time_ms)


def _verify_genesis(first: Entry, trust: Trust) -> None:
    payload = parse_entry(first.leaf)[0].payload
    if hashlib.sha256(payload).hexdigest() != trust.genesis:
        raise NotAuthentic("the log begins with another genesis than the trust file names")


def _keep_bodies(home: Home, source: Source, entries: Sequence[Entry]) -> None:
    store = ContentStore(home.body_dir)
    by_index = {entry.index: entry for entry in entries}
    last = entries[-1].index
    for number in sorted({index // TILE_WIDTH for index in by_index}):
        first = number * TILE_WIDTH
        count = min(TILE_WIDTH, last + 1 - first)
        for index, body in enumerate(read_bodies(source, number, count), first):
            if not body or index not in by_index:
                continue
            if hashlib.sha256(body).hexdigest() != body_digest(by_index[index]):
                raise NotAuthentic(f"the body that is published for entry {index} is another one")
            store.put(body)


def _forked(home: Home, held: bytes, shown: Checkpoint) -> NotAuthentic:
    folder = home.path / "fork"
    write_file(folder / "held", held)
    write_file(folder / "shown", shown.data)
    return NotAuthentic(
        f"the log has forked: it signed another history; both checkpoints are in {folder}", _EVIDENCE
    )


def _refuse_known_fork(home: Home) -> None:
    folder = home.path / "fork"
    if (folder / "shown").exists():
        raise NotAuthentic(f"the log has forked, as was found before: see {folder}", _EVIDENCE)
