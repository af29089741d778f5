"""Claims about what was before the ledger began, and what they are taken for.

A `brought-forward` entry carries the body that a statement of the claimed kind would have had. It is taken
for such a statement that was recorded when it happened: it acts from its event, and needs nobody's signature
but its author's, since it is a claim and not an act. What rests on claims alone is never more than
indeterminate (`judge`): nobody is found, on somebody's word, to have broken what was not recorded yet.

Source: SPEC 5.1, 8.4.
"""

from hashlib import sha256
from typing import Any

import msgspec
from msgspec import UNSET

from plimsoll_verify.bodies import BroughtForward, times
from plimsoll_verify.canonical import encode_sorted, format_canonical, parse_canonical
from plimsoll_verify.encoding import parse_time, sample
from plimsoll_verify.errors import Malformed
from plimsoll_verify.kinds import DOCUMENT_KINDS, KINDS
from plimsoll_verify.limits import MAX_REASON_CHARS
from plimsoll_verify.record import Record

NOT_CLAIMED = frozenset(
    {"brought-forward", "correction", "erasure", "genesis", "heartbeat", "key", "key-compromised",
     "key-retired", "log-key", "permit", "reversal", "sign-off"}
)  # fmt: skip
"""Kinds that say nothing of the world before a ledger, only of a ledger itself."""

INFORMATION = frozenset({"person", "role", "role-ended"})
"""Kinds of which a claim is information only: authority in this ledger comes from this ledger."""

_NO_SALT = "0" * 64


def read_claim(body: BroughtForward) -> object | None:
    """Return what is claimed: the struct of the claimed kind, or a policy document's canonical bytes.

    Returns:
        None if the entry carries no claim, only its digest, or a claim of a kind that is not known here.

    Raises:
        Malformed: the claim is not what its digest says, of a kind that nobody can claim, or no body of it.

    Source: SPEC 5.1.
    """
    if body.claim is UNSET:
        return None
    raw = format_canonical(body.claim)
    parse_canonical(raw, "entries", "a claim")
    if sha256(raw).hexdigest() != body.claim_sha256:
        raise Malformed("entries", f"a claim with digest {body.claim_sha256}", sha256(raw).hexdigest())
    if body.kind in NOT_CLAIMED:
        raise Malformed("entries", "a kind of statement about what was before", sample(body.kind))
    if body.kind not in KINDS:
        return None
    return raw if body.kind in DOCUMENT_KINDS else read_members(body.kind, body.claim)


def read_members(kind: str, claim: dict[str, Any]) -> object | None:
    """Return the struct of what somebody claims that a statement of a known kind said.

    Returns:
        None if it has members that are not known here.

    Raises:
        Malformed: it is no body of that kind.
    """
    known = KINDS[kind]
    salted = claim if known.structural else {**claim, "salt": _NO_SALT}
    try:
        found: object = msgspec.convert(salted, known.body)
    except msgspec.ValidationError as error:
        raise Malformed("entries", f"the members of {kind}", str(error)[:MAX_REASON_CHARS]) from None
    if encode_sorted(found) != format_canonical(salted):
        return None  # Members that this version does not know.
    for time in times(found):
        parse_time(time, "entries", "a time in a claim")
    return found


def claim_record(record: Record, org: str) -> Record | None:
    """Return the record that a claim is taken for; None if its entry carries none that is understood.

    Args:
        record: of a `brought-forward` entry.
        org: the organisation's subject, which every such entry names.

    Raises:
        Malformed: the subjects are not those that a statement of the kind has, or a policy's digest is not
            its document's.

    Source: SPEC 8.4.
    """
    body = record.body
    found = read_claim(body) if isinstance(body, BroughtForward) else None
    if not isinstance(body, BroughtForward) or found is None:
        return None
    subjects = tuple(name for name in record.subjects if name != org) or (org,)
    types = tuple(name.partition(":")[0] for name in subjects)
    if not KINDS[body.kind].about(types):
        raise Malformed("entries", f"the subjects of {body.kind}", " and ".join(types))
    if body.kind in DOCUMENT_KINDS and record.subject_digests.get(subjects[0]) != body.claim_sha256:
        raise Malformed("entries", "a policy subject with the digest of its document", "another digest")
    when = min(record.event_ms, record.time_ms)
    return msgspec.structs.replace(
        record, kind=body.kind, subjects=subjects, body=found, body_sha256=body.claim_sha256, time_ms=when,
        seen_size=record.index,
    )  # fmt: skip
