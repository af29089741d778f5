"""The verdict on a published ledger, and its JSON form `plimsoll/verdict/v1`.

`schema/verdict-v1.json` describes the JSON; keys are only ever added to it.

Source: SPEC 9.15, 10.11.
"""

from dataclasses import dataclass
from typing import Any, Literal

from plimsoll_verify.activities import Form
from plimsoll_verify.acts import Pending
from plimsoll_verify.encoding import format_base64, format_time
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.evidence import Looked
from plimsoll_verify.exempting import Excepted
from plimsoll_verify.facts import NEVER
from plimsoll_verify.findings import Finding
from plimsoll_verify.log import LogFacts
from plimsoll_verify.picture import Standing, Stretch
from plimsoll_verify.receipts import Outcome
from plimsoll_verify.replay import Judgement, Subject

SCHEMA = "plimsoll/verdict/v1"


@dataclass(frozen=True, slots=True)
class JudgedPolicy:
    """A policy that was in force at the end of judgement.

    Attributes:
        from_index: the entry that put it in force.
        clauses: how many of its clauses the log, attestations or nobody can judge.
    """

    id: str
    version: str
    digest: str
    from_index: int
    clauses: dict[str, int]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification came to.

    Attributes:
        verdict: rejected > violations > indeterminate > compliant.
        log: what is known of the log; of a rejected one, as far as verification got.
        judgement: what its entries come to; None if it is rejected.
        error: why it is rejected; else None.
        receipts: what became of the promises that were looked at.
        evidence: how far files of evidence were looked at; None if none were asked for.
    """

    verdict: Literal["compliant", "violations", "indeterminate", "rejected"]
    log: LogFacts
    judgement: Judgement | None = None
    error: VerificationError | None = None
    receipts: tuple[Outcome, ...] = ()
    evidence: Looked | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, the gravest first."""
        return self.judgement.findings if self.judgement else ()

    @property
    def hypothetical_findings(self) -> tuple[Finding, ...]:
        """What the start that was asked about would break."""
        return self.judgement.hypothetical if self.judgement else ()

    @property
    def pending(self) -> tuple[Pending, ...]:
        """Acts that wait for signatures, in the order of the log."""
        return self.judgement.pending if self.judgement else ()

    @property
    def policies(self) -> tuple[JudgedPolicy, ...]:
        """The policies in force at the end of judgement."""
        found = []
        for version in self.judgement.policies if self.judgement else ():
            clauses = {"log": 0, "attestation": 0, "nobody": 0}
            for clause in version.policy.clauses.values():
                clauses[clause.judged_by] += 1
            policy = version.policy
            found.append(JudgedPolicy(policy.id, policy.version, version.digest, version.completed, clauses))
        return tuple(found)


def judged(
    log: LogFacts,
    judgement: Judgement,
    receipts: tuple[Outcome, ...] = (),
    evidence: Looked | None = None,
) -> Verdict:
    """Return the verdict on a ledger that is authentic."""
    return Verdict(judgement.verdict, log, judgement, receipts=receipts, evidence=evidence)


def rejected(log: LogFacts, error: VerificationError) -> Verdict:
    """Return the verdict on a ledger that is not."""
    return Verdict("rejected", log, error=error)


