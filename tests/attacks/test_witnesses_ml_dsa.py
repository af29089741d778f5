"""Witnesses with ML-DSA-44 beside Ed25519, and who would like the weaker key, or one witness twice, to do.

The adversary here may hold every witness's Ed25519 key, as somebody with a quantum computer will.
"""

import sys
from base64 import b64decode
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from tests.attacks.telling import beat, live
from tests.attacks.test_witnesses import NAMES, Quay, bytes_of
from tests.support.forge import b64, cosign_note, vkey
from tests.support.mldsa import ml_cosign, ml_line, ml_message, ml_seed, ml_sign
from tests.support.story import Story

from plimsoll_keys.files import generate_signer
from plimsoll_keys.mldsa import generate_ml_dsa_signer
from plimsoll_keys.vkey import parse_vkey
from plimsoll_ledger.cosignature import cosigner_vkey
from plimsoll_ledger.witness.core import Witness
from plimsoll_ledger.witness.errors import Inconsistent
from plimsoll_ledger.witness.state import State
from plimsoll_verify.errors import UsageError

STRONG = f"group g 2 {' '.join(f'{name}-pq' for name in NAMES)}\nquorum g\n"
"""Two of three, by ML-DSA-44."""

EITHER = (
    "".join(f"group any-{name} any {name} {name}-pq\n" for name in NAMES)
    + f"group g 2 {' '.join(f'any-{name}' for name in NAMES)}\nquorum g\n"
)
"""Two of three, each by either of its keys."""


def seed(name: str) -> bytes:
    return ml_seed(f"pier/{name}")


class Pier(Quay):
    """A story's log and three witnesses, each with a key of both kinds."""

    def __init__(self, story: Story, folder: Path) -> None:
        super().__init__(story, folder)
        for name, found in self.witnesses.items():
            found.state.close()
            ed25519 = generate_signer(f"{name}.example/w", partial(bytes_of, story, name))
            ml_dsa = generate_ml_dsa_signer(f"{name}.example/w", partial(self._seed, name))
            state = State.create(
                folder / f"{name}-both.sqlite3", cosigner_vkey(ed25519), cosigner_vkey(ml_dsa)
            )
            state.follow([parse_vkey(story.log_vkey)])
            self.witnesses[name] = Witness(state, ed25519, self.clock, also=[ml_dsa])

    @staticmethod
    def _seed(name: str, _size: int) -> bytes:
        return seed(name)

    def policy(self, quorum: str = STRONG) -> str:
        lines = "".join(
            f"witness {name} {found.vkeys[0]}\nwitness {name}-pq {found.vkeys[1]}\n"
            for name, found in self.witnesses.items()
        )
        return f"log {self.story.log_vkey}\n{lines}{quorum}"

    def by_ml_dsa(self, *names: str, text: str | None = None, at_s: int | None = None) -> str:
        """Sign anything with the witnesses' own ML-DSA-44 keys."""
        text = text or self.story.checkpoint_text()
        at_s = self.story.now_ms // 1000 if at_s is None else at_s
        return "".join(ml_cosign(text, f"{name}.example/w", seed(name), at_s) for name in names)

    def by_ed25519(self, *names: str, story: Story | None = None) -> str:
        """Sign anything with their Ed25519 keys."""
        story = story or self.story
        return "".join(
            cosign_note(
                story.checkpoint_text(), f"{name}.example/w", story.secret(name), story.now_ms // 1000
            )
            for name in names
        )


@pytest.fixture
def pier(tmp_path: Path) -> Iterator[Pier]:
    found = Pier(live(), tmp_path)
    yield found
    for witness in found.witnesses.values():
        witness.state.close()


def test_an_honest_log_with_its_quorum(pier: Pier) -> None:
    lines = pier.cosign("bafo", "uni")
    assert len(lines.splitlines()) == 4
    for quorum in (STRONG, EITHER):
        verdict = pier.judged(lines, quorum)
        assert (verdict.verdict, verdict.log.time_basis) == ("compliant", "witness")
        assert verdict.log.witnesses == ("bafo", "bafo-pq", "uni", "uni-pq")
    beat(pier.story)
    assert pier.judged(pier.cosign(*NAMES), STRONG).verdict == "compliant"


def test_one_witness_is_not_two_by_its_two_keys(pier: Pier) -> None:
    lines = pier.cosign("bafo")
    assert pier.rejected(lines, EITHER) == "quorum"
    assert pier.rejected(lines + lines, EITHER) == "quorum"
    for quorum in (
        "group g 2 bafo bafo-pq uni\nquorum g\n",
        "group g all bafo bafo-pq\nquorum g\n",
        "group a any bafo\ngroup b any bafo-pq\ngroup g all a b\nquorum g\n",
    ):
        with pytest.raises(UsageError, match="would count twice"):
            pier.judged(lines, quorum)


def test_one_witness_is_not_two_by_two_ml_dsa_keys(pier: Pier) -> None:
    second = cosigner_vkey(generate_ml_dsa_signer("bafo.example/w"))
    with pytest.raises(UsageError, match="would count twice"):
        pier.judged(pier.cosign("bafo"), f"witness more {second}\ngroup g 2 bafo-pq more\nquorum g\n")


def test_downgrade_the_ml_dsa_lines_are_stripped(pier: Pier) -> None:
    lines = [line for line in pier.cosign(*NAMES).splitlines(keepends=True) if len(line) < 1000]
    assert len(lines) == 3
    assert pier.rejected("".join(lines), STRONG) == "quorum"


