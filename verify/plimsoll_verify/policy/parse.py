"""From a policy document to a policy, or to the places where this version stops understanding it.

What is not understood must not be guessed at: an unknown key, a missing force, a name that nothing bears make
the document one that cannot be judged by.

Source: SPEC 7.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from plimsoll_verify.canonical import parse_canonical
from plimsoll_verify.encoding import parse_time
from plimsoll_verify.errors import Malformed
from plimsoll_verify.limits import MAX_POLICY_BYTES
from plimsoll_verify.policy.amending import read_amendment
from plimsoll_verify.policy.calendars import (
    CalendarRule,
    TermReader,
    digest,
    parse_day,
    read_calendar,
    read_counting,
)
from plimsoll_verify.policy.duties import read_duty
from plimsoll_verify.policy.exceptions import read_exceptions
from plimsoll_verify.policy.grammar import Activity, Period, Quorum, parse_period
from plimsoll_verify.policy.lineage import read_lineage
from plimsoll_verify.policy.measures import is_of_system, read_test
from plimsoll_verify.policy.model import Clause, Gate, PauseRule, Policy
from plimsoll_verify.policy.names import Names, activity, truth
from plimsoll_verify.policy.people import (
    read_adheres,
    read_interpretation,
    read_reversal,
    read_separate,
    read_told_after,
)
from plimsoll_verify.policy.reading import Anything, Place, PolicyError, TooManyErrors, settled_or
from plimsoll_verify.policy.recording import read_record_rules
from plimsoll_verify.policy.rules import RuleReader
from plimsoll_verify.policy.standard import criteria_of, read_standard
from plimsoll_verify.policy.threshold import read_threshold

_T = TypeVar("_T")

__all__ = ["PolicyError", "find_errors", "parse_policy"]

FORMAT = "plimsoll/policy/v1"

_REQUIRED = (
    "policy", "id", "version", "title", "effective_from", "source", "subject", "applies_to", "adoption",
    "amendment", "clauses", "roles", "tests", "thresholds", "baseline", "standards", "gates", "pause",
    "record_rules",
)  # fmt: skip
_OPTIONAL = (
    "maps_to", "called", "adheres", "separate", "interpretation", "reversal", "exceptions", "lineage",
    "calendars", "counting", "duties",
)  # fmt: skip


def parse_policy(document: bytes | dict[str, Any]) -> Policy:
    """Read a policy document.

    Args:
        document: canonical JSON of at most 4 MiB, or the tree that such bytes hold.

    Raises:
        PolicyError: naming the first place that is not understood.

    Source: SPEC 7.
    """
    return _Reader(Place(_tree(document))).policy()


def find_errors(document: bytes | dict[str, Any]) -> list[PolicyError]:
    """Return every place of a document that is not understood, a hundred at most; none if it is a policy.

    It is read by the same code as by `parse_policy`, which stops at the first of them.
    """
    errors: list[PolicyError] = []
    try:
        Place(_tree(document), (), errors).attempt(lambda place: _Reader(place).policy())
    except PolicyError as error:
        return [error]
    except TooManyErrors:
        pass
    return errors


def _tree(document: bytes | dict[str, Any]) -> dict[str, Any]:
    if not isinstance(document, bytes):
        return document
    if len(document) > MAX_POLICY_BYTES:
        raise PolicyError((), f"{len(document)} bytes, at most {MAX_POLICY_BYTES} are allowed")
    try:
        tree: dict[str, Any] = parse_canonical(document, "policy", "a policy document")
    except Malformed as error:
        raise PolicyError((), f"expected {error.expected}, got {error.actual}") from None
    return tree


class _Reader:
    """Reads one document; knows the names that it defines, so that references can be checked at once."""

    def __init__(self, place: Place) -> None:
        if isinstance(place.value, dict) and "policy" in place.value:
            place.at(place.value["policy"], "policy").attempt(_read_format)
        self.top = place.members(_REQUIRED, _OPTIONAL)
        self.names = names = Names()
        self.clauses = self.top.of("clauses", lambda at: at.named(_clause, ids=False))
        names.clauses = settled_or(self.clauses)
        self.roles = self.top.of("roles", lambda at: at.named(_role))
        names.roles = settled_or(self.roles)
        names.thresholds = self.named("thresholds", lambda _: True)
        names.tests = self.named("tests", is_of_system)
        names.criteria = self.named("standards", criteria_of)
        self.tests = self.top.of("tests", lambda at: at.named(lambda key, item: read_test(key, item, names)))
        self.standards = self.top.of(
            "standards", lambda at: at.named(lambda key, item: read_standard(key, item, names))
        )

    def named(self, key: str, read: Callable[[Place], _T]) -> Mapping[str, _T]:
        """Return what the names of a part stand for, before the part is read."""
        found = self.top[key].value if key in self.top else None
        if not isinstance(found, dict):
            return Anything()  # Which is noted when the part is read.
        return {name: read(self.top[key].at(value, name)) for name, value in found.items()}

    def policy(self) -> Policy:
        top, names = self.top, self.names
        rules = RuleReader(names, settled_or(self.standards))
        own = top.of("id", Place.id)
        top.of("applies_to", lambda at: at.one_of(["every registered model", "every registered subject"]))
        record_rules = top.of("record_rules", lambda at: read_record_rules(at, names))
        amendment = top.of("amendment", lambda at: read_amendment(at, names))
        terms = self.terms()
        return Policy(
            id=own,
            version=top.of("version", Place.text),
            title=top.of("title", Place.text),
            effective_ms=top.of("effective_from", lambda at: at.read(_instant)),
            source=top.of("source", _source),
            signed_off_by=top.of("adoption", self.adoption),
            clauses=self.clauses,
            tests=self.tests,
            thresholds=top.of(
                "thresholds",
                lambda at: at.named(lambda key, item: read_threshold(key, item, names, rules)),
            ),
            baseline=top.of("baseline", lambda at: rules.read(at, "")),
            standards=self.standards,
            gates=top.of("gates", lambda at: at.each(self.gate)),
            pause=top.of("pause", self.pause),
            amendment=amendment,
            record_rules=record_rules,
            subject=top.of("subject", Place.id),
            called=top.get("called", _called, {}),
            adheres=top.get("adheres", lambda at: read_adheres(at, names, own), ()),
            separate=top.get("separate", lambda at: read_separate(at, names), ()),
            interpretation=top.get("interpretation", lambda at: read_interpretation(at, names), None),
            reversal=top.get("reversal", lambda at: read_reversal(at, names), None),
            exceptions=top.get("exceptions", lambda at: read_exceptions(at, names), {}),
            lineage=top.get("lineage", lambda at: read_lineage(at, names), None),
            calendars=terms.calendars,
            duties=top.get(
                "duties", lambda at: at.named(lambda key, item: read_duty(key, item, names, terms)), {}
            ),
            maps_to=top.get("maps_to", _maps_to, {}),
            amended_by=amendment.approved_by,
            late_after=record_rules.late_after,
            roles={key: outside for key, (outside, _) in self.roles.items()},
            terms={key: term for key, (_, term) in self.roles.items() if term is not None},
        )

    def terms(self) -> TermReader:
        calendars: dict[str, CalendarRule] = self.top.get("calendars", lambda at: at.named(read_calendar), {})
        return TermReader(self.top.get("counting", read_counting, "elapsed"), calendars)

    def adoption(self, place: Place) -> Quorum:
        return place.members(["signed_off_by"]).of("signed_off_by", self.names.quorum)

    def gate(self, place: Place) -> Gate:
        names = self.names
        members = place.members(
            ["clause", "force", "for", "approved_by"], ["told_before", "consulted_before", "told_after"]
        )
        return Gate(
            names.promise(members),
            members.of("for", lambda at: activity(at, Activity.STORING, Activity.TRAINING_OTHERS)),
            members.of("approved_by", names.quorum),
            members.get("told_before", names.all_roles, ()),
            members.get("consulted_before", names.all_roles, ()),
            members.get("told_after", lambda at: read_told_after(at, names), None),
        )

    def pause(self, place: Place) -> PauseRule:
        names = self.names
        members = place.members(["clause", "force", "called_by", "lifted_by", "stops_within"], ["when"])
        members.get("when", lambda at: at.one_of(["every needed standard is in force"]), "")
        return PauseRule(
            names.promise(members),
            members.of("called_by", names.quorum),
            members.of("lifted_by", names.quorum),
            members.of("stops_within", lambda at: at.read(parse_period)),
            "when" in members,
        )


def _read_format(place: Place) -> None:
    """Refuse another version of the language before anything that this one would misread."""
    if place.value != FORMAT:
        place.fail(
            f"{str(place.value)[:80]!a} is another version of the policy language than {FORMAT}",
            "a newer verifier may understand it; this one cannot judge by it",
        )


def _source(place: Place) -> dict[str, str]:
    members = place.members(["title"], ["sha256", "url", "published", "encoding_checked_by"])
    readers = {"sha256": digest, "published": lambda text: parse_day(text).isoformat()}
    return {
        key: members.of(key, lambda at: at.read(readers.get(str(at.path[-1]), str)))
        for key in ("title", "sha256", "url", "published", "encoding_checked_by")
        if key in members
    }


def _clause(_key: str, place: Place) -> Clause:
    members = place.members(["judged_by"], ["text", "why"])
    return Clause(
        members.of("judged_by", _judged_by),
        members.get("text", Place.text, ""),
        members.get("why", Place.text, ""),
    )


def _judged_by(place: Place) -> Any:
    return place.one_of(["log", "attestation", "nobody"])


def _role(_key: str, place: Place) -> tuple[bool, Period | None]:
    """Return whether a role's holders stand outside of the company, and for how long they hold it."""
    members = place.members([], ["title", "outside", "term"])
    members.get("title", Place.text, "")
    return members.get("outside", truth, default=False), members.get(
        "term", lambda at: at.read(parse_period), None
    )


def _called(place: Place) -> dict[Activity, str]:
    found: dict[Activity, str] = {}

    def read(item: Place) -> None:
        members = item.members(["activity", "words"])
        named = members.of("activity", activity)
        if named in found:
            members["activity"].fail(f"{named} stands here twice", "remove one of the two")
        found[named] = members.of("words", Place.text)

    for item in place.items():
        item.attempt(read)
    return found


def _maps_to(place: Place) -> dict[str, tuple[str, ...]]:
    return place.named(lambda _key, item: item.words(), ids=False)


def _instant(text: str) -> int:
    try:
        return parse_time(f"{text[:-1]}.000Z" if len(text) == 20 else text)
    except Malformed:
        raise ValueError("a time such as `2026-01-01T00:00:00Z`") from None
