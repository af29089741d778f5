"""Watching: what is remembered, what is refused, what is revised, and what a crash leaves behind."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import Forge, cosign_note, public, vkey, write_files

from plimsoll_verify import cli, cli_watch, watch, watchstate
from plimsoll_verify.audit import audit
from plimsoll_verify.errors import Fork, UsageError
from plimsoll_verify.examine import Examiner
from plimsoll_verify.record import Record
from plimsoll_verify.replay import Replay
from plimsoll_verify.revision import find_changes
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import verdict_json
from plimsoll_verify.watch import Seen, Watcher, look
from plimsoll_verify.watchstate import FILE, WatchState


class Place:
    """A forged ledger that is published, and a watcher of it."""

    def __init__(self, folder: Path) -> None:
        self.forge = Forge()
        self.forge.enrol("eva", "evaluator")
        self.folder = folder
        self.public = folder / "public"
        self.trust = parse_trust(self.forge.publish(self.public).encode())
        (folder / "trust.toml").write_text(self.forge.trust())

    def grow(self, count: int = 1) -> None:
        """Append heartbeats and publish."""
        for _ in range(count):
            self.forge.advance(minutes=1)
            self.forge.statement("heartbeat", [self.forge.org()], {}, "eva", "evaluator")
        self.forge.publish(self.public)

    def state(self, name: str = "state") -> WatchState:
        """Open the watcher's state."""
        return WatchState(self.folder / name, self.trust.origin, self.trust.genesis)

    def look(self, name: str = "state", **options: Any) -> Seen:
        """Look once, as a process of its own would."""
        state = self.state(name)
        try:
            return look(DirectorySource(self.public), self.trust, state, workers=1, **options)
        finally:
            state.close()

    def args(self, *more: str) -> list[str]:
        """The words of the command."""
        trust, state = str(self.folder / "trust.toml"), str(self.folder / "state")
        return ["watch", str(self.public), "--trust", trust, "--state", state, *more]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tiles that are examined afresh."""
    found: list[int] = []
    examine = Examiner.examine

    def noting(self: Examiner, number: int, keys: dict[str, bytes]) -> Any:
        found.append(number)
        return examine(self, number, keys)

    monkeypatch.setattr(Examiner, "examine", noting)
    return found


def changes(seen: Seen) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(one.kind, one.finding["code"], one.revised_by) for one in seen.changes]


def test_only_what_is_new_is_examined_and_the_verdict_is_that_of_all(
    place: Place, examined: list[int]
) -> None:
    model = place.forge.model("m")
    place.forge.statement("model-registered", [model], {"name": "m"}, "eva", "evaluator")
    place.forge.statement("model-registered", [model], {"nom": "m"}, "eva", "evaluator")
    place.grow(600)
    first = place.look()
    assert (first.before, first.changes) == (None, ())
    assert examined == [0, 1, 2]
    examined.clear()
    place.grow(10)
    second = place.look()
    assert examined == [2]
    assert second.before == first.verdict.log.size == place.forge.size - 10
    fresh = place.look("fresh")
    assert verdict_json(second.verdict) == verdict_json(fresh.verdict)
    assert [one.name for one in second.verdict.judgement.subjects] == ["m"]  # type: ignore[union-attr]


def test_a_key_of_a_remembered_tile_counts_and_a_repeated_statement_is_found(place: Place) -> None:
    place.grow(300)
    place.look()
    place.forge.append(place.forge.entries[10])
    place.grow(300)
    seen = place.look()
    # Its time lies before that of the entry before it, too.
    assert {one.code for one in seen.verdict.findings if one.level == "violation"} == {"V28", "V36"}
    assert "has already" in next(one.message for one in seen.verdict.findings if one.code == "V36")


def test_what_is_remembered_means_nothing_once_a_checkpoint_of_the_past_is_wrong(place: Place) -> None:
    place.grow(300)
    size = place.look().verdict.log.size
    place.forge.retained[200] = place.forge.checkpoint()
    place.grow(300)
    seen = place.look()
    assert seen.verdict.error is not None
    assert (seen.verdict.verdict, seen.verdict.error.check) == ("rejected", "retained")
    del place.forge.retained[200]
    place.grow(1)
    again = place.look()
    assert (again.verdict.verdict, again.before) == ("indeterminate", size)


def test_a_smaller_log_is_rejected_and_the_state_stands(place: Place) -> None:
    old = place.forge.files()
    place.grow(3)
    size = place.look().verdict.log.size
    write_files(place.public, old)
    seen = place.look()
    assert seen.verdict.verdict == "rejected"
    assert seen.verdict.error is not None
    assert (seen.verdict.error.check, seen.evidence) == ("backwards", "")
    assert f"{size} entries" in seen.verdict.error.expected
    place.grow(1)
    assert place.look().before == size


def fork_of(place: Place) -> dict[str, bytes]:
    """Another history of the same ledger, signed by the same log key and longer."""
    other = Place(place.folder / "other")
    other.forge.advance(hours=1)
    other.forge.statement("heartbeat", [other.forge.org()], {}, "eva", "evaluator")
    other.grow(6)
    return other.forge.files()


def test_of_a_fork_both_notes_are_kept_and_every_later_look_says_so(place: Place) -> None:
    forked = fork_of(place)
    place.grow(3)
    place.look()
    mine = (place.public / "checkpoint").read_bytes()
    write_files(place.public, forked)
    seen = place.look()
    assert seen.verdict.error is not None
    assert (seen.verdict.verdict, seen.verdict.error.check) == ("rejected", "fork")
    folder = Path(seen.evidence)
    assert {(folder / name).read_bytes() for name in ("a.note", "b.note")} == {mine, forked["checkpoint"]}
    place.forge.publish(place.public)
    again = place.look()
    assert (again.verdict.verdict, again.evidence, again.before) == ("rejected", seen.evidence, 7)
    assert place.look("fresh").verdict.verdict == "indeterminate"


def test_what_cannot_be_authentic_moves_nothing(place: Place) -> None:
    place.grow(300)
    size = place.look().verdict.log.size
    place.grow(300)
    good = (place.public / "bodies/001").read_bytes()
    (place.public / "bodies/001").unlink()
    assert place.look().verdict.verdict == "rejected"
    (place.public / "bodies/001").write_bytes(good)
    assert place.look().before == size


def test_a_look_that_breaks_off_leaves_the_state_as_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch, examined: list[int]
) -> None:
    place.grow(300)
    size = place.look().verdict.log.size
    place.grow(300)

    def breaks(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(watch, "judged", breaks)
        with pytest.raises(KeyboardInterrupt):
            place.look()
    examined.clear()
    seen = place.look()
    # Tile 1 was settled by the look that broke off, and is examined again all the same.
    assert (seen.before, examined) == (size, [1, 2])


def test_a_body_that_is_given_later_is_read_then(place: Place) -> None:
    model = place.forge.model("m")
    index = place.forge.statement("model-registered", [model], {"name": "m"}, "eva", "evaluator")
    body, place.forge.bodies[index] = place.forge.bodies[index], b""
    place.grow(300)
    assert place.look().verdict.judgement.withheld == {"model-registered": 1}  # type: ignore[union-attr]
    place.forge.bodies[index] = body
    place.grow(1)
    seen = place.look()
    assert seen.verdict.judgement.withheld == {}  # type: ignore[union-attr]
    # No entry since then is about the model: what was held back is there now.
    assert changes(seen) == [("withdrawn", "I01", ())]


def test_the_past_is_revised_by_name(place: Place) -> None:
    model = place.forge.model("m")
    event = place.forge.now()
    place.grow(5)
    place.look()
    index = place.forge.statement(
        "model-registered", [model], {"name": "m"}, "eva", "evaluator", event_time=event, withheld=True
    )
    place.grow(1)
    later = place.forge.append(b"what is this")
    place.grow(1)
    assert changes(place.look()) == [("new", "V36", ()), ("revised", "I01", (index,))]
    assert later > index


FINDING = {
    "code": "V01", "subject": "model:m", "policy": "p", "rule": "r", "clause": "1", "level": "violation",
    "entries": [3], "from": {"time": "2026-01-01T00:00:00.000Z"}, "to": None,
}  # fmt: skip
MARCH, MAY = "2026-03-01T00:00:00.000Z", "2026-05-01T00:00:00.000Z"
END_MS = 1_775_001_600_000  # 2026-04-01


@pytest.mark.parametrize(
    ("after", "kinds"),
    [
        ({}, []),
        ({"to": {"time": MAY}}, [("ended", ())]),
        ({"to": {"time": MARCH}}, [("revised", (9,))]),
        ({"to": {"time": MAY}, "level": "indeterminate"}, [("revised", (9,))]),
        ({"to": {"time": MAY}, "level": "indeterminate", "entries": [3, 8]}, [("revised", (8,))]),
        ({"from": {"time": MAY}}, [("new", ()), ("withdrawn", (9,))]),
        ({"from": {"time": MARCH}}, [("revised", (9,)), ("withdrawn", (9,))]),
    ],
)
def test_what_became_of_a_finding(after: dict[str, Any], kinds: list[tuple[str, tuple[int, ...]]]) -> None:
    found = find_changes([FINDING], [FINDING | after], 7, END_MS, {"model:m": [9]})
    assert [(one.kind, one.revised_by) for one in found] == kinds


def test_what_gathers_entries_is_news_when_there_are_more_of_them() -> None:
    """A body is withheld behind one that was withheld before."""
    withheld = FINDING | {"code": "I01", "level": "indeterminate"}
    found = find_changes([withheld], [withheld | {"entries": [3, 8]}], 7, END_MS, {})
    assert [(one.kind, one.revised_by) for one in found] == [("revised", (8,))]
    found = find_changes([withheld | {"entries": [3, 4]}], [withheld], 7, END_MS, {"model:m": [9]})
    assert [(one.kind, one.revised_by) for one in found] == [("revised", (9,))]
    # What else goes on within a finding changes nothing of it.
    assert find_changes([FINDING], [FINDING | {"entries": [3, 8]}], 7, END_MS, {}) == []


def test_two_findings_that_began_together_are_told_apart() -> None:
    found = find_changes([FINDING, FINDING], [FINDING], 7, END_MS, {})
    assert [one.kind for one in found] == ["withdrawn"]


def test_what_is_found_at_the_end_moves_with_it() -> None:
    stale = FINDING | {"code": "I06"}
    assert find_changes([stale], [stale | {"from": {"time": MAY}}], 7, END_MS, {}) == []


# -- one process that looks again and again


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The entries that are replayed."""
    found: list[int] = []
    feed = Replay.feed

    def noting(self: Replay, record: Record) -> None:
        found.append(record.index)
        feed(self, record)

    monkeypatch.setattr(Replay, "feed", noting)
    return found


