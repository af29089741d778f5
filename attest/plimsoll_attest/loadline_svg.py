"""The load line as a standalone SVG: no script, no outside reference, readable without colour."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape

from plimsoll_attest.loadline import Chart, Lane, Segment

_WIDTH = 960
_LEFT = 64
_RIGHT = 24
_TOP = 92
_STEP = 30  # pixels a level
_LANE_HEAD = 38
_LANE_FOOT = 50

_STYLE = """
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1b2733}
.title{font-size:20px;font-weight:600}.sub{font-size:13px;fill:#51606e}.name{font-size:15px;font-weight:600}
.tick{font-size:11px;fill:#51606e}.note{font-size:12px}.grid{stroke:#dfe5ea;stroke-width:1}
.water{fill:#bcd7e8}.surface{fill:none;stroke:#2f6f9f;stroke-width:2}
.load{fill:none;stroke:#1b2733;stroke-width:2.5;stroke-linejoin:round}
.over{fill:url(#hatch);stroke:#b3261e;stroke-width:1.5}.on{fill:#3f5a70}.onbad{fill:#b3261e}
.bad{fill:#b3261e;font-weight:600}.good{fill:#1f6b3a;font-weight:600}
"""

_VERDICTS = {
    "compliant": ("good", "compliant: no model was deployed beyond its load line"),
    "violations": ("bad", "violations: see the hatched stretches"),
    "indeterminate": ("sub", "indeterminate: the log does not hold enough to say"),
}


def format_loadline_svg(chart: Chart) -> str:
    """Return the chart as an SVG document (UTF-8 text), 960 units wide and as high as its lanes need.

    Every foreign string is escaped. Stretches beyond the load line are hatched and labelled, not only red.
    """
    plot = _LANE_HEAD + chart.top * _STEP + _LANE_FOOT
    height = _TOP + plot * len(chart.lanes) + 52
    parts = _head(chart, height)
    for number, lane in enumerate(chart.lanes):
        parts += _draw_lane(chart, lane, _TOP + plot * number)
    parts += _legend(height - 22)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def _head(chart: Chart, height: int) -> list[str]:
    css, sentence = _VERDICTS.get(chart.verdict, ("sub", chart.verdict))
    size = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    left = _LEFT - 40
    verdict = f'<tspan class="{css}">{escape(sentence)}</tspan>'
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t d">',
        f'<title id="t">Load line of {escape(chart.title)}</title>',
        f'<desc id="d">{escape(_describe(chart))}</desc>',
        f"<style>{_STYLE}</style>",
        '<defs><pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse"',
        ' patternTransform="rotate(45)"><rect width="7" height="7" fill="#f6cfcb"/>',
        '<rect width="3" height="7" fill="#d9534a"/></pattern></defs>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fff"/>',
        f'<text class="title" x="{left}" y="36">Load line of {escape(chart.title)}</text>',
        f'<text class="sub" x="{left}" y="58">Level of safeguards needed and in force, per model.</text>',
        f'<text class="sub" x="{left}" y="76">Verdict: {verdict}</text>',
    ]


def _describe(chart: Chart) -> str:
    """Return the picture in words, for those who hear it read."""
    said = []
    for lane in chart.lanes:
        broken = [s for s in lane.segments if s.broken]
        if broken:
            said.append(f"{lane.name}: deployed beyond its load line from {_day(broken[0].start_ms)}")
        elif any(s.deployed for s in lane.segments):
            said.append(f"{lane.name}: deployed, never beyond its load line")
        else:
            said.append(f"{lane.name}: not deployed")
    return "; ".join(said) + "."


def _draw_lane(chart: Chart, lane: Lane, top: int) -> list[str]:
    floor = top + _LANE_HEAD + chart.top * _STEP

    def y(level: int) -> int:
        return floor - level * _STEP

    parts = [_text("name", _LEFT, top + 16, lane.name)]
    for level in range(chart.top + 1):
        parts.append(_line("grid", _LEFT, _WIDTH - _RIGHT, y(level)))
        parts.append(_text("tick", _LEFT - 10, y(level) + 4, str(level or "none"), anchor="end"))
    parts += [_bar(chart, s, "water", y(s.in_force), s.in_force * _STEP) for s in lane.segments if s.in_force]
    parts += _draw_overloads(chart, lane, y)
    parts.append(_steps(chart, lane, y, "surface", lambda s: s.in_force))
    parts.append(_steps(chart, lane, y, "load", lambda s: s.needed))
    parts += _draw_axis(chart, floor)
    parts += [
        _bar(chart, s, "onbad" if s.broken else "on", floor + 7, 6) for s in lane.segments if s.deployed
    ]
    return parts


def _draw_overloads(chart: Chart, lane: Lane, y: Callable[[int], int]) -> list[str]:
    """Return the hatched stretches, each run of broken segments labelled once with its first day."""
    parts: list[str] = []
    previous: Segment | None = None
    for s in lane.segments:
        if s.broken:
            # Where the levels are equal, what is missing lies beside them: the hatch fills the whole height.
            top, foot = y(max(s.needed, 1)), y(s.in_force if s.in_force < s.needed else 0)
            parts.append(_bar(chart, s, "over", top, foot - top))
            if previous is None or not previous.broken:
                x = _x(chart, s.start_ms)
                anchor, at = ("end", _WIDTH - _RIGHT) if x > _WIDTH * 0.6 else ("start", x)
                words = f"beyond its load line from {_day(s.start_ms)}"
                parts.append(_text("note bad", at, y(chart.top) - 8, words, anchor=anchor))
        previous = s
    return parts


def _draw_axis(chart: Chart, floor: int) -> list[str]:
    """Return ticks at the first of each month, or at every n-th of them where there are many."""
    first = datetime.fromtimestamp(chart.start_ms / 1000, UTC)
    month = first.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = []
    while month.timestamp() * 1000 <= chart.end_ms:
        if month >= first:
            months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    parts = []
    for tick in months[:: max(1, len(months) // 10)]:
        x = _x(chart, int(tick.timestamp() * 1000))
        parts.append(f'<line class="grid" x1="{x}" y1="{floor}" x2="{x}" y2="{floor + 20}"/>')
        parts.append(_text("tick", min(x + 3, _WIDTH - _RIGHT - 60), floor + 29, tick.strftime("%Y-%m-%d")))
    return parts


def _legend(y: int) -> list[str]:
    def swatch(css: str, x: int, height: int) -> str:
        return f'<rect class="{css}" x="{x}" y="{y - 5 - height // 2}" width="26" height="{height}"/>'

    return [
        _line("load", _LEFT, _LEFT + 26, y - 5),
        _text("note", _LEFT + 34, y, "level needed"),
        swatch("water", _LEFT + 140, 14),
        _line("surface", _LEFT + 140, _LEFT + 166, y - 12),
        _text("note", _LEFT + 174, y, "level in force"),
        swatch("on", _LEFT + 286, 6),
        _text("note", _LEFT + 320, y, "deployed"),
        swatch("over", _LEFT + 408, 14),
        _text("note", _LEFT + 442, y, "deployed while a standard that is needed is not in force"),
    ]


def _x(chart: Chart, time_ms: int) -> float:
    span = max(chart.end_ms - chart.start_ms, 1)
    return round(_LEFT + (_WIDTH - _LEFT - _RIGHT) * (time_ms - chart.start_ms) / span, 1)


def _bar(chart: Chart, segment: Segment, css: str, top: int, height: int) -> str:
    x = _x(chart, segment.start_ms)
    width = max(_x(chart, segment.end_ms) - x, 1.0)
    return f'<rect class="{css}" x="{x}" y="{top}" width="{width:.1f}" height="{height}"/>'


def _steps(
    chart: Chart, lane: Lane, y: Callable[[int], int], css: str, level: Callable[[Segment], int]
) -> str:
    path: list[str] = []
    for s in lane.segments:
        start = "L" if path else "M"
        path.append(f"{start}{_x(chart, s.start_ms)} {y(level(s))}L{_x(chart, s.end_ms)} {y(level(s))}")
    return f'<path class="{css}" d="{"".join(path)}"/>'


def _line(css: str, x1: float, x2: float, y: float) -> str:
    return f'<line class="{css}" x1="{x1}" y1="{y}" x2="{x2}" y2="{y}"/>'


def _text(css: str, x: float, y: float, words: str, *, anchor: str = "start") -> str:
    return f'<text class="{css}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d")
