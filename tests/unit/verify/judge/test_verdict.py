"""The verdict as JSON, as a text, and as the picture's timeline."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.support.forge import time_text
from tests.support.story import COMMIT, DAY, Story, policy_with

import plimsoll_verify
from plimsoll_verify.errors import Fork, RootMismatch
from plimsoll_verify.findings import NAMES
from plimsoll_verify.log import LogFacts
from plimsoll_verify.report import MAX_FINDINGS, MAX_SUBJECTS, format_report
from plimsoll_verify.verdict import Verdict, judged, rejected, verdict_json

SCHEMA = json.loads(
    (Path(plimsoll_verify.__file__).parent / "schema" / "verdict-v1.json").read_text(encoding="utf-8")
)


def verdict_of(story: Story, **options: Any) -> Verdict:
    """Judge a story as `audit` does."""
    facts = LogFacts(story.origin, story.size, story.roots[-1], story.now_ms, None, ("w-1",))
    return judged(facts, story.judge(**options))


def described(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict's JSON, checked against its schema and by a round trip."""
    found = verdict_json(verdict)
    jsonschema.validate(found, SCHEMA, cls=jsonschema.Draft202012Validator)
    assert json.loads(json.dumps(found)) == found
    return found


def lapsed() -> Story:
    """A crossed model is deployed, its filters lapse, and are attested again."""
    story = Story()
    story.result(80)
    story.determine("cbrn", "crossed")
    story.secure()
    story.filters()
    story.determine("next", "ruled_out")
    story.advance(days=1)
    story.deploy(attributes=["tools"])
    story.advance(days=1)
    story.lapse("high-dep.filters", about=story.m, surface="api")
    story.advance(days=1)
    story.filters()
    story.advance(days=1)
    return story


def test_every_code_has_a_name() -> None:
    assert all(re.fullmatch(r"[a-z-]+", name) for name in NAMES.values())
    assert len(set(NAMES.values())) == len(NAMES)


def test_the_json_form_says_all() -> None:
    story = lapsed()
    found = described(verdict_of(story))
    assert found["verdict"] == "violations"
    assert found["log"]["time"] == story.now()
    assert found["policies"][0]["clauses"] == {"log": 1, "attestation": 1, "nobody": 1}
    assert found["policies"][0]["from_index"] == story.policy_entry + 2
    (finding,) = found["findings"]
    assert (finding["id"], finding["code"], finding["name"]) == ("F1", "V01", "deployed-unsafeguarded")
    assert finding["to"]["time"] == story.now(-DAY)
    assert [cause["code"] for cause in finding["because"]] == ["V11"]
    subject = found["subjects"][0]
    assert subject["thresholds"] == {"cbrn": "crossed", "next": "ruled_out"}
    assert subject["needed"] == ["base", "high-dep", "high-sec"]
    assert subject["in_force"] == ["base", "high-dep", "high-sec"]
    assert subject["active"][1] == {
        "activity": "deploy", "since": story.now(-3 * DAY), "entry": subject["active"][1]["entry"],
        "scope": "external.general", "surface": "api", "attributes": ["tools"],
    }  # fmt: skip
    assert found["independence"] == {"pinned": [], "claimed": ["person:aud"]}


def test_the_timeline_is_without_gaps_and_shows_where_a_deployment_was_not_safe() -> None:
    story = lapsed()
    timeline = described(verdict_of(story))["subjects"][0]["timeline"]
    assert all(a["to"] == b["from"] for a, b in itertools.pairwise(timeline))
    assert timeline[-1]["to"] == story.now()
    levels = [
        (one["level_needed"], one["level_in_force"], one["deployed"], one["ok"]) for one in timeline[-3:]
    ]
    assert levels == [(3, 3, True, True), (3, 0, True, False), (3, 3, True, True)]


def test_levels_count_on_every_surface() -> None:
    story = lapsed()
    story.deploy(surface="web")
    story.advance(days=1)
    last = described(verdict_of(story))["subjects"][0]["timeline"][-1]
    assert (last["level_in_force"], "high-dep" in last["in_force"], last["ok"]) == (0, False, False)


