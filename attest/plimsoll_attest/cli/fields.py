"""Turn `--set key=value` and a YAML file into a statement's body: text in, members of the kind's types out.

`a.b=c` sets a member of a member; `list=[x,y]`, or the same key twice, gives a list; `#12` is a reference
to entry 12. How a value is read depends on the member's type, so that a written reason may begin with a
bracket.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from plimsoll_attest.cli.kind_help import REF_TYPE
from plimsoll_attest.errors import BadStatement, UsageError

if TYPE_CHECKING:
    from plimsoll_attest.statements.kinds import FieldHelp

_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z_][A-Za-z0-9_-]*)*", re.ASCII)
_REF: Final = re.compile(r"#?(0|[1-9][0-9]{0,17})", re.ASCII)

Resolve = Callable[[int], Mapping[str, Any]]
"""Returns the reference to an entry, its statement id and index."""


def parse_assignments(texts: Iterable[str]) -> dict[str, Any]:
    """Return the tree that `key=value` texts describe; values are texts, or lists where a key stands twice.

    Raises:
        UsageError: If one has no `=`, an odd key, or contradicts another.
    """
    tree: dict[str, Any] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or _KEY.fullmatch(key) is None:
            raise UsageError(f"--set {text!r} is not key=value", "for example: --set threshold=cbrn-3")
        _put(tree, key, value)
    return tree


def _put(tree: dict[str, Any], key: str, value: str) -> None:
    *path, last = key.split(".")
    inner: Any = tree
    for name in path:
        inner = inner.setdefault(name, {})
        if not isinstance(inner, dict):
            raise UsageError(f"--set {key}: {name} has a value of its own already", "set one or the other")
    before = inner.get(last)
    if isinstance(before, dict):
        raise UsageError(f"--set {key}: {last} has members already", "set one or the other")
    if before is None:
        inner[last] = value
    else:
        inner[last] = [*(before if isinstance(before, list) else [before]), value]


def merge(file: Mapping[str, Any], assigned: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file's tree with what was assigned on the command line put over it."""
    merged = dict(file)
    for name, value in assigned.items():
        below = merged.get(name)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[name] = merge(below, value) if both else value  # type: ignore[arg-type]
    return merged


def shape(tree: Mapping[str, Any], members: Sequence["FieldHelp"], resolve: Resolve) -> dict[str, Any]:
    """Return a body whose values have the shapes of the kind's members.

    Members that must be there but may be empty (a list, an object of optional members, a value or null)
    are filled in, so that a person need not write `evidence=[]`. Whether the values are right is for the
    kind to say.

    Args:
        tree: What a person gave, as text.
        members: Those of the kind.
        resolve: Returns the reference to an entry.
    """
    types = {member.name: member.type for member in members}
    body = {name: _shaped(value, types.get(name, ""), resolve) for name, value in tree.items()}
    for member in members:
        if member.required and member.name not in body:
            if member.type.startswith("list of "):
                body[member.name] = []
            elif member.type.endswith(" or null"):
                body[member.name] = None
            elif member.type.startswith("{") and member.type != REF_TYPE:
                body[member.name] = {}
    return body


def check_members(kind: str, body: Mapping[str, Any], members: Sequence["FieldHelp"]) -> None:
    """Say in a person's words what is missing and what is none of the values that there are.

    The kind's own check follows; this one only knows how to say the two commonest mistakes well.

    Raises:
        BadStatement: Naming all members that are missing, or the value that does not exist.
    """
    missing = [member for member in members if member.required and member.name not in body]
    if missing and all(name in {member.name for member in members} for name in body):
        wanted = "; ".join(
            f"{member.name} ({member.help})" if member.help else member.name for member in missing
        )
        example = " ".join(f"--set {member.name}=..." for member in missing)
        raise BadStatement(
            f"{kind} also needs {wanted}", f"give {example}; see `plimsoll record {kind} --help`"
        )
    for member in members:
        choices = member.type.removeprefix("list of ").split(" | ")
        value = body.get(member.name)
        if len(choices) < 2 or " or " in member.type:
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and item not in choices:
                near = get_close_matches(item, choices, 1)
                hint = f"did you mean {near[0]}?" if near else f"it is one of {', '.join(choices)}"
                raise BadStatement(f"{kind} has no {member.name} {item!r}", hint)


def _shaped(value: Any, kind: str, resolve: Resolve) -> Any:
    if kind.startswith("list of "):
        items = value if isinstance(value, list) else _listed(value) if isinstance(value, str) else [value]
        return [_shaped(item, kind.removeprefix("list of "), resolve) for item in items]
    if isinstance(value, dict):
        return {name: _shaped(item, "", resolve) for name, item in value.items()}
    if isinstance(value, list):
        return [_shaped(item, "", resolve) for item in value]
    if kind.startswith(REF_TYPE) and isinstance(value, str):
        found = _REF.fullmatch(value)
        if found is not None:
            return dict(resolve(int(found[1])))
    if kind.endswith(" or null") and value == "null":
        return None
    if kind == "" and isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        return _listed(value)
    return value


def _listed(text: str) -> list[str]:
    """Return the items of `[x,y]`, or the text itself as the only one."""
    if text.startswith("[") and text.endswith("]"):
        return [item.strip() for item in text[1:-1].split(",") if item.strip()]
    return [text]
