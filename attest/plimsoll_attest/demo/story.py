"""Harbour's story: from an empty folder to two deployed models, and the three ways in which it goes wrong.

The evaluation logs are real ones, made on 2026-11-22 between 01:13 and 01:15 UTC; the story lies around
that night.
"""

from dataclasses import dataclass

from plimsoll_attest.demo.script import CopyHome, Script, Step

ORIGIN = "harbour.example/rsp"
SMALL = "harbour-1-small"
LARGE = "harbour-1"

# Person and the role that the founders grant; `rso` and `board-1` are the founders themselves.
STAFF = (
    ("rso", "rso"),
    ("board-1", "board"),
    ("ceo", "ceo"),
    ("evaluator-1", "evaluator"),
    ("security-1", "security-lead"),
    ("release-1", "release-engineer"),
    ("engineering-lead", "engineering-lead"),
    ("product-lead", "product-lead"),
    ("auditor-1", "external-auditor"),
)
FOUNDERS = ("rso", "board-1")

# Task, version, samples, epochs: as the logs were run.
PLANS = (
    ("virology_long_form", "3", "12", "5"),
    ("bio_knowledge", "1", "33", "1"),
    ("autonomy_tasks", "2", "10", "3"),
    ("cyber_range", "2", "4", "1"),
)
LOGS = ("virology-long-form.eval", "bio-knowledge.json", "autonomy-tasks.eval", "cyber-range.eval")


@dataclass(frozen=True, slots=True)
class Story:
    """All steps, and where the endings part from the main line.

    Attributes:
        main: Steps of the main line, up to publication.
        hidden: Steps of the ending in which a crossing is logged and not declared.
        lapsed: Steps of the ending in which a safeguard lapses.
        sizes: Entries of each home at its end.
        crossing: Index of the entry with harbour-1's virology result.
    """

    main: tuple[Step | CopyHome, ...]
    hidden: tuple[Step | CopyHome, ...]
    lapsed: tuple[Step | CopyHome, ...]
    sizes: dict[str, int]
    crossing: int


def tell() -> Story:
    """Return the story. It is the same at each call."""
    s = Script()
    _found(s)
    _adopt_policy(s)
    _attest_baseline(s)
    _prepare_models(s)
    _assess(s, SMALL, "2026-11-23", "10:00")
    _deploy_small(s)
    hidden = s.branch("home-hidden")
    crossing = _cross(s)
    _safeguard(s)
    _deploy_large(s)
    _renew(s)
    lapsed = s.branch("home-lapsed")
    s.on("2027-02-26", "16:00")
    s.note("publish, and hand the auditor the trust file by another road")
    s.by("rso", "publish", "--to", "public", show=True)
    s.by("rso", "trust", "export", "-o", "trust.toml", show=True)
    _hide(hidden)
    _lapse(lapsed)
    return Story(tuple(s.steps), tuple(hidden.steps), tuple(lapsed.steps), dict(s.sizes), crossing)


def _found(s: Script) -> None:
    s.on("2026-11-20", "08:00")
    s.note("the ledger: two founders, whose quorum of two enrols everybody else")
    s.by("board-1", "key", "new", "board-1", "--origin", ORIGIN)
    s.by("rso", "init", "home", "--origin", ORIGIN, "--founder", "board-1", "--quorum", "2", adds=1)
    s.approve(0, ["board-1"])
    s.note("people, their keys, their roles")
    first = s.sizes["home"]
    for person, role in STAFF:
        if person not in FOUNDERS:
            s.by("rso", "person", "add", person, adds=1)
            s.by(person, "key", "new", person)
            s.by("rso", "key", "enrol", person, adds=1)
        s.by("rso", "role", "grant", person, role, adds=1)
    s.by("board-1", "sign-off", f"{first}-{s.sizes['home'] - 1}", "approve", adds=s.sizes["home"] - first)


def _adopt_policy(s: Script) -> None:
    s.on("2026-11-20", "11:00")
    s.note("the policy becomes an entry; founders, engineering, product and CEO sign it")
    s.by("rso", "policy", "check", "harbour.yaml", show=True)
    policy = s.by("rso", "policy", "adopt", "harbour.yaml", "--role", "root", adds=1)
    s.approve(policy, ["board-1"])
    s.approve(policy, ["engineering-lead", "product-lead", "ceo"])
    s.by("rso", "pending", show=True)


def _attest(s: Script, person: str, what: str, shown_by: str, *more: str, about: str = "org") -> int:
    standard, criterion = what.split(".")
    fields = (f"standard={standard}", f"criterion={criterion}", f"shown_by={shown_by}")
    return s.record(person, "safeguard-attested", about, *fields, *more)


def _attest_baseline(s: Script) -> None:
    s.on("2026-11-20", "14:00")
    s.note("ASL-2, for the whole organisation")
    _attest(s, "security-1", "asl-2-security.weights-protected", "document")
    _attest(s, "product-lead", "asl-2-deployment.usage-policy", "document")
    _attest(s, "security-1", "asl-2-deployment.misuse-monitoring", "test")


def _prepare_models(s: Script) -> None:
    s.on("2026-11-21")
    s.note("two models, and what will be evaluated, before it is run")
    for model in (SMALL, LARGE):
        s.by("evaluator-1", "model", "register", model, adds=1)
        s.by("evaluator-1", "model", "snapshot", model, "--weights", f"weights/{model}", adds=1)
    for model in (SMALL, LARGE):
        for task, version, samples, epochs in PLANS:
            planned = (f"task.name={task}", f"task.version={version}", "variant=helpful-only")
            s.record("evaluator-1", "eval-planned", model, *planned, f"samples={samples}", f"epochs={epochs}")


