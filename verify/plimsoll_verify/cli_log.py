"""The command `log`: a whole published ledger, verified and judged."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from plimsoll_verify.cli_output import Output, common, read_input

if TYPE_CHECKING:
    from plimsoll_verify.source import DirectorySource
    from plimsoll_verify.verdict import Verdict

EXIT_CODES = {"compliant": 0, "violations": 1, "indeterminate": 3, "rejected": 4}


@click.command(epilog="Example: plimsoll-verify log DIR --trust trust.toml --report verdict.json")
@click.argument("directory", type=click.Path())
@click.option("--trust", "trust_file", required=True, type=click.Path(), help="Your trust file.")
@click.option("--subject", help="Show only what concerns this subject, such as model:<id>.")
@click.option("--at", metavar="N|TIME", help="Judge the state after entry N, or at a time.")
@click.option("--now", metavar="TIME", help="The time that max_age is measured at, instead of the clock's.")
@click.option("--policy", "policy_file", type=click.Path(), help="Judge by this policy (JSON) instead.")
@click.option("--workers", type=click.IntRange(1, 1024), help="Processes to use; by default all cores.")
@click.option("--report", "report_file", type=click.Path(), help="Write the verdict as JSON to this file.")
@click.option("--force", is_flag=True, help="Let --report overwrite a file.")
@common
def log(output: Output, directory: str, trust_file: str, **options: Any) -> int:
    """Verify the ledger published in DIRECTORY and judge it by the policy recorded in it.

    Exit 0: compliant. 1: violations. 3: indeterminate. 4: rejected, the ledger itself is not authentic.
    """
    from plimsoll_verify.report import format_report
    from plimsoll_verify.verdict import verdict_json

    verdict = _audit(directory, trust_file, options)
    described = verdict_json(verdict)
    if options["report_file"]:
        _write_report(options["report_file"], described, force=options["force"])
    output.object(described)
    output.line(format_report(verdict, color=output.has_color(), subject=options["subject"]))
    return EXIT_CODES[verdict.verdict]


def _audit(directory: str, trust_file: str, options: dict[str, Any]) -> "Verdict":
    import time

    from plimsoll_verify.audit import audit
    from plimsoll_verify.encoding import parse_time
    from plimsoll_verify.limits import MAX_POLICY_BYTES, MAX_TRUST_BYTES
    from plimsoll_verify.trust import parse_trust

    trust = parse_trust(read_input(trust_file, MAX_TRUST_BYTES))
    at, now = options["at"], options["now"]
    at_index = int(at) if at and at.isascii() and at.isdigit() else None
    return audit(
        open_source(directory),
        trust,
        workers=options["workers"],
        at=at_index,
        at_ms=None if at is None or at_index is not None else _usable(parse_time, at, "--at"),
        now_ms=time.time_ns() // 1_000_000 if now is None else _usable(parse_time, now, "--now"),
        policy_override=read_input(options["policy_file"], MAX_POLICY_BYTES)
        if options["policy_file"]
        else None,
    )


def open_source(directory: str) -> "DirectorySource":
    """Return the published ledger that the user names."""
    from plimsoll_verify.errors import UsageError
    from plimsoll_verify.source import DirectorySource

    if not os.path.isdir(directory):  # noqa: PTH112 - pathlib would cost --help its import.
        raise UsageError(
            f"{directory} is no directory", "name the directory that holds the file `checkpoint`"
        )
    return DirectorySource(directory)


def _usable(parse: Callable[[str], int], text: str, option: str) -> int:
    """Read a time that the user wrote; seconds may lack their fraction."""
    from plimsoll_verify.encoding import sample
    from plimsoll_verify.errors import Malformed, UsageError

    try:
        return parse(f"{text[:-1]}.000Z" if len(text) == 20 else text)
    except Malformed:
        raise UsageError(f"{option} {sample(text)} is no time", "write it as 2026-03-02T09:15:04Z") from None


def _write_report(path: str, described: dict[str, Any], *, force: bool) -> None:
    """Write the verdict to a file, all of it or nothing."""
    import json
    from pathlib import Path

    from plimsoll_verify.errors import UsageError

    target = Path(path)
    if target.exists() and not force:
        raise UsageError(f"{path} exists", "name another file, or use --force")
    half = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        half.write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)
