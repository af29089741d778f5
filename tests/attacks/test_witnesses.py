"""A company that has witnesses to get past, and witnesses that are not what they seem.

The witnesses are ours, with real states; the auditor's trust file asks for two of three, or more elaborate.
"""

from base64 import b64decode
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.attacks.telling import beat, live
from tests.support.forge import b64, cosign_note, public, sha, vkey
from tests.support.story import Story
from tests.unit.ledger.kit import MemoryTree, ToldClock

from plimsoll_keys.files import generate_signer
from plimsoll_keys.vkey import parse_vkey
from plimsoll_ledger.cosignature import cosigner_vkey
from plimsoll_ledger.tree import prove_consistency
from plimsoll_ledger.witness.core import Witness
from plimsoll_ledger.witness.errors import Inconsistent, SizeConflict
from plimsoll_ledger.witness.request import format_request
from plimsoll_ledger.witness.state import State
from plimsoll_verify.audit import audit
from plimsoll_verify.errors import UsageError
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict

NAMES = ("bafo", "audit", "uni")
TWO_OF_THREE = f"group g 2 {' '.join(NAMES)}\nquorum g\n"
NESTED = "group outside any audit uni\ngroup all-sides all bafo outside\nquorum all-sides\n"


def bytes_of(story: Story, name: str, _size: int) -> bytes:
    return bytes(story.secret(name))


class Quay:
    """A story's log, three witnesses that follow it, and the auditor at the end."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story, self.folder, self.clock = story, folder, ToldClock()
        self.witnesses: dict[str, Witness] = {}
        for name in NAMES:
            signer = generate_signer(f"{name}.example/w", partial(bytes_of, story, name))
            state = State.create(folder / f"{name}.sqlite3", cosigner_vkey(signer))
            state.follow([parse_vkey(story.log_vkey)])
            self.witnesses[name] = Witness(state, signer, self.clock)

    def cosign(self, *names: str, story: Story | None = None) -> str:
        """Have witnesses cosign a story's newest checkpoint, honestly asked; return their lines."""
        story = story or self.story
        self.clock.ms = story.now_ms
        tree = MemoryTree(story.entries)
        lines = ""
        for name in names:
            held = self.witnesses[name].state.held(story.origin).size
            proof = prove_consistency(tree, held, story.size)
            request = format_request(held, proof, story.checkpoint().encode())
            lines += self.witnesses[name].add_checkpoint(request).decode()
        return lines

    def policy(self, quorum: str = TWO_OF_THREE) -> str:
        lines = "".join(f"witness {name} {found.vkey}\n" for name, found in self.witnesses.items())
        return f"log {self.story.log_vkey}\n{lines}{quorum}"

    def judged(
        self, lines: str, quorum: str = TWO_OF_THREE, *, story: Story | None = None,
        max_age: str | None = None, now_ms: int | None = None,
    ) -> Verdict:  # fmt: skip
        """Publish a story with these cosignatures and judge it under the policy."""
        story = story or self.story
        note = story.checkpoint() + lines
        trust = story.publish(self.folder / "public", note, policy=self.policy(quorum), max_age=max_age)
        source = DirectorySource(self.folder / "public")
        return audit(source, parse_trust(trust.encode()), workers=1, now_ms=now_ms)

    def rejected(self, lines: str, quorum: str = TWO_OF_THREE, *, story: Story | None = None) -> str:
        """Return the check that rejects what is published."""
        verdict = self.judged(lines, quorum, story=story)
        assert verdict.verdict == "rejected"
        assert verdict.error is not None
        return verdict.error.check


@pytest.fixture
def quay(tmp_path: Path) -> Iterator[Quay]:
    found = Quay(live(), tmp_path)
    yield found
    for witness in found.witnesses.values():
        witness.state.close()


def test_an_honest_log_with_its_quorum(quay: Quay) -> None:
    verdict = quay.judged(quay.cosign("bafo", "uni"))
    assert (verdict.verdict, verdict.log.time_basis) == ("compliant", "witness")
    assert verdict.log.witnesses == ("bafo", "uni")
    beat(quay.story)
    lines = quay.cosign(*NAMES)
    assert quay.judged(lines).log.witnesses == ("audit", "bafo", "uni")
    assert quay.judged(lines, NESTED).verdict == "compliant"


@pytest.mark.parametrize(
    ("names", "enough"),
    [
        (("bafo",), False), (("uni",), False), (("audit", "uni"), False), (("bafo", "uni"), True),
        (("bafo", "audit"), True), (NAMES, True), ((), False),
    ],
)  # fmt: skip
def test_nested_groups(quay: Quay, names: tuple[str, ...], enough: bool) -> None:
    lines = quay.cosign(*names)
    if enough:
        assert quay.judged(lines, NESTED).log.witnesses == tuple(sorted(names))
    else:
        assert quay.rejected(lines, NESTED) == "quorum"


def test_cosignatures_are_stripped(quay: Quay) -> None:
    quay.cosign(*NAMES)
    assert quay.rejected("") == "quorum"


