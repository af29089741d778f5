"""Reading a forged ledger with the verifier's core: steps 10.2 to 10.6, without any judgement."""

from pathlib import Path

from plimsoll_verify.audit import verify_entries, verify_newest
from plimsoll_verify.errors import VerificationError
from plimsoll_verify.record import Record
from plimsoll_verify.source import DirectorySource, NotFound, Source
from plimsoll_verify.trust import parse_trust
from tests.support.forge import Forge


class FilesSource:
    """A published ledger in memory."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files

    def read(self, path: str, limit: int, offset: int = 0) -> bytes:
        """Return a piece of a file."""
        if path not in self.files:
            raise NotFound("no file")
        return self.files[path][offset : offset + limit]

    def list_retained(self) -> list[int]:
        """Return the sizes under checkpoints/."""
        return sorted(int(path.split("/")[1]) for path in self.files if path.startswith("checkpoints/"))

    def list_anchors(self) -> list[tuple[int, str]]:
        """Return size and authority of the files under anchors/."""
        found = [path.split("/")[1:] for path in self.files if path.startswith("anchors/")]
        return sorted((int(size), name.removesuffix(".tsr")) for size, name in found)


def read_source(source: Source, trust: str, workers: int | None = 1) -> list[Record]:
    """Return the records of a ledger; raises what rejects it."""
    parsed = parse_trust(trust.encode())
    records: list[Record] = []
    checkpoint, _ = verify_newest(source, parsed)
    verify_entries(source, parsed, checkpoint, records.append, workers=workers)
    return records


def read_directory(directory: Path, trust: str, workers: int | None = 1) -> list[Record]:
    """Return the records of a published ledger; raises what rejects it."""
    return read_source(DirectorySource(directory), trust, workers)


def read_forge(forge: Forge, directory: Path, workers: int | None = 1) -> list[Record]:
    """Publish a forged ledger and return its records; raises what rejects it."""
    return read_directory(directory, forge.publish(directory), workers)


def rejection(directory: Path, trust: str, workers: int | None = 1) -> VerificationError:
    """Return what rejects a published ledger; fails if nothing does."""
    try:
        records = read_directory(directory, trust, workers)
    except VerificationError as error:
        return error
    raise AssertionError(f"not rejected, but read: {len(records)} records")


def last_fault(forge: Forge, directory: Path) -> str:
    """Publish a forged ledger and return the fault of its last entry; fails if another one has any."""
    *others, last = read_forge(forge, directory)
    assert [record.fault for record in others if record.fault] == []
    return last.fault
