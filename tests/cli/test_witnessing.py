"""A company and three regulators: real witness processes, real publication, the auditor's own verdict."""

import http.client
import json
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.cli.stories import Stories
from tests.cli.world import PASSPHRASE, World

BIN = Path(sys.executable).parent
NAMES = ("one", "two", "three")


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PLIMSOLL")}
    return {**kept, "PLIMSOLL_PASSPHRASE": PASSPHRASE, "PLIMSOLL_AS": "alice"}


def launch(folder: Path, *argv: str) -> subprocess.Popen[str]:
    """Start a witness."""
    return subprocess.Popen(
        [BIN / "plimsoll", "witness", "run", *argv, "--listen", "127.0.0.1:0"],
        cwd=folder, env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def introduced(process: subprocess.Popen[str]) -> dict[str, str]:
    """Return what a witness prints of itself before it listens."""
    assert process.stdout is not None
    said = {}
    for line in process.stdout:
        name, _, value = line.strip().partition(" ")
        said[name] = value.strip()
        if name == "listening":
            said["url"] = value.removeprefix("on ").strip()
        if name == "listening" or line == "}\n":  # The end of what it says, or of --json's object.
            break
    return said


@contextmanager
def stopped(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Stop a process when the block ends, if it runs still."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)


@contextmanager
def running(folder: Path, *argv: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    with stopped(launch(folder, *argv)) as process:
        yield process, introduced(process)


@dataclass(slots=True)
class Quay:
    """A company's ledger and the witnesses of its policy, each with its process."""

    world: World
    processes: dict[str, subprocess.Popen[str]]

    def plimsoll(self, *argv: str) -> tuple[int, str, str]:
        return self._run(BIN / "plimsoll", "--home", "home", *argv)

    def verify(self, *argv: str) -> tuple[int, dict[str, Any]]:
        code, stdout, stderr = self._run(
            BIN / "plimsoll-verify", "log", "public", "--trust", "trust.toml", "--json", *argv
        )
        assert stdout, stderr
        return code, json.loads(stdout)

    def _run(self, *argv: object) -> tuple[int, str, str]:
        done = subprocess.run(
            [str(part) for part in argv], cwd=self.world.folder, env=environment(), capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def stop(self, name: str) -> None:
        self.processes[name].kill()
        self.processes[name].wait(120)

    def published(self) -> dict[str, bytes]:
        public = self.world.folder / "public"
        return {str(path): path.read_bytes() for path in sorted(public.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp("stories"))


@pytest.fixture
def quay(stories: Stories, tmp_path: Path) -> Iterator[Quay]:
    world = stories.world("models", tmp_path / "world")
    run = Quay(world, {})
    assert run.plimsoll("trust", "export", "-o", "first.toml")[0] == 0
    with ExitStack() as exits:
        lines = []
        for name in NAMES:
            process = launch(world.folder, name, "--name", f"{name}.example/w", "--trust", "first.toml")
            run.processes[name] = exits.enter_context(stopped(process))
        for name, process in run.processes.items():
            said = introduced(process)
            assert re.fullmatch(r"\S+\+[0-9a-f]{8}\+\S+", said["vkey"])
            lines.append(f"witness {name} {said['vkey']} {said['url']}\n")
        policy = "".join(lines) + f"group all-of-them 2 {' '.join(NAMES)}\nquorum all-of-them\n"
        (world.folder / "home" / "witnesses").write_text(policy)
        with (world.folder / "home" / "plimsoll.toml").open("a") as file:
            file.write('witness_policy = "witnesses"\n')
        assert run.plimsoll("trust", "export", "-o", "trust.toml")[0] == 0
        yield run


def test_three_regulators_and_one_company(quay: Quay) -> None:
    code, stdout, stderr = quay.plimsoll("publish", "--to", "public")
    assert (code, "cosigned by one, three, two" in stdout) == (0, True), stderr
    code, verdict = quay.verify()
    assert verdict["log"]["time_basis"] == "witness"
    assert verdict["log"]["witnesses"] == ["one", "three", "two"]
    assert verdict["verdict"] == "indeterminate"  # No policy is in force yet: nothing else is amiss.
    assert {finding["code"] for finding in verdict["findings"]} <= {"I05", "V28"}

    # A proof file is under a checkpoint that they cosigned.
    assert quay.plimsoll("prove", "6", "-o", "six.tlog-proof")[0] == 0
    done = quay._run(BIN / "plimsoll-verify", "proof", "six.tlog-proof", "--trust", "trust.toml")
    assert done[0] == 0, done

    # One regulator is away: two of three are enough, and who was away is said.
    quay.stop("two")
    assert quay.plimsoll("record", "heartbeat", "--yes")[0] == 0
    code, stdout, stderr = quay.plimsoll("publish", "--to", "public", "--json")
    told = json.loads(stdout)
    assert (code, told["witnessed"], told["witnesses"]) == (0, True, ["one", "three"])
    assert told["witness_failures"] == [{"witness": "two", "reason": "it cannot be reached"}]
    assert "witness two did not cosign: it cannot be reached" in stderr
    assert quay.verify()[1]["log"]["witnesses"] == ["one", "three"]

    # Two are away: nothing is published, what is published stays, and the error names them.
    quay.stop("three")
    before = quay.published()
    assert quay.plimsoll("record", "heartbeat", "--yes")[0] == 0
    code, _, stderr = quay.plimsoll("publish", "--to", "public")
    assert code == 5
    assert "cosigned by one\n" in stderr
    assert "witness three: it cannot be reached" in stderr
    assert quay.published() == before
    assert quay.verify()[1]["verdict"] == "indeterminate"

    # By choice it is published all the same, loudly; the auditor rejects it.
    code, stdout, stderr = quay.plimsoll("publish", "--to", "public", "--allow-unwitnessed", "--json")
    assert (code, json.loads(stdout)["witnessed"]) == (0, False)
    assert "PUBLISHED UNWITNESSED" in stderr
    code, verdict = quay.verify()
    assert (code, verdict["verdict"], verdict["error"]["check"]) == (4, "rejected", "quorum")
    assert "cosignatures by one" in verdict["error"]["actual"]


def test_a_regulator_comes_back_after_a_crash(quay: Quay) -> None:
    assert quay.plimsoll("publish", "--to", "public")[0] == 0
    assert quay.plimsoll("record", "heartbeat", "--yes")[0] == 0
    for name in NAMES:
        quay.stop(name)
    with running(quay.world.folder, "one") as (_, said):
        policy = quay.world.folder / "home" / "witnesses"
        text = re.sub(r"(witness one \S+) \S+", rf"\1 {said['url']}", policy.read_text())
        policy.write_text(text.replace("all-of-them 2", "all-of-them 1"))
        assert quay.plimsoll("publish", "--to", "public")[0] == 0
        code, stdout, _ = quay._run(BIN / "plimsoll", "witness", "list", "one", "--json")
        (log,) = json.loads(stdout)["logs"]
        assert (code, log["size"], log["forks"]) == (0, 11, 0)


def test_a_company_that_forks_is_caught_by_every_regulator(quay: Quay) -> None:
    """It publishes, puts all back, and goes on otherwise: witnesses stop it and keep the proof."""
    home = quay.world.folder / "home"
    database = home / "ledger.sqlite3"
    backup = database.read_bytes()
    assert quay.plimsoll("record", "heartbeat", "--yes")[0] == 0
    assert quay.plimsoll("publish", "--to", "public")[0] == 0
    for leftover in home.glob("ledger.sqlite3-*"):
        leftover.unlink()
    database.write_bytes(backup)
    (home / "seen" / "alice").unlink(missing_ok=True)
    code, _, stderr = quay.plimsoll("publish", "--to", "elsewhere", "--allow-unwitnessed")
    assert (code, "high-water knows a checkpoint over 11" in stderr) == (4, True)
    (home / "high-water").unlink()
    code, _, stderr = quay.plimsoll("publish", "--to", "elsewhere", "--allow-unwitnessed")
    assert (code, "holds size 11, signed by this log, which has only 10" in stderr) == (4, True)
    # The newest entry is days old again, so that the witnesses are asked for the time; and they know better.
    code, _, stderr = quay.plimsoll("record", "heartbeat", "--yes")
    assert (code, "holds size 11, signed by this log, which has only 10" in stderr) == (4, True)
    # Whoever means it takes the witnesses out of the settings for a moment.
    settings = (home / "plimsoll.toml").read_text()
    (home / "plimsoll.toml").write_text(settings.replace('witness_policy = "witnesses"\n', ""))
    assert quay.plimsoll("record", "heartbeat", "--yes")[0] == 0
    (home / "plimsoll.toml").write_text(settings)
    code, _, stderr = quay.plimsoll("publish", "--to", "elsewhere", "--allow-unwitnessed")
    assert (code, "another root at size 11, signed by this log as well" in stderr) == (4, True)
    assert not (quay.world.folder / "elsewhere" / "checkpoint").exists()
    code, stdout, stderr = quay._run(BIN / "plimsoll", "witness", "list", "one", "--json")
    for _ in range(20):
        # The first witness that refuses ends it; on a busy machine another one may be asked only later.
        if json.loads(stdout)["forks"]:
            break
        quay.plimsoll("publish", "--to", "elsewhere", "--allow-unwitnessed")
        code, stdout, stderr = quay._run(BIN / "plimsoll", "witness", "list", "one", "--json")
    (fork,) = json.loads(stdout)["forks"]
    assert code == 4
    assert "acme.example/rsp HAS FORKED at size 11" in stderr
    assert fork["held"].splitlines()[:2] == fork["refused"].splitlines()[:2] == ["acme.example/rsp", "11"]
    assert fork["held"].splitlines()[2] != fork["refused"].splitlines()[2]


def certificate(folder: Path) -> tuple[str, str]:
    """Write a certificate for localhost that nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = builder.add_extension(address, critical=False).sign(key, hashes.SHA256())
    (folder / "chain.pem").write_bytes(made.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "key.pem").write_bytes(private)
    return "chain.pem", "key.pem"


def test_tls_can_end_at_the_witness(quay: Quay) -> None:
    folder = quay.world.folder
    chain, key = certificate(folder)
    quay.stop("one")
    with running(folder, "one", "--tls-cert", chain, "--tls-key", key) as (_, said):
        assert said["url"].startswith("https://127.0.0.1:")
        context = ssl.create_default_context(cafile=folder / chain)
        port = int(said["url"].rpartition(":")[2])
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=120)
        connection.request("GET", "/nothing")
        assert connection.getresponse().status == 404
        connection.close()
        # A publisher that does not know who signed the certificate does not believe it.
        policy = folder / "home" / "witnesses"
        policy.write_text(re.sub(r"(witness one \S+) \S+", rf"\1 {said['url']}", policy.read_text()))
        code, _, stderr = quay.plimsoll("publish", "--to", "public")
        assert code == 0
        assert "witness one did not cosign: its certificate does not hold" in stderr


def test_what_a_witness_says_of_requests(quay: Quay) -> None:
    assert quay.plimsoll("publish", "--to", "public")[0] == 0
    process = quay.processes["one"]
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 0
    assert re.search(r"^\S+Z 200 acme\.example/rsp 10 \([0-9.]+ ms\)$", stderr, re.MULTILINE)
    with running(quay.world.folder, "one", "--json") as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(120) == 130


def test_witnesses_bound_times_from_both_sides_and_are_asked_after_a_pause(quay: Quay) -> None:
    """The newest entry is days old: somebody else has to say that it is today."""
    assert quay.plimsoll("publish", "--to", "public")[0] == 0
    first = quay.verify()[1]["log"]
    assert first["time_bounds"] == {"above": first["size"], "below": 0, "widest_ms": None}
    assert quay.plimsoll("record", "heartbeat", "--yes")[0] == 0
    assert quay.plimsoll("record", "heartbeat", "--yes")[0] == 0
    assert quay.plimsoll("publish", "--to", "public")[0] == 0
    second = quay.verify()[1]["log"]
    # What quotes the cosigned checkpoint was not written before it, and neither is what follows.
    assert (second["time_bounds"]["above"], second["time_bounds"]["below"]) == (second["size"], 2)
    assert 0 <= second["time_bounds"]["widest_ms"] < 3_600_000


def test_a_pause_with_nobody_to_ask(quay: Quay) -> None:
    for name in NAMES:
        quay.stop(name)
    code, _, stderr = quay.plimsoll("record", "heartbeat", "--yes")
    assert code == 5
    assert "more than a day after the last entry's time" in stderr
    assert "nobody else could be asked" in stderr