def test_one_witness_is_shown_twice(quay: Quay) -> None:
    line = quay.cosign("bafo")
    assert quay.rejected(line + line) == "quorum"
    quay.story.advance(seconds=5)
    quay.clock.ms += 5000
    again = quay.cosign("bafo")
    assert again != line
    assert quay.rejected(line + again) == "quorum"


def test_the_company_brings_witnesses_of_its_own(quay: Quay) -> None:
    story = quay.story
    own = "".join(
        cosign_note(story.checkpoint_text(), f"{name}.example/w", story.secret("own"), story.now_ms // 1000)
        for name in NAMES
    )
    assert quay.rejected(own) == "quorum"
    assert quay.rejected(own + quay.cosign("bafo")) == "quorum"


def test_the_log_key_poses_as_a_witness(quay: Quay) -> None:
    """A key serves one role: a trust file in which one has two cannot be used at all."""
    own = vkey("bafo.example/w", public(quay.story.log_key), 4)
    for quorum in (
        f"witness self {own}\nquorum self\n",
        f"witness twin {quay.witnesses['bafo'].vkey}\nquorum twin\n",
    ):
        with pytest.raises(UsageError, match="one role"):
            quay.judged("", quorum)


def test_cosignatures_of_an_older_checkpoint_are_put_under_a_newer(quay: Quay) -> None:
    old = quay.cosign(*NAMES)
    beat(quay.story)
    assert quay.rejected(old) == "checkpoint"
    # One good line beside does not help: a known key that signed something else spoils the note.
    assert quay.rejected(quay.cosign("bafo", "audit") + old) == "checkpoint"


def test_a_stated_time_is_not_the_signed_one(quay: Quay) -> None:
    lines = []
    for line in quay.cosign("bafo", "uni").splitlines():
        dash, name, value = line.split(" ")
        data = b64decode(value)
        later = int.from_bytes(data[4:12], "big") + 3600
        lines.append(f"{dash} {name} {b64(data[:4] + later.to_bytes(8, 'big') + data[12:])}\n")
    assert quay.rejected("".join(lines)) == "checkpoint"


def test_an_old_checkpoint_is_served_as_the_newest(quay: Quay) -> None:
    """Truncation: it verifies, and it is old. `max_age` tells, by the witnesses' clocks."""
    lines = quay.cosign("bafo", "uni")
    soon, late = quay.story.now_ms + 86_400_000, quay.story.now_ms + 8 * 86_400_000
    assert quay.judged(lines, max_age="7 days", now_ms=soon).verdict == "compliant"
    verdict = quay.judged(lines, max_age="7 days", now_ms=late)
    assert verdict.verdict == "indeterminate"
    assert "I06" in {finding.code for finding in verdict.findings}


def test_entries_are_added_with_times_after_their_cosignatures(quay: Quay) -> None:
    """A witness saw the entries at a time that the log says was before they were taken."""
    quay.story.advance(hours=3)
    beat(quay.story)
    seen_ms = quay.story.now_ms - 2 * 3_600_000
    text = quay.story.checkpoint_text()
    lines = "".join(
        cosign_note(text, f"{name}.example/w", quay.story.secret(name), seen_ms // 1000) for name in NAMES
    )
    assert "V28" in {finding.code for finding in quay.judged(lines).findings}


def test_a_fork_is_shown_to_the_witnesses(tmp_path: Path) -> None:
    """Two histories with one beginning: the witnesses that hold the one sign nothing of the other."""
    story, other = live(), live()
    assert story.checkpoint() == other.checkpoint()
    quay = Quay(story, tmp_path)
    quay.cosign(*NAMES)
    beat(story)
    story.advance(seconds=1)
    lines = quay.cosign(*NAMES)
    other.advance(seconds=40)
    beat(other)
    for name in NAMES:
        with pytest.raises(Inconsistent):
            quay.cosign(name, story=other)
    beat(other)
    for name in NAMES:
        with pytest.raises(Inconsistent):
            quay.cosign(name, story=other)
    assert {len(found.state.forks()) for found in quay.witnesses.values()} == {1}
    # The auditor who is shown the other history gets it without a quorum, or with lines of the first.
    assert quay.rejected("", story=other) == "quorum"
    assert quay.rejected(lines, story=other) == "checkpoint"
    assert quay.judged(lines, story=story).verdict == "compliant"


def test_a_witness_is_sent_back(quay: Quay) -> None:
    first = quay.story.checkpoint().encode()
    size = quay.story.size
    quay.cosign(*NAMES)
    beat(quay.story)
    quay.cosign(*NAMES)
    for old in (0, size):
        with pytest.raises(SizeConflict) as caught:
            quay.witnesses["bafo"].add_checkpoint(format_request(old, (), first))
        assert caught.value.size == size + 1


def test_cosignatures_for_another_log_say_nothing_here(quay: Quay, tmp_path: Path) -> None:
    """The same tree under another name: the origin is signed, too."""
    text = quay.story.checkpoint_text(origin="other.example/log")
    lines = "".join(
        cosign_note(text, f"{name}.example/w", quay.story.secret(name), quay.story.now_ms // 1000)
        for name in NAMES
    )
    assert quay.rejected(lines) == "checkpoint"
    assert sha(text.encode()) != sha(quay.story.checkpoint_text().encode())
    assert not (tmp_path / "nothing").exists()
