"""What a vector is, and how bytes stand in it."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any, NamedTuple

Vector = dict[str, Any]


class Family(NamedTuple):
    """One file of vectors.

    Attributes:
        name: the file's name without `.json`.
        about: what the vectors try, in a sentence.
        vectors: the vectors, in order.
        shared: further members of the file that its vectors refer to.
    """

    name: str
    about: str
    vectors: list[Vector]
    shared: dict[str, Any] | None = None


def vector(name: str, spec: str, expect: Any, **members: Any) -> Vector:
    """Make a vector; `spec` is one or more rules of SPEC, with spaces between them."""
    return {"name": name, "spec": spec.split(), **members, "expect": expect}


def octets(data: bytes) -> dict[str, Any]:
    """Write bytes as `text` in UTF-8, as `parts` that repeat, as `hex`, or as `hex_parts`."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        if len(data) < 5000:
            return {"hex": data.hex()}
        return {"hex_parts": [[bytes([byte]).hex(), len(list(run))] for byte, run in groupby(data)]}
    return {"text": text} if len(text) < 5000 else {"parts": repeats(text)}


def repeats(text: str) -> list[str | list[Any]]:
    """Write a long text in parts: a text, or a text and how often it is repeated.

    Runs are looked for among single characters and whole lines: such is the padding that vectors have.
    """
    runs: list[list[Any]] = []
    for line in text.splitlines(keepends=True) or [text]:
        characters = [(one, len(list(group))) for one, group in groupby(line)]
        for piece, times in characters if max(times for _, times in characters) > 100 else [(line, 1)]:
            if runs and runs[-1][0] == piece:
                runs[-1][1] += times
            else:
                runs.append([piece, times])
    parts: list[str | list[Any]] = []
    for piece, times in runs:
        if times > 1:
            parts.append([piece, times])
        elif parts and isinstance(parts[-1], str):
            parts[-1] += piece
        else:
            parts.append(piece)
    return parts


def unique(vectors: Iterable[Vector]) -> list[Vector]:
    """Return the vectors, whose names must differ: a name is how people speak of a vector."""
    listed = list(vectors)
    names = [one["name"] for one in listed]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"names that stand twice: {twice}")
    return listed
