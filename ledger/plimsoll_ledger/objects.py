"""Publish to objects under a prefix of S3-compatible storage.

Each file is one object; what is put is whole and durable when the store has answered, and several are put
at once. There is no lock, so two publications can be under way (from two hosts that share a database). What
keeps them from harm:

    checkpoint   is put on the condition that it still is the one that was read: the slower one fails, and
                 neither takes the other's back
    bodies/<N>   only ever grows: one that begins with what would be put stays, and any other is put on the
                 condition that it still is the one that was compared
    all else     both write alike, or it is complete again after the next publication (`checkpoints/index`)

Credentials come from the environment (AWS_ACCESS_KEY_ID and so on), never from a URL. The extra
`plimsoll[s3]` is needed.

Source: SPEC 2.3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from plimsoll_ledger.errors import Conflict, LedgerError, StorageFailed

if TYPE_CHECKING:
    from obstore.store import S3Store

SCHEME = "s3://"
PARALLEL = 8
"""How many objects are put at once."""

_TIMEOUT_S = 30
_IN_FLIGHT = 64
_FOR_EVER = "public, max-age=31536000, immutable"
_is_url = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/-]*))?").fullmatch


class BadObjects(LedgerError):
    """A URL that names no place for objects, or nothing to reach it with."""


class Objects:
    """A prefix in a bucket, as a `target.Target`."""

    def __init__(self, store: S3Store, name: str) -> None:
        """Take a client for the prefix; see `open_objects`."""
        self._store = store
        self._name = name
        self._pool: ThreadPoolExecutor | None = None
        self._under_way: list[Future[None]] = []
        self._tags: dict[str, str | None] = {}
        self._written = 0

    @property
    def name(self) -> str:
        """Return the URL."""
        return self._name

    @property
    def written(self) -> int:
        """Return how many objects were put so far."""
        return self._written

    @contextmanager
    def held(self, timeout_s: float) -> Iterator[None]:  # noqa: ARG002 - nobody can be kept out, or waited for.
        """Wait for all that is under way when the block ends, however it ends."""
        self._tags.clear()
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="plimsoll-put")
        try:
            yield
        finally:
            for put in self._under_way:
                put.cancel()
            self._under_way.clear()
            self._pool.shutdown(wait=True)
            self._pool = None

    def names(self, path: str = "") -> Iterator[str]:
        """Yield the names directly under a prefix."""
        with self._translated(path or "the prefix"):
            found = self._store.list_with_delimiter(f"{path}/" if path else None)
        for place in (*found["common_prefixes"], *(item["path"] for item in found["objects"])):
            yield place.rstrip("/").rpartition("/")[2]

    def read(self, path: str) -> bytes | None:
        """Return an object's bytes, or None if there is none; remembers which one it was at first."""
        data, tag = self._get(path)
        self._tags.setdefault(path, tag)
        return data

    def _get(self, path: str) -> tuple[bytes | None, str | None]:
        with self._translated(path):
            try:
                found = self._store.get(path)
                return bytes(found.bytes()), found.meta["e_tag"]
            except FileNotFoundError:
                return None, None

    def write(self, path: str, data: bytes) -> None:
        """Put an object, soon; `sync` waits for it. Only within `held`."""
        if self._pool is None:
            raise ValueError("objects are written within `held` only")
        if len(self._under_way) >= _IN_FLIGHT:
            self._under_way.pop(0).result()
        put = self._grow if path.startswith("bodies/") else self._put
        self._under_way.append(self._pool.submit(put, path, data))
        self._written += 1

    def _put(self, path: str, data: bytes) -> None:
        with self._translated(path):
            self._store.put(path, data, attributes=_attributes(path), use_multipart=False)

    def _grow(self, path: str, data: bytes) -> None:
        """Put an object unless the one that is there begins with it already."""
        there, tag = self._get(path)
        if there is None or not there.startswith(data):
            self._put_over(path, data, tag)

    def _put_over(self, path: str, data: bytes, tag: str | None) -> None:
        """Put an object over the one of that tag, or where there is none.

        Raises:
            Conflict: if another one is there by now.
        """
        from obstore.exceptions import AlreadyExistsError, PreconditionError  # noqa: PLC0415 - an extra.

        mode: Any = "create" if tag is None else {"e_tag": tag}
        with self._translated(path):
            try:
                done = self._store.put(
                    path, data, attributes=_attributes(path), use_multipart=False, mode=mode
                )
            except (AlreadyExistsError, PreconditionError) as error:
                raise Conflict(
                    f"another publication has written {self._name}/{path} meanwhile",
                    hint="publish again: it goes on from there",
                ) from error
        self._tags[path] = done["e_tag"]

    def write_head(self, path: str, data: bytes) -> None:
        """Put an object over the one that was read, or where there was none; nothing else is under way then.

        Raises:
            Conflict: if another one is there by now.
        """
        self.sync()
        self._put_over(path, data, self._tags.get(path))
        self._written += 1

    def sync(self) -> None:
        """Return when all that was put is there."""
        while self._under_way:
            self._under_way.pop(0).result()

    def remove_tree(self, path: str) -> None:
        """Remove the objects directly under a path."""
        paths = [f"{path}/{name}" for name in self.names(path)]
        if paths:
            with self._translated(path):
                self._store.delete(paths)

    @contextmanager
    def _translated(self, path: str) -> Iterator[None]:
        from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra.

        try:
            yield
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise StorageFailed(
                f"cannot reach {path} in {self._name}: {_first_words(error)}",
                hint="readers still find the older state; look at the bucket, the region and the credentials",
            ) from error


