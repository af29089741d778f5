"""The load line in a terminal: three rows of characters a model, one column a slice of time."""

from datetime import UTC, datetime

from plimsoll_attest.loadline import Chart, Lane, Segment

_LABEL = 11


def format_loadline(chart: Chart, *, width: int = 78, ascii_only: bool = False) -> str:
    """Return the picture as text, lines of at most ``width`` characters, ending in a newline.

    A column stands for a slice of time and shows the worst that happens in it: overloaded if any of it was.
    Meaning is carried by digits and marks, never by colour.

    Args:
        chart: What to draw.
        width: Columns, at least 40.
        ascii_only: Use no character outside ASCII.
    """
    columns = max(width, 40) - _LABEL - 1
    mark, bar, idle = ("X", "=", ".") if ascii_only else ("▓", "━", "·")
    lines = []
    for lane in chart.lanes:
        slices = [_worst(lane, *_slice(chart, column, columns)) for column in range(columns)]
        lines += [
            lane.name,
            _row("needed", "".join(_level(s.needed) if s else " " for s in slices)),
            _row("in force", "".join(_level(s.in_force) if s else " " for s in slices)),
            _row("deployed", "".join(_deployed(s, mark, bar, idle) for s in slices)),
            "",
        ]
    lines.append(_row("", _axis(chart, columns)))
    lines.append(
        _row(
            "",
            f"digits: levels of safeguards   {bar} deployed   {mark} deployed beyond its load line"
            f"   {idle} not deployed",
        )
    )
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _row(label: str, cells: str) -> str:
    return f"{label:>{_LABEL - 1}}  {cells}" if label else f"{'':{_LABEL}} {cells}"


def _level(level: int) -> str:
    return str(min(level, 9)) if level else "-"


def _deployed(segment: Segment | None, mark: str, bar: str, idle: str) -> str:
    if segment is None or not segment.deployed:
        return idle
    return mark if segment.broken else bar


def _slice(chart: Chart, column: int, columns: int) -> tuple[int, int]:
    span = max(chart.end_ms - chart.start_ms, 1)
    return chart.start_ms + span * column // columns, chart.start_ms + span * (column + 1) // columns


def _worst(lane: Lane, start_ms: int, end_ms: int) -> Segment | None:
    """Return the segment that a slice shows: a broken one, else a deployed one, else the longest in it."""
    inside = [s for s in lane.segments if s.start_ms < end_ms and s.end_ms > start_ms]
    if not inside:
        return None
    return max(
        inside,
        key=lambda s: (s.broken, s.deployed, min(s.end_ms, end_ms) - max(s.start_ms, start_ms)),
    )


def _axis(chart: Chart, columns: int) -> str:
    """Return a row with the first and last day and the months' first days that fit between them."""
    first, last = _day(chart.start_ms), _day(chart.end_ms)
    cells = list(first.ljust(columns - len(last)) + last)
    for column in range(len(first) + 1, columns - len(last) - 8):
        start_ms, end_ms = _slice(chart, column, columns)
        month = _day(end_ms)[:7]
        if month != _day(start_ms)[:7] and "".join(cells[column - 1 : column + 8]).strip() == "":
            cells[column : column + 7] = month
    return "".join(cells)


def _day(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d")
