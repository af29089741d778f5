"""Duties in stories: each trigger, deed and deadline, what follows, and how it is told."""

from typing import Any

import pytest
from tests.support.obliged import Obliged, policy_of
from tests.support.story import COMMIT, DAY, HOUR, brief, one, policy_with

from plimsoll_verify.findings import Finding

NOTICE = {
    "when": {"event": "incident", "class": "critical"}, "from": "aware", "do": {"notice": "incident"},
    "to": "office", "within": "15 days",
}  # fmt: skip
ASSESS = {
    "when": {"every": "6 months", "since": {"assessment": "comprehensive"}},
    "do": {"assessment": "comprehensive"}, "by": "evaluator", "within": "1 month",
}  # fmt: skip


def told(duty: dict[str, Any], **settings: Any) -> Obliged:
    """Begin a story under a policy with one duty."""
    return Obliged(policy_of(it=duty, **settings))


def found(story: Obliged) -> list[tuple[str, str, int, int | None, str]]:
    """Return code, level, from, to and end of each finding, in order of time."""
    findings = sorted(story.judge().findings, key=lambda item: item.from_ms)
    return [(item.code, item.level, item.from_ms, item.to_ms, item.ended_by) for item in findings]


# -- events


def test_v25_an_incident_is_told_in_time_or_late() -> None:
    story = told(NOTICE)
    story.advance(days=1)
    incident = story.incident(hours_ago=24)
    due = story.now_ms - DAY + 15 * DAY
    story.advance(days=13)
    assert found(story) == []
    story.advance(days=7)
    finding = one(story.judge().findings, "V25")
    assert (finding.from_ms, finding.to_ms, finding.level) == (due, None, "violation")
    assert (finding.rule, finding.clause, finding.force) == ("duties.it", "1", "commitment")
    assert finding.subject == story.org()
    assert finding.entries == (story.policy_entry, incident)
    assert finding.message == (
        f"The notice incident to office that clause 1 asks for, since incident of class critical in entry"
        f" {incident}, aware at 2026-03-01T00:00:00.000Z, was not done by 2026-03-16T00:00:00.000Z."
    )
    told_at = story.now_ms
    notice = story.disclose("incident", of=incident)
    assert found(story) == [("V25", "violation", due, told_at, "cured")]
    assert one(story.judge().findings, "V25").to_index == notice


def test_a_notice_that_was_given_in_time_and_recorded_in_time_counts_from_when_it_was_given() -> None:
    story = told(NOTICE)
    incident = story.incident()
    story.advance(days=14)
    given = story.now()
    story.advance(days=2)
    story.disclose("incident", of=incident, event_time=given)
    assert found(story) == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda s, i: s.disclose("incident", "board", of=i),
        lambda s, i: s.disclose("other", of=i),
        lambda s, _: s.disclose("incident"),
        lambda s, i: s.report("high-sec", [i]),
        lambda s, i: s.review("incident", of=i),
    ],
)
def test_another_deed_is_not_what_was_asked_for(wrong: Any) -> None:
    story = told(NOTICE)
    incident = story.incident()
    wrong(story, incident)
    story.advance(days=16)
    assert brief(story.judge().findings) == ["V25 violation"]


def test_other_classes_and_other_events_set_no_clock() -> None:
    story = told(NOTICE)
    story.incident("small")
    story.noncompliance("critical")
    story.advance(days=30)
    assert brief(story.judge().findings) == ["V40 finding"]


@pytest.mark.parametrize(("clock", "days"), [("occurred", 14), ("aware", 15), ("determined", 16)])
def test_clocks_run_from_the_time_that_is_named(clock: str, days: int) -> None:
    story = told({**NOTICE, "from": clock})
    start = story.now_ms
    story.incident(hours_ago=24 if clock == "determined" else 0)
    story.advance(days=40)
    expected = {14: start - DAY, 15: start, 16: start}[days] + 15 * DAY
    # What happened before the policy was in force set no clock.
    assert [item[2] for item in found(story)] == ([] if clock == "occurred" else [expected])


