"""A small world to run commands in: a folder, a set clock, randomness from a seed, streams in memory."""

import contextlib
import hashlib
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from plimsoll_attest.cli.main import run
from plimsoll_attest.surroundings import EnvironmentPassphrase, Surroundings
from plimsoll_attest.times import read_time
from plimsoll_keys.signer import Signer

PASSPHRASE = "a passphrase for tests"
FIRST = read_time("2026-11-20T09:00:00Z")


@dataclass(slots=True)
class SetClock:
    """Says the time that was set, and a millisecond more at each look."""

    time_ms: int = FIRST

    def now_ms(self) -> int:
        self.time_ms += 1
        return self.time_ms

    def next_minute(self) -> None:
        self.time_ms += 60_000 - self.time_ms % 60_000


@dataclass(slots=True)
class SeededRandom:
    """Bytes that look random and are the same in each run."""

    seed: bytes = b"plimsoll"
    drawn: int = 0

    def __call__(self, size: int) -> bytes:
        self.drawn += 1
        return hashlib.shake_256(self.seed + self.drawn.to_bytes(8, "big")).digest(size)


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
