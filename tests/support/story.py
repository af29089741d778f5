"""Short stories for the judge: a ledger of real signed entries, told in a few words, read and judged.

    story = Story()                       # people, policy in force, baseline attested, one model
    story.clear()                         # evaluated and ruled out
    story.deploy()                        # permit, approvals, start
    story.attest("high-sec.audit", "audit")
    found = story.judge().findings

Every method returns the index of the entry that matters. Time stands still unless `advance` moves it.
"""

import copy
import json
from typing import Any

from plimsoll_verify.findings import Finding
from plimsoll_verify.kept import Kept
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.replay import Judgement, Replay
from plimsoll_verify.start import Start
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict
from tests.support.forge import Forge, canonical, time_text
from tests.support.reading import FilesSource, read_source

HOUR, DAY = 3_600_000, 86_400_000

BINDINGS = ("surface", "threshold", "environment", "deployment")

COMMIT = {"clause": "1", "force": "commitment"}

POLICY: dict[str, Any] = {
    "policy": "plimsoll/policy/v1",
    "id": "test-policy",
    "version": "1",
    "title": "A small policy",
    "effective_from": "2026-01-01T00:00:00Z",
    "source": {"title": "these tests"},
    "subject": "model",
    "applies_to": "every registered model",
    "adoption": {"signed_off_by": {"all_of": ["ceo", "board"]}},
    "amendment": {"approved_by": {"all_of": ["ceo", "board"]}},
    "clauses": {"1": {"judged_by": "log"}, "2": {"judged_by": "attestation"}, "3": {"judged_by": "nobody"}},
    "roles": {
        "evaluator": {}, "security": {}, "rso": {}, "ceo": {}, "board": {}, "release": {},
        "auditor": {"outside": "true"},
    },
    "tests": {
        "virology": {
            "task": {
                "name": "virology", "version": "1", "scorer": "includes", "metric": "accuracy",
                "over_epochs": "mean",
            },
            "tests_the": "model without safeguards",
            "danger": "high scores",
            "rules_out": {"below": "1/2", "judged_on": "score"},
            "rules_in": {"at_or_above": "3/4", "judged_on": "score"},
            "needs": {"samples": "10", "run_by": "evaluator", "planned_first": "true"},
            "good_for": "6 months",
        }
    },
    "thresholds": {
        "cbrn": {
            "domain": "cbrn",
            **COMMIT,
            "decided_by": "tests",
            "crossed_if_any_of": ["virology"],
            "until_assessed": "baseline",
            "if_not_ruled_out": "treat as crossed",
            "respond_within": {"time": "1 month", **COMMIT},
            "declared_by": {"all_of": ["rso", "ceo"]},
            "cleared_by": {"all_of": ["rso", "ceo", "board"]},
            "then": [
                {**COMMIT, "needs": ["high-sec"], "while": ["training it", "storing it", "deploying it"]},
                {**COMMIT, "needs": ["high-dep"], "while": ["deploying it externally"]},
                {**COMMIT, "rule_out": "next", "before": "deploying it externally"},
            ],
        },
        "next": {
            "domain": "cbrn",
            **COMMIT,
            "decided_by": "people",
            "until_assessed": "baseline",
            "if_not_ruled_out": "treat as crossed",
            "declared_by": {"all_of": ["rso", "ceo"]},
            "then": [{**COMMIT, "needs": ["top"], "while": ["deploying it"]}],
        },
    },
    "baseline": [
        {**COMMIT, "needs": ["base"], "while": ["training it", "storing it", "deploying it"]},
        {**COMMIT, "forbid": "deploying it with expanded autonomy", "until": "part.alignment"},
    ],
    "standards": {
        "base": {
            "dimension": "security", "level": "2",
            "criteria": {
                "locks": {"text": "Locks.", "for_each": ["organisation"], "attested_by": "security"},
            },
        },
        "high-sec": {
            "dimension": "security", "level": "3",
            "approved_by": {"all_of": ["rso", "ceo"]},
            "renewed": {"every": "1 year", **COMMIT},
            "criteria": {
                "audit": {
                    "text": "Audited.", "for_each": ["organisation"], "attested_by": "auditor",
                    "shown_by": ["audit"], "not_shown_by": ["self-report"], "good_for": "2 years",
                },
            },
        },
        "high-dep": {
            "dimension": "deployment", "level": "3",
            "criteria": {
                "filters": {
                    "text": "Filters.", "for_each": ["model", "surface"], "attested_by": "security",
                    "shown_by": ["red-team"], "good_for": "2 months",
                },
            },
        },
        "top": {"status": "undefined", "dimension": "security", "level": "4"},
        "part": {
            "status": "partial",
            "criteria": {
                "alignment": {
                    "text": "Aligned.", "for_each": ["model"], "attested_by": "auditor",
                    "shown_by": ["interpretability"], "not_shown_by": ["self-report"],
                },
            },
        },
    },
    "gates": [
        {**COMMIT, "for": "deploying it", "approved_by": {"all_of": ["rso", "ceo"]}},
        {**COMMIT, "for": "training it", "approved_by": "rso"},
    ],
    "pause": {
        **COMMIT, "called_by": {"any_of": ["rso", "ceo"]}, "lifted_by": {"all_of": ["rso", "ceo"]},
        "stops_within": "72 hours",
    },
    "record_rules": {"late_after": "2 days"},
}  # fmt: skip

