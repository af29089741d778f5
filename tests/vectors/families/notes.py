"""Signed notes, checkpoints, log policies and cosignatures: SPEC 1.8, 2.1, 10.2 and 10.10."""

from nacl.signing import SigningKey

from tests.support.forge import b64, cosign_note, key_id, public, sha, sign_note, tree_root, vkey
from tests.support.mldsa import ml_line, ml_message, ml_public, ml_seed, ml_sign_kept, ml_vkey
from tests.vectors.families.base import Family, Vector, octets, unique, vector

OK, BAD, MALFORMED, UNKNOWN, USAGE, QUORUM = (
    "ok",
    "bad-signature",
    "malformed",
    "unknown-key",
    "usage",
    "quorum",
)
ORIGIN = "acme.example/log"
KELVIN = "\u212a"


def signing_key(name: str) -> SigningKey:
    """Return a key that follows from its name."""
    return SigningKey(sha(f"vectors/{name}".encode()))


LOG = signing_key("log")
LOG_VKEY = vkey(ORIGIN, public(LOG))
WITNESSES = {name: signing_key(name) for name in ("w1", "w2", "w3", "w4")}
TEXT = f"{ORIGIN}\n3\n{b64(tree_root([sha(b'x'), sha(b'y'), sha(b'z')]))}\n"


def witness_vkey(name: str) -> str:
    """Return the vkey of a witness, whose key is named `<name>.example`."""
    return vkey(f"{name}.example", public(WITNESSES[name]), 4)


def cosign(name: str, at_s: int, text: str = TEXT) -> str:
    """Return a witness's signature line."""
    return cosign_note(text, f"{name}.example", WITNESSES[name], at_s)


def signed(text: str = TEXT, *lines: str, name: str = ORIGIN) -> str:
    """Return a note with a text, signed by the log, and further signature lines."""
    return f"{text}\n{sign_note(text, name, LOG)}{''.join(lines)}"


def line(name: str, data: bytes) -> str:
    """Return any signature line."""
    return f"\u2014 {name} {b64(data)}\n"


def _note(
    name: str, expect: str, note: str | bytes, keys: list[str] | None = None, spec: str = "2.1"
) -> Vector:
    data = note.encode() if isinstance(note, str) else note
    return vector(name, spec, expect, input=octets(data), keys=[LOG_VKEY] if keys is None else keys)


def _good_notes() -> list[Vector]:
    witnesses = [witness_vkey(name) for name in WITNESSES]
    unknown = line("else.example", sha(b"a") + sha(b"b") + b"four")
    twin = key_id(ORIGIN, public(LOG))
    return [
        _note("one-signature", OK, signed()),
        _note("text-with-blank-lines", OK, signed("first\n\nsecond\n\n\nthird\n")),
        _note("text-of-one-newline", OK, signed("\n")),
        _note("text-that-looks-like-a-signature", OK, signed(f"{TEXT}\n{line('a', b'12345678')}")),
        _note("text-not-ascii", OK, signed("\u00e4 \u2014 \U0001d11e\n")),
        _note("text-with-del", OK, signed("\x7f\n")),
        _note("unknown-key-beside-a-known", OK, signed(TEXT, unknown)),
        _note("unknown-key-id-under-a-known-name", OK, signed(TEXT, line(ORIGIN, b"\0\0\0\0" + bytes(64)))),
        _note("known-key-id-under-an-unknown-name", OK, signed(TEXT, line("else.example", twin + bytes(64)))),
        _note("unknown-signature-of-one-byte", OK, signed(TEXT, line("else.example", b"\0\0\0\0\0"))),
        _note("16-signatures", OK, signed(TEXT, *[unknown] * 15), spec="1.8 2.1"),
        _note("256-signatures", OK, signed(TEXT, *[unknown] * 255), spec="1.8 2.1"),
        _note(
            "16-signatures-of-ml-dsa-44",
            OK,
            signed(TEXT, *[ml_cosign("p1", 100)] * 15),
            [LOG_VKEY, ml_witness_vkey("p1")],
            spec="1.8 2.1",
        ),
        _note("the-same-signature-twice", OK, signed(TEXT, sign_note(TEXT, ORIGIN, LOG))),
        _note("cosigned", OK, signed(TEXT, cosign("w1", 1_767_225_600)), [LOG_VKEY, *witnesses]),
        _note("cosigned-at-0", OK, signed(TEXT, cosign("w1", 0)), [LOG_VKEY, *witnesses]),
        _note("of-128-KiB", OK, signed("a" * (131_072 - len(signed("\n").encode())) + "\n"), spec="1.8"),
    ]


