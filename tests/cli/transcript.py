r"""Transcripts: commands as a person types them, and all that they print, kept as text and compared exactly.

A transcript is a text file. A line `$ command` runs a command; below it stands what it printed: standard
output after two spaces, standard error after `! `, and last `= N`, the exit code. Lines with `#` tell the
reader
something; lines with `@` arrange the world:

    @ after NAME               start from where another transcript ended
    @ clock TIME               the time from now on (each command takes a minute)
    @ as PERSON                who speaks (PLIMSOLL_AS)
    @ env NAME=VALUE           a variable; NAME= takes it away
    @ locked                   forget the keys that were unlocked so far
    @ terminal TEXT...         the next command has a terminal, and these lines are typed at it (`\n` between)
    @ stdin TEXT               what the next command reads
    @ file PATH TEXT           write a file (`\n` for a new line)
    @ copy SOURCE PATH         copy from the checkout
    @ cut PATH BYTES           cut a file short
    @ flip PATH OFFSET         flip a bit
    @ remove PATH
    @ sql PATH STATEMENT       change a database behind the ledger's back

`python -m tests.cli.regenerate` runs the commands again and writes what they print now.
"""

import shlex
import shutil
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.world import World

from plimsoll_attest.times import read_time

FOLDER = Path(__file__).parent / "transcripts"
ROOT = Path(__file__).parents[2]
_UNICODE = "unicode_escape"


@dataclass(slots=True)
class Player:
    """Plays a transcript's commands in a world."""

    world: World
    stdin: str = ""
    terminal: bool = False
    lines: list[str] = field(default_factory=list)

    def play(self, text: str) -> str:
        """Return the transcript with what its commands print now."""
        self.lines = [line for line in text.splitlines()[:1] if line.startswith("@ after ")]
        for line in _script(text):
            if line.startswith("# ") and self.lines and not self.lines[-1].startswith("# "):
                self.lines.append("")
            if line.startswith("$ "):
                self._run(line)
                continue
            if line.startswith("@ "):
                self._arrange(line)
            self.lines.append(line)
        return "\n".join(self.lines).strip("\n") + "\n"

    def _run(self, line: str) -> None:
        words = [
            _text(word) if "\\x" in word else word for word in shlex.split(line.removeprefix("$ plimsoll"))
        ]
        done = self.world.run(*words, stdin=self.stdin, terminal=self.terminal)
        self.stdin, self.terminal = "", False
        shown = [*_lines(done.stdout, "  "), *_lines(done.stderr, "! ")]
        folder = str(self.world.folder)
        self.lines += [line, *(item.replace(folder, "/story") for item in shown), f"= {done.code}"]

    def _arrange(self, line: str) -> None:
        _, what, *rest = line.split(" ", 2)
        argument = rest[0] if rest else ""
        path, _, more = argument.partition(" ")
        target = self.world.folder / path
        if what == "clock":
            self.world.clock.time_ms = read_time(argument) - 60_000
        elif what == "as":
            self.world.env["PLIMSOLL_AS"] = argument
        elif what == "env":
            name, _, value = argument.partition("=")
            self.world.env.pop(name, None)
            if value:
                self.world.env[name] = value
        elif what == "locked":
            self.world.keys.clear()
        elif what in ("terminal", "stdin"):
            self.stdin = _text(argument) + ("\n" if argument else "")
            self.terminal = what == "terminal"
        else:
            self._change(what, target, more)

    def _change(self, what: str, target: Path, more: str) -> None:
        if what == "file":
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_text(more), encoding="utf-8")
        elif what == "copy":
            # `@ copy SOURCE PATH`: the source is the checkout's.
            source = ROOT / target.relative_to(self.world.folder)
            if source.is_dir():
                shutil.copytree(source, self.world.folder / more)
            else:
                shutil.copyfile(source, self.world.folder / more)
        elif what == "cut":
            with target.open("r+b") as stream:
                stream.truncate(int(more))
        elif what == "flip":
            data = bytearray(target.read_bytes())
            data[int(more)] ^= 1
            target.write_bytes(data)
        elif what == "remove":
            target.unlink()
        elif what == "sql":
            connection = sqlite3.connect(target)
            connection.execute(more)
            connection.commit()
            connection.close()
        else:
            raise AssertionError(f"no such arrangement: @ {what}")


def start_of(text: str) -> str:
    """Return the name of the transcript that one starts after, or an empty string."""
    return next((line[8:].strip() for line in text.splitlines() if line.startswith("@ after ")), "")


def _script(text: str) -> list[str]:
    """Return a transcript's own lines, without what the commands printed."""
    return [
        line
        for line in text.splitlines()
        if line[:2] in ("$ ", "# ", "@ ") and not line.startswith("@ after ")
    ]


def _lines(text: str, before: str) -> list[str]:
    lines = [f"{before}{line}".rstrip() if line else before.rstrip() for line in text.split("\n")]
    return (
        lines[:-1]
        if text.endswith("\n") or not text
        else [*lines, f"{before}\\ no newline at the end".strip()]
    )


def _text(argument: str) -> str:
    return argument.encode("latin-1", "backslashreplace").decode(_UNICODE)
