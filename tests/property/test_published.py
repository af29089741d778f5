"""What is published as the policy against the definition at every instant, and its laws."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.reference import published as reference
from tests.reference.published import History, Step
from tests.support.forge import canonical, sha, time_text
from tests.support.story import COMMIT, policy_with
from tests.support.told import Told, counted, examples

DAY = 86_400_000
LAST, LATE_AFTER = 16, 2
END = LAST * DAY
GRID = sorted({at * DAY + off for at in range(LAST + 1) for off in (0, 1) if at * DAY + off <= END})
Found = set[tuple[int, str, int]]
AMENDED = {"approved_by": "ceo", **COMMIT, "published": "before effect"}


def source(version: int) -> str:
    """Return the digest of a version's source."""
    return sha(f"source {version}".encode()).hex()


def document(version: int, *, has_source: bool, **changes: Any) -> dict[str, Any]:
    """Return a version's document."""
    named = {"title": f"Version {version}", **({"sha256": source(version)} if has_source else {})}
    return policy_with(amendment=AMENDED, source=named, **changes)


def told(history: History) -> Told:
    """Tell a history as a ledger."""
    documents = {0: document(0, has_source=True)}
    story = Told(documents[0])
    story.index_of[0] = story.policy_entry
    for step in history:
        if step.what == "amend":
            story.said(step.time)
            since = time_text(story.began_ms + step.event)
            documents[step.name] = document(step.name, has_source=step.has_source, effective_from=since)
            amended = story.adopt(documents[step.name], kind="policy-amendment", by=("ceo",))
            story.index_of[step.name] = amended
            continue
        if step.found < 0:
            digest = sha(b"something else").hex()
        elif step.is_source:
            digest = source(step.found)
        else:
            digest = sha(canonical(documents[step.found])).hex()
        more: dict[str, Any] = story.said(step.time, step.event)
        more |= {"who": "sec"} if step.is_false else {}
        body = {"of": story.ref(story.policy_entry), "type": "copy", "published": {"sha256": digest}}
        story.say(step.role, "external-review", [story.org()], body, **more)
    return story


def judged(history: History) -> Found:
    """Return what the verifier finds at which instants of the grid."""
    story = told(history)
    entries = zip(_indexes(story, history), history, strict=True)
    roles = {index: step.role for index, step in entries if step.what == "look"}
    found: Found = set()
    for finding in story.judged(END).findings:
        if finding.code == "V21":
            assert finding.level == "violation"
            (version,) = [name for name, index in story.index_of.items() if index in finding.entries]
            (role,) = {roles[index] for index in finding.entries if index in roles}
            found |= {(version, role, at) for at in GRID if story.covers(finding, at)}
    return found


def _indexes(story: Told, history: History) -> list[int]:
    """Return the entry of each step; a version takes two."""
    found, index = [], story.first
    for step in history:
        found.append(index)
        index += 2 if step.what == "amend" else 1
    return found


def defined(history: History) -> Found:
    return {(*one, at) for at in GRID for one in reference.broken(history, LATE_AFTER * DAY, at)}


def day(days: int) -> int:
    return min(days, LAST) * DAY


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Generate versions of a policy, and what people found to be published."""
    days, few = st.integers(0, 12), st.sampled_from([0, 0, 0, 1, 2, 3, 5])
    steps: list[Step] = []
    for name, at in enumerate(sorted(draw(st.lists(days, max_size=2))), 1):
        since = at + draw(st.sampled_from([0, 0, 2, 6]))
        steps.append(Step("amend", day(since), day(at), name, has_source=draw(st.integers(0, 4)) > 0))
    count = len(steps)
    for _ in range(draw(st.integers(1, 5))):
        at = draw(days)
        time = day(at + draw(few))
        # Nobody finds a document that was not written yet.
        there = [-1, 0, *(one.name for one in steps[:count] if one.time < time)]
        steps.append(
            Step(
                "look",
                day(at),
                time,
                found=draw(st.sampled_from(there)),
                is_source=draw(st.booleans()),
                role=draw(st.sampled_from(["auditor", "auditor", "auditor", "rso"])),
                is_false=draw(st.integers(0, 5)) == 0,
            )
        )
    return sorted(dict.fromkeys(steps), key=lambda step: (step.time, step.what))


@settings(max_examples=examples(150))
@given(histories())
def test_what_is_published_agrees_with_the_definition_at_every_instant(history: History) -> None:
    assert judged(history) == defined(history)


def test_the_generated_histories_hold_what_they_are_about() -> None:
    """Other documents are found, and right ones again, under each version."""
    seen: Counter[str] = Counter()

    @counted(200)
    @given(histories())
    def count(history: History) -> None:
        found = defined(history)
        for version in (0, 1, 2):
            seen[f"version {version}"] += any(one[0] == version for one in found)
        seen["over"] += bool(found) and max(one[2] for one in found) < END
        seen["nothing"] += not found
        for step in history:
            if step.what == "look":
                about = reference.in_force(history, reference.made(step))
                seen["later"] += step.found > about and reference.is_right(history, step)

    count()
    wanted = ["version 0", "version 1", "version 2", "over", "nothing", "later"]
    assert all(seen[word] >= 5 for word in wanted), dict(seen)


@settings(max_examples=examples(100))
@given(histories(), st.integers(0, LAST), st.sampled_from(["auditor", "rso"]))
def test_that_something_else_was_found_improves_nothing(history: History, at: int, role: str) -> None:
    look = Step("look", day(at), END, found=-1, role=role)
    assert judged(history) <= judged([*history, look])


def _looks(history: History, *, are_right: bool) -> list[int]:
    return [
        at
        for at, step in enumerate(history)
        if step.what == "look" and reference.is_right(history, step) is are_right
    ]


@settings(max_examples=examples(100))
@given(histories(), st.data())
def test_recording_late_that_it_stood_there_never_helps(history: History, data: st.DataObject) -> None:
    right = _looks(history, are_right=True)
    if not right:
        return
    at = data.draw(st.sampled_from(right))
    time = min(history[at].time + day(data.draw(st.integers(1, 8))), END)
    delayed = [*history[:at], replace(history[at], time=time), *history[at + 1 :]]
    delayed.sort(key=lambda step: (step.time, step.what))
    assert judged(history) <= judged(delayed)


@settings(max_examples=examples(100))
@given(histories(), st.data())
def test_withholding_what_was_found_never_helps(history: History, data: st.DataObject) -> None:
    """Neither what stood there rightly nor what did not: a doubt is no pass."""
    looks = [at for at, step in enumerate(history) if step.what == "look" and not step.is_false]
    if not looks:
        return
    at = data.draw(st.sampled_from(looks))
    story = told(history)
    whole = {one.code for one in story.judged(END).findings if one.level == "violation"}
    story.bodies[_indexes(story, history)[at]] = b""
    part = story.judged(END)
    assert part.verdict in ("violations", "indeterminate")
    if at in _looks(history, are_right=True):
        assert whole <= {one.code for one in part.findings if one.level == "violation"}


def test_the_laws_are_about_something() -> None:
    """Looks that were right cure what was found before, so that their delay and loss could matter."""
    seen: Counter[str] = Counter()

    @counted(200)
    @given(histories())
    def count(history: History) -> None:
        seen["right"] += bool(_looks(history, are_right=True))
        seen["wrong"] += bool(_looks(history, are_right=False))
        for at in _looks(history, are_right=True):
            without = [*history[:at], *history[at + 1 :]]
            seen["cures"] += defined(without) > defined(history)

    count()
    assert [word for word in ("right", "wrong", "cures") if seen[word] < 5] == []
