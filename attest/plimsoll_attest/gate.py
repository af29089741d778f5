"""The gate: would starting this now break anything? Every doubt denies.

The answer is the auditor's verdict on the log with a start put after its last entry. On allow, a permit file
carries what a serving system needs to check for itself: the permit's entry, proven to be in the log.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from plimsoll_attest.desk import Desk
from plimsoll_attest.errors import NotAuthentic
from plimsoll_attest.registration import find_snapshot
from plimsoll_attest.times import format_time, parse_time
from plimsoll_attest.views import EntryView

if TYPE_CHECKING:
    from plimsoll_verify.verdict import Verdict

PERMIT_SCHEMA = "plimsoll/permit/v1"

Answer = Literal["allowed", "denied", "indeterminate"]


@dataclass(frozen=True, slots=True)
class Question:
    """A start that somebody wants to make.

    Attributes:
        activity: deploy or train.
        model: The model's id, `model:<hex>`.
        name: What people call it.
        snapshot: Hex digest; empty for training a model that has none.
        scope: How far it would reach; empty for training.
        surface: Where it would be reached; empty for training.
        attributes: Such as `tools`, sorted.
        at_ms: When it would start.
        environment: Where the weights would be; empty if that is not said.
        deployment: The name that the deployment would have; empty for none.
    """

    activity: Literal["deploy", "train"]
    model: str
    name: str
    snapshot: str
    scope: str
    surface: str
    attributes: tuple[str, ...]
    at_ms: int
    environment: str = ""
    deployment: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the gate does not say yes: the code and message of a finding, and the entries that prove it."""

    code: str
    level: str
    message: str
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's answer.

    Attributes:
        answer: allowed, denied or indeterminate.
        question: What was asked.
        reasons: Why not; of an allowed start, remarks that do not deny it.
        permit_index: The permit in effect that covers the start; None if the policy asks for none.
        size: The entries that the answer rests on.
    """

    answer: Answer
    question: Question
    reasons: tuple[Reason, ...]
    permit_index: int | None
    size: int


def make_question(
    desk: Desk,
    activity: Literal["deploy", "train"],
    model: str,
    *,
    scope: str = "",
    surface: str = "",
    attributes: Sequence[str] = (),
    snapshot: str | None = None,
    at_ms: int | None = None,
) -> Question:
    """Return the start that somebody means.

    Args:
        desk: The open ledger.
        activity: deploy or train.
        model: The model's name or id.
        scope: How far it would reach.
        surface: Where it would be reached.
        attributes: Such as `tools`.
        snapshot: Label or digest; None for the newest.
        at_ms: When it would start; None for now.

    Raises:
        UnknownName: If there is no such model or snapshot.
    """
    model_id = desk.model_id(model)
    name = next(item.name for item in desk.models() if item.id == model_id)
    sha256 = ""
    if activity == "deploy" or snapshot is not None:
        sha256 = find_snapshot(desk, model_id, snapshot).sha256
    now_ms = desk.surroundings.clock.now_ms() if at_ms is None else at_ms
    return Question(
        activity,
        model_id,
        name,
        sha256,
        scope,
        surface,
        tuple(sorted(set(attributes))),
        now_ms,
    )


def ask_gate(desk: Desk, question: Question) -> Decision:
    """Ask whether a start would break the policy; nothing is appended.

    Raises:
        NotAuthentic: If the log itself is not authentic: then nobody can say anything.
    """
    from plimsoll_verify.start import Start  # noqa: PLC0415 - loads the verifier.

    start = Start(
        model=question.model,
        snapshot=f"snapshot:{question.snapshot}" if question.snapshot else None,
        activity=question.activity,
        scope=question.scope or None,
        surface=question.surface or None,
        attributes=question.attributes,
        at_ms=question.at_ms,
        environment=question.environment,
        deployment=question.deployment,
    )
    verdict = desk.verdict(hypothetical=start)
    if verdict.verdict == "rejected":
        raise NotAuthentic(f"the log is not authentic: {verdict.error}", "`plimsoll fsck` says more")
    reasons = tuple(
        Reason(item.code, item.level, item.message, tuple(item.entries))
        for item in verdict.hypothetical_findings
    )
    answer: Answer = "allowed"
    if any(reason.level == "violation" for reason in reasons):
        answer = "denied"
    elif any(reason.level == "indeterminate" for reason in reasons) or not verdict.policies:
        answer = "indeterminate"
    if not verdict.policies:
        reasons += (Reason("", "indeterminate", "no policy is in force: nothing says what may start", ()),)
    permit = _find_permit(desk, question, verdict) if answer == "allowed" else None
    return Decision(answer, question, reasons, permit, desk.size)


def format_permit(desk: Desk, decision: Decision) -> bytes:
    """Return the permit file of an allowed start: JSON, with the permit's entry proven to be in the log.

    Args:
        desk: The open ledger.
        decision: An allowed one.

    Raises:
        ValueError: If it is not allowed.
    """
    if decision.answer != "allowed":
        raise ValueError("only an allowed start has a permit")
    question = decision.question
    fields: dict[str, Any] = {
        "schema": PERMIT_SCHEMA,
        "origin": desk.origin,
        "ledger": desk.genesis_digest,
        "size": decision.size,
        "asked": format_time(question.at_ms),
        "activity": question.activity,
        "model": question.model,
        "name": question.name,
        "snapshot": question.snapshot or None,
        "scope": question.scope or None,
        "surface": question.surface or None,
        "environment": question.environment or None,
        "deployment": question.deployment or None,
        "attributes": list(question.attributes),
        "permit": None,
        "body": None,
        "proof": None,
    }
    if decision.permit_index is not None:
        view = desk.read(decision.permit_index)
        fields["permit"] = {"id": view.statement_id, "index": view.index}
        fields["body"] = view.body
        fields["proof"] = desk.prove(view.index).decode()
    return (json.dumps(fields, indent=2, ensure_ascii=True) + "\n").encode()


def _find_permit(desk: Desk, question: Question, verdict: "Verdict") -> int | None:
    """Return the newest permit that covers a start the verdict has found nothing against."""
    waiting = {item.index for item in verdict.pending}
    fitting = [
        view.index
        for view in desk.entries("permit", question.model)
        if view.index not in waiting and _covers(view, question)
    ]
    return fitting[-1] if fitting else None


def _covers(view: EntryView, question: Question) -> bool:
    body = view.body or {}
    if question.snapshot and f"snapshot:{question.snapshot}" not in view.subjects:
        return False
    return (
        body.get("activity") == question.activity
        and body.get("scope", "") == question.scope
        and body.get("surface", "") == question.surface
        and set(question.attributes) <= set(body.get("attributes", ()))
        and parse_time(body["expires"]) > question.at_ms
    )
