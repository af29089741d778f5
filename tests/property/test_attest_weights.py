"""Weights manifests over generated directories."""

import random
import tempfile
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from plimsoll_attest.weights import build_manifest, format_manifest, parse_manifest, snapshot_digest

NAMES = st.text("abcxyz0189._-é日", min_size=1, max_size=5).filter(lambda name: name not in {".", ".."})
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TREES = st.dictionaries(PATHS, st.binary(max_size=64), min_size=1, max_size=8).filter(
    lambda tree: not any(other.startswith(f"{path}/") for path in tree for other in tree)
)


def write(root: Path, tree: dict[str, bytes], order: list[str]) -> Path:
    for name in order:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(tree[name])
    return root


def digest(tree: dict[str, bytes], order: list[str] | None = None) -> str:
    with tempfile.TemporaryDirectory() as directory:
        return snapshot_digest(build_manifest(write(Path(directory), tree, order or list(tree)), workers=2))


@settings(max_examples=40, deadline=None)
@given(TREES, st.randoms(use_true_random=False))
def test_order_of_creation_does_not_matter(tree: dict[str, bytes], chance: random.Random) -> None:
    order = list(tree)
    chance.shuffle(order)
    assert digest(tree, order) == digest(tree)


@settings(max_examples=40, deadline=None)
@given(TREES)
def test_what_is_written_is_read(tree: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        manifest = build_manifest(write(Path(directory), tree, list(tree)), workers=1)
    assert parse_manifest(format_manifest(manifest), Path("m")) == manifest
    assert {file.path: file.size for file in manifest.files} == {
        path: len(data) for path, data in tree.items()
    }


@settings(max_examples=40, deadline=None)
@given(TREES, st.data(), st.sampled_from(["rename", "change", "add", "remove", "swap"]))
def test_every_change_is_another_snapshot(tree: dict[str, bytes], draw: st.DataObject, how: str) -> None:
    changed = dict(tree)
    path = draw.draw(st.sampled_from(sorted(tree)))
    if how == "rename":
        changed[f"{path}+"] = changed.pop(path)
    elif how == "change":
        changed[path] += b"\0"
    elif how == "add":
        changed["NEW"] = b""
    elif how == "remove":
        assume(len(tree) > 1)
        del changed[path]
    else:
        other = draw.draw(st.sampled_from(sorted(tree)))
        assume(tree[path] != tree[other])
        changed[path], changed[other] = tree[other], tree[path]
    assert digest(changed) != digest(tree)