def _bad_notes() -> list[Vector]:
    good = signed()
    text, mark = TEXT, sign_note(TEXT, ORIGIN, LOG)
    name_id = key_id(ORIGIN, public(LOG))
    unknown = line("else.example", b"four" + bytes(64))
    witnesses = [LOG_VKEY, witness_vkey("w1")]
    bad_cosign = cosign("w1", 1_767_225_600, TEXT.replace("3", "4"))
    late = cosign("w1", 1_767_225_600).rstrip("\n").split(" ")
    return [
        _note("empty", MALFORMED, ""),
        _note("no-blank-line", MALFORMED, text + mark),
        _note("no-signature", MALFORMED, text + "\n"),
        _note("no-text", MALFORMED, "\n" + mark),
        _note("last-newline-missing", MALFORMED, good[:-1]),
        _note("newline-too-many", MALFORMED, good + "\n"),
        _note("carriage-returns", MALFORMED, good.replace("\n", "\r\n")),
        _note("tab-in-text", MALFORMED, signed("a\tb\n")),
        _note("nul-in-text", MALFORMED, signed("a\0b\n")),
        _note("escape-in-text", MALFORMED, signed("a\x1bb\n")),
        _note("not-utf-8", MALFORMED, good.encode().replace(b"acme", b"acm\xff")),
        _note("hyphen-for-dash", MALFORMED, good.replace("\u2014", "-")),
        _note("no-space-after-dash", MALFORMED, good.replace("\u2014 ", "\u2014")),
        _note("two-spaces-after-dash", MALFORMED, good.replace("\u2014 ", "\u2014  ")),
        _note("two-spaces-after-name", MALFORMED, good.replace(f" {ORIGIN} ", f" {ORIGIN}  ")),
        _note("space-at-the-end-of-the-line", MALFORMED, good[:-1] + " \n"),
        _note("name-missing", MALFORMED, good.replace(f"\u2014 {ORIGIN} ", "\u2014 ")),
        _note("name-with-plus", MALFORMED, signed(TEXT, line("a+b", b"four" + bytes(64)))),
        _note("name-with-no-break-space", MALFORMED, signed(TEXT, line("a\u00a0b", b"four" + bytes(64)))),
        _note("base64-with-stray-bits", MALFORMED, signed(TEXT, "\u2014 else.example AAAAAAB=\n")),
        _note("base64-not-padded", MALFORMED, signed(TEXT, "\u2014 else.example AAAAAAA\n")),
        _note("key-id-alone", MALFORMED, signed(TEXT, line("else.example", b"four"))),
        _note("key-id-cut", MALFORMED, signed(TEXT, line("else.example", b"fou"))),
        _note("257-signatures", MALFORMED, signed(TEXT, *[unknown] * 256), spec="1.8"),
        _note(
            "past-128-KiB", MALFORMED, signed("a" * (131_073 - len(signed("\n").encode())) + "\n"), spec="1.8"
        ),
        _note("text-changed", BAD, good.replace("\n3\n", "\n4\n")),
        _note("known-key-fails", BAD, f"{text}\n{line(ORIGIN, name_id + bytes(64))}"),
        _note("known-key-fails-beside-a-good-line", BAD, signed(TEXT, line(ORIGIN, name_id + bytes(64)))),
        _note("known-key-signature-cut", BAD, f"{text}\n{line(ORIGIN, name_id + bytes(63))}"),
        _note("blank-line-moved", BAD, good.replace("\n\n", "\n\n\n")),
        _note("known-witness-fails", BAD, signed(TEXT, bad_cosign), witnesses),
        _note(
            "known-witness-without-its-time",
            BAD,
            signed(TEXT, line("w1.example", key_id("w1.example", public(WITNESSES["w1"]), 4) + bytes(64))),
            witnesses,
        ),
        _note(
            "known-witness-other-time",
            BAD,
            signed(TEXT, _at_other_time("w1", 1_767_225_600, 1_767_225_601)),
            witnesses,
        ),
        _note("only-unknown-keys", UNKNOWN, f"{text}\n{unknown}"),
        _note("no-key-known", UNKNOWN, good, []),
        _note("key-known-by-another-name", UNKNOWN, good, [vkey("acme.example/other", public(LOG))]),
        _note("cosignature-alone", OK, f"{text}\n{' '.join(late)}\n", witnesses),
    ]


