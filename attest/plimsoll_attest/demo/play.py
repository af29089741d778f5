"""Plays a script's steps in-process: the commands that people type, under a clock that the story sets."""

import contextlib
import io
import secrets
import shlex
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from plimsoll_attest.demo.script import CopyHome, Step
from plimsoll_attest.errors import AttestError
from plimsoll_attest.surroundings import PASSPHRASE_VARIABLE, EnvironmentPassphrase, Surroundings


class DemoBroken(AttestError):
    """A step of the story did not do what it must; the demo stops, since what follows rests on it."""


class StoryClock:
    """Says the story's time, and a millisecond more at each look.

    Only the demo makes one; no flag and no variable does.
    """

    def __init__(self) -> None:
        self._now_ms = 0

    def set(self, time_ms: int) -> None:
        """Move to ``time_ms``, milliseconds since 1970 UTC."""
        self._now_ms = time_ms

    def now_ms(self) -> int:
        """Return the story's time, milliseconds since 1970 UTC."""
        self._now_ms += 1
        return self._now_ms


@dataclass(slots=True)
class Player:
    """Plays steps inside one folder.

    Attributes:
        folder: The demo's folder; commands run in it, so that their paths are short.
        out: Where the reader's lines go.
        passphrase: What locks every key of the demo.
    """

    folder: Path
    out: TextIO
    passphrase: str = field(repr=False)
    clock: StoryClock = field(default_factory=StoryClock)
    played: list[Step | CopyHome] = field(default_factory=list)
    _surroundings: dict[str, Surroundings] = field(default_factory=dict, repr=False)

    def play(self, steps: Iterable[Step | CopyHome]) -> None:
        """Run each step in order.

        Raises:
            DemoBroken: A command gave another exit code than its step says.
        """
        for step in steps:
            if isinstance(step, CopyHome):
                shutil.copytree(self.folder / step.source, self.folder / step.target)
            else:
                self._run(step)
            self.played.append(step)

    def _run(self, step: Step) -> None:
        # The command line is imported here, not above: the folder's logs and weights are laid out before.
        from plimsoll_attest.cli.main import run

        if step.note:
            self.out.write(f"\n# {step.note}\n")
        self.out.write(f"{format_step(step)}\n")
        self.out.flush()
        self.clock.set(step.time_ms)
        stdout, stderr = io.StringIO(), io.StringIO()
        argv = ["--as", step.person, *step.args]
        with contextlib.chdir(self.folder):
            code = run(argv, self._world(step.home), stdout, stderr, io.StringIO())
        if code != step.expect:
            said = stderr.getvalue().strip() or stdout.getvalue().strip()
            raise DemoBroken(
                f"`plimsoll {shlex.join(step.args)}` gave exit code {code}, expected {step.expect}: {said}",
                "this is a defect of the demo or of this installation; please report it with the line above",
            )
        if step.show:
            self.out.writelines(f"    | {line}\n" for line in stdout.getvalue().splitlines())
        if step.expect:
            self.out.write(f"    (exit code {code})\n")

    def _world(self, home: str) -> Surroundings:
        """Return what commands on this home take from the world; each unlocks its keys once."""
        if home not in self._surroundings:
            env: Mapping[str, str] = {"PLIMSOLL_HOME": home, PASSPHRASE_VARIABLE: self.passphrase}
            self._surroundings[home] = Surroundings(
                self.clock, secrets.token_bytes, env, EnvironmentPassphrase(env)
            )
        return self._surroundings[home]


def format_step(step: Step) -> str:
    """Return the line that shows a step: story time, person, command."""
    when = datetime.fromtimestamp(step.time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")
    return f"{when}  {step.person:<16} $ plimsoll {shlex.join(step.args)}"
