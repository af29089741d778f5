"""Which tests make a crossing: any of them, all, or some number, in groups within groups.

Source: SPEC 7.4, 9.4.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from plimsoll_verify.policy.names import Names, count_of
from plimsoll_verify.policy.reading import MAX_NAMED, MAX_NESTING, Members, Place, PolicyError

FORMS = ("crossed_if_any_of", "crossed_if_all_of", "crossed_if_k_of")


@dataclass(frozen=True, slots=True)
class Group:
    """`k` of these tests and groups.

    `all_of` asks for as many as there are, `any_of` for one.
    """

    k: int
    of: tuple["str | Group", ...]

    @property
    def is_flat(self) -> bool:
        """Whether it holds tests only, and asks for one or for all."""
        return self.k in (1, len(self.of)) and all(isinstance(part, str) for part in self.of)

    def tests(self) -> tuple[str, ...]:
        """Return every test in it, each once, in order."""
        return tuple(dict.fromkeys(self._leaves()))

    def _leaves(self) -> Iterator[str]:
        for part in self.of:
            if isinstance(part, str):
                yield part
            else:
                yield from part._leaves()  # noqa: SLF001 - it is of this class.

    def __str__(self) -> str:
        parts = [part if isinstance(part, str) else f"({part})" for part in self.of]
        if self.k == len(parts):
            return " and ".join(parts)
        return " or ".join(parts) if self.k == 1 else f"{self.k} of {', '.join(parts)}"


def read_group(members: Members, place: Place, names: Names) -> Group | None:
    """Return which tests cross a threshold; None where it has no such list.

    Args:
        members: those of the threshold.
        place: the threshold.
        names: the tests that there are.
    """
    forms = [form for form in FORMS if form in members]
    if len(forms) > 1:
        place.note(PolicyError(place.path, f"{forms[0]} and {forms[1]} together", "nest one in the other"))
    if not forms:
        return None
    reader = _GroupReader(names)
    return members.of(forms[0], lambda at: reader.read(at, forms[0].removeprefix("crossed_if_"), 1))


class _GroupReader:
    def __init__(self, names: Names) -> None:
        self._names = names
        self._size = 0

    def read(self, place: Place, word: str, depth: int) -> Group:
        if depth > MAX_NESTING:
            place.fail(f"groups nested deeper than {MAX_NESTING}")
        if word != "k_of":
            parts = self._parts(place, depth)
            return Group(len(parts) if word == "all_of" else 1, parts)
        inner = place.members(["k", "of"])
        parts = inner.of("of", lambda at: self._parts(at, depth))
        return Group(inner.of("k", lambda at: count_of(at, len(parts))), parts)

    def _parts(self, place: Place, depth: int) -> tuple[str | Group, ...]:
        found: list[str | Group] = []
        for item in place.items():
            part = item.attempt(lambda at: self._part(at, depth))
            if isinstance(part, str) and part in found:
                item.fail(f"{part} stands here twice", "remove one of the two")
            found.append(part)
        return tuple(found)

    def _part(self, place: Place, depth: int) -> str | Group:
        self._size += 1
        if self._size > MAX_NAMED:
            place.fail(f"more than {MAX_NAMED} tests and groups in one threshold")
        if isinstance(place.value, str):
            return self._test(place)
        if not isinstance(place.value, dict) or len(place.value) != 1:
            place.fail("a test, or one of any_of, all_of and k_of, is wanted")
        members = place.members([], ["any_of", "all_of", "k_of"])
        word = next(iter(place.value))
        return self.read(members[word], word, depth + 1)

    def _test(self, place: Place) -> str:
        test = place.one_of(self._names.tests)
        if self._names.tests[test]:
            place.fail(
                f"{test} tests the system as deployed",
                "a threshold is about the model without safeguards: no safeguard lowers what it can do",
            )
        return test
