"""The company runs the service, and loses a statement that it does not like."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

from tests.support.served import make_office, serve

from plimsoll_verify import cli


def test_an_unwelcome_statement_is_lost_after_it_was_taken(tmp_path: Path, capsys: Any) -> None:
    office = make_office(tmp_path / "home")
    honest = office.copy_to(tmp_path / "before")
    # Taken, durable, acknowledged: the submitter goes home with a receipt that is due at once.
    with serve(office, tmp_path / "public", "--receipt-within", "0", "--publish-every", "3600") as served:
        told = served.submit(served.draft(1)).json()["statements"][0]
    assert told["status"] == "appended"
    (tmp_path / "receipt").write_text(told["receipt"])
    # The home is put back to what it was before, with all that it remembers; nothing was published since.
    # The log is sound in itself.
    shutil.rmtree(office.path)
    office = honest.copy_to(tmp_path / "home")
    time.sleep(1.1)
    office.clock.time_ms = time.time_ns() // 1_000_000
    with office.desk() as desk:
        desk.submit(
            [desk.draft("model-registered", [f"model:{2:032x}"], {"name": "m"}, person="evaluator-1")]
        )
        desk.publish(tmp_path / "other")
        (tmp_path / "trust.toml").write_text(desk.trust())

    argv = ["log", str(tmp_path / "other"), "--trust", str(tmp_path / "trust.toml"), "--json"]
    assert cli.run(argv) == 3, "nobody sees it in the log"
    capsys.readouterr()
    assert cli.run([*argv, "--receipt", str(tmp_path / "receipt")]) == 1
    verdict = json.loads(capsys.readouterr().out)
    (found,) = [one for one in verdict["findings"] if one["level"] == "violation"]
    assert (found["code"], found["ended_by"]) == ("V39", "open")
    assert told["id"] in found["message"]
