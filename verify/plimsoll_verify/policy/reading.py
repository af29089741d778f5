"""Reading a document member by member, so that whatever is wrong is named by its path.

Every scalar is a string (SPEC 7.1). A `Place` is a value with the way that led to it; its methods return the
value in the form that is wanted, or raise a PolicyError that says where the document has something else.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import partial
from typing import Any, NoReturn, TypeVar, cast

from plimsoll_verify.encoding import ID_PATTERN, sample

_T = TypeVar("_T")
_is_id = re.compile(ID_PATTERN).fullmatch
_ID_HINT = "up to 64 lower-case letters, digits and inner hyphens"
_is_key = re.compile(r"[A-Za-z0-9_.:-]+").fullmatch

Path = tuple[str | int, ...]

MAX_NAMED = 4096
"""Members of an object of names, and items of a list; more would keep readers busy for good."""

MAX_NESTING = 8
"""Groups, triggers and quorums within one another."""


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

    def told(self) -> str:
        """Return where and what in one line."""
        return f"{'.'.join(map(str, self.path))[:200] or 'the document'}: {self.message}"

    def __reduce__(self) -> tuple[Any, ...]:
        return (type(self), (self.path, self.message, self.hint))


MAX_ERRORS = 100
"""Errors that are listed of one document."""


class TooManyErrors(Exception):
    """As many errors as are listed were noted."""


class _Abandoned(Exception):
    """What a part needs was not understood, so that nothing more can be said of the part."""


class _Missing:
    """Stands for a part that was not understood, where reading goes on; whoever looks into it gives up."""

    __slots__ = ()

    def _abandon(self, *_: object) -> NoReturn:
        raise _Abandoned

    __getattr__ = __getitem__ = __iter__ = __len__ = __bool__ = __contains__ = _abandon
    __lt__ = __le__ = __gt__ = __ge__ = __and__ = __rand__ = __add__ = __radd__ = __sub__ = _abandon


_MISSING: Any = _Missing()


class Anything(dict[str, Any]):
    """Stands for names of which it is not known what they are: every name is among them."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, _name: str) -> Any:
        return _MISSING


def settled_or(value: Mapping[str, _T]) -> Mapping[str, _T]:
    """Return what names stand for, if it was understood; else whatever is asked for."""
    return Anything() if value is _MISSING else value


