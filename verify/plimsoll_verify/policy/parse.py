"""From a policy document to a policy, or to the place where this version stops understanding it.

What is not understood must not be guessed at: an unknown key, a missing force, a name that nothing bears make
the document one that cannot be judged by.

Source: SPEC 7.
"""

from typing import Any, Literal, cast

from plimsoll_verify.canonical import parse_canonical
from plimsoll_verify.encoding import parse_hex, parse_time
from plimsoll_verify.errors import Malformed
from plimsoll_verify.limits import MAX_POLICY_BYTES
from plimsoll_verify.policy.grammar import (
    FORCES,
    MAX_QUORUM_ROLES,
    Activity,
    Period,
    Quorum,
    parse_amount,
    parse_period,
    parse_whole,
)
from plimsoll_verify.policy.model import (
    Clause,
    Criterion,
    Gate,
    JudgedOn,
    Limit,
    PauseRule,
    Policy,
    Promise,
    Renewal,
    Respond,
    Standard,
    Test,
    TestNeeds,
    Threshold,
)
from plimsoll_verify.policy.reading import Members, Place, PolicyError, nearest
from plimsoll_verify.policy.rules import RuleReader

__all__ = ["PolicyError", "parse_policy"]

METHODS = ("audit", "document", "interpretability", "red-team", "self-report", "test", "threat-model")
"""How a criterion can be shown to be met (SPEC 5.4)."""

_JUDGED_ON = ("score", "upper 95 % bound", "lower 95 % bound")
_FOR_EACH = ("organisation", "model", "surface", "threshold")
_TOP = (
    "policy", "id", "version", "title", "effective_from", "source", "subject", "applies_to", "adoption",
    "amendment", "clauses", "roles", "tests", "thresholds", "baseline", "standards", "gates", "pause",
    "record_rules",
)  # fmt: skip


def parse_policy(document: bytes | dict[str, Any]) -> Policy:
    """Read a policy document.

    Args:
        document: canonical JSON of at most 4 MiB, or the tree that such bytes hold.

    Raises:
        PolicyError: naming the first place that is not understood.

    Source: SPEC 7.
    """
    if isinstance(document, bytes):
        if len(document) > MAX_POLICY_BYTES:
            raise PolicyError((), f"{len(document)} bytes, at most {MAX_POLICY_BYTES} are allowed")
        try:
            document = parse_canonical(document, "policy", "a policy document")
        except Malformed as error:
            raise PolicyError((), f"expected {error.expected}, got {error.actual}") from None
    return _Reader(Place(document)).policy()


