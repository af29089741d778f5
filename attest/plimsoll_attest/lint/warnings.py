"""A warning about a policy, and a walk through all of its parts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Warned:
    """Something in a policy that is probably not meant.

    Attributes:
        code: What kind of warning it is; stays the same.
        path: Where: keys and list positions from the root of the document.
        message: What is so.
        suggestion: What a person can do.
    """

    code: str
    path: Path
    message: str
    suggestion: str


def walk(value: Any) -> Iterator[Any]:
    """Yield a part of a policy and every part within it."""
    yield value
    if is_dataclass(value):
        for field in fields(value):
            yield from walk(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from walk(item)


def listed(names: list[str], most: int = 8) -> str:
    """Return names in one line, the first few of many."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
