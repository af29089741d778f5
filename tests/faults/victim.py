"""The process that faults are injected into: it appends and publishes, and says what it was told is durable.

It is forked from a parent that has imported everything, opened nothing, and stops before it begins, so that
strace can be attached: then the first system call it counts is the first that the ledger's own code makes.
"""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from tests.support.office import Office

Sabotage = Callable[[], None]


def start(office: Office, public: Path, said: Path, sabotage: Sabotage | None = None) -> int:
    """Fork a victim that has stopped itself; returns its process id.

    Args:
        office: a home of its own.
        public: where it publishes.
        said: a file that it writes to what it was told is durable, a line each.
        sabotage: changes the code that it runs.
    """
    acknowledge = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    child = os.fork()
    if child:
        os.close(acknowledge)
        os.waitpid(child, os.WUNTRACED)
        return child
    code = 70
    try:
        os.kill(os.getpid(), signal.SIGSTOP)
        if sabotage is not None:
            sabotage()
        work(office, public, acknowledge)
        code = 0
    except BaseException:  # noqa: BLE001 - whatever it is, this process ends here.
        traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(code)


def work(office: Office, public: Path, acknowledge: int) -> None:
    """Append one statement, then three at once across the border of a tile, then publish."""
    for count in (1, 3):
        with office.desk() as desk:
            drafts = [desk.draft("heartbeat", [f"org:{desk.origin}"], {}, person="rso") for _ in range(count)]
            receipts = desk.submit(drafts)
        for receipt, draft in zip(receipts, drafts, strict=True):
            os.write(acknowledge, f"entry {receipt.index} {draft.statement_id}\n".encode())
    with office.desk() as desk:
        size = desk.publish(public).checkpoint.size
    os.write(acknowledge, f"published {size}\n".encode())
