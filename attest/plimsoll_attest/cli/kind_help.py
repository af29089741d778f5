"""What `plimsoll record` tells of each kind without loading the kinds: their typed models, told in advance.

`kinds.json` is made from the registry by `make transcripts`, and a test compares the two. Reading it takes a
millisecond; loading the models would take as long as all the rest of a help text.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from plimsoll_attest.statements.kinds import Kind

KINDS_PATH: Final = f"{__file__.removesuffix('kind_help.py')}kinds.json"
REF_TYPE: Final = "{id, index}"
"""How the registry writes the type of a reference to an entry."""

ELSEWHERE: Final = ("genesis", "policy", "policy-amendment")
"""Kinds that have a command of their own and are not recorded by `plimsoll record`."""


@cache
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """Return each kind's summary, subjects, members and example, by its name."""
    found: dict[str, dict[str, Any]] = json.loads(_read())
    return found


def _read() -> bytes:
    with open(KINDS_PATH, "rb") as stream:  # noqa: PTH123 - pathlib would cost each help text its import
        return stream.read()


def tell(kind: "Kind") -> dict[str, Any]:
    """Return what the file says of a kind."""
    return {
        "summary": kind.summary,
        "subjects": [list(wanted) for wanted in kind.subjects],
        "members": [
            {"name": member.name, "type": member.type, "required": member.required, "help": member.help}
            for member in kind.help()
        ],
        "example": kind.example,
    }


def format_kinds(registry: "Mapping[str, Kind]") -> str:
    """Return the file's text."""
    told = {name: tell(kind) for name, kind in registry.items() if name not in ELSEWHERE}
    return json.dumps(told, indent=1) + "\n"
