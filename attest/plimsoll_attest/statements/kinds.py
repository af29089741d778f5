"""The registry of kinds: what each says, about whom, and how it explains itself.

A kind is a typed Struct, a pattern of subjects, and whether it is structural (its body stands inline).
Families of kinds live in modules of their own and are loaded when first asked for, so that `--help` costs
nothing.

    class Heartbeat(Body):                        the fields, each with its help
        ...
    KINDS = (Kind("heartbeat", Heartbeat, subjects=(("org",),), structural=True, summary="..."),)
"""

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import msgspec

from plimsoll_attest.errors import BadStatement, UnknownName
from plimsoll_attest.ids import DIGEST_PATTERN, ID_PATTERN, MODEL_PATTERN
from plimsoll_attest.statements.statement import MAX_TEXT
from plimsoll_attest.times import format_time, read_time

FAMILIES: Final = ("structural", "models", "evidence", "duties", "exceptions", "corrections", "policies")
"""Modules of this package that each have a tuple `KINDS`."""

Id = Annotated[str, msgspec.Meta(pattern=rf"\A{ID_PATTERN}\Z")]
ModelName = Annotated[str, msgspec.Meta(pattern=rf"\Amodel:{MODEL_PATTERN}\Z")]
Digest = Annotated[str, msgspec.Meta(pattern=rf"\A{DIGEST_PATTERN}\Z")]
Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class Time:
    """A time: written by a person in any zone, recorded in UTC with milliseconds (SPEC 1.4)."""

    __slots__ = ("text",)

    def __init__(self, written: str) -> None:
        self.text = format_time(read_time(written))


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """The base of bodies and of the objects inside them; optional members default to `msgspec.UNSET`."""


class Ref(Body):
    """A reference to an earlier statement (SPEC 4.7)."""

    id: Annotated[Digest, "hex id of the statement"]
    index: Annotated[Count, "its entry"]


@dataclass(frozen=True, slots=True)
class FieldHelp:
    """One member of a body, as `plimsoll record KIND --help` shows it."""

    name: str
    type: str
    required: bool
    help: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of statement.

    Attributes:
        name: As in SPEC 5.
        fields: The typed model of its body; None where the body is a document with a grammar of its own.
        subjects: Alternatives; each a tuple of subject types, in which `model+` is one or more models and `*`
            anything further. An empty tuple means: those of the statement it is of.
        structural: Whether its body stands inline.
        summary: What it records, in one line.
        example: Members for the example in its help.
        version: Of the typed model; part of the predicate type.
        names: The subjects that a body itself implies, where it does.
        of: The kinds that its member `of` may refer to; empty for any.
        fits: Says why subjects and body do not go together, or an empty text.
    """

    name: str
    fields: type[Body] | None
    subjects: tuple[tuple[str, ...], ...]
    summary: str
    structural: bool = False
    example: str = ""
    version: int = 1
    names: Callable[[Mapping[str, Any]], tuple[str, ...]] | None = None
    of: tuple[str, ...] = ()
    fits: Callable[[Sequence[str], Mapping[str, Any]], str] | None = None

    def check_body(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return a body's members, checked and in the form in which they are recorded.

        Text is taken for a number where a number is wanted, so that `--set epochs=5` and YAML work alike.

        Args:
            body: Without `salt`.

        Raises:
            BadStatement: Naming the member that is missing, unknown or of another type.
        """
        if self.fields is None:
            return dict(body)
        self._check_names(body)
        try:
            typed = msgspec.convert(dict(body), self.fields, strict=True, dec_hook=_read_time)
        except msgspec.ValidationError:
            try:
                typed = msgspec.convert(dict(body), self.fields, strict=False, dec_hook=_read_time)
            except msgspec.ValidationError as error:
                raise BadStatement(f"{self.name}: {_in_words(str(error))}", self._hint()) from None
        checked: dict[str, Any] = msgspec.to_builtins(typed, enc_hook=_write_time)
        return checked

    def check_subjects(self, names: Sequence[str]) -> None:
        """Check that subjects are of the types that the kind wants.

        Args:
            names: Subject names, `type:id`.

        Raises:
            BadStatement: If they fit none of the alternatives.
        """
        types = tuple(sorted([name.partition(":")[0] for name in names]))
        if not _fit(types, self.subjects):
            wanted = " or ".join(f"[{', '.join(item)}]" for item in self.subjects)
            raise BadStatement(f"{self.name} is about {wanted}, not about [{', '.join(types)}]")

    def check_names(self, names: Sequence[str], body: Mapping[str, Any]) -> None:
        """Check that subjects and body go together.

        Args:
            names: The subjects, sorted.
            body: Checked, without salt.

        Raises:
            BadStatement: If the body speaks of other subjects, or asks for others.
        """
        if self.fits is not None and (reason := self.fits(names, body)):
            raise BadStatement(f"{self.name}: {reason}")
        if self.names is not None and tuple(names) != self.names(body):
            wanted = ", ".join(self.names(body))
            raise BadStatement(f"this {self.name} is about {wanted}, not about {', '.join(names)}")

    def help(self) -> list[FieldHelp]:
        """Return what each member is for, required ones first."""
        if self.fields is None:
            return []
        hints = get_type_hints(self.fields, include_extras=True)
        found = [
            FieldHelp(
                item.encode_name, _type_text(hints[item.name]), item.required, _help_text(hints[item.name])
            )
            for item in msgspec.structs.fields(self.fields)
        ]
        return sorted(found, key=lambda item: not item.required)

    def _check_names(self, body: Mapping[str, Any]) -> None:
        # msgspec names one unknown member; a person wants all of them, and what was probably meant.
        known = _member_names(self.fields) if self.fields else frozenset()
        for name in body:
            if name not in known:
                near = get_close_matches(str(name), sorted(known), 1)
                hint = f"did you mean {near[0]}?" if near else self._hint()
                raise BadStatement(f"{self.name} has no member {str(name)[:80]!r}", hint)

    def _hint(self) -> str:
        return f"`plimsoll record {self.name} --help` lists the members"


