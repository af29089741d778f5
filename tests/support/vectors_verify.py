"""Runs vectors of the building blocks on the verifier. Each function returns what the vector should expect.

Beside the class of failure, what a good vector states (numbers, names, hashes) is asserted here.
"""

import base64
import hashlib
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any

import msgspec

from plimsoll_verify.bodies import Key, Score
from plimsoll_verify.bounds import Bounds
from plimsoll_verify.canonical import parse_canonical
from plimsoll_verify.checkpoint import verify_checkpoint
from plimsoll_verify.collect_results import _score
from plimsoll_verify.encoding import (
    format_base64,
    format_time,
    parse_base64,
    parse_decimal,
    parse_hex,
    parse_id,
    parse_origin,
    parse_time,
    skeleton,
)
from plimsoll_verify.enrolment import verify_keys
from plimsoll_verify.errors import (
    BadSignature,
    Consistency,
    Inclusion,
    Malformed,
    Quorum,
    UnknownKey,
    UsageError,
    VerificationError,
)
from plimsoll_verify.exact import compare_lower, compare_upper
from plimsoll_verify.logpolicy import parse_log_policy, seen_since, there_by, verify_quorum
from plimsoll_verify.note import COSIGNATURE, COSIGNATURE_ML_DSA, ED25519, parse_note, parse_vkey, verify_note
from plimsoll_verify.observed import ResultContent
from plimsoll_verify.packs import pack_path, read_bodies
from plimsoll_verify.points import verify_signature
from plimsoll_verify.policy.calendars import TermReader, read_calendar
from plimsoll_verify.policy.compare import compare
from plimsoll_verify.policy.grammar import parse_amount, parse_period
from plimsoll_verify.policy.parse import PolicyError, parse_policy
from plimsoll_verify.policy.reading import Place
from plimsoll_verify.proofs import verify_proof
from plimsoll_verify.quorum import is_met
from plimsoll_verify.receipts import Promises, unverified_receipt, verify_receipt
from plimsoll_verify.record import Record
from plimsoll_verify.results import read_result
from plimsoll_verify.source import NotFound
from plimsoll_verify.tiles import read_bundle, tile_path, tile_width
from plimsoll_verify.timestamps import Authorities, BadToken
from plimsoll_verify.tree import fold, grow_subtrees, leaf_hash, peaks, verify_consistency, verify_inclusion
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.workdays import end_of
from tests.support.forge import canonical
from tests.support.vectors import hashes_of, load_family, octets_of
from tests.vectors.families.document import REMOVED, edited

Vector = dict[str, Any]
CHECK = "vector"
CLASSES: dict[type[Exception], str] = {
    Malformed: "malformed",
    BadSignature: "bad-signature",
    UnknownKey: "unknown-key",
    Inclusion: "inclusion",
    Consistency: "consistency",
    Quorum: "quorum",
    UsageError: "usage",
}