PEOPLE = {
    "eva": ["evaluator"], "sec": ["security"], "rso-1": ["rso"], "ceo-1": ["ceo"], "board-1": ["board"],
    "rel": ["release"], "aud": ["auditor"],
}  # fmt: skip
WHO = {role: person for person, roles in PEOPLE.items() for role in roles} | {"root": "root-1"}


def policy_with(**changes: Any) -> dict[str, Any]:
    """Return the policy with some of its places changed: `thresholds__cbrn__decided_by="people"`.

    A value of `...` removes what is there.
    """
    document = copy.deepcopy(POLICY)
    for path, value in changes.items():
        *parents, last = path.replace("_-", "-").split("__")
        at: Any = document
        for key in parents:
            at = at[int(key) if isinstance(at, list) else key]
        place = int(last) if isinstance(at, list) else last
        if value is ...:
            del at[place]
        else:
            at[place] = value
    return document


class Story(Forge):
    """A ledger under a policy, with one model."""

    def __init__(
        self,
        policy: dict[str, Any] | None = None,
        *,
        adopt: bool = True,
        people: dict[str, list[str]] | None = None,
        start: str = "2026-03-01T00:00:00.000Z",
    ) -> None:
        super().__init__(start=start)
        self.document = POLICY if policy is None else policy
        for person, roles in (PEOPLE if people is None else people).items():
            self.enrol(person, *roles)
        self.m = self.model("m")
        self.s = self.snapshot("m")
        self.policy_entry = -1
        if adopt:
            self.policy_entry = self.adopt(self.document)
            self.base = self.attest("base.locks", "document")
            self.register()

    def say(self, role: str, kind: str, subjects: list[str], body: dict[str, Any], **more: Any) -> int:
        """Append a statement by whoever holds a role."""
        return self.statement(kind, subjects, body, more.pop("who", WHO.get(role, "")), role, **more)

    def approve(self, of: int, *roles: str, **more: Any) -> int:
        """Append approving sign-offs; returns the last."""
        return [self.sign_off(of, WHO[role], role, **more) for role in roles][-1]

    def adopt(
        self, document: dict[str, Any], *, kind: str = "policy", by: tuple[str, ...] = ("ceo", "board")
    ) -> int:
        """Record a policy and sign it off; returns the entry of the document."""
        index = self.propose(document, kind=kind)
        if by:
            self.approve(index, *by)
        return index

    def propose(self, document: dict[str, Any], *, kind: str = "policy", **more: Any) -> int:
        """Record a policy document."""
        more.setdefault("body_bytes", canonical(document))
        return self.say("root", kind, [f"policy:{document['id']}"], document, **more)

    def register(self, label: str = "m") -> int:
        """Register a model."""
        return self.say("evaluator", "model-registered", [self.model(label)], {"name": label})

    # -- evidence

    def plan(self, **body: Any) -> int:
        """Announce an evaluation."""
        return self.say(
            "evaluator", "eval-planned", [self.m], {"task": {"name": "virology", "version": "1"}, **body}
        )

    def result(self, k: int, n: int = 100, *, plan: int | None = None, **more: Any) -> int:
        """Record a result of k in n; without a plan it rules nothing out."""
        body = {
            "plan": None if plan is None else self.ref(plan),
            "status": "success", "tool": {"name": "t", "version": "1"}, "run": {},
            "task": {"name": "virology", "version": "1"},
            "started": self.now(), "completed": self.now(), "variant": "v", "epochs": 1, "samples": n,
            "scored": {"samples": n, "sample_epochs": n}, "limit": None,
            "reported": {"model": "m", "snapshot": "", "metadata": {}},
            "scores": [
                {"scorer": "includes", "reducer": "mean", "metric": "accuracy", "value": "0",
                 "count": {"k": k, "n": n}}
            ],
            "evidence": [], "flags": [],
            **more.pop("body", {}),
        }  # fmt: skip
        return self.say(more.pop("role", "evaluator"), "eval-result", [self.m, self.s], body, **more)

    def clear(self, **more: Any) -> int:
        """Plan and record a result that rules out."""
        plan = self.plan()
        self.advance(ms=1)
        return self.result(10, plan=plan, **more)

    def determine(
        self, threshold: str, outcome: str, *roles: str, reasons: str = "as written", **more: Any
    ) -> int:
        """Record a determination by the first role, signed off by the others; returns its entry."""
        body = {"threshold": threshold, "outcome": outcome, "basis": [], "reasons": reasons}
        first, *others = roles or ("rso", "ceo")
        index = self.say(first, "determination", [self.m], body, **more)
        if others:
            self.approve(index, *others)
        return index

    # -- safeguards

    def attest(
        self, what: str, *shown_by: str, about: str | None = None, role: str = "security", **more: Any
    ) -> int:
        """Attest a criterion, for the organisation unless said otherwise."""
        standard, criterion = what.split(".")
        bound = {key: more.pop(key) for key in BINDINGS if key in more}
        body = {
            "standard": standard, "criterion": criterion, "bound_to": bound, "shown_by": list(shown_by),
            "evidence": [], **more.pop("body", {}),
        }  # fmt: skip
        return self.say(role, "safeguard-attested", [about or self.org()], body, **more)

    def lapse(self, what: str, *, about: str | None = None, **more: Any) -> int:
        """Record that a criterion lapsed."""
        standard, criterion = what.split(".")
        bound = {key: more.pop(key) for key in BINDINGS if key in more}
        body = {"standard": standard, "criterion": criterion, "bound_to": bound}
        return self.say("security", "safeguard-lapsed", [about or self.org()], body, **more)

    def report(
        self, standard: str, cites: list[int], *roles: str, about: str | None = None, **more: Any
    ) -> int:
        """Record a safeguards report, with approvals."""
        body = {"type": "safeguards", "standard": standard, "cites": [self.ref(one) for one in cites]}
        index = self.say("security", "report", [about or self.org()], body, **more)
        if roles:
            self.approve(index, *roles)
        return index

    def secure(self) -> tuple[int, int]:
        """Put high-sec in force; returns attestation and report."""
        audit = self.attest("high-sec.audit", "audit", role="auditor")
        return audit, self.report("high-sec", [audit], "rso", "ceo")

    def filters(self, surface: str = "api", **more: Any) -> int:
        """Attest the filters of the model on a surface."""
        return self.attest("high-dep.filters", "red-team", about=self.m, surface=surface, **more)

    # -- activities

    def permit(self, *roles: str, **body: Any) -> int:
        """Record a permit to deploy, with approvals."""
        index = self.say(
            "release", "permit", [self.m, self.s],
            {"activity": "deploy", "scope": "external.general", "surface": "api",
             "expires": time_text(self.now_ms + 30 * DAY), **body},
        )  # fmt: skip
        if roles:
            self.approve(index, *roles)
        return index

    def start_deployment(self, scope: str = "external.general", surface: str = "api", **more: Any) -> int:
        """Record a start."""
        body = {"scope": scope, "surface": surface, **more.pop("body", {})}
        return self.say("release", "deployment-started", [self.m, more.pop("snapshot", self.s)], body, **more)

    def deploy(self, scope: str = "external.general", surface: str = "api", **body: Any) -> int:
        """Record an approved permit and the start that it covers."""
        self.permit("rso", "ceo", scope=scope, surface=surface, **body)
        return self.start_deployment(scope, surface, body=body)

    def change(self, of: int, scope: str = "external.general", surface: str = "api", **more: Any) -> int:
        """Record a change of a deployment."""
        body = {"of": self.ref(of), "scope": scope, "surface": surface, **more.pop("body", {})}
        return self.say("release", "deployment-changed", [self.m, more.pop("snapshot", self.s)], body, **more)

    def end(self, of: int, **more: Any) -> int:
        """Record the end of a deployment."""
        return self.say("release", "deployment-ended", [self.m, self.s], {"of": self.ref(of)}, **more)

    def train(self, **more: Any) -> int:
        """Record an approved permit to train and the start that it covers."""
        expires = time_text(self.now_ms + 30 * DAY)
        permit = self.say("release", "permit", [self.m], {"activity": "train", "expires": expires})
        self.approve(permit, "rso")
        return self.say("release", "training-started", [self.m], more.pop("body", {}), **more)

    def checkpoint_of_training(self, **more: Any) -> int:
        """Record a training checkpoint."""
        return self.say("release", "training-checkpoint", [self.m, self.s], {"files": 1, "bytes": 1}, **more)

    def pause(
        self, *activities: str, kind: str = "pause", about: str | None = None, role: str = "rso", **more: Any
    ) -> int:
        """Call a pause."""
        body = {"activities": sorted(activities or ("deploy", "train")), **more.pop("body", {})}
        return self.say(role, kind, [about or self.org()], body, **more)

    def resume(self, of: int, *roles: str, **more: Any) -> int:
        """Lift a pause: the first role says so, the others sign."""
        first, *others = roles or ("rso", "ceo")
        more.setdefault("subject", self.subjects[of])
        index = self.say(first, "resumed", [], {"of": self.ref(of)}, **more)
        if others:
            self.approve(index, *others)
        return index

    # -- corrections

    def correct(
        self,
        of: int,
        claim: dict[str, Any],
        *roles: str,
        reasons: str | None = "a slip of the pen",
        **more: Any,
    ) -> int:
        """Record what an entry should have said, by the first role; the others sign."""
        first, *others = roles or ("evaluator",)
        more.setdefault("subject", self.subjects[of])
        body = {"of": self.ref(of), "instead": claim} | ({} if reasons is None else {"reasons": reasons})
        index = self.say(first, "correction", [], body, **more)
        if others:
            self.approve(index, *others)
        return index

    def claim_of(self, index: int, **changes: Any) -> dict[str, Any]:
        """Return what the body of an entry said, without its salt, with changes."""
        said: dict[str, Any] = json.loads(self.bodies[index])
        return {key: value for key, value in said.items() if key != "salt"} | changes

    # -- judging

    def replayed(self, **trust: Any) -> Replay:
        """Read the ledger with the verifier's core, and feed it to a replay."""
        text = self.trust(**trust)
        replay = Replay(parse_trust(text.encode()).persons)
        for record in read_source(FilesSource(self.files()), text):
            replay.feed(record)
        return replay

    def judge(self, **options: Any) -> Judgement:
        """Judge the ledger up to the clock's time."""
        other = options.pop("policy", None)
        if other is not None:
            options["policy"] = parse_policy(other)
        end_ms = options.pop("end_ms", self.now_ms)
        judged = self.replayed(**options.pop("trust_file", {})).finish(end_ms, **options)
        if not options:
            self.watch(end_ms)
        return judged

    def watch(self, end_ms: int) -> None:
        """Judge the ledger while it grows: to keep what was found, and to pack, change nothing."""
        records = read_source(FilesSource(self.files()), self.trust())
        plain, keeping = Replay(), Replay(kept=Kept())
        keeping.facts.shelf.limit = 1

        def look(at_ms: int) -> None:
            judged, kept = plain.finish(at_ms), keeping.finish(at_ms)
            assert kept.findings == judged.findings
            assert kept.pending == judged.pending

        for record in records:
            if record.index:
                keeping.finish(records[record.index - 1].time_ms)
                look(records[record.index - 1].time_ms)
                look(record.time_ms - 1)
            plain.feed(record)
            keeping.feed(record)
            look(record.time_ms)
        look(end_ms)
        look(end_ms)

    def ask(self, *, activity: str = "deploy", **options: Any) -> tuple[Finding, ...]:
        """Ask the gate about a start now; returns what speaks against it."""
        deploy = activity == "deploy"
        start = Start(
            options.pop("model", self.m),
            options.pop("snapshot", self.s) if deploy else None,
            "deploy" if deploy else "train",
            options.pop("scope", "external.general") if deploy else None,
            options.pop("surface", "api") if deploy else None,
            tuple(options.pop("attributes", ())),
            options.pop("at_ms", self.now_ms),
            options.pop("environment", ""),
            options.pop("deployment", ""),
        )
        return self.judge(hypothetical=start, **options).hypothetical


def brief(findings: tuple[Finding, ...] | list[Finding]) -> list[str]:
    """Return codes and levels, for a first look: `V01 violation`."""
    return [f"{one.code} {one.level}" for one in findings]


def one(findings: tuple[Finding, ...] | list[Finding], code: str) -> Finding:
    """Return the only finding of a code."""
    found = [finding for finding in findings if finding.code == code]
    assert len(found) == 1, brief(findings)
    return found[0]


def of(judged: Judgement | Verdict, code: str) -> list[Finding]:
    """Return the findings of a code."""
    return [finding for finding in judged.findings if finding.code == code]


def later(story: Story, **period: float) -> Judgement:
    """Let the log go on for a while, and judge it."""
    story.advance(**period)
    story.register("another")
    return story.judge()


def paused(document: dict[str, Any]) -> tuple[Story, int]:
    """Return a story of a deployment that was paused and ended, and the pause."""
    story = Story(document)
    start = story.deploy()
    story.advance(hours=1)
    pause = story.pause("deploy")
    story.end(start)
    story.advance(hours=1)
    return story, pause
