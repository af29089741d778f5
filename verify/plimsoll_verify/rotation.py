"""Keys that a log has changed to since the trust file was written, as far as the old key vouches for them.

The trust file names the key that the log signed with when it was written. If the newest checkpoint is by
another one, then

1. the largest retained checkpoint that a trusted key has signed is looked for;
2. all entries below it are verified and replayed, as if the log ended there;
3. a `log-key` entry that the root quorum has put in force among them is trusted from then on, if it came
   after all keys that are trusted already: who trusts a later key may have a reason not to trust an earlier;
4. and so on, until the newest checkpoint is by a trusted key, or nothing more is to be had.

So a new key rests on what its holder alone cannot sign: the old key's word for the entry, and the root quorum
in it. That the newest tree continues the retained one is verified with all others, in 10.4. A key that was
stolen is not changed like this, for the thief vouches too: it takes a new trust file.

Source: SPEC 10.15.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from plimsoll_verify.checkpoint import Checkpoint, parse_checkpoint, read_checkpoint
from plimsoll_verify.errors import UnknownKey
from plimsoll_verify.limits import MAX_NOTE_BYTES
from plimsoll_verify.logpolicy import LogPolicy
from plimsoll_verify.note import VerifierKey, parse_vkey
from plimsoll_verify.replay import Replay
from plimsoll_verify.source import Source, read_file
from plimsoll_verify.trust import Trust

VerifyEntries = Callable[[Trust, Checkpoint, Replay], object]
"""Verifies the entries below a checkpoint and feeds them to a replay."""


def follow_rotations(source: Source, trust: Trust, verify: VerifyEntries) -> Trust:
    """Return the trust file's contents with the log keys that the ledger has changed to.

    Not verified: the newest checkpoint; who calls does that with what is returned.

    Raises:
        UnknownKey: the old keys do not vouch for the one that signs now.
        VerificationError: what they vouch for is rejected.
        OSError: a file could not be read.

    Source: SPEC 10.15.
    """
    newest = parse_checkpoint(read_file(source, "checkpoint", MAX_NOTE_BYTES, "checkpoint"), "checkpoint")
    signers = {(line.name, line.key_id) for line in newest.note.signatures}
    size = 0
    while not any((key.name, key.key_id) in signers for key in trust.log_policy.logs):
        kept = _newest_signed(source, trust.log_policy, size, newest.size)
        replay = Replay(trust.persons)
        verify(trust, kept, replay)
        trust, size = with_later_keys(trust, replay.log_keys), kept.size
    return trust


def with_later_keys(trust: Trust, recorded: Sequence[str]) -> Trust:
    """Return the trust file's contents with the keys that a verified ledger has changed to since.

    Args:
        trust: what the auditor trusts.
        recorded: vkeys of the log as the ledger put them in force, in order, the genesis' first.

    Only what came after the last one that is trusted: a key of before was given up, perhaps because it was
    stolen. If none of them is trusted, none of them follows.

    Source: SPEC 10.15.
    """
    keys = [parse_vkey(vkey, "entries") for vkey in recorded]
    logs = trust.log_policy.logs
    return replace(trust, log_policy=replace(trust.log_policy, logs=(*logs, *_later(keys, logs))))


def _later(keys: list[VerifierKey], logs: tuple[VerifierKey, ...]) -> dict[VerifierKey, None]:
    last = max((place for place, key in enumerate(keys) if key in logs), default=len(keys))
    return dict.fromkeys(keys[last + 1 :])


def _newest_signed(source: Source, policy: LogPolicy, above: int, newest: int) -> Checkpoint:
    """Return the largest retained checkpoint that a trusted key has signed, of a size in (above, newest]."""
    for size in reversed([one for one in source.list_retained() if above < one <= newest]):
        try:
            return read_checkpoint(source, f"checkpoints/{size}", policy, "retained")[0]
        except UnknownKey:
            continue
    raise UnknownKey("checkpoint", f"a signature by a trusted key of {policy.origin}", "signatures by others")
