"""The command `trust`: what a trust file says, and its fingerprint."""

from hashlib import sha256
from typing import Any

import click

from plimsoll_verify.cli_output import Output, common, plain, read_trust
from plimsoll_verify.limits import HASH_BYTES


@click.command(
    short_help="Show what a trust file makes you trust.", epilog="Example: plimsoll-verify trust trust.toml"
)
@click.argument("file", type=click.Path(allow_dash=True))
@common
def trust(output: Output, file: str) -> None:
    """Show what a trust FILE makes you trust, and its fingerprint.

    Compare the fingerprint over a channel that the ledger's publisher does not control.
    """
    from plimsoll_verify.mldsa import EXTRA
    from plimsoll_verify.note import VerifierKey

    parsed = read_trust(file)
    policy = parsed.log_policy

    def shown(key: VerifierKey) -> dict[str, str]:
        return {"name": key.name, "key_id": key.key_id.hex(), "key": key.key.hex()}

    described: dict[str, Any] = {
        "schema": "plimsoll/trust/v1",
        "fingerprint": parsed.fingerprint,
        "origin": parsed.origin,
        "genesis": parsed.genesis,
        "logs": [shown(key) for key in policy.logs],
        "witnesses": {name: shown(key) for name, key in policy.witnesses.items()},
        "quorum": policy.quorum,
        "max_age_ms": parsed.max_age_ms,
        "persons": {person: key.hex() for person, key in parsed.persons.items()},
        "tsa_roots": bool(parsed.tsa_roots),
    }
    output.object(described)
    output.line(f"fingerprint  {parsed.fingerprint}")
    output.line(f"log          {parsed.origin}")
    output.line(f"genesis      {parsed.genesis}")
    for key in policy.logs:
        output.line(f"log key      {key.key_id.hex()} {key.key.hex()}")
    for name, key in policy.witnesses.items():
        output.line(f"witness      {plain(name)}: {key.key_id.hex()} {_shortened(key.key)}")
    if policy.lacks_extra():
        output.line(f"             cosignatures with ML-DSA-44 count for nothing here without {EXTRA}")
    unwitnessed = ": no witness has to vouch for what the log shows" if policy.quorum == "none" else ""
    output.line(f"quorum       {plain(policy.quorum)}{unwitnessed}")
    is_old = parsed.max_age_ms is None
    age = "not checked: an old copy passes" if is_old else f"at most {_age(parsed.max_age_ms or 0)}"
    output.line(f"age          {age}")
    for person, pinned in parsed.persons.items():
        output.line(f"pinned       {person}: {pinned.hex()}")
    if not parsed.persons:
        output.line("pinned       nobody: who is who is the company's word")
    if parsed.tsa_roots:
        output.line(f"time stamps  {_stamps(parsed.tsa_roots)}")
    else:
        output.line("time stamps  nobody's are trusted")


def _age(period_ms: int) -> str:
    minutes = period_ms // 60_000
    unit, size = next(one for one in (("day", 1440), ("hour", 60), ("minute", 1)) if minutes % one[1] == 0)
    count = minutes // size
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _shortened(key: bytes) -> str:
    """Return a key's digits, or of one with a thousand bytes its digest, which can be read out as well."""
    return key.hex() if len(key) == HASH_BYTES else f"ML-DSA-44, SHA-256 {sha256(key).hexdigest()}"


def _stamps(roots: str) -> str:
    """Say whose time stamps count, as far as that can be told here.

    Raises:
        UsageError: the roots are no certificates.
    """
    from plimsoll_verify.timestamps import Authorities, NoExtra

    try:
        names = Authorities(roots).names
    except NoExtra as error:
        return f"tsa_roots cannot be read: {error}"
    return "; ".join(plain(name) for name in names)
