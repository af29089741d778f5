"""From the body of an evaluation result to the little of it on which a judgement can depend.

Source: SPEC 5.4, 5.5, 9.2.
"""

from sys import intern

from msgspec import UNSET

from plimsoll_verify.bodies import EvalResult, Score
from plimsoll_verify.encoding import parse_time
from plimsoll_verify.observed import ResultContent, ScoreFact

DOUBTFUL = frozenset(
    {
        "figures-differ",
        "invalidated",
        "limited",
        "log-edited",
        "not-recomputed",
        "samples-missing",
        "samples-selected",
        "scores-edited",
        "times-reversed",
        "unfinished",
    }
)
"""Flags with which a result rules nothing out (SPEC 9.2)."""


def result_content(body: EvalResult) -> ResultContent:
    """Return what an evaluation came to."""
    return ResultContent(
        body.status == "success",
        intern(body.task.name),
        intern(body.task.version),
        intern(body.variant),
        body.epochs,
        body.scored.samples,
        body.scored.sample_epochs,
        body.limit is not None,
        not DOUBTFUL.isdisjoint(body.flags),
        -1 if body.plan is None else body.plan.index,
        parse_time(body.started),
        tuple(map(_score, body.scores)),
        intern(body.surface or ""),
    )


def _score(score: Score) -> ScoreFact:
    # A value is a decimal, and a fraction a fraction: neither is read as the other.
    figure: tuple[int, int] | str | None
    if score.count is not UNSET:
        figure = (score.count.k, score.count.n)
    elif score.fraction is not UNSET:
        figure = score.fraction if "/" in score.fraction else None
    else:
        figure = None if score.value is None or "/" in score.value else score.value
    return ScoreFact(intern(score.scorer), intern(score.reducer), intern(score.metric), figure)