class Watching:
    """A watcher in a process that goes on, and what it replays and examines from one look to the next."""

    def __init__(self, place: Place, fed: list[int], examined: list[int]) -> None:
        self.place = place
        self.fed = fed
        self.examined = examined
        self.state = place.state()
        self.source = DirectorySource(place.public)
        self.watcher = Watcher(self.source, place.trust, self.state, workers=1)

    def look(self) -> Seen:
        """Look; the verdict has to be that of somebody who begins anew."""
        seen = self.watcher.look()
        replayed, examined = self.fed[:], self.examined[:]
        fresh = audit(self.source, self.place.trust, workers=1)
        assert verdict_json(seen.verdict) == verdict_json(fresh)
        self.fed[:], self.examined[:] = replayed, examined
        return seen

    def again(self) -> tuple[list[int], list[int]]:
        """Look again; returns the entries that were replayed, and the tiles that were examined."""
        self.fed.clear()
        self.examined.clear()
        self.look()
        return self.fed, self.examined


@pytest.fixture
def watching(place: Place, fed: list[int], examined: list[int]) -> Iterator[Watching]:
    place.grow(300)
    found = Watching(place, fed, examined)
    found.look()
    yield found
    found.state.close()


def test_only_what_is_new_is_replayed(watching: Watching) -> None:
    size = watching.place.forge.size
    watching.place.grow(3)
    assert watching.again() == ([size, size + 1, size + 2], [1])
    assert watching.again() == ([], [1])
    watching.place.grow(300)
    assert watching.again() == (list(range(size + 3, size + 303)), [1, 2])
    # What was settled in two looks is settled for another process, too.
    watching.examined.clear()
    assert watching.place.look().before == size + 303
    assert watching.examined == [2]


