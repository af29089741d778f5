"""The log policy: which log a verifier trusts, and how many of which witnesses must have cosigned.

    log <vkey> [<url>]
    witness <name> <vkey> [<url>]
    group <name> all|any|<k> <member>...
    quorum <name>|none

Keys that have one name in their vkeys are one witness's: any of them may count for it, and it counts once.

Source: SPEC 10.10 / C2SP tlog-policy.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from plimsoll_verify import mldsa
from plimsoll_verify.encoding import parse_decimal, parse_origin, sample
from plimsoll_verify.errors import Quorum, UsageError, VerificationError
from plimsoll_verify.note import COSIGNATURE, COSIGNATURE_ML_DSA, ED25519, Signed, VerifierKey, parse_vkey

_CHECK = "trust"
_MAX_LINES = 4096
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Group:
    """A group of witnesses and groups, of which `k` must have cosigned."""

    k: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """A log policy that is consistent in itself.

    Attributes:
        origin: the one name that all log keys have.
        logs: the log's keys; each may sign.
        witnesses: keys by the names that the policy gives them.
        groups: groups by name, each after those that it names.
        quorum: name of a witness or group, or "none".
    """

    origin: str
    logs: tuple[VerifierKey, ...]
    witnesses: dict[str, VerifierKey]
    groups: dict[str, Group]
    quorum: str

    @property
    def digest(self) -> str:
        """Hex SHA-256 of what it says, and can have checked here; two spellings of one policy may differ."""
        return sha256(f"{self!r} {self.lacks_extra()}".encode()).hexdigest()

    def lacks_extra(self) -> bool:
        """Say whether it names a key whose cosignatures cannot be checked here."""
        types = {key.key_type for key in self.witnesses.values()}
        return COSIGNATURE_ML_DSA in types and not mldsa.is_available()


class _Reading:
    """What has been read of a policy so far."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, VerifierKey] = {}
        self.groups: dict[str, Group] = {}
        self.members: set[str] = set()
        self.keys: set[bytes] = set()
        self.counted: set[str] = set()
        self.quorum = ""

    def key(self, text: str, *key_types: int) -> VerifierKey:
        key = parse_vkey(text, _CHECK, *key_types)
        if key.key in self.keys:
            raise UsageError(f"key {sample(text)} stands twice; a key serves one role")
        self.keys.add(key.key)
        return key

    def new_name(self, name: str) -> str:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise UsageError(f"name {sample(name)} is taken")
        return name

    def defined(self, name: str) -> str:
        if name not in self.witnesses and name not in self.groups:
            raise UsageError(f"name {sample(name)} is not defined on a line before")
        return name

    def line(self, word: str, items: Sequence[str]) -> None:
        match word, items:
            case "log", [vkey] | [vkey, _]:
                self.logs.append(self.key(vkey, ED25519))
            case "witness", [name, vkey] | [name, vkey, _]:
                self.witnesses[self.new_name(name)] = self.key(vkey, COSIGNATURE, COSIGNATURE_ML_DSA)
            case "group", [name, k, first, *others]:
                self.groups[self.new_name(name)] = self.group(k, [first, *others])
            case "quorum", [name] if not self.quorum:
                self.quorum = name if name == "none" else self.defined(name)
            case _:
                raise UsageError("no line of a log policy, or a second quorum")

    def group(self, k: str, names: list[str]) -> Group:
        for name in names:
            if self.defined(name) in self.members:
                raise UsageError(f"name {sample(name)} is a member already; each may be one once")
            self.members.add(name)
        words = {"all": len(names), "any": 1}
        least = words[k] if k in words else parse_decimal(k, _CHECK, "the number of a group")
        if not 1 <= least <= len(names):
            raise UsageError(f"a group of {len(names)} cannot need {least} of them")
        self.count_once(names, least)
        return Group(least, tuple(names))

    def count_once(self, names: list[str], least: int) -> None:
        found = [self.witnesses[name].name for name in names if name in self.witnesses]
        for name in found:
            if name in self.counted or (least > 1 and found.count(name) > 1):
                raise UsageError(f"{sample(name)} has several keys and would count twice")
        self.counted.update(found)