def test_an_incident_about_a_model_is_a_finding_about_it() -> None:
    story = told({**NOTICE, "when": {"any_of": [NOTICE["when"], {"event": "noncompliance"}]}})
    story.incident(about=story.m)
    story.advance(days=16)
    finding = one(story.judge().findings, "V25")
    assert finding.subject == story.m
    assert "about m" in finding.message


def again(story: Obliged) -> int:
    """Amend the policy into what it was."""
    return story.adopt({**story.document, "version": "2"}, kind="policy-amendment")


EVENTS: list[tuple[dict[str, Any], Any]] = [
    ({"event": "noncompliance", "class": "material"}, lambda s: s.noncompliance("material")),
    ({"event": "assessment", "class": "comprehensive"}, lambda s: s.assess()),
    ({"event": "determination", "class": "crossed"}, lambda s: s.determine("next", "crossed")),
    ({"event": "determination", "class": "ruled_out"}, lambda s: s.determine("next", "ruled_out")),
    ({"event": "report", "class": "safeguards"}, lambda s: s.report("high-sec", [s.base])),
    ({"event": "disclosure", "class": "x"}, lambda s: s.disclose("x")),
    ({"event": "external-review"}, lambda s: s.review("x")),
    ({"event": "safeguard-lapsed"}, lambda s: s.lapse("base.locks")),
    ({"event": "safeguard-attested"}, lambda s: s.filters()),
    ({"event": "eval-result"}, lambda s: s.result(10)),
    ({"event": "model-registered"}, lambda s: s.register("m2")),
    ({"event": "pause"}, lambda s: s.pause("train")),
    ({"event": "training-checkpoint"}, lambda s: s.checkpoint_of_training()),
    ({"event": "inventory"}, lambda s: s.inventory(role="rso")),
    ({"event": "policy-amendment"}, again),
]  # fmt: skip


@pytest.mark.parametrize(("event", "say"), EVENTS)
def test_v24_records_of_every_kind_make_something_due(event: dict[str, Any], say: Any) -> None:
    story = told({"when": event, "do": {"notice": "office"}, "within": "2 days"})
    entry = say(story)
    start = story.now_ms
    story.advance(days=3)

    def late() -> list[tuple[int, str]]:
        findings = [item for item in story.judge().findings if item.code == "V24"]
        return [(item.from_ms, item.ended_by) for item in findings if entry in item.entries]

    assert late() == [(start + 2 * DAY, "open")]
    story.disclose("whatever", of=entry)
    assert late() == [(start + 2 * DAY, "cured")]


def test_a_policy_that_is_adopted_makes_something_due() -> None:
    story = told({"when": {"event": "policy"}, "do": {"publication": "policy"}, "within": "2 days"})
    story.advance(days=1)
    story.publish_text("policy", of=story.policy_entry)
    story.advance(days=5)
    assert found(story) == []


def test_a_determination_that_people_have_not_made_sets_no_clock() -> None:
    story = told({"when": {"event": "determination"}, "do": {"notice": "office"}, "within": "2 days"})
    story.determine("next", "crossed", "rso")
    story.advance(days=9)
    assert found(story) == []


def test_v08_an_assessment_asks_for_a_determination() -> None:
    when = {"event": "assessment", "class": "comprehensive"}
    story = told({"when": when, "do": {"determination": "next"}, "within": "1 month", "force": "aim"})
    story.determine("next", "ruled_out")
    story.advance(days=1)
    story.assess()
    story.advance(days=40)
    assert brief(story.judge().findings) == ["V08 finding"]
    story.determine("next", "crossed")
    assert one(story.judge().findings, "V08").ended_by == "cured"


def test_what_an_event_asks_for_before_a_start() -> None:
    duty = {
        "when": {"event": "eval-result"}, "do": {"determination": "next"}, "before": "deploying it",
        "at_least": "2 days",
    }  # fmt: skip
    story = told(duty)
    before = story.start_deployment()
    story.result(10)
    story.advance(days=1)
    story.end(before)
    assert found(story) == []
    story.determine("next", "ruled_out")
    story.advance(days=1)
    started = story.now_ms
    story.start_deployment()
    story.advance(days=5)
    assert found(story) == [("V08", "violation", started, started + DAY, "cured")]


