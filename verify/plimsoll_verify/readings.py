"""Telling which figure of a result passed which limit of a policy's tests.

Nothing is judged here: the figures are read as `results` reads them, and the words say what that came to.

Source: SPEC 9.1.
"""

from plimsoll_verify.bodies import EvalResult
from plimsoll_verify.collect_results import result_content
from plimsoll_verify.policy.model import Limit, Policy, Test
from plimsoll_verify.results import GRAVITY, Figure, Reading, fitting_figures, read_figure

MAX_TOLD = 8
"""So many readings of one result are told; the gravest come first."""
_UNKNOWN = "a figure that cannot be read"


def tell_readings(body: EvalResult, policy: Policy) -> tuple[str, ...]:
    """Return a line for each test that a result is for: the figure, the limit, and what it reads.

    Whether a clear result meets what its test asks for besides is not told.

    Args:
        body: the result's.
        policy: whose tests.
    """
    content = result_content(body)
    found: list[tuple[int, str]] = []
    for test in policy.tests.values():
        figures = fitting_figures(content, test)
        if not figures:
            continue
        if test.is_compared:
            spelled = " and ".join(map(_spelled, figures))
            found.append((0, f"{_about(test)} {spelled}: held against another model's score"))
            continue
        reading, figure = max(((read_figure(one, test), one) for one in figures), key=_gravity)
        found.append((-GRAVITY[reading], _told(test, reading, figure)))
    found.sort(key=lambda one: one[0])
    return tuple(line for _, line in found[:MAX_TOLD])


def _gravity(read: tuple[Reading, Figure]) -> int:
    return GRAVITY[read[0]]


def _told(test: Test, reading: Reading, figure: Figure) -> str:
    about = f"{_about(test)} {_spelled(figure)}"
    if reading == "dangerous" and test.rules_in is not None:
        return f"{about} is {_past(test.rules_in)}: dangerous"
    if reading == "clear":
        return f"{about} is {_past(test.rules_out)}: clear"
    if test.rules_in is None:
        return f"{about} is not {_past(test.rules_out)}: between"
    return f"{about} is neither {_past(test.rules_out)} nor {_past(test.rules_in)}: between"


def _about(test: Test) -> str:
    return f"test {test.id}: {test.reducer} {test.metric} ({test.scorer})"


def _past(limit: Limit) -> str:
    bound = "" if limit.judged_on == "score" else f" by its {limit.judged_on}"
    margin = f" (its margin of {limit.margin} included)" if limit.margin else ""
    return f"{limit.word.replace('_', ' ')} {limit.amount}{margin}{bound}"


def _spelled(figure: Figure) -> str:
    if isinstance(figure, tuple):
        return f"{figure[0]} of {figure[1]}"
    return figure or _UNKNOWN
