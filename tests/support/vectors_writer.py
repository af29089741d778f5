"""Runs vectors on the writer's packages, which have many of the building blocks as well.

Some of its classes of failure are coarser (`SAME`), for nobody tells them apart there.
"""

import base64
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from plimsoll_attest.canonical import NotCanonical, parse_canonical
from plimsoll_attest.errors import UsageError
from plimsoll_attest.ids import check_id, check_origin, skeleton
from plimsoll_attest.times import format_time, parse_time
from plimsoll_attest.weights import WeightsRefused, parse_manifest, snapshot_digest
from plimsoll_keys.errors import BadPoint, BadProof, BadSignature, MalformedKey, UnsupportedKey
from plimsoll_keys.points import verify_signature
from plimsoll_keys.possession import verify_possession
from plimsoll_keys.vkey import VKey, parse_vkey
from plimsoll_ledger.checkpoint import verify_checkpoint
from plimsoll_ledger.cosignature import find_cosignatures
from plimsoll_ledger.encoding import format_base64, parse_base64, parse_decimal
from plimsoll_ledger.errors import BadNote, Malformed, ProofError
from plimsoll_ledger.hashing import Hash, leaf_hash
from plimsoll_ledger.note import parse_note, parse_signature_lines, verify_note
from plimsoll_ledger.tiles import (
    Tile,
    format_bundle_path,
    format_pack_path,
    format_tile_path,
    parse_bundle,
    parse_pack,
    parse_tile_path,
    tiles_between,
)
from plimsoll_ledger.tlogproof import format_tlog_proof, parse_tlog_proof, verify_tlog_proof
from plimsoll_ledger.tree import root_at, verify_consistency, verify_inclusion
from plimsoll_ledger.witness.errors import Refusal
from plimsoll_ledger.witness.request import parse_request
from tests.support.vectors import hashes_of, load_family, octets_of
from tests.unit.ledger.kit import MemoryTree, ToldClock
from tests.unit.ledger.witnesskit import new_witness

Vector = dict[str, Any]
CLASSES: dict[type[Exception], str] = {
    BadNote: "bad-note",
    BadPoint: "bad-signature",
    BadProof: "bad-signature",
    BadSignature: "bad-signature",
    Malformed: "malformed",
    MalformedKey: "malformed",
    NotCanonical: "malformed",
    ProofError: "proof",
    UnsupportedKey: "malformed",
    UsageError: "malformed",
    ValueError: "malformed",
    WeightsRefused: "malformed",
}

SAME: dict[str, set[str]] = {
    "bad-note": {"bad-signature", "unknown-key"},
    "proof": {"inclusion", "consistency"},
}
"""The writer's classes that stand for several of the verifier's."""


def canonical_json(one: Vector) -> None:
    parse_canonical(octets_of(one["input"]))


def base64_text(one: Vector) -> None:
    data = parse_base64(one["text"], "a vector")
    assert data.hex() == one["hex"]
    assert format_base64(data) == one["text"]


def decimals(one: Vector) -> None:
    assert str(parse_decimal(one["text"], "a vector")) == one["text"]


def times(one: Vector) -> None:
    assert parse_time(one["text"]) == one["time_ms"]
    assert format_time(one["time_ms"]) == one["text"]


def ids(one: Vector) -> str | None:
    if one["type"] == "id":
        assert check_id(one["text"], "vector") == one["text"]
    elif one["type"] == "origin":
        assert check_origin(one["text"]) == one["text"]
    else:
        first, second = map(skeleton, one["texts"])
        return "confusable" if first == second else "ok"
    return None


def manifests(one: Vector) -> None:
    manifest = parse_manifest(octets_of(one["input"]), Path("manifest.json"))
    assert snapshot_digest(manifest) == one["snapshot"]


def signatures(one: Vector) -> None:
    key, message, signature = (bytes.fromhex(one[part]) for part in ("key", "message", "signature"))
    assert verify_signature(key, message, signature) == message


def vkeys(one: Vector) -> None:
    key = parse_vkey(one["vkey"])
    if key.key_type != one["type"]:
        raise UnsupportedKey("of no use here")
    assert (key.name, key.public_key.hex()) == (one["key_name"], one["key"])
    assert (key.key_id.hex(), key.keyid_hex) == (one["key_id"], one["keyid"])


def possession(one: Vector) -> None:
    key = parse_vkey(one["vkey"])
    if key.name != one["person"] or key.key_type != 1:
        raise MalformedKey("of no use here")
    proof = base64.b64decode(one["proof"])
    assert verify_possession(key, one["origin"], one["person"], proof) == key


def notes(one: Vector) -> None:
    verify_note(parse_note(octets_of(one["input"])), [parse_vkey(text) for text in one["keys"]])


