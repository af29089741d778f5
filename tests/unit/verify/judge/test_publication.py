"""What is published as the policy, and is not what was recorded."""

from hashlib import sha256
from typing import Any

import pytest
from tests.support.forge import canonical
from tests.support.past import Past
from tests.support.story import COMMIT, DAY, Story, brief, one, policy_with

QUORUM = {"all_of": ["ceo", "board"]}
SOURCE, OTHER, NEXT = "5e" * 32, "0f" * 32, "7a" * 32


def published(digest: str = SOURCE, **more: Any) -> dict[str, Any]:
    """Return a policy whose source has a digest, and that is published before effect."""
    document = policy_with(amendment={"approved_by": QUORUM, **COMMIT, "published": "before effect"}, **more)
    return {**document, "source": {"title": "these tests", "sha256": digest}}


def look(story: Story, digest: str, *, of: int | None = None, role: str = "auditor", **more: Any) -> int:
    """Record what somebody found published as the policy."""
    body = {
        "type": "publication",
        "of": story.ref(story.policy_entry if of is None else of),
        "published": {"url": "https://lab.example/policy", "sha256": digest},
    }
    return story.say(role, "external-review", [story.org()], body, **more)


def amended(story: Story, document: dict[str, Any], digest: str) -> int:
    """Publish the next version, and put it in force."""
    index = story.propose(document, kind="policy-amendment")
    body = {"to": "everybody", "type": "policy", "published": {"sha256": digest}}
    story.say("rso", "disclosure", [story.org()], body)
    story.approve(index, "ceo", "board")
    return index


def test_another_document_than_the_source_is_a_silent_change() -> None:
    story = Story(published())
    story.advance(days=1)
    index = look(story, OTHER)
    since = story.now_ms
    story.advance(days=1)
    found = one(story.judge().findings, "V21")
    assert (found.level, found.subject, found.rule, found.clause) == (
        "violation", "policy:test-policy", "amendment", "1",
    )  # fmt: skip
    assert (found.from_ms, found.from_index, found.ended_by) == (since, index, "open")
    assert (found.entries, found.force) == ((story.policy_entry, index), "commitment")
    assert f"by entry {index}, found another document" in found.message


@pytest.mark.parametrize("what", ["the source", "the recorded document"])
def test_what_was_recorded_may_stand_there(what: str) -> None:
    story = Story(published())
    look(story, SOURCE if what == "the source" else sha256(canonical(story.document)).hexdigest())
    story.advance(days=1)
    assert story.judge().findings == ()


def test_nothing_follows_from_what_cannot_be_compared() -> None:
    story = Story()
    look(story, OTHER)  # This source has no digest.
    story.advance(days=1)
    assert story.judge().findings == ()
    story = Story(published())
    look(story, OTHER, of=story.base)  # And this is no policy.
    said = {"type": "publication", "of": story.ref(story.policy_entry), "published": {"url": "u"}}
    story.say("auditor", "external-review", [story.org()], said)
    said = {"type": "yearly", "of": story.ref(story.policy_entry)}
    story.say("auditor", "external-review", [story.org()], said)
    story.advance(days=1)
    assert story.judge().findings == ()


def test_who_looks_again_and_finds_the_right_one_ends_it() -> None:
    story = Story(published())
    first = look(story, OTHER)
    since = story.now_ms
    story.advance(days=1)
    look(story, SOURCE, role="rso")  # Which somebody in another role says.
    story.advance(hours=12)
    look(story, OTHER)
    story.advance(hours=12)
    right = look(story, SOURCE)
    found = one(story.judge().findings, "V21")
    assert (found.from_ms, found.to_ms, found.to_index, found.ended_by) == (
        since, since + 2 * DAY, right, "cured",
    )  # fmt: skip
    story.advance(days=1)
    assert found.entries == (story.policy_entry, first, first + 2, right)
    assert found.from_index == first
    again = look(story, OTHER)
    story.advance(days=1)
    both = [one for one in story.judge().findings if one.code == "V21"]
    assert [one.ended_by for one in both] == ["cured", "open"]
    assert [one.entries for one in both] == [found.entries, (story.policy_entry, again)]


def test_a_look_counts_from_when_it_was_made_unless_it_helps_and_is_late() -> None:
    story = Story(published())
    at = story.now()
    story.advance(days=5)
    look(story, OTHER, event_time=at)
    found = one(story.judge().findings, "V21")
    assert found.from_ms == story.now_ms - 5 * DAY
    story.advance(days=1)
    seen = story.now()
    story.advance(days=5)
    look(story, SOURCE, event_time=seen)
    story.advance(days=1)
    assert one(story.judge().findings, "V21").to_ms == story.now_ms - DAY


