"""Policies in force: adoption, effective dates, amendments as of each instant, several at once."""

from tests.support.story import COMMIT, DAY, WHO, Story, brief, one, policy_with


def policies(story: Story) -> list[tuple[str, str, int]]:
    """Return id, version and index of the policies in force."""
    return [(one.policy.id, one.policy.version, one.completed) for one in story.judge().policies]


def test_an_empty_log_and_one_without_a_policy_are_indeterminate() -> None:
    story = Story(adopt=False, people={})
    found = story.judge()
    assert (found.verdict, brief(found.findings)) == ("indeterminate", ["I05 indeterminate"])
    assert "nothing but its genesis" in found.findings[0].message
    story = Story(adopt=False)
    story.start_deployment()
    found = story.judge()
    assert (found.verdict, brief(found.findings)) == ("indeterminate", ["I05 indeterminate"])
    assert found.subjects[0].pictures == ()


def test_a_policy_is_in_force_with_both_quorums() -> None:
    story = Story(adopt=False)
    policy = story.propose(story.document)
    story.approve(policy, "ceo")
    assert policies(story) == []
    last = story.approve(policy, "board")
    assert policies(story) == [("test-policy", "1", last)]


def test_the_root_quorum_alone_or_adoption_alone_is_not_enough() -> None:
    story = Story(adopt=False)
    policy = story.say("ceo", "policy", ["policy:test-policy"], {}, body_bytes=canonical_of(story))
    story.approve(policy, "board")
    story.sign_off(policy, "root-1", "root")
    assert policies(story) == []  # The author's own sign-off counts for no adoption.
    story = Story(adopt=False)
    policy = story.say("rso", "policy", ["policy:test-policy"], {}, body_bytes=canonical_of(story))
    story.approve(policy, "ceo", "board")
    assert policies(story) == []
    last = story.sign_off(policy, "root-1", "root")
    assert policies(story) == [("test-policy", "1", last)]


def canonical_of(story: Story) -> bytes:
    """Return the story's document as bytes."""
    from tests.support.forge import canonical

    return canonical(story.document)


def test_effective_from_lies_ahead_and_what_was_done_before_it_counts() -> None:
    story = Story(policy_with(effective_from="2026-03-11T00:00:00Z"), adopt=False)
    story.lapse("base.locks")
    story.advance(days=1)
    story.adopt(story.document)
    story.start_deployment()
    story.advance(days=2)
    story.attest("base.locks", "document")
    assert brief(story.judge().findings) == ["I05 indeterminate"]
    story.advance(days=10)
    found = story.judge()
    assert (found.verdict, found.findings) == ("compliant", ())


def test_a_need_opens_with_the_policy_and_by_its_entry() -> None:
    story = Story(adopt=False)
    story.start_deployment()
    story.advance(days=1)
    policy = story.adopt(story.document)
    story.advance(days=1)
    finding = one(story.judge().findings, "V01")
    assert (finding.from_ms, finding.from_index) == (story.now_ms - DAY, policy + 2)
    later = Story(policy_with(effective_from="2026-03-11T00:00:00Z"), adopt=False)
    later.start_deployment()
    later.adopt(later.document)
    later.advance(days=20)
    assert one(later.judge().findings, "V01").from_index is None


def test_an_amendment_needs_the_quorum_of_what_it_replaces() -> None:
    story = Story()
    weak = {**policy_with(amendment={"approved_by": "rso"}), "version": "2"}
    amendment = story.propose(weak, kind="policy-amendment")
    story.approve(amendment, "rso")
    assert [version for _, version, _ in policies(story)] == ["1"]
    story.approve(amendment, "ceo", "board")
    assert [version for _, version, _ in policies(story)] == ["2"]
    third = story.propose({**weak, "version": "3"}, kind="policy-amendment")
    story.approve(third, "rso")
    assert [version for _, version, _ in policies(story)] == ["3"]


def test_a_second_policy_of_the_same_id_replaces_nothing() -> None:
    story = Story()
    story.adopt(
        {**policy_with(baseline=[]), "version": "2", "adoption": {"signed_off_by": "rso"}}, by=("rso",)
    )
    assert [version for _, version, _ in policies(story)] == ["1"]


