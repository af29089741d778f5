"""Trust files, and whole published ledgers as files with one thing wrong: SPEC 2.3, 6.1 and 10.1 to 10.7.

Two ledgers are given once: `small` (the six entries of the family `entry`) and `wide` (a genesis and 299
entries that are no entries, so that there is a full tile). A vector sets some of their files, or takes them
away; or it is a ledger of its own.
"""

import copy
from typing import Any

from tests.support.forge import Forge, b64, sha, sign_note, tile_path, vkey
from tests.vectors.families.base import Family, Vector, octets, unique, vector
from tests.vectors.families.entries import CONTEXT
from tests.vectors.families.notes import LOG_VKEY, line, witness_vkey
from tests.vectors.families.trees import flip

OK, USAGE = "ok", "usage"
ENTRIES, TREE = ["entries", "tile", "root"], ["tile", "root"]
FILES = dict[str, bytes | None]


def trust_files() -> Family:
    """SPEC 10.1 and 10.10."""
    ada = CONTEXT.person("ada")
    head = f'genesis = "{"0" * 64}"\n'
    policy = f"log_policy = '''\nlog {LOG_VKEY}\nquorum none\n'''\n"
    day = 86_400_000
    ages = {
        "1 minute": 60_000,
        "90 minutes": 5_400_000,
        "36 hours": 129_600_000,
        "1 day": day,
        "2 weeks": 14 * day,
    }
    good: dict[str, tuple[str, int | None, list[str]]] = {
        "least": (head + policy, None, []),
        "with-pins": (f'{head}{policy}[persons]\nada = "{ada.vkey}"\n', None, ["ada"]),
        "with-no-pin": (f"{head}{policy}[persons]\n", None, []),
        "with-comments": (f"# for the audit\n{head}{policy}", None, []),
        "with-tsa-roots": (f'{head}{policy}tsa_roots = ""\n', None, []),
        "policy-on-one-line": (f'{head}log_policy = "log {LOG_VKEY}\\nquorum none\\n"\n', None, []),
    }
    good |= {f"max-age-of-{age}": (f'{head}{policy}max_age = "{age}"\n', ms, []) for age, ms in ages.items()}
    bad_ages = [
        "",
        "1 days",
        "2 day",
        "0 days",
        "-1 days",
        "1.5 days",
        "01 days",
        "30days",
        "30  days",
        "30 Days",
    ]
    bad_ages += [
        "30",
        "one day",
        "1 month",
        "1 year",
        "1 fortnight",
        " 30 days",
        "30 days ",
        "30 days 4 hours",
    ]
    bad = {
        "empty": "",
        "no-toml": "genesis: 0",
        "genesis-missing": policy,
        "genesis-twice": head + head + policy,
        "genesis-in-upper-case": f'genesis = "{"A" * 64}"\n{policy}',
        "genesis-of-63-digits": f'genesis = "{"0" * 63}"\n{policy}',
        "genesis-a-number": f"genesis = 0\n{policy}",
        "policy-missing": head,
        "policy-empty": f'{head}log_policy = ""\n',
        "policy-without-quorum": f"{head}log_policy = 'log {LOG_VKEY}'\n",
        "policy-a-table": f"{head}[log_policy]\nlog = '{LOG_VKEY}'\n",
        "member-unknown": f"{head}{policy}max-age = '1 day'\n",
        "age-a-number": f"{head}{policy}max_age = 30\n",
        "persons-an-array": f"{head}{policy}persons = []\n",
        "person-without-key": f'{head}{policy}[persons]\nada = ""\n',
        "person-with-a-number": f"{head}{policy}[persons]\nada = 1\n",
        "person-with-a-key-of-another-name": f'{head}{policy}[persons]\neva = "{ada.vkey}"\n',
        "person-in-upper-case": f'{head}{policy}[persons]\nAda = "{vkey("Ada", ada.public)}"\n',
        "person-with-a-key-of-type-04": f'{head}{policy}[persons]\nada = "{vkey("ada", ada.public, 4)}"\n',
    }
    vectors = [
        vector(name, "10.10", OK, input=octets(text.encode()), max_age_ms=age, persons=persons)
        for name, (text, age, persons) in good.items()
    ]
    vectors += [vector(name, "10.1 10.10", USAGE, input=octets(text.encode())) for name, text in bad.items()]
    vectors += [
        vector(
            f"max-age-{age!r}", "10.10", USAGE, input=octets(f"{head}{policy}max_age = '{age}'\n".encode())
        )
        for age in bad_ages
    ]
    not_utf_8 = f"# \u00e9\n{head}{policy}".encode("latin-1")
    vectors.append(vector("not-utf-8", "10.10", USAGE, input=octets(not_utf_8)))
    return Family("trust-file", "Trust files, as an auditor hands them in.", unique(vectors))