def test_the_next_version_may_stand_there_before_it_is_in_force() -> None:
    story = Story(published())
    story.advance(days=1)
    document = published(NEXT, version="2", effective_from="2026-03-20T00:00:00Z")
    amended(story, document, NEXT)
    look(story, NEXT)
    story.advance(days=30)
    assert story.judge().findings == ()


def test_a_proposal_that_nobody_has_approved_does_not_stand_there() -> None:
    story = Story(published())
    index = story.propose(published(NEXT, version="2"), kind="policy-amendment")
    look(story, NEXT)
    story.advance(days=1)
    assert brief(story.judge().findings) == ["V21 violation"]
    assert index in {one.index for one in story.judge().pending}


def test_the_old_version_does_not_stand_there_any_more() -> None:
    story = Story(published())
    story.advance(days=1)
    index = amended(story, published(NEXT, version="2"), NEXT)
    look(story, SOURCE)
    story.advance(days=1)
    assert one(story.judge().findings, "V21").entries[0] == index


def test_another_version_in_force_ends_it() -> None:
    story = Story(published())
    look(story, OTHER)
    story.advance(days=1)
    index = amended(story, published(OTHER, version="2"), OTHER)
    story.advance(days=1)
    found = one(story.judge().findings, "V21")
    assert (found.to_ms, found.to_index, found.ended_by) == (story.now_ms - DAY, index + 3, "amended")


def test_without_a_promise_to_publish_it_is_a_finding() -> None:
    document = {**policy_with(), "source": {"title": "these tests", "sha256": SOURCE}}
    story = Story(document)
    look(story, OTHER)
    story.advance(days=1)
    found = one(story.judge().findings, "V21")
    assert (found.level, found.rule, found.clause, found.force) == ("finding", "SPEC 9.31", "", "")
    for rules in ({"notice": "1 day"}, {"published": "before effect", "force": "aim"}):
        story = Story({**document, "amendment": {"approved_by": QUORUM, **COMMIT, **rules}})
        look(story, OTHER)
        story.advance(days=1)
        assert one(story.judge().findings, "V21").level == "finding"


def test_a_withheld_review_may_say_that_it_was_mended() -> None:
    story = Story(published())
    look(story, OTHER)
    since = story.now_ms
    story.advance(days=1)
    look(story, SOURCE, withheld=True)
    story.advance(days=1)
    sure, doubtful = (one for one in story.judge().findings if one.code == "V21")
    assert (sure.level, sure.to_ms, sure.to_index, sure.ended_by) == (
        "violation", since + DAY, None, "covered",
    )  # fmt: skip
    assert (doubtful.level, doubtful.from_ms, doubtful.from_index, doubtful.ended_by) == (
        "indeterminate", since + DAY, None, "open",
    )  # fmt: skip


def test_after_a_doubt_another_look_makes_it_sure_again() -> None:
    """It was wrong; a withheld review may say that it was mended; then it was wrong."""
    story = Story(published())
    first = look(story, OTHER)
    story.advance(days=1)
    withheld, doubted = look(story, SOURCE), story.now_ms
    story.bodies[withheld] = b""
    story.advance(days=1)
    second, again = look(story, OTHER), story.now_ms
    story.advance(days=1)
    known, open_, doubt = (finding for finding in story.judge().findings if finding.code == "V21")
    assert (known.level, known.to_ms, known.ended_by) == ("violation", doubted, "covered")
    assert (doubt.level, doubt.from_ms, doubt.to_ms) == ("indeterminate", doubted, again)
    assert (doubt.ended_by, doubt.to_index) == ("covered", None)
    assert (open_.level, open_.from_ms, open_.ended_by) == ("violation", again, "open")
    assert first in known.entries
    assert second in open_.entries


def test_what_is_claimed_to_have_stood_there_is_in_doubt() -> None:
    story = Past(adopt=False)
    story.policy_entry = story.claim_policy(published())
    said = {"type": "publication", "of": story.ref(story.policy_entry), "published": {"sha256": OTHER}}
    story.claim("external-review", [], said)
    story.advance(days=1)
    assert one(story.judge().findings, "V21").level == "indeterminate"


def test_a_look_before_there_was_a_policy_says_nothing() -> None:
    story = Story(published(effective_from="2026-03-11T00:00:00Z"))
    look(story, OTHER)
    story.advance(days=20)
    assert story.judge().findings == ()


def test_a_policy_that_is_handed_in_stands_nowhere() -> None:
    story = Story(published())
    look(story, OTHER)
    story.advance(days=1)
    assert "V21" not in {one.code for one in story.judge(policy=published(version="2")).findings}
    other = published(id="another")
    assert "V21" not in {one.code for one in story.judge(policy=other).findings}


def test_what_begins_after_the_end_is_not_told() -> None:
    story = Story(published())
    story.advance(days=2)
    look(story, OTHER)
    assert story.judge(end_ms=story.now_ms - DAY).findings == ()
