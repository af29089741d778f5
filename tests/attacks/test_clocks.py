"""The company plays with clocks and time stamps, against auditors who trust a time-stamping authority.

Each test tells an honest story up to its deed, and requires what the deed comes to.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.attacks.telling import beat, live, ready
from tests.support.forge import b64
from tests.support.story import DAY, HOUR, Story
from tests.support.tsa import Authority

from plimsoll_verify.audit import audit
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict

Stamped = Callable[..., Verdict]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


def stamp(story: Story, authority: Authority, size: int | None = None, at_ms: int | None = None) -> None:
    """Have the checkpoint of a size stamped, now or at another time, and keep both."""
    size = story.size if size is None else size
    story.retained[size] = story.checkpoint(size)
    at_ms = story.now_ms if at_ms is None else at_ms
    story.anchors[size, "tsa"] = authority.token(story.checkpoint_text(size), at_ms / 1000)


@pytest.fixture
def audited(authority: Authority, tmp_path: Path) -> Stamped:
    """Publish a story and judge it as somebody who trusts the authority."""

    def run(story: Story, *, now_ms: int | None = None, max_age: str | None = None) -> Verdict:
        text = story.publish(tmp_path / "public", max_age=max_age, tsa_roots=authority.roots)
        return audit(
            DirectorySource(tmp_path / "public"), parse_trust(text.encode()), workers=1, now_ms=now_ms
        )

    return run


def codes(verdict: Verdict) -> list[str]:
    return [f"{one.code} {one.level}" for one in verdict.findings]


def test_an_honest_story_with_time_stamps_is_compliant(audited: Stamped, authority: Authority) -> None:
    story = live()
    stamp(story, authority)
    story.advance(hours=1)
    beat(story)
    stamp(story, authority)
    verdict = audited(story)
    assert (verdict.verdict, verdict.log.time_basis) == ("compliant", "tsa")


def test_what_was_done_early_is_dated_forward(audited: Stamped, authority: Authority) -> None:
    """A release before its approval is to look as if it had come after; the authority had seen it before."""
    story = ready()
    real_ms = story.now_ms
    story.advance(days=3)
    index = beat(story)
    stamp(story, authority, at_ms=real_ms + HOUR)
    verdict = audited(story)
    assert codes(verdict) == ["V28 violation"]
    assert verdict.findings[0].entries == (index,)


def test_the_logs_clock_runs_ahead_for_a_while(audited: Stamped, authority: Authority) -> None:
    story = live()
    stamp(story, authority)
    real_ms = story.now_ms + HOUR
    story.advance(days=30)
    first = beat(story)
    second = beat(story)
    stamp(story, authority, at_ms=real_ms)
    (finding,) = audited(story).findings
    assert (finding.code, finding.entries) == ("V28", (first, second))


def test_a_token_over_another_checkpoint_of_the_log(audited: Stamped, authority: Authority) -> None:
    """An early token is put under a later size, to date what came since."""
    story = live()
    stamp(story, authority)
    early = story.anchors[story.size, "tsa"]
    story.advance(days=30)
    beat(story)
    story.retain()
    story.anchors[story.size, "tsa"] = early
    verdict = audited(story)
    assert verdict.error is not None
    assert (verdict.verdict, verdict.error.check) == ("rejected", "anchors")


def test_a_spoilt_token_only_loses_what_it_proved(audited: Stamped, authority: Authority) -> None:
    story = ready()
    real_ms = story.now_ms
    story.advance(days=3)
    beat(story)
    stamp(story, authority, at_ms=real_ms)
    token = bytearray(story.anchors[story.size, "tsa"])
    token[-5] ^= 1
    story.anchors[story.size, "tsa"] = bytes(token)
    verdict = audited(story)
    assert codes(verdict) == []
    assert verdict.log.anchors.ignored == [(f"anchors/{story.size}/tsa.tsr", "its signature does not verify")]
    assert verdict.log.time_basis == "log-claim"


def test_an_authority_of_the_companys_own(audited: Stamped, authority: Authority, tmp_path: Path) -> None:
    """It stamps whatever it is told; nobody trusts it, so that it proves nothing for the company."""
    story = live()
    stamp(story, Authority(tmp_path / "own", "own"), at_ms=story.now_ms)
    verdict = audited(story)
    assert (verdict.log.time_basis, verdict.log.anchors.ignored_count) == ("log-claim", 1)
    assert authority.roots


def test_an_old_checkpoint_is_stamped_today(audited: Stamped, authority: Authority) -> None:
    """What came since is hidden; the token makes the old state look like today's."""
    story = live()
    now_ms = story.now_ms + 90 * DAY
    stamp(story, authority, at_ms=now_ms)
    verdict = audited(story, now_ms=now_ms, max_age="7 days")
    assert "I06 indeterminate" in codes(verdict)
    assert verdict.verdict != "compliant"


def test_a_token_instead_of_a_signature(audited: Stamped, authority: Authority) -> None:
    """A statement is stamped, and not signed: a time is no author."""
    story = live()
    token = authority.token(b"a statement", story.now_ms / 1000)
    index = story.say("rso", "heartbeat", [story.org()], {}, sig=token)
    (finding,) = audited(story).findings
    assert (finding.code, finding.entries) == ("V36", (index,))


def test_a_token_of_the_right_length_instead_of_a_signature(audited: Stamped, authority: Authority) -> None:
    story = live()
    token = authority.token(b"a statement", story.now_ms / 1000)
    index = story.say("rso", "heartbeat", [story.org()], {}, sig=token[-64:])
    (finding,) = audited(story).findings
    assert (finding.code, finding.entries) == ("V36", (index,))


def test_a_token_in_place_of_the_logs_signature(audited: Stamped, authority: Authority) -> None:
    """It is no signature: it bounds no time where the tree is the log's, and vouches for no other."""
    story = live()
    plain = audited(story)

    def stamped(text: str) -> str:
        return f"{text}\n\u2014 tsa.example {b64(authority.token(text, story.now_ms / 1000))}\n"

    story.retained[story.size] = stamped(story.checkpoint_text())
    verdict = audited(story)
    assert (verdict.error, verdict.log, codes(verdict)) == (None, plain.log, codes(plain))
    story.retained[story.size] = stamped(story.checkpoint_text(root=bytes(32)))
    verdict = audited(story)
    assert verdict.error is not None
    assert verdict.error.check == "retained"
