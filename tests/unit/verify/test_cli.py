"""The program: what it prints, and that each way to end has its own exit code."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.forge import Forge, public, vkey

from plimsoll_verify import cli, cli_output


@pytest.fixture
def forge() -> Forge:
    forge = Forge()
    forge.enrol("eva", "evaluator")
    return forge


@pytest.fixture
def trust(forge: Forge, tmp_path: Path) -> str:
    path = tmp_path / "trust.toml"
    path.write_text(forge.trust())
    return str(path)


def run(*args: object) -> int:
    return cli.run([str(arg) for arg in args])


def printed(capsys: pytest.CaptureFixture[str]) -> tuple[str, str]:
    captured = capsys.readouterr()
    return captured.out, captured.err


# -- what there is


@pytest.mark.parametrize("args", [["--help"], ["log", "--help"], ["proof", "-h"], ["trust", "--help"]])
def test_help_has_an_example(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*args) == 0
    assert "Example: plimsoll-verify " in printed(capsys)[0]


def test_version_names_the_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert printed(capsys)[0] == "plimsoll-verify 0.1.0 (formats: plimsoll/1, plimsoll/verdict/v1)\n"


def test_help_loads_no_heavy_module() -> None:
    code = (
        "import sys; from plimsoll_verify import cli; cli.run(['--help'])\n"
        "sys.exit(', '.join({'nacl', 'msgspec'} & set(sys.modules)) or 0)"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


# -- trust


def test_trust_shows_what_it_makes_one_trust(
    forge: Forge, trust: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("trust", trust) == 0
    out, err = printed(capsys)
    assert err == ""
    assert f"log          {forge.origin}\n" in out
    assert f"genesis      {forge.ledger}\n" in out
    assert "quorum       none: no witness has to vouch for what the log shows\n" in out
    assert "age          not checked: an old copy passes\n" in out
    assert "pinned       nobody: who is who is the company's word\n" in out


def test_trust_shows_witnesses_pins_and_age(
    forge: Forge, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = vkey("w.example", public(forge.secret("w")), 4)
    policy = f"log {forge.log_vkey}\nwitness w\u202e {key}\nquorum w\u202e\n"
    ada = forge.person("ada")
    path = tmp_path / "t.toml"
    text = forge.trust(policy=policy, persons={"ada": ada.vkey}, max_age="2 hours")
    path.write_text(text)
    assert run("trust", path) == 0
    out, _ = printed(capsys)
    assert "witness      w\\u202e: " in out
    assert "age          at most 2 hours\n" in out
    assert f"pinned       ada: {ada.public.hex()}\n" in out
    assert "time stamps  nobody's are trusted\n" in out
    assert run("--json", "trust", path) == 0
    shown = json.loads(printed(capsys)[0])
    assert shown["schema"] == "plimsoll/trust/v1"
    assert shown["persons"] == {"ada": ada.public.hex()}
    assert shown["max_age_ms"] == 7_200_000


def test_trust_reads_standard_input(forge: Forge, capsys: pytest.CaptureFixture[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plimsoll_verify", "trust", "-"],
        input=forge.trust().encode(),
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout.startswith(b"fingerprint  ")


# -- proof


def test_a_proof_is_told(
    forge: Forge, trust: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.tlog-proof"
    path.write_bytes(forge.proof(2))
    assert run("proof", path, "--trust", trust) == 0
    out, err = printed(capsys)
    assert err == ""
    assert out.startswith(f"included: entry 2 of 4 in {forge.origin}\n")
    assert "  kind        key\n" in out
    assert "  signature   not checked: the trust file pins no key of root-1\n" in out
    assert run("proof", path, "--trust", trust, "--json") == 0
    shown = json.loads(printed(capsys)[0])
    assert (shown["schema"], shown["verdict"], shown["index"]) == ("plimsoll/proof/v1", "included", 2)
    assert (shown["pinned"], shown["cosigned"]) == (False, None)
    assert run("proof", "-q", path, "--trust", trust) == 0
    assert printed(capsys) == ("", "")


def test_a_pinned_author_is_told(forge: Forge, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.toml").write_text(forge.trust(persons={"root-1": forge.person("root-1").vkey}))
    (tmp_path / "p").write_bytes(forge.proof(2))
    assert run("proof", tmp_path / "p", "--trust", tmp_path / "t.toml") == 0
    assert "  signature   verifies with the key that you pinned\n" in printed(capsys)[0]


def test_a_proof_that_proves_nothing_is_rejected(
    forge: Forge, trust: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "p.tlog-proof"
    path.write_bytes(forge.proof(2, extra=forge.entries[1]))
    assert run("proof", path, "--trust", trust) == 4
    assert printed(capsys)[0].startswith("rejected: inclusion: ")
    assert run("--json", "proof", path, "--trust", trust) == 4
    shown = json.loads(printed(capsys)[0])
    assert (shown["verdict"], shown["error"]["check"]) == ("rejected", "inclusion")


# -- what can go wrong


def test_unknown_words_are_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("wrong") == 2
    out, err = printed(capsys)
    assert out == ""
    assert err.startswith("plimsoll-verify: error: no such command 'wrong'")
    assert "plimsoll-verify: hint: plimsoll-verify --help" in err


def test_a_trust_file_that_is_none_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "t").write_text("max_age = '1 month'\n")
    assert run("trust", tmp_path / "t", "--json") == 2
    shown = json.loads(printed(capsys)[0])
    assert shown["error"]["code"] == "usage"
    (tmp_path / "t").write_text("evil\x1b[2J = 1\n")
    assert run("trust", tmp_path / "t") == 2
    assert printed(capsys)[1].replace("\n", "").isprintable()


def test_a_file_that_is_not_there_could_not_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("trust", "/nowhere/trust.toml") == 5
    out, err = printed(capsys)
    assert out == ""
    assert err == (
        "plimsoll-verify: error: /nowhere/trust.toml: no such file or directory\n"
        "plimsoll-verify: hint: check the path; nothing is said about the ledger\n"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "hint: name the file in it; nothing is said about the ledger"),
        ("locked/trust.toml", "hint: check who owns it and its permissions; nothing is said"),
        ("/dev/null/x", "not a directory\nplimsoll-verify: hint: nothing is said about the ledger"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(
    name: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    if name.startswith("locked"):
        # Whoever runs the tests may be root, whom no permission stops.
        def refuse(path: str, *_: object) -> bytes:
            raise PermissionError(13, "Permission denied", path)

        monkeypatch.setattr("plimsoll_verify.cli_output.read_input", refuse)
    path = tmp_path / name
    assert run("log", tmp_path, "--trust", path) == 5
    err = printed(capsys)[1]
    assert words in err
    assert str(path) in err


def test_what_is_no_trust_file_is_named(tmp_path: Path, trust: str, capsys: Any) -> None:
    """Somebody has two files and an address, and takes one for the other."""
    path = tmp_path / "verdict.json"
    path.write_text("{}")
    for args in (
        ("log", tmp_path, "--trust", path),
        ("watch", tmp_path, "--trust", path, "--state", tmp_path / "s"),
        ("proof", path, "--trust", path),
        ("trust", path),
    ):
        assert run(*args) == 2
        err = printed(capsys)[1]
        assert f"error: {path}: the trust file is no TOML" in err
        assert "hint: is it the trust file? whoever keeps the ledger writes one with `plimsoll trust" in err
    path.write_text(Path(trust).read_text().replace("genesis", "# genesis"))
    assert run("trust", path) == 2
    err = printed(capsys)[1]
    assert f"error: {path}: in the trust file genesis is missing, or no text\n" in err
    assert "ask whoever gave it to you for a whole one" in err


@pytest.mark.parametrize(("content", "got"), [(b"", "got an empty one"), (b'{"a": 1}\n', 'got \'{"a": 1}')])
def test_what_is_no_proof_is_told(content: bytes, got: str, trust: str, tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "verdict.json"
    path.write_bytes(content)
    assert run("proof", path, "--trust", trust) == 4
    out = printed(capsys)[0]
    assert got in out
    assert "b'" not in out
    assert "hint: this is no proof: `plimsoll prove` writes them\n" in out


@pytest.mark.parametrize(
    ("age", "shown"), [("2 days", "2 days"), ("1 day", "1 day"), ("90 minutes", "90 minutes")]
)
def test_an_age_is_shown_in_the_unit_that_fits(
    age: str, shown: str, trust: str, tmp_path: Path, capsys: Any
) -> None:
    path = tmp_path / "aged.toml"
    path.write_text(f"max_age = '{age}'\n" + Path(trust).read_text())
    assert run("trust", path) == 0
    assert f"age          at most {shown}\n" in printed(capsys)[0]


def test_usage_names_the_command_whose_help_to_read(tmp_path: Path, capsys: Any) -> None:
    assert run("log", tmp_path) == 2
    assert "hint: plimsoll-verify log --help shows what there is\n" in printed(capsys)[1]
    assert run("lgo", "--json") == 2
    told = json.loads(printed(capsys)[0])
    assert told["schema"] == "plimsoll/error/v1"
    assert told["error"]["hint"] == "plimsoll-verify --help shows what there is"


def test_an_error_without_a_file_is_told_as_well(
    monkeypatch: pytest.MonkeyPatch, trust: str, capsys: Any
) -> None:
    def fail(*_: object) -> bytes:
        raise OSError("no more of it")

    monkeypatch.setattr("plimsoll_verify.cli_trust.read_trust", fail)
    assert run("trust", trust) == 5
    assert "error: no more of it\n" in printed(capsys)[1]


def test_a_defect_is_no_verdict(monkeypatch: pytest.MonkeyPatch, trust: str, capsys: Any) -> None:
    def fail(*_: object) -> bytes:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("plimsoll_verify.cli_trust.read_trust", fail)
    assert run("trust", trust) == 5
    assert "a defect of plimsoll-verify" in printed(capsys)[1]
    assert run("--debug", "trust", trust) == 5
    assert "Traceback" in printed(capsys)[1]


@pytest.mark.parametrize(("error", "code"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 141)])
def test_interruptions_have_their_own_codes(
    monkeypatch: pytest.MonkeyPatch, trust: str, error: BaseException, code: int
) -> None:
    def fail(*_: object) -> bytes:
        raise error

    monkeypatch.setattr("plimsoll_verify.cli_trust.read_trust", fail)
    assert run("trust", trust) == code


class Full:
    """A standard output on a full disk."""

    def write(self, _: str) -> int:
        raise OSError(28, "no space left on device")

    def flush(self) -> None:
        raise OSError(28, "no space left on device")

    def isatty(self) -> bool:
        return False


def test_a_full_disk_is_no_verdict(monkeypatch: pytest.MonkeyPatch, trust: str) -> None:
    monkeypatch.setattr(sys, "stdout", Full())
    monkeypatch.setattr(sys, "stderr", Full())
    assert run("trust", trust) == 5


def program(*args: str, **settings: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1])}
    command = [sys.executable, "-m", "plimsoll_verify", *args]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, **settings)


def test_a_closed_pipe_ends_quietly(trust: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = program("trust", trust, stdout=writing)
    os.close(writing)
    _, err = process.communicate()
    assert (process.returncode, err) == (141, b"")


def test_a_full_device_is_told(trust: str) -> None:
    with Path("/dev/full").open("wb") as full:
        process = program("trust", trust, stdout=full)
        _, err = process.communicate()
    assert process.returncode == 5
    assert b"no space left on device" in err


# -- colours


@pytest.mark.parametrize(
    ("color", "isatty", "environment", "colored"),
    [
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {}, False),
        ("auto", True, {"TERM": "xterm"}, True),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"NO_COLOR": "1"}, False),
        ("auto", False, {"TERM": "xterm"}, False),
    ],
)
def test_colours(
    monkeypatch: pytest.MonkeyPatch, color: str, isatty: bool, environment: dict[str, str], colored: bool
) -> None:
    output = cli_output.Output()
    output.color = color
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: isatty)
    assert output.style("x", "red") == ("\x1b[31mx\x1b[0m" if colored else "x")


def test_main_ends_the_process(trust: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["trust", trust])
    assert caught.value.code == 0


def test_main_prints_to_any_stream(trust: str, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdout", out)
    with pytest.raises(SystemExit):
        cli.main(["trust", trust])
    assert out.getvalue().startswith("fingerprint  ")


def test_the_program_looks_for_cycles_seldom() -> None:
    program = (
        "import atexit, gc, sys; atexit.register(lambda: print(gc.get_threshold()));"
        "sys.argv = ['plimsoll-verify', '--help'];"
        "from plimsoll_verify.cli import main; main()"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "(100000, 50, 1000)"
