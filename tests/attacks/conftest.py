"""What every attack ends with: the ledger is published and judged by the whole verifier."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.forge import cosign_note, public, vkey
from tests.support.story import Story

from plimsoll_verify.audit import audit
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict

Audited = Callable[..., Verdict]


@pytest.fixture
def audited(tmp_path: Path) -> Audited:
    """Publish a story and judge it; `cosigned_ms` has a witness vouch for it at that time."""

    def run(
        story: Story, *, cosigned_ms: int | None = None, now_ms: int | None = None, max_age: str | None = None
    ) -> Verdict:
        note, policy = None, None
        if cosigned_ms is not None:
            witness = story.secret("witness")
            key = vkey("w.example", public(witness), 4)
            line = cosign_note(story.checkpoint_text(), "w.example", witness, cosigned_ms // 1000)
            note = story.checkpoint(cosigned=line)
            policy = f"log {story.log_vkey}\nwitness w {key}\nquorum w\n"
        text = story.publish(tmp_path / "public", note, policy=policy, max_age=max_age)
        source = DirectorySource(tmp_path / "public")
        return audit(source, parse_trust(text.encode()), workers=1, now_ms=now_ms)

    return run


@pytest.fixture
def codes(audited: Audited) -> Callable[..., list[str]]:
    """Publish a story, judge it, and return `code level` of each finding, once each."""

    def run(story: Story, **options: object) -> list[str]:
        verdict = audited(story, **options)
        assert verdict.verdict != "rejected", verdict.error
        return sorted({f"{one.code} {one.level}" for one in verdict.findings})

    return run