def test_an_amendment_does_not_tear_the_timeline() -> None:
    story = lapsed()
    story.adopt({**policy_with(), "version": "2"}, kind="policy-amendment")
    story.advance(days=1)
    timeline = described(verdict_of(story))["subjects"][0]["timeline"]
    assert timeline[-1]["from"] == story.now(-2 * DAY)


def test_of_several_policies_the_thresholds_are_named_apart() -> None:
    story = Story()
    story.adopt(policy_with(id="law", baseline=[{**COMMIT, "needs": ["top"], "while": ["storing it"]}]))
    story.result(10)
    subject = described(verdict_of(story))["subjects"][0]
    assert set(subject["thresholds"]) == {"test-policy/cbrn", "test-policy/next", "law/cbrn", "law/next"}
    assert subject["needed"] == ["top", "base"]
    assert "  law: thresholds: cbrn unassessed" in format_report(verdict_of(story))


def test_without_a_policy_there_is_no_timeline() -> None:
    story = Story(adopt=False)
    story.start_deployment()
    (subject,) = described(verdict_of(story))["subjects"]
    assert (subject["timeline"], subject["active"], subject["thresholds"]) == ([], [], {})
    assert "(not registered)" in format_report(verdict_of(story))


def test_a_policy_that_is_not_in_force_yet_shows_what_goes_on() -> None:
    story = Story(policy_with(effective_from="2027-01-01T00:00:00Z"))
    story.start_deployment()
    subject = described(verdict_of(story))["subjects"][0]
    assert (subject["thresholds"], len(subject["active"]), subject["timeline"]) == ({}, 2, [])


def test_a_rejection_says_where_and_why() -> None:
    error = RootMismatch("root", "aa", "bb", entry=3, path="tile/0/000", hint="ask again")
    verdict = rejected(LogFacts("acme.example/log"), error)
    found = described(verdict)
    assert found["error"] == {
        "check": "root", "entry": 3, "path": "tile/0/000", "expected": "aa", "actual": "bb",
        "hint": "ask again",
    }  # fmt: skip
    assert (verdict.findings, verdict.pending, verdict.policies, verdict.hypothetical_findings) == ((),) * 4
    text = format_report(verdict)
    assert "check:    root, at entry 3, in tile/0/000" in text
    assert "hint:     ask again" in text
    bare = format_report(rejected(LogFacts("a"), RootMismatch("root", "aa", "bb")))
    assert "check:    root\n" in bare
    assert "hint" not in bare


def test_a_fork_carries_both_notes() -> None:
    error = Fork("fork", "a", "b", note_a=b"one\n", note_b=b"two \xff\n")
    found = described(rejected(LogFacts("a"), error))
    assert (found["error"]["note_a"], found["error"]["note_b"]) == ("one\n", "two \ufffd\n")


# -- the text


def test_the_text_says_what_was_found_and_what_it_rests_on() -> None:
    story = lapsed()
    text = format_report(verdict_of(story))
    for line in (
        "verdict: violations",
        "  thresholds: cbrn crossed, next ruled out",
        f"  to   {story.now(-DAY)} (cured by entry {story.size - 1})",
        "         what was recorded breaks the policy, or rules of the record itself: see the findings",
        "findings: 1 violation, 0 doubts, 0 other findings",
        "independent people, by keys that you pinned: nobody",
        "independent people, by the company's word: aud",
        "whether there is a newer state was not checked: the trust file sets no max_age",
        "time:    judged up to",
        "         witnesses: w-1",
    ):
        assert line in text
    assert text.isascii()
    assert "\x1b" not in text


