"""Reconstruct a developer's public record as a ledger that an observer brings forward and signs.

    python examples/public-record/reconstruct.py FOLDER

writes FOLDER/public and FOLDER/trust.toml. Everything in it is a claim by the observer about what the
developer itself published (facts.json); no entry is the developer's. Keys, times and randomness come from a
seed, so that the same facts give the same bytes, and anybody can see that nothing else went in.
"""

import copy
import hashlib
import json
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plimsoll_attest.desk import Desk
from plimsoll_attest.enrol import Founding, create_ledger
from plimsoll_attest.home import Home, Settings
from plimsoll_attest.keyring import create_key
from plimsoll_attest.policyfile import find_policy, load_policy
from plimsoll_attest.surroundings import Surroundings
from plimsoll_attest.times import read_time

ORIGIN = "observer.example/public-record"
OBSERVER = "observer"
WRITTEN = "2025-11-25T09:00:00Z"
HERE = Path(__file__).parent
LABEL = "public-record reconstruction"

RSP_1, RSP_2 = "anthropic-rsp-1.0", "anthropic-rsp-2.2"


@dataclass(slots=True)
class _Clock:
    time_ms: int

    def now_ms(self) -> int:
        self.time_ms += 1
        return self.time_ms


@dataclass(slots=True)
class _Seeded:
    drawn: int = 0

    def __call__(self, size: int) -> bytes:
        self.drawn += 1
        return hashlib.shake_256(f"{LABEL} {self.drawn}".encode()).digest(size)


class _Passphrase:
    def __call__(self, name: str, *, new: bool) -> bytes:  # noqa: ARG002 - one for all of a throwaway home.
        return LABEL.encode()


@dataclass(slots=True)
class Record:
    """Writes claims, in the order of the facts."""

    desk: Desk
    written: int = 0
    refs: dict[str, dict[str, Any]] = field(default_factory=dict)

    def claim(self, kind: str, subjects: list[str], claim: Mapping[str, Any], date: str, source: str) -> None:
        """Bring one fact forward."""
        body = {"kind": kind, "claim": dict(claim), "source": f"{LABEL}: {source}"[:1000]}
        event_ms = read_time(f"{date if len(date) > 7 else f'{date}-01'}T00:00:00Z")
        names = [*subjects, "org"]
        self.desk.submit(
            [self.desk.draft("brought-forward", names, body, person=OBSERVER, role="root", event_ms=event_ms)]
        )
        self.written += 1


def model_id(name: str) -> str:
    """Return the id that stands for a model; the developer has published none."""
    return f"model:{hashlib.sha256(f'{LABEL}: {name}'.encode()).hexdigest()[:32]}"


def snapshot_id(name: str) -> str:
    """Return what stands for a model's weights; the developer has published no digest."""
    return f"snapshot:{hashlib.sha256(f'{LABEL}: weights of {name}'.encode()).hexdigest()}"


def policies() -> list[tuple[str, dict[str, Any]]]:
    """Return the versions of the policy with their dates.

    Of 2.0 and 2.1 the texts are not encoded in policies/: they are made here from the encoding of 2.2 by what
    its change log says of them, and say so in their titles.
    """
    first = load_policy(find_policy(RSP_1)).document
    last = load_policy(find_policy(RSP_2)).document

    def made(version: str, date: str) -> dict[str, Any]:
        document = copy.deepcopy(last)
        document["version"] = version
        document["effective_from"] = f"{date}T00:00:00Z"
        document["title"] = (
            f"Anthropic Responsible Scaling Policy {version}, derived from the encoding of 2.2"
        )
        document["source"] = {"title": f"Responsible Scaling Policy {version}, by the change log of 2.2"}
        return document

    v21 = made("2.1", "2025-03-31")
    v20 = made("2.0", "2024-10-15")
    # 2.1 added CBRN-4 and parted AI R&D in two.
    for threshold in ("cbrn-4", "ai-rd-5"):
        del v20["thresholds"][threshold]
    for threshold in v20["thresholds"].values():
        threshold["then"] = [rule for rule in threshold["then"] if "rule_out" not in rule]
    return [("2023-09-19", first), ("2024-10-15", v20), ("2025-03-31", v21), ("2025-05-14", last)]


