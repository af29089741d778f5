"""Say how far a long piece of work has come: on a terminal only, and only once a second has passed."""

import time
from collections.abc import Callable
from typing import Final

from plimsoll_attest.cli.output import Console

WAIT_S: Final = 1.0
EVERY_S: Final = 0.2
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")


class Progress:
    """One line on standard error that is written over, and taken away at the end."""

    def __init__(
        self,
        console: Console,
        what: str,
        now_s: Callable[[], float] = time.monotonic,
        *,
        unit: Callable[[int], str] | None = None,
    ) -> None:
        """Take where to write, what is being done, and a clock that only ever goes forward.

        `unit` writes an amount as a person reads it; by default as bytes.
        """
        self._unit = unit or format_bytes
        self._console = console
        self._what = what
        self._now_s = now_s
        self._next_s = now_s() + WAIT_S
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        """Note that so much of so much is done."""
        if not self._console.interactive or self._console.quiet:
            return
        now = self._now_s()
        if now < self._next_s:
            return
        self._next_s = now + EVERY_S
        self._shown = True
        share = f"{100 * done // total:3d} %" if total else "    "
        self._console.stderr.write(
            f"\r\x1b[K{self._what}: {share}  {self._unit(done)} of {self._unit(total)}"
        )
        self._console.stderr.flush()

    def close(self) -> None:
        """Take the line away, if there is one."""
        if self._shown:
            self._console.stderr.write("\r\x1b[K")
            self._console.stderr.flush()


def format_bytes(count: int) -> str:
    """Return a number of bytes as a person reads it."""
    size = float(count)
    for unit in _UNITS[:-1]:
        if size < 1024:
            return f"{size:.1f} {unit}" if unit != "B" else f"{count} B"
        size /= 1024
    return f"{size:.1f} {_UNITS[-1]}"
