"""Ids of persons, roles and logs: plain ASCII, and no two that a reader could take for one another."""

import re
from typing import Final

from plimsoll_attest.errors import UsageError

ID_PATTERN: Final = r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?"
"""What a person, role, policy, standard, threshold, test or criterion is called (SPEC 1.5)."""

MODEL_PATTERN: Final = r"[0-9a-f]{32}"
DIGEST_PATTERN: Final = r"[0-9a-f]{64}"

_ID = re.compile(ID_PATTERN)
_ORIGIN = re.compile(r"[a-z0-9.-]+(/[A-Za-z0-9._-]+)*")
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "5": "s", "-": None})
_ID_HINT = "use lower-case letters, digits and inner hyphens, at most 64"


def check_id(text: str, what: str) -> str:
    """Return an id that is one.

    Args:
        text: What should be an id.
        what: What it is the id of, for the message.

    Raises:
        UsageError: If it does not match the pattern.

    Source: SPEC 1.5.
    """
    if _ID.fullmatch(text) is None:
        raise UsageError(f"{text[:80]!r} is not the id of a {what}", _ID_HINT)
    return text


def check_origin(text: str) -> str:
    """Return an origin that is one: at most 255 bytes, such as `acme.example/rsp`.

    Raises:
        UsageError: If it is not.

    Source: SPEC 1.5.
    """
    if len(text) > 255 or _ORIGIN.fullmatch(text) is None:
        hint = "write it like a URL without its scheme, for example acme.example/rsp"
        raise UsageError(f"{text[:80]!r} is not an origin", hint)
    return text


def skeleton(text: str) -> str:
    """Return what remains of an id once all that looks alike is one: equal skeletons are confusable ids.

    Source: SPEC 1.5.
    """
    return text.translate(_ALIKE)
