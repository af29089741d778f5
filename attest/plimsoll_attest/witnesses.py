"""The company's witnesses: the policy in its home, the rule it publishes under, and what auditors hear of it.

`witness_policy` in plimsoll.toml names a file in the format of C2SP tlog-policy, with the URL of each
witness. The same witnesses and the same quorum go into the trust file.
"""

from typing import TYPE_CHECKING

from plimsoll_attest.durable import could_not
from plimsoll_attest.errors import UsageError
from plimsoll_attest.home import SETTINGS_NAME, Home
from plimsoll_attest.surroundings import Clock
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


def format_trust(genesis: str, store: Store, policy: WitnessPolicy | None) -> str:
    """Return a trust file: TOML, without pins (those are the auditor's own).

    Source: SPEC 10.10.
    """
    text = format_policy(policy, store.vkeys).replace("\\", "\\\\").replace('"', '\\"')
    return f'genesis = "{genesis}"\nlog_policy = """\n{text}"""\n'
