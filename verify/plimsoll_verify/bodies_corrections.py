"""The body of a correction: what an earlier statement should have said. Detached, with a salt.

Source: SPEC 5.4.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from plimsoll_verify.bodies import Ref, Salted, Text


class Correction(Salted, frozen=True, kw_only=True):
    """`correction`; `instead` is the body that the statement should have had, without its salt."""

    of: Ref
    instead: dict[str, Any]
    reasons: Text | UnsetType = UNSET

    def refs(self) -> tuple[Ref, ...]:
        """List what it corrects, and the earlier statements that it names instead."""
        return (self.of, *_refs(self.instead))


def _refs(body: dict[str, Any]) -> Iterator[Ref]:
    """Yield the members of a body that are references; of what can be corrected none is deeper in it."""
    for member in body.values():
        if isinstance(member, dict) and member.keys() == {"id", "index"}:
            try:
                yield msgspec.convert(member, Ref)
            except msgspec.ValidationError:
                continue  # It is no body of the kind either, which is found where that is read.
