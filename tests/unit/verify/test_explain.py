"""Explanations: what was promised, what happened, when, why, and the entries, told from real ledgers."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import write_files
from tests.support.story import Story, policy_with

from plimsoll_verify import cli
from plimsoll_verify.audit import audit
from plimsoll_verify.errors import TileMismatch
from plimsoll_verify.explain import Explanation, explain, read_records
from plimsoll_verify.log import Log
from plimsoll_verify.report import format_report
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import verdict_json


class Told:
    """A story, published, judged and explained."""

    def __init__(self, story: Story, folder: Path) -> None:
        text = story.publish(folder / "public")
        (folder / "trust.toml").write_text(text)
        self.source, self.trust = DirectorySource(folder / "public"), parse_trust(text.encode())
        self.verdict = audit(self.source, self.trust, workers=1)
        self.log = Log(self.trust.origin, self.trust.genesis, self.verdict.log.size, self.verdict.log.root)
        self.args = [str(folder / "public"), "--trust", str(folder / "trust.toml")]

    def of(self, code: str) -> Explanation:
        """Explain the first finding of a code."""
        assert self.verdict.judgement is not None
        finding = next(one for one in self.verdict.findings if one.code == code)
        return explain(finding, self.verdict.judgement, self.source, self.log)


CLAUSES = {"clauses__1__text": "No model goes out without filters."}


def lapsed(tmp_path: Path) -> tuple[Story, Told]:
    """A deployment whose filters lapsed and were put right again."""
    story = Story(policy_with(**CLAUSES))
    story.result(80, plan=story.plan())
    story.determine("cbrn", "crossed")
    story.secure()
    story.filters()
    story.determine("next", "ruled_out")
    story.deploy()
    story.advance(days=1)
    story.lapse("high-dep.filters")
    story.advance(days=40)
    story.filters()
    story.advance(days=1)
    story.statement("heartbeat", [story.org()], {}, "security", "security")
    return story, Told(story, tmp_path)


def test_a_reading_of_the_clause_is_told_with_the_promise(tmp_path: Path) -> None:
    story = Story(policy_with(interpretation={"clause": "1", "force": "commitment", "by": "rso"}))
    body = {"policy": "test-policy", "clause": "1", "reading_sha256": "ab" * 32}
    index = story.say("rso", "interpretation", [], body, subject=story.subjects[story.policy_entry])
    story.start_deployment()
    told = Told(story, tmp_path)
    said = f"How it is to be read, its interpreters had said by then: entries {index}."
    assert told.of("V14").promised.endswith(said)
    assert f"  interpreted by entries {index}" in format_report(told.verdict).splitlines()
    assert verdict_json(told.verdict)["findings"][0]["interpreted_by"] == [index]


def test_a_violation_is_told_from_promise_to_chain(tmp_path: Path) -> None:
    _, told = lapsed(tmp_path)
    found = told.of("V01")
    assert "A small policy (test-policy version 1" in found.promised
    assert (
        "commits to, in clause 1: No model goes out without filters. The rule is cbrn.then.1"
        in found.promised
    )
    assert found.happened == found.finding.message
    assert found.when.startswith("It began at ")
    assert "it was put right (entry " in found.when
    assert [one.split(":")[0] for one in found.why] == ["V11 safeguard-lapsed"]
    assert [link.index for link in found.chain] == list(found.finding.entries)
    words = {link.record.kind: link for link in found.chain}
    assert words["safeguard-lapsed"].part == "V11"
    assert words["deployment-started"].part == ""
    assert "scope external.general, surface api" in words["deployment-started"].words
    assert "salt" not in "".join(link.words for link in found.chain)


def test_what_is_open_and_what_is_of_no_policy(tmp_path: Path) -> None:
    story = Story()
    story.append(b"what is this")
    story.start_deployment()
    index = story.say("evaluator", "model-registered", [story.model("z")], {"name": "z"}, withheld=True)
    told = Told(story, tmp_path)
    damaged = told.of("V36")
    assert damaged.promised == "Nothing of a policy: SPEC 9.13 binds every ledger of this kind."
    assert "is about that instant" in damaged.when
    assert [link.words for link in damaged.chain] == ["cannot be read"]
    gone = told.of("I01")
    assert "was not over at the end of what was judged" in gone.when
    assert [link.words for link in gone.chain if link.index == index] == [
        "model-registered by eva as evaluator: its body is withheld"
    ]
    assert "commits to, in clause 1." in told.of("V14").promised


def test_a_late_record_is_told_by_the_rules_about_the_record(tmp_path: Path) -> None:
    story = Story()
    event = story.now()
    story.advance(days=40)
    story.say("security", "heartbeat", [story.org()], {}, event_time=event)
    assert "record_rules.late_after" in Told(story, tmp_path).of("V28").promised


def test_long_members_are_cut_and_lists_are_short(tmp_path: Path) -> None:
    story = Story()
    plan = story.plan()
    story.result(80, plan=plan, body={"flags": ["one", "two", "three", "four"], "variant": "v" * 100})
    story.start_deployment()
    told = Told(story, tmp_path)
    records = read_records(told.source, told.log, range(story.size))
    words = [
        explained
        for index, record in records.items()
        if record.kind == "eval-result"
        for explained in [told_of(index, record)]
    ]
    assert f"variant {'v' * 60}..." in words[0]
    assert "(80 of 100)" in words[0]
    assert "flags one and two and three ..." in words[0]
    assert f"plan entry {plan}" in words[0]


def told_of(index: int, record: Any) -> str:
    from plimsoll_verify.explain import Link

    return Link(index, record, "").words


def test_nothing_is_read_for_nothing_and_a_changed_ledger_is_found(tmp_path: Path) -> None:
    story, told = lapsed(tmp_path)
    assert read_records(told.source, told.log, []) == {}
    files = story.files()
    path = next(name for name in files if name.startswith("tile/entries/"))
    files[path] = files[path][:50] + b"X" + files[path][51:]
    write_files(tmp_path / "public", files)
    with pytest.raises(TileMismatch):
        told.of("V01")


def test_the_command(tmp_path: Path, capsys: Any) -> None:
    _, told = lapsed(tmp_path)
    assert cli.run(["explain", "V01", *told.args]) == 0
    out = capsys.readouterr().out
    for title in ("What was promised", "What happened", "When", "Why", "The entries that show it"):
        assert title in out
    assert "[V11]" in out
    assert cli.run(["explain", "F1", *told.args, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "plimsoll/explanation/v1"
    assert found["explanations"][0]["id"] == "F1"
    assert found["explanations"][0]["chain"]
    assert cli.run(["explain", "F99", *told.args]) == 2
    assert "no finding F99" in capsys.readouterr().err
    (tmp_path / "public/checkpoint").unlink()
    assert cli.run(["explain", "F1", *told.args]) == 4


def test_several_findings_and_one_without_entries(tmp_path: Path, capsys: Any) -> None:
    story = Story(adopt=False)
    story.append(b"one")
    story.append(b"two")
    told = Told(story, tmp_path)
    assert cli.run(["explain", "V36", *told.args]) == 0
    assert capsys.readouterr().out.count("What was promised") == 2
    assert cli.run(["explain", "I05", *told.args]) == 0
    assert "none: it is about the ledger as a whole" in capsys.readouterr().out
    assert cli.run(["explain", "V36", *told.args, "--json"]) == 0
    entry = json.loads(capsys.readouterr().out)["explanations"][0]["chain"][0]
    assert (entry["kind"], entry["event_time"], entry["cause"]) == ("", None, None)