def _policy_keys(log_policy: str) -> list[VKey]:
    """Return the keys of a log policy; reading all of it is the verifier's business."""
    items = [line.split(" ") for line in log_policy.splitlines()]
    return [parse_vkey(item[-1]) for item in items if item[0] in ("log", "witness")]


def checkpoints(one: Vector) -> None:
    keys = _policy_keys(one["log_policy"])
    checkpoint = verify_checkpoint(octets_of(one["input"]), keys)
    if checkpoint.origin not in {key.name for key in keys}:
        raise Malformed("another origin")
    assert checkpoint.size == one["size"]


def roots(one: Vector) -> None:
    entries = [text.encode() for text in one["entries"]]
    assert root_at(MemoryTree(entries), len(entries)).hex() == one["root"]


def tiles(one: Vector) -> None:
    if "files" in one:
        implied = set(tiles_between(0, one["size"]))
        bottom = [tile for tile in implied if tile.level == 0]
        paths = [*map(format_tile_path, implied), *map(format_bundle_path, bottom)]
        assert sorted([*paths, *(format_pack_path(tile.n) for tile in bottom)]) == one["files"]
    elif "path" in one:
        _tile_path(one)
    else:
        records = (parse_pack if one["type"] == "pack" else parse_bundle)(octets_of(one["input"]))
        fits = len(records) >= one["count"] if one["type"] == "pack" else len(records) == one["count"]
        if not fits:
            raise Malformed(f"{len(records)} records")
        given = records[: one["count"]]
        assert given == [text.encode() for text in one.get("records", map(bytes.decode, given))]


def _tile_path(one: Vector) -> None:
    if one["level"] == "bodies":
        assert format_pack_path(one["number"]) == one["path"]
        return
    is_bundle = one["level"] == "entries"
    tile = Tile(0 if is_bundle else int(one["level"]), one["number"], one["width"])
    assert (format_bundle_path if is_bundle else format_tile_path)(tile) == one["path"]
    assert parse_tile_path(one["path"]) == (tile, is_bundle)


def inclusion(one: Vector) -> None:
    root = Hash(bytes.fromhex(one["root"]))
    leaf, proof = leaf_hash(octets_of(one["input"])), [Hash(item) for item in hashes_of(one["proof"])]
    assert verify_inclusion(one["index"], one["size"], leaf, proof, root) == root


def witness(one: Vector) -> None:
    context = load_family("witness")["context"]
    clock = ToldClock()
    with tempfile.TemporaryDirectory() as folder:
        found, _ = new_witness(Path(folder) / "state.sqlite3", clock=clock)
        found.state.follow([parse_vkey(line) for line in context["follows"]])
        for request in one["requests"]:
            clock.ms = 1000 * request.get("time_s", context["time_s"])
            body = octets_of(request["body"])
            refused: Refusal | None = None
            try:
                lines = parse_signature_lines(found.add_checkpoint(body).decode())
            except Refusal as refusal:
                refused = refusal
            else:
                text = parse_note(parse_request(body).note).text
                (made,) = find_cosignatures(text, lines, [found.vkey])
                assert made.time_s * 1000 == clock.ms
            assert (refused.status if refused else 200) == request["status"], request
            assert getattr(refused, "size", None) == request.get("holds")
        found.state.close()


def consistency(one: Vector) -> None:
    old, new = (Hash(item) for item in hashes_of([one["old_root"], one["new_root"]]))
    proof = [Hash(item) for item in hashes_of(one["proof"])]
    assert verify_consistency(one["old_size"], old, one["new_size"], new, proof) == new


def tlog_proofs(one: Vector) -> None:
    data = octets_of(one["input"])
    proof = parse_tlog_proof(data)
    assert format_tlog_proof(proof) == data
    keys = _policy_keys(tomllib.loads(one["trust"])["log_policy"])
    proven = verify_tlog_proof(proof, keys)
    if proven.checkpoint.origin not in {key.name for key in keys}:
        raise Malformed("another origin")


RUNNERS: dict[str, Callable[[Vector], str | None]] = {
    "base64": base64_text,
    "canonical-json": canonical_json,
    "checkpoint": checkpoints,
    "consistency": consistency,
    "decimals": decimals,
    "ids": ids,
    "inclusion": inclusion,
    "manifests": manifests,
    "note": notes,
    "possession": possession,
    "roots": roots,
    "signatures": signatures,
    "tiles": tiles,
    "times": times,
    "witness": witness,
    "tlog-proof": tlog_proofs,
    "vkey": vkeys,
}


def run(family: str, one: Vector) -> str:
    """Return the class of failure of a vector, or "ok"."""
    try:
        return RUNNERS[family](one) or "ok"
    except AssertionError:
        raise
    except tuple(CLASSES) as error:
        found = next(CLASSES[kind] for kind in type(error).__mro__ if kind in CLASSES)
        expect = one["expect"] if isinstance(one["expect"], str) else found
        return expect if expect in SAME.get(found, set()) else found
