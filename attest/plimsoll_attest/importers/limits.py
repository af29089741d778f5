"""How much an importer reads before it calls a file hostile."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on foreign files; all sizes in bytes.

    Attributes:
        archive_size: An archive as it lies on disk.
        member_count: Members of one archive.
        member_size: One member, unpacked.
        unpacked_size: All members of one archive, unpacked.
        document_size: A JSON document that is a file of its own.
        line_size: One line of a JSON Lines file.
        sample_count: Sample records of one log.
        score_count: Figures in one log's results.
    """

    archive_size: int = 8 << 30
    member_count: int = 500_000
    member_size: int = 256 << 20
    unpacked_size: int = 64 << 30
    document_size: int = 1 << 30
    line_size: int = 64 << 20
    sample_count: int = 1_000_000
    score_count: int = 2_000


DEFAULT_LIMITS: Final = Limits()
"""Several times the largest logs known; a zip bomb meets them within one member."""

MAX_TEXT: Final = 4_000
"""Code points in a foreign string that becomes part of a statement."""

MAX_NAME: Final = 1_024
"""Code points in the name of a task or a file."""

MAX_ERROR_TEXT: Final = 2_000
"""Code points kept of a run's error message."""

MAX_METADATA: Final = 64
"""Metadata entries kept of one log."""
