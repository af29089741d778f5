"""Publishing to S3-compatible storage: the same files, the checkpoint last, and never taken back."""

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.office import Office
from tests.support.s3 import BUCKET, environment, serve_s3
from tests.support.tsa import Authority

from plimsoll_attest.errors import UsageError, as_attest_error
from plimsoll_ledger.errors import Conflict, PublishRefused, StorageFailed
from plimsoll_ledger.objects import BadObjects, Objects, open_objects
from plimsoll_verify.audit import audit
from plimsoll_verify.httpsource import HttpSource
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict

_numbers = itertools.count()


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with serve_s3() as url:
        yield url


@pytest.fixture
def url() -> str:
    return f"s3://{BUCKET}/ledgers/{next(_numbers)}"


class Recording:
    """An S3 client that notes what is put, and can fail or let somebody else go first."""

    def __init__(self, objects: Objects) -> None:
        self._inner = objects._store
        self.puts: list[str] = []
        self.fails_at: int | None = None
        self.before: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def put(self, path: str, data: bytes, **settings: Any) -> Any:
        self.puts.append(path)
        if self.fails_at is not None and len(self.puts) > self.fails_at:
            raise OSError("connection reset")
        self.before.pop(path, lambda: None)()
        return self._inner.put(path, data, **settings)


def recorded(url: str, endpoint: str) -> tuple[Objects, Recording]:
    objects = open_objects(url, environment(endpoint))
    recording = Recording(objects)
    objects._store = recording  # type: ignore[assignment]
    return objects, recording


def publish(office: Office, target: Objects | Path) -> int:
    with office.desk() as desk:
        return desk.publish(target).checkpoint.size


def judged(office: Office, endpoint: str, url: str) -> Verdict:
    with office.desk(writing=False) as desk:
        trust = parse_trust(desk.trust().encode())
    return audit(HttpSource(f"{endpoint}/{url.removeprefix('s3://')}"), trust, workers=1)


def beat(office: Office) -> None:
    office.record("heartbeat", ["org"], {}, "ceo")


def files(objects: Objects, path: str = "") -> dict[str, bytes]:
    found = {}
    for item in itertools.chain.from_iterable(objects._store.list(path or None)):
        found[item["path"]] = objects.read(item["path"]) or b""
    return found


def test_objects_are_the_files_of_a_directory(
    office: Office, endpoint: str, url: str, tmp_path: Path
) -> None:
    public = tmp_path / "public"
    objects = open_objects(url, environment(endpoint))
    assert publish(office, objects) == publish(office, public)
    assert files(objects) == {
        str(path.relative_to(public)): path.read_bytes() for path in public.rglob("*") if path.is_file()
    }
    verdict = judged(office, endpoint, url)
    assert verdict.error is None


def test_it_goes_on_from_there_and_the_checkpoint_is_put_last(
    office: Office, endpoint: str, url: str
) -> None:
    objects, recording = recorded(url, endpoint)
    first = publish(office, objects)
    assert recording.puts[-1] == "checkpoint"
    assert recording.puts.count("checkpoint") == 1
    recording.puts.clear()
    assert publish(office, objects) == first
    assert recording.puts == []
    beat(office)
    objects, recording = recorded(url, endpoint)
    assert publish(office, objects) == first + 1
    assert recording.puts[-1] == "checkpoint"
    assert judged(office, endpoint, url).log.size == first + 1


def test_partial_tiles_that_are_full_are_removed(office: Office, endpoint: str, url: str) -> None:
    objects = open_objects(url, environment(endpoint))
    size = publish(office, objects)
    with office.desk() as desk:
        for _ in range(260):
            desk.submit([desk.draft("heartbeat", ["org"], {}, person="ceo")])
    publish(office, objects)
    beat(office)
    publish(office, objects)
    held = files(objects)
    assert f"tile/entries/000.p/{size}" not in held
    assert "tile/entries/000" in held
    assert judged(office, endpoint, url).error is None


def test_how_objects_are_served(office: Office, endpoint: str, url: str) -> None:
    objects = open_objects(url, environment(endpoint))
    size = publish(office, objects)

    def served(path: str) -> tuple[str, str]:
        found = objects._store.get(path).attributes
        return found["Cache-Control"], found["Content-Type"]

    assert served("checkpoint") == ("no-cache", "text/plain; charset=utf-8")
    assert served("checkpoints/index")[0] == served("bodies/000")[0] == "no-cache"
    assert "immutable" in served(f"tile/entries/000.p/{size}")[0]


# -- two at once


def test_of_two_publications_the_slower_one_takes_nothing_back(
    office: Office, endpoint: str, url: str
) -> None:
    publish(office, open_objects(url, environment(endpoint)))
    beat(office)
    slow, recording = recorded(url, endpoint)

    def other() -> None:
        beat(office)
        publish(office, open_objects(url, environment(endpoint)))

    recording.before["checkpoint"] = other
    with (
        office.desk(writing=False) as desk,
        pytest.raises(Conflict, match=r"has written .*/checkpoint meanwhile"),
    ):
        desk.publish(slow)
    with office.desk(writing=False) as desk:
        assert judged(office, endpoint, url).log.size == desk.size


def test_a_new_ledger_is_not_written_over_one_that_came_meanwhile(
    office: Office, endpoint: str, url: str
) -> None:
    slow, recording = recorded(url, endpoint)
    recording.before["checkpoint"] = lambda: publish(office, open_objects(url, environment(endpoint)))
    with office.desk(writing=False) as desk, pytest.raises(Conflict):
        desk.publish(slow)
    assert judged(office, endpoint, url).error is None