@cache
def registry() -> Mapping[str, Kind]:
    """Return all kinds by name."""
    found: dict[str, Kind] = {}
    for family in FAMILIES:
        module = importlib.import_module(f"{__package__}.{family}")
        for kind in module.KINDS:
            if kind.name in found:
                raise AssertionError(f"kind {kind.name} is registered twice")
            found[kind.name] = kind
    return found


def find_kind(name: str) -> Kind:
    """Return a kind by its name.

    Raises:
        UnknownName: If there is none, naming the nearest.
    """
    kinds = registry()
    if name not in kinds:
        near = get_close_matches(name, list(kinds), 1)
        hint = f"did you mean {near[0]}?" if near else f"kinds are: {', '.join(kinds)}"
        raise UnknownName(f"there is no kind {name[:80]!r}", hint)
    return kinds[name]


@lru_cache(maxsize=1024)
def _fit(types: tuple[str, ...], alternatives: tuple[tuple[str, ...], ...]) -> bool:
    return not alternatives or any(_fits(types, wanted) for wanted in alternatives)


def _fits(types: Sequence[str], wanted: tuple[str, ...]) -> bool:
    if wanted[-1] == "*":
        return all(item in types for item in wanted[:-1])
    if wanted == ("model+",):
        return bool(types) and set(types) == {"model"}
    return list(types) == sorted(wanted)


def _read_time(wanted: type, value: Any) -> Any:
    if wanted is Time and isinstance(value, str):
        return Time(value)
    raise ValueError(f"expected a time, got {type(value).__name__}")


def _write_time(value: Any) -> Any:
    if isinstance(value, Time):
        return value.text
    raise NotImplementedError(f"{type(value)} in a body")


def _in_words(text: str) -> str:
    """Return what msgspec found, with the place first, in words of people who write YAML."""
    what, _, place = text.partition(" - at `$.")
    what = what[:1].lower() + what[1:]
    for type_, words in _TYPES.items():
        what = what.replace(f"`{type_}`", words)
    what = what.replace("invalid enum value", "none of its values is")
    for pattern, words in _PATTERNS.items():
        what = what.replace(f"matching regex {pattern!r}", words)
    return f"{place.removesuffix('`')}: {what}" if place else what


_PATTERNS: Final = {
    rf"\A{ID_PATTERN}\Z": "of lower-case letters, digits and inner hyphens, at most 64",
    rf"\Amodel:{MODEL_PATTERN}\Z": "of the form model:<32 hex digits>",
    rf"\A{DIGEST_PATTERN}\Z": "of 64 lower-case hex digits, a SHA-256 digest",
}


_TYPES: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a mapping of members",
    "null": "nothing",
}


def _help_text(hint: Any) -> str:
    texts = [item for item in getattr(hint, "__metadata__", ()) if isinstance(item, str)]
    return texts[-1] if texts else ""


_NAMES: Final = {str: "text", int: "integer", Time: "time", bool: "true or false", type(None): "null"}


@cache
def _member_names(struct: type[Body]) -> frozenset[str]:
    """Return the names of a body's members. Kept: to ask msgspec costs more than to verify a signature."""
    return frozenset(item.encode_name for item in msgspec.structs.fields(struct))


def _type_text(hint: Any) -> str:
    """Say a type as a person would: `a or b`, `list of text`, `{id, index}`."""
    kind = get_origin(hint)
    if kind is Annotated:
        return _type_text(hint.__origin__)
    if kind is list:
        return f"list of {_type_text(get_args(hint)[0])}"
    if kind is dict:
        return "names and texts"
    if kind is not None and str(kind) == "typing.Literal":
        # Sorted: of two that hold the same `typing` keeps the order of whichever was made first.
        return " | ".join(sorted(str(item) for item in get_args(hint)))
    if get_args(hint):
        return " or ".join(_type_text(item) for item in get_args(hint) if item is not msgspec.UnsetType)
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return "{" + ", ".join(item.encode_name for item in msgspec.structs.fields(hint)) + "}"
    return _NAMES.get(hint, str(hint))