def test_what_an_event_of_the_organisation_asks_for_before_any_start() -> None:
    duty = {"when": {"event": "noncompliance"}, "do": {"notice": "office"}, "before": "deploying it"}
    story = told(duty)
    skipped = story.noncompliance()
    started = story.now_ms
    story.start_deployment()
    story.advance(days=5)
    assert ("V24", "violation", started, None, "open") in found(story)
    assert one(story.judge().findings, "V24").subject == story.m
    story.disclose("it", of=skipped)
    assert one(story.judge().findings, "V24").ended_by == "cured"


# -- what follows


def test_what_follows_an_incident_until_the_last_word() -> None:
    story = told(
        {
            **NOTICE,
            "then": [
                {**COMMIT, "do": {"notice": "news"}, "every": "4 weeks", "until": {"notice": "final"}},
                {**COMMIT, "do": {"external_review": "of it"}, "by": "auditor", "within": "60 days"},
            ],
        }
    )
    incident = story.incident()
    story.advance(days=10)
    first = story.disclose("incident", of=incident)
    parent = story.now_ms
    story.advance(days=30)
    news = story.disclose("news", of=first)
    told_ms = story.now_ms
    story.advance(days=40)
    again_ms = story.now_ms
    story.disclose("final", of=news)
    story.advance(days=100)
    assert [item for item in found(story) if item[3] is not None] == [
        ("V25", "violation", parent + 28 * DAY, told_ms, "cured"),
        ("V25", "violation", told_ms + 28 * DAY, again_ms, "cured"),
    ]
    review = [item for item in story.judge().findings if item.rule == "duties.it.then.1"]
    assert [(item.from_ms, item.ended_by) for item in review] == [(parent + 60 * DAY, "open")]
    story.review("of it", of=news)
    assert "open" not in {item.ended_by for item in story.judge().findings}


def test_what_nobody_can_count_is_a_doubt_from_the_first_instant() -> None:
    story = told({**NOTICE, "within": "unquantified", "words": "promptly", "then": [
        {**COMMIT, "do": {"notice": "news"}, "within": "1 day"},
    ]})  # fmt: skip
    start = story.now_ms
    incident = story.incident()
    story.advance(hours=3)
    assert found(story) == [("V25", "indeterminate", start, None, "open")]
    story.disclose("incident", of=incident)
    assert found(story) == [("V25", "indeterminate", start, start + 3 * HOUR, "cured")]
    # From when it was done at the latest what follows can be counted, and not before.
    story.advance(days=3)
    assert found(story)[1:] == [
        ("V25", "indeterminate", start + DAY, start + DAY + 3 * HOUR, "covered"),
        ("V25", "violation", start + DAY + 3 * HOUR, None, "open"),
    ]


def test_a_zone_that_nobody_knows_is_a_doubt() -> None:
    calendars = {"there": {"zone": "Middle/Earth", "holidays": []}}
    story = told({**NOTICE, "within": "2 business days"}, calendars=calendars)
    start = story.now_ms
    story.incident()
    story.advance(days=9)
    assert found(story) == [("V25", "indeterminate", start, None, "open")]


def test_business_days_and_the_regulation() -> None:
    calendars = {"eu": {"zone": "Europe/Brussels", "holidays": ["2026-03-03"]}}
    # The story begins on Sunday, 1 March.
    for counting, due in (
        ("elapsed", "2026-03-04T00:00:00.000Z"),
        ("eu-1182-71", "2026-03-04T23:00:00.000Z"),
    ):
        story = told({**NOTICE, "within": "2 business days"}, calendars=calendars, counting=counting)
        story.incident()
        story.advance(days=9)
        assert due in one(story.judge().findings, "V25").message


# -- again and again


