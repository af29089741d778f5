"""Where a log is published to: a directory, or objects under a prefix.

What `publish` needs of either: files by their paths, each written whole or not at all; all of them durable
before the checkpoint is written; and the checkpoint written only over the one that was read, so that of two
publications at once neither takes the other's back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol


class Target(Protocol):
    """A place to publish to."""

    @property
    def name(self) -> str:
        """What people call it; holds no secret."""
        ...

    @property
    def written(self) -> int:
        """How many files were written so far."""
        ...

    def held(self, timeout_s: float) -> AbstractContextManager[None]:
        """Keep other publications out while a block runs, as far as the place can.

        Raises:
            Busy: another one is under way, and went on for `timeout_s` seconds.
        """
        ...

    def names(self, path: str = "") -> Iterator[str]:
        """Yield the names directly under a path, in any order; none if nothing is there."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes, or None if it is not there."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Write a file, replacing an older one; durable after `sync`.

        Raises:
            StorageFull, StorageFailed: here or in `sync`; then the older one is still there.
        """
        ...

    def write_head(self, path: str, data: bytes) -> None:
        """Write the file that readers look for first, durably, over what this target has read of it.

        Raises:
            Conflict: if somebody else has written it since.
            StorageFull, StorageFailed: if it could not be written; then the older one is still there.
        """
        ...

    def sync(self) -> None:
        """Return when all that was written is durable."""
        ...

    def remove_tree(self, path: str) -> None:
        """Remove the files directly under a path, if there are any."""
        ...
