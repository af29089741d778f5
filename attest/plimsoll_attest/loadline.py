"""The load line: per model, the level needed and the level in force over time, as numbers.

A ship's load line shows from the quay whether she carries more than she may. Here the water is the
safeguards in force and the load is what the policy needs of the model; a model is overloaded where the
second is above the first while it is deployed. This module reads the verifier's verdict
(``plimsoll/verdict/v1``) and decides nothing by itself; the two drawings are made by ``loadline_svg`` and
``loadline_text``.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time in which nothing changes for one model.

    Attributes:
        start_ms: First instant, milliseconds since 1970 UTC.
        end_ms: Instant after the last one.
        needed: Highest level among the standards that the policy needs; 0 for none.
        in_force: Level carried by the standards in force; 0 for none.
        deployed: Whether a deployment goes on.
        broken: Whether the verifier finds a need of a deployment unmet. The two levels alone do not say that:
            a need may be pending, and one of several standards may be missing on one surface only.
    """

    start_ms: int
    end_ms: int
    needed: int
    in_force: int
    deployed: bool
    broken: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """One model's segments, in order of time and without gaps."""

    name: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What both drawings draw."""

    title: str
    verdict: str
    start_ms: int
    end_ms: int
    top: int
    lanes: tuple[Lane, ...]


def chart_from_verdict(verdict: Mapping[str, Any]) -> Chart:
    """Return the chart of a verdict's subjects that have a timeline.

    Args:
        verdict: A parsed ``plimsoll/verdict/v1`` object that is not ``rejected``.

    Raises:
        ValueError: No subject of the verdict has a timeline, so there is nothing to draw.
    """
    lanes = tuple(_lanes(verdict.get("subjects", ())))
    if not lanes:
        raise ValueError("the verdict names no model with a timeline; there is nothing to draw")
    segments = [segment for lane in lanes for segment in lane.segments]
    return Chart(
        title=str(verdict["log"]["origin"]),
        verdict=str(verdict["verdict"]),
        start_ms=min(segment.start_ms for segment in segments),
        end_ms=max(segment.end_ms for segment in segments),
        top=max(2, *(max(segment.needed, segment.in_force) for segment in segments)),
        lanes=lanes,
    )


def _lanes(subjects: Iterable[Mapping[str, Any]]) -> Iterable[Lane]:
    for subject in subjects:
        segments = tuple(
            Segment(
                start_ms=_time_ms(part["from"]),
                end_ms=_time_ms(part["to"]),
                needed=int(part["level_needed"]),
                in_force=int(part["level_in_force"]),
                deployed=bool(part["deployed"]),
                broken=bool(part["deployed"]) and not part["ok"],
            )
            for part in subject.get("timeline", ())
        )
        if segments:
            yield Lane(str(subject.get("name") or subject["id"]), segments)


def _time_ms(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