def test_v07_an_assessment_comes_round_again() -> None:
    story = told(ASSESS)
    story.advance(days=300)
    assert found(story) == [], "a model that nobody trains, keeps or deploys is not assessed"
    began = story.now_ms
    start = story.start_deployment()
    story.advance(days=100)
    story.assess()
    assessed = story.now_ms
    story.advance(days=300)
    finding = one(story.judge().findings, "V07")
    assert finding.from_ms > assessed + 210 * DAY
    assert began < finding.from_ms < assessed + 216 * DAY
    assert finding.subject == story.m
    assert "the last is of" in finding.message
    story.assess(role="rso")
    assert one(story.judge().findings, "V07").ended_by == "open", "it is the evaluator's to assess"
    again = story.assess()
    assert one(story.judge().findings, "V07").to_index == again
    story.end(start)


def test_an_assessment_that_was_completed_just_now_ages_from_its_event() -> None:
    story = told({**ASSESS, "within": "0 days"})
    story.start_deployment()
    story.assess(body={"completed": story.now(-1000)})
    story.advance(days=100)
    assert found(story) == []


def test_an_assessment_ages_from_when_it_was_completed() -> None:
    story = told({**ASSESS, "within": "0 days"})
    story.start_deployment()
    story.advance(days=100)
    completed = story.now()
    story.advance(days=50)
    story.assess(body={"completed": completed})
    story.advance(days=150)
    assert brief(story.judge().findings) == ["V07 violation"]


def test_a_duty_of_the_organisation_is_one_interval_however_often_it_was_due() -> None:
    story = told({"when": {"every": "1 hour"}, "do": {"publication": "state"}, "within": "0 days"})
    start = story.now_ms
    story.advance(days=3650)
    assert found(story) == [("V24", "violation", start + HOUR, None, "open")]
    assert "there has been none" in one(story.judge().findings, "V24").message


def test_what_is_due_so_long_after_another_deed() -> None:
    when = {"every": "1 month", "since": {"external_review": "x"}}
    then = [{**COMMIT, "do": {"notice": "office"}, "within": "1 day"}]
    story = told({"when": when, "do": {"publication": "answer"}, "within": "0 days", "then": then})
    story.publish_text("answer", event_time="2026-02-28T12:00:00.000Z")
    story.advance(days=20)
    story.review("x")
    reviewed = story.now_ms
    story.advance(days=40)
    finding = one(story.judge().findings, "V24")
    assert finding.from_ms == reviewed + 31 * DAY
    answer = story.publish_text("answer")
    answered = story.now_ms
    story.advance(days=5)
    assert found(story)[1:] == [("V24", "violation", answered + DAY, None, "open")]
    story.disclose("copy", of=answer)
    assert "open" not in {item.ended_by for item in story.judge().findings}


def test_a_fresh_assessment_before_each_start() -> None:
    story = told(
        {
            "when": {"every": "6 months"},
            "do": {"assessment": "comprehensive"},
            "before": "deploying it externally",
        }
    )
    story.start_deployment("internal.limited")
    story.advance(days=300)
    assert found(story) == []
    started = story.now_ms
    story.start_deployment()
    story.advance(days=1)
    story.assess()
    assert found(story) == [("V07", "violation", started, started + DAY, "cured")]


def test_a_publication_has_to_stand_somewhere() -> None:
    story = told({"when": {"every": "1 week"}, "do": {"publication": "state"}, "within": "0 days"})
    story.advance(days=6)
    story.disclose("state", body={"published": {}})
    story.advance(days=3)
    assert len(found(story)) == 1
    story.disclose("state", body={"published": {"sha256": "0" * 64}})
    assert one(story.judge().findings, "V24").ended_by == "cured"


def test_a_disclosure_that_somebody_else_signed_tells_nobody_anything() -> None:
    story = told({"when": {"every": "1 week"}, "do": {"publication": "state"}, "within": "0 days"})
    said = {"published": {"sha256": "0" * 64}}
    story.advance(days=6)
    story.disclose("state", body=said, key=story.person("mallory").key)
    story.advance(days=3)
    assert {finding.code for finding in story.judge().findings} == {"V24", "V36"}
    story.disclose("state", body=said)
    assert one(story.judge().findings, "V24").ended_by == "cured"


