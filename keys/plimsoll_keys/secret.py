"""Bytes that do not show themselves: not in a repr, a log line, a format string or a traceback."""

from typing import NoReturn


class Secret:
    """Hold secret bytes so that only `reveal` gives them.

    Error reporters print the local variables of every frame of a traceback. A passphrase in a plain
    `bytes` variable is then in the report; a `Secret` shows only that it is one. Python cannot wipe
    memory, so this does not protect from somebody who reads the process.
    """

    __slots__ = ("_value",)

    def __init__(self, value: bytes) -> None:
        self._value = value

    def reveal(self) -> bytes:
        """Return the bytes; pass them on at once, never keep them in a variable."""
        return self._value

    def __len__(self) -> int:
        return len(self._value)

    def __repr__(self) -> str:
        return "<secret>"

    def __reduce__(self) -> NoReturn:
        msg = "a secret is not to be pickled or copied"
        raise TypeError(msg)