def parse_log_policy(text: str) -> LogPolicy:
    """Read a log policy.

    Raises:
        UsageError: a line that is none, a name that is not defined before or twice, a key in two roles, no
            quorum, no log, or logs of several names. The message names the line.

    Source: SPEC 10.10 / C2SP tlog-policy.
    """
    reading = _Reading()
    control = _CONTROL.search(text)
    if control:
        raise UsageError(
            f"log_policy holds a control character, {sample(control[0])}", "save it with plain newlines"
        )
    lines = text.split("\n")
    if len(lines) > _MAX_LINES:
        raise UsageError(f"log_policy has {len(lines)} lines; at most {_MAX_LINES} are read")
    for number, line in enumerate(lines, 1):
        items = [item for item in re.split(r"[ \t]+", line) if item]
        if not items or items[0].startswith("#"):
            continue
        try:
            reading.line(items[0], items[1:])
        except UsageError as error:
            raise UsageError(f"log_policy line {number}: {error}: {sample(line)}") from None
        except VerificationError as error:
            raise UsageError(
                f"log_policy line {number}: expected {error.expected}, got {error.actual}",
                "copy the line from the file that you were given",
            ) from None
    return _consistent(reading)


def _consistent(reading: _Reading) -> LogPolicy:
    origins = sorted({key.name for key in reading.logs})
    if len(origins) != 1:
        raise UsageError(f"log_policy names {len(origins)} logs; exactly one is verified at a time")
    if not reading.quorum:
        raise UsageError("log_policy has no quorum line", "write `quorum none` to ask for no witness")
    try:
        origin = parse_origin(origins[0], _CHECK)
    except VerificationError as error:
        raise UsageError(f"log_policy: expected {error.expected}, got {error.actual}") from None
    return LogPolicy(origin, tuple(reading.logs), reading.witnesses, reading.groups, reading.quorum)


def _is_met(policy: LogPolicy, name: str, cosigned: Collection[str]) -> bool:
    """Say whether a witness or group has cosigned; groups only name what stands before them."""
    met = set(cosigned)
    for group, one in policy.groups.items():
        if sum(member in met for member in one.members) >= one.k:
            met.add(group)
    return name in met


def verify_quorum(policy: LogPolicy, signed: Sequence[Signed]) -> int | None:
    """Verify that enough witnesses cosigned; returns since when they vouch for the checkpoint.

    The time is the latest at which cosignatures that are not older meet the quorum by themselves: a quorum of
    witnesses then saw this checkpoint as the log's newest.

    Args:
        policy: the log policy.
        signed: verified signatures of the checkpoint.

    Returns:
        Seconds since 1970, or None where the policy asks for no witness.

    Raises:
        Quorum: too few.

    Source: SPEC 10.2 / C2SP tlog-policy.
    """
    if policy.quorum == "none":
        return None
    newest = {name: max(times) for name, times in _times(policy, signed).items()}
    for time_s in sorted(set(newest.values()), reverse=True):
        if _is_met(policy, policy.quorum, [name for name, at in newest.items() if at >= time_s]):
            return time_s
    present = ", ".join(sorted(newest)) or "nobody"
    wanted = f"cosignatures that meet {sample(policy.quorum)}"
    if not policy.lacks_extra():
        raise Quorum("quorum", wanted, f"cosignatures by {present}")
    actual = f"cosignatures by {present}; those with ML-DSA-44 were not checked"
    raise Quorum("quorum", wanted, actual, hint=f"pip install '{mldsa.EXTRA}'")


def seen_since(policy: LogPolicy, signed: Sequence[Signed]) -> int | None:
    """Return since when whoever holds these signatures has held them, at the earliest.

    It is the latest time at which cosignatures that are not older meet the quorum.

    Args:
        policy: the log policy.
        signed: verified signatures of a note, of witnesses or others.

    Returns:
        Seconds since 1970, or None where too few cosigned, or the policy asks for no witness.

    Source: SPEC 10.14.
    """
    try:
        return verify_quorum(policy, signed)
    except Quorum:
        return None


def there_by(policy: LogPolicy, signed: Sequence[Signed]) -> int | None:
    """Return by when a quorum of witnesses had seen a checkpoint.

    It is the earliest time at which cosignatures that are not younger meet the quorum.

    Args:
        policy: the log policy.
        signed: verified signatures of the checkpoint.

    Returns:
        Seconds since 1970, or None where too few cosigned, or the policy asks for no witness.

    Source: SPEC 10.14.
    """
    if policy.quorum == "none":
        return None
    oldest = {name: min(times) for name, times in _times(policy, signed).items()}
    for time_s in sorted(set(oldest.values())):
        if _is_met(policy, policy.quorum, [name for name, at in oldest.items() if at <= time_s]):
            return time_s
    return None


def _times(policy: LogPolicy, signed: Sequence[Signed]) -> dict[str, list[int]]:
    """Return the times at which each witness cosigned, by the name that the policy gives it."""
    found: dict[str, list[int]] = {}
    for name, key in policy.witnesses.items():
        times = [one.time_s for one in signed if one.key == key and one.time_s is not None]
        if times:
            found[name] = times
    return found
