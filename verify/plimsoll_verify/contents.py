"""Bodies: what a statement says beyond its header, read into the struct of its kind.

Source: SPEC 4.6, 5.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET, Struct

from plimsoll_verify.bodies import BroughtForward, EvalResult, times
from plimsoll_verify.canonical import encode_sorted, is_member_name, parse_canonical
from plimsoll_verify.claims import read_claim
from plimsoll_verify.encoding import parse_time, sample
from plimsoll_verify.errors import BodyMismatch, Malformed
from plimsoll_verify.kinds import DOCUMENT_KINDS, KINDS
from plimsoll_verify.limits import MAX_POLICY_BYTES, MAX_REASON_CHARS
from plimsoll_verify.record import BodyState
from plimsoll_verify.statement import Predicate

DECODERS: dict[str, Callable[[bytes], Any]] = {
    kind: bytes if kind in DOCUMENT_KINDS else msgspec.json.Decoder(known.body).decode
    for kind, known in KINDS.items()
}
"""How the body of a kind is decoded from its bytes once those have been examined."""


class Reading(NamedTuple):
    """What became of a body.

    Attributes:
        state: see `Record.body_state`.
        body: the struct, a policy document's bytes, or None.
        raw: the bytes that `body` was decoded from, b"" where it is None.
        sha256: hex digest of a detached body, else "".
        fault: "" or what is wrong with it.
    """

    state: BodyState
    body: object | None = None
    raw: bytes = b""
    sha256: str = ""
    fault: str = ""


def verify_digest(predicate: Predicate, given: bytes) -> bytes:
    """Verify that a body which a pack gives is the one that a statement names; returns it.

    Args:
        predicate: the statement's.
        given: the body, b"" where none is given.

    Raises:
        BodyMismatch: it has another digest, or the statement's body is inline.

    Source: SPEC 10.6.
    """
    if given and predicate.body_sha256 is UNSET:
        raise BodyMismatch("bodies", "no body beside an inline one", f"one of {len(given)} bytes")
    if given and sha256(given).hexdigest() != predicate.body_sha256:
        raise BodyMismatch("bodies", f"{predicate.body_sha256}", sha256(given).hexdigest())
    return given


def read_body(kind: str, predicate: Predicate, given: bytes) -> Reading:
    """Read a statement's body, inline or given beside it, into the struct of its kind.

    Args:
        kind: as `statement.parse_kind` has it.
        predicate: the statement's.
        given: the detached body, its digest verified; b"" where none is given.

    Source: SPEC 4.6, 5.
    """
    digest = "" if predicate.body_sha256 is UNSET else predicate.body_sha256
    raw = given if predicate.body is UNSET else bytes(predicate.body)
    known = KINDS.get(kind)
    fault = ""
    if known is not None and known.structural == bool(digest):
        fault = "its body is detached" if digest else "its body is inline"
        fault += ", which its kind's is not (SPEC 4.6)"
    if not raw:
        return Reading("withheld", sha256=digest, fault=fault)
    try:
        if known is None:
            _verify_object(raw)
            return Reading("not-understood", sha256=digest)
        if kind in DOCUMENT_KINDS:
            return Reading("ok", _document(raw), raw, digest, fault)
        return _decode(kind, raw, digest, fault)
    except Malformed as error:
        fault = fault or f"its body is no {kind}: expected {error.expected}, got {error.actual} (SPEC 4.6)"
        return Reading("not-understood", sha256=digest, fault=fault)


def _verify_object(raw: bytes) -> dict[str, Any]:
    value = parse_canonical(raw, "entries", "a body")
    if not isinstance(value, dict):
        raise Malformed("entries", "an object", type(value).__name__)
    return value


def _document(raw: bytes) -> bytes:
    if len(raw) > MAX_POLICY_BYTES:
        raise Malformed("entries", f"a policy document of at most {MAX_POLICY_BYTES} bytes", f"{len(raw)}")
    _verify_object(raw)
    return raw


def _decode(kind: str, raw: bytes, digest: str, fault: str) -> Reading:
    try:
        body = DECODERS[kind](raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # The generic parser says best what is wrong with the spelling. What it accepts has the wrong members.
        _verify_object(raw)
        raise Malformed("entries", "the members of SPEC 5", str(error)[:MAX_REASON_CHARS]) from None
    # A struct takes no notice of members that it does not have; written again it lacks them.
    if encode_sorted(body) != raw:
        _verify_object(raw)
        return Reading("not-understood", sha256=digest, fault=fault)
    if isinstance(body, EvalResult):
        # The only objects whose members their author names; so what canonical JSON asks of keys is asked
        # here.
        for name in (*body.run, *body.reported.metadata):
            if not is_member_name(name):
                raise Malformed("entries", "members of [A-Za-z0-9_.:-]", sample(name))
    if isinstance(body, BroughtForward):
        _verify_object(raw)
        read_claim(body)
    for time in times(body):
        parse_time(time, "entries", "a time in a body")
    return Reading("ok", body, raw, digest, fault)


def subjects_fault(
    kind: str, names: tuple[str, ...], types: tuple[str, ...], reading: Reading, org: str
) -> str:
    """Say why a statement of this kind cannot be about these subjects; "" if it can.

    Not verified: that a sign-off's subjects are those of what it is of, which takes another entry to tell.

    Args:
        kind: the statement's kind.
        names: the subjects' names, sorted.
        types: their types.
        reading: the body, which may name the subjects as well.
        org: the subject that is this ledger's organisation.

    Source: SPEC 5.
    """
    known = KINDS.get(kind)
    if known is None:
        return ""
    if not known.about(types):
        return f"a {kind} about {' and '.join(types)} (SPEC 5)"
    if "org" in types and names[types.index("org")] != org:
        return f"about another organisation than {org} (SPEC 4.2)"
    if known.names is not None and isinstance(reading.body, Struct) and known.names(reading.body) != names:
        return "its subjects are not those that its body names (SPEC 5)"
    return ""