class _Reader:
    """Reads one document; knows the names that it defines, so that references can be checked at once."""

    def __init__(self, place: Place) -> None:
        self.top = place.members(_TOP, ("maps_to",))
        self.clauses = {key: self._clause(item) for key, item in self.top["clauses"].entries(ids=False)}
        self.roles = {key: self._role(item) for key, item in self.top["roles"].entries()}
        self.tests = {key: self._test(key, item) for key, item in self.top["tests"].entries()}
        self.thresholds = {key for key, _ in self.top["thresholds"].entries()}
        self.standards = {key: self._standard(key, item) for key, item in self.top["standards"].entries()}

    def policy(self) -> Policy:
        top = self.top
        top["policy"].one_of(["plimsoll/policy/v1"])
        top["subject"].one_of(["model"])
        top["applies_to"].one_of(["every registered model"])
        rules = RuleReader(self.standards, self.thresholds, self.promise)
        return Policy(
            id=top["id"].id(),
            version=top["version"].text(),
            title=top["title"].text(),
            effective_ms=top["effective_from"].read(_instant),
            source=self._source(top["source"]),
            signed_off_by=self.quorum(top["adoption"].members(["signed_off_by"])["signed_off_by"]),
            amended_by=self.quorum(top["amendment"].members(["approved_by"])["approved_by"]),
            clauses=self.clauses,
            roles=self.roles,
            tests=self.tests,
            thresholds={key: self._threshold(key, item, rules) for key, item in top["thresholds"].entries()},
            baseline=rules.read(top["baseline"], ""),
            standards=self.standards,
            gates=tuple(self._gate(item) for item in top["gates"].any_items()),
            pause=self._pause(top["pause"]),
            late_after=top["record_rules"].members(["late_after"])["late_after"].read(parse_period),
            maps_to={key: item.words() for key, item in self.maps_to()},
        )

    def maps_to(self) -> list[tuple[str, Place]]:
        return list(self.top["maps_to"].entries(ids=False)) if "maps_to" in self.top else []

    # -- what many parts have

    def promise(self, members: Members) -> Promise:
        clause = members["clause"]
        if clause.text() not in self.clauses:
            clause.fail(f"no clause {clause.text()[:80]!a} is listed", nearest(clause.text(), self.clauses))
        return Promise(clause.text(), members["force"].one_of(FORCES))

    def role(self, place: Place) -> str:
        role = place.id()
        if role not in self.roles:
            place.fail(f"no role {role} is listed", nearest(role, self.roles))
        return role

    def quorum(self, place: Place) -> Quorum:
        found = self._quorum(place)
        if len(found.roles()) > MAX_QUORUM_ROLES:
            place.fail(f"{len(found.roles())} roles in one quorum, at most {MAX_QUORUM_ROLES} are allowed")
        return found

    def _quorum(self, place: Place) -> Quorum:
        if isinstance(place.value, str):
            return Quorum(1, (self.role(place),))
        if not isinstance(place.value, dict) or len(place.value) != 1:
            place.fail("a quorum is a role, or one of all_of, any_of and k_of")
        word = next(iter(place.value))
        members = place.members([], ["all_of", "any_of", "k_of"])
        if word != "k_of":
            parts = self._parts(members[word])
            return Quorum(len(parts) if word == "all_of" else 1, parts)
        inner = members["k_of"].members(["k", "of"])
        parts, k = self._parts(inner["of"]), inner["k"].read(parse_whole)
        if not 1 <= k <= len(parts):
            inner["k"].fail(f"{k} of {len(parts)}", "k is from 1 to the number of what is listed")
        return Quorum(k, parts)

    def _parts(self, place: Place) -> tuple[str | Quorum, ...]:
        return tuple(
            self.role(item) if isinstance(item.value, str) else self._quorum(item) for item in place.items()
        )

    # -- the parts, in the order of the document

    def _source(self, place: Place) -> dict[str, str]:
        members = place.members(["title"], ["sha256", "encoding_checked_by"])
        found = {"title": members["title"].text()}
        if "sha256" in members:
            found["sha256"] = members["sha256"].read(_digest)
        if "encoding_checked_by" in members:
            found["encoding_checked_by"] = members["encoding_checked_by"].text()
        return found

    def _clause(self, place: Place) -> Clause:
        members = place.members(["judged_by"], ["text", "why"])
        return Clause(
            cast("Any", members["judged_by"].one_of(["log", "attestation", "nobody"])),
            members.get("text", Place.text, ""),
            members.get("why", Place.text, ""),
        )

    def _role(self, place: Place) -> bool:
        members = place.members([], ["title", "outside"])
        members.get("title", Place.text, "")
        return members.get("outside", _truth, default=False)

    def _test(self, key: str, place: Place) -> Test:
        members = place.members(
            ["task", "tests_the", "danger", "rules_out", "rules_in", "good_for"], ["needs"]
        )
        task = members["task"].members(["name", "version", "scorer", "metric", "over_epochs"])
        members["tests_the"].one_of(["model without safeguards"])
        high = members["danger"].one_of(["high scores", "low scores"]) == "high scores"
        rules_out = _limit(members["rules_out"], "below" if high else "above")
        rules_in = _limit(members["rules_in"], "at_or_above" if high else "at_or_below")
        if (rules_in.amount < rules_out.amount) if high else (rules_in.amount > rules_out.amount):
            members["rules_in"].fail(
                "rules in what rules_out rules out", "the limit of rules_in lies on the dangerous side"
            )
        return Test(
            key,
            task["name"].text(),
            task["version"].text(),
            task["scorer"].text(),
            task["metric"].text(),
            task["over_epochs"].text(),
            rules_out,
            rules_in,
            members.get("needs", self._test_needs, TestNeeds()),
            members["good_for"].read(parse_period),
        )

    def _test_needs(self, place: Place) -> TestNeeds:
        members = place.members([], ["samples", "epochs", "variant", "run_by", "planned_first"])
        return TestNeeds(
            members.get("samples", _whole, 0),
            members.get("epochs", _whole, 0),
            members.get("variant", Place.text, None),
            members.get("run_by", self.role, None),
            members.get("planned_first", _truth, default=False),
        )

    def _threshold(self, key: str, place: Place, rules: RuleReader) -> Threshold:
        members = place.members(
            [
                "domain",
                "clause",
                "force",
                "decided_by",
                "until_assessed",
                "if_not_ruled_out",
                "declared_by",
                "then",
            ],
            ["text", "crossed_if_any_of", "crossed_if_all_of", "respond_within", "cleared_by"],
        )
        decided_by = members["decided_by"].one_of(["tests", "people"])
        lists = [word for word in ("crossed_if_any_of", "crossed_if_all_of") if word in members]
        if len(lists) > 1 or (decided_by == "tests" and not lists):
            place.fail("one of crossed_if_any_of and crossed_if_all_of is wanted, where tests decide")
        members["if_not_ruled_out"].one_of(["treat as crossed"])
        return Threshold(
            id=key,
            domain=members["domain"].text(),
            promise=self.promise(members),
            text=members.get("text", Place.text, ""),
            decided_by=cast("Literal['tests', 'people']", decided_by),
            tests=members[lists[0]].words(self.tests) if lists else (),
            needs_all=lists == ["crossed_if_all_of"],
            crossed_until_assessed=members["until_assessed"].one_of(["baseline", "crossed"]) == "crossed",
            respond_within=members.get("respond_within", self._respond, None),
            declared_by=self.quorum(members["declared_by"]),
            cleared_by=members.get("cleared_by", self.quorum, None),
            then=rules.read(members["then"], key),
        )

    def _respond(self, place: Place) -> Respond:
        members = place.members(["time", "clause", "force"])
        return Respond(members["time"].read(parse_period), self.promise(members))

    def _standard(self, key: str, place: Place) -> Standard:
        members = place.members([], ["status", "dimension", "level", "approved_by", "renewed", "criteria"])
        status = members.get("status", lambda at: at.one_of(["defined", "partial", "undefined"]), "defined")
        criteria = {
            name: self._criterion(name, item)
            for name, item in (members["criteria"].entries() if "criteria" in members else ())
        }
        if status == "defined" and not criteria:
            place.fail("a defined standard without criteria", "write its criteria, or `status: undefined`")
        if "renewed" in members and "approved_by" not in members:
            members["renewed"].fail("renewed without approved_by", "say whose approval is to be renewed")
        return Standard(
            key,
            cast("Any", status),
            members.get("dimension", lambda at: at.one_of(["deployment", "security"]), ""),
            members.get("level", _whole, 0),
            members.get("approved_by", self.quorum, None),
            members.get("renewed", self._renewal, None),
            criteria,
        )

    def _renewal(self, place: Place) -> Renewal:
        members = place.members(["every", "clause", "force"])
        return Renewal(members["every"].read(parse_period), self.promise(members))

    def _criterion(self, key: str, place: Place) -> Criterion:
        members = place.members(["text", "for_each", "attested_by"], ["shown_by", "not_shown_by", "good_for"])
        for_each = frozenset(members["for_each"].words(_FOR_EACH))
        if for_each >= {"organisation", "model"}:
            members["for_each"].fail("organisation and model", "an attestation is about one or the other")
        return Criterion(
            key,
            members["text"].text(),
            for_each,
            self.quorum(members["attested_by"]),
            members.get("shown_by", _methods, frozenset()),
            members.get("not_shown_by", _methods, frozenset()),
            members.get("good_for", _read_period, None),
        )

    def _gate(self, place: Place) -> Gate:
        members = place.members(["clause", "force", "for", "approved_by"])
        activity = members["for"].one_of([one.value for one in Activity if one is not Activity.STORING])
        return Gate(self.promise(members), Activity(activity), self.quorum(members["approved_by"]))

    def _pause(self, place: Place) -> PauseRule:
        members = place.members(["clause", "force", "called_by", "lifted_by", "stops_within"])
        return PauseRule(
            self.promise(members),
            self.quorum(members["called_by"]),
            self.quorum(members["lifted_by"]),
            members["stops_within"].read(parse_period),
        )


def _limit(place: Place, word: str) -> Limit:
    members = place.members([word, "judged_on"])
    judged_on = cast("JudgedOn", members["judged_on"].one_of(_JUDGED_ON))
    return Limit(word, members[word].read(parse_amount), judged_on)


def _methods(place: Place) -> frozenset[str]:
    return frozenset(place.words(METHODS))


def _read_period(place: Place) -> Period:
    return place.read(parse_period)


def _whole(place: Place) -> int:
    return place.read(parse_whole)


def _truth(place: Place) -> bool:
    return place.one_of(["true", "false"]) == "true"


def _instant(text: str) -> int:
    try:
        return parse_time(f"{text[:-1]}.000Z" if len(text) == 20 else text)
    except Malformed:
        raise ValueError("a time such as `2026-01-01T00:00:00Z`") from None


def _digest(text: str) -> str:
    try:
        return parse_hex(text, "policy", "a digest").hex()
    except Malformed:
        raise ValueError("a SHA-256 digest of 64 lower-case hex digits") from None
