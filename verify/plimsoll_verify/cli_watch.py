"""The command `watch`: a ledger looked at again and again, with what changed since the last look."""

from typing import TYPE_CHECKING, Any

import click

from plimsoll_verify.cli_log import EXIT_CODES, open_source
from plimsoll_verify.cli_output import Output, common, plain, read_trust

if TYPE_CHECKING:
    from plimsoll_verify.revision import Change
    from plimsoll_verify.watch import Seen

MAX_CHANGES = 50


@click.command(
    short_help="Look again and again; say what changed.",
    epilog="Example: plimsoll-verify watch DIR --trust trust.toml --state seen --once",
)
@click.argument("directory", metavar="DIR|URL")
@click.option("--trust", "trust_file", required=True, type=click.Path(), help="Your trust file.")
@click.option("--state", "state_dir", required=True, type=click.Path(), help="Where you keep what was seen.")
@click.option("--once", is_flag=True, help="Look once, and exit as `log` does.")
@click.option(
    "--every", "every_s", type=click.IntRange(1, 86_400), default=3600, help="Seconds between two looks."
)
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes to use; by default all cores.")
@common
def watch(output: Output, directory: str, trust_file: str, state_dir: str, **options: Any) -> int:
    """Look at a published ledger again and again; say what changed, and what of the past was revised.

    It never goes backwards: a smaller log is rejected, and of a fork both signed notes are kept.
    Without --once it goes on until it is interrupted, or the log is known to have forked.
    """
    import gc
    import time
    from pathlib import Path

    from plimsoll_verify.watch import Watcher
    from plimsoll_verify.watchstate import WatchState

    trust = read_trust(trust_file)
    source = open_source(directory)
    state = WatchState(Path(state_dir), trust.origin, trust.genesis, trust.log_policy.digest)
    watcher = Watcher(source, trust, state, workers=options["workers"])
    try:
        while True:
            now_ms = time.time_ns() // 1_000_000
            try:
                seen = watcher.look(now_ms)
            except OSError as error:
                if options["once"]:
                    raise
                output.warn(f"this look failed, {error.strerror or error}; the next one is to come")
            else:
                _tell(output, seen)
                if options["once"] or seen.evidence:
                    return EXIT_CODES[seen.verdict.verdict]
            # What is remembered until the next look has no cycles, and need not be looked through for them.
            gc.freeze()
            time.sleep(options["every_s"])
    finally:
        state.close()


def _tell(output: Output, seen: "Seen") -> None:
    if output.json:
        output.object(_described(seen))
        return
    log, error = seen.verdict.log, seen.verdict.error
    output.line(f"verdict: {seen.verdict.verdict}")
    if error is not None:
        output.line(f"  check:    {error.check}")
        output.line(f"  expected: {plain(error.expected)}")
        output.line(f"  found:    {plain(error.actual)}")
        if seen.evidence:
            output.line(f"  evidence: both signed notes in {plain(seen.evidence)}")
        if seen.before is not None:
            output.line(f"what was checked before, {seen.before} entries, stands; the state was not moved")
        return
    since = "for the first time" if seen.before is None else f"{log.size - seen.before} of them new"
    output.line(f"entries: {log.size}, {since}")
    output.line(_how_sure(seen))
    if seen.before is None:
        output.line(f"findings: {len(seen.verdict.findings)}; `plimsoll-verify log` shows them")
    elif not seen.changes:
        output.line("no finding changed")
    for one in seen.changes[:MAX_CHANGES]:
        output.line(_change(one))
    if len(seen.changes) > MAX_CHANGES:
        output.line(f"... and {len(seen.changes) - MAX_CHANGES} more; --json names them all")


def _how_sure(seen: "Seen") -> str:
    """Return whose word the times are, whether the ledger is fresh, and what a verdict is about."""
    from plimsoll_verify.report import BASES

    judgement = seen.verdict.judgement
    fresh = "fresh" if judgement and judgement.freshness_checked else "freshness not checked"
    return f"{BASES[seen.verdict.log.time_basis]}; {fresh}; about what was recorded only"


def _described(seen: "Seen") -> dict[str, Any]:
    from plimsoll_verify.verdict import verdict_json

    described = verdict_json(seen.verdict)
    return {
        "schema": "plimsoll/watch/v1",
        "before": seen.before,
        "size": described["log"]["size"],
        "changes": [
            {"change": one.kind, "revised_by": list(one.revised_by), "finding": dict(one.finding)}
            for one in seen.changes
        ],
        "evidence": seen.evidence or None,
        "verdict": described,
    }


def _change(one: "Change") -> str:
    finding = one.finding
    by = f", by entries {', '.join(map(str, one.revised_by[:20]))}" if one.revised_by else ""
    to = "on" if finding["to"] is None else f"to {finding['to']['time']}"
    return (
        f"{one.kind}{by}: {finding['code']} {finding['name']} ({finding['level']}), from"
        f" {finding['from']['time']} {to}\n  {plain(finding['message'])}"
    )