def test_each_instant_is_judged_by_the_version_in_force_then() -> None:
    story = Story()
    story.clear()
    story.deploy()
    story.advance(days=1)
    story.lapse("base.locks")
    lapsed = story.now_ms
    story.advance(days=1)
    amended = policy_with(version="2", baseline=[], thresholds={})
    amendment = story.adopt(amended, kind="policy-amendment")
    story.advance(days=1)
    found = story.judge().findings
    assert {(one.code, one.from_ms, one.to_ms, one.ended_by, one.to_index) for one in found} == {
        ("V01", lapsed, lapsed + DAY, "amended", amendment + 2),
        ("V04", lapsed, lapsed + DAY, "amended", amendment + 2),
        ("V19", lapsed + DAY, None, "open", None),
    }


def test_a_rule_that_every_version_has_is_broken_once() -> None:
    story = Story()
    story.checkpoint_of_training()
    story.lapse("base.locks")
    story.advance(days=1)
    story.adopt({**policy_with(), "version": "2"}, kind="policy-amendment")
    story.advance(days=1)
    finding = one([one for one in story.judge().findings if one.code == "V04"], "V04")
    assert (finding.from_ms, finding.ended_by) == (story.now_ms - 2 * DAY, "open")


def test_acts_are_judged_by_the_version_that_is_in_force_when_they_are_complete() -> None:
    story = Story()
    crossing = story.determine("next", "crossed", "rso")
    amended = policy_with(version="2", thresholds__next__declared_by={"all_of": ["rso", "board"]})
    story.adopt(amended, kind="policy-amendment")
    story.approve(crossing, "ceo")
    assert crossing in {one.index for one in story.judge().pending}
    story.approve(crossing, "board")
    assert crossing not in {one.index for one in story.judge().pending}


def test_an_amendment_that_takes_effect_later_is_passed_over_by_one_that_is_in_force() -> None:
    story = Story()
    story.adopt(
        {**policy_with(), "version": "2", "effective_from": "2026-05-01T00:00:00Z"}, kind="policy-amendment"
    )
    story.adopt({**policy_with(), "version": "3"}, kind="policy-amendment")
    story.advance(days=1)
    assert [version for _, version, _ in policies(story)] == ["3"]
    story.advance(days=100)
    assert [version for _, version, _ in policies(story)] == ["3"]


def test_two_policies_are_judged_each_for_itself() -> None:
    story = Story()
    law = policy_with(
        id="law",
        thresholds={},
        gates=[],
        baseline=[{**COMMIT, "needs": ["top"], "while": ["deploying it externally"]}],
    )
    story.clear()
    story.deploy()
    story.advance(days=1)
    story.adopt(law)
    story.advance(days=1)
    found = story.judge()
    assert one(found.findings, "V01").policy == "law"
    assert sorted(policy for policy, _ in found.subjects[0].pictures) == ["law", "test-policy"]


def test_a_document_under_another_id_is_inadmissible() -> None:
    story = Story(adopt=False)
    other = story.say("root", "policy", ["policy:other"], {}, body_bytes=canonical_of(story))
    finding = one(story.judge().findings, "V36")
    assert (finding.entries, "a document of policy test-policy" in finding.message) == ((other,), True)


def test_a_policy_that_is_not_understood_or_withheld_makes_everything_indeterminate() -> None:
    for more in ({}, {"withheld": True}):
        story = Story()
        document = policy_with(version="2") if more else {**policy_with(version="2"), "surprise": "x"}
        index = story.propose(document, kind="policy-amendment", **more)
        found = story.judge()
        finding = one(found.findings, "I04")
        assert (finding.from_ms, finding.entries, found.verdict) == (story.now_ms, (index,), "indeterminate")


def test_a_policy_by_somebody_who_may_not_is_not_read() -> None:
    story = Story()
    story.say(
        "root", "policy-amendment", ["policy:test-policy"], {}, who="eva", body_bytes=canonical_of(story)
    )
    assert brief(story.judge().findings) == ["V36 violation"]
    assert WHO["root"] == "root-1"


def test_another_policy_can_be_tried_and_the_verdict_says_so() -> None:
    story = Story()
    story.clear()
    story.deploy()
    strict = policy_with(id="strict", baseline=[{**COMMIT, "needs": ["top"], "while": ["storing it"]}])
    found = story.judge(policy=strict)
    finding = one(found.findings, "V04")
    assert (found.is_counterfactual, finding.policy, finding.because[0].code) == (True, "strict", "V10")
    assert [one.policy.id for one in found.policies] == ["strict"]
