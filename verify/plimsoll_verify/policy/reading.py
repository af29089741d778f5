"""Reading a document member by member, so that whatever is wrong is named by its path.

Every scalar is a string (SPEC 7.1). A `Place` is a value with the way that led to it; its methods return the
value in the form that is wanted, or raise a PolicyError that says where the document has something else.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from typing import Any, NoReturn, TypeVar

from plimsoll_verify.encoding import ID_PATTERN, sample

_T = TypeVar("_T")
_is_id = re.compile(ID_PATTERN).fullmatch
_is_key = re.compile(r"[A-Za-z0-9_.:-]+").fullmatch

Path = tuple[str | int, ...]


class PolicyError(Exception):
    """A document that this version does not understand as a policy.

    Attributes:
        path: the way to the place: keys and positions, from the top.
        message: what was got and wanted.
        hint: what its author can do, or "".
    """

    def __init__(self, path: Path, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.path, self.message, self.hint))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest of the known words, else all of them."""
    words = sorted(known)
    near = get_close_matches(word, words, 1)
    if near:
        return f"did you mean {near[0]}?"
    return f"known here: {', '.join(words[:20])}" if words else ""


class Place:
    """A value of the document, and where it stands."""

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: Path = ()) -> None:
        self.value = value
        self.path = path

    def fail(self, message: str, hint: str = "") -> NoReturn:
        """Raise what is wrong here."""
        raise PolicyError(self.path, message, hint)

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            self.fail(
                f"{_name(self.value)} where a text is wanted",
                "every value is kept as its author wrote it",
            )
        return self.value

    def read(self, parse: Callable[[str], _T]) -> _T:
        """Return what a reader of texts makes of it."""
        text = self.text()
        try:
            return parse(text)
        except ValueError as error:
            self.fail(f"{sample(text)} where {error} is wanted")

    def one_of(self, words: Iterable[str]) -> str:
        """Return one of a few words."""
        text, known = self.text(), list(words)
        if text not in known:
            self.fail(f"{sample(text)} is not among {', '.join(known)}", nearest(text, known))
        return text

    def id(self) -> str:
        """Return an id of SPEC 1.5."""
        text = self.text()
        if not _is_id(text):
            self.fail(
                f"{sample(text)} is no id",
                "up to 64 lower-case letters, digits and inner hyphens",
            )
        return text

    def items(self) -> list["Place"]:
        """Return the members of a list that is not empty."""
        found = self.any_items()
        if not found:
            self.fail("an empty list")
        return found

    def any_items(self) -> list["Place"]:
        """Return the members of a list."""
        if not isinstance(self.value, list):
            self.fail(f"{_name(self.value)} where a list is wanted")
        return [Place(item, (*self.path, number)) for number, item in enumerate(self.value)]

    def words(self, known: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return the texts of a list, each once; of a few words if these are given."""
        wanted = None if known is None else list(known)
        found: list[str] = []
        for item in self.items():
            word = item.text() if wanted is None else item.one_of(wanted)
            if word in found:
                item.fail(f"{sample(word)} stands here twice")
            found.append(word)
        return tuple(found)

    def entries(self, *, ids: bool = True) -> Iterator[tuple[str, "Place"]]:
        """Yield the members of an object whose keys are names; with `ids` they are ids of SPEC 1.5."""
        if not isinstance(self.value, dict):
            self.fail(f"{_name(self.value)} where an object of names is wanted")
        for key, value in self.value.items():
            place = Place(value, (*self.path, key))
            if not (isinstance(key, str) and (_is_id(key) if ids else _is_key(key))):
                place.fail(f"{sample(str(key))} is no {'id' if ids else 'name'}")
            yield key, place

    def members(self, required: Iterable[str], optional: Iterable[str] = ()) -> "Members":
        """Return the members of an object that has these and no others."""
        wanted, allowed = list(required), list(optional)
        if not isinstance(self.value, dict):
            self.fail(f"{_name(self.value)} where an object with {', '.join(wanted)} is wanted")
        for key in self.value:
            if key not in wanted and key not in allowed:
                raise PolicyError(
                    (*self.path, key),
                    f"{sample(str(key))} means nothing here",
                    nearest(str(key), [*wanted, *allowed]),
                )
        for key in wanted:
            if key not in self.value:
                self.fail(f"{key} is missing", "it has no default")
        return Members(self)


class Members:
    """The members of an object, once their names are known to be right."""

    __slots__ = ("_place",)

    def __init__(self, place: Place) -> None:
        self._place = place

    def __getitem__(self, key: str) -> Place:
        return Place(self._place.value[key], (*self._place.path, key))

    def __contains__(self, key: object) -> bool:
        return key in self._place.value

    def get(self, key: str, read: Callable[[Place], _T], default: _T) -> _T:
        """Return what a reader makes of a member, or the default if it is absent."""
        return read(self[key]) if key in self else default


def _name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "nothing"}
    return names.get(type(value), f"the {type(value).__name__} {sample(str(value))}")
