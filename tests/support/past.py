"""Ledgers that bring forward what was before they began."""

from hashlib import sha256
from typing import Any

from tests.support.forge import canonical
from tests.support.story import Story

BEFORE, LATER = "2026-01-10T00:00:00.000Z", "2026-02-10T00:00:00.000Z"


class Past(Story):
    """A ledger that brings its past forward; it began on 1 March."""

    def claim(
        self, kind: str, subjects: list[str], claim: dict[str, Any], event: str = BEFORE, **more: Any
    ) -> int:
        digest = sha256(canonical(claim)).hexdigest()
        body = {"kind": kind, "claim": claim, "claim_sha256": digest, **more.pop("body", {})}
        subject = [self.subject(name, digest) for name in sorted({*subjects, self.org()})]
        return self.say("auditor", "brought-forward", [], body, subject=subject, event_time=event, **more)

    def claim_policy(self, document: dict[str, Any], event: str = "2026-01-01T00:00:00.000Z") -> int:
        return self.claim("policy", [f"policy:{document['id']}"], document, event)

    def claim_start(self, event: str = BEFORE, **more: Any) -> int:
        form = {"scope": "external.general", "surface": "api"}
        return self.claim("deployment-started", [self.m, self.s], form, event, **more)

    def claim_base(self, event: str = "2026-01-02T00:00:00.000Z") -> int:
        said = {
            "standard": "base", "criterion": "locks", "bound_to": {}, "shown_by": ["document"],
            "evidence": [],
        }  # fmt: skip
        return self.claim("safeguard-attested", [], said, event)