def _at_other_time(name: str, signed_s: int, stated_s: int) -> str:
    """Return a cosignature whose line states another time than was signed."""
    signature = WITNESSES[name].sign(f"cosignature/v1\ntime {signed_s}\n{TEXT}".encode()).signature
    mark = key_id(f"{name}.example", public(WITNESSES[name]), 4)
    return line(f"{name}.example", mark + stated_s.to_bytes(8, "big") + signature)


def _ml_dsa(name: str) -> str:
    """Return a line of the size of an ML-DSA-44 cosignature by a key of zeros; its signature is none."""
    return line(name, sha(name.encode() + b"\n\x06" + bytes(1312))[:4] + bytes(8 + 2420))


ML_SEEDS = {name: ml_seed(name) for name in ("p1", "p2", "w1")}


def ml_witness_vkey(name: str) -> str:
    """Return the vkey of a witness with ML-DSA-44, whose key is named `<name>.example`."""
    return ml_vkey(f"{name}.example", ML_SEEDS[name])


def ml_cosign(
    name: str,
    at_s: int,
    text: str = TEXT,
    *,
    stated_s: int | None = None,
    under: str | None = None,
    context: bytes = b"",
    start: int = 0,
    label: bytes = b"subtree/v1\n\0",
) -> str:
    """Return a witness's ML-DSA-44 signature line; what is signed may differ from what is shown."""
    who = f"{name}.example"
    message = ml_message(under or who, text, at_s, start=start, label=label)
    signature = ml_sign_kept(ML_SEEDS[name], message, context)
    return ml_line(who, ML_SEEDS[name], at_s if stated_s is None else stated_s, signature)


def _ml_vector(
    name: str, expect: str | list[str], note: str, rule: str = "quorum p1\n", **members: object
) -> Vector:
    keys = {one: ml_witness_vkey(one) for one in ("p1", "p2")}
    keys |= {"w1": witness_vkey("w1"), "w1-pq": ml_witness_vkey("w1")}
    witnesses = "".join(f"witness {one} {key}\n" for one, key in keys.items() if one in rule.split())
    spec = members.pop("spec", "2.5")
    policy = f"log {LOG_VKEY}\n{witnesses}{rule}"
    return vector(name, str(spec), expect, input=octets(note.encode()), log_policy=policy, **members)


