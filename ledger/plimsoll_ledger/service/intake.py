"""The seam between the service and whoever knows what a blob says: its identity, and what comes with it.

A blob may come with documents that the log does not hold but its owner keeps. They must be at hand when
`Admission.precheck` sees the blob, durable before the log takes it, and gone again if the log does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Intake(Protocol):
    """Takes what comes with blobs. Called from several threads at once."""

    def identify(self, blob: bytes) -> bytes:
        """Return the 32 bytes by which a blob is known, whether or not it will be admitted.

        Raises:
            Refused: if it has none, since its form is wrong.
        """
        ...

    def offer(self, documents: Sequence[bytes]) -> None:
        """Have documents at hand for the admission of their blob."""
        ...

    def settle(self, documents: Sequence[bytes], *, is_taken: bool) -> None:
        """Forget an offer: the log has taken the blob, or it has not, and what was kept for it goes again."""
        ...