def test_what_comes_in_two_looks_is_held_against_what_came_before(watching: Watching) -> None:
    forge = watching.place.forge
    forge.append(forge.entries[10])
    watching.place.grow(1)
    assert any("has already" in one.message for one in watching.look().verdict.findings)
    key = forge.enrol("kim", "evaluator")
    watching.place.grow(1)
    watching.look()
    forge.statement("heartbeat", [forge.org()], {}, key.id, "evaluator")
    watching.place.grow(1)
    assert len(watching.again()[0]) == 2


def test_another_process_looked_meanwhile(watching: Watching) -> None:
    watching.place.grow(3)
    watching.place.look()
    assert len(watching.again()[0]) == watching.place.forge.size
    assert watching.again()[0] == []


def test_after_a_look_that_failed_nothing_is_taken_for_certain(watching: Watching) -> None:
    place = watching.place
    place.grow(3)
    place.forge.retained[200] = place.forge.checkpoint()
    place.forge.publish(place.public)
    assert watching.look().verdict.verdict == "rejected"
    del place.forge.retained[200]
    (place.public / "checkpoints/200").unlink()
    assert len(watching.again()[0]) == place.forge.size


def test_what_is_given_later_is_replayed_with_all(watching: Watching) -> None:
    forge = watching.place.forge
    index = forge.statement("model-registered", [forge.model("m")], {"name": "m"}, "eva", "evaluator")
    body, forge.bodies[index] = forge.bodies[index], b""
    watching.place.grow(1)
    assert watching.look().verdict.judgement.withheld == {"model-registered": 1}  # type: ignore[union-attr]
    forge.bodies[index] = body
    watching.place.grow(1)
    assert len(watching.again()[0]) == forge.size
    watching.place.grow(1)
    assert watching.again()[0] == [forge.size - 1]


