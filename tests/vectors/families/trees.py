"""Tiles, bundles, packs, inclusion and consistency proofs: SPEC 1.1 and 2.2 to 2.4.

Trees are computed as RFC 6962 2.1 writes them, by `tests.support.forge` and here; the entry at index i is
the text `entry <i>`.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from tests.support.forge import inclusion_path, node, sha, tile_path, tree_root
from tests.vectors.families.base import Family, Vector, octets, unique, vector

OK, MALFORMED, INCLUSION, CONSISTENCY = "ok", "malformed", "inclusion", "consistency"


@cache
def leaves(size: int) -> tuple[bytes, ...]:
    """Return the leaf hashes of the first entries."""
    return tuple(sha(b"\0" + b"entry %d" % index) for index in range(size))


def root(size: int) -> bytes:
    """Return the root of the tree of a size."""
    return tree_root(leaves(size))


def consistency_path(old: int, hashes: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """RFC 6962 2.1.2: PROOF(m, D[n]) with SUBPROOF's `b` as `whole`."""
    if old == len(hashes):
        return [] if whole else [tree_root(hashes)]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    if old <= split:
        return [*consistency_path(old, hashes[:split], whole=whole), tree_root(hashes[split:])]
    return [*consistency_path(old - split, hashes[split:], whole=False), tree_root(hashes[:split])]


def roots() -> Family:
    """SPEC 1.1."""
    vectors = [
        vector(
            f"size-{size}",
            "1.1",
            OK,
            entries=[f"entry {index}" for index in range(size)],
            root=root(size).hex(),
        )
        for size in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)
    ]
    about = "Roots over entries. An entry is UTF-8 text here; its leaf hash has the prefix 0x00."
    return Family("roots", about, unique(vectors))