def test_the_first_lines_say_what_the_verdict_means() -> None:
    told = {
        "compliant": "what was recorded breaks no commitment of the policy, and none of it is in doubt",
        "indeterminate": "no violation was found, and something is in doubt: see the findings",
    }
    for story in (Story(), Story(adopt=False)):
        text = format_report(verdict_of(story)).splitlines()
        verdict = text[0].removeprefix("verdict: ")
        assert text[1] == f"         {told.pop(verdict)}"
    assert not told
    rejection = format_report(rejected(LogFacts("a"), RootMismatch("root", "aa", "bb"))).splitlines()
    assert rejection[1] == "ledger:  a"


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ([50], "An event was recorded 2 days after it happened, later than the record rules of test-policy"),
        ([49, 97], "2 events were recorded up to 4 days after they happened, later than the record rules of"),
        ([30], "An event was recorded 30 hours after it happened"),
    ],
)
def test_what_was_recorded_late_is_told_as_an_instant(hours: list[int], words: str) -> None:
    story = Story(policy_with(record_rules={"late_after": "1 day"}))
    story.secure()
    for late in hours:
        story.result(10, event_time=story.now(-late * 3_600_000))
    (found,) = (one for one in verdict_of(story).findings if one.code == "V28")
    text = format_report(verdict_of(story))
    assert found.message.startswith(words)
    assert (
        f"{found.id} V28 time-impossible (finding, no violation)\n  at   {time_text(found.from_ms)} (" in text
    )
    assert "1 other finding\n" in text


def test_colour_adds_nothing_but_colour() -> None:
    verdict = verdict_of(lapsed())
    plain, painted = format_report(verdict), format_report(verdict, color=True)
    assert "\x1b[31m" in painted
    assert re.sub(r"\x1b\[[0-9]+m", "", painted) == plain


def test_one_subject_alone() -> None:
    story = lapsed()
    story.result(10, withheld=True)
    other = format_report(verdict_of(story), subject=story.model("other"))
    assert "V01" not in other
    assert story.m not in other
    assert "V01" in format_report(verdict_of(story), subject=story.m)
    # Who asks by its name is told what to ask for; a name is no id, and others may have the same.
    (name,) = {one.name for one in story.judge().subjects if one.id == story.m}
    called = format_report(verdict_of(story), subject=name)
    assert f"NOTHING HERE IS ABOUT {name}; so is called {story.m}: ask for that\n" in called
    nobody = format_report(verdict_of(story), subject="no-such")
    assert "NOTHING HERE IS ABOUT no-such; a model is named by its id, as model:<id>\n" in nobody


@pytest.mark.parametrize("name", ["\x1b[31mred", "\u202egnp.exe", "a\nb", "\u0430cme"])
def test_foreign_names_are_escaped(name: str) -> None:
    story = Story()
    story.m = story.model("evil")
    story.say("evaluator", "model-registered", [story.m], {"name": name})
    story.lapse("base.locks")
    story.checkpoint_of_training()
    text = format_report(verdict_of(story))
    assert text.isascii()
    assert all(character.isprintable() for line in text.splitlines() for character in line)


def test_long_lists_are_cut_and_say_so() -> None:
    story = Story()
    for number in range(MAX_SUBJECTS + 3):
        story.say("evaluator", "model-registered", [story.model(f"n{number}")], {"name": f"n{number}"})
    for _ in range(MAX_FINDINGS + 2):
        story.say("rso", "heartbeat", [story.org()], {}, event_time=story.now(DAY))
    story.advance(days=30)
    for _ in range(30):
        story.result(10, event_time=story.now(-20 * DAY))
    text = format_report(verdict_of(story))
    assert "... and 4 more models; --json names them all" in text
    assert "... and 3 more; --json names them all" in text


def test_many_entries_of_one_finding_are_cut() -> None:
    story = Story()
    story.advance(days=30)
    for _ in range(30):
        story.result(10, event_time=story.now(-20 * DAY))
    assert " and 10 more" in format_report(verdict_of(story))


def test_a_part_of_a_ledger_a_hypothetical_start_and_another_policy_are_named() -> None:
    story = Story()
    story.clear()
    whole = format_report(verdict_of(story))
    assert "of which the first" not in whole
    verdict = verdict_of(story, now_ms=story.now_ms, max_age_ms=DAY)
    assert verdict.judgement is not None
    part = judged(LogFacts(story.origin, story.size + 5, story.roots[-1]), verdict.judgement)
    text = format_report(part)
    assert f"of which the first {story.size} were judged" in text
    assert "whether there is a newer state" not in text
    text = format_report(verdict_of(story, policy=policy_with(id="other")))
    assert "THIS IS NOT THE LEDGER'S OWN POLICY" in text
    from plimsoll_verify.start import Start

    start = Start(story.m, story.s, "deploy", "external.general", "api", (), story.now_ms)
    verdict = verdict_of(story, hypothetical=start)
    assert "if this started now:" in format_report(verdict)
    assert [one["code"] for one in described(verdict)["hypothetical_findings"]] == ["V14"]