def _ml_cosignatures() -> list[Vector]:
    """SPEC 2.5: what an ML-DSA-44 key signs, byte by byte."""
    extended = TEXT + "an extension\n"
    ed25519_id = key_id("w1.example", public(WITNESSES["w1"]), 4)
    other = f"{ORIGIN}\n4\n{TEXT.split(chr(10))[2]}\n"
    by_ed25519 = WITNESSES["w1"].sign(ml_message("w1.example", TEXT, 100)).signature
    by_text = ml_sign_kept(ML_SEEDS["p1"], f"cosignature/v1\ntime 100\n{TEXT}".encode())
    good = ml_sign_kept(ML_SEEDS["p1"], ml_message("p1.example", TEXT, 100))
    any_of = "group g any w1 w1-pq\n"
    two = f"{any_of}group h 2 g p1 p2\nquorum h\n"

    def by_p1(signature: bytes) -> str:
        return signed(TEXT, ml_line("p1.example", ML_SEEDS["p1"], 100, signature))

    return [
        _ml_vector("ml-dsa-44", OK, signed(TEXT, ml_cosign("p1", 100)), time_s=100),
        _ml_vector(
            "ml-dsa-44-of-two",
            OK,
            signed(TEXT, ml_cosign("p1", 100), ml_cosign("p2", 200)),
            "group g all p1 p2\nquorum g\n",
            time_s=100,
        ),
        # It signs origin, size and root, and nothing that follows them.
        _ml_vector(
            "ml-dsa-44-extension-lines-are-not-signed", OK, signed(extended, ml_cosign("p1", 100)), time_s=100
        ),
        _ml_vector("ml-dsa-44-other-size", BAD, signed(TEXT, ml_cosign("p1", 100, other))),
        _ml_vector(
            "ml-dsa-44-other-origin", BAD, signed(TEXT, ml_cosign("p1", 100, TEXT.replace("acme", "acmf")))
        ),
        _ml_vector(
            "ml-dsa-44-other-root",
            BAD,
            signed(TEXT, ml_cosign("p1", 100, TEXT.replace(TEXT.split("\n")[2], b64(sha(b"other"))))),
        ),
        _ml_vector("ml-dsa-44-other-time", BAD, signed(TEXT, ml_cosign("p1", 100, stated_s=101))),
        _ml_vector("ml-dsa-44-other-cosigner", BAD, signed(TEXT, ml_cosign("p1", 100, under="p2.example"))),
        _ml_vector("ml-dsa-44-from-entry-1", BAD, signed(TEXT, ml_cosign("p1", 100, start=1))),
        _ml_vector("ml-dsa-44-other-label", BAD, signed(TEXT, ml_cosign("p1", 100, label=b"subtree/v2\n\0"))),
        _ml_vector(
            "ml-dsa-44-with-a-context", BAD, signed(TEXT, ml_cosign("p1", 100, context=b"subtree/v1"))
        ),
        _ml_vector("ml-dsa-44-over-what-ed25519-signs", BAD, by_p1(by_text)),
        _ml_vector("ml-dsa-44-signature-cut", BAD, by_p1(good[:-1])),
        _ml_vector("ml-dsa-44-signature-too-long", BAD, by_p1(good + b"\0")),
        _ml_vector("ml-dsa-44-signature-of-zeros", BAD, by_p1(bytes(2420))),
        _ml_vector("ml-dsa-44-signature-changed", BAD, by_p1(bytes([good[0] ^ 1]) + good[1:])),
        _ml_vector(
            "ml-dsa-44-without-its-time",
            [BAD, MALFORMED],
            signed(TEXT, line("p1.example", key_id("p1.example", ml_public(ML_SEEDS["p1"]), 6) + good)),
        ),
        _ml_vector("ml-dsa-44-past-the-year-9999", MALFORMED, signed(TEXT, ml_cosign("p1", 253_402_300_800))),
        # Of the time 0 it does not say that the tree was the newest one: it holds, and counts for nothing.
        _ml_vector("ml-dsa-44-of-time-0", QUORUM, signed(TEXT, ml_cosign("p1", 0))),
        _ml_vector(
            "ml-dsa-44-of-time-0-beside-another",
            OK,
            signed(TEXT, ml_cosign("p1", 0), ml_cosign("p1", 7)),
            time_s=7,
        ),
        _ml_vector(
            "ml-dsa-44-under-the-id-of-an-ed25519-key",
            BAD,
            signed(TEXT, line("w1.example", ed25519_id + (100).to_bytes(8, "big") + good)),
            "quorum w1\n",
        ),
        _ml_vector(
            "ed25519-under-the-id-of-an-ml-dsa-44-key",
            BAD,
            signed(TEXT, ml_line("w1.example", ML_SEEDS["w1"], 100, by_ed25519)),
            "quorum w1-pq\n",
        ),
        # One witness with keys of both kinds, of which any is enough: it counts once.
        _ml_vector(
            "both-kinds-of-one-witness",
            OK,
            signed(TEXT, cosign("w1", 100), ml_cosign("w1", 200), ml_cosign("p1", 300)),
            two,
            spec="10.2 10.10",
            time_s=200,
        ),
        _ml_vector(
            "both-kinds-of-one-witness-count-once",
            QUORUM,
            signed(TEXT, cosign("w1", 100), ml_cosign("w1", 100)),
            two,
            spec="10.2 10.10",
        ),
        _ml_vector(
            "either-kind-of-one-witness-is-enough",
            OK,
            signed(TEXT, ml_cosign("w1", 100), ml_cosign("p2", 100)),
            two,
            spec="10.2 10.10",
            time_s=100,
        ),
        _ml_vector(
            "ml-dsa-44-is-asked-for-and-ed25519-is-given",
            QUORUM,
            signed(TEXT, cosign("w1", 100)),
            "quorum w1-pq\n",
            spec="10.2",
        ),
    ]