def open_objects(url: str, env: Mapping[str, str]) -> Objects:
    """Return a place to publish to.

    Args:
        url: `s3://<bucket>/<prefix>`.
        env: Where credentials, region and endpoint are taken from: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
            AWS_SESSION_TOKEN, AWS_REGION, AWS_ENDPOINT_URL. Nothing else is asked for.

    Raises:
        BadObjects: if the URL is none, something is missing, or the extra is not installed.
    """
    found = _is_url(url)
    prefix = (found[2] or "").strip("/") if found is not None else ""
    if found is None or "//" in prefix or {".", ".."} & set(prefix.split("/")):
        raise BadObjects(
            f"{url.partition('@')[2] or url} names no place for objects",
            hint="write s3://BUCKET/PREFIX; credentials are taken from the environment",
        )
    missing = [name for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY") if not env.get(name)]
    if missing:
        raise BadObjects(
            f"{' and '.join(missing)} is not set", hint="credentials are taken from the environment"
        )
    try:
        from obstore.store import S3Store  # noqa: PLC0415 - an extra.
    except ImportError:
        raise BadObjects("s3:// needs the extra s3", hint="pip install 'plimsoll[s3]'") from None
    endpoint = env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL") or None
    given: dict[str, Any] = {
        "prefix": prefix,
        "session_token": env.get("AWS_SESSION_TOKEN"),
        "endpoint": endpoint,
    }
    store = S3Store(
        found[1],
        **{name: value for name, value in given.items() if value},
        access_key_id=env["AWS_ACCESS_KEY_ID"],
        secret_access_key=env["AWS_SECRET_ACCESS_KEY"],
        region=env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1",
        client_options={
            "timeout": timedelta(seconds=_TIMEOUT_S),
            "allow_http": endpoint is not None and endpoint.startswith("http://"),
        },
        retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=_TIMEOUT_S)},
    )
    return Objects(store, url.rstrip("/"))


def _attributes(path: str) -> Any:
    """Return how an object is served: what never changes may be kept for ever, the rest is asked for anew."""
    is_fixed = path.startswith("tile/") or (path.startswith("anchors/") and path.endswith(".tsr"))
    is_text = path.startswith("checkpoint") or path.endswith("/index")
    kind = "text/plain; charset=utf-8" if is_text else "application/octet-stream"
    return {
        "Content-Type": "application/timestamp-reply" if path.endswith(".tsr") else kind,
        "Cache-Control": _FOR_EVER if is_fixed else "no-cache",
    }


def _first_words(error: BaseException) -> str:
    """Return the beginning of what a client says, which can be a page long."""
    words = " ".join(str(error).split("\n")[0].split())
    return words[:200] or type(error).__name__
