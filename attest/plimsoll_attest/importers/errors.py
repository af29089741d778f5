"""The one error of the importers: a file that cannot become a statement, and what to do about it."""

from pathlib import Path


class ImportFailed(Exception):
    """An evaluation file that cannot be read, or that says what no statement can hold.

    Attributes:
        path: The file that was asked for.
        what: What was found and what was wanted, lower case. It may quote foreign text; who prints it
            escapes it.
        hint: What a person can do about it, or an empty string.
    """

    def __init__(self, path: Path, what: str, hint: str = "") -> None:
        super().__init__(f"{path}: {what}")
        self.path = path
        self.what = what
        self.hint = hint
