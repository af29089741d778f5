"""Bodies in a mirror: what the log erased with a record goes, what it withdrew without one stays.

A body is dropped iff an `erasure` in the verified log names its digest *and* the log itself no longer shows
it. Either alone is not enough: anybody who is enrolled can record an erasure of what they would like to see
gone, and a log that takes back what it has shown, without a word in it, is what mirrors are kept against.

Erasures are met in the tiles that are new in a run. Until the log has carried one out, the entries that it is
about stand in DIR/.erasures, one number a line, and each run asks for their packs again. That file is
written before the mirror's checkpoint moves, so that no interruption loses one.

Source: SPEC 2.3, 4.6.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import Final

from plimsoll_attest.durable import could_not, write_file
from plimsoll_attest.erasing import ERASURE
from plimsoll_attest.errors import BadStatement
from plimsoll_attest.mirrorfiles import MirrorFiles
from plimsoll_attest.statements.envelope import parse_entry
from plimsoll_attest.statements.statement import parse_statement
from plimsoll_verify.bodies import Erasure
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.limits import TILE_WIDTH
from plimsoll_verify.packs import pack_path, read_bodies
from plimsoll_verify.record import Record
from plimsoll_verify.source import Source
from plimsoll_verify.tiles import read_bundle, tile_width

PENDING: Final = ".erasures"


class Erasures:
    """The erasures that a mirror has met, and not yet followed.

    Attributes:
        withdrawn: How many bodies the log no longer shows, without a record of why; the mirror keeps them.
    """

    def __init__(self, directory: Path) -> None:
        """Take up what an earlier run left.

        Raises:
            CouldNotRun: If the file of it cannot be read.
        """
        self.withdrawn = 0
        self._path = directory / PENDING
        self._digests: set[str] = set()
        self._entries: set[int] = set()
        try:
            if self._path.is_file():
                self._entries.update(map(int, self._path.read_text("ascii").split()))
        except (OSError, ValueError) as error:
            raise could_not(f"read {self._path}", OSError(str(error))) from None

    def note(self, records: Iterable[Record]) -> None:
        """Take the entries of a tile that was verified."""
        for record in records:
            if record.kind == ERASURE and isinstance(record.body, Erasure):
                self._digests.update(record.body.digests)

    def find(self, source: Source, size: int) -> set[int]:
        """Return the packs that may lose a body, once all tiles have been noted.

        Args:
            source: The ledger, its entries verified.
            size: How many it has.
        """
        # Without a new erasure nothing is read; with one, all entries are, once.
        for number in range(-(-size // TILE_WIDTH)) if self._digests else ():
            entries = read_bundle(source, number, tile_width(size, 0, number))
            found = (at for at, entry in enumerate(entries) if _body_digest(entry) in self._digests)
            self._entries.update(number * TILE_WIDTH + at for at in found)
        return {index // TILE_WIDTH for index in self._entries if index < size}

    def settle(self, files: MirrorFiles, size: int, number: int) -> None:
        """Bring a pack that was fetched and verified into the mirror; keep what was only withdrawn."""
        width = tile_width(size, 0, number)
        path = pack_path(number)
        if files.replaces(path):
            gone = {index % TILE_WIDTH for index in self._entries if index // TILE_WIDTH == number}
            files.rewrite(path, self._merged(files, number, width, gone))
        files.keep([path])

    def _merged(self, files: MirrorFiles, number: int, width: int, gone: set[int]) -> Iterator[bytes]:
        """Yield the records of a pack: what the log shows, else what is held and was not erased."""
        shown = read_bodies(files.staged, number, width)
        for at, (new, old) in enumerate(zip_longest(shown, _whole(files.held, number, width), fillvalue=b"")):
            kept = new or (b"" if at in gone else old)
            self.withdrawn += kept != new
            yield len(kept).to_bytes(4, "big") + kept

    def keep(self, files: MirrorFiles, size: int) -> None:
        """Write down which erasures the log has not carried out; all packs are settled.

        Raises:
            CouldNotRun: If it cannot be written.
        """
        left = set()
        for number in sorted({index // TILE_WIDTH for index in self._entries}):
            for at, body in enumerate(_whole(files.held, number, tile_width(size, 0, number))):
                if body and number * TILE_WIDTH + at in self._entries:
                    left.add(number * TILE_WIDTH + at)
        text = "".join(f"{index}\n" for index in sorted(left))
        if text or self._path.exists():
            write_file(self._path, text.encode())


def _whole(source: Source, number: int, width: int) -> Iterator[bytes]:
    """Yield the records of a pack that may have fewer; what is damaged counts as not there."""
    with suppress(VerificationError):
        yield from read_bodies(source, number, width)


def _body_digest(entry: bytes) -> str:
    """Return the digest of the body that an entry names; "" for none, or if it cannot be read."""
    try:
        said = parse_statement(parse_entry(entry)[0].payload)[1]
    except BadStatement:
        return ""
    return said if isinstance(said, str) else ""