def test_a_pack_of_bodies_only_grows(endpoint: str, url: str) -> None:
    one, two = (open_objects(url, environment(endpoint)) for _ in range(2))
    with one.held(0), two.held(0):
        one.write("bodies/000", b"aaaabbbb")
        one.sync()
        two.write("bodies/000", b"aaaa")
        two.sync()
        assert two.read("bodies/000") == b"aaaabbbb"
        # A body was erased: no beginning of the other.
        two.write("bodies/000", b"aaaa0000cccc")
        two.sync()
    assert one.read("bodies/000") == b"aaaa0000cccc"


def test_a_pack_that_changes_under_ones_hands_is_a_conflict(endpoint: str, url: str) -> None:
    one, recording = recorded(url, endpoint)
    two = open_objects(url, environment(endpoint))

    def other() -> None:
        with two.held(0):
            two.write("bodies/000", b"longer than that")

    recording.before["bodies/000"] = other
    with one.held(0):
        one.write("bodies/000", b"that")
        with pytest.raises(Conflict):
            one.sync()
    assert one.read("bodies/000") == b"longer than that"


# -- failures


def test_whatever_put_fails_readers_find_the_older_state(office: Office, endpoint: str, url: str) -> None:
    needed = 6  # Bundle, tile, pack, retained note, list, checkpoint.
    for fails_at in range(needed):
        publish(office, open_objects(f"{url}-{fails_at}", environment(endpoint)))
    beat(office)
    for fails_at in range(needed):
        objects, recording = recorded(f"{url}-{fails_at}", endpoint)
        recording.fails_at = fails_at
        with pytest.raises(StorageFailed, match="connection reset"):
            publish(office, objects)
        before = judged(office, endpoint, f"{url}-{fails_at}").log.size
        recording.fails_at = None
        size = publish(office, objects)
        assert before == size - 1
        verdict = judged(office, endpoint, f"{url}-{fails_at}")
        assert (verdict.error, verdict.log.size) == (None, size)


def test_a_bucket_that_is_not_there(office: Office, endpoint: str) -> None:
    objects = open_objects("s3://nobodys/ledger", environment(endpoint))
    with pytest.raises(StorageFailed, match=r"in s3://nobodys/ledger: ") as caught:
        publish(office, objects)
    assert len(str(caught.value)) < 400
    found = as_attest_error(caught.value)
    assert found is not None
    assert found.exit_code == 5


def test_something_else_is_left_alone(office: Office, endpoint: str, url: str) -> None:
    objects = open_objects(url, environment(endpoint))
    with objects.held(0):
        objects.write("letters/one", b"dear")
    with pytest.raises(PublishRefused, match=r"has no checkpoint, but something else: 'letters'"):
        publish(office, objects)
    with pytest.raises(ValueError, match="within `held` only"):
        objects.write("a", b"b")


@pytest.mark.parametrize(
    "url",
    [
        "s3://", "s3:///x", "s3://UPPER/x", "s3://id:secret@bucket/x", "s3://bucket/a//b", "s3://bucket/../x",
        "s3://bucket/x?y", "s3://b", "gs://bucket/x",
    ],
)  # fmt: skip
def test_urls_that_name_no_place(url: str) -> None:
    with pytest.raises(BadObjects, match="names no place for objects") as caught:
        open_objects(url, environment("http://127.0.0.1:9"))
    assert "secret" not in str(caught.value)
    found = as_attest_error(caught.value)
    assert isinstance(found, UsageError)


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadObjects, match="AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY is not set"):
        open_objects("s3://bucket/x", {})
    monkeypatch.setitem(sys.modules, "obstore.store", None)
    with pytest.raises(BadObjects, match="needs the extra s3") as caught:
        open_objects("s3://bucket/x", environment("http://127.0.0.1:9"))
    assert caught.value.hint == "pip install 'plimsoll[s3]'"


# -- with all else


def test_time_stamps_are_put_as_well(office: Office, endpoint: str, url: str, tmp_path: Path) -> None:
    authority = Authority(tmp_path / "tsa")
    (office.path / "tsa.pem").write_text(authority.roots)
    with authority.serve(authority.answer_at(lambda: office.clock.time_ms)) as where:
        with (office.path / "plimsoll.toml").open("a") as file:
            file.write(f'[authorities.tsa]\nurl = "{where}"\nroots = "tsa.pem"\n')
        objects = open_objects(url, environment(endpoint))
        with office.desk() as desk:
            desk.publish(objects)
            found = desk.anchor(objects)
    assert found is not None
    assert found.names == ["tsa"]
    verdict = judged(office, endpoint, url)
    assert (verdict.log.time_basis, verdict.log.anchors.authorities) == ("tsa", {"tsa"})


def test_the_command(office: Office, endpoint: str, url: str) -> None:
    beat(office)
    command = [
        str(Path(sys.executable).with_name("plimsoll")),
        "--home",
        str(office.path),
        "--json",
        "publish",
    ]
    env = {"PLIMSOLL_PASSPHRASE": "words for tests", **environment(endpoint)}
    done = subprocess.run(
        [*command, "--to", url], capture_output=True, text=True, check=False, timeout=60, env=env
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["directory"] == url
    assert "secret" not in done.stdout + done.stderr
    assert judged(office, endpoint, url).log.size == told["size"]
    with (office.path / "plimsoll.toml").open("a") as file:
        file.write(f'publish_to = "{url}"\n')
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)
    assert json.loads(done.stdout)["directory"] == url
    del env["AWS_SECRET_ACCESS_KEY"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=env)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["message"] == "AWS_SECRET_ACCESS_KEY is not set"
