"""The publisher's witness policy: which witnesses are asked, where, and how many of whom are enough.

    witness <name> <vkey> <url>              the URL is the witness's submission prefix
    group <name> all|any|<k> <member>...
    quorum <name>|none
    log <vkey> [<url>]                       optional here: which log it is, is known

One C2SP tlog-policy for both sides: what the company publishes under is what its trust file tells auditors to
ask for. Members stand on lines before; a key stands once, whatever its name; a name is a member once. Keys
that have one name in their vkeys are one witness's: any of them may count for it, and it counts once.

Source: SPEC 10.10 / C2SP tlog-policy. The auditor's reader is `plimsoll_verify.logpolicy`; tests tie them.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from plimsoll_keys.errors import KeysError
from plimsoll_keys.vkey import COSIGNATURES, ED25519, VKey, format_vkey, parse_vkey
from plimsoll_ledger.encoding import parse_decimal
from plimsoll_ledger.errors import LedgerError, Malformed

MAX_LINES = 4096
NONE = "none"
"""The quorum that asks for no witness."""

_ONE_OF_ITS_KEYS = "put them into one group that needs any of them"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class BadPolicy(LedgerError):
    """A witness policy that cannot be used; names the line."""


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness that may be asked.

    Attributes:
        name: What the policy calls it.
        vkey: Its key, of type 0x04 or 0x06.
        url: Its submission prefix; empty if the policy names none.
    """

    name: str
    vkey: VKey
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """A group of witnesses and groups, of which `k` must have cosigned."""

    k: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """A policy that is consistent in itself.

    Attributes:
        log_keys: Keys of the logs that it names; may be empty.
        witnesses: Witnesses by name.
        groups: Groups by name, each after those that it names.
        quorum: Name of a witness or group, or "none".
    """

    log_keys: tuple[VKey, ...]
    witnesses: dict[str, Witness]
    groups: dict[str, Group]
    quorum: str

    def is_met(self, cosigned: Collection[str]) -> bool:
        """Say whether witnesses of these names are enough."""
        met = {NONE, *cosigned}
        for name, group in self.groups.items():  # They only name what stands before them.
            if sum(member in met for member in group.members) >= group.k:
                met.add(name)
        return self.quorum in met


@dataclass(slots=True)
class _Reading:
    """What has been read of a policy so far."""

    log_keys: list[VKey] = field(default_factory=list)
    witnesses: dict[str, Witness] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    keys: set[bytes] = field(default_factory=set)
    counted: set[str] = field(default_factory=set)
    quorum: str = ""

    def line(self, word: str, items: Sequence[str]) -> None:
        match word, items:
            case "log", [vkey] | [vkey, _]:
                self.log_keys.append(self.key(vkey, ED25519))
            case "witness", [name, vkey, *url] if len(url) < 2:
                self.new_name(name)
                self.witnesses[name] = Witness(name, self.key(vkey, *COSIGNATURES), _check_url("".join(url)))
            case "group", [name, k, first, *others]:
                self.new_name(name)
                self.groups[name] = self.group(k, [first, *others])
            case "quorum", [name] if not self.quorum:
                self.quorum = name if name == NONE else self.defined(name)
            case _:
                raise Malformed("no line of a policy, or a second quorum")

    def key(self, text: str, *key_types: int) -> VKey:
        vkey = parse_vkey(text)
        if vkey.key_type not in key_types:
            raise Malformed(f"a key of type {vkey.key_type}, wanted {' or '.join(map(str, key_types))}")
        if vkey.public_key in self.keys:
            raise Malformed("this key stands on a line before; a key serves one role")
        self.keys.add(vkey.public_key)
        return vkey

    def new_name(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise Malformed(f"the name {name!r} is taken")

    def defined(self, name: str) -> str:
        if name not in self.witnesses and name not in self.groups:
            raise Malformed(f"the name {name!r} is not defined on a line before")
        return name

    def group(self, k: str, names: list[str]) -> Group:
        for name in names:
            if self.defined(name) in self.members:
                raise Malformed(f"the name {name!r} is a member already; each may be one once")
            self.members.add(name)
        words = {"all": len(names), "any": 1}
        least = words[k] if k in words else parse_decimal(k, "the number of a group")
        if not 1 <= least <= len(names):
            raise Malformed(f"a group of {len(names)} cannot need {least} of them")
        self.count_once(names, least)
        return Group(least, tuple(names))

    def count_once(self, names: list[str], least: int) -> None:
        """Refuse a group by which whoever holds several keys could be two of a quorum."""
        found = [self.witnesses[name].vkey.name for name in names if name in self.witnesses]
        for name in found:
            if name in self.counted or (least > 1 and found.count(name) > 1):
                raise Malformed(f"{name} has several keys and would count twice; {_ONE_OF_ITS_KEYS}")
        self.counted.update(found)


def parse_policy(text: str) -> WitnessPolicy:
    """Read a policy.

    Raises:
        BadPolicy: if a line is none, a name is not defined before or defined twice, a key stands twice, or
            there is not exactly one quorum line.

    Source: SPEC 10.10 / C2SP tlog-policy
    """
    if _CONTROL.search(text) is not None:
        raise BadPolicy("the witness policy holds a control character", hint="save it with plain newlines")
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise BadPolicy(f"the witness policy has {len(lines)} lines, at most {MAX_LINES} are read")
    reading = _Reading()
    for number, line in enumerate(lines, 1):
        items = [item for item in re.split(r"[ \t]+", line) if item]
        if not items or items[0].startswith("#"):
            continue
        try:
            reading.line(items[0], items[1:])
        except (Malformed, KeysError) as error:
            hint = "a line is `witness NAME VKEY URL`, `group NAME all|any|K MEMBER...` or `quorum NAME|none`"
            raise BadPolicy(f"line {number} of the witness policy: {error}", hint=hint) from None
    if not reading.quorum:
        hint = "end it with `quorum NAME`, or `quorum none` to ask for no witness"
        raise BadPolicy("the witness policy has no quorum line", hint=hint)
    return WitnessPolicy(tuple(reading.log_keys), reading.witnesses, reading.groups, reading.quorum)


def format_policy(policy: WitnessPolicy | None, log_keys: Iterable[VKey]) -> str:
    """Write the policy that auditors verify by: these log keys, and the same witnesses and quorum.

    Args:
        policy: The publisher's; None where no witness is asked.
        log_keys: The log's keys.

    Source: SPEC 10.10 / C2SP tlog-policy
    """
    lines = [f"log {format_vkey(vkey)}" for vkey in log_keys]
    if policy is not None:
        lines += (
            " ".join(filter(None, ["witness", witness.name, str(witness.vkey), witness.url]))
            for witness in policy.witnesses.values()
        )
        lines += (
            f"group {name} {group.k} {' '.join(group.members)}" for name, group in policy.groups.items()
        )
    lines.append(f"quorum {NONE if policy is None else policy.quorum}")
    return "\n".join(lines) + "\n"


def _check_url(url: str) -> str:
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise Malformed("the URL cannot be read") from None
    if parts.scheme not in {"http", "https"} or not has_host or parts.query or parts.fragment:
        raise Malformed("a witness's URL is http:// or https://, a host, and perhaps a path")
    # It is copied into the trust file that auditors get.
    if parts.username is not None or parts.password is not None:
        raise Malformed("a witness's URL holds no user and no password")
    return url
