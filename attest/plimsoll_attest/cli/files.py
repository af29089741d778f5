"""Read and write the files that commands name: `-` is a stream, and nothing is overwritten unasked."""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plimsoll_attest.cli.app import App
from plimsoll_attest.durable import open_part, sync_file, sync_folder
from plimsoll_attest.errors import UsageError
from plimsoll_attest.openers import open_at_once

if TYPE_CHECKING:
    from plimsoll_attest.views import EvidenceFile

MAX_BYTES: Final = 16 << 20
_BLOCK: Final = 1 << 20


def read_file(app: App, name: str) -> bytes:
    """Return a file's bytes, or standard input's for `-`.

    Raises:
        UsageError: If it is not there, is no file, or holds more than 16 MiB.
    """
    if name == "-":
        data = app.console.stdin.read(MAX_BYTES + 1).encode("utf-8", "surrogateescape")
    else:
        try:
            with open(app.cwd / name, "rb", opener=open_at_once) as stream:
                data = stream.read(MAX_BYTES + 1)
        except FileNotFoundError:
            raise UsageError(f"there is no file {name}", "check the path") from None
        except IsADirectoryError:
            raise UsageError(f"{name} is a directory, not a file", "name the file in it") from None
        except PermissionError:
            raise UsageError(f"{name} may not be read", "check who owns it and its permissions") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{name} holds more than {MAX_BYTES >> 20} MiB", "is it the right file?")
    return data


def check_output(app: App, name: str, *, force: bool) -> None:
    """Refuse, before any work is done, to write over a file or into a folder that is not there.

    Raises:
        UsageError: If something is there already and `--force` was not given, or there is no such folder.
    """
    if name == "-":
        return
    path = app.cwd / name
    if path.is_dir():
        raise UsageError(f"{name} is a directory, not a file", "name the file to write in it")
    if not force and os.path.lexists(path):
        raise UsageError(f"{name} exists already", "use --force to write over it, or another name")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}", "make it first")


def write_output(app: App, name: str, data: bytes, *, force: bool) -> None:
    """Write a file whole or not at all; `-` is standard output.

    Raises:
        UsageError: As `check_output`.
    """
    check_output(app, name, force=force)
    if name == "-":
        app.console.raw(data.decode())
        return
    path = app.cwd / name
    part, stream = open_part(path)
    try:
        with stream:
            stream.write(data)
            sync_file(stream)
        if force:
            part.replace(path)
        else:
            # A link refuses what a rename would overwrite: another process may have made the file meanwhile.
            os.link(part, path)
        sync_folder(path.parent)
    except FileExistsError:
        raise UsageError(f"{name} exists already", "use --force to write over it, or another name") from None
    finally:
        part.unlink(missing_ok=True)


def evidence_file(path: Path) -> "EvidenceFile":
    """Return a file with its digest and size.

    Raises:
        UsageError: If it is not there or is no regular file.
    """
    from plimsoll_attest.views import EvidenceFile

    if not path.is_file():
        raise UsageError(f"there is no file {path}", "check the path")
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return EvidenceFile(path, path.name, digest.hexdigest(), size)
