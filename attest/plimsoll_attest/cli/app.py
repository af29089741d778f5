"""One run of the program: what was asked for everywhere, the streams, and the doors to home and desk."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import click

from plimsoll_attest.cli.output import Console

if TYPE_CHECKING:
    from pathlib import Path

    from plimsoll_attest.desk import Desk
    from plimsoll_attest.home import Home
    from plimsoll_attest.surroundings import Surroundings


@dataclass(slots=True)
class Options:
    """The options that work before and after every command.

    Attributes:
        home: `--home`.
        ledger: `--ledger`: the URL of a log that is served elsewhere.
        person: `--as`.
        role: `--role`.
        debug: `--debug`: a traceback where the program itself fails.
        colour: `--color`.
        passphrase_fd: `--passphrase-fd`, of commands that sign.
        no_input: `--no-input`: nobody is asked anything.
        lock_timeout_s: `--lock-timeout`: how long to queue behind another writer.
        dry_run: `--dry-run`: check and show, append nothing.
        yes: `--yes`: append without asking.
    """

    home: str | None = None
    ledger: str | None = None
    person: str | None = None
    role: str | None = None
    debug: bool = False
    colour: str = "auto"
    passphrase_fd: int | None = None
    no_input: bool = False
    lock_timeout_s: float = 10.0
    dry_run: bool = False
    yes: bool = False


@dataclass(slots=True)
class App:
    """One run.

    Attributes:
        console: The streams.
        env: The environment.
        world: Makes the surroundings; called once, and only by commands that need them.
        options: What was asked for everywhere.
    """

    console: Console
    env: Mapping[str, str]
    world: "Callable[[App], Surroundings]"
    options: Options = field(default_factory=Options)
    _surroundings: "Surroundings | None" = None

    @property
    def cwd(self) -> "Path":
        """The directory that relative paths start from."""
        from pathlib import Path

        try:
            return Path.cwd()
        except OSError:
            # It was removed while we stood in it; absolute paths still work.
            return Path()

    @property
    def surroundings(self) -> "Surroundings":
        """The clock, randomness and passphrases of this run."""
        if self._surroundings is None:
            self._surroundings = self.world(self)
        return self._surroundings

    def home(self) -> "Home":
        """Return the ledger home that the command means.

        Raises:
            NotAHome: If there is none.
        """
        from plimsoll_attest.home import LEDGER_VARIABLE, Home

        home = Home.find(self.options.home, self.env, self.cwd)
        url = self.options.ledger or self.env.get(LEDGER_VARIABLE)
        return replace(home, settings=replace(home.settings, ledger=url)) if url else home

    def speaker(self, home: "Home") -> str:
        """Return who speaks.

        Raises:
            UsageError: If nothing says who.
        """
        return home.speaker(self.options.person, self.env)

    @contextmanager
    def reading(self) -> "Iterator[Desk]":
        """Open the desk to read: no lock is taken and no key unlocked."""
        home = self.home()  # Before the database is loaded: most mistakes are made here.
        from plimsoll_attest.desk import Desk

        with Desk.open(home, self.surroundings, writing=False) as desk:
            yield desk

    @contextmanager
    def writing(self) -> "Iterator[Desk]":
        """Open the desk to append, queueing behind another writer."""
        home = self.home()
        from plimsoll_attest.desk import Desk

        with Desk.open(home, self.surroundings, lock_timeout_s=self.options.lock_timeout_s) as desk:
            yield desk

    @property
    def may_ask(self) -> bool:
        """Whether a person is there and willing to be asked."""
        return self.console.interactive and not self.options.no_input


def with_passphrases(app: App, surroundings: "Surroundings") -> "Surroundings":
    """Return surroundings that take passphrases from `--passphrase-fd`, the environment, or a prompt."""
    from plimsoll_attest.cli.passphrase import source_for

    return replace(surroundings, passphrase=source_for(app, surroundings.passphrase))


pass_app = click.make_pass_decorator(App)