def settled(value: _T) -> _T:
    """Return a part that others depend on, if it was understood; else give up on what depends on it."""
    if value is _MISSING:
        raise _Abandoned
    return value


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint that names the nearest of the known words, else all of them."""
    words = sorted(known)
    near = get_close_matches(word, words, 1)
    if near:
        return _did_you_mean(near[0])
    return f"known here: {', '.join(words[:20])}" if words else ""


def _did_you_mean(word: str) -> str:
    return f"did you mean {word}?"


class Place:
    """A value of the document, and where it stands.

    Attributes:
        value: the value.
        path: the way to it.
        errors: where errors are noted, so that the reading can go on; None where the first one ends it.
    """

    __slots__ = ("errors", "path", "value")

    def __init__(self, value: Any, path: Path = (), errors: list[PolicyError] | None = None) -> None:
        self.value = value
        self.path = path
        self.errors = errors

    def attempt(self, read: Callable[["Place"], _T]) -> _T:
        """Return what a reader makes of this place; where errors are noted, note its error and go on."""
        if self.errors is None:
            return read(self)
        try:
            return read(self)
        except PolicyError as error:
            self.note(error)
        except _Abandoned:
            pass
        return cast("_T", _MISSING)

    def note(self, error: PolicyError) -> None:
        """Raise an error, or note it where errors are noted.

        Raises:
            PolicyError: that error, where the first one ends the reading.
            TooManyErrors: it is noted, and no more should be.
        """
        if self.errors is None:
            raise error
        self.errors.append(error)
        if len(self.errors) >= MAX_ERRORS:
            raise TooManyErrors

    def at(self, value: Any, step: str | int) -> "Place":
        """Return the place of a part."""
        return Place(value, (*self.path, step), self.errors)

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
        text = self.text()
        if isinstance(words, Anything):
            return text
        known = list(words)
        if text not in known:
            self.fail(f"{sample(text)} is not among {', '.join(known)}", nearest(text, known))
        return text

    def id(self) -> str:
        """Return an id of SPEC 1.5."""
        text = self.text()
        if not _is_id(text):
            self.fail(f"{sample(text)} is no id", _ID_HINT)
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
        if len(self.value) > MAX_NAMED:
            self.fail(f"{len(self.value)} items, at most {MAX_NAMED} are allowed")
        return [self.at(item, number) for number, item in enumerate(self.value)]

    def each(self, read: Callable[["Place"], _T]) -> tuple[_T, ...]:
        """Return what a reader makes of each member of a list that may be empty."""
        return tuple(item.attempt(read) for item in self.any_items())

    def words(self, known: Iterable[str] | None = None) -> tuple[str, ...]:
        """Return the texts of a list, each once; of a few words if these are given."""
        wanted = None if known is None else list(known)
        return self.distinct(lambda item: item.text() if wanted is None else item.one_of(wanted))

    def distinct(self, read: Callable[["Place"], str]) -> tuple[str, ...]:
        """Return what a reader makes of each text of a list that is not empty, and holds none twice."""
        found: dict[str, None] = {}
        for item in self.items():
            word = item.attempt(read)
            if word in found and word is not _MISSING:
                item.note(
                    PolicyError(item.path, f"{sample(word)} stands here twice", "remove one of the two")
                )
            found[word] = None
        return tuple(found)

    def entries(self, *, ids: bool = True) -> Iterator[tuple[str, "Place"]]:
        """Yield the members of an object whose keys are names; with `ids` they are ids of SPEC 1.5."""
        if not isinstance(self.value, dict):
            self.fail(f"{_name(self.value)} where an object of names is wanted")
        if len(self.value) > MAX_NAMED:
            self.fail(f"{len(self.value)} names, at most {MAX_NAMED} are allowed")
        for key, value in self.value.items():
            place = self.at(value, key)
            if not (isinstance(key, str) and (_is_id(key) if ids else _is_key(key))):
                what = "id" if ids else "name"
                place.note(
                    PolicyError(place.path, f"{sample(str(key))} is no {what}", _ID_HINT if ids else "")
                )
            yield key, place

    def named(self, read: Callable[[str, "Place"], _T], *, ids: bool = True) -> dict[str, _T]:
        """Return what a reader makes of each member of an object of names."""
        return {key: item.attempt(partial(read, key)) for key, item in self.entries(ids=ids)}

    def members(self, required: Iterable[str], optional: Iterable[str] = ()) -> "Members":
        """Return the members of an object that has these and no others."""
        wanted, allowed = list(required), list(optional)
        if not isinstance(self.value, dict):
            self.fail(f"{_name(self.value)} where an object with {', '.join(wanted or allowed)} is wanted")
        misspelt = set()
        for key in self.value:
            if key not in wanted and key not in allowed:
                hint = nearest(str(key), [*wanted, *allowed])
                misspelt.add(hint)
                message = f"{sample(str(key))} means nothing here"
                self.note(PolicyError((*self.path, key), message, hint))
        missing = [key for key in wanted if key not in self.value and _did_you_mean(key) not in misspelt]
        if missing:
            have = ("is", "it has no default") if len(missing) == 1 else ("are", "they have no defaults")
            self.note(PolicyError(self.path, f"{', '.join(missing)} {have[0]} missing", have[1]))
        return Members(self)


class Members:
    """The members of an object, once their names are known to be right."""

    __slots__ = ("_place",)

    def __init__(self, place: Place) -> None:
        self._place = place

    def __getitem__(self, key: str) -> Place:
        members: Mapping[str, Any] = self._place.value
        if key not in members:
            raise _Abandoned  # It is missing, which was noted.
        return self._place.at(members[key], key)

    def __contains__(self, key: object) -> bool:
        return key in self._place.value

    def of(self, key: str, read: Callable[[Place], _T]) -> _T:
        """Return what a reader makes of a member that has to be there."""
        if key not in self:
            return cast("_T", _MISSING)  # Which was noted.
        return self[key].attempt(read)

    def get(self, key: str, read: Callable[[Place], _T], default: _T) -> _T:
        """Return what a reader makes of a member, or the default if it is absent."""
        return self[key].attempt(read) if key in self else default


def _name(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "nothing"}
    return names.get(type(value), f"the {type(value).__name__} {sample(str(value))}")
