"""Finds the policies and examples that come with Plimsoll: inside the wheel, else in the checkout."""

from pathlib import Path

from plimsoll_attest.errors import AttestError


def find_data(name: str) -> Path:
    """Return the folder ``policies`` or ``examples``.

    A wheel carries both under ``plimsoll_attest/_data``; an editable install has them at the checkout's root.

    Raises:
        AttestError: Neither place has the folder.
    """
    package = Path(__file__).parent
    for folder in (package / "_data" / name, package.parent.parent / name):
        if folder.is_dir():
            return folder
    raise AttestError(f"this installation lacks its {name} folder", "install plimsoll again")
