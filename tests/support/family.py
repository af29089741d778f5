"""Stories of several models: where each comes from, and what is recorded of which.

family = Family(policy_with(lineage=...))
family.born("tuned", ("m", "fine-tune"), flop="1e20")
with family.about("tuned"):
    family.deploy()
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.story import COMMIT, Story, policy_with

LINEAGE = {**COMMIT, "inherit": ["fine-tune", "merge"], "assess_again_from": "1/4"}


def lineage_policy(**changes: Any) -> dict[str, Any]:
    """Return a policy under which crossings are inherited, and nothing else is asked at a start."""
    return policy_with(**{"lineage": LINEAGE, "gates": [], "baseline": [], **changes})


class Family(Story):
    """A ledger under a policy, with several models.

    Attributes:
        carried: the last entry that says that one is like another, if a story keeps it.
    """

    carried: int = -1

    def born(self, label: str, *parents: tuple[str, str], flop: str | None = None, **more: Any) -> int:
        """Register a model that was made from others, each named by its label or in full."""
        body: dict[str, Any] = {"name": label}
        if parents:
            body["parents"] = [
                {"model": name if name.startswith("model:") else self.model(name), "relation": relation}
                for name, relation in parents
            ]
        if flop is not None:
            body["compute"] = {"flop": flop}
        return self.say("evaluator", "model-registered", [self.model(label)], body, **more)

    @contextmanager
    def about(self, label: str) -> Iterator[None]:
        """Tell about another model for a while."""
        before = self.m, self.s
        self.m, self.s = self.model(label), self.snapshot(label)
        try:
            yield
        finally:
            self.m, self.s = before

    def carry(self, of: str, source: str, *roles: str, **body: Any) -> int:
        """Record that a model is not notably more capable than another one, by `roles`."""
        first, *others = roles or ("rso", "ceo")
        body = {"from": self.model(source), "reasons": "as measured", **body}
        index = self.say(first, "carried-over", [self.model(of)], body)
        if others:
            self.approve(index, *others)
        return index
