"""The load line picture, from a verdict to text and SVG."""

from typing import Any
from xml.etree import ElementTree as ET

import pytest

from plimsoll_attest.loadline import Segment, chart_from_verdict
from plimsoll_attest.loadline_svg import format_loadline_svg
from plimsoll_attest.loadline_text import format_loadline


def part(
    start: str, end: str, needed: int, in_force: int, *, deployed: bool, ok: bool = True
) -> dict[str, Any]:
    return {
        "from": f"{start}T00:00:00.000Z",
        "to": f"{end}T00:00:00.000Z",
        "level_needed": needed,
        "level_in_force": in_force,
        "deployed": deployed,
        "ok": ok,
    }


def verdict(*, name: str = "harbour-1", ok: bool = True) -> dict[str, Any]:
    return {
        "verdict": "compliant" if ok else "violations",
        "log": {"origin": "harbour.example/rsp"},
        "subjects": [
            {
                "id": "model:" + "1" * 32,
                "name": name,
                "timeline": [
                    part("2026-11-20", "2026-12-01", 2, 2, deployed=False),
                    part("2026-12-01", "2027-01-01", 3, 3, deployed=True),
                    part("2027-01-01", "2027-02-01", 3, 3 if ok else 2, deployed=True, ok=ok),
                ],
            },
            {"id": "model:" + "2" * 32, "name": "", "timeline": []},
        ],
    }


def test_a_segment_is_broken_only_while_deployed_and_not_ok() -> None:
    record = verdict(ok=False)
    record["subjects"][0]["timeline"][0]["ok"] = False
    lanes = chart_from_verdict(record).lanes
    assert len(lanes) == 1
    assert [segment.broken for segment in lanes[0].segments] == [False, False, True]
    assert lanes[0].segments[0] == Segment(1795132800000, 1796083200000, 2, 2, deployed=False, broken=False)


def test_a_verdict_without_timelines_has_no_picture() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        chart_from_verdict({"verdict": "compliant", "log": {"origin": "x"}, "subjects": []})


def test_text_marks_what_is_beyond_the_line_without_colour() -> None:
    text = format_loadline(chart_from_verdict(verdict(ok=False)), width=60, ascii_only=True)
    assert text.isascii()
    assert all(len(line) <= 60 for line in text.splitlines()[:-1])
    rows = {
        line.split()[0]: line[12:]
        for line in text.splitlines()
        if line.startswith(("    needed", "  deployed"))
    }
    assert rows["deployed"].strip("=.X") == ""
    assert rows["deployed"].endswith("X")
    assert rows["deployed"].startswith(".")
    assert "X" not in format_loadline(chart_from_verdict(verdict()), ascii_only=True).split("digits")[0]
    assert "2027-01" in text


def test_svg_is_well_formed_escapes_names_and_hatches_only_what_is_broken() -> None:
    good = format_loadline_svg(chart_from_verdict(verdict(name='<script>"&')))
    bad = format_loadline_svg(chart_from_verdict(verdict(ok=False)))
    for text in (good, bad):
        ET.fromstring(text)  # noqa: S314 - our own output, made two lines above
    assert "<script>" not in good
    assert "beyond its load line from 2027-01-01" in bad
    assert "beyond its load line from" not in good