def test_what_witnesses_say_later_of_the_past_is_held_against_all(
    place: Place, fed: list[int], examined: list[int]
) -> None:
    forge, key = place.forge, place.forge.secret("wit")
    policy = f"log {forge.log_vkey}\nwitness wit {vkey('wit', public(key), 4)}\nquorum wit\n"
    place.trust = parse_trust(forge.trust(policy=policy).encode())

    def cosigned(size: int) -> str:
        text = forge.checkpoint_text(size, forge.roots[size])
        return forge.checkpoint(size, cosigned=cosign_note(text, "wit", key, forge.now_ms // 1000))

    def grow() -> None:
        place.grow()
        forge.retained[forge.size] = cosigned(forge.size)
        forge.publish(place.public, cosigned(forge.size))

    place.grow(10)
    forge.retained[5], early = forge.checkpoint(5), cosigned(5)
    grow()
    watching = Watching(place, fed, examined)
    watching.look()
    grow()
    assert watching.again()[0] == [forge.size - 1]
    # The witness had signed long ago, and the log shows it only now.
    forge.retained[5] = early
    grow()
    assert len(watching.again()[0]) == forge.size
    assert watching.again()[0] == []
    watching.state.close()


# -- the state


def test_a_state_is_of_one_ledger(place: Place, tmp_path: Path) -> None:
    place.state().close()
    with pytest.raises(UsageError, match=r"holds the state of .* not of"):
        WatchState(tmp_path / "state", place.trust.origin, "0" * 64)


def test_what_is_no_state_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database, though it is long enough to be looked at as one" * 9)
    with pytest.raises(UsageError, match="is no state of a watcher"):
        WatchState(tmp_path, "o", "0" * 64)


def test_a_state_that_cannot_be_written_is_no_answer(place: Place) -> None:
    state = place.state()
    state._db.execute("PRAGMA query_only=1")  # As on a disk that became read-only.
    with pytest.raises(OSError, match="readonly database"):
        look(DirectorySource(place.public), place.trust, state, workers=1)
    state.close()
    assert place.look().before is None


def test_a_full_disk_leaves_the_state_as_it_was(place: Place) -> None:
    place.look()
    state = place.state()
    state._db.execute("PRAGMA max_page_count=1")
    place.grow(600)
    with pytest.raises(OSError, match="full"):
        look(DirectorySource(place.public), place.trust, state, workers=1)
    state.close()
    assert place.look().before == place.forge.size - 600


def test_a_second_watcher_waits_and_then_says_so(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchstate, "LOCK_TIMEOUT_S", 0.1)
    first, second = place.state(), place.state()
    with first.moving(), pytest.raises(UsageError, match="another watcher is at work"), second.moving():
        pass
    first.close()
    second.close()


def test_a_watcher_that_waited_goes_on_from_what_another_one_saw(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log shows another history to the one of two watchers that waits for the other."""
    place.look()
    elsewhere = Forge()
    elsewhere.enrol("eva", "evaluator")
    elsewhere.statement("heartbeat", [elsewhere.org()], {"n": "other"}, "eva", "evaluator")
    elsewhere.publish(place.folder / "other")
    begin = WatchState.moving
    calls: list[int] = []

    def wait(self: WatchState) -> Any:
        if not calls:
            calls.append(1)
            place.grow(2)
            place.look()
        return begin(self)

    monkeypatch.setattr(WatchState, "moving", wait)
    state = place.state()
    seen = look(DirectorySource(place.folder / "other"), place.trust, state, workers=1)
    state.close()
    assert seen.verdict.error is not None
    assert seen.verdict.error.check == "backwards"
    assert seen.before == place.forge.size


def test_of_a_fork_a_watcher_that_waits_learns_as_well(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.look()
    evidence = Fork("fork", "one history", "two", note_a=b"a", note_b=b"b")
    waiting = place.state()
    write = WatchState.write_fork

    def begin(self: WatchState, note_a: bytes, note_b: bytes) -> Path:
        waiting._db.execute("BEGIN IMMEDIATE")
        return write(self, note_a, note_b)

    def fork(*_: Any, **__: Any) -> None:
        raise evidence

    monkeypatch.setattr(WatchState, "write_fork", begin)
    monkeypatch.setattr(watch, "verify_entries", fork)
    seen = place.look()
    assert (seen.verdict.error, seen.evidence) == (evidence, str(place.folder / "state" / "fork-1"))
    assert waiting.forks() == [(b"a", b"b")]
    waiting.close()


DAMAGES = [
    ("UPDATE looks SET note = x'00'", "is damaged: the newest look"),
    ("UPDATE looks SET findings = '['", "is damaged: the newest look"),
    ("UPDATE looks SET size = size + 1", "under a checkpoint of"),
    ("UPDATE tiles SET settled = x'00'", "is damaged: what was settled of tile 0"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGES, ids=[one for one, _ in DAMAGES])
def test_a_state_that_was_edited_says_nothing_of_the_ledger(place: Place, damage: str, message: str) -> None:
    place.grow(300)
    place.look()
    state = place.state()
    state._db.execute(damage)
    state.close()
    with pytest.raises(UsageError, match=message):
        place.look()


def test_another_version_settles_anew(
    place: Place, monkeypatch: pytest.MonkeyPatch, examined: list[int]
) -> None:
    place.grow(300)
    place.look()
    monkeypatch.setattr(watchstate, "__version__", "9.9.9")
    examined.clear()
    seen = place.look()
    assert examined == [0, 1]
    assert seen.before == place.forge.size


# -- the command


def test_the_command_says_what_is_new(place: Place, capsys: Any) -> None:
    assert cli.run(place.args("--once")) == 3
    assert "for the first time" in capsys.readouterr().out
    place.grow(2)
    assert cli.run(place.args("--once")) == 3
    out = capsys.readouterr().out
    assert "2 of them new" in out
    assert "no finding changed" in out
    place.forge.append(b"what is this")
    place.grow(1)
    assert cli.run(place.args("--once", "--json")) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "plimsoll/watch/v1"
    # What cannot be read has the time of the entry before, up to which was judged already.
    assert [(one["change"], one["revised_by"]) for one in found["changes"]] == [("revised", [6])]
    assert found["verdict"]["verdict"] == "violations"
    place.forge.advance(minutes=1)
    place.forge.statement("heartbeat", [], {}, "eva", "evaluator")
    place.forge.statement(
        "model-registered", [place.forge.model("m")], {"name": "m"}, "eva", "evaluator",
        withheld=True, event_time=place.forge.start,
    )  # fmt: skip
    place.grow(1)
    assert cli.run(place.args("--once")) == 1
    out = capsys.readouterr().out
    assert "new: V36 inadmissible-entry (violation)" in out
    assert "revised, by entries " in out


def test_many_changes_are_counted(place: Place, capsys: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_watch, "MAX_CHANGES", 1)
    cli.run(place.args("--once"))
    for junk in (b"one", b"two", b"three"):
        place.forge.append(junk)
    place.forge.publish(place.public)
    cli.run(place.args("--once"))
    assert "... and 2 more" in capsys.readouterr().out


def test_the_command_rejects(place: Place, capsys: Any) -> None:
    (place.public / "checkpoint").unlink()
    assert cli.run(place.args("--once")) == 4
    assert "checked before" not in capsys.readouterr().out
    place.forge.publish(place.public)
    forked = fork_of(place)
    place.grow(3)
    cli.run(place.args("--once"))
    write_files(place.public, forked)
    capsys.readouterr()
    # It does not go on looking at a log that is known to have forked.
    assert cli.run(place.args()) == 4
    out = capsys.readouterr().out
    assert "evidence: both signed notes in" in out
    assert "what was checked before, 7 entries, stands" in out


def test_it_looks_again_until_it_is_interrupted(
    place: Place, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[float] = []

    def sleep(seconds: float) -> None:
        looked.append(seconds)
        if len(looked) == 3:
            raise KeyboardInterrupt

    once = Watcher.look

    def fails_once(self: Watcher, now_ms: int | None = None) -> Seen:
        if len(looked) == 1:
            raise OSError(5, "Input/output error")
        return once(self, now_ms)

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(Watcher, "look", fails_once)
    assert cli.run(place.args("--every", "7")) == 130
    assert looked == [7, 7, 7]
    told = capsys.readouterr()
    assert told.out.count("verdict: indeterminate") == 2
    assert "this look failed, Input/output error; the next one is to come" in told.err
    monkeypatch.setattr(Watcher, "look", _fails)
    assert cli.run(place.args("--once")) == 5


def _fails(*_: Any, **__: Any) -> Callable[..., Seen]:
    raise OSError(5, "Input/output error")


def test_other_witnesses_prove_other_times_so_all_is_settled_anew(tmp_path: Path) -> None:
    state = WatchState(tmp_path, "o", "0" * 64, "these")
    with state.moving():
        state._db.execute("INSERT INTO tiles VALUES (0, x'00')")
    state.close()
    for settled_by, known in (("these", True), ("others", False)):
        state = WatchState(tmp_path, "o", "0" * 64, settled_by)
        with state.moving():
            assert state.knows(0) == known
        state.close()