def _tile_files(size: int) -> list[str]:
    """List the files of tiles, bundles and packs that a checkpoint of this size implies."""
    files, level, nodes = [], 0, size
    while nodes:
        for number in range((nodes + 255) // 256):
            width = min(256, nodes - 256 * number)
            files.append(tile_path(level, number, width))
            if level == 0:
                files.append(tile_path("entries", number, width))
                files.append("bodies/" + tile_path("entries", number).removeprefix("tile/entries/"))
        level, nodes = level + 1, nodes // 256
    return sorted(files)


def _paths() -> list[Vector]:
    numbers = {
        0: "000",
        1: "001",
        999: "999",
        1000: "x001/000",
        1234067: "x001/x234/067",
        1000000: "x001/x000/000",
        999999: "x999/999",
    }
    found = []
    for number, text in numbers.items():
        for level in ("0", "3", "entries"):
            path = f"tile/{level}/{text}"
            found.append(vector(path, "2.2", OK, level=level, number=number, width=256, path=path))
        found.append(
            vector(f"bodies/{text}", "2.3", OK, level="bodies", number=number, path=f"bodies/{text}")
        )
    for width in (1, 17, 255):
        path = f"tile/0/x001/000.p/{width}"
        found.append(vector(path, "2.2", OK, level="0", number=1000, width=width, path=path))
    return found


def _files() -> list[Vector]:
    stated = {
        1: ["bodies/000", "tile/0/000.p/1", "tile/entries/000.p/1"],
        255: ["bodies/000", "tile/0/000.p/255", "tile/entries/000.p/255"],
        256: ["bodies/000", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"],
        257: [
            "bodies/000", "bodies/001", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000",
            "tile/entries/001.p/1",
        ],
    }  # fmt: skip
    for size, files in stated.items():
        if _tile_files(size) != files:
            raise AssertionError(size)
    return [
        vector(f"files-of-size-{size}", "2.2 2.3", OK, size=size, files=_tile_files(size))
        for size in (0, *stated, 511, 512, 513, 1000)
    ]


def _packed(records: Sequence[bytes], length_bytes: int) -> bytes:
    return b"".join(len(one).to_bytes(length_bytes, "big") + one for one in records)


def _bundles() -> list[Vector]:
    two = _packed([b"one", b"two!"], 2)
    big = _packed([b"a" * 65_535], 2)

    def bundle(name: str, expect: str, data: bytes, count: int, **members: Any) -> Vector:
        return vector(
            f"bundle-{name}", "2.2", expect, type="bundle", input=octets(data), count=count, **members
        )

    def pack(name: str, expect: str, data: bytes, count: int, **members: Any) -> Vector:
        return vector(f"pack-{name}", "2.3", expect, type="pack", input=octets(data), count=count, **members)

    packed = _packed([b"one", b"", b"three"], 4)
    return [
        bundle("of-two", OK, two, 2, records=["one", "two!"]),
        bundle("of-an-empty-entry", OK, b"\0\0", 1, records=[""]),
        bundle("of-the-longest-entry", OK, big, 1),
        bundle("with-a-cut-entry", MALFORMED, two[:-1], 2),
        bundle("with-a-cut-length", MALFORMED, two + b"\0", 2),
        bundle("with-an-entry-missing", MALFORMED, two, 3),
        bundle("with-an-entry-too-many", MALFORMED, two, 1),
        bundle("empty", MALFORMED, b"", 1),
        bundle("in-little-endian", MALFORMED, b"\3\0one", 1),
        pack("of-three", OK, packed, 3, records=["one", "", "three"]),
        pack("with-more-than-the-checkpoint-covers", OK, packed, 2, records=["one", ""]),
        pack("with-a-cut-body", MALFORMED, packed[:-1], 3),
        pack("with-a-cut-body-past-the-checkpoint", MALFORMED, packed[:-1], 2),
        pack("with-a-cut-length", MALFORMED, packed + b"\0\0\0", 3),
        pack("with-a-body-missing", MALFORMED, packed, 4),
        pack("empty", MALFORMED, b"", 1),
        pack("of-more-than-256", MALFORMED, bytes(4) * 257, 256),
        pack("of-a-body-past-8-MiB", MALFORMED, (8 * 2**20 + 1).to_bytes(4, "big"), 1),
    ]


def tiles() -> Family:
    """SPEC 2.2 and 2.3."""
    about = "Paths of tiles, bundles and packs; the files that a size implies; records of bundles and packs."
    return Family("tiles", about, unique([*_paths(), *_files(), *_bundles()]))


def flip(data: bytes) -> bytes:
    """Change the last bit."""
    return data[:-1] + bytes([data[-1] ^ 1])


def _inclusion(
    name: str, expect: str, index: int, size: int, proof: Sequence[bytes], entry: bytes, top: bytes
) -> Vector:
    return vector(
        name,
        "1.1 2.4",
        expect,
        index=index,
        size=size,
        input=octets(entry),
        root=top.hex(),
        proof=[one.hex() for one in proof],
    )


def inclusion() -> Family:
    """SPEC 1.1, 2.4 and RFC 6962 2.1.1."""
    vectors = []
    for index, size in (
        (0, 1),
        (0, 2),
        (1, 2),
        (2, 3),
        (3, 5),
        (4, 5),
        (6, 7),
        (5, 8),
        (255, 257),
        (256, 257),
    ):
        path = inclusion_path(index, leaves(size))
        vectors.append(
            _inclusion(f"{index}-in-{size}", OK, index, size, path, b"entry %d" % index, root(size))
        )
    index, size = 3, 5
    path, entry, top = inclusion_path(index, leaves(size)), b"entry %d" % index, root(size)

    def bad(name: str, *, i: int = index, n: int = size, **changes: Any) -> Vector:
        given = {"proof": path, "entry": entry, "top": top, **changes}
        return _inclusion(name, INCLUSION, i, n, **given)

    vectors += [
        *(
            bad(f"hash-{at}-changed", proof=[*path[:at], flip(path[at]), *path[at + 1 :]])
            for at in range(len(path))
        ),
        bad("first-hash-missing", proof=path[1:]),
        bad("last-hash-missing", proof=path[:-1]),
        bad("no-hash", proof=[]),
        bad("first-hash-twice", proof=[path[0], *path]),
        bad("last-hash-twice", proof=[*path, path[-1]]),
        bad("hashes-swapped", proof=[path[1], path[0], path[2]]),
        bad("other-entry", entry=b"entry 2"),
        bad("hash-as-entry", entry=leaves(size)[index]),
        bad("other-root", top=flip(top)),
        bad("index-before", i=2),
        bad("index-after", i=4),
        bad("index-is-size", i=5),
        bad("index-past-size", i=2**40),
        bad("size-smaller", n=4),
        bad("size-larger", n=9),
        bad("size-0", i=0, n=0, proof=[], top=sha(b"")),
        bad(
            "inner-node-as-entry",
            i=1,
            n=3,
            entry=b"".join(leaves(4)[2:4]),
            proof=[node(*leaves(2)), leaves(5)[4]],
        ),
        _inclusion("1-in-1", INCLUSION, 1, 1, [], b"entry 0", root(1)),
        _inclusion("0-in-1-with-a-hash", INCLUSION, 0, 1, [leaves(1)[0]], b"entry 0", root(1)),
    ]
    about = (
        "Proofs that a leaf hash stands at an index of the tree of a size and root; hashes from leaf to root."
    )
    return Family("inclusion", about, unique(vectors))


def _consistency(
    name: str, expect: str, old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> Vector:
    return vector(
        name,
        "1.1",
        expect,
        old_size=old,
        old_root=old_root.hex(),
        new_size=new,
        new_root=new_root.hex(),
        proof=[one.hex() for one in proof],
    )


def consistency() -> Family:
    """SPEC 1.1 and RFC 6962 2.1.2."""
    vectors = []
    for old, new in (
        (1, 1),
        (1, 2),
        (1, 8),
        (2, 3),
        (3, 7),
        (4, 7),
        (6, 8),
        (7, 8),
        (8, 8),
        (256, 257),
        (255, 257),
    ):
        path = consistency_path(old, leaves(new))
        vectors.append(_consistency(f"{old}-to-{new}", OK, old, new, path, root(old), root(new)))
    old, new = 3, 7
    path = consistency_path(old, leaves(new))

    def bad(name: str, *, m: int = old, n: int = new, **changes: Any) -> Vector:
        given = {"proof": path, "old_root": root(old), "new_root": root(new), **changes}
        return _consistency(name, CONSISTENCY, m, n, **given)

    vectors += [
        *(
            bad(f"hash-{at}-changed", proof=[*path[:at], flip(path[at]), *path[at + 1 :]])
            for at in range(len(path))
        ),
        bad("first-hash-missing", proof=path[1:]),
        bad("last-hash-missing", proof=path[:-1]),
        bad("no-hash", proof=[]),
        bad("last-hash-twice", proof=[*path, path[-1]]),
        bad("old-root-changed", old_root=flip(root(old))),
        bad("new-root-changed", new_root=flip(root(new))),
        bad("roots-swapped", old_root=root(new), new_root=root(old)),
        bad("old-past-new", m=7, n=3, old_root=root(7), new_root=root(3)),
        bad("old-past-new-without-proof", m=7, n=3, old_root=root(7), new_root=root(3), proof=[]),
        bad("old-size-other", m=2),
        bad("new-size-other", n=9),
        bad("same-size-with-proof", m=7, old_root=root(7)),
        bad("same-size-other-root", m=7, old_root=root(3), proof=[]),
        bad("power-of-two-with-the-old-root-in-the-proof", m=4, old_root=root(4),
            proof=[root(4), *consistency_path(4, leaves(7))]),
    ]  # fmt: skip
    about = "Proofs that the tree of one size and root is the beginning of another (sizes of 1 and more)."
    return Family("consistency", about, unique(vectors))


def families() -> list[Family]:
    """List this module's families."""
    return [roots(), tiles(), inclusion(), consistency()]