def small() -> Forge:
    """Return the six entries, with retained checkpoints."""
    forge = copy.deepcopy(CONTEXT)
    for size in (1, 4):
        forge.retained[size] = forge.checkpoint(size)
    return forge


def wide() -> Forge:
    """Return a genesis and 299 entries that cannot be read."""
    forge = Forge(seed="wide vectors")
    for index in range(1, 300):
        forge.append(b"entry %d" % index)
    return forge


SMALL, WIDE = small(), wide()
BASES = {"small": SMALL, "wide": WIDE}
BUNDLE, TILE, PACK = tile_path("entries", 0, 6), tile_path(0, 0, 6), "bodies/000"


def edit(old: bytes, new: bytes) -> dict[str, Any]:
    """Write a file's bytes, or what they differ in: how many first and last bytes of the old file stay."""
    most = min(len(old), len(new))
    first = next((at for at in range(most) if old[at] != new[at]), most)
    last = next((at for at in range(most - first) if old[-1 - at] != new[-1 - at]), most - first)
    if first + last < len(new) / 2:
        return octets(new)
    return {"first": first, "then": octets(new[first : len(new) - last]), "last": last}


def changed(
    name: str, spec: str, expect: str | list[str], files: FILES, base: str = "small", **more: Any
) -> Vector:
    """Make the vector of a ledger some of whose files are set, or taken away (None)."""
    given = BASES[base].files()
    shown = {path: None if data is None else edit(given.get(path, b""), data) for path, data in files.items()}
    return vector(name, spec, expect, base=base, set=shown, **more)


def whole(name: str, spec: str, expect: str | list[str], forge: Forge, **trust: Any) -> Vector:
    """Make the vector of a ledger of its own."""
    files = {path: octets(data) for path, data in forge.files().items()}
    return vector(name, spec, expect, files=files, trust=forge.trust(**trust))


def _signed(text: str, forge: Forge = SMALL) -> bytes:
    return f"{text}\n{sign_note(text, forge.origin, forge.log_key)}".encode()


def _bundle(entries: list[bytes]) -> bytes:
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def _pack(bodies: list[bytes]) -> bytes:
    return b"".join(len(body).to_bytes(4, "big") + body for body in bodies)


def _checkpoints() -> list[Vector]:
    """SPEC 10.2."""
    text, note = SMALL.checkpoint_text(), SMALL.checkpoint().encode()
    stranger = f"{text}\n{sign_note(text, SMALL.origin, SMALL.secret('stranger'))}".encode()
    witnessed = SMALL.trust(policy=f"log {SMALL.log_vkey}\nwitness w1 {witness_vkey('w1')}\nquorum w1\n")
    return [
        changed("unchanged", "10.9", OK, {}),
        changed("wide-unchanged", "10.9", OK, {}, "wide"),
        changed("checkpoint-missing", "10.2 2.3", "checkpoint", {"checkpoint": None}),
        changed("checkpoint-empty", "10.2", "checkpoint", {"checkpoint": b""}),
        changed("checkpoint-not-signed", "10.2", "checkpoint", {"checkpoint": text.encode()}),
        changed("checkpoint-changed", "10.2", "checkpoint", {"checkpoint": note.replace(b"\n6\n", b"\n5\n")}),
        changed("checkpoint-by-a-stranger", "10.2", "checkpoint", {"checkpoint": stranger}),
        changed(
            "checkpoint-of-another-origin",
            "10.2",
            "checkpoint",
            {"checkpoint": _signed(text.replace("/log", "/other"))},
        ),
        changed(
            "checkpoint-longer-than-a-note",
            "10.2 1.8",
            "checkpoint",
            {"checkpoint": note + line("else.example", bytes(100_000)).encode()},
        ),
        changed(
            "checkpoint-with-unknown-signature",
            "10.2 2.1",
            OK,
            {"checkpoint": note + line("else.example", b"four" + bytes(64)).encode()},
        ),
        changed("checkpoint-with-extension", "10.2 2.1", OK, {"checkpoint": _signed(text + "extension\n")}),
        changed(
            "checkpoint-of-no-entries",
            "10.5 9.15",
            "genesis",
            {"checkpoint": _signed(SMALL.checkpoint_text(0))},
        ),
        changed("witness-missing", "10.2", "quorum", {}, trust=witnessed),
        changed(
            "trust-of-another-log-key",
            "10.2 10.10",
            "checkpoint",
            {},
            trust=SMALL.trust(policy=f"log {vkey(SMALL.origin, SMALL.person('ada').public)}\nquorum none\n"),
        ),
        changed(
            "trust-of-another-origin",
            "10.2 10.10",
            "checkpoint",
            {},
            trust=SMALL.trust(
                policy=f"log {vkey('else.example/log', SMALL.person('ada').public)}\nquorum none\n"
            ),
        ),
    ]


