"""What is listed and never used, and what the source says and the policy does not account for."""

import re
from collections.abc import Collection, Iterator

from plimsoll_attest.lint.warnings import Warned, listed, walk
from plimsoll_verify.policy.duties import Deed, Duty, FollowUp
from plimsoll_verify.policy.grammar import Quorum
from plimsoll_verify.policy.model import Define, Forbid, Gate, Needs, Policy, Promise, RuleOut, TestNeeds
from plimsoll_verify.policy.people import Separation, Telling


def find_unused(policy: Policy, source_clauses: Collection[str]) -> Iterator[Warned]:
    """Yield what nothing refers to, and clauses that are not accounted for."""
    yield from _clauses(policy)
    yield from _missing_clauses(policy, source_clauses)
    used = used_roles(policy)
    for role in policy.roles:
        if role not in used:
            message = f"nothing asks for the role {role}"
            yield Warned("role-unused", ("roles", role), message, "leave it out, or say what it does")
    yield from _confusable(policy)
    yield from _things(policy)


def _clauses(policy: Policy) -> Iterator[Warned]:
    promises = [part for part in walk(policy) if isinstance(part, Promise)]
    cited = {part.clause for part in promises}
    promised = {part.clause for part in promises if part.force != "illustrative"}
    for name, clause in policy.clauses.items():
        if clause.judged_by == "log" and name not in cited:
            yield Warned(
                "clause-uncited",
                ("clauses", name),
                f"clause {name} is judged by the log, and no rule cites it",
                "write the rule, or say `judged_by: attestation` or `nobody`",
            )
        if clause.judged_by == "nobody" and name in promised:
            yield Warned(
                "clause-judged",
                ("clauses", name),
                f"clause {name} is judged by nobody, and a rule cites it",
                "say `judged_by: log`",
            )
        if clause.judged_by == "nobody" and not clause.why:
            yield Warned(
                "clause-unexplained",
                ("clauses", name),
                f"clause {name} is judged by nobody, and nothing says why",
                "add `why`",
            )


def _missing_clauses(policy: Policy, source_clauses: Collection[str]) -> Iterator[Warned]:
    absent = [name for name in source_clauses if name not in policy.clauses]
    for name in absent:
        message = f"clause {name} of the source is not accounted for"
        yield Warned("clause-missing", ("clauses",), message, "list it, judged or not, and by whom")
    gaps = (
        [name for name in _gaps(policy.clauses) if name not in source_clauses] if not source_clauses else []
    )
    if gaps:
        yield Warned(
            "clause-gap",
            ("clauses",),
            f"the numbers of the clauses leave out {listed(gaps)}",
            "list every clause of the source, judged or not; `--clauses FILE` compares with a list of them",
        )


def _gaps(names: Collection[str]) -> list[str]:
    """Return the numbers that a numbering such as 3.1, 3.3 leaves out."""
    last: dict[str, set[int]] = {}
    for name in names:
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            found = re.fullmatch(r"[0-9]{1,3}", parts[depth - 1])
            if found is None:
                break
            last.setdefault(".".join(parts[: depth - 1]), set()).add(int(found[0]))
    return [
        f"{parent}.{number}" if parent else str(number)
        for parent, numbers in last.items()
        for number in range(1, max(numbers))
        if number not in numbers
    ]


def used_roles(policy: Policy) -> set[str]:
    """Return the roles that something asks for."""
    used: set[str] = set()
    for part in walk(policy):
        match part:
            case Quorum():
                used.update(part.roles())
            case TestNeeds(run_by=str(role)):
                used.add(role)
            case Gate():
                used.update(part.told_before, part.consulted_before)
            case Telling():
                used.update(part.who)
            case Separation():
                used.update(part.who or (), part.apart_from or ())
    used.update(policy.amendment.consulted)
    for exception in policy.exceptions.values():
        used.update(exception.told)
    if policy.record_rules.inventory is not None:
        used.add(policy.record_rules.inventory.by)
    return used


def _confusable(policy: Policy) -> Iterator[Warned]:
    """Yield roles of which the log would refuse the second (SPEC 1.5)."""
    from plimsoll_verify.encoding import skeleton  # noqa: PLC0415

    seen: dict[str, str] = {}
    for role in policy.roles:
        other = seen.setdefault(skeleton(role), role)
        if other != role:
            message = f"{role} is too like {other}: the log takes only the first of them that is given"
            yield Warned("role-confusable", ("roles", role), message, "rename one of the two")


def _things(policy: Policy) -> Iterator[Warned]:
    rules = [part for part in walk(policy) if isinstance(part, Needs | RuleOut | Forbid | Define)]
    deeds = [part for part in walk(policy) if isinstance(part, Deed)]
    standards = {
        name
        for rule in rules
        if not isinstance(rule, RuleOut)
        for name in (rule.standards if isinstance(rule, Needs) else (rule.standard,))
    }
    thresholds = {rule.threshold for rule in rules if isinstance(rule, RuleOut)}
    thresholds |= {deed.what for deed in deeds if deed.kind == "determination"}
    tests = {name for one in policy.thresholds.values() for name in one.tests}
    tests |= {one.measured_by for each in policy.standards.values() for one in each.criteria.values()}
    timed = [part for part in walk(policy) if isinstance(part, Duty | FollowUp)]
    calendars = {
        term.calendar for one in timed for term in (one.within, getattr(one, "at_least", None)) if term
    }
    for name in policy.standards:
        if name not in standards:
            message = f"no rule needs the standard {name}"
            yield Warned(
                "standard-unused", ("standards", name), message, "say what needs it, or leave it out"
            )
    for name, threshold in policy.thresholds.items():
        if not threshold.then and name not in thresholds:
            message = f"nothing follows from {name}: it has no rules, and none asks that it be ruled out"
            yield Warned("threshold-idle", ("thresholds", name), message, "say what it needs in `then`")
    for name in policy.tests:
        if name not in tests:
            message = f"no threshold and no criterion goes by the test {name}"
            yield Warned("test-unused", ("tests", name), message, "name it where it decides, or leave it out")
    for name in policy.calendars:
        if name not in calendars:
            message = f"no duty is counted by the calendar {name}"
            yield Warned("calendar-unused", ("calendars", name), message, "leave it out")
