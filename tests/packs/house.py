"""A company under any policy: all whom it names are enrolled, and all that it asks for can be done.

What is done is done in full: all criteria of a standard are attested by all that may, reports are approved,
permits are signed, and whoever is to be told is told. So what a story leaves out is what it is about.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.forge import canonical, time_text
from tests.support.story import DAY, Story

from plimsoll_attest.policyfile import load_policy
from plimsoll_verify.policy.duties import Duty
from plimsoll_verify.policy.grammar import activities_of
from plimsoll_verify.policy.model import Criterion, Needs, Policy
from plimsoll_verify.policy.parse import parse_policy

PERSONS_A_ROLE = 3
START = "2026-12-01T00:00:00.000Z"


class House(Story):
    """A ledger under a pack, which is in force; nothing has been attested."""

    def __init__(self, file: Path) -> None:
        document = load_policy(file).document
        self.policy: Policy = parse_policy(canonical(document))
        self.people = {
            f"{role}-{number}": [role]
            for role in self.policy.roles
            for number in range(1, PERSONS_A_ROLE + 1)
        }
        super().__init__(document, adopt=False, people=self.people, start=START)
        self.advance(days=1)
        index = self.propose(document)
        self.all_sign(index, self.policy.signed_off_by.roles())
        self.register()

    def register(self, label: str = "m") -> int:
        """Register a model, by somebody."""
        role = next(iter(self.policy.roles))
        return self.statement("model-registered", [self.model(label)], {"name": label}, f"{role}-1", role)

    def all_sign(self, of: int, roles: Iterable[str], decision: str = "approve", skip: str = "") -> None:
        """Have everybody in some roles sign, but one."""
        for person, (role,) in self.people.items():
            if role in set(roles) and person != skip:
                self.sign_off(of, person, role, decision)

    def attest_all(self, standard: str, threshold: str = "", surface: str = "api") -> None:
        """Put a standard in force, for the model of the story, if it can be."""
        found = self.policy.standards[standard]
        cited = [self._attest(standard, one, threshold, surface) for one in found.criteria.values()]
        if found.approved_by:
            about = sorted({name["name"] for index in cited for name in self.subjects[index]})
            # A report about the model speaks for what it cites about the organisation as well.
            subject = self.m if self.m in about else self.org()
            body = {"type": "safeguards", "standard": standard, "cites": [self.ref(one) for one in cited]}
            role = found.approved_by.roles()[0]
            author = f"{role}-1"
            index = self.statement("report", [subject], body, author, role)
            self.all_sign(index, found.approved_by.roles(), skip=author)

    def _attest(self, standard: str, one: Criterion, threshold: str, surface: str) -> int:
        bound: dict[str, Any] = {}
        if "surface" in one.for_each:
            bound["surface"] = surface
        if "threshold" in one.for_each:
            bound["threshold"] = threshold
        shown = sorted(one.shown_by | ({"document"} if one.not_shown_by and not one.shown_by else set()))
        body = {
            "standard": standard, "criterion": one.id, "bound_to": bound, "shown_by": shown, "evidence": [],
        }  # fmt: skip
        subject = self.org() if "organisation" in one.for_each else self.m
        role = one.attested_by.roles()[0]
        author = f"{role}-1"
        index = self.statement("safeguard-attested", [subject], body, author, role)
        self.all_sign(index, one.attested_by.roles(), skip=author)
        return index

    def keep_baseline(self) -> None:
        """Put in force whatever every model needs."""
        for rule in self.policy.baseline:
            if isinstance(rule, Needs):
                for standard in rule.standards:
                    self.attest_all(standard)

    def rule_out_all(self) -> None:
        """Have the people rule out every threshold."""
        for threshold in self.policy.thresholds:
            self.decide(threshold, "ruled_out")

    def do_duties(self) -> None:
        """Do whatever is due before anything is started, and let pass the time that lies between."""
        early = [duty for duty in self.policy.duties.values() if duty.before is not None]
        for duty in early:
            self.do(duty)
        self.advance(ms=max((duty.at_least.period.ms for duty in early if duty.at_least), default=0))

    def do(self, duty: Duty) -> int:
        """Do what a duty asks for, for the model of the story."""
        kind, what = duty.do.kind, duty.do.what
        if kind == "determination":
            return self.decide(what, "ruled_out")
        roles = duty.by.roles() if duty.by else (next(iter(self.policy.roles)),)
        body: dict[str, Any]
        if kind == "assessment":
            said, body = "assessment", {"type": what, "covers": [], "results": []}
        elif kind == "external_review":
            said, body = "external-review", {"type": what}
        elif kind == "report" and not duty.to:
            said, body = "report", {"type": what, "cites": []}
        else:
            said, body = "disclosure", {"type": what, "to": duty.to or what}
            if kind == "publication":
                body["published"] = {"url": "https://lab.example/it"}
        author = f"{roles[0]}-1"
        index = self.statement(said, [self.m], body, author, roles[0])
        self.all_sign(index, roles if duty.by else (), skip=author)
        return index

    def decide(self, threshold: str, outcome: str) -> int:
        """Have the people who may determine a threshold."""
        found = self.policy.thresholds[threshold]
        quorum = (found.cleared_by if outcome == "ruled_out" else None) or found.declared_by
        role = quorum.roles()[0]
        author = f"{role}-1"
        body = {"threshold": threshold, "outcome": outcome, "basis": [], "reasons": "as the report says"}
        index = self.statement("determination", [self.m], body, author, role)
        self.all_sign(index, quorum.roles(), skip=author)
        return index

    def release(
        self, scope: str = "external.general", surface: str = "api", *, permitted: bool = True
    ) -> int:
        """Start a deployment, with a permit under every gate that asks for one."""
        form = activities_of("deploy", scope, frozenset())
        role = next(iter(self.policy.roles))
        if permitted:
            body = {
                "activity": "deploy", "scope": scope, "surface": surface,
                "expires": time_text(self.now_ms + 30 * DAY),
            }  # fmt: skip
            permit = self.statement("permit", [self.m, self.s], body, f"{role}-1", role)
            for gate in self.policy.gates:
                if gate.activity in form:
                    self.all_sign(permit, gate.consulted_before, "consulted")
                    self.all_sign(permit, gate.told_before, "told")
                    self.all_sign(permit, gate.approved_by.roles(), skip=f"{role}-1")
        self.advance(ms=1)
        body = {"scope": scope, "surface": surface}
        return self.statement("deployment-started", [self.m, self.s], body, f"{role}-1", role)
