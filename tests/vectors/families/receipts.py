"""Receipts, and what becomes of the promise: SPEC 2.8 and 9.18."""

from tests.support.forge import sha, sign_note
from tests.vectors.families.base import Family, Vector, octets, unique, vector
from tests.vectors.families.notes import LOG, LOG_VKEY, ORIGIN, cosign, signing_key, witness_vkey

OTHER = signing_key("another-log")
WANTED = sha(b"a statement").hex()
DEADLINE = "2026-03-02T00:00:00.000Z"
BEFORE, AFTER = "2026-03-01T23:59:59.999Z", "2026-03-02T00:00:00.001Z"
TEXT = f"plimsoll/receipt/v1\n{ORIGIN}\n{WANTED}\n{DEADLINE}\n"
POLICY = f"log {LOG_VKEY}\nwitness w1 {witness_vkey('w1')}\nquorum none\n"


def _one(
    name: str, expect: str, note: str, entries: list[list[object]], end: str, spec: str = "9.18"
) -> Vector:
    stated = [{"index": index, "id": ident, "time": time} for index, ident, time in entries]
    return vector(name, spec, expect, input=octets(note.encode()), entries=stated, end=end)


def _signed(text: str = TEXT, lines: str | None = None) -> str:
    return f"{text}\n{sign_note(text, ORIGIN, LOG) if lines is None else lines}"


def _promises() -> list[Vector]:
    other = sha(b"another statement").hex()
    good = _signed()
    late = _signed(TEXT.replace(WANTED, other))
    return [
        _one("in-time", "kept", good, [[3, WANTED, BEFORE]], AFTER, "2.8 9.18"),
        _one("at-the-deadline", "kept", good, [[3, WANTED, DEADLINE]], AFTER),
        _one("in-time-and-not-yet-due", "kept", good, [[3, WANTED, BEFORE]], BEFORE),
        _one("twice-in-the-log", "kept", good, [[3, WANTED, BEFORE], [4, WANTED, AFTER]], AFTER),
        _one("not-yet-due", "open", good, [[3, other, BEFORE]], BEFORE),
        _one("due-now", "open", good, [], DEADLINE),
        _one("overdue", "broken", good, [[3, other, BEFORE]], AFTER),
        _one("overdue-in-an-empty-part", "broken", good, [], AFTER),
        _one("a-millisecond-late", "broken", good, [[3, WANTED, AFTER]], AFTER),
        _one("of-another-statement", "broken", late, [[3, WANTED, BEFORE]], AFTER),
    ]


def _forged() -> list[Vector]:
    text = TEXT
    not_signed_by_it = sign_note(text, "other.example/log", OTHER)
    wrong = sign_note(text + "x", ORIGIN, LOG)
    return [
        _one(name, "usage", note, [], AFTER, "2.8")
        for name, note in (
            ("signed-by-another-log", _signed(lines=not_signed_by_it)),
            ("signed-with-another-key-under-its-name", _signed(lines=sign_note(text, ORIGIN, OTHER))),
            ("signed-by-a-witness-alone", _signed(lines=cosign("w1", 1_800_000_000, text))),
            ("another-text-signed", _signed(lines=wrong)),
            ("not-signed", text),
            ("of-another-log", _signed(text.replace(ORIGIN, "acme.example/other"))),
            ("another-kind", _signed(text.replace("receipt/v1", "receipt/v2"))),
            ("a-line-more", _signed(text + "and more\n")),
            ("a-line-less", _signed(text.replace(f"{DEADLINE}\n", ""))),
            ("id-in-capitals", _signed(text.replace(WANTED, WANTED.upper()))),
            ("id-cut", _signed(text.replace(WANTED, WANTED[:-1]))),
            ("deadline-without-milliseconds", _signed(text.replace(".000Z", "Z"))),
            ("a-checkpoint", _signed(f"{ORIGIN}\n3\n{'A' * 43}=\n")),
        )
    ]


def families() -> list[Family]:
    """Return the family."""
    about = "Receipts, held against the ids and times of entries, judged up to `end`."
    shared = {"context": {"log_policy": POLICY}}
    return [Family("receipts", about, unique(_promises() + _forged()), shared)]
