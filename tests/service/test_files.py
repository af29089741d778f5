"""What is served while a publication is under way: what the checkpoint on disk implies, nothing beyond."""

import asyncio
from pathlib import Path

from starlette.requests import Request
from tests.support.forge import Forge

from plimsoll_ledger.service.files import Files


def status_of(files: Files, path: str) -> int:
    scope = {"type": "http", "method": "GET", "path": f"/{path}", "headers": [], "query_string": b""}
    return asyncio.run(files.answer(Request({**scope, "server": ("test", 80), "scheme": "http"}))).status_code


def test_a_reader_of_the_newest_checkpoint_need_not_wait_for_its_publication_to_end(tmp_path: Path) -> None:
    """The checkpoint is on disk, and who publishes has not come back to say so."""
    forge = Forge()
    forge.enrol("eva", "evaluator")
    forge.publish(tmp_path)
    files = Files(tmp_path, lambda: 2)
    assert status_of(files, "tile/0/000.p/4") == 200
    assert status_of(files, "bodies/000") == 200
    # What lies there of a publication that has not shown its checkpoint is not there yet.
    later = tmp_path / "tile/0/000.p/5"
    later.write_bytes(bytes(160))
    assert status_of(files, "tile/0/000.p/5") == 404
    (tmp_path / "checkpoint").unlink()
    assert status_of(files, "tile/0/000.p/4") == 404
    assert status_of(Files(tmp_path, lambda: 4), "tile/0/000.p/4") == 200