def _tree() -> list[Vector]:
    """SPEC 10.3."""
    entries, leaves = SMALL.entries, SMALL.leaves
    swapped = [*entries[:4], entries[5], entries[4]]
    moved = entries[5].replace(b"2026-01-01T00:00:00.000Z", b"2026-01-01T00:00:00.001Z")
    moved_leaf = sha(b"\0" + moved)
    tile = b"".join(leaves)
    full, last = tile_path(0, 0), tile_path(0, 1, 44)
    top = tile_path(1, 0, 1)
    wide_files = WIDE.files()
    return [
        changed(
            "root-of-another-tree",
            "10.3",
            "root",
            {"checkpoint": _signed(SMALL.checkpoint_text(root=sha(b"another")))},
        ),
        changed(
            "size-one-more",
            "10.3 2.3",
            ENTRIES,
            {"checkpoint": _signed(SMALL.checkpoint_text(7, SMALL.roots[6]))},
        ),
        changed("size-one-less", "10.3 2.3", ENTRIES, {"checkpoint": _signed(SMALL.checkpoint_text(5))}),
        changed("bundle-missing", "10.3 2.3", ENTRIES, {BUNDLE: None}),
        changed("bundle-empty", "10.3 2.2", ENTRIES, {BUNDLE: b""}),
        changed("bundle-cut", "10.3 2.2", ENTRIES, {BUNDLE: _bundle(entries)[:-1]}),
        changed("bundle-with-a-byte-more", "10.3 2.2", ENTRIES, {BUNDLE: _bundle(entries) + b"\0"}),
        changed("bundle-with-an-entry-more", "10.3 2.2", ENTRIES, {BUNDLE: _bundle([*entries, entries[5]])}),
        changed("bundle-with-an-entry-less", "10.3 2.2", ENTRIES, {BUNDLE: _bundle(entries[:5])}),
        changed("entries-swapped", "10.3 1.1", ENTRIES, {BUNDLE: _bundle(swapped)}),
        changed("entry-changed", "10.3 1.1", ENTRIES, {BUNDLE: _bundle([*entries[:5], moved])}),
        changed(
            "entry-changed-and-its-tile-too",
            "10.3 1.1",
            "root",
            {BUNDLE: _bundle([*entries[:5], moved]), TILE: b"".join([*leaves[:5], moved_leaf])},
        ),
        changed("tile-missing", "10.3 2.3", TREE, {TILE: None}),
        changed("tile-cut", "10.3 2.2", TREE, {TILE: tile[:-1]}),
        changed("tile-with-a-hash-less", "10.3 2.2", TREE, {TILE: tile[:-32]}),
        changed("tile-with-a-hash-more", "10.3 2.2", TREE, {TILE: tile + leaves[0]}),
        changed("tile-changed", "10.3", TREE, {TILE: flip(tile)}),
        changed("full-tile-changed", "10.3", TREE, {full: flip(wide_files[full])}, "wide"),
        changed("full-tile-missing", "10.3 2.3", TREE, {full: None}, "wide"),
        changed("last-tile-changed", "10.3", TREE, {last: flip(wide_files[last])}, "wide"),
        changed("upper-tile-changed", "10.3", TREE, {top: flip(wide_files[top])}, "wide"),
        changed("upper-tile-missing", "10.3 2.3", TREE, {top: None}, "wide"),
        changed("upper-tile-of-the-leaves", "10.3", TREE, {top: WIDE.leaves[0]}, "wide"),
        changed("first-bundle-missing", "10.3 2.3", ENTRIES, {tile_path("entries", 0): None}, "wide"),
        changed(
            "files-that-nothing-implies",
            "2.3",
            OK,
            {
                "tile/0/000.p/3": b"rubbish",
                "tile/1/000.p/1": b"rubbish",
                "bodies/001": b"",
                "index.html": b"<html>",
            },
        ),
    ]


