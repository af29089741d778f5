"""The command `log`: a whole published ledger, verified and judged."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from plimsoll_verify.cli_output import Output, common, read_input, read_trust

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plimsoll_verify.evidence import Evidence
    from plimsoll_verify.policy.grammar import Period
    from plimsoll_verify.receipts import UnverifiedReceipt
    from plimsoll_verify.source import Source
    from plimsoll_verify.trust import Trust
    from plimsoll_verify.verdict import Verdict

_F = TypeVar("_F", bound=Callable[..., Any])
MAX_INDEX_DIGITS = 16
EXIT_CODES = {"compliant": 0, "violations": 1, "indeterminate": 3, "rejected": 4}


def audit_options(function: _F) -> _F:
    """Add the options that every command has which judges a published ledger."""
    for add in (
        click.option(
            "--workers", type=click.IntRange(1, 1024), help="Processes to use; by default all cores."
        ),
        click.option(
            "--policy", "policy_file", type=click.Path(), help="Judge by this policy (JSON) instead."
        ),
        click.option(
            "--now", metavar="TIME", help="The time that max_age is measured at, instead of the clock's."
        ),
        click.option("--at", metavar="N|TIME", help="Judge the state after entry N, or at a time."),
        click.option("--trust", "trust_file", required=True, type=click.Path(), help="Your trust file."),
    ):
        function = add(function)
    return function


@click.command(
    short_help="Verify a published ledger and judge it.",
    epilog="Example: plimsoll-verify log DIR --trust trust.toml --report verdict.json",
)
@click.argument("directory", metavar="DIR|URL")
@audit_options
@click.option("--subject", help="Show only what concerns this subject, such as model:<id>.")
@click.option("--report", "report_file", type=click.Path(), help="Write the verdict as JSON to this file.")
@click.option(
    "--receipt",
    "receipt_files",
    type=click.Path(),
    multiple=True,
    help="Hold the log to this receipt; may be repeated.",
)
@click.option(
    "--due", "due_within", metavar="PERIOD", help="Say what time alone will bring, such as in '90 days'."
)
@click.option(
    "--evidence", "evidence_directory", type=click.Path(), help="Hold entries to the files in this directory."
)
@click.option("--force", is_flag=True, help="Let --report overwrite a file.")
@common
def log(output: Output, directory: str, **options: Any) -> int:
    """Verify the ledger published in DIR or under URL, and judge it by the policy recorded in it.

    Exit 0: compliant. 1: violations. 3: indeterminate. 4: rejected, the ledger itself is not authentic.
    2: wrong usage. 5: it could not be run, which says nothing about the ledger.
    """
    from plimsoll_verify.report import format_report
    from plimsoll_verify.verdict import verdict_json

    verdict, _, _ = run_audit(directory, options)
    if output.json or options["report_file"]:
        # Not otherwise: to draw every model's timeline takes as long as to judge it.
        described = verdict_json(verdict)
        if options["report_file"]:
            _write_report(options["report_file"], described, force=options["force"])
        output.object(described)
    output.line(format_report(verdict, color=output.has_color(), subject=options["subject"]))
    return EXIT_CODES[verdict.verdict]


def run_audit(directory: str, options: dict[str, Any]) -> "tuple[Verdict, Source, Trust]":
    """Verify and judge a published ledger as `audit_options` ask for it.

    Returns:
        The verdict, where the ledger was read from, and what was trusted.
    """
    import time

    from plimsoll_verify.audit import audit
    from plimsoll_verify.encoding import parse_time
    from plimsoll_verify.limits import MAX_POLICY_BYTES

    trust = read_trust(options["trust_file"])
    source = open_source(directory)
    at, now = options["at"], options["now"]
    at_index = int(at) if at and at.isascii() and at.isdigit() and len(at) <= MAX_INDEX_DIGITS else None
    verdict = audit(
        source,
        trust,
        workers=options["workers"],
        at=at_index,
        at_ms=None if at is None or at_index is not None else _usable(parse_time, at, "--at"),
        now_ms=time.time_ns() // 1_000_000 if now is None else _usable(parse_time, now, "--now"),
        policy_override=read_input(options["policy_file"], MAX_POLICY_BYTES)
        if options["policy_file"]
        else None,
        receipts=_receipts(options.get("receipt_files", ()), trust.origin),
        due_within=_period(options.get("due_within")),
        evidence=_evidence(options.get("evidence_directory")),
    )
    return verdict, source, trust


def open_source(directory: str) -> "Source":
    """Return the published ledger that the user names, a directory or a URL."""
    from plimsoll_verify.errors import UsageError

    if "://" in directory:
        from plimsoll_verify.httpsource import HttpSource

        return HttpSource(directory)
    from plimsoll_verify.source import DirectorySource

    if not os.path.isdir(directory):  # noqa: PTH112 - pathlib would cost --help its import.
        is_there = os.path.exists(directory)  # noqa: PTH110 - as above.
        what = "but a file" if is_there else "and nothing else is there"
        raise UsageError(
            f"{directory} is no directory, {what}", "name the directory that holds the file `checkpoint`"
        )
    return DirectorySource(directory)


def _evidence(directory: str | None) -> "Evidence | None":
    """Return what holds entries against the files in a directory that the user names."""
    if directory is None:
        return None
    from plimsoll_verify.errors import UsageError
    from plimsoll_verify.evidence import Evidence

    if not os.path.isdir(directory):  # noqa: PTH112 - as above.
        raise UsageError(
            f"{directory} is no directory", "name one that holds each file under its SHA-256 digest"
        )
    return Evidence(directory)


def _receipts(paths: "Sequence[str]", origin: str) -> "list[UnverifiedReceipt]":
    """Read the receipts that the user names."""
    if not paths:
        return []
    from plimsoll_verify.errors import UsageError
    from plimsoll_verify.limits import MAX_NOTE_BYTES
    from plimsoll_verify.receipts import MAX_RECEIPTS, unverified_receipt

    if len(paths) > MAX_RECEIPTS:
        raise UsageError(f"{len(paths)} receipts", f"at most {MAX_RECEIPTS} are looked at in one run")
    return [unverified_receipt(read_input(path, MAX_NOTE_BYTES), origin, path) for path in paths]


def _period(text: str | None) -> "Period | None":
    """Read how far ahead the user wants to look."""
    if text is None:
        return None
    from plimsoll_verify.encoding import sample
    from plimsoll_verify.errors import UsageError
    from plimsoll_verify.policy.grammar import parse_period

    try:
        return parse_period(text)
    except ValueError as error:
        raise UsageError(f"--due {sample(text)} is not {error}") from None


def _usable(parse: Callable[[str], int], text: str, option: str) -> int:
    """Read a time that the user wrote; seconds may lack their fraction."""
    from plimsoll_verify.encoding import sample
    from plimsoll_verify.errors import Malformed, UsageError

    try:
        return parse(f"{text[:-1]}.000Z" if len(text) == 20 else text)
    except Malformed:
        raise UsageError(
            f"{option} {sample(text)} is no time in UTC", "write it as 2026-03-02T09:15:04Z"
        ) from None


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
    except OSError as error:
        error.filename = path  # Of the file beside it nobody has heard.
        raise
    finally:
        half.unlink(missing_ok=True)