def test_reports_are_acts_and_may_be_disclosures() -> None:
    story = told({"when": {"every": "1 week"}, "do": {"report": "risk"}, "within": "0 days", "by": "rso"})
    story.advance(days=6)
    story.say("security", "report", [story.org()], {"type": "risk", "cites": []})
    story.advance(days=2)
    assert brief(story.judge().findings) == ["V24 violation"]
    report = story.say("security", "report", [story.org()], {"type": "risk", "cites": []})
    story.approve(report, "rso")
    story.advance(days=6)
    story.disclose("risk")
    story.advance(days=6)
    assert [item[4] for item in found(story)] == ["cured"]


# -- activities


def test_v24_before_and_at_least_so_long_before_a_start() -> None:
    on = "deploying it externally"
    duty = {"when": {"activity": on}, "do": {"report": "model"}, "before": on, "at_least": "2 weeks"}
    story = told(duty)
    story.advance(days=1)
    said = story.say("rso", "report", [story.m], {"type": "model", "cites": []})
    story.advance(days=10)
    started = story.now_ms
    start = story.start_deployment()
    story.advance(days=10)
    finding = one(story.judge().findings, "V24")
    assert (finding.from_ms, finding.to_ms) == (started, started + 4 * DAY)
    assert start in finding.entries
    assert "2 weeks or more before deploying it externally" in finding.message
    assert said in finding.entries


def test_the_gate_asks_for_what_is_due_before_a_start() -> None:
    on = "deploying it externally"
    story = told({"when": {"activity": on}, "do": {"publication": "card"}, "before": on})
    assert brief(story.ask()) == ["V24 violation"]
    story.publish_text("card", about=story.m)
    assert story.ask() == ()


def test_within_so_long_after_a_start() -> None:
    then = [
        {**COMMIT, "do": {"assessment": "again"}, "every": "1 month"},
        {**COMMIT, "do": {"notice": "office"}, "within": "1 week"},
    ]
    duty = {
        "when": {"activity": "deploying it"}, "do": {"publication": "launch"}, "within": "1 week",
        "then": then,
    }  # fmt: skip
    story = told(duty)
    start = story.start_deployment()
    begun = story.now_ms
    story.change(start, "external.trusted")
    story.advance(days=9)
    assert found(story) == [("V24", "violation", begun + 7 * DAY, None, "open")]
    story.publish_text("launch", about=story.m)
    story.disclose("x", about=story.m)
    story.advance(days=40)
    story.end(start)
    ended = story.now_ms
    story.advance(days=40)
    # The month runs from the deadline, since that was earlier, and while it is deployed.
    assert found(story) == [
        ("V24", "violation", begun + 7 * DAY, begun + 9 * DAY, "cured"),
        ("V24", "violation", begun + 38 * DAY, ended, "cured"),
    ]


def test_what_began_before_the_duty_is_asked_nothing() -> None:
    policy = policy_of(
        it={"when": {"activity": "deploying it"}, "do": {"publication": "launch"}, "within": "1 week"}
    )
    story = Obliged(policy, adopt=False)
    story.start_deployment()
    story.advance(days=1)
    story.policy_entry = story.adopt(policy)
    story.advance(days=30)
    assert found(story) == []
    again = story.start_deployment(surface="web")
    begun = story.now_ms
    story.advance(days=8)
    assert found(story) == [("V24", "violation", begun + 7 * DAY, None, "open")]
    assert again in one(story.judge().findings, "V24").entries


# -- compute


def grown() -> Obliged:
    duty = {
        "when": {"compute": "4", "since": "the last assessment"}, "do": {"assessment": "comprehensive"},
        "within": "1 month",
    }  # fmt: skip
    return told(duty)


