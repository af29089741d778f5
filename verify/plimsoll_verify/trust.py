"""The trust file: what an auditor brings along, by another road than the ledger itself.

genesis = "<64 hex>"             which ledger
log_policy = '''...'''           whose signature, and which witnesses (`logpolicy`)
max_age = "30 days"              optional: how old the newest checkpoint may be
tsa_roots = '''<PEM>'''          optional: whose time stamps count (`timestamps`)
[persons]                        optional: keys that the auditor knows from elsewhere
ada = "ada+1f2e3d4c+AQ..."
"""

import hashlib
import re
import tomllib
from dataclasses import dataclass
from typing import Any

from plimsoll_verify.encoding import parse_hex, parse_id, sample
from plimsoll_verify.errors import UsageError, VerificationError
from plimsoll_verify.limits import MAX_TRUST_BYTES
from plimsoll_verify.logpolicy import LogPolicy, parse_log_policy
from plimsoll_verify.note import parse_vkey

_MEMBERS = {"genesis", "log_policy", "max_age", "tsa_roots", "persons"}
_MANY_PARTS = re.compile(rb"(?:\.[^.\n]*){64}")
"""A line of many dots. The reader of TOML takes time with the square of the parts of a key."""
_UNITS_MS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000}
_period = re.compile(r"([1-9][0-9]{0,5}) (minute|hour|day|week)(s?)").fullmatch


@dataclass(frozen=True, slots=True)
class Trust:
    """What the auditor trusts.

    Attributes:
        genesis: hex SHA-256 of the genesis payload.
        log_policy: the log's keys and the witnesses.
        max_age_ms: how old the newest checkpoint may be, or None.
        persons: 32-byte keys by person id, pinned by the auditor.
        fingerprint: hex SHA-256 of the file, to be read out over the telephone.
        tsa_roots: certificates of time-stamping authorities in PEM, which nobody has read yet, or "".
    """

    genesis: str
    log_policy: LogPolicy
    max_age_ms: int | None
    persons: dict[str, bytes]
    fingerprint: str
    tsa_roots: str

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.log_policy.origin


def parse_trust(data: bytes) -> Trust:
    """Read a trust file.

    Raises:
        UsageError: no TOML, unknown or missing members, or values of another form. Nothing is said about a
            ledger.

    Source: SPEC 10.1, 10.10.
    """
    if len(data) > MAX_TRUST_BYTES:
        raise UsageError(f"the trust file is longer than {MAX_TRUST_BYTES} bytes")
    if _MANY_PARTS.search(data):
        raise UsageError("the trust file has a line of 64 dots or more", "write each member on its own line")
    try:
        table = tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise UsageError("the trust file is no text in UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the trust file is no TOML: {str(error).lower()}") from None
    unknown = sorted(set(table) - _MEMBERS)
    if unknown:
        raise UsageError(
            f"the trust file has an unknown member {sample(unknown[0])}", f"known: {sorted(_MEMBERS)}"
        )
    try:
        genesis = parse_hex(_text(table, "genesis"), "trust", "genesis").hex()
    except VerificationError as error:
        raise UsageError(f"trust file: expected {error.expected}, got {error.actual}") from None
    return Trust(
        genesis=genesis,
        log_policy=parse_log_policy(_text(table, "log_policy")),
        max_age_ms=_parse_period(_text(table, "max_age")) if "max_age" in table else None,
        persons=_parse_persons(table.get("persons", {})),
        fingerprint=hashlib.sha256(data).hexdigest(),
        tsa_roots=_text(table, "tsa_roots") if "tsa_roots" in table else "",
    )


def _text(table: dict[str, Any], member: str) -> str:
    value = table.get(member)
    if not isinstance(value, str):
        raise UsageError(
            f"in the trust file {member} is missing, or no text",
            "ask whoever gave it to you for a whole one",
        )
    return value


def _parse_period(text: str) -> int:
    found = _period(text)
    if found is None or (found[1] == "1") == (found[3] == "s"):
        raise UsageError(
            f"max_age is {sample(text)}",
            "write it as `30 days`, in minutes, hours, days or weeks (months and years have no fixed length)",
        )
    return int(found[1]) * _UNITS_MS[found[2]]


def _parse_persons(table: object) -> dict[str, bytes]:
    if not isinstance(table, dict):
        raise UsageError("persons in the trust file is no table of ids and vkeys")
    persons = {}
    for person, vkey in table.items():
        if not isinstance(vkey, str):
            raise UsageError(f"the trust file pins {sample(person)} to something else than a vkey")
        try:
            parse_id(person, "trust", "a person")
            key = parse_vkey(vkey, "trust")
        except VerificationError as error:
            raise UsageError(
                f"the trust file pins {sample(person)}: expected {error.expected}, got {error.actual}"
            ) from None
        if key.name != person:
            raise UsageError(f"the trust file pins {sample(person)} to a key of {sample(key.name)}")
        persons[person] = key.key
    return persons
