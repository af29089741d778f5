"""A regulator with keys of both kinds: real processes, from its first start to the auditor's verdict."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.stories import Stories
from tests.cli.test_witnessing import BIN, Quay, environment, launch, running, stopped

ABSENT = (
    "import sys; sys.modules['cryptography'] = None\nfrom plimsoll_verify.cli import main\nsys.exit(main())\n"
)


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp("stories"))


def introduced(process: subprocess.Popen[str]) -> tuple[list[str], str]:
    """Return the vkeys that a witness prints, and where it listens."""
    assert process.stdout is not None
    vkeys = []
    for line in process.stdout:
        if line.startswith("vkey"):
            vkeys.append(line.split()[1])
        if line.startswith("listening"):
            return vkeys, line.split()[2]
    raise AssertionError(process.stderr and process.stderr.read())


@pytest.fixture
def quay(stories: Stories, tmp_path: Path) -> Quay:
    run = Quay(stories.world("models", tmp_path / "world"), {})
    assert run.plimsoll("trust", "export", "-o", "first.toml")[0] == 0
    return run


def told(run: Quay, lines: str) -> None:
    """Make the company publish under a policy, and hand out the trust file that goes with it."""
    (run.world.folder / "home" / "witnesses").write_text(lines)
    settings = run.world.folder / "home" / "plimsoll.toml"
    if "witness_policy" not in settings.read_text():
        with settings.open("a") as file:
            file.write('witness_policy = "witnesses"\n')
    (run.world.folder / "trust.toml").unlink(missing_ok=True)
    code, _, stderr = run.plimsoll("trust", "export", "-o", "trust.toml")
    assert code == 0
    needs = "auditors need plimsoll-verify[mldsa] for the cosignatures of one-pq"
    assert (needs in stderr) == ("one-pq" in lines)


def without_the_extra(run: Quay, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ABSENT, "log", "public", "--trust", "trust.toml", *argv],
        cwd=run.world.folder, env=environment(), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def with_a_second_key(quay: Quay, ed25519: str) -> str:
    """Give the witness in w1 a second key, and return its vkey."""
    code, stdout, stderr = quay._run(BIN / "plimsoll", "witness", "add-key", "w1", "ml-dsa-44", "--json")
    assert code == 0, stderr
    said = json.loads(stdout)
    assert said["vkeys"][0] == said["vkey"] == ed25519
    ml_dsa = said["vkeys"][1]
    assert [log["size"] for log in said["logs"]] == [10]  # What it remembers is there still.
    assert "signs with it once it was started again" in stderr
    assert (quay.world.folder / "w1" / "witness-ml-dsa-44.vkey").read_text() == f"{ml_dsa}\n"
    code, _, stderr = quay._run(BIN / "plimsoll", "witness", "add-key", "w1", "ml-dsa-44")
    assert (code, "has a key of the kind ml-dsa-44" in stderr) == (2, True)
    return str(ml_dsa)


def test_a_regulator_moves_to_ml_dsa(quay: Quay) -> None:
    """From Ed25519 to both kinds to ML-DSA-44 alone, without a day on which nobody vouches for the log."""
    folder = quay.world.folder
    start = launch(folder, "w1", "--name", "regulator.example/w1", "--trust", "first.toml")
    with stopped(start) as process:
        (ed25519,), url = introduced(process)
        told(quay, f"witness one {ed25519} {url}\nquorum one\n")
        assert quay.plimsoll("publish", "--to", "public")[0] == 0

    ml_dsa = with_a_second_key(quay, ed25519)
    with stopped(launch(folder, "w1")) as process:
        vkeys, url = introduced(process)
        assert vkeys == [ed25519, ml_dsa]
        both = f"witness one {ed25519} {url}\nwitness one-pq {ml_dsa} {url}\n"
        (folder / "home" / "witnesses").write_text(f"{both}group g 2 one one-pq\nquorum g\n")
        code, _, stderr = quay.plimsoll("publish", "--to", "public")
        assert (code, "would count twice" in stderr) == (2, True)
        told(quay, f"{both}group g any one one-pq\nquorum g\n")
        code, stdout, stderr = quay.plimsoll("publish", "--to", "public")
        assert (code, "cosigned by one, one-pq" in stdout) == (0, True), stderr
        log = quay.verify()[1]["log"]
        assert (log["witnesses"], log["unchecked_witnesses"]) == (["one", "one-pq"], [])

        # An auditor without the extra has the other kind, and hears what was not looked at.
        done = without_the_extra(quay)
        assert (
            "ML-DSA-44 COSIGNATURES NOT CHECKED: by one-pq; pip install 'plimsoll-verify[mldsa]'"
            in done.stdout
        )
        assert "witnesses: one\n" in done.stdout

        told(quay, f"witness one-pq {ml_dsa} {url}\nquorum one-pq\n")
        assert quay.plimsoll("record", "heartbeat", "--yes")[0] == 0
        assert quay.plimsoll("publish", "--to", "public")[0] == 0
        log = quay.verify()[1]["log"]
        assert (log["time_basis"], log["witnesses"]) == ("witness", ["one-pq"])
        # What was recorded last quotes a checkpoint that the key has cosigned: it was not written before.
        assert (log["time_bounds"]["above"], log["time_bounds"]["below"]) == (11, 1)
        assert quay.plimsoll("prove", "6", "-o", "six.tlog-proof")[0] == 0
        done = without_the_extra(quay, "--json")
        assert done.returncode == 4
        error = json.loads(done.stdout)["error"]
        assert error["check"] == "quorum"
        assert error["actual"] == "cosignatures by nobody; those with ML-DSA-44 were not checked"
        proof = quay._run(BIN / "plimsoll-verify", "proof", "six.tlog-proof", "--trust", "trust.toml")
        assert proof[0] == 0, proof
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=120)
        assert "group NAME any NAME-1 NAME-2" in stderr
        assert len(re.findall(r"witness NAME-[12] regulator\.example/w1\+", stderr)) == 2


def test_a_new_witness_has_the_keys_that_are_asked_for(quay: Quay) -> None:
    folder = quay.world.folder
    keys = ("--key", "ml-dsa-44", "--key", "ed25519")
    init = (BIN / "plimsoll", "witness", "init", "w2", "--name", "uni.example/w")
    assert quay._run(*init, "--key", "rsa")[0] == 2
    code, stdout, stderr = quay._run(*init, *keys, "--json")
    assert code == 0, stderr
    assert [len(vkey) > 1000 for vkey in json.loads(stdout)["vkeys"]] == [True, False]
    assert sorted(path.name for path in (folder / "w2").glob("*.key")) == [
        "witness-ml-dsa-44.key", "witness.key",
    ]  # fmt: skip
    code, _, stderr = quay._run(BIN / "plimsoll", "witness", "run", "w2", "--key", "ed25519")
    assert (code, "has its keys" in stderr) == (2, True)
    with running(folder, "w3", "--name", "uni.example/w3", "--key", "ml-dsa-44") as (_, said):
        assert len(said["vkey"]) > 1000
    assert [path.name for path in (folder / "w3").glob("*.key")] == ["witness-ml-dsa-44.key"]
