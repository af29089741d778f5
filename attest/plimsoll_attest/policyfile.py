"""Policies as people write them: YAML in, canonical document out, and every problem with its line and column.

The YAML is the same tree as the recorded document (SPEC 7.1), so that nothing is translated. Whether it is
understood is decided by the auditor's own parser, and only by it: a policy that passes here is one that
verifiers can judge by.
"""

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from plimsoll_attest.canonical import NotCanonical, format_canonical
from plimsoll_attest.data import find_data
from plimsoll_attest.errors import BadPolicy, UsageError
from plimsoll_attest.yamltree import BadYaml, Path_, Place, YamlTree, parse_yaml, read_yaml

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
        code: What kind of warning it is, such as `role-unused`; empty for an error.
    """

    line: int
    column: int
    message: str
    suggestion: str = ""
    where: str = ""
    code: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}"
        return f"{place}: {f'{self.where}: ' if self.where else ''}{self.message}"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What there is to say about a policy file.

    Attributes:
        errors: What verifiers would not understand, in the order of the lines.
        warnings: What they would, and what is probably not meant; looked for only where there are no errors.
        loaded: The policy, None where there are errors.
    """

    errors: list[Problem]
    warnings: list[Problem]
    loaded: "PolicyFile | None"


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
    """Read a policy file that has no errors.

    Raises:
        BadPolicy: Naming the first error and how many there are.
        UsageError: If there is no such file.
        CouldNotRun: If it cannot be read.

    Source: SPEC 7.1.
    """
    found, errors = _read(path)
    if errors:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        raise BadPolicy(
            f"{path}: {first}{more}", first.suggestion or "`plimsoll policy check` lists all problems"
        )
    return policy_of(found.tree)


def check_policy(path: Path) -> list[Problem]:
    """Return the errors of a policy file, in the order of its lines; nothing if verifiers understand it.

    Raises:
        UsageError: If there is no such file.
        CouldNotRun: If it cannot be read.
    """
    return _read(path)[1]


def inspect_policy(
    path: Path,
    *,
    source_clauses: Collection[str] = (),
    holders: dict[str, frozenset[str]] | None = None,
) -> Inspection:
    """Return everything there is to say about a policy file.

    Args:
        path: The file.
        source_clauses: The clauses that its source has; empty where that is not known.
        holders: Who holds which role; None where that is not known.

    Raises:
        UsageError: If there is no such file.
        CouldNotRun: If it cannot be read.
    """
    return _inspected(*_read(path), source_clauses=source_clauses, holders=holders)


def inspect_text(data: bytes) -> Inspection:
    """Return everything there is to say about the text of a policy file."""
    return _inspected(*_read_text(data))


def _inspected(
    found: YamlTree,
    errors: list[Problem],
    *,
    source_clauses: Collection[str] = (),
    holders: dict[str, frozenset[str]] | None = None,
) -> Inspection:
    if errors:
        return Inspection(errors, [], None)
    from plimsoll_attest.lint import find_warnings  # noqa: PLC0415
    from plimsoll_verify.policy.parse import parse_policy  # noqa: PLC0415 - loads the verifier.

    warned = find_warnings(parse_policy(found.tree), source_clauses=source_clauses, holders=holders)
    warnings = [_problem(found, one.path, one.message, one.suggestion, one.code) for one in warned]
    return Inspection([], sorted(warnings, key=_by_place), policy_of(found.tree))


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


_NOTHING = YamlTree({}, {}, {})


def policy_of(document: dict[str, Any]) -> PolicyFile:
    """Return a document that is understood with its canonical bytes and their digest."""
    data = format_canonical(document)
    return PolicyFile(document, data, hashlib.sha256(data).hexdigest())


def _read(path: Path) -> tuple[YamlTree, list[Problem]]:
    return _checked(lambda: read_yaml(path))


def _read_text(data: bytes) -> tuple[YamlTree, list[Problem]]:
    return _checked(lambda: parse_yaml(data))


def _checked(read: Callable[[], YamlTree]) -> tuple[YamlTree, list[Problem]]:
    try:
        found = read()
    except BadYaml as error:
        return _NOTHING, [Problem(error.place.line, error.place.column, error.message, error.hint)]
    if not isinstance(found.tree, dict):
        return _NOTHING, [Problem(1, 1, "a policy is a mapping of names", "see policies/harbour.yaml")]
    return found, sorted(_errors(found), key=_by_place)


def _by_place(problem: Problem) -> tuple[int, int, str]:
    return problem.line, problem.column, problem.message


def _errors(found: YamlTree) -> list[Problem]:
    from plimsoll_verify.policy.parse import find_errors  # noqa: PLC0415 - loads the verifier.

    try:
        data = format_canonical(found.tree)
    except NotCanonical as error:
        return [Problem(1, 1, f"{error.what} at {error.where}", error.hint)]
    if len(data) > MAX_POLICY_SIZE:
        return [Problem(1, 1, f"the document has {len(data)} bytes, at most {MAX_POLICY_SIZE} are allowed")]
    return [_problem(found, error.path, error.message, error.hint) for error in find_errors(found.tree)]


def _problem(found: YamlTree, path: Path_, message: str, suggestion: str, code: str = "") -> Problem:
    place = _locate(found, path, message)
    return Problem(place.line, place.column, message, suggestion, ".".join(map(str, path)), code)


def _locate(found: YamlTree, path: Path_, message: str) -> Place:
    """Return where a problem stands: at the value if the message quotes it, else at its key."""
    value: Any = found.tree
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return found.locate(path)
    quotes_value = isinstance(value, str) and value and value in message
    return found.values[path] if quotes_value and path in found.values else found.locate(path)