def _retained() -> list[Vector]:
    """SPEC 10.4."""
    text = SMALL.checkpoint_text(4)
    other = SMALL.checkpoint_text(4, sha(b"another history"))
    path = "checkpoints/4"

    def stranger(text: str) -> bytes:
        return f"{text}\n{sign_note(text, SMALL.origin, SMALL.secret('stranger'))}".encode()

    return [
        changed("retained-removed", "10.4 2.3", OK, {path: None}),
        changed("retained-not-signed", "10.4", "retained", {path: text.encode()}),
        changed("retained-by-a-key-that-is-not-trusted", "10.4", OK, {path: stranger(text)}),
        changed(
            "retained-of-another-root-by-a-key-that-is-not-trusted",
            "10.4",
            "retained",
            {path: stranger(other)},
        ),
        changed(
            "retained-badly-signed",
            "10.4",
            "retained",
            {path: _signed(text).replace(text.encode(), other.encode())},
        ),
        changed("retained-of-another-size", "10.4", "retained", {path: _signed(SMALL.checkpoint_text(3))}),
        changed(
            "retained-of-another-origin", "10.4", "retained", {path: _signed(text.replace("/log", "/other"))}
        ),
        changed("retained-of-another-root", "10.4", "fork", {path: _signed(other)}),
        changed(
            "retained-of-another-root-at-the-same-size",
            "10.4",
            "fork",
            {"checkpoints/6": _signed(SMALL.checkpoint_text(root=sha(b"another history")))},
        ),
        changed("retained-of-a-larger-size", "10.4", OK, {"checkpoints/9": b"of a log that has grown since"}),
        changed("retained-without-a-size", "10.4", OK, {"checkpoints/README": b"no checkpoint"}),
        changed("retained-with-leading-zero", "10.4 1.3", OK, {"checkpoints/04": b"no checkpoint"}),
    ]


def _genesis(name: str, spec: str, expect: str = "genesis", **changes: Any) -> Vector:
    forge = Forge(seed="genesis vectors", genesis=False)
    body = changes.pop("body", {})
    forge.write_genesis(**changes, predicate=lambda tree: {**tree, "body": {**tree["body"], **body}})
    return whole(name, spec, expect, forge)


