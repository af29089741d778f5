"""What only the whole log can tell: repeated statements, references, keys from elsewhere, and the genesis."""

from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import Forge, canonical, sha, write_files
from tests.support.reading import last_fault, read_directory, read_forge, read_source, rejection

from plimsoll_verify import workers as workers_module
from plimsoll_verify.audit import verify_newest
from plimsoll_verify.errors import BodyMismatch, GenesisMismatch, Malformed, Missing
from plimsoll_verify.examine import Examiner
from plimsoll_verify.log import Log
from plimsoll_verify.record import Record
from plimsoll_verify.scan import Past
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.trust import parse_trust


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    return forge


def beats(forge: Forge, count: int, actor: str = "eva") -> None:
    for _ in range(count):
        forge.advance(minutes=1)
        forge.statement("heartbeat", [forge.org()], {}, actor, "evaluator")


# -- statements that come twice


def test_a_statement_counts_once(forge: Forge, tmp_path: Path) -> None:
    beats(forge, 3)
    forge.append(forge.entries[5], b"", forge.payloads[5], forge.subjects[5], forge.ids[5])
    assert last_fault(forge, tmp_path) == "a statement that the log has already (SPEC 3.3)"


def test_a_statement_that_is_wrapped_anew_counts_once(forge: Forge, tmp_path: Path) -> None:
    beats(forge, 300)
    forge.envelope(forge.payloads[270], forge.person("mallory").key, b"", forge.subjects[270])
    assert last_fault(forge, tmp_path) == "a statement that the log has already (SPEC 3.3)"