def notes() -> Family:
    """SPEC 2.1 and 1.8."""
    about = "Signed notes, read with the keys that are given: all other keys are unknown."
    return Family("note", about, unique(_good_notes() + _bad_notes()))


def _checkpoint(name: str, expect: str, text: str, spec: str = "2.1", **members: object) -> Vector:
    return vector(
        name,
        spec,
        expect,
        input=octets(signed(text).encode()),
        log_policy=f"log {LOG_VKEY}\nquorum none\n",
        **members,
    )


def checkpoints() -> Family:
    """SPEC 2.1."""
    origin, size, root, _ = TEXT.split("\n")
    vectors = [
        _checkpoint("plain", OK, TEXT, size=3),
        _checkpoint("extension-lines", OK, TEXT + "extension one\nanother\n", size=3),
        _checkpoint("size-0", OK, f"{origin}\n0\n{b64(sha(b''))}\n", size=0),
        _checkpoint("largest-size", OK, f"{origin}\n9007199254740991\n{root}\n", size=2**53 - 1),
        _checkpoint("other-origin", MALFORMED, f"acme.example/other\n{size}\n{root}\n", "10.2 10.10"),
        _checkpoint("origin-empty", MALFORMED, f"\n{size}\n{root}\n"),
        _checkpoint("root-missing", MALFORMED, f"{origin}\n{size}\n"),
        _checkpoint("size-with-leading-zero", MALFORMED, f"{origin}\n03\n{root}\n", "2.1 1.3"),
        _checkpoint("size-with-sign", MALFORMED, f"{origin}\n+3\n{root}\n", "2.1 1.3"),
        _checkpoint("size-empty", MALFORMED, f"{origin}\n\n{root}\n"),
        _checkpoint("size-past-2-to-the-63", MALFORMED, f"{origin}\n9223372036854775808\n{root}\n"),
        _checkpoint("root-of-31-bytes", MALFORMED, f"{origin}\n{size}\n{b64(bytes(31))}\n"),
        _checkpoint("root-of-33-bytes", MALFORMED, f"{origin}\n{size}\n{b64(bytes(33))}\n"),
        _checkpoint("root-in-hex", MALFORMED, f"{origin}\n{size}\n{'0' * 64}\n"),
        _checkpoint("root-not-canonical-base64", MALFORMED, f"{origin}\n{size}\n{root[:-2]}B=\n", "2.1 1.3"),
        _checkpoint("extension-line-empty", MALFORMED, TEXT + "\nafter a blank line\n"),
    ]
    by_witness = f"{TEXT}\n{cosign('w1', 1)}"
    policy = f"log {LOG_VKEY}\nwitness w1 {witness_vkey('w1')}\nquorum w1\n"
    vectors += [
        vector(
            "signed-by-a-witness-alone", "10.2", UNKNOWN, input=octets(by_witness.encode()), log_policy=policy
        ),
        vector(
            "signed-by-another-key-of-the-name",
            "10.2",
            UNKNOWN,
            input=octets(f"{TEXT}\n{sign_note(TEXT, ORIGIN, WITNESSES['w1'])}".encode()),
            log_policy=f"log {LOG_VKEY}\nquorum none\n",
        ),
    ]
    about = "Checkpoints, verified for the log that a log policy names."
    return Family("checkpoint", about, unique(vectors))