def _geneses() -> list[Vector]:
    """SPEC 6.1 and what 10.5 says of entry 0."""
    forge = Forge(seed="genesis vectors")
    eva, root = forge.person("eva"), forge.person("root-1")
    founder = {"person": "root-1", "vkey": root.vkey, "proof": root.proof(forge.origin)}
    second = {"person": "eva", "vkey": eva.vkey, "proof": eva.proof(forge.origin)}
    no_genesis = Forge(seed="genesis vectors", genesis=False)
    no_genesis.statement("heartbeat", [forge.org()], {}, "root-1", "root", seen="")
    rubbish = Forge(seed="genesis vectors", genesis=False)
    rubbish.append(b"entry")
    return [
        whole("genesis-good", "6.1", OK, forge),
        whole("genesis-of-another-ledger", "10.5 10.10", "genesis", forge, genesis="0" * 64),
        whole("genesis-of-another-kind", "3.4 6.1", "genesis", no_genesis),
        whole("genesis-no-json", "3.4", "genesis", rubbish, genesis=sha(b"").hex()),
        _genesis("genesis-badly-signed", "3.4 1.6", sig=bytes(64)),
        _genesis("genesis-signed-by-another-key", "6.1", key=eva.key),
        _genesis("genesis-with-a-ledger", "4.4", ledger=sha(b"").hex()),
        _genesis("genesis-with-seen", "4.4 4.5", seen=SMALL.checkpoint()),
        _genesis("genesis-of-another-format", "5.1", body={"format": "plimsoll/2"}),
        _genesis("genesis-of-another-origin", "5.1 10.10", body={"origin": "else.example"}),
        _genesis("genesis-without-log-key", "5.1", body={"log": []}),
        _genesis("genesis-with-a-log-key-of-another-name", "1.7", body={"log": [eva.vkey]}),
        _genesis("genesis-without-founder", "5.1 6.1", body={"root": []}),
        _genesis("genesis-with-a-founder-twice", "5.1 6.1", body={"root": [founder, founder]}),
        _genesis("genesis-with-founders-not-sorted", "5.1 6.1", body={"root": [founder, second]}),
        _genesis("genesis-with-a-false-proof", "6.2", body={"root": [{**founder, "proof": b64(bytes(64))}]}),
        _genesis(
            "genesis-with-a-key-of-another-name", "1.7 6.1", body={"root": [{**founder, "vkey": eva.vkey}]}
        ),
        _genesis("genesis-with-quorum-0", "5.1 6.1", body={"quorum": 0}),
        _genesis("genesis-with-a-quorum-nobody-can-meet", "6.1", body={"quorum": 2}),
        _genesis("genesis-with-an-unknown-member", "5.1 3.4", body={"later": 1}),
    ]


def _bodies_and_pins() -> list[Vector]:
    """SPEC 10.6 and the pins of 10.7."""
    bodies = SMALL.bodies
    given = [index for index, body in enumerate(bodies) if body]
    first, second = given[0], given[1]
    swapped = list(bodies)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    ada, eva = SMALL.person("ada"), SMALL.person("eva")
    false = vkey("ada", eva.public)
    return [
        changed("pack-missing", "10.6 2.3", "bodies", {PACK: None}),
        changed("pack-empty", "10.6 2.3", "bodies", {PACK: b""}),
        changed("pack-cut", "10.6 2.3", "bodies", {PACK: _pack(bodies)[:-1]}),
        changed("pack-with-a-record-less", "10.6 2.3", "bodies", {PACK: _pack(bodies[:-1])}),
        changed("pack-with-a-record-more", "10.6 2.3", OK, {PACK: _pack([*bodies, b"{}"])}),
        changed("bodies-swapped", "10.6 4.6", "bodies", {PACK: _pack(swapped)}),
        changed("body-changed", "10.6 4.6", "bodies", {PACK: _pack([*bodies[:-1], flip(bodies[-1])])}),
        changed("bodies-withheld", "10.6 4.6", OK, {PACK: _pack([b""] * 6)}),
        changed("pin-of-the-same-key", "10.7 10.10", OK, {}, trust=SMALL.trust(persons={"ada": ada.vkey})),
        changed("pin-of-another-key", "10.7 10.10", "pin", {}, trust=SMALL.trust(persons={"ada": false})),
        changed(
            "pin-of-a-founder",
            "10.7 10.10",
            "pin",
            {},
            trust=SMALL.trust(persons={"root-1": vkey("root-1", eva.public)}),
        ),
        changed("pin-of-somebody-else", "10.7 10.10", OK, {}, trust=SMALL.trust(persons={"eva": eva.vkey})),
    ]


def published() -> Family:
    """SPEC 2.3 and 10.2 to 10.7."""
    shared = {
        name: {"trust": forge.trust(), "files": {path: octets(data) for path, data in forge.files().items()}}
        for name, forge in BASES.items()
    }
    about = (
        "Published ledgers. `ok`: not rejected (the verdict is indeterminate: no policy). Else the check "
        "that fails; where several are listed, any of them: it depends on what a verifier reads first."
    )
    vectors = [*_checkpoints(), *_tree(), *_retained(), *_geneses(), *_bodies_and_pins()]
    return Family("published", about, unique(vectors), {"bases": shared})


def families() -> list[Family]:
    """List this module's families."""
    return [trust_files(), published()]
