"""`plimsoll --version`: the program and the formats it reads and writes."""

from typing import Final

from plimsoll_attest import __version__
from plimsoll_attest.cli.app import App

FORMATS: Final = (
    "plimsoll/1",
    "plimsoll-home/1",
    "plimsoll/policy/v1",
    "plimsoll/verdict/v1",
    "plimsoll/permit/v1",
    "c2sp.org/tlog-tiles",
    "c2sp.org/tlog-proof@v1",
)


def show_version(app: App) -> None:
    """Print the version and the formats."""
    app.console.line(f"plimsoll {__version__}")
    app.console.line(f"formats: {', '.join(FORMATS)}")
    app.console.json("version", {"program": "plimsoll", "version": __version__, "formats": list(FORMATS)})
