"""Files that prove one entry of the six that the family `entry` begins with: SPEC 2.4 and C2SP tlog-proof."""

from tests.support.forge import b64, inclusion_path, sha, sign_note
from tests.vectors.families.base import Family, Vector, octets, unique, vector
from tests.vectors.families.entries import CONTEXT
from tests.vectors.families.notes import cosign, witness_vkey
from tests.vectors.families.trees import flip

OK, MALFORMED, INCLUSION = "ok", "malformed", "inclusion"
ORIGIN = CONTEXT.origin


def _tlog_checkpoint(*lines: str, origin: str = ORIGIN, size: int = 6, top: bytes = b"") -> str:
    text = f"{origin}\n{size}\n{b64(top or CONTEXT.roots[size])}\n"
    return f"{text}\n{sign_note(text, origin, CONTEXT.log_key)}{''.join(lines)}"


def _tlog_proof(entry: int = 3, **changes: str) -> str:
    hashes = "".join(f"{b64(one)}\n" for one in inclusion_path(entry, CONTEXT.leaves))
    given = {
        "header": "c2sp.org/tlog-proof@v1\n",
        "extra": f"extra {b64(CONTEXT.entries[entry])}\n",
        "index": f"index {entry}\n",
        "hashes": hashes,
        "blank": "\n",
        "checkpoint": _tlog_checkpoint(),
        **changes,
    }
    return "".join(given[part] for part in ("header", "extra", "index", "hashes", "blank", "checkpoint"))


def tlog_proofs() -> Family:
    """SPEC 2.4 and C2SP tlog-proof."""
    plain = f"log {CONTEXT.log_vkey}\nquorum none\n"
    witnessed = f"log {CONTEXT.log_vkey}\nwitness w1 {witness_vkey('w1')}\nquorum w1\n"
    text = _tlog_checkpoint().split("\n\n")[0] + "\n"

    def one(
        name: str, expect: str | list[str], proof: str, log_policy: str = plain, spec: str = "2.4"
    ) -> Vector:
        return vector(
            name, spec, expect, input=octets(proof.encode()), trust=CONTEXT.trust(policy=log_policy)
        )

    hashes = inclusion_path(3, CONTEXT.leaves)
    vectors = [
        one("middle-entry", OK, _tlog_proof(3)),
        one("last-entry", OK, _tlog_proof(5)),
        one("cosigned", OK, _tlog_proof(checkpoint=_tlog_checkpoint(cosign("w1", 100, text))), witnessed),
        one("empty", MALFORMED, ""),
        one("header-of-another-version", MALFORMED, _tlog_proof(header="c2sp.org/tlog-proof@v2\n")),
        one("header-missing", MALFORMED, _tlog_proof(header="")),
        one("entry-missing", MALFORMED, _tlog_proof(extra="")),
        one("entry-with-stray-bits", MALFORMED, _tlog_proof(extra="extra AAB=\n")),
        one("entry-after-index", MALFORMED, _tlog_proof(extra="index 3\n", index="extra ZW50cnkgMw==\n")),
        one("index-missing", MALFORMED, _tlog_proof(index="")),
        one("index-with-leading-zero", MALFORMED, _tlog_proof(index="index 03\n")),
        one("index-negative", MALFORMED, _tlog_proof(index="index -3\n")),
        one("index-past-2-to-the-64", MALFORMED, _tlog_proof(index="index 18446744073709551619\n")),
        one("hash-of-31-bytes", MALFORMED, _tlog_proof(hashes=f"{b64(bytes(31))}\n")),
        one("hash-with-stray-bits", MALFORMED, _tlog_proof(hashes=f"{b64(bytes(32))[:-2]}B=\n")),
        one("64-hashes", [MALFORMED, INCLUSION], _tlog_proof(hashes=f"{b64(bytes(32))}\n" * 64)),
        one("blank-line-missing", MALFORMED, _tlog_proof(blank="")),
        one("carriage-returns", MALFORMED, _tlog_proof().replace("\n", "\r\n")),
        one("checkpoint-missing", MALFORMED, _tlog_proof(checkpoint="")),
        one("checkpoint-not-signed", MALFORMED, _tlog_proof(checkpoint=text)),
        one(
            "checkpoint-of-another-log",
            MALFORMED,
            _tlog_proof(checkpoint=_tlog_checkpoint(origin="else.example")),
        ),
        one("checkpoint-changed", "bad-signature", _tlog_proof().replace("\n6\n", "\n5\n")),
        one(
            "checkpoint-signed-by-nobody-known",
            "unknown-key",
            _tlog_proof(checkpoint=f"{text}\n{cosign('w2', 100, text)}"),
            witnessed,
        ),
        one("witness-missing", "quorum", _tlog_proof(), witnessed, "2.4 10.2"),
        one("other-entry", INCLUSION, _tlog_proof(extra=f"extra {b64(CONTEXT.entries[2])}\n")),
        one("other-index", INCLUSION, _tlog_proof(index="index 2\n")),
        one("index-is-size", INCLUSION, _tlog_proof(index="index 6\n")),
        one("hash-changed", INCLUSION, _tlog_proof().replace(b64(hashes[0]), b64(flip(hashes[0])))),
        one("hash-missing", INCLUSION, _tlog_proof().replace(f"{b64(hashes[0])}\n", "")),
        one(
            "hash-twice",
            INCLUSION,
            _tlog_proof().replace(b64(hashes[0]), f"{b64(hashes[0])}\n{b64(hashes[0])}"),
        ),
        one(
            "checkpoint-of-another-root",
            INCLUSION,
            _tlog_proof(checkpoint=_tlog_checkpoint(top=CONTEXT.roots[4])),
        ),
        one(
            "checkpoint-of-size-0", INCLUSION, _tlog_proof(checkpoint=_tlog_checkpoint(size=0, top=sha(b"")))
        ),
    ]
    about = "Files that prove one entry by themselves, with the log policy that says whose checkpoint counts."
    return Family("tlog-proof", about, unique(vectors))


def families() -> list[Family]:
    """List this module's families."""
    return [tlog_proofs()]