def _log_policy_lines() -> dict[str, str]:
    w1, w2, w3 = (f"witness {name} {witness_vkey(name)}\n" for name in ("w1", "w2", "w3"))
    log = f"log {LOG_VKEY}\n"
    return {"log": log, "w1": w1, "w2": w2, "w3": w3}


def log_policies() -> Family:
    """SPEC 10.10 and C2SP tlog-policy."""
    lines = _log_policy_lines()
    log, w1, w2, w3 = lines.values()
    of_two, of_three = "group h all g w2\nquorum h\n", "group h all g p1 w2\nquorum h\n"
    p1 = f"witness p1 {ml_witness_vkey('w1')}\n"
    same = f"witness same {vkey('w1.example', public(WITNESSES['w4']), 4)}\n"
    second = f"log {vkey(ORIGIN, public(WITNESSES['w4']))}\n"
    good = {
        "no-witness": f"{log}quorum none\n",
        "no-last-newline": f"{log}quorum none",
        "url": f"log {LOG_VKEY} https://acme.example/log\nquorum none\n",
        "comments-and-blank-lines": f"# a comment\n\n \t\n  # another\n{log}quorum none\n",
        "tabs-and-spaces": f"\tlog \t {LOG_VKEY} \nquorum\tnone\t\n",
        "one-witness": f"{log}{w1}quorum w1\n",
        "witness-not-in-the-quorum": f"{log}{w1}quorum none\n",
        "group-of-all": f"{log}{w1}{w2}group g all w1 w2\nquorum g\n",
        "group-of-2-in-3": f"{log}{w1}{w2}{w3}group g 2 w1 w2 w3\nquorum g\n",
        "nested-groups": f"{log}{w1}{w2}{w3}group g any w1 w2\ngroup h all g w3\nquorum h\n",
        "log-after-witness": f"{w1}{log}quorum w1\n",
        "two-keys-of-one-log": f"{log}{second}quorum none\n",
        "name-not-ascii": f"{log}{w1.replace('w1 ', KELVIN + ' ', 1)}quorum {KELVIN}\n",
        "ml-dsa-44": f"{log}{p1}quorum p1\n",
        "two-kinds-of-one-witness": f"{log}{w1}{p1}group g any w1 p1\nquorum g\n",
        "two-kinds-of-one-witness-in-a-quorum": f"{log}{w1}{p1}{w2}group g 1 w1 p1\n{of_two}",
        "two-kinds-of-one-witness-of-which-one-counts": f"{log}{w1}{p1}{w2}group g all p1 w2\nquorum g\n",
    }
    bad = {
        "two-kinds-of-one-witness-count-twice": f"{log}{w1}{p1}{w2}group g 2 w1 p1 w2\nquorum g\n",
        "two-kinds-of-one-witness-in-two-groups": f"{log}{w1}{p1}{w2}group g any w1\n{of_three}",
        "two-keys-of-one-witness-count-twice": f"{log}{w1}{same}group g all w1 same\nquorum g\n",
        "ml-dsa-44-key-twice": f"{log}{p1}{p1.replace('p1 ', 'p3 ', 1)}quorum p1\n",
        "log-key-of-type-06": f"log {ml_vkey(ORIGIN, ML_SEEDS['w1'])}\nquorum none\n",
        "empty": "",
        "no-log": f"{w1}quorum w1\n",
        "no-quorum": log,
        "two-quorums": f"{log}quorum none\nquorum none\n",
        "two-origins": f"{log}log {vkey('acme.example/other', public(WITNESSES['w4']))}\nquorum none\n",
        "log-twice": f"{log}{log}quorum none\n",
        "unknown-word": f"{log}monitor a\nquorum none\n",
        "word-in-upper-case": f"LOG {LOG_VKEY}\nquorum none\n",
        "quorum-not-defined": f"{log}quorum w1\n",
        "quorum-defined-later": f"{log}quorum w1\n{w1}",
        "quorum-of-two-names": f"{log}{w1}{w2}quorum w1 w2\n",
        "member-not-defined": f"{log}{w1}group g all w1 w2\nquorum g\n",
        "member-defined-later": f"{log}{w1}group g all w1 w2\n{w2}quorum g\n",
        "member-of-itself": f"{log}{w1}group g any w1 g\nquorum g\n",
        "member-twice": f"{log}{w1}group g 2 w1 w1\nquorum g\n",
        "member-of-two-groups": f"{log}{w1}{w2}group g any w1\ngroup h all w1 w2\nquorum h\n",
        "member-none": f"{log}{w1}group g any w1 none\nquorum g\n",
        "group-without-members": f"{log}group g all\nquorum g\n",
        "group-of-0": f"{log}{w1}group g 0 w1\nquorum g\n",
        "group-of-more-than-there-are": f"{log}{w1}group g 2 w1\nquorum g\n",
        "group-number-with-leading-zero": f"{log}{w1}group g 01 w1\nquorum g\n",
        "name-twice": f"{log}{w1}{w2.replace('w2 ', 'w1 ', 1)}quorum w1\n",
        "name-of-a-witness-and-a-group": f"{log}{w1}{w2}group w1 any w2\nquorum w1\n",
        "witness-named-none": f"{log}{w1.replace('w1 ', 'none ', 1)}quorum none\n",
        "witness-key-twice": f"{log}{w1}{w1.replace('w1 ', 'w5 ', 1)}quorum w1\n",
        "witness-with-the-log's-key": f"{log}witness w {vkey('w', public(LOG), 4)}\nquorum w\n",
        "witness-key-of-type-01": f"{log}witness w {vkey('w', public(WITNESSES['w1']))}\nquorum w\n",
        "log-key-of-type-04": f"log {vkey(ORIGIN, public(LOG), 4)}\nquorum none\n",
        "vkey-with-wrong-id": f"{log.replace(key_id(ORIGIN, public(LOG)).hex(), '0' * 8)}quorum none\n",
        "log-with-two-urls": f"log {LOG_VKEY} https://a.example https://b.example\nquorum none\n",
        "carriage-return": f"{log}quorum none\r\n",
        "vertical-tab": f"{log}quorum\vnone\n",
        "control-character-in-a-comment": f"{log}# a\x01b\nquorum none\n",
        "no-break-space": f"{log}quorum\u00a0none\n",
    }
    vectors = [vector(name, "10.10", OK, log_policy=text) for name, text in good.items()]
    vectors += [vector(name, "10.10", USAGE, log_policy=text) for name, text in bad.items()]
    about = (
        "Log policies (C2SP tlog-policy) as a trust file carries them: exactly one log, by one or more keys."
    )
    return Family("log-policy", about, unique(vectors))


