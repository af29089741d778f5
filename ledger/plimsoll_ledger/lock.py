"""Let one short command at a time work on a ledger's home, and name who holds it.

The lock is `flock` on a file that is never removed: the kernel lets go of it when its holder ends,
however it ends, so a lock is never stale. What is written into the file (process id and command) is
for messages only; it decides nothing.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from plimsoll_keys.errors import reason_of
from plimsoll_ledger.errors import Busy, StorageFailed

DEFAULT_TIMEOUT_S = 10.0
"""How long a short command waits for another, in seconds."""

_POLL_S = 0.02
_MAX_NOTE = 200


@contextmanager
def hold_lock(
    path: Path,
    *,
    command: str,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    monotonic: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the lock on a file while the block runs, waiting for others first.

    Args:
        path: The lock file, made when absent; or a directory, of which nobody is then named as holder.
        command: What we are, for the message others get; no secrets.
        timeout_s: How long to wait, in seconds.
        monotonic: The clock to wait by.
        sleep: How to pass the time between two tries.

    Raises:
        Busy: if another process kept the lock; names it.
        StorageFailed: if the file cannot be opened.
    """
    is_directory = path.is_dir()
    try:
        handle = os.open(path, os.O_RDONLY if is_directory else os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        hint = "whoever appends or publishes has to be able to write in the home: check who owns it"
        raise StorageFailed(f"cannot open the lock file {path}: {reason_of(error)}", hint=hint) from None
    try:
        _acquire(handle, path, timeout_s, monotonic, sleep)
        if is_directory:
            yield
            return
        _note(handle, f"{os.getpid()} {command}\n".encode()[:_MAX_NOTE])
        try:
            yield
        finally:
            _note(handle, b"")
    finally:
        with suppress(OSError):  # Even where it reports an error, this lets go of the lock.
            os.close(handle)


def _note(handle: int, text: bytes) -> None:
    # On a full disk nobody can be named, which is no reason not to work, or to call done work failed.
    with suppress(OSError):
        os.ftruncate(handle, 0)
        os.pwrite(handle, text, 0)


def _acquire(
    handle: int,
    path: Path,
    timeout_s: float,
    monotonic: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    deadline = monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if monotonic() >= deadline:
                raise Busy(
                    f"{path} is held by {read_holder(path)}, after waiting {timeout_s:g} s",
                    hint="wait for it to end, or give a longer --lock-timeout",
                ) from None
            sleep(_POLL_S)
        else:
            return


def read_holder(path: Path) -> str:
    """Say who wrote themselves into a lock file: `process 4711 (plimsoll import)`, or another process.

    The process may have ended since; only trying to take the lock tells.
    """
    try:
        with path.open("rb") as file:
            written = file.read(_MAX_NOTE).decode("utf-8", "replace").strip()
    except OSError:
        written = ""
    process, _, command = written.partition(" ")
    if not process.isdigit():
        return "another process"
    shown = "".join(char if char.isprintable() else "?" for char in command)
    return f"process {process} ({shown})"
