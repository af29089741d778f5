"""One entry as the replay gets it: who said what about whom, and whether it may be relied on.

Everything that can be told from an entry's bytes, the tree, the bodies and the keys recorded before it is
settled here; what needs authority or the policy (SPEC 6 to 9) is not.
"""

from typing import Literal

import msgspec

BodyState = Literal["ok", "withheld", "not-understood"]


class Record(msgspec.Struct, array_like=True, gc=False):
    """One entry of the log.

    Attributes:
        index: place in the log, from 0.
        time_ms: when the log took it; of an entry that cannot be read, the time of the entry before.
        statement_id: SHA-256 of the PAE, 32 bytes; b"" where there is no payload to be read.
        kind: "eval-result"..., for a version but v1 "eval-result/v2"; "" where the statement cannot be read.
        subjects: names, sorted: "org:acme.example/rsp", "model:..."; () where kind is "".
        subject_digests: digests in hex of the `policy:` subjects only; the others follow from their names.
        actor: person id.
        role: role id.
        keyid: hex SHA-256 of the key, as the envelope names it.
        event_ms: when it happened, by its author's word.
        seen_size: size of the checkpoint its author had seen; 0 in the genesis and where the statement
            cannot be read.
        body: the kind's struct (`kinds`); of `policy` and `policy-amendment` the document's canonical bytes;
            None unless `body_state` is "ok".
        body_state: "withheld": detached and not given. "not-understood": unknown kind or unknown members.
        body_sha256: hex digest of a detached body, "" of an inline one.
        fault: "" or why admission should have refused the entry (V36, SPEC 3.4): it has no effect then,
            relieves nothing, and what it says against its author's interest still acts where it can be read
            (SPEC 9.13). Says nothing of authority: the signature is by the key that `keyid` names, whoever's
            that is.
        payload_sha256: hex SHA-256 of the payload, of entry 0 only, else "".
        seen_ms: since when the checkpoint its author had seen was there, at the earliest, by the cosignatures
            on it; 0 where they prove nothing (SPEC 10.14).
        granted_ms: when its author was given the role, filled in by the replay (SPEC 6.8).

    Source: SPEC 3, 4.
    """

    index: int
    time_ms: int
    statement_id: bytes = b""
    kind: str = ""
    subjects: tuple[str, ...] = ()
    subject_digests: dict[str, str] = {}
    actor: str = ""
    role: str = ""
    keyid: str = ""
    event_ms: int = 0
    seen_size: int = 0
    body: object | None = None
    body_state: BodyState = "ok"
    body_sha256: str = ""
    fault: str = ""
    payload_sha256: str = ""
    seen_ms: int = 0
    granted_ms: int = 0