def test_a_model_of_four_times_the_compute_is_assessed() -> None:
    story = grown()
    story.register_with("1e25", "small")
    story.assess(about=story.model("small"))
    story.advance(days=1)
    story.register_with("3.9e25")
    story.start_deployment()
    story.advance(days=100)
    assert found(story) == []
    story.register_with("4e25")
    grew = story.now_ms
    story.advance(days=100)
    finding = one(story.judge().findings, "V07")
    assert (finding.level, finding.from_ms) == ("violation", grew + 30 * DAY)
    story.assess()
    assert one(story.judge().findings, "V07").ended_by == "cured"
    story.register_with("5e25")
    story.advance(days=100)
    assert len(found(story)) == 1


@pytest.mark.parametrize(
    "prepare",
    [
        lambda s: s.register_with("1e26"),
        lambda s: s.assess(about=s.model("small")),
        lambda s: (s.register_with("much", "small"), s.assess(about=s.model("small"))),
        lambda s: (s.register_with("1e25", "small"), s.assess(about=s.model("small"))),
        lambda s: (
            s.register_with("1e25", "small"), s.assess(about=s.model("small")),
            s.assess(about=s.model("other")), s.register_with("1e26"),
        ),
    ],
)  # fmt: skip
def test_where_a_figure_is_missing_nobody_can_tell(prepare: Any) -> None:
    story = grown()
    prepare(story)
    story.start_deployment()
    story.advance(days=40)
    findings = [item for item in story.judge().findings if item.subject == story.m]
    assert brief(findings) == ["V07 indeterminate"]


def test_who_was_assessed_has_not_outgrown_it() -> None:
    story = grown()
    story.start_deployment()
    story.assess()
    story.advance(days=400)
    assert found(story) == []


def test_compute_before_a_start_and_any_assessment() -> None:
    duty = {
        "when": {"compute": "1", "since": "the last assessment"}, "do": {"publication": "card"},
        "before": "deploying it externally",
    }  # fmt: skip
    story = told(duty)
    story.register_with("1e25")
    story.assess("quick")
    story.start_deployment("internal.limited")
    story.advance(days=10)
    assert found(story) == []
    story.start_deployment()
    assert brief(story.judge().findings) == ["V24 violation"]


# -- what is carried over


def test_what_is_carried_over_for_each_threshold_will_do() -> None:
    story = told({**ASSESS, "unless": "carried over"})
    story.start_deployment()
    story.advance(days=220)
    assert [item[4] for item in found(story)] == ["open"]
    first = story.carry(threshold="cbrn")
    assert [item[4] for item in found(story)] == ["open"]
    story.approve(first, "ceo")
    for said in (story.carry(), story.carry(reasons=" ")):
        assert [item[4] for item in found(story)] == ["open"], said
    story.approve(said - 1, "ceo")
    assert [item[4] for item in found(story)] == ["cured"]


def test_what_is_carried_over_and_withheld_is_a_doubt() -> None:
    story = told({**ASSESS, "unless": "carried over"})
    story.start_deployment()
    story.approve(story.carry(withheld=True), "ceo")
    story.advance(days=220)
    assert "V07 indeterminate" in brief(story.judge().findings)


def test_where_there_is_no_threshold_nothing_is_carried_over() -> None:
    document = policy_of(it={**ASSESS, "unless": "carried over"})
    document["thresholds"] = {}
    story = Obliged(document)
    story.start_deployment()
    story.carry()
    story.advance(days=220)
    assert brief(story.judge().findings) == ["V07 violation"]


# -- versions


def amended(story: Obliged, **duty: Any) -> None:
    """Amend the policy's only duty; with no members it is gone."""
    document = policy_of(it={**NOTICE, **duty}) if duty else policy_of()
    story.adopt({**document, "version": "2"}, kind="policy-amendment")


def test_an_amendment_gives_nobody_more_time() -> None:
    story = told(NOTICE)
    story.incident()
    start = story.now_ms
    story.advance(days=10)
    amended(story, within="90 days")
    story.advance(days=40)
    assert found(story) == [("V25", "violation", start + 15 * DAY, None, "open")]


def test_a_shorter_time_binds_from_its_version_on() -> None:
    story = told(NOTICE)
    story.incident()
    story.advance(days=10)
    amended(story, within="5 days")
    changed = story.now_ms
    story.advance(days=1)
    assert found(story) == [("V25", "violation", changed, None, "open")]


