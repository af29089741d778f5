"""How policies are amended: proposed, consulted on, published, announced; and more where they weaken."""

from hashlib import sha256
from typing import Any

import pytest
from tests.support.forge import canonical, time_text
from tests.support.past import Past
from tests.support.story import COMMIT, DAY, Story, brief, one, policy_with

AIM = {"clause": "2", "force": "aim"}
QUORUM = {"all_of": ["ceo", "board"]}
SOURCE = "5e" * 32


def asking(**rules: Any) -> dict[str, Any]:
    """Return a policy that asks something of amendments."""
    return policy_with(amendment={"approved_by": QUORUM, **COMMIT, **rules})


def another(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the next version of a policy, no weaker than it."""
    return {**document, "version": str(int(document["version"]) + 1), **changes}


def in_days(story: Story, days: float) -> str:
    """Return the time in so many days as a policy writes it."""
    return time_text(story.now_ms + round(days * DAY))[:19] + "Z"


def disclose(story: Story, digest: str = "", *, url: bool = True, **more: Any) -> int:
    """Record that something was published."""
    published: dict[str, str] = {"url": "https://lab.example/policy"} if url else {}
    if digest:
        published["sha256"] = digest
    body = {"to": "everybody", "type": "policy", "published": published}
    return story.say("rso", "disclosure", [story.org()], body, **more)


def digest_of(story: Story, entry: int) -> str:
    """Return the digest under which an entry of a policy names its document."""
    return str(story.subjects[entry][0]["digest"]["sha256"])


def amended(story: Story, document: dict[str, Any], **more: Any) -> int:
    """Amend the policy by its quorum; returns the entry of the document."""
    return story.adopt(document, kind="policy-amendment", **more)


def written_by_rso(story: Story) -> int:
    """Record the next version in the role rso."""
    document = another(story.document)
    name = [f"policy:{document['id']}"]
    return story.say("rso", "policy-amendment", name, document, body_bytes=canonical(document))


# -- proposed, consulted


def test_who_does_not_propose_does_not_amend_as_was_promised() -> None:
    story = Story(asking(proposed_by={"all_of": ["ceo", "rso"]}))
    index = amended(story, another(story.document))
    since = story.now_ms
    story.advance(days=1)
    found = one(story.judge().findings, "V20")
    assert (found.level, found.subject, found.policy) == ("violation", "policy:test-policy", "test-policy")
    assert (found.rule, found.clause, found.force) == ("amendment", "1", "commitment")
    assert (found.from_ms, found.from_index, found.ended_by) == (since, index + 2, "open")
    assert found.entries == (story.policy_entry, index, index + 1, index + 2)
    assert "without having been proposed by ceo and rso" in found.message
    # Who proposes it afterwards mends it from then on.
    story.approve(index, "ceo", "rso")
    last = story.size - 1
    story.advance(days=1)
    found = one(story.judge().findings, "V20")
    assert (found.to_ms, found.to_index, found.ended_by) == (since + DAY, last, "cured")
    assert last in found.entries


def test_who_writes_it_proposes_it_and_others_by_signing_it() -> None:
    story = Story(asking(proposed_by={"all_of": ["ceo", "rso"]}))
    index = written_by_rso(story)
    found = story.judge()
    assert [(one.want, one.missing) for one in found.pending] == [
        ("approved_by", ("ceo", "board")), ("proposed_by", ("ceo",)),
    ]  # fmt: skip
    story.approve(index, "ceo", "board")
    found = story.judge()
    assert (found.findings, found.policies[0].policy.version) == ((), "2")


@pytest.mark.parametrize("decision", ["approve", "consulted", "dissent"])
def test_whoever_is_consulted_says_so_before_it_is_approved(decision: str) -> None:
    story = Story(asking(consulted=["rso"]))
    index = story.propose(another(story.document), kind="policy-amendment")
    story.sign_off(index, "rso-1", "rso", decision)
    story.approve(index, "ceo", "board")
    assert story.judge().findings == ()


@pytest.mark.parametrize("decision", ["told", "recuse"])
def test_who_was_told_was_not_consulted(decision: str) -> None:
    story = Story(asking(consulted=["rso"]))
    index = story.propose(another(story.document), kind="policy-amendment")
    story.sign_off(index, "rso-1", "rso", decision)
    story.approve(index, "ceo", "board")
    story.advance(days=1)
    assert "without rso having been consulted" in one(story.judge().findings, "V20").message


def test_who_is_asked_after_the_decision_was_not_consulted_before() -> None:
    story = Story(asking(consulted=["rso"]))
    document = another(story.document, effective_from=in_days(story, 10))
    index = amended(story, document)
    story.sign_off(index, "rso-1", "rso", "consulted")
    story.advance(days=9)
    assert story.judge().findings == ()
    story.advance(days=2)
    found = one(story.judge().findings, "V20")
    # It was mended before it was in force, and is found for the shortest time that there is.
    assert (found.to_ms, found.from_index, found.ended_by) == (found.from_ms + 1, None, "cured")


def test_who_completes_the_approval_had_a_say() -> None:
    story = Story(asking(consulted=["board"]))
    amended(story, another(story.document))
    story.advance(days=1)
    assert story.judge().findings == ()


def test_who_proposes_after_their_term_proposes_nothing() -> None:
    document = asking(proposed_by={"all_of": ["rso", "ceo"]})
    document["roles"] = {**document["roles"], "rso": {"term": "30 days"}}
    for days, codes in ((28, []), (31, ["V20 violation", "V38 finding"])):
        story = Story(document)
        story.advance(days=days)
        story.approve(written_by_rso(story), "ceo", "board")
        story.advance(days=1)
        assert brief(story.judge().findings) == codes


def test_an_author_in_that_role_had_a_say() -> None:
    story = Story(asking(consulted=["rso"]))
    story.approve(written_by_rso(story), "ceo", "board")
    assert story.judge().findings == ()


# -- published


def published(how: str, **changes: Any) -> Story:
    """Amend a policy that is published before effect, somehow."""
    story = Story(asking(published="before effect"))
    index = story.propose(another(story.document, **changes), kind="policy-amendment")
    digest = digest_of(story, index)
    if how != "never":
        digest = {"source": SOURCE, "other": "00" * 32}.get(how, digest)
        disclose(story, "" if how == "no digest" else digest, url=how != "digest only")
    story.approve(index, "ceo", "board")
    story.advance(days=1)
    return story


@pytest.mark.parametrize("how", ["digest", "digest only"])
def test_it_is_published_by_its_digest(how: str) -> None:
    assert published(how).judge().findings == ()


@pytest.mark.parametrize("how", ["never", "no digest", "other", "source"])
def test_what_is_not_published_by_its_digest_is_not_published(how: str) -> None:
    found = one(published(how).judge().findings, "V20")
    assert (found.level, found.ended_by) == ("violation", "open")
    assert "without having been published before" in found.message


def test_it_is_published_by_the_digest_of_its_source() -> None:
    source = {"title": "these tests, again", "sha256": SOURCE}
    assert published("source", source=source).judge().findings == ()


def test_a_source_that_an_earlier_version_had_does_not_publish_another_encoding() -> None:
    source = {"title": "these tests", "sha256": SOURCE}
    story = Story(asking(published="before effect") | {"source": source})
    disclose(story, SOURCE)
    index = amended(story, another(story.document))
    story.advance(days=1)
    assert one(story.judge().findings, "V20").level == "violation"
    last = disclose(story, digest_of(story, index))
    story.advance(days=1)
    found = one(story.judge().findings, "V20")
    assert (found.to_index, found.ended_by) == (last, "cured")


def test_a_publication_counts_from_its_event_if_it_was_recorded_in_time() -> None:
    for late, codes in ((1, []), (3, ["V20 violation", "V28 finding"])):
        story = Story(asking(published="before effect"))
        event = story.now()
        story.advance(hours=1)
        index = amended(story, another(story.document))
        story.advance(days=late)
        disclose(story, digest_of(story, index), event_time=event)
        assert brief(story.judge().findings) == codes


def test_a_withheld_disclosure_may_have_published_it() -> None:
    story = Story(asking(published="before effect"))
    index = story.propose(another(story.document), kind="policy-amendment")
    disclose(story, withheld=True)
    story.approve(index, "ceo", "board")
    story.advance(days=1)
    found = story.judge()
    assert (found.verdict, one(found.findings, "V20").level) == ("indeterminate", "indeterminate")


def test_what_a_withheld_disclosure_came_too_late_for_stays_a_violation() -> None:
    story = Story(asking(published="before effect"))
    index = amended(story, another(story.document))
    start = story.now_ms
    story.advance(days=1)
    disclose(story, withheld=True)
    story.advance(days=1)
    last = disclose(story, digest_of(story, index))
    story.advance(days=1)
    sure, doubtful = (one for one in story.judge().findings if one.code == "V20")
    assert (sure.level, sure.from_ms, sure.to_ms, sure.ended_by, sure.to_index) == (
        "violation", start, start + DAY, "covered", None,
    )  # fmt: skip
    assert (doubtful.level, doubtful.from_ms, doubtful.to_ms) == (
        "indeterminate", start + DAY, start + 2 * DAY,
    )  # fmt: skip
    assert (doubtful.ended_by, doubtful.to_index, doubtful.from_index) == ("cured", last, None)


# -- notice


@pytest.mark.parametrize(("days", "is_found"), [(13, True), (14, False)])
def test_it_is_announced_so_long_before(days: int, is_found: bool) -> None:
    story = Story(asking(notice="14 days"))
    recorded = story.now_ms
    amended(story, another(story.document, effective_from=in_days(story, days)))
    story.advance(days=20)
    found = story.judge().findings
    assert brief(found) == ["V20 violation"] * is_found
    for each in found:
        assert (each.from_ms, each.to_ms) == (recorded + 13 * DAY, recorded + 14 * DAY)
        assert (each.from_index, each.to_index, each.ended_by) == (None, None, "cured")
        assert "before the notice of 14 days was over" in each.message


def test_what_the_next_version_replaces_is_over_with_it() -> None:
    story = Story(asking(notice="14 days"))
    amended(story, another(story.document))
    story.advance(days=2)
    document = another(story.document, version="3", amendment={"approved_by": QUORUM})
    index = amended(story, document)
    again = story.now_ms
    story.advance(days=20)
    first, second = (one for one in story.judge().findings if one.code == "V20")
    assert (first.to_ms, first.to_index, first.ended_by) == (again, index + 2, "amended")
    assert (second.from_ms, second.to_ms) == (again, again + 14 * DAY)


# -- weakening

BAR = {"approved_by": {"all_of": ["ceo", "board", "auditor"]}, "notice": "14 days"}


def weaker(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return another(document, baseline=document["baseline"][:1], **changes)


def test_what_relaxes_takes_more_approval_and_more_notice() -> None:
    story = Story(asking(weakening=BAR))
    index = amended(story, weaker(story.document))
    start = story.now_ms
    story.advance(days=1)
    unapproved, unannounced = sorted(
        (one for one in story.judge().findings if one.code == "V20"), key=lambda one: "notice" in one.message
    )
    assert "although it relaxes what was asked for, without having been approved by" in unapproved.message
    assert "the notice of 14 days" in unannounced.message
    assert (unapproved.level, unannounced.level) == ("violation", "violation")
    last = story.approve(index, "auditor")
    story.advance(days=20)
    found = {one.to_ms: one.to_index for one in story.judge().findings if one.code == "V20"}
    assert found == {start + DAY: last, start + 14 * DAY: None}


def test_what_relaxes_with_all_of_it_is_no_finding() -> None:
    story = Story(asking(weakening=BAR))
    index = story.propose(weaker(story.document, effective_from=in_days(story, 14)), kind="policy-amendment")
    assert [(one.want, one.missing) for one in story.judge().pending] == [
        ("approved_by", ("ceo", "board")),
        ("weakening.approved_by", ("ceo", "board", "auditor")),
    ]
    story.approve(index, "ceo", "board")
    story.advance(days=10)
    story.approve(index, "auditor")
    story.advance(days=10)
    assert story.judge().findings == ()
    assert story.judge().policies[0].policy.version == "2"


def test_what_relaxes_nothing_takes_no_more() -> None:
    story = Story(asking(weakening={"approved_by": BAR["approved_by"]}))
    index = story.propose(
        another(story.document, record_rules={"late_after": "1 day"}), kind="policy-amendment"
    )
    assert [one.want for one in story.judge().pending] == ["approved_by"]
    story.approve(index, "ceo", "board")
    story.advance(days=1)
    assert story.judge().findings == ()


def test_what_nobody_can_compare_may_relax() -> None:
    story = Story(asking(weakening={"approved_by": BAR["approved_by"]}))
    document = another(story.document)
    threshold = document["thresholds"]["cbrn"]
    document["thresholds"] = {
        **document["thresholds"],
        "cbrn": {**threshold, "declared_by": {"all_of": ["rso", "board"]}},
    }
    amended(story, document)
    story.advance(days=1)
    found = one(story.judge().findings, "V20")
    assert (found.level, "although it may relax a rule" in found.message) == ("indeterminate", True)


# -- which version asks


def test_a_version_that_is_not_in_force_yet_opens_no_way_around_the_one_that_is() -> None:
    story = Story(asking(consulted=["rso"], notice="14 days"))
    free = another(story.document, amendment={"approved_by": "ceo"}, effective_from="2999-01-01T00:00:00Z")
    index = story.propose(free, kind="policy-amendment")
    story.sign_off(index, "rso-1", "rso", "consulted")
    story.approve(index, "ceo", "board")
    assert story.judge().findings == ()
    alone = another(free, effective_from="2026-01-01T00:00:00Z", baseline=[])
    amended(story, alone, by=("ceo",))
    story.advance(days=1)
    found = [one for one in story.judge().findings if one.code == "V20"]
    words = ("approved by ceo and board", "notice of 14 days", "rso having been consulted")
    assert len(found) == len(words)
    assert all(any(word in one.message for one in found) for word in words)
    assert {one.entries[0] for one in found} == {story.policy_entry}


def test_what_two_versions_ask_for_is_found_once() -> None:
    story = Story(asking(notice="14 days"))
    amended(story, another(story.document, effective_from=in_days(story, 14)))
    story.advance(days=1)
    amended(story, another(story.document, version="3"))
    story.advance(days=1)
    found = one(story.judge().findings, "V20")
    assert "Version 3" in found.message


def test_what_was_replaced_before_it_was_in_force_is_no_finding() -> None:
    story = Story(asking(consulted=["rso"]))
    document = another(story.document, effective_from=in_days(story, 10))
    amended(story, document)
    story.advance(days=1)
    index = story.propose({**document, "version": "3"}, kind="policy-amendment")
    story.sign_off(index, "rso-1", "rso", "consulted")
    story.approve(index, "ceo", "board")
    story.advance(days=20)
    assert story.judge().findings == ()


def test_what_was_in_force_for_no_time_is_found_nevertheless() -> None:
    story = Story(asking(consulted=["rso"]))
    free = another(story.document, amendment={"approved_by": "ceo"})
    first = amended(story, free)
    amended(story, another(free), by=("ceo",))
    story.advance(days=1)
    found = one(story.judge().findings, "V20")
    assert (found.to_ms, first in found.entries) == (found.from_ms + 1, True)
    assert found.ended_by == "amended"


# -- what was before the ledger


def test_of_what_is_claimed_only_what_can_be_claimed_is_asked_and_in_doubt() -> None:
    rules = {"proposed_by": "ceo", "consulted": ["rso"], "published": "before effect", "notice": "14 days"}
    document = asking(**rules, weakening=BAR)
    for is_published in (False, True):
        story = Past(adopt=False)
        story.claim_policy(document)
        if is_published:
            digest = sha256(canonical(weaker(document))).hexdigest()
            said = {"to": "everybody", "type": "policy", "published": {"sha256": digest}}
            story.claim("disclosure", [], said)
        index = story.claim_policy(weaker(document), "2026-02-01T00:00:00.000Z")
        found = [one for one in story.judge().findings if one.code == "V20"]
        words = ["without having been published before"] * (not is_published) + ["the notice of 14 days"]
        assert {one.level for one in found} == {"indeterminate"}
        assert [(one.entries[-1], word in one.message) for one, word in zip(found, words, strict=True)] == [
            (index, True) for _ in words
        ]


# -- how binding it is, and what else looks at it


def test_an_aim_is_never_a_violation() -> None:
    for withheld in (False, True):
        story = Story(asking(published="before effect", **AIM))
        index = story.propose(another(story.document), kind="policy-amendment")
        if withheld:
            disclose(story, withheld=True)
        story.approve(index, "ceo", "board")
        story.advance(days=1)
        assert one(story.judge().findings, "V20").level == "finding"


def test_without_a_promise_nothing_is_asked() -> None:
    story = Story()
    amended(story, weaker(story.document))
    story.advance(days=1)
    assert story.judge().findings == ()


def test_what_will_be_in_force_without_it_is_due() -> None:
    story = Story(asking(published="before effect"))
    amended(story, another(story.document, effective_from=in_days(story, 10)))
    found = story.judge(due_ms=story.now_ms + 30 * DAY)
    assert found.findings == ()
    assert found.due is not None
    assert "would be put in force without having been published" in one(found.due, "V20").message
