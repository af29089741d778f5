"""The company's witnesses: the policy in its home, the rule it publishes under, and what auditors hear of it.

`witness_policy` in plimsoll.toml names a file in the format of C2SP tlog-policy, with the URL of each
witness. The same witnesses and the same quorum go into the trust file.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from plimsoll_attest.durable import could_not
from plimsoll_attest.errors import UsageError
from plimsoll_attest.home import SETTINGS_NAME, Home
from plimsoll_attest.surroundings import Clock
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.cosigning import TIMEOUT_S
from plimsoll_ledger.logpolicy import Witness, WitnessPolicy, format_policy, parse_policy
from plimsoll_ledger.store import Store
from plimsoll_ledger.witnessed import Witnessing

if TYPE_CHECKING:
    from plimsoll_ledger.witness.client import WitnessClient

MAX_BYTES = 1 << 20


def read_witness_policy(home: Home, store: Store) -> WitnessPolicy | None:
    """Return the policy that a home publishes under, or None if it names none.

    Raises:
        UsageError: If the file is not there or no text, or is another log's.
        BadPolicy: If it is no policy; names the line.
    """
    path = home.witness_policy_path
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES + 1).decode()
    except FileNotFoundError:
        hint = f"it is named by witness_policy in {SETTINGS_NAME}"
        raise UsageError(f"there is no witness policy {path}", hint) from None
    except UnicodeDecodeError:
        raise UsageError(f"the witness policy {path} is not UTF-8", "save it as plain text") from None
    except OSError as error:
        raise could_not(f"read {path}", error) from None
    policy = parse_policy(text)
    for vkey in policy.log_keys:
        if vkey not in store.vkeys:
            raise UsageError(
                f"the witness policy {path} names the log key {vkey}, which is not one of {store.origin}",
                "leave the log lines out, or copy them from `plimsoll trust export -o -`",
            )
    return policy


def witnessing(
    policy: WitnessPolicy,
    store: Store,
    clock: Clock,
    *,
    allow_unwitnessed: bool = False,
    timeout_s: float = TIMEOUT_S,
) -> Witnessing:
    """Return the rule that a log publishes under; see `Witnessing`."""
    return Witnessing(
        policy, store, clock, connect_witness, allow_unwitnessed=allow_unwitnessed, timeout_s=timeout_s
    )


def connect_witness(witness: Witness) -> "WitnessClient":
    """Return a client of a witness; nothing is asked yet."""
    from plimsoll_ledger.witness.client import WitnessClient  # noqa: PLC0415 - loads urllib3.

    return WitnessClient(witness.url)


def witnessed_note(rule: Witnessing, store: Store, index: int) -> bytes:
    """Return the newest published checkpoint that covers an entry and meets the policy.

    Raises:
        UsageError: If there is none.
    """
    for kept in reversed(store.checkpoints(index)):
        if kept.published and rule.is_met_by(kept.note):
            return kept.note
    raise UsageError(
        f"no checkpoint over entry {index} is cosigned as the witness policy asks",
        "publish first: a proof under another checkpoint would be rejected by auditors",
    )


def leave_out(log_keys: Sequence[VKey], named: Sequence[str]) -> list[VKey]:
    """Return the log's keys without those that somebody names.

    Args:
        log_keys: All keys of the log, the one that signs now last.
        named: Each a key id in hex, ORIGIN+ID, or a whole vkey.

    Raises:
        UsageError: If one of them is no key of the log, or is the one that signs now.
    """
    known = {spelling: vkey for vkey in log_keys for spelling in _spellings(vkey)}
    hint = f"keys of the log: {', '.join(_short(vkey) for vkey in log_keys)}"
    for name in named:
        if name not in known:
            raise UsageError(f"the log has no key {name}", hint)
        if known[name] == log_keys[-1]:
            raise UsageError(
                f"{_short(log_keys[-1])} is the key that the log signs with now: a trust file needs it",
                "leave out one that the log has given up; `plimsoll key rotate-log` gives it a new one",
            )
    gone = {known[name] for name in named}
    return [vkey for vkey in log_keys if vkey not in gone]


def _spellings(vkey: VKey) -> tuple[str, str, str]:
    return vkey.key_id.hex(), _short(vkey), str(vkey)


def _short(vkey: VKey) -> str:
    return f"{vkey.name}+{vkey.key_id.hex()}"


def format_trust(genesis: str, log_keys: Sequence[VKey], policy: WitnessPolicy | None) -> str:
    """Return a trust file: TOML, without pins (those are the auditor's own).

    Source: SPEC 10.10.
    """
    text = format_policy(policy, log_keys).replace("\\", "\\\\").replace('"', '\\"')
    return f'genesis = "{genesis}"\nlog_policy = """\n{text}"""\n'
