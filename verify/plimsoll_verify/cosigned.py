r"""What a cosigner signs of a checkpoint, by the type of its key.

    4, Ed25519      cosignature/v1\ntime <seconds>\n, and the checkpoint's whole text
    6, ML-DSA-44    subtree/v1\n\0 || u8 length || the cosigner's name || u64 seconds
                    || u8 length || the log's origin || u64 0 || u64 size || root[32]

Numbers of the second are big endian. It leaves extension lines out: nothing is stated about them.

Source: SPEC 2.5 / C2SP tlog-cosignature.
"""

from typing import NamedTuple

from plimsoll_verify.encoding import parse_decimal, parse_hash, sample
from plimsoll_verify.errors import Malformed
from plimsoll_verify.limits import MAX_ORIGIN_BYTES


class TreeHead(NamedTuple):
    """What a checkpoint's text says: the log's name, the entries of its tree, and the root of 32 bytes."""

    origin: str
    size: int
    root: bytes


def parse_tree_head(text: str, check: str) -> TreeHead:
    """Read a checkpoint's text.

    Raises:
        Malformed: it is none.

    Source: SPEC 2.1 / C2SP tlog-checkpoint.
    """
    origin, *lines = text[:-1].split("\n")
    if len(lines) < 2 or not origin or not all(lines):
        raise Malformed(check, "lines for origin, size and root, none of them empty", sample(text))
    size = parse_decimal(lines[0], check, "the size of a checkpoint")
    return TreeHead(origin, size, parse_hash(lines[1], check, "the root of a checkpoint"))


def message_with_text(text: str, time_s: int) -> bytes:
    """Return what an Ed25519 key signs when it cosigns; the time is in seconds since 1970.

    Source: SPEC 2.5.
    """
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def message_with_name(name: str, text: str, time_s: int, check: str) -> bytes:
    """Return what an ML-DSA-44 key signs when it cosigns.

    Args:
        name: the cosigner's, at most 255 bytes.
        text: the checkpoint's.
        time_s: in seconds since 1970; 0 states no time.
        check: name of the check, for the error.

    Raises:
        Malformed: the text is no checkpoint's, or its origin is longer than an origin may be.

    Source: SPEC 2.5.
    """
    head = parse_tree_head(text, check)
    named = [one.encode() for one in (name, head.origin)]
    if len(named[1]) > MAX_ORIGIN_BYTES:
        raise Malformed(check, f"an origin of at most {MAX_ORIGIN_BYTES} bytes", f"{len(named[1])}")
    cosigner, origin = (bytes([len(one)]) + one for one in named)
    seconds, start, end = (number.to_bytes(8, "big") for number in (time_s, 0, head.size))
    return b"subtree/v1\n\0" + cosigner + seconds + origin + start + end + head.root
