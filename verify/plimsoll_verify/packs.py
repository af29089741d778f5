"""Packs: the detached bodies of 256 entries in one file, a record for each entry, empty where none is given.

    (u32 big-endian length || body)*

Source: SPEC 2.3.
"""

from collections.abc import Iterator

from plimsoll_verify.errors import Malformed, Missing
from plimsoll_verify.limits import MAX_BODY_BYTES, PACK_CHUNK_BYTES, TILE_WIDTH
from plimsoll_verify.source import NotFound, Source
from plimsoll_verify.tiles import tile_number


def pack_path(number: int) -> str:
    """Return the path of the bodies of the entries in bundle `number`."""
    return f"bodies/{tile_number(number)}"


def read_bodies(source: Source, number: int, count: int) -> Iterator[bytes]:
    """Read the bodies of a bundle's entries one after the other; b"" where none is given.

    No more is held than a chunk of the pack, or one body. Records after the first `count` are looked at only
    for being whole: a log that grows adds them.

    Not verified: the digest of any body.

    Raises:
        Missing: there is no such file.
        Malformed: a record is cut or longer than a body may be, or there are fewer than `count` or more than
            256.

    Source: SPEC 2.3, 1.8.
    """
    path = pack_path(number)
    held, offset, at, found, ended = b"", 0, 0, 0, False
    while True:
        length = int.from_bytes(held[at : at + 4], "big") if len(held) >= at + 4 else 0
        if length > MAX_BODY_BYTES:
            raise Malformed(
                "bodies", f"bodies of at most {MAX_BODY_BYTES} bytes", f"one of {length}", path=path
            )
        end = at + 4 + length
        if end <= len(held):
            if found == TILE_WIDTH:
                raise Malformed("bodies", f"at most {TILE_WIDTH} records", "more", path=path)
            if found < count:
                yield held[at + 4 : end]
            found, at = found + 1, end
        elif ended:
            break
        else:
            held, offset = held[at:], offset + at
            more = _read(source, path, max(PACK_CHUNK_BYTES, 4 + length) - len(held), offset + len(held))
            held, at, ended = held + more, 0, not more
    if at != len(held):
        raise Malformed("bodies", "whole records", f"a cut one, number {found + 1}", path=path)
    if found < count:
        raise Malformed("bodies", f"{count} records", f"{found}", path=path)


def _read(source: Source, path: str, limit: int, offset: int) -> bytes:
    try:
        return source.read(path, limit, offset)
    except NotFound as error:
        hint = "publish the ledger again, or fetch the whole of it"
        raise Missing("bodies", "a file", str(error), path=path, hint=hint) from None
