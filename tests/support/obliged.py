"""Stories about duties: what is told, to whom, what happened, what runs, and a policy that asks for it."""

from typing import Any

from tests.support.forge import time_text
from tests.support.story import COMMIT, POLICY, Story, policy_with


def policy_of(*, counting: str | None = None, calendars: Any = None, **duties: Any) -> dict[str, Any]:
    """Return a policy that asks for little else than these duties; clause and force are added."""
    document = policy_with(gates=[], baseline=[], thresholds__cbrn__then=[], thresholds__next__then=[])
    document["duties"] = {key: {**COMMIT, **duty} for key, duty in duties.items()}
    if counting is not None:
        document["counting"] = counting
    if calendars is not None:
        document["calendars"] = calendars
    return document


def watched(**rules: Any) -> dict[str, Any]:
    """Return a policy with further rules about the record, and no others."""
    document = policy_of()
    document["record_rules"] = {**POLICY["record_rules"], **rules}
    document["roles"] = {**POLICY["roles"], "keeper": {}}
    return document


class Obliged(Story):
    """A story with words for what duties are about."""

    def incident(
        self, class_: str = "critical", *, hours_ago: int = 0, about: str | None = None, **more: Any
    ) -> int:
        """Record an incident of which somebody became aware some hours ago, a day after it happened."""
        aware = self.now_ms - hours_ago * 3_600_000
        body = {"class": class_, "occurred": time_text(aware - 86_400_000), "aware": time_text(aware)}
        return self.say("rso", "incident", [about or self.org()], body, **more)

    def noncompliance(self, class_: str | None = None, *, about: str | None = None, **more: Any) -> int:
        """Record a noncompliance."""
        body = {"text": "skipped", **({"class": class_} if class_ else {}), **more.pop("body", {})}
        return self.say("rso", "noncompliance", [about or self.org()], body, **more)

    def disclose(
        self, type_: str, to: str = "office", *, of: int | None = None, about: str | None = None, **more: Any
    ) -> int:
        """Record that something was told to somebody."""
        body = {"type": type_, "to": to, **({} if of is None else {"of": self.ref(of)})}
        body |= more.pop("body", {})
        return self.say(more.pop("role", "rso"), "disclosure", [about or self.org()], body, **more)

    def publish_text(self, type_: str, **more: Any) -> int:
        """Record that something was published."""
        return self.disclose(type_, "everybody", body={"published": {"url": "https://a.example"}}, **more)

    def assess(self, type_: str = "comprehensive", *, role: str = "evaluator", **more: Any) -> int:
        """Record an assessment of the model."""
        body = {"type": type_, "covers": ["cbrn"], "results": [], **more.pop("body", {})}
        return self.say(role, "assessment", [more.pop("about", self.m)], body, **more)

    def carry(self, *, threshold: str | None = None, reasons: str = "as that one", **more: Any) -> int:
        """Say that the model is like another one."""
        body = {"from": self.model("other"), "reasons": reasons}
        body |= {"threshold": threshold} if threshold else {}
        return self.say("rso", "carried-over", [self.m], body, **more)

    def review(self, type_: str, *, of: int | None = None, role: str = "auditor", **more: Any) -> int:
        """Record a review by somebody outside."""
        body = {"type": type_, **({} if of is None else {"of": self.ref(of)})}
        return self.say(role, "external-review", [self.org()], body, **more)

    def inventory(
        self, *running: dict[str, Any], surface: str = "api", role: str = "keeper", **more: Any
    ) -> int:
        """Record what was found running on a surface."""
        body = {"surface": surface, "at": more.pop("at", self.now()), "running": list(running)}
        if role == "keeper":
            more["who"] = "kee"
        return self.say(role, "inventory", [self.org()], body, **more)

    def register_with(self, flop: str, label: str = "m") -> int:
        """Register a model with its compute."""
        body = {"name": label, "compute": {"flop": flop}}
        return self.say("evaluator", "model-registered", [self.model(label)], body)
