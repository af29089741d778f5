"""What changed between two verdicts on one ledger, and which entries changed what was said of the past.

A later verdict may find more in the past than an earlier one did, since adverse facts count from their event
however late they are recorded. It never does so silently: what is revised names the entries that revised it.

Source: SPEC 10.12.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plimsoll_verify.encoding import parse_time

_KEY = ("code", "subject", "policy", "rule", "clause")
_OF_THE_END = ("I05", "I06")
"""Codes of what is found at the end of judgement, which moves with every verdict."""
_GATHERED = ("I01", "I02", "I03", "I04", "I07", "V28")
"""Codes of which one finding may be about many entries: that there are more of them is news."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a finding.

    Attributes:
        kind: "new": it began after the time up to which the earlier verdict judged. "ended": it was open
            then, and ended since. "revised": the earlier verdict did not have it, or had it otherwise, for a
            time that it judged. "withdrawn": the earlier verdict had it, and it is gone.
        finding: as `verdict_json` has it; the earlier one where it is withdrawn.
        revised_by: the entries since then that it rests on, or else those about its subject; of those that
            are new or ended they are empty.
    """

    kind: str
    finding: Mapping[str, Any]
    revised_by: tuple[int, ...] = ()


def find_changes(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    size: int,
    end_ms: int,
    touched: Mapping[str, Sequence[int]],
) -> list[Change]:
    """Compare the findings of two verdicts.

    Args:
        before: those of the earlier verdict, as `verdict_json` has them.
        after: those of the later one.
        size: entries that the earlier verdict covered.
        end_ms: up to when it judged.
        touched: by subject the entries since then.
    """
    left: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in before:
        left.setdefault(_key(one), []).append(one)
    found: list[Change] = []
    for one in after:
        alike = left.get(_key(one))
        same = alike.pop(0) if alike else None
        if same is not None and _state(same) == _state(one):
            continue
        if same is not None and _only_ended(same, one, end_ms):
            found.append(Change("ended", one))
        elif same is None and parse_time(one["from"]["time"]) > end_ms:
            found.append(Change("new", one))
        else:
            found.append(Change("revised", one, _revised_by(one, size, touched)))
    gone = (one for alike in left.values() for one in alike)
    return found + [Change("withdrawn", one, _revised_by(one, size, touched)) for one in gone]


def _key(one: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what two findings of the same broken rule that began at the same time have in common."""
    began = None if one["code"] in _OF_THE_END else one["from"]["time"]
    return (*(one[name] for name in _KEY), began)


def _state(one: Mapping[str, Any]) -> tuple[Any, ...]:
    gathered = tuple(one["entries"]) if one["code"] in _GATHERED else ()
    return one["level"], one["to"] and one["to"]["time"], gathered


def _only_ended(same: Mapping[str, Any], one: Mapping[str, Any], end_ms: int) -> bool:
    """Say whether an open finding ended after the earlier verdict's time, and is the same otherwise."""
    return (
        same["level"] == one["level"]
        and same["to"] is None
        and one["to"] is not None
        and parse_time(one["to"]["time"]) > end_ms
    )


def _revised_by(one: Mapping[str, Any], size: int, touched: Mapping[str, Sequence[int]]) -> tuple[int, ...]:
    own = tuple(index for index in one["entries"] if index >= size)
    return own or tuple(touched.get(one["subject"], ()))
