"""Bodies, texts and evidence files, each kept under its own digest in the ledger home.

    body/<hh>/<sha256>        detached bodies, policy documents, and the texts that structural kinds point to
    evidence/<hh>/<sha256>    files such as evaluation logs, byte for byte
    body.sqlite3              small bodies that a service took, some thousands a second; see `smallbodies`

A file's name is the digest of its content, so that nothing can be changed in place unnoticed, the same
content is kept once, and erasing one file erases one thing. All reads check the digest.
"""

import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from plimsoll_attest.canonical import NotCanonical, format_canonical, parse_canonical
from plimsoll_attest.durable import (
    add_file,
    could_not,
    make_folder,
    open_part,
    sync_file,
    sync_folder,
    write_file,
)
from plimsoll_attest.errors import CouldNotRun
from plimsoll_attest.smallbodies import MOST as MOST_SMALL
from plimsoll_attest.smallbodies import SmallBodies
from plimsoll_attest.views import EvidenceFile

MAX_BODY_SIZE = 8 << 20
"""Bytes of a detached body (SPEC 1.8)."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_CHUNK_SIZE = 1 << 20


class ContentStore:
    """A folder of files that are named by the SHA-256 of their content, and small contents beside it."""

    def __init__(self, path: Path) -> None:
        """Take the folder, which is made with the first file."""
        self.path = path
        self._small = SmallBodies(path.with_name(f"{path.name}.sqlite3"))

    def close(self) -> None:
        """Close what is open; it is opened again when needed."""
        self._small.close()

    def locate(self, sha256: str) -> Path:
        """Return where the content of a digest lies, whether or not it does.

        Raises:
            ValueError: If it is not 64 lower-case hex digits.
        """
        if _DIGEST.fullmatch(sha256) is None:
            raise ValueError(f"{sha256[:80]!r} is not a digest")
        return self.path / sha256[:2] / sha256

    def holds(self, sha256: str) -> bool:
        """Say whether there is content of this digest; it is not read."""
        # Asked for each statement, and half the time of a Path's.
        return os.path.isfile(self.locate(sha256)) or self._small.holds(sha256)  # noqa: PTH113

    def put(self, data: bytes) -> str:
        """Keep content and return its digest once it would survive a loss of power.

        Raises:
            CouldNotRun: If it cannot be written; then nothing of it stays.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if self.get(sha256) is None:
            write_file(self.locate(sha256), data)
        return sha256

    def add(self, contents: Mapping[str, bytes]) -> set[str]:
        """Keep contents, some hundred at once, under the digests that the caller has just computed.

        Returns:
            The digests of those that were not here, once all would survive a loss of power.

        Raises:
            CouldNotRun: If one cannot be written; small ones are then all kept, or none is.
        """
        missing = {key: data for key, data in contents.items() if not self.locate(key).is_file()}
        small = {key: data for key, data in missing.items() if len(data) <= MOST_SMALL}
        new = self._small.add(small) if small else set()
        for sha256 in missing.keys() - small.keys():
            add_file(self.locate(sha256).parent, sha256, missing[sha256])
            new.add(sha256)
        return new

    def put_file(self, file: EvidenceFile) -> None:
        """Keep a copy of a file that must have the digest and size it was announced with.

        Raises:
            CouldNotRun: If it cannot be read or written, or is no longer what it was; nothing of it stays.
        """
        target = self.locate(file.sha256)
        if target.is_file() and target.stat().st_size == file.size:
            return
        try:
            make_folder(target.parent)
            with file.path.open("rb") as source:
                part, copy = open_part(target)
                try:
                    digest, size = hashlib.sha256(), 0
                    with copy:
                        while chunk := source.read(_CHUNK_SIZE):
                            copy.write(chunk)
                            digest.update(chunk)
                            size += len(chunk)
                        sync_file(copy)
                    if (digest.hexdigest(), size) != (file.sha256, file.size):
                        raise CouldNotRun(
                            f"{file.path} changed while it was being recorded", "import it again"
                        )
                    part.replace(target)
                except BaseException:
                    part.unlink(missing_ok=True)
                    raise
            sync_folder(target.parent)
        except OSError as error:
            raise could_not(f"keep {file.path} as evidence", error) from None

    def remove(self, sha256: str) -> None:
        """Remove the content of a digest, if it is here: withdrawn before it was recorded, or erased."""
        try:
            self.locate(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise could_not(f"remove {self.locate(sha256)}", error) from None
        self._small.remove(sha256)

    def erase(self, sha256s: Collection[str]) -> set[str]:
        """Remove contents for good; return which of them were here, once no crash brings them back.

        Raises:
            CouldNotRun: If one cannot be removed; doing it again does the rest.
        """
        found = {sha256 for sha256 in sha256s if self.holds(sha256)}
        try:
            for path in map(self.locate, sha256s):
                path.unlink(missing_ok=True)
                if path.parent.is_dir():
                    sync_folder(path.parent)
        except OSError as error:
            raise could_not(f"erase from {self.path}", error) from None
        self._small.erase(sha256s)
        return found

    def get(self, sha256: str) -> bytes | None:
        """Return the content of a digest, or None if it is not here.

        Raises:
            CouldNotRun: If the file has another digest than its name says, or cannot be read.
        """
        path = self.locate(sha256)
        try:
            data: bytes | None = path.read_bytes()
        except FileNotFoundError:
            data, path = self._small.get(sha256), self._small.path
        except OSError as error:
            raise could_not(f"read {path}", error) from None
        if data is not None and hashlib.sha256(data).hexdigest() != sha256:
            hint = "restore it from a backup, or remove it: the body then counts as withheld"
            where = path if path.name == sha256 else f"{sha256} in {path}"
            raise CouldNotRun(f"{where} was changed or damaged: its digest is not its name", hint)
        return data

    def verify(self, sha256: str) -> None:
        """Compare content of any size with its digest; nothing to compare is as it should be.

        Raises:
            CouldNotRun: If the file has another digest than its name says, or cannot be read.
        """
        path = self.locate(sha256)
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            self.get(sha256)
            return
        except OSError as error:
            raise could_not(f"read {path}", error) from None
        if found != sha256:
            hint = "restore it from a backup, or remove it: the file then counts as withheld"
            raise CouldNotRun(f"{path} was changed or damaged: its digest is not its name", hint)

    def digests(self) -> Iterator[str]:
        """Yield the digest of all content that is here, in no order.

        Raises:
            CouldNotRun: If the folder cannot be read.
        """
        yield from self._small.digests()
        try:
            for folder in sorted(self.path.iterdir()) if self.path.is_dir() else ():
                names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
                yield from (name for name in names if name[:2] == folder.name and _DIGEST.fullmatch(name))
        except OSError as error:
            raise could_not(f"read {self.path}", error) from None

    def get_tree(self, sha256: str) -> dict[str, Any] | None:
        """Return a body as a tree, or None if it is not here.

        Raises:
            CouldNotRun: As `get`; also if it is not a canonical object.
        """
        data = self.get(sha256)
        if data is None:
            return None
        try:
            tree = parse_canonical(data)
        except NotCanonical as error:
            raise CouldNotRun(f"body {sha256} is {error}") from None
        if not isinstance(tree, dict):
            raise CouldNotRun(f"body {sha256} is not an object")
        return tree


def format_text(text: str, salt: bytes) -> bytes:
    """Return the document that keeps a written text, salted so that its digest tells nobody a short text.

    Args:
        text: What somebody wrote.
        salt: 32 random bytes.
    """
    return format_canonical({"salt": salt.hex(), "text": text})


def bodies_for(store: ContentStore, digests: Iterable[str]) -> Iterator[bytes]:
    """Yield the body of each digest for publication; empty where it is inline, withheld or erased.

    Args:
        store: The home's bodies.
        digests: Hex, one an entry; an empty text where the body is inline.

    Raises:
        CouldNotRun: If a body is damaged.

    Source: SPEC 2.3, 4.6.
    """
    for sha256 in digests:
        yield (store.get(sha256) or b"") if sha256 else b""
