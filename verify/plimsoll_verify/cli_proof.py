"""The command `proof`: one entry, proven to be in the log by a file alone."""

from typing import TYPE_CHECKING

import click

from plimsoll_verify.cli_output import Output, common, plain, read_input, read_trust

if TYPE_CHECKING:
    from plimsoll_verify.proofledger import Held
    from plimsoll_verify.proofs import ProofReport

REJECTED = 4


@click.command(
    short_help="Verify a tlog-proof file of one entry.",
    epilog="Example: plimsoll-verify proof entry-42.tlog-proof --trust trust.toml",
)
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--trust", "trust_file", required=True, type=click.Path(), help="Your trust file.")
@click.option(
    "--ledger",
    metavar="DIR|URL",
    help="The published ledger: says which keys the log changed to, and whether it still has the entry.",
)
@common
def proof(output: Output, file: str, trust_file: str, ledger: str | None) -> int:
    """Verify a tlog-proof FILE: that the entry in it is in the log that you trust.

    Exit 0: it is. Exit 4: it is not, or the file proves nothing.
    """
    from plimsoll_verify.cli_log import open_source
    from plimsoll_verify.errors import UnknownKey, VerificationError
    from plimsoll_verify.limits import MAX_PROOF_BYTES
    from plimsoll_verify.proofledger import verify_proof_with_ledger
    from plimsoll_verify.proofs import verify_proof
    from plimsoll_verify.verdict import error_json

    trust = read_trust(trust_file)
    data, held = read_input(file, MAX_PROOF_BYTES), None
    try:
        if ledger is None:
            report = verify_proof(data, trust)
        else:
            held = verify_proof_with_ledger(data, trust, open_source(ledger))
            report = held.report
    except VerificationError as error:
        output.object({"schema": "plimsoll/proof/v1", "verdict": "rejected", "error": error_json(error)})
        output.line(f"{output.style('rejected', 'red')}: {plain(str(error))}")
        if error.hint:
            output.line(f"hint: {plain(error.hint)}")
        if ledger is None and isinstance(error, UnknownKey):
            output.line("If the log has changed its key, its ledger says so: add --ledger DIR|URL.")
        return REJECTED
    _tell(output, report, held)
    return 0


def _tell(output: Output, report: "ProofReport", held: "Held | None") -> None:
    """Say what a proof proves."""
    from plimsoll_verify.encoding import format_time

    output.object(
        {
            "schema": "plimsoll/proof/v1",
            "verdict": "included",
            "origin": report.origin,
            "index": report.index,
            "size": report.size,
            "root": report.root.hex(),
            "time": format_time(report.time_ms),
            "statement_id": report.statement_id,
            "kind": report.kind,
            "subjects": list(report.subjects),
            "actor": report.actor,
            "role": report.role,
            "event_time": format_time(report.event_ms),
            "pinned": report.pinned,
            "cosigned": None if report.cosigned_s is None else format_time(report.cosigned_s * 1000),
            "ledger": None
            if held is None
            else {"size": held.size, "continues": held.continues, "key_followed": held.followed},
        }
    )
    output.line(
        f"{output.style('included', 'green')}: entry {report.index} of {report.size} in {report.origin}"
    )
    output.line(f"  kind        {report.kind}")
    output.line(f"  about       {', '.join(report.subjects)}")
    output.line(f"  by          {report.actor} as {report.role}")
    output.line(f"  happened    {format_time(report.event_ms)}, by its author's word")
    output.line(f"  logged      {format_time(report.time_ms)}, by the log's word")
    output.line(f"  statement   {report.statement_id}")
    unpinned = f"not checked: the trust file pins no key of {report.actor}"
    signature = "verifies with the key that you pinned" if report.pinned else unpinned
    output.line(f"  signature   {signature}")
    if held is not None:
        output.line(f"  ledger      {_say_held(held)}")
    output.line("It is recorded. Whether it is true, or was taken back later, a proof does not say.")


def _say_held(held: "Held") -> str:
    """Say what the ledger adds to the proof."""
    history = (
        f"its {held.size} entries begin with these"
        if held.continues
        else f"only {held.size} entries there, which says nothing about these"
    )
    return f"{history}; by a key that the log changed to" if held.followed else history