# -- JSON


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as `plimsoll/verdict/v1`, of plain dicts, lists, texts and numbers.

    Source: SPEC 10.11.
    """
    log, judgement = verdict.log, verdict.judgement
    is_timed = judgement is not None and log.size > 0
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "verdict": verdict.verdict,
        "log": {
            "origin": log.origin,
            "size": log.size,
            "root": format_base64(log.root),
            "time": format_time(judgement.end_ms) if judgement is not None and is_timed else None,
            "time_basis": log.time_basis,
            "witnesses": list(log.witnesses),
            "unchecked_witnesses": list(log.unchecked),
            "time_bounds": _coverage(judgement),
            "anchors": _anchors(log),
        },
        "policies": [
            {
                "id": one.id,
                "version": one.version,
                "digest": one.digest,
                "from_index": one.from_index,
                "clauses": one.clauses,
            }
            for one in verdict.policies
        ],
        "subjects": [_subject(one, verdict) for one in judgement.subjects] if judgement else [],
        "findings": findings_json(verdict),
        "hypothetical_findings": [_finding(one) for one in verdict.hypothetical_findings],
        "pending": [_pending(one) for one in verdict.pending],
        "exceptions": [_excepted(one) for one in judgement.exceptions] if judgement else [],
        "independence": {
            "pinned": [f"person:{one}" for one in judgement.pinned] if judgement else [],
            "claimed": [f"person:{one}" for one in judgement.claimed] if judgement else [],
        },
        "withheld": judgement.withheld if judgement else {},
        "counterfactual": judgement.is_counterfactual if judgement else False,
        "judged_entries": judgement.size if judgement else 0,
        "freshness_checked": judgement.freshness_checked if judgement else False,
        "due": None if judgement is None or judgement.due is None else [_due(one) for one in judgement.due],
    }
    if verdict.evidence is not None:
        looked = verdict.evidence
        found["evidence"] = {
            "given": looked.given,
            "missing": looked.missing,
            "recounted": looked.recounted,
            "left": looked.left,
        }
    if verdict.receipts:
        found["receipts"] = [
            {
                "id": one.receipt.statement_id,
                "deadline": format_time(one.receipt.deadline_ms),
                "state": one.state,
                "index": one.index,
            }
            for one in verdict.receipts
        ]
    if verdict.error is not None:
        found["error"] = error_json(verdict.error)
    return found


def findings_json(verdict: Verdict) -> list[dict[str, Any]]:
    """Return the findings alone, as `verdict_json` has them."""
    return [_finding(one) for one in verdict.findings]


def _coverage(judgement: Judgement | None) -> dict[str, Any] | None:
    if judgement is None:
        return None
    found = judgement.coverage
    return {"above": found.above, "below": found.below, "widest_ms": found.widest_ms}


def _anchors(log: LogFacts) -> dict[str, Any]:
    anchors = log.anchors
    return {
        "verified": len(anchors.verified),
        "authorities": sorted(anchors.authorities),
        "ignored": anchors.ignored_count,
        "reasons": [{"path": path, "reason": reason} for path, reason in anchors.ignored],
        "unchecked": anchors.unchecked,
        "why_unchecked": anchors.why_unchecked or None,
    }


def error_json(error: VerificationError) -> dict[str, Any]:
    """Return the member `error` of SPEC 10.11."""
    found = {
        "check": error.check,
        "entry": error.entry,
        "path": error.path,
        "expected": error.expected,
        "actual": error.actual,
        "hint": error.hint or None,
    }
    notes = {name: getattr(error, name, None) for name in ("note_a", "note_b")}
    return found | {name: note.decode("utf-8", "replace") for name, note in notes.items() if note is not None}


def _finding(one: Finding) -> dict[str, Any]:
    ended = None if one.to_ms is None else {"index": one.to_index, "time": format_time(one.to_ms)}
    return {
        "id": one.id,
        "code": one.code,
        "name": one.name,
        "level": one.level,
        "subject": one.subject,
        "policy": one.policy,
        "rule": one.rule,
        "clause": one.clause,
        "force": one.force,
        "from": {"index": one.from_index, "time": format_time(one.from_ms)},
        "to": ended,
        "ended_by": one.ended_by,
        "known_from": one.known_from,
        "entries": list(one.entries),
        "because": [{"code": cause.code, "entries": list(cause.entries)} for cause in one.because],
        "interpreted_by": list(one.interpreted_by),
        "message": one.message,
    }


def _due(one: Finding) -> dict[str, Any]:
    told = _finding(one)
    members = ("code", "name", "level", "subject", "policy", "rule", "clause", "force", "entries", "message")
    return {"time": told["from"]["time"]} | {member: told[member] for member in members}


def _pending(one: Pending) -> dict[str, Any]:
    return {
        "index": one.index,
        "kind": one.kind,
        "subjects": list(one.subjects),
        "policy": one.policy or None,
        "want": one.want,
        "quorum": one.quorum,
        "roles": list(one.roles),
        "missing": list(one.missing),
        "counted": [{"person": person, "role": role} for person, role in one.counted],
    }


def _excepted(one: Excepted) -> dict[str, Any]:
    said, until = one.content, one.span[1] if one.span else NEVER
    return {
        "index": one.index,
        "kind": one.kind,
        "subject": one.subject,
        "policy": one.policy,
        "standard": said.standard if said else None,
        "criterion": (said.criterion or None) if said else None,
        "scopes": sorted(said.scopes) if said else [],
        "surfaces": sorted(said.surfaces) if said else [],
        "from": format_time(one.span[0]) if one.span else None,
        "until": format_time(until) if until < NEVER else None,
        "covers": not one.words,
        "why_not": one.words or None,
    }


def _subject(subject: Subject, verdict: Verdict) -> dict[str, Any]:
    """Describe a model; of several policies it has the states and needs of all, named by policy."""
    pictures = subject.pictures
    standings = [(policy, picture.standing()) for policy, picture in pictures]
    is_one = len(standings) == 1
    findings = [one for one in verdict.findings if one.subject == subject.id]
    first = pictures[0][1] if pictures else None
    return {
        "id": subject.id,
        "name": subject.name,
        "thresholds": {
            name if is_one else f"{policy}/{name}": state
            for policy, standing in standings
            for name, state in standing.thresholds.items()
        },
        "needed": _united(standings, "needed"),
        "in_force": _united(standings, "in_force"),
        "active": [_active(form) for form in standings[0][1].active] if standings else [],
        "timeline": [_stretch(one) for one in first.timeline(findings)] if first else [],
    }


def _united(standings: list[tuple[str, Standing]], name: str) -> list[str]:
    """Return the standards that any policy's standing names, each once."""
    return list(dict.fromkeys(one for _, standing in standings for one in getattr(standing, name)))


def _active(form: Form) -> dict[str, Any]:
    content = form.content
    found: dict[str, Any] = {"activity": form.kind, "since": format_time(form.start), "entry": form.index}
    if form.kind == "deploy":
        found |= {
            "scope": content.scope,
            "surface": content.surface,
            "attributes": sorted(content.attributes),
        }
    return found


def _stretch(one: Stretch) -> dict[str, Any]:
    return {
        "from": format_time(one.from_ms),
        "to": format_time(one.to_ms),
        "needed": list(one.needed),
        "in_force": list(one.in_force),
        "level_needed": one.level_needed,
        "level_in_force": one.level_in_force,
        "deployed": one.deployed,
        "ok": one.ok,
    }