def test_pending_acts_in_the_json_form() -> None:
    story = Story()
    permit = story.permit("rso")
    person = story.statement("person", ["person:new"], {"person": "new"}, "ceo-1", "ceo")
    first, second = described(verdict_of(story))["pending"]
    assert (first["index"], first["missing"], first["counted"]) == (
        permit,
        ["ceo"],
        [{"person": "rso-1", "role": "rso"}],
    )
    assert (second["index"], second["policy"], second["roles"]) == (person, None, ["root"])


# -- exceptions


def waived(**rule: Any) -> Story:
    needs = [{**COMMIT, "needs": ["high-dep"], "while": ["deploying it"]}]
    rule = {**COMMIT, "approved_by": {"all_of": ["rso", "ceo"]}, "at_most": "14 days", **rule}
    return Story(policy_with(thresholds={}, gates=[], exceptions={"waiver": rule}, baseline=needs))


def waive(story: Story, *roles: str, **body: Any) -> int:
    said = {"standard": "high-dep", "reasons": "the filter is late"} | body
    index = story.say("security", "waiver", [story.m], said)
    story.approve(index, *(roles or ("rso", "ceo")))
    return index


def test_every_exception_is_shown_also_where_nothing_was_broken() -> None:
    story = waived()
    index = waive(story, surfaces=["api"], criterion="filters")
    granted = story.now_ms
    story.deploy()
    story.advance(days=1)
    story.register("other")
    verdict = verdict_of(story)
    assert verdict.verdict == "compliant"
    (shown,) = described(verdict)["exceptions"]
    assert shown == {
        "index": index, "kind": "waiver", "subject": story.m, "policy": "test-policy", "standard": "high-dep",
        "criterion": "filters", "scopes": [], "surfaces": ["api"], "from": time_text(granted),
        "until": time_text(granted + 14 * DAY), "covers": True, "why_not": None,
    }  # fmt: skip
    told = format_report(verdict).split("exceptions to what is needed:\n")[1].splitlines()
    assert told[:2] == [
        f"  waiver in entry {index}, under test-policy: high-dep.filters on api for {story.m}",
        f"    covers from {time_text(granted)} until {time_text(granted + 14 * DAY)}",
    ]
    assert "exceptions" not in format_report(verdict, subject=story.model("other"))


def test_an_exception_that_covers_nothing_or_no_longer_says_why() -> None:
    story = waived()
    first, lone = waive(story), waive(story, "rso", scopes=["external.general"])
    story.advance(days=15)
    hidden = waive(story)
    story.bodies[hidden] = b""
    verdict = verdict_of(story)
    old, unapproved, unknown = described(verdict)["exceptions"]
    assert (old["covers"], old["why_not"]) == (False, f"the waiver of entry {first} had run out")
    assert (unapproved["from"], unapproved["until"], unapproved["covers"]) == (None, None, False)
    assert unapproved["why_not"] == f"the waiver of entry {lone} is not approved"
    assert (unknown["standard"], unknown["criterion"], unknown["covers"]) == (None, None, False)
    told = format_report(verdict)
    assert f"    covers nothing; the waiver of entry {lone} is not approved" in told
    assert f"waiver in entry {hidden}, under test-policy: (what it says is not known) for {story.m}" in told


def test_an_exception_without_an_end_is_said_to_have_none() -> None:
    story = waived(at_most="unstated")
    waive(story)
    (shown,) = described(verdict_of(story))["exceptions"]
    assert (shown["until"], shown["covers"]) == (None, True)
    assert "without an end" in format_report(verdict_of(story))


def test_very_many_exceptions_are_cut_in_the_text_only() -> None:
    story = waived()
    for _ in range(MAX_FINDINGS + 2):
        story.say("security", "waiver", [story.m], {"standard": "high-dep", "reasons": "again"})
    verdict = verdict_of(story)
    assert len(described(verdict)["exceptions"]) == MAX_FINDINGS + 2
    assert "  ... and 2 more; --json names them all\n" in format_report(verdict)