def test_a_duty_that_is_gone_is_owed_no_more() -> None:
    story = told(NOTICE)
    story.incident()
    story.advance(days=20)
    amended(story)
    story.advance(days=20)
    assert [item[4] for item in found(story) if item[0] != "V19"] == ["amended"]


def test_an_event_that_set_no_clock_then_sets_none_later() -> None:
    story = told({**NOTICE, "when": {"event": "incident", "class": "cyber"}})
    story.incident()
    story.advance(days=1)
    amended(story, within="5 days")
    story.advance(days=20)
    assert found(story) == []


def test_what_ended_before_the_genesis_is_not_judged() -> None:
    story = Obliged(policy_of())
    story.start_deployment()
    story.advance(days=10)
    other = policy_of(it={"when": {"every": "1 month"}, "do": {"publication": "x"}, "within": "0 days"})
    other["effective_from"] = "2020-01-01T00:00:00Z"
    assert story.judge(policy=other).findings == ()


def test_what_was_done_under_a_later_version_is_nothing_to_an_earlier_one() -> None:
    story = told({"when": {"every": "1 month"}, "do": {"publication": "x"}, "within": "0 days"})
    start = story.now_ms
    story.advance(days=40)
    again = policy_of(it={"when": {"every": "2 months"}, "do": {"publication": "x"}, "within": "0 days"})
    story.adopt({**again, "version": "2"}, kind="policy-amendment")
    story.advance(days=5)
    story.publish_text("x")
    story.advance(days=50)
    assert [item[2:] for item in found(story)] == [(start + 31 * DAY, start + 45 * DAY, "cured")]


def test_another_policy_was_not_adopted_here() -> None:
    other = policy_of(it={"when": {"event": "policy"}, "do": {"notice": "x"}, "within": "1 day"})
    story = Obliged(policy_of())
    story.advance(days=9)
    assert story.judge(policy=other).findings == ()


# -- what is not known


def test_a_lead_that_nobody_can_count_is_a_doubt() -> None:
    calendars = {"there": {"zone": "Middle/Earth", "holidays": []}}
    on = "deploying it externally"
    duty = {"when": {"activity": on}, "do": {"publication": "card"}, "before": on}
    story = told({**duty, "at_least": "2 business days"}, calendars=calendars)
    story.publish_text("card", about=story.m)
    story.advance(days=9)
    story.start_deployment()
    assert brief(story.judge().findings) == ["V24 indeterminate"]


def level_of(story: Obliged) -> list[str]:
    """Return the levels of what was not done."""
    return [item.level for item in story.judge().findings if item.code.startswith("V")]


@pytest.mark.parametrize(
    ("say", "level"),
    [
        (lambda s, i: s.disclose("incident", of=i, withheld=True), "indeterminate"),
        (lambda s, i: s.disclose("incident", of=i, about=s.m, withheld=True), "indeterminate"),
        (lambda s, i: s.report("high-sec", [i], withheld=True), "violation"),
        (lambda s, i: s.review("x", of=i), "violation"),
    ],
)
def test_a_body_that_is_withheld_could_have_been_the_deed(say: Any, level: str) -> None:
    story = told(NOTICE)
    incident = story.incident()
    story.advance(days=16)
    say(story, incident)
    story.advance(days=1)
    levels = level_of(story)
    assert levels.count("violation") == 1
    assert ("indeterminate" in levels) == (level == "indeterminate")


def test_what_was_withheld_before_an_incident_does_not_name_it() -> None:
    story = told(NOTICE)
    story.disclose("incident", withheld=True)
    story.incident()
    story.advance(days=16)
    assert level_of(story) == ["violation"]


