"""How the ledgers of the families `ledgers-...` come about: a small lab that says things on certain days.

Day 0 is 2026-01-01, the genesis. `Story` is the forge with a diary: what it writes down of each statement is
enough to write the same bytes again (README.md says how).
"""

from collections.abc import Iterable
from typing import Any

from tests.support.forge import Forge, sha, time_ms, time_text
from tests.vectors.families.base import Vector, vector
from tests.vectors.families.document import RULE, Tree

SEED = "ledger vectors"
DAY_ZERO = time_ms("2026-01-01T00:00:00.000Z")
HOUR = 3_600_000
SAYING = ("event_time", "seen", "signed_by", "withheld")
"""What is said of the saying, not of the body."""

Finding = dict[str, Any]


def day(number: float, *, ms: int = 0) -> str:
    """Return the time of a day, as text: `day(2.5)` is noon of 3 January."""
    return time_text(DAY_ZERO + round(number * 24 * HOUR) + ms)


class Story(Forge):
    """A ledger and its diary.

    Attributes:
        rows: what was said, one row for each entry but the genesis.
    """

    def __init__(self, **given: Any) -> None:
        self.rows: list[Tree] = []
        super().__init__(seed=SEED, **given)

    def on(self, number: float, *, ms: int = 0) -> "Story":
        """Move the clock to a day."""
        self.now_ms = time_ms(day(number, ms=ms))
        return self

    def statement(
        self, kind: str, subjects: Iterable[str], body: Tree, actor: str, role: str, **overrides: Any
    ) -> int:
        """Append a statement, and write it down."""
        subjects = list(subjects)
        given = overrides.get("subject")
        row: Tree = {
            "time": overrides.get("time", self.now()),
            "actor": actor,
            "role": role,
            "kind": kind,
            "subjects": [one["name"] for one in given] if given else sorted(subjects),
            "body": body,
        }
        digests = {
            one["name"]: one["digest"]["sha256"] for one in given or () if one["name"][:7] == "policy:"
        }
        if digests and kind not in {"policy", "policy-amendment"}:
            row["digests"] = digests
        if "signed_by" in overrides:
            row["signed_by"] = overrides.pop("signed_by")
            overrides["key"] = self.secret(row["signed_by"])
        if "time" in overrides:
            overrides.setdefault("event_time", self.now())
        row |= {name: overrides[name] for name in ("event_time", "seen", "withheld") if name in overrides}
        index = super().statement(kind, subjects, body, actor, role, **overrides)
        if kind != "genesis":
            self.rows.append(row)
        return index

    # -- what people of the lab say, each in their role

    def people(self) -> "Story":
        """Enrol eva, kim, rso-1, ceo-1 and rel with a role each."""
        for person, role in STAFF.items():
            self.enrol(person, role)
        return self

    def say(self, actor: str, kind: str, subjects: Iterable[str], body: Tree, **overrides: Any) -> int:
        """Append a statement by somebody of the staff, in their role."""
        return self.statement(
            kind, subjects, body, actor, overrides.pop("role", STAFF.get(actor, "root")), **overrides
        )

    def approve(self, of: int, *people: str, decision: str = "approve", **overrides: Any) -> int:
        """Append sign-offs by people of the staff, in their roles; returns the last one's index."""
        last = of
        for person in people:
            last = self.sign_off(of, person, STAFF[person], decision, **overrides)
        return last

    def adopt(self, document: Tree, *, kind: str = "policy", approve: bool = True, **overrides: Any) -> int:
        """Append a policy and, unless told otherwise, the chief executive's approval."""
        name = f"policy:{document['id']}"
        index = self.statement(kind, [name], document, "root-1", "root", **overrides)
        if approve:
            self.approve(index, "ceo-1")
        return index

    def register(self, label: str = "m") -> str:
        """Register a model; returns its subject."""
        self.say("rel", "model-registered", [self.model(label)], {"name": label})
        return self.model(label)

    def deploy(
        self, model: str = "m", *, scope: str = "external.general", surface: str = "api", **more: Any
    ) -> int:
        """Start a deployment of a model's first snapshot."""
        subjects = [self.model(model), self.snapshot(f"{model}-1")]
        overrides = {name: more.pop(name) for name in SAYING if name in more}
        return self.say(
            "rel", "deployment-started", subjects, {"scope": scope, "surface": surface, **more}, **overrides
        )

    def end(self, of: int, model: str = "m", **overrides: Any) -> int:
        """End a deployment."""
        subjects = [self.model(model), self.snapshot(f"{model}-1")]
        return self.say("rel", "deployment-ended", subjects, {"of": self.ref(of)}, **overrides)

    def attest(self, standard: str = "base", criterion: str = "policy", **more: Any) -> int:
        """Attest a criterion, of the organisation unless `about` a model."""
        overrides = {name: more.pop(name) for name in SAYING if name in more}
        about, actor = more.pop("about", self.org()), more.pop("actor", "kim")
        body = {
            "standard": standard,
            "criterion": criterion,
            "bound_to": {},
            "shown_by": ["document"],
            "evidence": [],
        }
        return self.say(actor, "safeguard-attested", [about], {**body, **more}, **overrides)

    def lapse(
        self, standard: str = "base", criterion: str = "policy", about: str = "", **overrides: Any
    ) -> int:
        """Record a lapse."""
        body = {"standard": standard, "criterion": criterion, "bound_to": {}}
        return self.say("kim", "safeguard-lapsed", [about or self.org()], body, **overrides)

    def report(self, standard: str, *cites: int, actor: str = "kim", **more: Any) -> int:
        """Report on safeguards, citing attestations."""
        body = {"type": "safeguards", "standard": standard, "cites": [self.ref(one) for one in cites], **more}
        return self.say(actor, "report", [self.org()], body)

    def plan(self, task: str = "bio", version: str = "1", model: str = "m") -> int:
        """Plan an evaluation."""
        body = {
            "task": {"name": task, "version": version},
            "variant": "helpful-only",
            "epochs": 1,
            "samples": 10,
        }
        return self.say("eva", "eval-planned", [self.model(model)], body)

    def result(
        self, k: int, plan: int | None, *, n: int = 10, task: str = "bio", version: str = "1", **more: Any
    ) -> int:
        """Record a result of k in n, started a minute before it is recorded."""
        overrides = {name: more.pop(name) for name in SAYING if name in more}
        model, actor = more.pop("model", "m"), more.pop("actor", "eva")
        score = {
            "scorer": "match",
            "reducer": "mean",
            "metric": "accuracy",
            "value": f"{k / n:.2f}",
            "count": {"k": k, "n": n},
        }
        body = {
            "plan": None if plan is None else self.ref(plan),
            "status": "success",
            "tool": {"name": "inspect", "version": "1"},
            "task": {"name": task, "version": version},
            "run": {"id": sha(f"run {self.size}".encode()).hex()[:16]},
            "started": self.now(-60_000),
            "completed": self.now(-1000),
            "variant": "helpful-only",
            "epochs": 1,
            "samples": n,
            "scored": {"samples": n, "sample_epochs": n},
            "limit": None,
            "reported": {"model": "m", "snapshot": "", "metadata": {}},
            "scores": [{**score, **more.pop("score", {})}],
            "evidence": [],
            "flags": [],
        }
        subjects = [self.model(model), self.snapshot(f"{model}-1")]
        return self.say(actor, "eval-result", subjects, {**body, **more}, **overrides)

    def determine(
        self,
        outcome: str,
        *signers: str,
        threshold: str = "cbrn",
        reasons: str = "As found.",
        model: str = "m",
    ) -> int:
        """Determine a threshold: the first signer says it, the others sign it off."""
        body = {"threshold": threshold, "outcome": outcome, "basis": [], "reasons": reasons}
        index = self.say(signers[0], "determination", [self.model(model)], body)
        self.approve(index, *signers[1:])
        return index

    def heartbeat(self, number: float) -> "Story":
        """Let time pass until a day, and say so: it is T."""
        self.on(number).say("root-1", "heartbeat", [self.org()], {})
        return self


