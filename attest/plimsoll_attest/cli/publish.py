"""Hand the ledger to others: `publish`, `prove`, `trust export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import INDEX, locks

if TYPE_CHECKING:
    from plimsoll_attest.anchoring import Anchored
    from plimsoll_ledger.target import Target
    from plimsoll_ledger.witnessed import Witnessed


@command("publish", example="$ plimsoll publish --to /srv/www/ledger")
@click.option(
    "--to", "directory", metavar="DIR|s3://BUCKET/PREFIX", help="Where. [publish_to in plimsoll.toml]"
)
@click.option("--allow-unwitnessed", is_flag=True, help="Publish although too few witnesses cosign.")
@locks
@pass_app
def publish(app: App, directory: str | None, *, allow_unwitnessed: bool) -> None:
    """Write the ledger to a directory that any static file server can serve.

    Only what is new is written, and the checkpoint last, so that a reader never meets half a state. It
    refuses to go backwards, and to write over another log. Objects in S3-compatible storage do as well; the
    credentials are taken from the environment (AWS_ACCESS_KEY_ID...), and the extra `s3` is needed.

    Where witness_policy in plimsoll.toml names a C2SP tlog-policy, its witnesses cosign the checkpoint
    first. If too few do, nothing is written.

    Then the time-stamping authorities that plimsoll.toml names ([authorities.NAME]) are asked to stamp the
    checkpoint. One that does not answer is asked again next time.
    """
    from plimsoll_attest.cli.foreign import escape
    from plimsoll_ledger.objects import SCHEME

    with app.writing() as desk:
        named = directory if directory is not None else desk.home.settings.publish_to
        if named.startswith(SCHEME):
            from plimsoll_ledger.objects import open_objects

            target: Path | Target = open_objects(named, app.surroundings.env)
        else:
            target = _directory(app, directory, desk.home.publish_path)
        done = desk.publish(target, allow_unwitnessed=allow_unwitnessed)
        size, origin = done.checkpoint.size, desk.origin
        anchored = desk.anchor(target)
    is_directory = isinstance(target, Path)
    shown = directory if directory is not None else str(target) if is_directory else named
    app.console.line(f"published {size} entries of {escape(origin)} to {escape(shown)}")
    where = shown if is_directory else "URL"
    app.console.note(f"an auditor checks it with: plimsoll-verify log {escape(where)} --trust trust.toml")
    told: dict[str, Any] = {
        "origin": origin,
        "size": size,
        "directory": str(target) if is_directory else named,
    }
    told |= _witnessed(app, done.witnessed) | _anchored(app, anchored)
    app.console.json("publish", told)


def _directory(app: App, directory: str | None, default: Path | None) -> Path:
    """Return the directory to publish to, unless it holds something else."""
    from plimsoll_attest.errors import UsageError

    target = app.cwd / directory if directory is not None else default
    if target is None:
        hint = "give --to DIR, or set publish_to in plimsoll.toml"
        raise UsageError("nothing says where to publish", hint)
    if (
        target.exists()
        and not (target / "checkpoint").exists()
        and (not target.is_dir() or any(target.iterdir()))
    ):
        hint = "name a new or an empty directory, or one that this ledger was published to"
        raise UsageError(f"{directory or target} holds something that is no published ledger", hint)
    return target


def _anchored(app: App, found: "Anchored | None") -> dict[str, Any]:
    """Say which authorities stamped the checkpoint and which did not; return the same for programs."""
    from plimsoll_attest.cli.foreign import escape

    if found is None:
        return {"anchored": [], "anchor_failures": []}
    if found.names:
        app.console.line(f"time-stamped by {escape(', '.join(found.names))}")
    for name, reason in sorted(found.failures.items()):
        app.console.warn(f"authority {name} did not stamp it: {reason}")
    if found.failures:
        app.console.note("it is published all the same; the next publication asks again")
    failures = [{"authority": name, "reason": reason} for name, reason in sorted(found.failures.items())]
    return {"anchored": found.names, "anchor_failures": failures}


def _witnessed(app: App, found: "Witnessed | None") -> dict[str, Any]:
    """Say which witnesses cosigned and which did not; return the same for programs."""
    from plimsoll_attest.cli.foreign import escape

    if found is None:
        return {"witnessed": None, "witnesses": [], "witness_failures": []}
    app.console.line(f"cosigned by {escape(', '.join(found.names)) or 'nobody'}")
    for name, reason in sorted(found.failures.items()):
        app.console.warn(f"witness {name} did not cosign: {reason}")
    if not found.met:
        app.console.warn("PUBLISHED UNWITNESSED: the witness policy is not met")
        app.console.warn("auditors whose trust file asks for these witnesses will reject what is published")
    failures = [{"witness": name, "reason": reason} for name, reason in sorted(found.failures.items())]
    return {"witnessed": found.met, "witnesses": list(found.names), "witness_failures": failures}


@command(
    "prove",
    example="$ plimsoll prove 31 -o crossing.tlog-proof\n"
    "$ plimsoll-verify proof crossing.tlog-proof --trust trust.toml",
)
@click.argument("index", type=INDEX)
@click.option("-o", "--output", metavar="FILE", required=True, help="Where; `-` is standard output.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@pass_app
def prove(app: App, index: int, output: str, *, force: bool) -> None:
    """Write a proof that entry INDEX is in the log: the entry, its inclusion proof, the checkpoint.

    The file is checked with `plimsoll-verify proof`, without the rest of the log.
    """
    from plimsoll_attest.cli.files import check_output, write_output
    from plimsoll_attest.cli.foreign import escape

    check_output(app, output, force=force)
    with app.reading() as desk:
        proof = desk.prove(index)
        size = desk.size
    if app.console.as_json and output == "-":
        app.console.json("proof", {"index": index, "size": size, "file": None, "proof": proof.decode()})
        return
    write_output(app, output, proof, force=force)
    if output != "-":
        app.console.line(f"proof that entry {index} is among the first {size}: {escape(output)}")
        app.console.json("proof", {"index": index, "size": size, "file": output, "proof": proof.decode()})


@command(
    "export",
    example="$ plimsoll trust export -o trust.toml\n$ plimsoll trust export --without 1dc50cee -o new.toml",
)
@click.option("-o", "--output", metavar="FILE", required=True, help="Where; `-` is standard output.")
@click.option(
    "--without",
    metavar="KEY",
    multiple=True,
    help="Leave out a key that the log had: its key id. Several times, if need be.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@pass_app
def export(app: App, output: str, without: tuple[str, ...], *, force: bool) -> None:
    """Write the trust file: what an auditor must get by another road than the ledger itself.

    It names the genesis and all keys of the log, unless --without says which not. Persons are pinned by
    auditors, never by the company. Read its fingerprint to the auditor over the telephone;
    `plimsoll-verify trust FILE` shows theirs.
    """
    from plimsoll_attest.cli.files import check_output, write_output
    from plimsoll_attest.cli.foreign import escape

    check_output(app, output, force=force)
    with app.reading() as desk:
        text = desk.trust(without=without)
        genesis = desk.genesis_digest
    fingerprint = _fingerprint(app, text)
    fields = {"file": None if output == "-" else output, "fingerprint": fingerprint, "genesis": genesis}
    if app.console.as_json and output == "-":
        app.console.json("trust", {**fields, "trust": text})
        return
    write_output(app, output, text.encode(), force=force)
    if output == "-":
        app.console.note(f"fingerprint: {fingerprint}")
    else:
        app.console.line(f"trust file: {escape(output)}")
        app.console.line(f"fingerprint: {fingerprint}")
    app.console.json("trust", {**fields, "trust": text})


def _fingerprint(app: App, text: str) -> str:
    """Return a trust file's fingerprint; say what its readers need beside the verifier."""
    from plimsoll_attest.cli.foreign import escape
    from plimsoll_verify.mldsa import EXTRA
    from plimsoll_verify.note import COSIGNATURE_ML_DSA
    from plimsoll_verify.trust import parse_trust

    trust = parse_trust(text.encode())
    witnesses = trust.log_policy.witnesses.items()
    named = [escape(name) for name, key in witnesses if key.key_type == COSIGNATURE_ML_DSA]
    if named:
        app.console.note(f"auditors need {EXTRA} for the cosignatures of {', '.join(named)}")
    return trust.fingerprint