def write_record(record: Record, facts: Mapping[str, Any]) -> None:
    """Bring all facts forward, one after the other."""
    by_date = dict(policies())
    for event in facts["events"]:
        source, date, kind = event["src"], event["date"], event["kind"]
        if kind == "policy":
            document = by_date[date]
            record.claim("policy", [f"policy:{document['id']}"], document, date, source)
        elif kind == "noncompliance":
            record.claim(
                "noncompliance", [], {"policy": "anthropic-rsp", "text": event["fact"]}, date, source
            )
        elif kind == "role":
            # Who it was stands in the source; a ledger that cannot forget names people by opaque ids.
            claim = {"person": "rso-from-2024-10", "role": "rso"}
            record.claim("role", ["person:rso-from-2024-10", "role:rso"], claim, date, source)
        else:
            write_model(record, event)


def write_model(record: Record, event: Mapping[str, Any]) -> None:
    """Bring forward what was published about one model."""
    name, date, source = event["model"], event["date"], event["src"]
    model, snapshot = model_id(name), snapshot_id(name)
    record.claim("model-registered", [model], {"name": name}, date, source)
    if "metrics" in event:
        record.claim("eval-result", [model, snapshot], result(name, date, event["metrics"]), date, source)
    said = " ".join(str(event.get(key, "")) for key in ("level", "fact", "note"))
    is_three = event["level"].startswith("ASL-3")
    reasons = f"{said.strip()} ({source})"
    determined = [("cbrn-3", "crossed" if is_three else "ruled_out")]
    if "ASL-4 ruled out" in said:
        determined.append(("cbrn-4", "ruled_out"))
    for threshold, outcome in determined:
        claim = {"threshold": threshold, "outcome": outcome, "basis": [], "reasons": reasons}
        record.claim("determination", [model], claim, date, source)
    standards = ["asl-2-security", "asl-2-deployment"]
    if is_three:
        standards += ["asl-3-security", "asl-3-deployment"]
    for standard in standards:
        attest(record, standard, model, date, source)
    record.claim(
        "deployment-started", [model, snapshot], {"scope": "external.general", "surface": "api"}, date, source
    )


def attest(record: Record, standard: str, model: str, date: str, source: str) -> None:
    """Bring forward that a standard was met, criterion by criterion, as the developer stated of the whole."""
    found = load_policy(find_policy(RSP_2)).document["standards"][standard]
    cites = []
    for criterion, asked in found["criteria"].items():
        subjects = [model] if "model" in asked["for_each"] else []
        claim = {
            "standard": standard, "criterion": criterion, "bound_to": {}, "evidence": [],
            "shown_by": asked.get("shown_by", ["document"]),
        }  # fmt: skip
        record.claim("safeguard-attested", subjects, claim, date, source)
        newest = record.desk.read(record.desk.size - 1)
        cites.append({"id": newest.statement_id, "index": newest.index})
    if "approved_by" in found:
        for subjects in ([model], []):
            report = {"type": "safeguards", "standard": standard, "cites": cites}
            record.claim("report", subjects, report, date, source)


def result(name: str, date: str, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Lay out published figures as a result: each figure as it was printed, and no count that was not."""
    time = f"{date}T00:00:00.000Z"
    scores = []
    for metric, printed in metrics.items():
        score: dict[str, Any] = {"metric": metric, "reducer": "as-published", "scorer": "as-published"}
        text = str(printed)
        if "/" in text:
            score |= {"value": None, "fraction": text}
        else:
            score |= {"value": text if text.replace(".", "", 1).isdigit() else None}
        scores.append(score)
    return {
        "plan": None, "status": "success", "tool": {"name": "system card", "version": date},
        "task": {"name": "as published", "version": "1"}, "run": {}, "started": time, "completed": time,
        "variant": "as published", "epochs": 0, "samples": 0, "scored": {"samples": 0, "sample_epochs": 0},
        "limit": None, "reported": {"model": name, "snapshot": "", "metadata": {}}, "scores": scores,
        "evidence": [], "flags": ["not-recomputed"],
    }  # fmt: skip


def reconstruct(folder: Path) -> int:
    """Write the whole ledger; returns how many facts were brought forward."""
    facts = json.loads((HERE / "facts.json").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch) / "home"
        clock = _Clock(read_time(WRITTEN))
        surroundings = Surroundings(clock, _Seeded(), {}, _Passphrase())
        create_key(Home(home, Settings(ORIGIN)), OBSERVER, surroundings)
        create_ledger(home, Founding(ORIGIN, OBSERVER), surroundings)
        with Desk.open(Home.load(home), surroundings, writing=True) as desk:
            record = Record(desk)
            write_record(record, facts)
            desk.publish(folder / "public")
            (folder / "trust.toml").write_text(desk.trust(), encoding="utf-8")
    return record.written


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(f"{reconstruct(target)} claims were brought forward\n")