def _quorum(
    name: str, expect: str, rule: str, cosigned: dict[str, int], spec: str = "10.2", **members: object
) -> Vector:
    witnesses = "".join(f"witness {one} {witness_vkey(one)}\n" for one in ("w1", "w2", "w3"))
    return vector(
        name,
        spec,
        expect,
        input=octets(signed(TEXT, *[cosign(one, at_s) for one, at_s in cosigned.items()]).encode()),
        log_policy=f"log {LOG_VKEY}\n{witnesses}{rule}",
        **members,
    )


def cosignatures() -> Family:
    """SPEC 10.2: the witness quorum, and the time that it proves."""
    two = "group g 2 w1 w2 w3\nquorum g\n"
    nested = "group g any w1 w2\ngroup h all g w3\nquorum h\n"
    vectors = [
        _quorum("none-asked-none-given", OK, "quorum none\n", {}, time_s=None),
        _quorum("none-asked-one-given", OK, "quorum none\n", {"w1": 100}, time_s=None),
        _quorum("one-of-one", OK, "quorum w1\n", {"w1": 100}, "10.2 8.3", time_s=100),
        # Two witnesses vouch for the checkpoint since the earlier of the two times.
        _quorum("two-of-three", OK, two, {"w1": 100, "w3": 200}, "10.2 8.3", time_s=100),
        _quorum("three-of-three", OK, two, {"w1": 100, "w2": 300, "w3": 200}, "10.2 8.3", time_s=200),
        _quorum("nested", OK, nested, {"w2": 100, "w3": 200}, time_s=100),
        _quorum("unknown-witness-beside", OK, "quorum w1\n", {"w1": 100, "w4": 900}, time_s=100),
        _quorum("none-of-one", QUORUM, "quorum w1\n", {}),
        _quorum("another-of-one", QUORUM, "quorum w1\n", {"w2": 100}),
        _quorum("one-of-three-where-two-are-asked", QUORUM, two, {"w1": 100}),
        _quorum("unknown-witness-counts-nothing", QUORUM, two, {"w1": 100, "w4": 100}),
        _quorum("nested-without-the-inner", QUORUM, nested, {"w3": 100}),
        _quorum("nested-without-the-outer", QUORUM, nested, {"w1": 100, "w2": 100}),
    ]
    twice = signed(TEXT, cosign("w1", 100), cosign("w1", 200))
    policy = "".join(f"witness {one} {witness_vkey(one)}\n" for one in ("w1", "w2", "w3"))
    vectors += [
        vector(
            "one-witness-twice-is-one",
            "10.2",
            QUORUM,
            input=octets(twice.encode()),
            log_policy=f"log {LOG_VKEY}\n{policy}{two}",
        ),
        vector(
            "cosignature-of-another-text",
            "10.2",
            BAD,
            input=octets(signed(TEXT, cosign("w1", 100, TEXT + "extension\n")).encode()),
            log_policy=f"log {LOG_VKEY}\n{policy}quorum none\n",
        ),
        vector(
            "witness-signed-as-a-log-does",
            "10.2",
            QUORUM,
            input=octets(signed(TEXT, sign_note(TEXT, "w1.example", WITNESSES["w1"])).encode()),
            log_policy=f"log {LOG_VKEY}\n{policy}quorum w1\n",
        ),
    ]
    extended = TEXT + "an extension\n"
    vectors += [
        vector(
            "with-extension-lines",
            "2.5",
            OK,
            input=octets(signed(extended, cosign("w1", 100, extended)).encode()),
            log_policy=f"log {LOG_VKEY}\n{policy}quorum w1\n",
            time_s=100,
        ),
        # Of the same name, with a key id of type 0x06: a key that nobody here knows.
        vector(
            "a-line-of-type-06-beside",
            "2.5",
            OK,
            input=octets(signed(TEXT, cosign("w1", 100), _ml_dsa("w1.example")).encode()),
            log_policy=f"log {LOG_VKEY}\n{policy}quorum w1\n",
            time_s=100,
        ),
        vector(
            "a-line-of-type-06-alone",
            "2.5",
            QUORUM,
            input=octets(signed(TEXT, _ml_dsa("w1.example")).encode()),
            log_policy=f"log {LOG_VKEY}\n{policy}quorum w1\n",
        ),
        vector(
            "time-that-was-not-signed",
            "2.5",
            BAD,
            input=octets(signed(TEXT, _at_other_time("w1", 100, 900)).encode()),
            log_policy=f"log {LOG_VKEY}\n{policy}quorum w1\n",
        ),
        vector(
            "time-past-the-year-9999",
            "2.5",
            MALFORMED,
            input=octets(signed(TEXT, cosign("w1", 253_402_300_800)).encode()),
            log_policy=f"log {LOG_VKEY}\n{policy}quorum w1\n",
        ),
        vector(
            "cosigned-under-another-name",
            "2.5",
            QUORUM,
            input=octets(signed(TEXT, cosign_note(TEXT, "other.example", WITNESSES["w1"], 100)).encode()),
            log_policy=f"log {LOG_VKEY}\n{policy}quorum w1\n",
        ),
    ]
    vectors += _ml_cosignatures()
    about = "Cosigned checkpoints. `time_s` is the time since which a quorum vouches for the checkpoint."
    return Family("cosignature", about, unique(vectors))


def families() -> list[Family]:
    """List this module's families."""
    return [notes(), checkpoints(), log_policies(), cosignatures()]
