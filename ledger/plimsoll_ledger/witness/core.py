"""The checks of add-checkpoint, in order, and the cosignature that follows if all of them hold.

    1  the body is a request, and carries a signed note whose text is a checkpoint        400
    2  the checkpoint's origin is that of a log that is followed                          404
    3  a trusted key of the log has signed it, and none signed wrongly                    403
    4  the old size is not larger than the checkpoint's                                   400
    5  the old size is what this witness holds                                            409
    6  a tree of size 0 has the empty root; the same size has the same root; from size 0
       on no proof is sent; and else the proof leads from the held root to the new one    422
    7  the clock has not gone back behind the last cosignature                            503
    8  the new head replaces the held one, on disk, if that still is what was held        409
    9  then, and only then, it is signed, with each of the witness's keys                 200

Killed between 8 and 9, the witness holds a head without having cosigned it. That is harmless: it is bound to
that history, and the log gets the cosignature by asking again with the size that is held.

Source: SPEC 2.6 / C2SP tlog-witness.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from plimsoll_keys.signer import Signer
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.checkpoint import Checkpoint, unverified_checkpoint, verify_checkpoint
from plimsoll_ledger.clock import Clock, format_time
from plimsoll_ledger.cosignature import (
    attach_cosignatures,
    cosigner_vkey,
    sign_cosignature,
    verify_cosignature,
)
from plimsoll_ledger.errors import BadNote, Malformed, ProofError
from plimsoll_ledger.note import MAX_TIME_S, format_signature_lines, parse_note
from plimsoll_ledger.tree import verify_consistency
from plimsoll_ledger.witness.errors import (
    BadRequest,
    Inconsistent,
    NotNow,
    SizeConflict,
    UnknownLog,
    Untrusted,
)
from plimsoll_ledger.witness.request import Request, parse_request
from plimsoll_ledger.witness.state import ForkProof, Held, State

_TRIES = 8


def _do_nothing() -> None:
    """Stand where tests stop a witness, or let another one run."""


class Witness:
    """A key or two, a memory, and the rule that the first signs only what continues the second."""

    def __init__(
        self,
        state: State,
        signer: Signer,
        clock: Clock,
        *,
        also: Sequence[Signer] = (),
        persisted: Callable[[], None] = _do_nothing,
    ) -> None:
        """Take the parts.

        Args:
            state: What is remembered.
            signer: The key, which must be the one that the state was made for.
            clock: Says the time that cosignatures state.
            also: The witness's keys of other types, which cosign whatever the first one does.
            persisted: Called when the new head is on disk and nothing is signed yet; for tests.

        Raises:
            ValueError: if the state is that of other keys.
        """
        self._signers = (signer, *also)
        if state.vkeys != tuple(map(cosigner_vkey, self._signers)):
            raise ValueError(f"the state is not that of the keys of {signer.name} that are given")
        self.state = state
        self.vkeys = state.vkeys
        self._clock = clock
        self._persisted = persisted

    @property
    def vkey(self) -> VKey:
        """Its first key; most witnesses have one only."""
        return self.vkeys[0]

    def add_checkpoint(self, body: bytes) -> bytes:
        """Cosign a checkpoint that continues what is held.

        Args:
            body: A request, of at most `MAX_BODY_SIZE` bytes.

        Returns:
            The signature lines, one for each key.

        Raises:
            Refusal: if a check fails; nothing is signed then.
            LedgerError: if the state cannot be read or written; nothing is signed then.

        Source: SPEC 2.6 / C2SP tlog-witness
        """
        request, checkpoint, vkeys = self._authenticated(body)
        note = attach_cosignatures(request.note, vkeys, ())
        for _ in range(_TRIES):
            held = self.state.held(checkpoint.origin)
            self._verify_continues(request, checkpoint, held, note)
            new = Held(checkpoint.size, checkpoint.root, self._time_s(held), note)
            # Somebody else may have moved the head since it was read: then everything is checked again.
            if self.state.advance(checkpoint.origin, held, new):
                return self._cosign(checkpoint.origin, new, vkeys)
        raise NotNow("too many requests for this log at once")

    def _cosign(self, origin: str, held: Held, vkeys: tuple[VKey, ...]) -> bytes:
        """Sign what is held, and on disk."""
        self._persisted()
        text = parse_note(held.note).text
        lines = [sign_cosignature(text, held.time_s, signer) for signer in self._signers]
        made = [verify_cosignature(text, line, vkey) for line, vkey in zip(lines, self.vkeys, strict=True)]
        self.state.keep_cosigned(origin, held, attach_cosignatures(held.note, vkeys, made))
        return format_signature_lines(lines).encode()

    def _authenticated(self, body: bytes) -> tuple[Request, Checkpoint, tuple[VKey, ...]]:
        try:
            request = parse_request(body)
            claimed = unverified_checkpoint(request.note)
        except Malformed as error:
            raise BadRequest(str(error)) from None
        # The origin is not verified yet. It only chooses the keys, by which the note must be signed.
        vkeys = self.state.keys(claimed.origin)
        if not vkeys:
            raise UnknownLog("this witness does not follow that log")
        try:
            checkpoint = verify_checkpoint(request.note, vkeys)
        except BadNote as error:
            raise Untrusted(str(error)) from None
        if request.old_size > checkpoint.size:
            raise BadRequest(
                f"the old size {request.old_size} is larger than the checkpoint's {checkpoint.size}"
            )
        return request, checkpoint, vkeys

    def _verify_continues(self, request: Request, checkpoint: Checkpoint, held: Held, note: bytes) -> None:
        if request.old_size != held.size:
            raise SizeConflict(held.size)
        if checkpoint.size == held.size and checkpoint.root != held.root and held.note:
            now_s = self._clock.now_ms() // 1000
            proof = ForkProof(checkpoint.origin, held.size, note, held.note, now_s)
            self.state.keep_fork(proof, checkpoint.root)
            raise Inconsistent(
                f"another root at size {held.size} than this witness holds: the log has forked"
            )
        try:
            verify_consistency(held.size, held.root, checkpoint.size, checkpoint.root, request.proof)
        except ProofError as error:
            raise Inconsistent(str(error)) from None

    def _time_s(self, held: Held) -> int:
        """Return the time to state, which never goes back: it says what was newest *as of* then."""
        time_s = self._clock.now_ms() // 1000
        if not held.time_s <= time_s <= MAX_TIME_S or time_s < 1:
            raise NotNow(
                f"this witness's clock reads {format_time(time_s * 1000)}, and its last cosignature states "
                f"{format_time(held.time_s * 1000)}"
            )
        return time_s
