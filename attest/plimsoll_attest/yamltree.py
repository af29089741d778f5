"""YAML read as a tree of text: every scalar stays exactly the characters that its author wrote.

YAML turns `1.10` into 1.1, `on` into true, `0x10` into 16 and `2026-01-01` into a date. A policy's limits
must not change between the page and the log, so that nothing is resolved here. What makes one text mean two
things, or one place mean another, is refused: anchors, aliases, tags, directives, several documents, keys
given twice, keys that are not plain ASCII names.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from plimsoll_attest.durable import could_not
from plimsoll_attest.errors import UsageError

MAX_YAML_SIZE: Final = 4 << 20
"""Bytes of a YAML file: no policy document may be larger (SPEC 1.8)."""

MAX_DEPTH: Final = 32
"""Nesting of lists and mappings. The deepest policy has 12."""

MAX_NODES: Final = 100_000
"""Values, lists and mappings in a file. The largest policy that people wrote has a fiftieth of it."""

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same events from C, ten times as fast, where PyYAML was built with it."""

_KEY = re.compile(r"[A-Za-z0-9_.:-]{1,128}")

Path_ = tuple[str | int, ...]
"""Where something stands: keys and list positions from the root."""


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, both counted from 1."""

    line: int
    column: int


class BadYaml(UsageError):
    """A file that is not YAML as it is read here.

    Attributes:
        place: Where.
    """

    code = "bad-yaml"

    def __init__(self, message: str, place: Place, hint: str = "") -> None:
        super().__init__(message, hint)
        self.place = place


@dataclass(frozen=True, slots=True)
class YamlTree:
    """A tree of dicts, lists and texts, and where each part of it was written.

    Attributes:
        tree: The root.
        keys: For each path that ends in a key, where the key stands.
        values: For each path, where the value begins.
    """

    tree: Any
    keys: dict[Path_, Place] = field(repr=False)
    values: dict[Path_, Place] = field(repr=False)

    def locate(self, path: Path_) -> Place:
        """Return where a path's key stands, or its value, or the nearest part above it that is there."""
        for length in range(len(path), -1, -1):
            place = self.keys.get(path[:length]) or self.values.get(path[:length])
            if place is not None:
                return place
        return Place(1, 1)


def read_yaml(path: Path) -> YamlTree:
    """Read a file as a tree of text.

    Raises:
        BadYaml: Naming line and column.
        UsageError: If there is no such file, or it is too large.
        CouldNotRun: If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_YAML_SIZE + 1)
    except FileNotFoundError:
        raise UsageError(f"there is no file {path}", "check the path") from None
    except IsADirectoryError:
        raise UsageError(f"{path} is a folder, want a YAML file", "name the file in it") from None
    except OSError as error:
        raise could_not(f"read {path}", error) from None
    return parse_yaml(data, str(path))


def parse_yaml(data: bytes, name: str = "the text") -> YamlTree:
    """Read YAML as a tree of text.

    Args:
        data: What was read.
        name: What it is called in an error.

    Raises:
        BadYaml: If it is not YAML, or uses what is refused here; names line and column.
        UsageError: If it is larger than 4 MiB.
    """
    if len(data) > MAX_YAML_SIZE:
        raise UsageError(
            f"{name} is larger than {MAX_YAML_SIZE >> 20} MiB, which is the most that is read as YAML",
            hint="verifiers read policies of that size at the most; leave out what no rule refers to",
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        place = Place(before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        raise BadYaml("not UTF-8", place, "save the file as UTF-8") from None
    return _Builder(text).build()


class _Builder:
    """Builds the tree from the parser's events; never resolves a tag."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._keys: dict[Path_, Place] = {}
        self._values: dict[Path_, Place] = {}
        self._nodes = 0

    def build(self) -> YamlTree:
        try:
            events = self._checked(yaml.parse(self._text, Loader=_LOADER))
            first = next(events, None)
            if first is None:
                raise BadYaml("the file is empty", Place(1, 1))
            tree = self._node(first, events, ())
            for event in events:
                raise BadYaml("a second document begins here", _place(event), "keep one document in a file")
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
            if self._has_tab(place):
                raise BadYaml(
                    "a tab in the indentation", place, "YAML is indented with spaces: replace tabs by them"
                ) from None
            raise BadYaml(f"not YAML: {error.problem or error.context}", place) from None
        except yaml.reader.ReaderError as error:
            before = self._text[: error.position]
            place = Place(before.count("\n") + 1, error.position - before.rfind("\n"))
            raise BadYaml(
                f"character U+{ord(self._text[error.position]):04X} is not allowed", place
            ) from None
        return YamlTree(tree, self._keys, self._values)

    def _has_tab(self, place: Place) -> bool:
        """Say whether the line in which a parser gave up is indented with a tab."""
        lines = self._text.splitlines()
        line = lines[place.line - 1] if place.line <= len(lines) else ""
        return "\t" in line[: len(line) - len(line.lstrip())]

    def _checked(self, events: Iterator[Any]) -> Iterator[Any]:
        """Yield the events of nodes, after refusing those that make one text mean another."""
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and (event.version or event.tags):
                raise BadYaml("directives are not read", _place(event), "remove the line that starts with %")
            if isinstance(event, yaml.AliasEvent):
                raise BadYaml(f"alias *{event.anchor} is not read", _place(event), "write it out")
            if getattr(event, "anchor", None) is not None:
                raise BadYaml(
                    f"anchor &{event.anchor} is not read", _place(event), "write it out where needed"
                )
            if getattr(event, "tag", None) is not None:
                raise BadYaml(f"tag {event.tag} is not read", _place(event), "values are kept as written")
            if isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
                yield event

    def _node(self, event: Any, events: Iterator[Any], path: Path_) -> Any:
        self._values[path] = _place(event)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise BadYaml(f"more than {MAX_NODES} values", _place(event), "no policy has as many")
        if len(path) > MAX_DEPTH:
            raise BadYaml(f"nested deeper than {MAX_DEPTH} levels", _place(event))
        if isinstance(event, yaml.ScalarEvent):
            return event.value
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._node(item, events, (*path, len(items))))
            return items
        found: dict[str, Any] = {}
        while not isinstance(item := next(events), yaml.MappingEndEvent):
            key = self._key(item, found)
            self._keys[(*path, key)] = _place(item)
            found[key] = self._node(next(events), events, (*path, key))
        return found

    def _key(self, event: Any, found: dict[str, Any]) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            raise BadYaml("a key is a list or a mapping, want a name", _place(event))
        key = str(event.value)
        if _KEY.fullmatch(key) is None:
            hint = "names are of ASCII letters, digits and _ . : -"
            raise BadYaml(f"{key[:80]!a} cannot be a name", _place(event), hint)
        if key in found:
            raise BadYaml(f"{key} is given twice", _place(event), "remove one of the two")
        return key


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)
