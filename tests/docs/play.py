"""The commands of the README and of a guide, played in order, and what they print put below them.

Each document has a folder of its own. Blocks fenced as `console` hold lines `$ command`; what stands
between them is output. `plimsoll` runs in-process under a set clock with seeded randomness, so that the
output is the same each time; `plimsoll-verify` is a process of its own; everything else goes to a shell.
`<!-- world: clock TIME -->` sets the clock, `<!-- world: run COMMAND -->` runs a command that readers do
not see.

`python -m tests.docs.play` writes the documents anew.
"""

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cli.world import World

from plimsoll_attest.times import read_time

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PLAYED = (README, ROOT / "docs" / "guides" / "stolen-log-key.md")
_PART = re.compile(
    r"^```console\n(?P<block>.*?)^```$|^<!-- world: run (?P<hidden>[^\n]+) -->$", re.DOTALL | re.MULTILINE
)
_CLOCK = re.compile(r"<!-- world: clock (\S+) -->")


class Reader:
    """Somebody who types what the README says."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        shutil.copy(ROOT / "policies/small-team.yaml", folder)
        shutil.copytree(ROOT / "examples/logs/harbour-1-small", folder / "logs")
        (folder / "weights").mkdir()
        (folder / "weights/model.safetensors").write_bytes(b"weights\n" * 512)

    def type(self, command: str) -> tuple[str, int]:
        """Run a command; return what a terminal would show, and the exit code."""
        words = shlex.split(command)
        if words[0] == "export":
            for word in words[1:]:
                name, _, value = word.partition("=")
                self.world.env[name] = value
            return "", 0
        if words[0] == "plimsoll":
            done = self.world.run(*words[1:])
            return done.stdout + done.stderr, done.code
        if words[0] == "plimsoll-verify":
            program = [sys.executable, "-m", "plimsoll_verify", *words[1:]]
        else:
            program = ["sh", "-c", command]
        ran = subprocess.run(
            program, cwd=self.world.folder, capture_output=True, text=True, check=False, timeout=120
        )
        return ran.stdout + ran.stderr, ran.returncode

    def block(self, text: str) -> str:
        """Return a block with what its commands print now; an exit code other than 0 is shown."""
        lines = []
        for line in text.splitlines():
            if not line.startswith("$ "):
                continue
            shown, code = self.type(line.removeprefix("$ "))
            shown = shown.replace(str(self.world.folder), "~")
            lines += [line, *shown.splitlines()]
            if code:
                lines.append(f"(exit code {code})")
        return "\n".join(lines) + "\n"


def play(text: str, folder: Path) -> str:
    """Return a document with the output of its commands as it is now."""
    reader = Reader(folder)
    clock = _CLOCK.search(text)
    if clock:
        reader.world.clock.time_ms = read_time(clock[1]) - 60_000

    def part(found: re.Match[str]) -> str:
        if found["hidden"] is None:
            return f"```console\n{reader.block(found['block'])}```"
        shown, code = reader.type(found["hidden"])
        if code:
            raise AssertionError(f"{found['hidden']}: exit code {code}\n{shown}")
        return found[0]

    return _PART.sub(part, text)


def main() -> None:
    """Write the documents anew."""
    for path in PLAYED:
        with tempfile.TemporaryDirectory() as folder:
            path.write_text(play(path.read_text(encoding="utf-8"), Path(folder)), encoding="utf-8")


if __name__ == "__main__":
    main()
