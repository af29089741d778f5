"""The ledger's database as the auditor's verifier reads a published ledger: same paths, same bytes, no copy.

The desk judges with the very program that auditors use. So that nothing has to be published for it, this
source answers the paths of SPEC 2.3 straight from the store.
"""

from collections import OrderedDict
from pathlib import Path
from typing import Any

from plimsoll_attest.bodies import ContentStore, bodies_for
from plimsoll_attest.statements.envelope import parse_entry
from plimsoll_attest.statements.statement import parse_statement
from plimsoll_ledger.admission import Entry
from plimsoll_ledger.errors import Malformed, NotFound
from plimsoll_ledger.store import Store, open_store
from plimsoll_ledger.tiles import TILE_WIDTH, format_bundle, format_pack, parse_number, parse_tile_path
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.source import NotFound as NotThere

_CACHED_FILES = 4


def body_digest(entry: Entry) -> str:
    """Return the hex digest of the detached body that an admitted entry names; empty if it is inline."""
    said = parse_statement(parse_entry(entry.leaf)[0].payload)[1]
    return said if isinstance(said, str) else ""


class StoreSource:
    """Implements the verifier's `Source` on a ledger's database and the home's bodies."""

    def __init__(
        self, url: str, body_dir: Path, store: Store | None = None, anchors_in: Path | None = None
    ) -> None:
        """Take where the log is.

        Args:
            url: The database.
            body_dir: Detached bodies, by digest.
            store: The database if it is open already; it stays the caller's to close.
            anchors_in: The folder that holds `anchors/`; None for a log without.
        """
        self._url = url
        self._anchors_in = anchors_in
        self._anchors = None if anchors_in is None else DirectorySource(anchors_in)
        self._bodies = ContentStore(body_dir)
        self._store = store
        self._files: OrderedDict[str, bytes] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        """Travel to another process as a place: it opens the database there by itself."""
        return {"url": self._url, "body_dir": self._bodies.path, "anchors_in": self._anchors_in}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        """Return up to `limit` bytes of a file of the published ledger from `offset` on.

        Raises:
            NotFound: The verifier's, if the log has no such file.
            LedgerError: If the database cannot be read.
        """
        if path.startswith("anchors/") and self._anchors is not None:
            return self._anchors.read(path, limit, offset)
        data = self._files.get(path)
        if data is None:
            data = self._build(path)
            # A pack is asked for in pieces; the head is asked for once, and must not be remembered.
            if path != "checkpoint":
                self._files[path] = data
                if len(self._files) > _CACHED_FILES:
                    self._files.popitem(last=False)
        return data[offset : offset + limit]

    def list_retained(self) -> list[int]:
        """Return the sizes of the retained checkpoints, in ascending order."""
        return [item.size for item in self._log().checkpoints()]

    def list_anchors(self) -> list[tuple[int, str]]:
        """Return the size and the authority of each anchor, in ascending order."""
        return [] if self._anchors is None else self._anchors.list_anchors()

    def _log(self) -> Store:
        if self._store is None:
            self._store = open_store(self._url)
        return self._store

    def _build(self, path: str) -> bytes:
        store = self._log()
        try:
            if path == "checkpoint":
                return store.head().note
            if path.startswith("bodies/"):
                return self._pack(parse_number(path.removeprefix("bodies/")))
            if path.startswith("checkpoints/"):
                return self._retained(int(path.removeprefix("checkpoints/")))
            tile, is_bundle = parse_tile_path(path)
            if is_bundle:
                start = tile.n * TILE_WIDTH
                return format_bundle(item.leaf for item in store.entries(start, start + tile.width))
            return store.read_tiles([tile])[0][: 32 * tile.width]
        except (NotFound, Malformed, ValueError) as error:
            raise NotThere(str(error)) from None

    def _pack(self, number: int) -> bytes:
        store = self._log()
        start = number * TILE_WIDTH
        end = min(start + TILE_WIDTH, store.size)
        if start >= end:
            raise NotThere("no pack")
        return format_pack(published_bodies(store, self._bodies, start, end))

    def _retained(self, size: int) -> bytes:
        found = [item for item in self._log().checkpoints(size - 1) if item.size == size]
        if not found:
            raise NotThere("no such checkpoint")
        return found[0].note


def published_bodies(store: Store, bodies: ContentStore, start: int, end: int) -> list[bytes]:
    """Return the body of each entry of [start, end), empty where it is inline, withheld or erased.

    Raises:
        LedgerError: If the database cannot be read.
        CouldNotRun: If a body is damaged.

    Source: SPEC 2.3.
    """
    return list(bodies_for(bodies, map(body_digest, store.entries(start, end))))
