"""The command `proof`: one entry, proven to be in the log by a file alone."""

import click

from plimsoll_verify.cli_output import Output, common, plain, read_input

REJECTED = 4


@click.command(epilog="Example: plimsoll-verify proof entry-42.tlog-proof --trust trust.toml")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--trust", "trust_file", required=True, type=click.Path(), help="Your trust file.")
@common
def proof(output: Output, file: str, trust_file: str) -> int:
    """Verify a tlog-proof FILE: that the entry in it is in the log that you trust.

    Exit 0: it is. Exit 4: it is not, or the file proves nothing.
    """
    from plimsoll_verify.encoding import format_time
    from plimsoll_verify.errors import VerificationError
    from plimsoll_verify.limits import MAX_PROOF_BYTES, MAX_TRUST_BYTES
    from plimsoll_verify.proofs import verify_proof
    from plimsoll_verify.trust import parse_trust

    trust = parse_trust(read_input(trust_file, MAX_TRUST_BYTES))
    try:
        report = verify_proof(read_input(file, MAX_PROOF_BYTES), trust)
    except VerificationError as error:
        output.object(
            {
                "schema": "plimsoll/proof/v1",
                "verdict": "rejected",
                "error": {
                    "check": error.check,
                    "expected": plain(error.expected),
                    "actual": plain(error.actual),
                },
            }
        )
        output.line(f"{output.style('rejected', 'red')}: {plain(str(error))}")
        return REJECTED
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
    signature = "verifies with the key that you pinned" if report.pinned else "not checked: you pinned no key"
    output.line(f"  signature   {signature}")
    output.line("It is recorded. Whether it is true, or was taken back later, a proof does not say.")
    return 0
