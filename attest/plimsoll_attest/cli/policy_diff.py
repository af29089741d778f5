"""What `policy diff` does: part by part stronger or weaker, and on a ledger which findings change."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.errors import UsageError

if TYPE_CHECKING:
    from plimsoll_attest.policyfile import PolicyFile
    from plimsoll_verify.findings import Finding
    from plimsoll_verify.policy.compare import Comparison

    _Found = dict[tuple[Any, ...], Finding]

_COLOURS = {"stronger": "green", "weaker": "red", "incomparable": "yellow", "equal": "dim"}


def run_diff(app: App, old: str, new: str, *, ledger: str | None, trust: str | None) -> None:
    """Compare two policy files, and what is found by each.

    Raises:
        BadPolicy: If verifiers would not understand one of them.
        UsageError: If only one of `--log` and `--trust` is given.
    """
    from plimsoll_attest.policyfile import load_policy

    if (ledger is None) != (trust is None):
        raise UsageError("--log and --trust go together", "`plimsoll trust` writes a trust file")
    before, after = load_policy(app.cwd / old), load_policy(app.cwd / new)
    compared = _compare(before, after)
    fields: dict[str, Any] = {
        "old": _named(old, before),
        "new": _named(new, after),
        "relation": compared.relation.word,
        "may_weaken": compared.may_weaken,
        "changes": [
            {
                "where": change.where,
                "clause": change.clause,
                "relation": change.relation.word,
                "reasons": [{"relation": one.relation.word, "words": one.words} for one in change.reasons],
            }
            for change in compared.changes
        ],
        "findings": None,
    }
    judged = None
    if ledger is not None and trust is not None:
        judged = [_findings(one, app.cwd / ledger, app.cwd / trust) for one in (before, after)]
    _tell(app, before, after, compared)
    if judged is not None:
        fields["findings"] = _tell_findings(app, ledger or "", judged[0], judged[1])
    app.console.json("policy-diff", fields)


def _compare(old: "PolicyFile", new: "PolicyFile") -> "Comparison":
    from plimsoll_verify.policy.compare import compare
    from plimsoll_verify.policy.parse import parse_policy

    return compare(parse_policy(old.document), parse_policy(new.document))


def _named(file: str, loaded: "PolicyFile") -> dict[str, str]:
    document = loaded.document
    return {"file": file, "id": document["id"], "version": document["version"], "sha256": loaded.sha256}


def _tell(app: App, old: "PolicyFile", new: "PolicyFile", compared: "Comparison") -> None:
    console = app.console
    names = [escape(f"{one.document['id']} {one.document['version']}") for one in (old, new)]
    word = compared.relation.word
    console.line(f"{names[1]}, compared with {names[0]}: {console.style(word, _COLOURS[word])}")
    if not compared.changes:
        console.line("  nothing that is judged differs")
    for change in compared.changes:
        word = change.relation.word
        clause = f"  (clause {change.clause})" if change.clause else ""
        console.line(f"{console.style(f'{word:<12}', _COLOURS[word])}  {escape(change.where + clause)}")
        for reason in change.reasons:
            same = reason.relation.word == word
            words = reason.words if same else f"{reason.words} ({reason.relation.word})"
            console.line(escape(f"              {words}"))


def _tell_findings(app: App, ledger: str, old: "_Found", new: "_Found") -> dict[str, Any]:
    """Say which findings only one of two policies has."""
    gone = [finding for key, finding in old.items() if key not in new]
    come = [finding for key, finding in new.items() if key not in old]
    both = len(old) - len(gone)
    counts = f"found by the old one only {len(gone)}, by the new one only {len(come)}, by both {both}"
    app.console.line(f"{escape(ledger)}: {counts}")
    for mark, findings in (("-", gone), ("+", come)):
        for one in findings:
            app.console.line(escape(f"{mark} {_span(one)}  {one.code} {one.level}  {one.subject}"))
            app.console.line(escape(f"      {one.message}"))
    return {
        "only_old": [_described(one) for one in gone],
        "only_new": [_described(one) for one in come],
        "both": both,
    }


def _findings(loaded: "PolicyFile", ledger: Path, trust: Path) -> "_Found":
    """Return what is found on a ledger by a policy.

    Raises:
        NotAuthentic: If the ledger is rejected.
        UsageError: If there is no such ledger or trust file.
    """
    from plimsoll_attest.durable import could_not
    from plimsoll_attest.errors import NotAuthentic
    from plimsoll_verify.audit import audit
    from plimsoll_verify.errors import UsageError as AuditorsUsageError
    from plimsoll_verify.limits import MAX_TRUST_BYTES
    from plimsoll_verify.source import DirectorySource
    from plimsoll_verify.trust import parse_trust

    if not ledger.is_dir():
        raise UsageError(f"{ledger} is no directory", "name the directory that `plimsoll publish` wrote")
    try:
        with trust.open("rb") as file:
            trusted = parse_trust(file.read(MAX_TRUST_BYTES + 1))
        verdict = audit(DirectorySource(str(ledger)), trusted, policy_override=loaded.data)
    except AuditorsUsageError as error:
        raise UsageError(str(error), error.hint) from None
    except OSError as error:
        raise could_not(f"read {error.filename or ledger}", error) from None
    if verdict.error is not None:
        raise NotAuthentic(f"{ledger} is rejected: {verdict.error}", "see `plimsoll-verify log`")
    return {_key(finding): finding for finding in verdict.findings}


def _key(finding: "Finding") -> tuple[Any, ...]:
    """Return what makes a finding the same by two policies: what, of whom, under which clause, when."""
    return (finding.code, finding.level, finding.subject, finding.clause, finding.from_ms, finding.to_ms)


def _span(finding: "Finding") -> str:
    from plimsoll_verify.encoding import format_time

    end = "still" if finding.to_ms is None else format_time(finding.to_ms)
    return f"{format_time(finding.from_ms)} to {end}"


def _described(finding: "Finding") -> dict[str, Any]:
    from plimsoll_verify.encoding import format_time

    return {
        "code": finding.code,
        "name": finding.name,
        "level": finding.level,
        "subject": finding.subject,
        "rule": finding.rule,
        "clause": finding.clause,
        "from": format_time(finding.from_ms),
        "to": None if finding.to_ms is None else format_time(finding.to_ms),
        "message": finding.message,
    }
