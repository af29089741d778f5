"""Steps of a history that are written in a few words, so that a failing one can be read."""

from dataclasses import MISSING, fields
from typing import Any


class Brief:
    """A dataclass of which only what is not the default is shown; times of whole days as `3d`."""

    def __repr__(self) -> str:
        said = []
        for member in fields(self):  # type: ignore[arg-type] # every subclass is a dataclass.
            value = getattr(self, member.name)
            if member.default is MISSING or value != member.default:
                days, rest = divmod(value, 86_400_000) if isinstance(value, int) else (0, 1)
                said.append(f"{member.name}={f'{days} d' if days and not rest else repr(value)}")
        return f"{type(self).__name__}({', '.join(said)})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        """Show the same where Hypothesis shows an example."""
        printer.text(repr(self))