def test_a_withheld_assessment_and_determination_could_have_been_the_ones() -> None:
    cases: list[tuple[dict[str, Any], Any]] = [
        (ASSESS, lambda s: s.assess(withheld=True)),
        (
            {"when": {"event": "eval-result"}, "do": {"determination": "next"}, "within": "1 week"},
            lambda s: s.determine("next", "ruled_out", withheld=True),
        ),
    ]
    for duty, say in cases:
        story = told(duty)
        story.start_deployment()
        story.result(10)
        story.advance(days=1)
        say(story)
        story.advance(days=213.5)
        assert set(level_of(story)) <= {"indeterminate"}, duty


def test_v40_a_noncompliance_is_a_finding() -> None:
    story = Obliged(policy_of())
    story.noncompliance("material", body={"occurred": "2026-02-01T00:00:00.000Z"})
    story.noncompliance(withheld=True)
    judged = story.judge()
    finding = one(judged.findings, "V40")
    assert (finding.level, finding.subject, finding.from_index) == (
        "finding",
        story.org(),
        finding.entries[0],
    )
    assert "class material" in finding.message
    assert judged.verdict == "indeterminate"


def test_incidents_void_approvals_that_had_not_seen_them() -> None:
    story = Obliged(policy_with())
    permit = story.permit()
    seen = story.checkpoint()
    story.incident(about=story.m)
    story.sign_off(permit, "rso-1", "rso", seen=seen)
    story.sign_off(permit, "ceo-1", "ceo", seen=seen)
    story.start_deployment()
    assert brief(story.judge().findings) == ["V14 violation"]


def test_findings_are_told_apart_by_duty_and_event() -> None:
    story = told(NOTICE)
    story.incident()
    story.incident()
    story.advance(days=20)
    findings: tuple[Finding, ...] = story.judge().findings
    assert brief(findings) == ["V25 violation"] * 2


# -- what is due


def test_what_time_alone_will_bring() -> None:
    story = told(NOTICE)
    story.secure()
    incident = story.incident()
    start = story.now_ms
    judged = story.judge(due_ms=start + 14 * DAY)
    assert judged.due == ()
    judged = story.judge(due_ms=start + 90 * DAY)
    assert judged.findings == ()
    (due,) = judged.due or ()
    assert (due.code, due.from_ms) == ("V25", start + 15 * DAY)
    assert f"in entry {incident}" in due.message
    assert "is to be done by" in due.message
    assert story.judge().due is None


def test_what_runs_out_is_due_as_well() -> None:
    story = Obliged(policy_with(gates=[]))
    story.clear()
    story.start_deployment()
    due = story.judge(due_ms=story.now_ms + 400 * DAY).due
    assert due is not None
    assert {item.code for item in due} >= {"V01"}
    assert all(item.from_ms > story.now_ms for item in due)


def test_what_comes_round_again_is_foretold() -> None:
    story = told({"when": {"every": "1 month"}, "do": {"publication": "x"}, "within": "0 days"})
    (due,) = story.judge(due_ms=story.now_ms + 90 * DAY).due or ()
    assert "there will have been no publication x" in due.message


# -- what waits for whom


def test_what_a_duty_asks_for_waits_for_those_who_have_to_do_it() -> None:
    then = [{**COMMIT, "do": {"report": "risk"}, "by": "board", "within": "1 month"}]
    story = told({**NOTICE, "by": {"all_of": ["rso", "ceo"]}, "then": then})
    incident = story.incident()
    notice = story.disclose("incident", of=incident)
    story.disclose("other", of=incident)
    story.assess()
    report = story.say("rso", "report", [story.org()], {"type": "risk", "cites": [story.ref(incident)]})
    waiting = {item.index: item for item in story.judge().pending}
    assert {index: (item.want, item.missing) for index, item in waiting.items()} == {
        notice: ("by", ("ceo",)),
        report: ("by", ("board",)),
    }
    story.approve(notice, "ceo")
    story.approve(report, "board")
    assert story.judge().pending == ()


def test_a_smaller_model_that_is_assessed_later_lowers_nothing() -> None:
    story = grown()
    for label, flop in (("big", "1e25"), ("small", "1e20")):
        story.register_with(flop, label)
        story.assess(about=story.model(label))
    story.register_with("3e25")
    story.start_deployment()
    story.advance(days=100)
    assert found(story) == []
