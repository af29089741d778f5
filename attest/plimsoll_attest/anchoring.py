"""Anchor a published checkpoint: time stamps over it from every authority of the home, beside it.

This comes after a publication and never stops one. An authority that is down is asked again at the next, for
the checkpoint that is the newest then: by that time, nothing that it could say of an older one would prove
more about any entry. Tokens are kept in the home, each for good, since the earliest bounds the most.

    anchors/<size>/<authority>.tsr

A token of before the last entry is not kept: one of the two clocks is wrong, and with the token every
verifier would say that the log's is (V28).

Source: SPEC 2.3, 10.13.
"""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from plimsoll_attest.durable import write_file
from plimsoll_attest.stamping import TIMEOUT_S, NotStamped
from plimsoll_ledger.checkpoint import unverified_checkpoint
from plimsoll_ledger.clock import format_time
from plimsoll_ledger.lock import DEFAULT_TIMEOUT_S
from plimsoll_ledger.note import parse_note
from plimsoll_ledger.publish import INDEX as RETAINED
from plimsoll_ledger.target import Target
from plimsoll_verify.anchors import anchor_path
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.timestamps import Stamp

TOLERANCE_MS = 60_000
"""How far clocks may be apart, in ms: what verifiers tolerate. Source: SPEC 9.12."""

INDEX = "anchors/index"


class Stamping(Protocol):
    """The other side of `stamping.StampClient`."""

    def stamp(self, text: bytes, deadline_s: float) -> tuple[bytes, Stamp]:
        """Return a token over a text, and what it says; see `StampClient`."""
        ...


@dataclass(slots=True)
class Anchored:
    """What became of a checkpoint.

    Attributes:
        size: Its size.
        names: The authorities that have stamped it, sorted.
        failures: Why each of the others has not.
    """

    size: int
    names: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def anchor(
    home: Path,
    note: bytes,
    last_ms: int,
    authorities: Mapping[str, Stamping],
    *,
    timeout_s: float = TIMEOUT_S,
    monotonic: Callable[[], float] = time.monotonic,
) -> Anchored:
    """Have a checkpoint stamped by each authority that has not done so, and keep the tokens.

    Args:
        home: The folder that holds `anchors/`.
        note: The checkpoint that was published.
        last_ms: The time of the last entry that it covers.
        authorities: Clients by the names of the authorities.
        timeout_s: How long all of them may take, in seconds.
        monotonic: The clock to wait by; the clients' own.

    Raises:
        CouldNotRun: If a token cannot be kept.
    """
    size = unverified_checkpoint(note).size
    found = Anchored(size)
    missing = []
    for name in sorted(authorities):
        if (home / anchor_path(size, name)).is_file():
            found.names.append(name)
        else:
            missing.append(name)
    text = parse_note(note).text.encode()
    asked = ask_all({name: authorities[name] for name in missing}, text, timeout_s, monotonic)
    for name, (answer, stamp) in asked.stamped.items():
        if stamp.late_ms < last_ms - TOLERANCE_MS:
            found.failures[name] = (
                f"its token says {format_time(stamp.time_ms)}, before the time of the last entry,"
                f" {format_time(last_ms)}: one of the two clocks is wrong"
            )
        else:
            write_file(home / anchor_path(size, name), answer)
            found.names.append(name)
    found.failures |= asked.failures
    found.names.sort()
    return found


@dataclass(slots=True)
class Asked:
    """What authorities answered.

    Attributes:
        stamped: Tokens, and what they say, by name.
        failures: Why each of the others did not.
    """

    stamped: dict[str, tuple[bytes, Stamp]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)


def ask_all(
    authorities: Mapping[str, Stamping],
    text: bytes,
    timeout_s: float = TIMEOUT_S,
    monotonic: Callable[[], float] = time.monotonic,
) -> Asked:
    """Ask all authorities at once to stamp a text, and wait for no more than `timeout_s` seconds."""
    deadline_s = monotonic() + timeout_s
    answers: queue.Queue[tuple[str, tuple[bytes, Stamp] | Exception]] = queue.Queue()

    def ask(name: str, client: Stamping) -> None:
        try:
            answers.put((name, client.stamp(text, deadline_s)))
        except Exception as error:  # noqa: BLE001 - told by the thread that waits.
            answers.put((name, error))

    for name, client in authorities.items():
        # Daemons: an authority that drips one byte at a time must not keep the program from ending.
        threading.Thread(target=ask, args=(name, client), daemon=True, name=f"authority {name}").start()
    found = Asked()
    while len(found.stamped) + len(found.failures) < len(authorities):
        try:
            name, answer = answers.get(timeout=max(0.0, deadline_s - monotonic()))
        except queue.Empty:
            break
        if isinstance(answer, NotStamped):
            found.failures[name] = str(answer)
        elif isinstance(answer, Exception):
            raise answer
        else:
            found.stamped[name] = answer
    for name in authorities:
        if name not in found.stamped:
            found.failures.setdefault(name, "it did not answer in time")
    return found


def publish_anchors(home: Path, out: Target, *, timeout_s: float = DEFAULT_TIMEOUT_S) -> int:
    """Copy tokens to where a ledger is published, those over checkpoints that are retained there.

    Args:
        home: The folder that holds `anchors/`.
        out: Where the ledger is published.
        timeout_s: How long to wait for another publication into it, in seconds.

    Returns:
        How many were new there.

    Raises:
        Busy, StorageFull, StorageFailed: If they cannot be written; what is published stays as it was.

    Source: SPEC 2.3.
    """
    wanted = DirectorySource(home).list_anchors()
    if not wanted:
        return 0
    with out.held(timeout_s):
        sizes = {int(line) for line in _lines(out, RETAINED) if line.isdecimal()}
        lines = (line.split(" ") for line in _lines(out, INDEX))
        there = {(int(line[0]), line[1]) for line in lines if len(line) == 2 and line[0].isdecimal()}
        new = [one for one in wanted if one[0] in sizes and one not in there]
        for size, name in new:
            path = anchor_path(size, name)
            out.write(path, (home / path).read_bytes())
        out.sync()
        # Those without a directory to list read it; each line is true before it stands there.
        if new:
            out.write(INDEX, format_index(sorted({*there, *new})))
            out.sync()
    return len(new)


def _lines(out: Target, path: str) -> list[str]:
    return (out.read(path) or b"").decode("ascii", "replace").splitlines()


def format_index(anchors: Iterable[tuple[int, str]]) -> bytes:
    """Write the list of anchors that stands beside them.

    Source: SPEC 2.3.
    """
    return "".join(f"{size} {name}\n" for size, name in anchors).encode()
