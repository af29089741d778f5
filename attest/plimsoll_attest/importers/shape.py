"""Taking parts of foreign JSON that ought to have a shape, with an error that names the part that has not."""

from pathlib import Path
from typing import Any

from plimsoll_attest.importers.body import plain_text
from plimsoll_attest.importers.errors import ImportFailed


def object_at(path: Path, value: Any, what: str) -> dict[str, Any]:
    """Return a JSON object.

    Raises:
        ImportFailed: If it is anything else.
    """
    if not isinstance(value, dict):
        raise ImportFailed(path, f"{what} is {_kind(value)} where a JSON object was wanted")
    return value


def list_at(path: Path, value: Any, what: str) -> list[Any]:
    """Return a JSON array; an empty one for null.

    Raises:
        ImportFailed: If it is anything else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise ImportFailed(path, f"{what} is {_kind(value)} where a JSON array was wanted")
    return value


def count_at(path: Path, value: Any, default: int, what: str) -> int:
    """Return a non-negative integer; the default for null.

    Raises:
        ImportFailed: If it is anything else.
    """
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ImportFailed(path, f"{what} is {_kind(value)} where a count was wanted")
    return value


def _kind(value: Any) -> str:
    text = plain_text(value)
    if text is not None:
        return repr(text[:80])
    if value is None:
        return "null"
    return "an object" if isinstance(value, dict) else "an array"
