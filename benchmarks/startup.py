"""How long `--help` and TAB take, beside a bare interpreter."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.rounds import Comparison, compare
from plimsoll_attest.cli.table import COMMANDS, Leaf

_BIN = Path(sys.executable).parent


def _run(*command: str, env: dict[str, str] | None = None) -> Callable[[], object]:
    full = {**os.environ, **(env or {})}
    return lambda: subprocess.run(command, env=full, capture_output=True, check=False)


def _helps() -> Iterator[tuple[str, ...]]:
    yield ()
    for name, node in COMMANDS.items():
        yield (name,)
        if not isinstance(node, Leaf):
            for child in node.children:
                yield (name, child)


def measure(rounds: int) -> Iterator[Comparison]:
    """Yield comparisons of the programs' help, the slowest command's help, and TAB, with `python -c pass`."""
    bare = _run(sys.executable, "-c", "pass")
    verify = _run(str(_BIN / "plimsoll-verify"), "--help")
    yield compare("plimsoll-verify --help", verify, bare, wanted=6, most=True, rounds=rounds)
    results = [
        compare(
            f"plimsoll {' '.join(words)} --help",
            _run(str(_BIN / "plimsoll"), *words, "--help"),
            bare,
            wanted=8,
            most=True,
            rounds=rounds if not words else max(3, rounds // 3),
        )
        for words in _helps()
    ]
    yield results[0]
    yield max(results[1:], key=lambda result: result.ratios[len(result.ratios) // 2])
    tab = {"_PLIMSOLL_COMPLETE": "bash_complete", "COMP_WORDS": "plimsoll key ", "COMP_CWORD": "2"}
    yield compare(
        "TAB after `plimsoll key`",
        _run(str(_BIN / "plimsoll"), env=tab),
        bare,
        wanted=10,
        most=True,
        rounds=rounds,
    )
