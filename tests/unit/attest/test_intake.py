"""What comes with statements is kept before the log takes them, and no longer if it does not."""

import hashlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.support.office import DAY, Office, add_staff, make_founded

from plimsoll_attest.bodies import ContentStore
from plimsoll_attest.intake import ServiceIntake
from plimsoll_attest.keyring import unlock_log
from plimsoll_attest.views import Draft
from plimsoll_ledger.admission import Refused
from plimsoll_ledger.errors import Duplicate, StorageFailed
from plimsoll_ledger.sequencer import Appended, Sequencer


class Bench:
    """A home whose log is open for a service."""

    def __init__(self, office: Office, sequencer: Sequencer, intake: ServiceIntake) -> None:
        self.office, self.sequencer, self.intake = office, sequencer, intake
        self.kept = ContentStore(office.home.body_dir)

    def draft(self, name: str, event_ms: int | None = None) -> Draft:
        with self.office.desk(writing=False) as desk:
            subjects, body = [f"model:{name * 32}"], {"name": name}
            return desk.draft("model-registered", subjects, body, person="evaluator-1", event_ms=event_ms)

    def draft_refused(self) -> Draft:
        """Return what passes alone, and is refused by what the log's time is."""
        return self.draft("f", event_ms=self.office.clock.time_ms + DAY)

    def submit(self, *drafts: Draft, atomic: bool = False) -> list[Appended | Refused]:
        for draft in drafts:
            self.intake.offer(draft.documents)
        outcomes = self.sequencer.append([draft.envelope for draft in drafts], atomic=atomic)
        for draft, outcome in zip(drafts, outcomes, strict=True):
            self.intake.settle(draft.documents, is_taken=isinstance(outcome, Appended | Duplicate))
        return outcomes

    def holds(self, draft: Draft) -> bool:
        (document,) = draft.documents
        return self.kept.get(hashlib.sha256(document).hexdigest()) == document


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    office = make_founded(tmp_path / "home")
    add_staff(office)
    with office.desk() as desk:
        intake = ServiceIntake(desk.store, desk.bodies)
        signer = unlock_log(office.home, office.surroundings)
        with Sequencer(desk.store, signer, intake, office.clock) as sequencer:
            yield Bench(office, sequencer, intake)


def test_bodies_are_on_disk_before_the_log_has_what_names_them(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    drafts = [bench.draft(name) for name in "abc"]
    seen: list[bool] = []
    real = Sequencer._commit_batch

    def commit(self: Sequencer, batch: Sequence[object]) -> None:
        seen.extend(bench.holds(draft) for draft in drafts)
        real(self, batch)  # type: ignore[arg-type]

    monkeypatch.setattr(Sequencer, "_commit_batch", commit)
    outcomes = bench.submit(*drafts)
    assert all(isinstance(outcome, Appended) for outcome in outcomes)
    assert seen == [True] * 3
    kept = [hashlib.sha256(draft.documents[0]).hexdigest() for draft in drafts]
    assert not any(bench.kept.locate(digest).exists() for digest in kept)  # In the file of small ones.


def test_what_the_log_refuses_is_kept_no_longer(bench: Bench) -> None:
    good, wrong = bench.draft("a"), bench.draft_refused()
    outcomes = bench.submit(good, wrong)
    assert isinstance(outcomes[0], Appended)
    assert isinstance(outcomes[1], Refused)
    assert (bench.holds(good), bench.holds(wrong)) == (True, False)


def test_what_does_not_pass_alone_is_never_kept(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = bench.draft("a")
    bench.intake.offer(broken.documents)
    monkeypatch.setattr(ContentStore, "add", None)
    (outcome,) = bench.sequencer.append([broken.envelope[:-1]])
    assert isinstance(outcome, Refused)
    bench.intake.settle(broken.documents, is_taken=False)
    assert not bench.holds(broken)


def test_a_refused_twin_takes_nothing_from_what_was_taken(bench: Bench) -> None:
    draft = bench.draft("a")
    bench.intake.offer(draft.documents)
    assert isinstance(bench.submit(draft)[0], Appended)
    bench.intake.settle(draft.documents, is_taken=False)
    assert bench.holds(draft)
    assert isinstance(bench.submit(draft)[0], Duplicate)
    assert bench.holds(draft)


def test_what_was_here_before_stays_when_a_statement_is_refused(bench: Bench) -> None:
    wrong = bench.draft_refused()
    bench.kept.put(wrong.documents[0])
    assert isinstance(bench.submit(wrong)[0], Refused)
    assert bench.holds(wrong)


def test_nothing_is_appended_whose_body_cannot_be_kept(bench: Bench) -> None:
    before = bench.sequencer.store.size
    first = bench.draft("a")
    bench.submit(first)
    blocked = sqlite3.connect(bench.office.path / "body.sqlite3", isolation_level=None)
    blocked.execute("DROP TABLE content")
    blocked.close()
    with pytest.raises(StorageFailed, match="no such table"):
        bench.submit(bench.draft("b"))
    assert bench.sequencer.store.size == before + 1


def test_a_statement_without_its_body_is_refused(bench: Bench) -> None:
    draft = bench.draft("a")
    (outcome,) = bench.sequencer.append([draft.envelope])
    assert isinstance(outcome, Refused)
    assert "did not come with it" in outcome.reason


def test_what_was_erased_does_not_come_back_with_an_old_statement(bench: Bench) -> None:
    draft, other = bench.draft("a"), bench.draft("b")
    assert all(isinstance(one, Appended) for one in bench.submit(draft, other))
    (digest, theirs) = (hashlib.sha256(one.documents[0]).hexdigest() for one in (draft, other))
    with bench.office.desk(writing=False) as desk:
        erasure = desk.draft("erasure", ["org"], {"digests": [digest]}, person="rso", role="root")
        said = desk.draft("erasure", ["org"], {"digests": [theirs]}, person="evaluator-1")
    bench.submit(erasure, said)
    bench.kept.erase([digest, theirs])
    assert all(isinstance(one, Duplicate) for one in bench.submit(draft, other))
    # By the root role it was erased; what others say of their own is no reason to keep nothing.
    assert (bench.holds(draft), bench.holds(other)) == (False, True)
    with bench.office.desk(writing=False) as desk:
        again = ServiceIntake(desk.store, desk.bodies)
    again.offer(draft.documents)
    again.keep([again.precheck(draft.envelope)])
    assert not bench.holds(draft)