def test_all_ed25519_keys_are_broken(tmp_path: Path) -> None:
    """Whoever has them all cosigns a second history: an auditor who asks for ML-DSA-44 refuses it."""
    story, other = live(), live()
    pier = Pier(story, tmp_path)
    beat(story)
    honest = pier.cosign(*NAMES)
    other.advance(seconds=40)
    beat(other)
    forged = pier.by_ed25519(*NAMES, story=other)
    assert pier.rejected(forged, STRONG, story=other) == "quorum"
    stolen = "".join(line for line in honest.splitlines(keepends=True) if len(line) > 1000)
    assert pier.rejected(forged + stolen, STRONG, story=other) == "checkpoint"
    # Whoever takes either key trusts the weaker one: that is what the trust file says.
    assert pier.judged(forged, EITHER, story=other).log.witnesses == tuple(sorted(NAMES))
    for name in NAMES:
        with pytest.raises(Inconsistent):
            pier.cosign(name, story=other)
    assert pier.judged(honest, STRONG, story=story).verdict == "compliant"


def test_an_ed25519_key_is_passed_off_as_ml_dsa(pier: Pier) -> None:
    ed25519 = pier.witnesses["bafo"].vkeys[0].public_key
    for key in (ed25519, ed25519 * 41):
        with pytest.raises(UsageError, match="ML-DSA-44 key of 1312 bytes"):
            pier.judged("", f"witness weak {vkey('bafo.example/w', key[:1311], 6)}\nquorum weak\n")


def test_a_signature_by_the_other_key_is_no_ml_dsa_signature(pier: Pier) -> None:
    text, at_s = pier.story.checkpoint_text(), pier.story.now_ms // 1000
    good = pier.cosign("uni")
    ed25519 = pier.story.secret("bafo").sign(ml_message("bafo.example/w", text, at_s)).signature
    assert (
        pier.rejected(good + ml_line("bafo.example/w", seed("bafo"), at_s, ed25519), STRONG) == "checkpoint"
    )


@pytest.mark.parametrize("what", ["an older one", "another log's", "a size", "a name", "a time", "a context"])
def test_a_signature_over_something_else(pier: Pier, what: str) -> None:
    story, name = pier.story, "bafo.example/w"
    old = story.checkpoint_text()
    beat(story)
    text, at_s = story.checkpoint_text(), story.now_ms // 1000
    size = text.split("\n")[1]
    message, context = ml_message(name, text, at_s), b""
    match what:
        case "an older one":
            message = ml_message(name, old, at_s)
        case "another log's":
            message = ml_message(name, story.checkpoint_text(origin="other.example/log"), at_s)
        case "a size":
            message = ml_message(name, text.replace(f"\n{size}\n", f"\n{int(size) + 1}\n"), at_s)
        case "a name":
            message = ml_message("uni.example/w", text, at_s)
        case "a time":
            message = ml_message(name, text, at_s + 1)
        case _:
            context = b"subtree/v1"
    line = ml_line(name, seed("bafo"), at_s, ml_sign(seed("bafo"), message, context))
    assert pier.rejected(pier.by_ml_dsa("uni", "audit") + line, STRONG) == "checkpoint"


def test_what_a_witness_signs_of_parts_of_the_tree_is_no_cosignature(pier: Pier) -> None:
    """Of a subtree, or of a tree that nobody says was the newest: a time of 0 counts for nothing."""
    text, name = pier.story.checkpoint_text(), "bafo.example/w"
    assert pier.rejected(pier.by_ml_dsa("bafo", "uni", at_s=0), STRONG) == "quorum"
    assert pier.rejected(pier.by_ml_dsa("bafo") + pier.by_ml_dsa("uni", at_s=0), STRONG) == "quorum"
    part = ml_line(name, seed("bafo"), 0, ml_sign(seed("bafo"), ml_message(name, text, 0, start=4)))
    assert pier.rejected(pier.by_ml_dsa("uni", "audit") + part, STRONG) == "checkpoint"
    # Beside enough others it neither hurts nor says anything of a time.
    verdict = pier.judged(pier.by_ml_dsa("bafo", at_s=0) + pier.by_ml_dsa("uni", "audit"), STRONG)
    assert (verdict.verdict, verdict.log.proven_ms) == ("compliant", pier.story.now_ms // 1000 * 1000)


def test_lines_that_are_cut_or_too_long(pier: Pier) -> None:
    good = pier.by_ml_dsa("uni", "audit")
    dash, name, value = pier.by_ml_dsa("bafo").split()
    data = b64decode(value)
    for changed in (data[:-1], data[:12], data[:5], data + b"\0", data + data[4:], data[:12] + bytes(2420)):
        assert pier.rejected(f"{good}{dash} {name} {b64(changed)}\n", STRONG) == "checkpoint"
    # Past 128 KiB a note is not read, whoever signed it.
    assert pier.judged(good + f"{dash} {name} {value}\n" * 36, STRONG).verdict == "compliant"
    assert pier.rejected(good + f"{dash} {name} {value}\n" * 40, STRONG) == "checkpoint"


def test_an_auditor_without_the_extra_accepts_nothing_for_it(
    pier: Pier, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = pier.cosign(*NAMES)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    assert pier.rejected(lines, STRONG) == "quorum"
    verdict = pier.judged(lines, EITHER)
    assert (verdict.verdict, verdict.log.witnesses) == ("compliant", tuple(sorted(NAMES)))
    assert verdict.log.unchecked == tuple(sorted(f"{name}-pq" for name in NAMES))