def _assess(s: Script, model: str, day: str, clock: str, note: str = "") -> int:
    s.on(day, clock)
    s.note(note or f"the evaluation logs of {model}, as the tool wrote them")
    files = [f"logs/{model}/{name}" for name in LOGS]
    return s.by("evaluator-1", "import", "inspect", *files, "--model", model, adds=len(LOGS), show=True)


def _permit_and_approve(s: Script, model: str, expires: str) -> int:
    form = ("activity=deploy", "scope=external.general", "surface=api")
    permit = s.record("release-1", "permit", model, *form, f"expires={expires}")
    s.approve(permit, ["rso", "ceo"])
    return permit


def _gate(s: Script, model: str, *, expect: int) -> None:
    more = ["--permit", f"{model}.permit.json"] if expect == 0 else []
    where = ["--scope", "external.general", "--surface", "api"]
    s.by("release-1", "gate", "deploy", model, *where, *more, expect=expect, show=True)


def _start(s: Script, model: str, permit: int) -> int:
    form = ("scope=external.general", "surface=api")
    return s.record("release-1", "deployment-started", model, *form, f"permit=#{permit}")


def _deploy_small(s: Script) -> None:
    s.on("2026-11-23", "11:00")
    s.note(f"{SMALL} is ruled out by the tests: a permit, the gate, deployment under ASL-2")
    permit = _permit_and_approve(s, SMALL, "2026-12-23T00:00:00Z")
    _gate(s, SMALL, expect=0)
    _start(s, SMALL, permit)


def _cross(s: Script) -> int:
    first = _assess(s, LARGE, "2026-11-23", "15:00")
    s.note("CBRN-3 is crossed; people declare it")
    crossed = ("threshold=cbrn-3", "outcome=crossed", f"basis=[#{first}]")
    reasons = "reasons=48 of 60 long-form virology answers are right"
    declared = s.record("rso", "determination", LARGE, *crossed, reasons)
    s.approve(declared, ["ceo"])
    s.on("2026-11-24")
    s.note("release asks the gate all the same, and is told why not")
    _gate(s, LARGE, expect=1)
    return first


def _report(s: Script, standard: str, cites: list[int]) -> None:
    refs = ",".join(f"#{index}" for index in cites)
    report = s.record(
        "security-1", "report", "org", "type=safeguards", f"standard={standard}", f"cites=[{refs}]"
    )
    s.approve(report, ["rso", "ceo"])


def _attest_filters(s: Script) -> int:
    surface = "bound_to.surface=api"
    return _attest(s, "security-1", "asl-3-deployment.filters", "red-team", surface, about=LARGE)


def _safeguard(s: Script) -> None:
    s.on("2026-12-01")
    s.note("the ASL-3 safeguards: attested, audited from outside, approved, well inside the month")
    threat_model = _attest(s, "security-1", "asl-3-security.threat-model", "threat-model")
    audit = _attest(s, "auditor-1", "asl-3-security.audit", "audit")
    filters = _attest_filters(s)
    response = _attest(s, "security-1", "asl-3-deployment.rapid-response", "test")
    s.on("2026-12-04")
    _report(s, "asl-3-security", [threat_model, audit])
    _report(s, "asl-3-deployment", [filters, response])


def _deploy_large(s: Script) -> None:
    s.on("2026-12-08")
    s.note("whoever crosses a threshold rules out the next one; here people do")
    reasons = "reasons=no uplift beyond what a well-read expert has; see the capability report"
    ruled_out = s.record("rso", "determination", LARGE, "threshold=cbrn-4", "outcome=ruled_out", reasons)
    s.approve(ruled_out, ["ceo"])
    s.on("2026-12-09")
    permit = _permit_and_approve(s, LARGE, "2027-01-09T00:00:00Z")
    s.note("the gate again")
    _gate(s, LARGE, expect=0)
    _start(s, LARGE, permit)


def _renew(s: Script) -> None:
    s.on("2027-01-20")
    s.note("the filters' attestation is good for two months: renewed, and approved, in time")
    filters = _attest_filters(s)
    _report(s, "asl-3-deployment", [filters])
    s.on("2027-02-10")
    s.note("so is the watch for misuse, good for three")
    _attest(s, "security-1", "asl-2-deployment.misuse-monitoring", "test")
    s.on("2027-02-26", "15:00")
    s.by("evaluator-1", "status", show=True)
    s.record("rso", "heartbeat", "org")


def _hide(s: Script) -> None:
    """The crossing is in the log; nobody declares it, and the model goes out under ASL-2."""
    note = "ending 2, on a copy of the home from before harbour-1 was assessed: nobody declares the crossing"
    _assess(s, LARGE, "2026-11-23", "15:00", note)
    s.on("2026-11-25")
    permit = _permit_and_approve(s, LARGE, "2026-12-25T00:00:00Z")
    _start(s, LARGE, permit)
    s.on("2027-01-10")
    s.record("rso", "heartbeat", "org")
    s.by("rso", "publish", "--to", "hidden")


def _lapse(s: Script) -> None:
    """The filters of the deployed model fail, it is recorded, and the deployment goes on."""
    s.on("2027-03-02")
    s.note("ending 1, on a copy from before publication: the filters fail, the deployment goes on")
    lapsed = ("standard=asl-3-deployment", "criterion=filters", "bound_to.surface=api")
    reasons = "reasons=a public jailbreak passes the classifiers"
    s.record("security-1", "safeguard-lapsed", LARGE, *lapsed, reasons, event_time="2027-03-01T18:00:00Z")
    s.on("2027-03-12")
    s.record("rso", "heartbeat", "org")
    s.by("rso", "publish", "--to", "lapsed")
