"""Writes the test vectors: `python -m tests.vectors.generate` (which is what `make vectors` calls).

The files are the same bytes at each run: keys and salts follow from names, no clock is read, and ML-DSA-44
signatures, which are random, are kept (tests/support/mldsa.py). Nothing here
knows the code under test; what a vector must give is stated in `families/`, by hand, from SPEC.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.support.mldsa import save_kept
from tests.vectors.families import (
    building,
    entry,
    figures,
    keys,
    ledgers_acts,
    ledgers_amendments,
    ledgers_duties,
    ledgers_models,
    ledgers_needs,
    ledgers_people,
    ledgers_records,
    ledgers_thresholds,
    notes,
    policies,
    proofs,
    published,
    receipts,
    times,
    trees,
    witness,
    workdays,
)
from tests.vectors.families.base import Family

HERE = Path(__file__).parent


def all_families() -> list[Family]:
    """List every family, in the order in which a verifier is written."""
    return [
        family
        for module in (
            building,
            keys,
            notes,
            trees,
            proofs,
            witness,
            receipts,
            times,
            published,
            entry,
            policies,
            workdays,
            figures,
            ledgers_needs,
            ledgers_people,
            ledgers_amendments,
            ledgers_thresholds,
            ledgers_acts,
            ledgers_records,
            ledgers_duties,
            ledgers_models,
        )
        for family in module.families()
    ]


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


def _rows(name: str, value: Any) -> str:
    """Write a member of a vector: one line, or for a list of lists or objects a line for each."""
    if isinstance(value, list) and len(value) > 1 and all(isinstance(row, list | dict) for row in value):
        rows = ",\n".join(f"    {_line(row)}" for row in value)
        return f"  {_line(name)}: [\n{rows}\n  ]"
    return f"  {_line(name)}: {_line(value)}"


def format_family(family: Family) -> str:
    """Write a family as its file holds it."""
    head = {"family": family.name, "about": family.about}
    members = [f"{_line(key)}: {_line(value)}" for key, value in head.items()]
    for name, value in (family.shared or {}).items():
        shared = ",\n".join(_rows(key, one) for key, one in value.items())
        members.append(f"{_line(name)}: {{\n{shared}\n}}")
    vectors = ["{\n" + ",\n".join(_rows(*member) for member in one.items()) + "\n}" for one in family.vectors]
    members.append('"vectors": [\n' + ",\n".join(vectors) + "\n]")
    return "{\n" + ",\n".join(members) + "\n}\n"


def generate() -> dict[str, str]:
    """Return the text of each file by its name."""
    return {f"{family.name}.json": format_family(family) for family in all_families()}


def main() -> None:
    """Write the files, and remove those of families that are no more."""
    files = generate()
    for path in HERE.glob("*.json"):
        if path.name not in files:
            path.unlink()
    save_kept()
    for name, text in files.items():
        (HERE / name).write_text(text, encoding="ascii")
    sys.stdout.write(f"{len(files)} files of vectors in {HERE}\n")


if __name__ == "__main__":
    main()
