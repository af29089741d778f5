"""What a witness answers to one request after another: SPEC 2.6."""

from collections.abc import Sequence
from typing import Any

from tests.support.forge import b64, public, sha, sign_note, vkey
from tests.vectors.families.base import Family, Vector, octets, unique, vector
from tests.vectors.families.notes import LOG, LOG_VKEY, ORIGIN, signing_key
from tests.vectors.families.trees import consistency_path, leaves, root

NOW_S = 1_767_225_600
EMPTY = sha(b"")
OTHER = "other.example/log"
OTHER_KEY = signing_key("other-log")
SECOND = signing_key("second-log-key")

Request = dict[str, Any]


def _note(
    size: int, tree: bytes | None = None, *, origin: str = ORIGIN, key: Any = LOG, more: str = ""
) -> str:
    text = f"{origin}\n{size}\n{b64(root(size) if tree is None else tree)}\n{more}"
    return f"{text}\n{sign_note(text, origin, key)}"


def _forked(size: int) -> bytes:
    """Return the root of another history of the same log."""
    return sha(b"another history of %d" % size)


def _ask(status: int, old: int | str, note: str, proof: Sequence[bytes] = (), **members: Any) -> Request:
    """Return a request; the old size is written as it is given."""
    lines = "".join(f"{b64(one)}\n" for one in proof)
    return {"body": octets(f"old {old}\n{lines}\n{note}".encode()), "status": status, **members}


def _grow(old: int, size: int) -> Request:
    """Return an honest request that is cosigned."""
    return _ask(200, old, _note(size), consistency_path(old, leaves(size)) if 0 < old < size else ())


def _one(name: str, *requests: Request) -> Vector:
    return vector(name, "2.6", "ok", requests=list(requests))


def _accepted() -> list[Vector]:
    extended = _note(3, more="an extension\n")
    stray = _note(3) + "\u2014 else.example AAAAAAA=\n"
    return [
        _one("first-checkpoint", _grow(0, 3)),
        _one("growth", _grow(0, 3), _grow(3, 7), _grow(7, 8), _grow(8, 300)),
        _one("the-same-again", _grow(0, 3), _ask(200, 3, _note(3)), _grow(3, 7), _ask(200, 7, _note(7))),
        _one("from-size-0", _ask(200, 0, _note(0, EMPTY)), _ask(200, 0, _note(0, EMPTY)), _grow(0, 5)),
        _one("extension-lines", _ask(200, 0, extended)),
        _one("a-line-by-an-unknown-key", _ask(200, 0, stray)),
        _one("another-key-of-the-log", _ask(200, 0, _note(3, key=SECOND)), _grow(3, 7)),
        _one("two-logs-apart", _grow(0, 3), _ask(200, 0, _note(7, origin=OTHER, key=OTHER_KEY)), _grow(3, 7)),
    ]


def _malformed() -> list[Vector]:
    good, two_lines = _note(3), f"{ORIGIN}\n3\n"
    bodies = {
        "empty": "",
        "no-old-line": f"\n{good}",
        "no-blank-line": f"old 0\n{good}",
        "old-with-a-leading-zero": f"old 00\n\n{good}",
        "old-with-a-sign": f"old +0\n\n{good}",
        "old-with-two-spaces": f"old  0\n\n{good}",
        "old-with-a-carriage-return": f"old 0\r\n\n{good}",
        "old-past-2-to-the-63": f"old {2**63}\n\n{good}",
        "proof-line-of-31-bytes": f"old 0\n{b64(bytes(31))}\n\n{good}",
        "proof-line-with-stray-bits": f"old 0\n{b64(bytes(32))[:-2]}B=\n\n{good}",
        "64-proof-lines": "old 0\n" + f"{b64(EMPTY)}\n" * 64 + f"\n{good}",
        "no-checkpoint": "old 0\n\n",
        "checkpoint-without-signatures": f"old 0\n\n{good.partition(chr(10) * 2)[0]}\n",
        "checkpoint-of-two-lines": f"old 0\n\n{two_lines}\n{sign_note(two_lines, ORIGIN, LOG)}",
    }
    requests = {name: {"body": octets(body.encode()), "status": 400} for name, body in bodies.items()}
    return [_one(name, request) for name, request in requests.items()]


def _refused() -> list[Vector]:
    path = consistency_path(3, leaves(7))
    signed_wrongly = _note(3).replace("\n3\n", "\n4\n")
    first = _grow(0, 3)
    return [
        _one("unknown-origin", _ask(404, 0, _note(3, origin="else.example/log"))),
        _one("not-signed-by-the-log", _ask(403, 0, _note(3, key=signing_key("nobody")))),
        _one("signed-by-the-key-of-another-log", _ask(403, 0, _note(3, key=OTHER_KEY))),
        _one("a-signature-that-fails", _ask(403, 0, signed_wrongly)),
        _one("one-good-and-one-that-fails", _ask(403, 0, _note(3) + _note(4).partition("\n\n")[2])),
        _one("old-past-the-checkpoint", first, _ask(400, 3, _note(2))),
        _one("old-before-the-first", _ask(409, 3, _note(7), path, holds=0), first),
        _one("old-that-is-not-held", first, _ask(409, 0, _note(7), holds=3), _grow(3, 7)),
        _one("a-replay", first, _grow(3, 7), _ask(409, 3, _note(7), path, holds=7)),
        _one("the-first-replayed", first, _grow(3, 7), _ask(409, 0, _note(3), holds=7)),
        _one("a-proof-from-size-0", _ask(422, 0, _note(3), [EMPTY]), first),
        _one("size-0-with-another-root", _ask(422, 0, _note(0, _forked(0)))),
        _one("no-proof", first, _ask(422, 3, _note(7))),
        _one("a-proof-that-is-cut", first, _ask(422, 3, _note(7), path[:-1])),
        _one("a-proof-with-one-hash-more", first, _ask(422, 3, _note(7), [*path, EMPTY])),
        _one("a-proof-from-another-size", first, _ask(422, 3, _note(7), consistency_path(2, leaves(7)))),
        _one("a-fork-that-grows", first, _ask(422, 3, _note(7, _forked(7)), path), _grow(3, 7)),
        _one("a-fork-at-the-held-size", first, _ask(422, 3, _note(3, _forked(3))), _grow(3, 7)),
        _one("a-proof-to-the-held-size", first, _ask(422, 3, _note(3), [EMPTY])),
        _one(
            "a-clock-that-went-back",
            {**first, "time_s": NOW_S + 10},
            {**_ask(503, 3, _note(7), path), "time_s": NOW_S + 9},
            {**_grow(3, 7), "time_s": NOW_S + 10},
        ),
    ]  # fmt: skip


def families() -> list[Family]:
    """List this module's families."""
    about = "Requests to one witness, in order, and the status of each answer. `holds` is the body of a 409."
    follows = [LOG_VKEY, vkey(ORIGIN, public(SECOND)), vkey(OTHER, public(OTHER_KEY))]
    context = {"follows": follows, "time_s": NOW_S}
    vectors = unique([*_accepted(), *_malformed(), *_refused()])
    return [Family("witness", about, vectors, {"context": context})]
