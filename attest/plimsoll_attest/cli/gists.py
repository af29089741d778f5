"""What a body says, in a few words: enough to tell one entry of its kind from another."""

from collections.abc import Mapping
from typing import Any, Final

_TELLING: Final = (
    "threshold",
    "outcome",
    "standard",
    "criterion",
    "activity",
    "activities",
    "scopes",
    "scope",
    "surface",
    "type",
    "label",
)
"""Members in the order in which they are told."""


def said(kind: str, body: Mapping[str, Any]) -> str:
    """Return the members of a body that tell it from others of its kind; the caller escapes them."""
    if kind == "eval-result":
        return _result(body)
    if kind == "eval-planned":
        return _task(body)
    if kind == "sign-off":
        return f"{body.get('decision')} entry {body.get('of', {}).get('index')}"
    if kind.startswith("policy"):
        return f"version {body.get('version')}"
    told = [body[name] for name in _TELLING if name in body]
    words = [" and ".join(map(str, item)) if isinstance(item, list) else str(item) for item in told]
    of = body.get("of")
    if isinstance(of, Mapping):
        words.append(f"of entry {of.get('index')}")
    return " ".join(words)


def _task(body: Mapping[str, Any]) -> str:
    task = body.get("task", {})
    return f"{task.get('name')} {task.get('version')}"


def _result(body: Mapping[str, Any]) -> str:
    scores = body.get("scores", [])
    exact = [score for score in scores if "count" in score or "fraction" in score] or scores[:1]
    scorers = {score.get("scorer") for score in exact}
    figures = ", ".join(_score(score, named=len(scorers) > 1) for score in exact)
    return f"{_task(body)} {body.get('status')}{f', {figures}' if figures else ''}"


def _score(score: Mapping[str, Any], *, named: bool) -> str:
    """Return a figure; of several scorers whose it is, or two that agree read like one said twice."""
    count = score.get("count")
    figure = (
        f"{count['k']}/{count['n']}"
        if isinstance(count, Mapping)
        else score.get("fraction", score.get("value"))
    )
    whose = f"{score.get('scorer')} " if named else ""
    return f"{whose}{score.get('metric')} ({score.get('reducer')}) {figure}"
