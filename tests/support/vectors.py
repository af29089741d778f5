"""Reads the vectors as anybody would who has only the JSON files and their README."""

import json
from functools import cache
from pathlib import Path
from typing import Any

DIRECTORY = Path(__file__).parent.parent / "vectors"


@cache
def load_family(name: str) -> dict[str, Any]:
    """Return a family's file."""
    family: dict[str, Any] = json.loads((DIRECTORY / f"{name}.json").read_text(encoding="ascii"))
    return family


def family_names() -> list[str]:
    """List the families that there are."""
    return sorted(path.stem for path in DIRECTORY.glob("*.json"))


def octets_of(value: dict[str, Any]) -> bytes:
    """Return the bytes that a vector writes as text, parts, hex or hex parts."""
    match value:
        case {"text": text}:
            return str(text).encode()
        case {"hex": digits}:
            return bytes.fromhex(digits)
        case {"parts": parts}:
            return "".join(one if isinstance(one, str) else one[0] * one[1] for one in parts).encode()
        case {"hex_parts": parts}:
            return b"".join(bytes.fromhex(digits) * times for digits, times in parts)
    raise ValueError(value)


def hashes_of(texts: list[str]) -> list[bytes]:
    """Return hashes that are written in hex."""
    return [bytes.fromhex(text) for text in texts]
