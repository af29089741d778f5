"""A small world to run commands in: a folder, a set clock, randomness from a seed, streams in memory."""

import contextlib
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.clockwork import SeededRandom, SetClock

from plimsoll_attest.cli.main import run
from plimsoll_attest.surroundings import EnvironmentPassphrase, Surroundings
from plimsoll_keys.signer import Signer

PASSPHRASE = "a passphrase for tests"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command printed and gave."""

    stdout: str
    stderr: str
    code: int


@dataclass(slots=True)
class World:
    """A folder in which commands run as they would in a shell."""

    folder: Path
    clock: SetClock = field(default_factory=SetClock)
    random: SeededRandom = field(default_factory=SeededRandom)
    env: dict[str, str] = field(default_factory=lambda: {"PLIMSOLL_PASSPHRASE": PASSPHRASE, "NO_COLOR": "1"})
    keys: dict[str, Signer] = field(default_factory=dict)

    def run(self, *argv: str, stdin: str = "", terminal: bool = False) -> Done:
        """Run `plimsoll` with these arguments in this folder."""
        stdout, stderr = io.StringIO(), io.StringIO()
        env = dict(self.env)
        surroundings = Surroundings(self.clock, self.random, env, EnvironmentPassphrase(env), self.keys)
        self.clock.next_minute()
        with contextlib.chdir(self.folder):
            code = run(argv, surroundings, stdout, stderr, io.StringIO(stdin), isatty=terminal)
        return Done(stdout.getvalue(), stderr.getvalue(), code)

    def copy_to(self, folder: Path) -> "World":
        """Return the same world in another folder: same time, same keys unlocked, same randomness to come."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True, symlinks=True)
        before, after = str(self.folder), str(folder)
        return World(
            folder,
            SetClock(self.clock.time_ms),
            SeededRandom(self.random.seed, self.random.drawn),
            dict(self.env),
            {path.replace(before, after, 1): signer for path, signer in self.keys.items()},
        )


@contextlib.contextmanager
def no_passphrase(world: World) -> Iterator[World]:
    """Take the passphrase and the unlocked keys away for a while."""
    kept, keys = world.env.pop("PLIMSOLL_PASSPHRASE", ""), dict(world.keys)
    world.keys.clear()
    try:
        yield world
    finally:
        world.env["PLIMSOLL_PASSPHRASE"] = kept
        world.keys.update(keys)
