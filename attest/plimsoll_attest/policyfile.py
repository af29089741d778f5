"""Policies as people write them: YAML in, canonical document out, and every problem with its line and column.

The YAML is the same tree as the recorded document (SPEC 7.1), so that nothing is translated. Whether it is
understood is decided by the auditor's own parser, and only by it: a policy that passes here is one that
verifiers can judge by.
"""

import hashlib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from plimsoll_attest.canonical import NotCanonical, format_canonical
from plimsoll_attest.data import find_data
from plimsoll_attest.errors import BadPolicy, UsageError
from plimsoll_attest.yamltree import BadYaml, Place, YamlTree, read_yaml

MAX_POLICY_SIZE = 4 << 20
"""Bytes of a policy document (SPEC 1.8)."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a policy file, and where.

    Attributes:
        line: From 1.
        column: From 1.
        message: What was got and wanted.
        suggestion: What a person can do, or an empty string.
        where: The path within the document, such as `tests.virology.rules_out`.
    """

    line: int
    column: int
    message: str
    suggestion: str = ""
    where: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}"
        return f"{place}: {f'{self.where}: ' if self.where else ''}{self.message}"


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """A policy that verifiers understand.

    Attributes:
        document: The tree, every scalar as it was written.
        data: Its canonical bytes, which are recorded.
        sha256: Their digest, by which the policy is known.
    """

    document: dict[str, Any]
    data: bytes = field(repr=False)
    sha256: str


def load_policy(path: Path) -> PolicyFile:
    """Read a policy file that has no problems.

    Raises:
        BadPolicy: Naming the first problem and how many there are.
        UsageError: If there is no such file.
        CouldNotRun: If it cannot be read.

    Source: SPEC 7.1.
    """
    document, problems = _read(path)
    if problems:
        first = problems[0]
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise BadPolicy(
            f"{path}: {first}{more}", first.suggestion or "`plimsoll policy check` lists all problems"
        )
    data = format_canonical(document)
    return PolicyFile(document, data, hashlib.sha256(data).hexdigest())


def check_policy(path: Path) -> list[Problem]:
    """Return what is wrong with a policy file, in the order of its lines; nothing if verifiers understand it.

    Raises:
        UsageError: If there is no such file.
        CouldNotRun: If it cannot be read.
    """
    return _read(path)[1]


def find_policy(name: str) -> Path:
    """Return the path of a policy that comes with Plimsoll, such as `harbour`.

    Raises:
        UsageError: If there is none of that name, naming the nearest.
    """
    folder = find_data("policies")
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    if name not in names:
        near = get_close_matches(name, names, 1)
        raise UsageError(
            f"no policy {name[:80]!r} comes with Plimsoll",
            f"did you mean {near[0]}?" if near else ", ".join(names),
        )
    return folder / f"{name}.yaml"


def _read(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    try:
        found = read_yaml(path)
    except BadYaml as error:
        return {}, [Problem(error.place.line, error.place.column, error.message, error.hint)]
    if not isinstance(found.tree, dict):
        return {}, [Problem(1, 1, "a policy is a mapping of names", "see policies/harbour.yaml")]
    return found.tree, _problems(found)


def _problems(found: YamlTree) -> list[Problem]:
    from plimsoll_verify.policy.parse import PolicyError, parse_policy  # noqa: PLC0415 - loads the verifier.

    try:
        data = format_canonical(found.tree)
    except NotCanonical as error:
        return [Problem(1, 1, f"{error.what} at {error.where}", error.hint)]
    if len(data) > MAX_POLICY_SIZE:
        return [Problem(1, 1, f"the document has {len(data)} bytes, at most {MAX_POLICY_SIZE} are allowed")]
    try:
        parse_policy(data)
    except PolicyError as error:
        place = _locate(found, error.path, error.message)
        where = ".".join(str(part) for part in error.path)
        return [Problem(place.line, place.column, error.message, error.hint, where)]
    return []


def _locate(found: YamlTree, path: tuple[str | int, ...], message: str) -> Place:
    """Return where a problem stands: at the value if the message quotes it, else at its key."""
    value: Any = found.tree
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return found.locate(path)
    quotes_value = isinstance(value, str) and value and value in message
    return found.values[path] if quotes_value and path in found.values else found.locate(path)
