"""The command `explain`: one finding of a verdict, told so that a person can follow it entry by entry."""

import os
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import click

from plimsoll_verify.cli_log import EXIT_CODES, audit_options, run_audit
from plimsoll_verify.cli_output import Output, common, plain

if TYPE_CHECKING:
    from plimsoll_verify.explain import Explanation

WIDTH = 96


@click.command(
    short_help="Explain a finding, such as F1 or V01.",
    epilog="Example: plimsoll-verify explain F1 DIR --trust trust.toml",
)
@click.argument("finding")
@click.argument("directory", metavar="DIR|URL")
@audit_options
@common
def explain(output: Output, finding: str, directory: str, **options: Any) -> int:
    """Explain a FINDING of the verdict on a published ledger: F1, F2... or a code, such as V01.

    Tells what was promised, what happened, since when, why, and walks the entries that show it. Exit 0: it is
    explained. Exit 4: the ledger itself is not authentic.
    """
    from plimsoll_verify.errors import UsageError
    from plimsoll_verify.explain import explain as explain_finding
    from plimsoll_verify.log import Log
    from plimsoll_verify.report import format_report
    from plimsoll_verify.verdict import verdict_json

    if os.path.isdir(finding) and not os.path.isdir(directory):  # noqa: PTH112 - as in `open_source`.
        raise UsageError(
            f"{plain(directory)} is no directory", "the finding comes first: plimsoll-verify explain F1 DIR"
        )
    verdict, source, trust = run_audit(directory, options)
    if verdict.judgement is None:
        output.object(verdict_json(verdict))
        output.line(format_report(verdict, color=output.has_color()))
        return EXIT_CODES[verdict.verdict]
    wanted = [one for one in verdict.findings if finding in (one.id, one.code)]
    if not wanted:
        ids = ", ".join(one.id for one in verdict.findings[:20]) or "none"
        raise UsageError(f"no finding {plain(finding)} in this verdict", f"its findings are: {ids}")
    log = Log(trust.origin, trust.genesis, verdict.log.size, verdict.log.root)
    told = [explain_finding(one, verdict.judgement, source, log) for one in wanted]
    output.object({"schema": "plimsoll/explanation/v1", "explanations": [_described(one) for one in told]})
    for number, one in enumerate(told):
        if number:
            output.line()
        _tell(output, one)
    return 0


def _described(one: "Explanation") -> dict[str, Any]:
    from plimsoll_verify.encoding import format_time

    return {
        "id": one.finding.id,
        "code": one.finding.code,
        "level": one.finding.level,
        "promised": one.promised,
        "happened": one.happened,
        "when": one.when,
        "why": list(one.why),
        "chain": [
            {
                "index": link.index,
                "time": link.time,
                "event_time": format_time(link.record.event_ms) if link.record.kind else None,
                "kind": link.record.kind,
                "cause": link.part or None,
                "words": link.words,
                "readings": list(link.readings),
            }
            for link in one.chain
        ],
    }


def _tell(output: Output, one: "Explanation") -> None:
    finding = one.finding
    output.line(f"{finding.id} {output.style(f'{finding.code} {finding.name}', 'bold')} ({finding.level})")
    for title, texts in (
        ("What was promised", [one.promised]),
        ("What happened", [one.happened]),
        ("When", [one.when]),
        ("Why", list(one.why)),
    ):
        if texts:
            output.line(f"  {title}")
            for text in texts:
                for line in wrap(plain(text), WIDTH):
                    output.line(f"    {line}")
    output.line("  The entries that show it")
    for link in one.chain:
        because = f" [{link.part}]" if link.part else ""
        output.line(f"    #{link.index} {link.time or 'at a time that cannot be read'}{because}")
        for text in (link.words, *link.readings):
            for line in wrap(plain(text), WIDTH - 4):
                output.line(f"        {line}")
    if not one.chain:
        output.line("    none: it is about the ledger as a whole")
