"""Help and TAB cost little: they import no heavy module, and each command's own module is light."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

from plimsoll_attest.cli.commands import Command, root
from plimsoll_attest.cli.kind_help import KINDS_PATH, format_kinds, kinds
from plimsoll_attest.cli.table import COMMANDS, Branch, Leaf
from plimsoll_attest.statements.kinds import registry

HEAVY = (
    "sqlmodel",
    "sqlalchemy",
    "pydantic",
    "nacl",
    "cryptography",
    "bcrypt",
    "yaml",
    "msgspec",
    "backports",
    "starlette",
    "uvicorn",
    "anyio",
    "httptools",
    "prometheus_client",
    "urllib3",
    "rfc3161_client",
    "obstore",
)
SAY_LOADED = (
    "import sys; from plimsoll_attest.cli.main import main\n"
    "try: main(sys.argv[1:])\n"
    "except SystemExit as end: code = end.code\n"
    "print('LOADED', code, *sorted({name.partition('.')[0] for name in sys.modules}))"
)


def paths(
    table: Mapping[str, Leaf | Branch] = COMMANDS, before: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command and group."""
    for name, entry in table.items():
        yield (*before, name)
        if isinstance(entry, Branch):
            yield from paths(entry.children, (*before, name))


def loaded(*argv: str, **env: str) -> tuple[str, set[str], str]:
    """Return what a fresh process printed, which modules it had loaded in the end, and its exit code."""
    done = subprocess.run(
        [sys.executable, "-c", SAY_LOADED, *argv], capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, **env},
    )  # fmt: skip
    text, _, told = done.stdout.rpartition("LOADED ")
    code, *modules = told.split()
    return text, set(modules), code


@pytest.mark.parametrize("words", [(), *paths()], ids=" ".join)
def test_help_loads_no_heavy_module_and_has_an_example(words: tuple[str, ...]) -> None:
    text, modules, code = loaded(*words, "--help")
    assert code == "0"
    assert modules.isdisjoint(HEAVY)
    assert text.startswith(f"Usage: {' '.join(('plimsoll', *words))} ")
    assert "Example:" in text or "Commands:" in text


@pytest.mark.parametrize(
    "words",
    [
        ("",),
        ("re",),
        ("key", ""),
        ("record", ""),
        ("record", "per"),
        ("import", "inspect", "--"),
        ("gate", "deploy", "--scope", ""),
    ],
)
def test_tab_loads_no_heavy_module(words: tuple[str, ...]) -> None:
    text, modules, code = loaded(*words, _PLIMSOLL_COMPLETE="bash")
    assert code == "0"
    assert modules.isdisjoint(HEAVY)
    assert text.startswith("plain\t")


@pytest.mark.parametrize("words", list(paths()), ids=" ".join)
def test_the_table_says_what_the_commands_are(words: tuple[str, ...]) -> None:
    command: click.Command | None = root()
    ctx = click.Context(root())
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(ctx, word)
    assert isinstance(command, Command)
    assert command.name == words[-1]
    assert isinstance(command, click.Group) or (
        command.help and command.example.startswith("$ plimsoll "[:2])
    )


@pytest.mark.parametrize("kind", list(kinds()))
def test_help_of_each_kind_is_typed_and_light(kind: str) -> None:
    text, modules, code = loaded("record", kind, "--help")
    assert code == "0"
    assert modules.isdisjoint(HEAVY)
    assert all(f"  {member['name']}" in text for member in kinds()[kind]["members"])
    assert f"$ plimsoll record {kind}" in text


def test_the_kinds_that_were_told_in_advance_are_the_registrys() -> None:
    assert Path(KINDS_PATH).read_text(encoding="utf-8") == format_kinds(registry()), (
        "python -m tests.cli.regenerate"
    )


def test_every_section_of_the_help_is_used() -> None:
    text = loaded("--help")[0]
    assert all(f"  {name} " in text for name in COMMANDS)


def test_commands_that_need_no_database_do_not_load_one(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    argv = ("--home", home, "key", "new", "alice", "--origin", "acme.example/rsp")
    text, modules, code = loaded(*argv, PLIMSOLL_PASSPHRASE="a passphrase for tests")
    assert (code, text.splitlines()[0]) == ("0", f"key of alice: {home}/keys/alice.key")
    assert modules.isdisjoint({"sqlmodel", "sqlalchemy", "pydantic", "yaml"})
