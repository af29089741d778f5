"""What is worked out once, however often it is asked for."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_T = TypeVar("_T")


class Once:
    """Keeps what functions give, for as long as it lives itself; whatever they look at must not change."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Any] = {}

    def once(self, what: Hashable, make: Callable[[], _T]) -> _T:
        """Return what a function gives, which is called once for everything that is called the same."""
        if what not in self._known:
            self._known[what] = make()
        found: _T = self._known[what]
        return found
