"""Real witness processes: killed at each step between the first check and the answer, and two on one state.

Whatever is killed when: the next process holds the old head or the new one, cosigns nothing that does not
continue it, and gives the log its cosignature when asked again.
"""

import http.client
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.ledger.kit import ORIGIN
from tests.unit.ledger.witnesskit import Log

from plimsoll_keys.files import FileSigner, generate_signer
from plimsoll_ledger.cosignature import cosigner_vkey, find_cosignatures
from plimsoll_ledger.note import parse_note, parse_signature_lines
from plimsoll_ledger.witness.state import State

NAME = "witness.example/w1"
LOG = Log(400)
FORK = LOG.forked(400)

# Serves a witness; at the given step of the request with the given number it kills itself.
SERVE = """
import os, signal, sys
from pathlib import Path
from plimsoll_ledger.clock import SystemClock
from plimsoll_ledger.witness import core, server
from plimsoll_ledger.witness.app import make_app
from plimsoll_ledger.witness.state import State
from tests.unit.ledger.test_witness_processes import read_signer

folder, step, when = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
state = State.open(folder / "state.sqlite3")
witness = core.Witness(state, read_signer(folder), SystemClock())
armed = [False]
if step:
    owner = core if step == "sign_cosignature" else State
    real = getattr(owner, step)
    def killed(*args, **kwargs):
        if not armed[0]:
            return real(*args, **kwargs)
        if when == "after":
            real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, step, killed)
listening = server.bind("127.0.0.1", 0)
def started():
    print(listening.getsockname()[1], flush=True)
def report(answered):
    armed[0] = True
server.serve(make_app(witness, report), listening, started=started)
"""


def read_signer(folder: Path) -> FileSigner:
    # As it is, unlocked: what bcrypt takes is not what is tried here.
    return generate_signer(NAME, lambda _size: (folder / "seed").read_bytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "seed").write_bytes(random.randbytes(32))
    state = State.create(tmp_path / "state.sqlite3", cosigner_vkey(read_signer(tmp_path)))
    state.follow([LOG.vkey])
    state.close()
    return tmp_path


@contextmanager
def serving(folder: Path, step: str = "", when: str = "") -> Iterator[tuple[subprocess.Popen[str], int]]:
    root = Path(__file__).parents[3]
    paths = [str(root), str(root / "keys"), str(root / "ledger")]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(folder), step, when],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
    )
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=120)


def ask(port: int, body: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    try:
        connection.request("POST", "/add-checkpoint", body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def check_cosigned(folder: Path, size: int, answer: tuple[int, bytes]) -> None:
    status, body = answer
    assert status == 200, body
    text = parse_note(LOG.note(size)).text
    vkey = cosigner_vkey(read_signer(folder))
    assert len(find_cosignatures(text, parse_signature_lines(body.decode()), [vkey])) == 1


KILLED = [
    ("held", "before", 40),
    ("advance", "before", 40),
    ("advance", "after", 300),  # Persisted, and nothing signed.
    ("sign_cosignature", "after", 300),  # Signed, and nobody was told.
    ("keep_cosigned", "after", 300),
]


@pytest.mark.parametrize(("step", "when", "held"), KILLED)
def test_killed_between_two_steps(folder: Path, step: str, when: str, held: int) -> None:
    with serving(folder, step, when) as (process, port):
        check_cosigned(folder, 40, ask(port, LOG.request(0, 40)))
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            ask(port, LOG.request(40, 300))
        assert process.wait(timeout=120) == -signal.SIGKILL
    state = State.open(folder / "state.sqlite3")
    assert state.held(ORIGIN).size == held
    state.close()
    with serving(folder) as (_, port):
        # Of the other history nothing is cosigned, whichever size is held.
        for old_size, size in ((0, 40), (40, 40), (40, 300), (300, 300), (300, 400)):
            assert ask(port, FORK.request(old_size, size))[0] in {409, 422}
        # The log asks as it did, learns what is held, and gets its cosignature.
        status, body = ask(port, LOG.request(40, 300))
        if held == 300:
            assert (status, body) == (409, b"300\n")
            status, body = ask(port, LOG.request(300, 300))
        check_cosigned(folder, 300, (status, body))
        check_cosigned(folder, 400, ask(port, LOG.request(300, 400)))


def test_two_processes_on_one_state_sign_one_history(folder: Path) -> None:
    signed: list[tuple[int, str]] = []
    with serving(folder) as (_, left), serving(folder) as (_, right):

        def submit(port: int, log: Log, name: str) -> None:
            chance, held = random.Random(f"{port % 2} {name}"), 0
            for _ in range(30):
                size = min(400, held + chance.randrange(1, 5))
                status, body = ask(port, log.request(held, size))
                if status == 200:
                    signed.append((size, name))
                    held = size
                elif status == 409:
                    held = min(400, int(body))

        threads = [
            threading.Thread(target=submit, args=(port, log, name))
            for port in (left, right)
            for log, name in ((LOG, "log"), (FORK, "fork"))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
    assert len(signed) > 20
    assert len({name for _, name in signed}) == 1


def test_a_process_that_is_told_to_stop_ends_in_good_order(folder: Path) -> None:
    with serving(folder) as (process, port):
        check_cosigned(folder, 40, ask(port, LOG.request(0, 40)))
        process.terminate()
        assert process.wait(timeout=120) == 0
    with serving(folder) as (process, port):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) != 0
