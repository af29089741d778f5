"""Time stamps and bounds: SPEC 10.13 and 10.14.

The tokens were made once, with `openssl cms`, and are kept in data/time-stamps.json: an ECDSA signature is
another one each time. The bounds need Ed25519 only, and are made here.
"""

import json
from pathlib import Path

from tests.support.forge import cosign_note, sign_note
from tests.vectors.families.base import Family, Vector, unique, vector
from tests.vectors.families.notes import LOG, LOG_VKEY, ORIGIN, WITNESSES, witness_vkey

DATA = Path(__file__).parents[1] / "data" / "time-stamps.json"
AT_S = 1_772_445_600
_COUNT = {
    "good": 1000,
    "by-an-intermediate": 1000,
    "any-of-two-roots": 1000,
    "expired-since": 1000,
    "inexact": 3500,
}
"""Those that count, and how many ms after their time they say at the latest."""

_REJECTED = {"over-another-text", "over-sha-512"}
POLICY = "".join(f"witness {name} {witness_vkey(name)}\n" for name in ("w1", "w2", "w3"))


def _stamps() -> list[Vector]:
    data = json.loads(DATA.read_text(encoding="utf-8"))
    found = []
    for name, one in data["tokens"].items():
        expect = "counts" if name in _COUNT else "anchors" if name in _REJECTED else "ignored"
        stated = {"time_ms": AT_S * 1000, "late_ms": AT_S * 1000 + _COUNT[name]} if name in _COUNT else {}
        found.append(
            vector(name, "10.13", expect, text=data["text"], token=one["token"], roots=one["roots"], **stated)
        )
    return found


def _note(size: int, **at_s: int) -> str:
    text = f"{ORIGIN}\n{size}\n{'A' * 43}=\n"
    lines = [cosign_note(text, f"{name}.example", WITNESSES[name], at) for name, at in at_s.items()]
    return f"{text}\n{sign_note(text, ORIGIN, LOG)}{''.join(lines)}"


def _bounds() -> list[Vector]:
    found = []

    def case(
        name: str,
        quorum: str,
        kept: list[str],
        seen: list[str],
        bounds: list[list[int | None]],
        stamps: list[list[int]] | None = None,
    ) -> None:
        policy = f"log {LOG_VKEY}\n{POLICY}{quorum}\n"
        found.append(
            vector(
                name,
                "10.14",
                "ok",
                log_policy=policy,
                kept=kept,
                stamps=stamps or [],
                seen=seen,
                bounds=bounds,
            )
        )

    plain = ["", _note(1), _note(2), _note(3)]
    one, two = "quorum w1", "group g 2 w1 w2 w3\nquorum g"
    none: list[list[int | None]] = [[0, None]] * 4
    case("nobody-vouches", one, [_note(4)], plain, none)
    case("no-witness-is-asked-for", "quorum none", [_note(4, w1=50)], ["", _note(1, w1=9), *plain[2:]], none)
    case("a-checkpoint-bounds-what-it-holds", one, [_note(2, w1=50)], plain, [[0, 50], [0, 50], *none[2:]])
    case(
        "the-earliest-of-several", one, [_note(1, w1=70), _note(3, w1=50), _note(4, w1=60)], plain,
        [[0, 50], [0, 50], [0, 50], [0, 60]],
    )  # fmt: skip
    case("too-few-bound-nothing", two, [_note(4, w1=50)], plain, none)
    case("a-quorum-is-there-with-its-second", two, [_note(4, w1=50, w2=90, w3=70)], plain, [[0, 70]] * 4)
    case("a-stranger-bounds-nothing", one, [_note(4, w2=50)], plain, none)
    case(
        "a-time-stamp-bounds", one, [_note(4, w1=80)], plain, [[0, 61], [0, 61], [0, 80], [0, 80]], [[2, 61]]
    )
    case("a-later-time-stamp-does-not", one, [_note(4, w1=60)], plain, [[0, 60]] * 4, [[4, 61]])
    below = ["", _note(1), _note(2, w1=30), _note(3)]
    case("what-was-seen-bounds-all-that-follows", one, [], below, [*none[:2], [30, None], [30, None]])
    back = ["", _note(1, w1=40), _note(2, w1=30), _note(3)]
    case("a-bound-from-below-never-falls", one, [], back, [[0, None], *[[40, None]] * 3])
    quorum = ["", _note(1, w1=40, w2=20, w3=30), _note(2, w1=90), _note(3)]
    case("seen-since-the-second-newest", two, [], quorum, [[0, None], *[[30, None]] * 3])
    spoilt = _note(2, w1=30)[:-6] + "AAAA=\n"
    case("a-cosignature-that-fails-bounds-nothing", one, [], ["", _note(1), spoilt, _note(3)], none)
    case("both", one, [_note(4, w1=50)], below, [[0, 50], [0, 50], [30, 50], [30, 50]])
    return found


def families() -> list[Family]:
    """Return the families."""
    return [
        Family(
            "time-stamps", "RFC 3161 tokens over the text of a checkpoint, under roots.", unique(_stamps())
        ),
        Family(
            "time-bounds",
            "Bounds of entries, in s: from retained checkpoints, time stamps, and what authors had seen.",
            unique(_bounds()),
        ),
    ]