STAFF = {"eva": "evaluator", "kim": "keeper", "rso-1": "rso", "ceo-1": "ceo", "rel": "release"}

BASE: Tree = {
    "base": {
        "criteria": {
            "policy": {
                "text": "There is one.",
                "for_each": ["organisation"],
                "attested_by": "keeper",
                "good_for": "30 days",
            }
        }
    }
}
"""A standard that an attestation of one criterion, of the organisation, puts in force for 30 days."""

NEEDS_BASE: Tree = {**RULE, "needs": ["base"], "while": ["deploying it"]}


def policy(**parts: Any) -> Tree:
    """Return a policy that asks for nothing but what is given."""
    return {
        "policy": "plimsoll/policy/v1",
        "id": "house",
        "version": "1",
        "title": "A policy for vectors",
        "effective_from": "2026-01-01T00:00:00Z",
        "source": {"title": "This document"},
        "subject": "model",
        "applies_to": "every registered model",
        "adoption": {"signed_off_by": "ceo"},
        "amendment": {"approved_by": "ceo"},
        "clauses": {"1": {"judged_by": "log"}},
        "roles": {"ceo": {}, "evaluator": {}, "keeper": {}, "release": {}, "rso": {}},
        "tests": {},
        "thresholds": {},
        "baseline": [],
        "standards": {},
        "gates": [],
        "pause": {
            **RULE,
            "called_by": "rso",
            "lifted_by": {"all_of": ["rso", "ceo"]},
            "stops_within": "72 hours",
        },
        "record_rules": {"late_after": "2 days"},
        **parts,
    }


def lab(document: Tree | None = None, **parts: Any) -> Story:
    """Begin a story: people, and a policy that is in force before day 1; `m` is registered on day 1."""
    story = Story().people()
    story.on(0, ms=HOUR).adopt(document or policy(**parts))
    story.on(1).register()
    return story


def finding(code: str = "", level: str = "violation", **members: Any) -> Finding:
    """Make a finding that a verdict must have; only members that are given are compared.

    Args:
        code: V01..., or "" where SPEC names none.
        level: violation, finding or indeterminate.
        members: `begin` and `end` (times; `end` None: open at T), `because` (codes), `entry` (an index among
            its entries).
    """
    return {**({"code": code} if code else {}), "level": level, **members}


def ledger(name: str, spec: str, verdict: str, story: Story, *findings: Finding, **more: Any) -> Vector:
    """Make the vector of a story."""
    files = story.files(more.pop("checkpoint", None))
    listing = "".join(f"{sha(files[path]).hex()}  {path}\n" for path in sorted(files))
    start = 3 * len(STAFF)
    begun = story.rows[:start] == Story().people().rows
    expect = {"verdict": verdict, "findings": list(findings)}
    return vector(
        name,
        spec,
        expect,
        **({"begin": "lab"} if begun else {"root": list(story.root), "quorum": story.quorum}),
        statements=story.rows[start:] if begun else story.rows,
        files_sha256=sha(listing.encode()).hex(),
        **more,
    )


def shared() -> Tree:
    """Return what the ledgers of all families begin with."""
    story = Story().people()
    lab_rows = {"root": list(story.root), "quorum": story.quorum, "statements": story.rows}
    return {"ledger": {"origin": story.origin, "seed": SEED, "start": day(0)}, "begin": {"lab": lab_rows}}