def test_ids_that_only_begin_alike_are_two(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No two ids with the same eight bytes can be found, so fewer are compared first.
    monkeypatch.setattr("plimsoll_verify.scan._PREFIX_BYTES", 1)
    beats(forge, 600)
    assert last_fault(forge, tmp_path) == ""


def test_an_id_is_not_found_across_two_others() -> None:
    past = Past()
    for index in range(2):
        past.note(Record(index, 0, b"ab" * 16))
    past.prefixes[int.from_bytes(b"ba")] = past.prefixes[int.from_bytes(b"ab")]
    assert past.holds(b"ab" * 16)
    assert not past.holds(b"ba" * 16)
    assert not past.holds(b"cd" * 16)


# -- references


def sign_off(forge: Forge, ref: dict[str, Any]) -> int:
    body = {"of": ref, "decision": "approve"}
    return forge.statement("sign-off", [forge.org()], body, "eva", "evaluator")


def test_a_reference_names_an_earlier_statement_by_its_id(forge: Forge, tmp_path: Path) -> None:
    sign_off(forge, forge.ref(2))
    assert last_fault(forge, tmp_path) == ""


@pytest.mark.parametrize("index", [1, 4, 5, 2**53 - 1])
def test_a_reference_to_another_entry_or_none_is_a_fault(forge: Forge, tmp_path: Path, index: int) -> None:
    sign_off(forge, {"id": forge.ids[2].hex(), "index": index})
    assert f"refers to entry {index} by an id that is not" in last_fault(forge, tmp_path)


def test_nothing_can_refer_to_what_cannot_be_read(forge: Forge, tmp_path: Path) -> None:
    index = forge.append(b"x")
    sign_off(forge, {"id": "0" * 64, "index": index})
    records = read_forge(forge, tmp_path)
    assert "by an id that is not" in records[-1].fault


def evaluated(forge: Forge, **changes: Any) -> dict[str, Any]:
    return {
        "plan": None,
        "status": "success",
        "tool": {"name": "inspect_ai", "version": "0.3"},
        "task": {"name": "virology", "version": "3"},
        "run": {"id": "r"},
        "started": forge.now(-2000),
        "completed": forge.now(-1000),
        "variant": "helpful-only",
        "epochs": 1,
        "samples": 2,
        "scored": {"samples": 2, "sample_epochs": 2},
        "limit": None,
        "reported": {"model": "m", "snapshot": "s", "metadata": {}},
        "scores": [
            {"scorer": "s", "reducer": "mean", "metric": "m", "value": "0.5", "count": {"k": 1, "n": 2}}
        ],
        "evidence": [{"name": "f", "sha256": "0" * 64, "size": 1}],
        "flags": [],
        **changes,
    }


def test_every_kind_of_reference_is_followed(forge: Forge, tmp_path: Path) -> None:
    model, snapshot = forge.model("m"), forge.snapshot("s")
    ref, bad = forge.ref(1), {"id": "1" * 64, "index": 1}
    deployed = {"scope": "external.general", "surface": "api"}

    def both(kind: str, subjects: list[str], body: dict[str, Any], **refs: Any) -> None:
        forge.statement(kind, subjects, {**body, **refs}, "eva", "evaluator")
        for name, right in refs.items():
            wrong = [bad] if isinstance(right, list) else bad
            forge.statement(kind, subjects, {**body, **refs, name: wrong}, "eva", "evaluator")

    start = forge.size
    both("resumed", [forge.org()], {}, of=ref)
    both("reversal", [forge.org()], {}, of=ref)
    both("training-stopped", [model], {}, of=ref)
    both("training-started", [model], {}, permit=ref)
    both("deployment-started", [model, snapshot], deployed, permit=ref)
    both("deployment-changed", [model, snapshot], deployed, of=ref, permit=ref)
    both("deployment-ended", [model, snapshot], {}, of=ref)
    both("eval-result", [model, snapshot], evaluated(forge), plan=ref)
    both("determination", [model], {"threshold": "t", "outcome": "crossed", "reasons": ""}, basis=[ref])
    both("report", [model], {"type": "risk"}, cites=[ref])
    for kind, subjects, body in (
        ("training-started", [model], {}),
        ("deployment-started", [model, snapshot], deployed),
        ("deployment-changed", [model, snapshot], {**deployed, "of": ref}),
        ("eval-result", [model, snapshot], evaluated(forge)),
    ):
        forge.statement(kind, subjects, body, "eva", "evaluator")
    faults = [bool(record.fault) for record in read_forge(forge, tmp_path)[start:]]
    two, three = [False, True], [False, True, True]
    assert faults == [*two * 5, *three, *two * 4, False, False, False, False]


# -- keys


def test_a_key_is_known_in_every_tile_after_it(forge: Forge, tmp_path: Path) -> None:
    beats(forge, 2000)
    forge.enrol("bob", "evaluator")
    beats(forge, 3000, "bob")
    expected = read_forge(forge, tmp_path, 1)
    assert [record.fault for record in expected if record.fault] == []
    assert read_forge(forge, tmp_path, 2) == expected


def test_a_worker_leaves_what_it_cannot_know_to_the_parent(forge: Forge, tmp_path: Path) -> None:
    # All tiles are handed out before the parent has seen the first: no worker knows bob's key.
    beats(forge, 300)
    first = forge.size
    beats(forge, 1, "bob")
    forge.enrol("bob", "evaluator")
    beats(forge, 1900, "bob")
    forge.statement("heartbeat", [forge.org()], {}, "bob", "evaluator", sig=bytes(31) + b"\x02" + bytes(32))
    one, two = read_forge(forge, tmp_path, 1), read_forge(forge, tmp_path, 2)
    assert one == two
    faults = {record.index: record.fault for record in one if record.fault}
    assert list(faults) == [first, forge.size - 1]
    assert "is not recorded before it" in faults[first]
    assert "does not verify" in faults[forge.size - 1]


# -- the genesis


def test_another_genesis_is_rejected(forge: Forge, tmp_path: Path) -> None:
    forge.publish(tmp_path)
    error = rejection(tmp_path, forge.trust(genesis="0" * 64))
    assert isinstance(error, GenesisMismatch)
    assert (error.check, error.entry) == ("genesis", 0)
    assert forge.ledger in str(error)


def test_an_empty_log_is_rejected(tmp_path: Path) -> None:
    forge = Forge(genesis=False)
    error = rejection(tmp_path, forge.publish(tmp_path))
    assert isinstance(error, GenesisMismatch)
    assert "a log without entries" in str(error)


@pytest.mark.parametrize(
    "overrides",
    [
        {"ledger": "1" * 64},
        {"seen": "x"},
        {"body_bytes": b"{}", "inline": False},
        {"sig": bytes(64)},
        {"envelope": {"signatures": []}},
        {"subject": [{"name": "org:acme.example/log", "digest": {"sha256": "0" * 64}}]},
        {"statement": {"predicateType": "https://plimsoll.example/heartbeat/v1"}},
        {"predicate": lambda p: {**p, "body": {**p["body"], "more": 1}}},
        {"predicate": lambda p: {**p, "body": {**p["body"], "log": ["x"]}}},
        {"predicate": lambda p: {**p, "body": {**p["body"], "quorum": 0}}},
        {"predicate": lambda p: {**p, "body": {**p["body"], "format": "plimsoll/2"}}},
        {"predicate": lambda p: {**p, "body": {**p["body"], "origin": "other.example"}}},
        {"entry": lambda _: b"x"},
        {"entry": lambda e: canonical(e) + b" "},
    ],
    ids=range(14),
)
def test_anything_wrong_in_entry_0_is_a_rejection(tmp_path: Path, overrides: dict[str, Any]) -> None:
    forge = Forge(genesis=False)
    forge.write_genesis(**overrides)
    beats(forge, 1, "root-1")
    error = rejection(tmp_path, forge.publish(tmp_path))
    assert isinstance(error, GenesisMismatch)
    assert error.entry == 0


def test_the_log_key_in_the_genesis_has_the_name_of_the_log(tmp_path: Path) -> None:
    forge = Forge(genesis=False)
    body = lambda p: {**p, "body": {**p["body"], "log": [forge.person("ada").vkey]}}  # noqa: E731
    forge.write_genesis(predicate=body)
    assert "a log key of the name" in str(rejection(tmp_path, forge.publish(tmp_path)))


# -- bodies


def registered(forge: Forge, count: int) -> None:
    for n in range(count):
        forge.statement("model-registered", [forge.model(str(n))], {"name": str(n)}, "eva", "evaluator")


def pack_with(forge: Forge, index: int, body: bytes) -> dict[str, bytes]:
    forge.bodies[index] = body
    return forge.files()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_body_that_is_another_is_rejected(forge: Forge, tmp_path: Path, workers: int) -> None:
    registered(forge, 600)
    trust = forge.publish(tmp_path)
    write_files(tmp_path, pack_with(forge, 555, forge.bodies[556]))
    error = rejection(tmp_path, trust, workers)
    assert isinstance(error, BodyMismatch)
    assert (error.check, error.entry, error.path) == ("bodies", 555, "bodies/002")
    assert sha(forge.bodies[556]).hex() in error.actual


def test_a_body_beside_an_inline_one_is_rejected(forge: Forge, tmp_path: Path) -> None:
    beats(forge, 3)
    trust = forge.publish(tmp_path)
    write_files(tmp_path, pack_with(forge, 5, b"{}"))
    error = rejection(tmp_path, trust)
    assert isinstance(error, BodyMismatch)
    assert error.entry == 5


def test_a_body_of_an_unreadable_entry_is_rejected(forge: Forge, tmp_path: Path) -> None:
    index = forge.append(b"x", b"{}")
    error = rejection(tmp_path, forge.publish(tmp_path))
    assert isinstance(error, BodyMismatch)
    assert error.entry == index


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(("change", "kind"), [(lambda _: None, Missing), (lambda data: data[:-1], Malformed)])
def test_a_pack_that_is_missing_or_cut_is_rejected(
    forge: Forge, tmp_path: Path, workers: int, change: Any, kind: type[Exception]
) -> None:
    registered(forge, 600)
    trust = forge.publish(tmp_path)
    data = change((tmp_path / "bodies/001").read_bytes())
    (tmp_path / "bodies/001").unlink()
    if data is not None:
        (tmp_path / "bodies/001").write_bytes(data)
    error = rejection(tmp_path, trust, workers)
    assert isinstance(error, kind)
    assert (error.check, error.path) == ("bodies", "bodies/001")


def test_the_first_broken_body_is_named(forge: Forge, tmp_path: Path) -> None:
    registered(forge, 5)
    trust = forge.publish(tmp_path)
    forge.bodies[5] = forge.bodies[7] = b"x"
    write_files(tmp_path, forge.files())
    assert rejection(tmp_path, trust).entry == 5


# -- workers


def test_one_worker_or_two_make_no_difference(forge: Forge, tmp_path: Path) -> None:
    model, snapshot = forge.model("m"), forge.snapshot("s")
    for n in range(1400):
        forge.advance(minutes=1)
        match n % 5:
            case 0:
                forge.statement("model-registered", [forge.model(str(n))], {"name": "m"}, "eva", "evaluator")
            case 1:
                forge.statement("eval-result", [model, snapshot], evaluated(forge), "eva", "evaluator")
            case 2:
                forge.append(b"x" * n)
            case 3:
                forge.statement("policy", [f"policy:p{n}"], {"id": f"p{n}"}, "root-1", "root")
            case _:
                beats(forge, 1, "nobody" if n % 7 == 0 else "eva")
    forge.statement("weights-deleted", [model], {}, "eva", "evaluator", withheld=True)
    one = read_forge(forge, tmp_path, 1)
    two = read_forge(forge, tmp_path, 2)
    assert one == two
    assert len(one) == forge.size
    assert len({record.kind for record in one}) == 10


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("numbers", [None, [0, 2, 5], []])
def test_the_tiles_that_are_asked_for_come_in_order(
    forge: Forge, tmp_path: Path, workers: int, numbers: list[int] | None
) -> None:
    beats(forge, 1700)
    trust = parse_trust(forge.publish(tmp_path).encode())
    source = DirectorySource(tmp_path)
    checkpoint, _ = verify_newest(source, trust)
    log = Log(trust.origin, trust.genesis, checkpoint.size, checkpoint.root, trust.log_policy)
    reports = list(
        workers_module.examine_tiles(source, log, Examiner(source, log), {}, workers=workers, numbers=numbers)
    )
    wanted = list(range(7)) if numbers is None else numbers
    assert [report.number for report in reports] == wanted
    assert [report.records[0].index for report in reports] == [256 * number for number in wanted]


def test_a_small_log_is_read_by_one_process(forge: Forge, tmp_path: Path) -> None:
    source = DirectorySource(tmp_path)
    assert workers_module._worker_count(None, 4096, source) == 1
    assert workers_module._worker_count(None, 4097, source) == workers_module.available_cores()
    assert workers_module._worker_count(3, 5, source) == 3


class Unshareable(DirectorySource):
    """A source that only this process can have."""

    def __reduce__(self) -> Any:
        raise TypeError("not for others")


def test_a_source_that_cannot_be_shared_is_read_by_one_process(forge: Forge, tmp_path: Path) -> None:
    assert workers_module._worker_count(None, 5000, Unshareable(tmp_path)) == 1
    beats(forge, 10)
    trust = forge.publish(tmp_path)
    assert len(read_source(Unshareable(tmp_path), trust, None)) == forge.size


def test_workers_start_fresh_beside_threads(
    forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    beats(forge, 600)
    trust = forge.publish(tmp_path)
    expected = read_directory(tmp_path, trust, 1)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert workers_module._context().get_start_method() == "spawn"
        assert read_directory(tmp_path, trust, 2) == expected
    finally:
        stop.set()
        thread.join()
    monkeypatch.setattr(
        threading, "active_count", lambda: 1
    )  # What runs these tests may have threads itself.
    assert workers_module._context().get_start_method() == "fork"


class Failing(DirectorySource):
    """A source whose disk fails in the middle of the log."""

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        if path == "tile/entries/001":
            raise OSError(5, "input/output error", path)
        return super().read(path, limit, offset)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_input_error_is_no_word_about_the_ledger(forge: Forge, tmp_path: Path, workers: int) -> None:
    beats(forge, 600)
    trust = forge.publish(tmp_path)
    with pytest.raises(OSError, match="input/output error"):
        read_source(Failing(tmp_path), trust, workers)


def test_a_record_says_nothing_by_default() -> None:
    assert Record(7, 8) == Record(index=7, time_ms=8, kind="", body=None, fault="")