class OneFile:
    """A published ledger of one file."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path, self.data = path, data

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        if path != self.path:
            raise NotFound("no file")
        return self.data[offset : offset + limit]

    def list_retained(self) -> list[int]:
        return []

    def list_anchors(self) -> list[tuple[int, str]]:
        return []


def canonical_json(one: Vector) -> None:
    parse_canonical(octets_of(one["input"]), CHECK, "a vector")


def base64_text(one: Vector) -> None:
    data = parse_base64(one["text"], CHECK, "a vector")
    assert data.hex() == one["hex"]
    assert format_base64(data) == one["text"]


def decimals(one: Vector) -> None:
    assert str(parse_decimal(one["text"], CHECK, "a vector")) == one["text"]


def hex_digests(one: Vector) -> None:
    assert parse_hex(one["text"], CHECK, "a vector").hex() == one["text"]


def times(one: Vector) -> None:
    assert parse_time(one["text"], CHECK, "a vector") == one["time_ms"]
    assert format_time(one["time_ms"]) == one["text"]


def ids(one: Vector) -> str | None:
    if one["type"] == "id":
        assert parse_id(one["text"], CHECK, "a vector") == one["text"]
    elif one["type"] == "origin":
        assert parse_origin(one["text"], CHECK) == one["text"]
    else:
        first, second = map(skeleton, one["texts"])
        return "confusable" if first == second else "ok"
    return None


def signatures(one: Vector) -> None:
    key, message, signature = (bytes.fromhex(one[part]) for part in ("key", "message", "signature"))
    assert verify_signature(key, message, signature, CHECK) == message


def vkeys(one: Vector) -> None:
    key = parse_vkey(one["vkey"], CHECK, one["type"])
    assert (key.name, key.key.hex(), key.key_id.hex()) == (one["key_name"], one["key"], one["key_id"])
    assert hashlib.sha256(key.key).hexdigest() == one["keyid"]


def notes(one: Vector) -> None:
    keys = tuple(parse_vkey(text, CHECK, ED25519, COSIGNATURE, COSIGNATURE_ML_DSA) for text in one["keys"])
    if not verify_note(parse_note(octets_of(one["input"]), CHECK), keys, CHECK):
        raise UnknownKey(CHECK, "a known key", "none")


def checkpoints(one: Vector) -> None:
    policy = parse_log_policy(one["log_policy"])
    checkpoint, _ = verify_checkpoint(octets_of(one["input"]), policy, CHECK)
    assert checkpoint.size == one["size"]


def log_policies(one: Vector) -> None:
    parse_log_policy(one["log_policy"])


def cosignatures(one: Vector) -> None:
    policy = parse_log_policy(one["log_policy"])
    _, signed = verify_checkpoint(octets_of(one["input"]), policy, CHECK)
    assert verify_quorum(policy, signed) == one["time_s"]


def time_stamps(one: Vector) -> str:
    try:
        stamp = Authorities(one["roots"]).verify(bytes.fromhex(one["token"]))
    except BadToken:
        return "ignored"
    if stamp.imprint != hashlib.sha256(one["text"].encode()).digest():
        return "anchors"
    assert (stamp.time_ms, stamp.late_ms) == (one["time_ms"], one["late_ms"])
    return "counts"


def time_bounds(one: Vector) -> str:
    policy = parse_log_policy(one["log_policy"])
    bounds = Bounds()
    for note in one["kept"]:
        checkpoint, signed = verify_checkpoint(note.encode(), policy, CHECK)
        by_s = there_by(policy, signed)
        bounds.take([] if by_s is None else [(checkpoint.size, by_s)])
    bounds.take((size, time_s) for size, time_s in one["stamps"])
    found = []
    for index, note in enumerate(one["seen"]):
        since_s = 0
        if note:
            with suppress(VerificationError):
                signed = verify_note(
                    parse_note(note.encode(), CHECK), tuple(policy.witnesses.values()), CHECK
                )
                since_s = seen_since(policy, signed) or 0
        found.append(list(bounds.follow(index, since_s)))
    assert found == one["bounds"]
    return "ok"


def receipts(one: Vector) -> str:
    policy = parse_log_policy(load_family("receipts")["context"]["log_policy"])
    unverified = unverified_receipt(octets_of(one["input"]), policy.origin, CHECK)
    promises = Promises([verify_receipt(unverified, policy.logs)])
    for entry in one["entries"]:
        promises.note(Record(entry["index"], parse_time(entry["time"]), bytes.fromhex(entry["id"])))
    (outcome,) = promises.outcomes(parse_time(one["end"]))
    return outcome.state


def trust_files(one: Vector) -> None:
    trust = parse_trust(octets_of(one["input"]))
    assert trust.fingerprint == hashlib.sha256(octets_of(one["input"])).hexdigest()
    assert trust.max_age_ms == one["max_age_ms"]
    assert sorted(trust.persons) == one["persons"]


def roots(one: Vector) -> None:
    leaves = [leaf_hash(entry.encode()) for entry in one["entries"]]
    root = fold(peaks(grow_subtrees(leaves), len(leaves))) if leaves else hashlib.sha256(b"").digest()
    assert root.hex() == one["root"]


def tiles(one: Vector) -> None:
    if "files" in one:
        assert _implied_files(one["size"]) == one["files"]
    elif "path" in one:
        number = one["number"]
        path = (
            pack_path(number) if one["level"] == "bodies" else tile_path(one["level"], number, one["width"])
        )
        assert path == one["path"]
    else:
        records = _read_records(one["type"], octets_of(one["input"]), one["count"])
        assert len(records) == one["count"]
        assert records == [text.encode() for text in one.get("records", map(bytes.decode, records))]


def _read_records(kind: str, data: bytes, count: int) -> list[bytes]:
    if kind == "pack":
        return list(read_bodies(OneFile(pack_path(0), data), 0, count))
    return read_bundle(OneFile(tile_path("entries", 0, count), data), 0, count)


def _implied_files(size: int) -> list[str]:
    files, level = [], 0
    while size >> 8 * level:
        number = 0
        while (width := tile_width(size, level, number)) > 0:
            files.append(tile_path(level, number, width))
            if level == 0:
                files += [tile_path("entries", number, width), pack_path(number)]
            number += 1
        level += 1
    return sorted(files)


def inclusion(one: Vector) -> None:
    entry, root = octets_of(one["input"]), bytes.fromhex(one["root"])
    leaf = verify_inclusion(entry, one["index"], one["size"], hashes_of(one["proof"]), root)
    assert leaf == hashlib.sha256(b"\0" + entry).digest()


def consistency(one: Vector) -> None:
    old, new = hashes_of([one["old_root"], one["new_root"]])
    proof = hashes_of(one["proof"])
    assert verify_consistency(one["old_size"], old, one["new_size"], new, proof) == new


def tlog_proofs(one: Vector) -> None:
    report = verify_proof(octets_of(one["input"]), parse_trust(one["trust"].encode()))
    assert (report.size, report.kind) == (6, "role" if report.index == 3 else "training-started")


def periods(one: Vector) -> str | None:
    try:
        period = parse_period(one["text"])
    except ValueError:
        return "malformed"
    assert period.after(parse_time(one["start"])) == parse_time(one["end"])
    return None


def workdays(one: Vector) -> str | None:
    calendars = {"c": read_calendar("c", Place(one["calendar"]))}
    try:
        term = TermReader(one["counting"], calendars).term(Place(one["text"]), "c", may_be_open=False)
    except PolicyError:
        return "malformed"
    assert end_of(term, calendars, parse_time(one["start"])) == parse_time(one["end"])
    return None


def amounts(one: Vector) -> str | None:
    try:
        amount = parse_amount(one["text"])
    except ValueError:
        return "malformed"
    assert f"{amount.numerator}/{amount.denominator}" == one["exact"]
    return None


def policies(one: Vector) -> str | None:
    edit, document = one["edit"], load_family("policy-grammar")["base"]
    edits = [] if edit is None else [(edit["path"], REMOVED if "remove" in edit else edit["value"])]
    try:
        parse_policy(canonical(edited(document, *edits)))
        return None
    except PolicyError as error:
        path = list(error.path)
    # The error names the place that was edited, one around it, or one in what was set there.
    shared = min(len(path), len(edit["path"]))
    assert path[:shared] == edit["path"][:shared]
    return "not-understood"


def language(one: Vector) -> str | None:
    edit, document = one["edit"], load_family("policy-language")["base"]
    edits = [] if edit is None else [(edit["path"], REMOVED if "remove" in edit else edit["value"])]
    try:
        parse_policy(canonical(edited(document, *edits)))
        return None
    except PolicyError:
        return "not-understood"


def comparisons(one: Vector) -> str:
    edit, document = one["edit"], load_family("policy-language")["base"]
    edits = [] if edit is None else [(edit["path"], REMOVED if "remove" in edit else edit["value"])]
    old, new = (parse_policy(canonical(found)) for found in (document, edited(document, *edits)))
    return compare(old, new).relation.word


def quorums(one: Vector) -> str:
    roles: dict[str, Any] = {role: {} for role in load_family("quorums")["roles"]["names"]}
    document = load_family("policy-grammar")["base"]
    asked = edited(
        document, (["roles"], {**document["roles"], **roles}), (["adoption", "signed_off_by"], one["quorum"])
    )
    try:
        quorum = parse_policy(canonical(asked)).signed_off_by
    except PolicyError as error:
        return "malformed" if error.path[:2] == ("adoption", "signed_off_by") else str(error)
    return "met" if is_met(quorum, frozenset((person, role) for person, role in one["signed"])) else "unmet"


def bounds(one: Vector) -> bool:
    k, n, limit = one["count"]["k"], one["count"]["n"], Fraction(one["limit"])
    if one["bound"] == "upper":
        return compare_upper(k, n, limit) == -1
    return compare_lower(k, n, limit) in (0, 1)


def scores(one: Vector) -> str:
    place = ["tests", "bio"]
    document = load_family("policy-grammar")["base"]
    asked = edited(document, *(([*place, member], value) for member, value in one["test"].items()))
    test = parse_policy(canonical(asked)).tests["bio"]
    named = {"scorer": test.scorer, "reducer": test.reducer, "metric": test.metric, **one["score"]}
    content = ResultContent(
        succeeded=True,
        task=test.task,
        version=test.version,
        variant="",
        epochs=1,
        samples=1,
        sample_epochs=1,
        is_limited=False,
        is_flagged=False,
        plan=-1,
        started_ms=0,
        scores=(_score(msgspec.convert(named, Score)),),
    )
    return read_result(content, test)


def possession(one: Vector) -> None:
    body = Key(person=one["person"], vkey=one["vkey"], proof=one["proof"])
    key = base64.b64decode(one["vkey"].split("+", 2)[2])[1:]
    assert list(verify_keys(body, one["origin"]).values()) == [key]


RUNNERS: dict[str, Callable[[Vector], str | bool | None]] = {
    "amounts": amounts,
    "base64": base64_text,
    "bounds": bounds,
    "canonical-json": canonical_json,
    "checkpoint": checkpoints,
    "consistency": consistency,
    "cosignature": cosignatures,
    "decimals": decimals,
    "hex": hex_digests,
    "ids": ids,
    "inclusion": inclusion,
    "log-policy": log_policies,
    "note": notes,
    "periods": periods,
    "workdays": workdays,
    "policy-grammar": policies,
    "policy-language": language,
    "policy-comparison": comparisons,
    "possession": possession,
    "quorums": quorums,
    "receipts": receipts,
    "time-bounds": time_bounds,
    "time-stamps": time_stamps,
    "roots": roots,
    "scores": scores,
    "signatures": signatures,
    "tiles": tiles,
    "times": times,
    "tlog-proof": tlog_proofs,
    "trust-file": trust_files,
    "vkey": vkeys,
}


def run(family: str, one: Vector) -> str | bool:
    """Return the class of failure of a vector, what else it asks for, or "ok"."""
    try:
        answer = RUNNERS[family](one)
        return "ok" if answer is None else answer
    except (VerificationError, UsageError) as error:
        return CLASSES[type(error)]
