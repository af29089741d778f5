"""Writes the ledgers of the vectors as directories: `python -m tests.vectors.expand DIR`.

DIR/<family>/<name>/ then holds `public/` (the published ledger), `trust.toml`, and `expect.json`, so that a
verifier in any language can be run on them. Only the JSON files are read, not what generated them.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from tests.support.forge import Forge, canonical, write_files
from tests.support.vectors import load_family, octets_of

FAMILIES = (
    "entry",
    "published",
    "ledgers-needs",
    "ledgers-thresholds",
    "ledgers-acts",
    "ledgers-records",
    "ledgers-duties",
    "ledgers-models",
    "ledgers-people",
    "ledgers-amendments",
)
"""The families whose vectors are whole ledgers."""

Vector = dict[str, Any]
Files = dict[str, bytes]


def build_ledger(family: dict[str, Any], one: Vector) -> Forge:
    """Write the statements of a `ledgers-` vector again.

    Raises:
        ValueError: the files are not those that the vector was generated with.
    """
    begin = family["begin"][one["begin"]] if "begin" in one else {**one, "statements": []}
    given = family["ledger"]
    forge = Forge(given["origin"], given["seed"], given["start"], tuple(begin["root"]), begin["quorum"])
    for row in [*begin["statements"], *one["statements"]]:
        say(forge, row)
    listing = "".join(f"{_sha256(data)}  {path}\n" for path, data in sorted(forge.files().items()))
    if _sha256(listing.encode()) != one["files_sha256"]:
        raise ValueError(f"{one['name']}: other files than those that were generated")
    return forge


def say(forge: Forge, row: Vector) -> None:
    """Append the statement of a row, made as README.md says."""
    digests = row.get("digests", {})
    if row["kind"] in {"policy", "policy-amendment"}:
        digests = {name: _sha256(canonical(row["body"])) for name in row["subjects"]}
    changes: dict[str, Any] = {name: row[name] for name in ("seen", "withheld") if name in row}
    if "signed_by" in row:
        changes["key"] = forge.secret(row["signed_by"])
    forge.statement(
        row["kind"],
        [],
        row["body"],
        row["actor"],
        row["role"],
        subject=[forge.subject(name, digests.get(name, "")) for name in row["subjects"]],
        time=row["time"],
        event_time=row.get("event_time", row["time"]),
        **changes,
    )


def ledger_files(name: str, one: Vector) -> tuple[Files, str]:
    """Return the files of a vector's published ledger by their paths, and its trust file."""
    family = load_family(name)
    if name == "entry":
        return _with_entry(family["context"], one)
    if name == "published":
        return _published(family["bases"], one)
    forge = build_ledger(family, one)
    return forge.files(), forge.trust(max_age=one.get("max_age"))


def _with_entry(context: dict[str, Any], one: Vector) -> tuple[Files, str]:
    forge = Forge(genesis=False)
    entries, bodies = [*context["entries"], one["entry"]], [*context["bodies"], one["body"]]
    for entry, body in zip(entries, bodies, strict=True):
        forge.append(octets_of(entry), b"" if body is None else octets_of(body))
    return forge.files(one["checkpoint"]), context["trust"]


def _published(bases: dict[str, Any], one: Vector) -> tuple[Files, str]:
    if "files" in one:
        return {path: octets_of(data) for path, data in one["files"].items()}, one["trust"]
    base = bases[one["base"]]
    files = {path: octets_of(data) for path, data in base["files"].items()}
    for path, change in one["set"].items():
        if change is None:
            files.pop(path)
        else:
            files[path] = _edited(files.get(path, b""), change)
    return files, one.get("trust", base["trust"])


def _edited(old: bytes, change: dict[str, Any]) -> bytes:
    if "then" not in change:
        return octets_of(change)
    first, last = change["first"], change["last"]
    return old[:first] + octets_of(change["then"]) + old[len(old) - last :]


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def main(directory: Path) -> None:
    """Write every ledger below a directory."""
    for name in FAMILIES:
        for one in load_family(name)["vectors"]:
            files, trust = ledger_files(name, one)
            place = directory / name / one["name"]
            write_files(place / "public", files)
            wanted = {key: one[key] for key in ("name", "spec", "now", "expect") if key in one}
            write_files(
                place, {"trust.toml": trust.encode(), "expect.json": json.dumps(wanted, indent=2).encode()}
            )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.vectors.expand DIR")
    main(Path(sys.argv[1]))
