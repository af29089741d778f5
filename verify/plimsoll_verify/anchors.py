"""Anchors: what time-stamping authorities say of the log's checkpoints.

    anchors/<size>/<authority>.tsr      a token over SHA-256 of the text of checkpoints/<size>

No checkpoint implies them, so they can be left out, and nothing is lost by passing over one that proves
nothing: a token by somebody whom the auditor does not trust, or one that does not verify, counts as not there
and is reported. What a trusted authority signed is not passed over: if it is over something else than the
checkpoint in whose folder it lies, the ledger is rejected.

Source: SPEC 10.13.
"""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from plimsoll_verify.errors import AnchorMismatch
from plimsoll_verify.limits import MAX_TOKEN_BYTES, MAX_TOKENS
from plimsoll_verify.retained import Retained
from plimsoll_verify.source import ANCHOR_SUFFIX, NotFound, Source
from plimsoll_verify.timestamps import Authorities, BadToken

MAX_IGNORED = 100
"""Tokens that are named one by one; the others are only counted."""


class Anchored(NamedTuple):
    """A checkpoint that a trusted authority had seen.

    Attributes:
        size: entries of its tree.
        time_ms: when, by the authority's clock.
        late_ms: when at the latest (see `timestamps.Stamp`).
    """

    size: int
    time_ms: int
    late_ms: int


@dataclass(slots=True)
class Anchors:
    """What became of the tokens of a ledger.

    Attributes:
        verified: those that count.
        authorities: names of the files of those that count; the certificates are what was trusted.
        ignored: path and reason of each that does not, the first hundred.
        ignored_count: how many they are.
        unchecked: how many nobody looked at.
        why_unchecked: why not, or "".
    """

    verified: list[Anchored] = field(default_factory=list)
    authorities: set[str] = field(default_factory=set)
    ignored: list[tuple[str, str]] = field(default_factory=list)
    ignored_count: int = 0
    unchecked: int = 0
    why_unchecked: str = ""

    def at(self, size: int) -> int | None:
        """Return the earliest time, in ms, at which an authority had seen the checkpoint of a size."""
        return min((one.time_ms for one in self.verified if one.size == size), default=None)


def anchor_path(size: int, authority: str) -> str:
    """Return where an anchor lies.

    Source: SPEC 2.3.
    """
    return f"anchors/{size}/{authority}{ANCHOR_SUFFIX}"


def verify_anchors(
    source: Source, authorities: Authorities | None, kept: Sequence[Retained], why: str = ""
) -> Anchors:
    """Verify the tokens over checkpoints that are verified already.

    Args:
        source: the published ledger.
        authorities: whom the auditor trusts; None where that cannot be told.
        kept: the checkpoints. Tokens in folders of other sizes are not looked at.
        why: why there are no authorities.

    Raises:
        AnchorMismatch: a trusted authority signed something else than the checkpoint.
        OSError: a file could not be read.

    Source: SPEC 10.13.
    """
    found = Anchors()
    imprints = {one.size: one.imprint for one in kept}
    listed, found.ignored_count = choose_anchors(source, imprints)
    if authorities is None:
        found.unchecked, found.why_unchecked = len(listed), why if listed else ""
        return found
    for size, authority in listed:
        path = anchor_path(size, authority)
        try:
            stamp = authorities.verify(_read(source, path))
        except BadToken as error:
            found.ignored_count += 1
            if len(found.ignored) < MAX_IGNORED:
                found.ignored.append((path, str(error)))
            continue
        if stamp.imprint != imprints[size]:
            raise AnchorMismatch(
                "anchors",
                f"a time stamp over SHA-256 {imprints[size].hex()}, the checkpoint of size {size}",
                stamp.imprint.hex() or "one over a digest by another function",
                path=path,
                hint="it is a trusted authority's token, about something else: publish the ledger again",
            )
        found.verified.append(Anchored(size, stamp.time_ms, stamp.late_ms))
        found.authorities.add(authority)
    return found


def choose_anchors(source: Source, sizes: Container[int]) -> tuple[list[tuple[int, str]], int]:
    """Return which anchors of a ledger are read, and how many are not: those past the first of each size.

    A list costs whoever serves it nothing, and each token that it names is work.

    Args:
        source: the published ledger.
        sizes: those of the checkpoints. Anchors of others are not counted either.

    Source: SPEC 1.8, 10.13.
    """
    chosen: list[tuple[int, str]] = []
    passed = 0
    for size, group in groupby(source.list_anchors(), key=lambda one: one[0]):
        if size in sizes:
            names = list(group)
            chosen += names[:MAX_TOKENS]
            passed += len(names[MAX_TOKENS:])
    return chosen, passed


def _read(source: Source, path: str) -> bytes:
    try:
        token = source.read(path, MAX_TOKEN_BYTES + 1)
    except NotFound as error:
        raise BadToken(f"there is {error}") from None
    if len(token) > MAX_TOKEN_BYTES:
        raise BadToken(f"it is longer than {MAX_TOKEN_BYTES} bytes")
    return token


def vouched(kept: Sequence[Retained], anchors: Anchors) -> Iterator[tuple[int, int]]:
    """Yield how many entries were there by when: (size, time in ms), in any order.

    Source: SPEC 10.14.
    """
    yield from ((one.size, one.by_ms) for one in kept if one.by_ms is not None)
    yield from ((one.size, one.late_ms) for one in anchors.verified)
