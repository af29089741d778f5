"""Slips that the log takes, of which a person is warned; and files that are not what a command wants."""

import json
from pathlib import Path

import pytest
from tests.cli.stories import Stories
from tests.cli.world import World

PERMIT = (
    "record", "permit", "--model", "harbour-1", "--set", "activity=deploy", "--set", "scope=external.general",
    "--set", "surface=api", "--as", "eve", "--role", "evaluator",
)  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("stories")
    found = Stories(folder).world("judged", folder / "world")
    found.env["PLIMSOLL_AS"] = "alice"
    return found


def said(world: World, *argv: str) -> str:
    """Run a command that is done, and return what it says beside its result."""
    done = world.run(*argv)
    assert done.code == 0, done.stderr
    return done.stderr


# -- what the log takes


@pytest.mark.parametrize(
    ("role", "words"),
    [
        ("evaluatr", "has no role evaluatr: did you mean evaluator?"),
        ("cook", "the newest policy, harbour-rsp, has no role cook: it has "),
    ],
)
def test_a_role_that_the_policy_does_not_know(world: World, role: str, words: str) -> None:
    assert f"plimsoll: warning: the newest policy, harbour-rsp, has no role {role}: " in (
        err := said(world, "role", "grant", "eve", role, "--dry-run")
    )
    assert words in err


@pytest.mark.parametrize("role", ["evaluator", "root"])
def test_a_role_that_there_is(world: World, role: str) -> None:
    assert "warning" not in said(world, "role", "grant", "eve", role, "--dry-run")


def test_before_there_is_a_policy_no_role_is_wrong(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert world.run("init", "home", "--origin", "acme.example/rsp", "--as", "alice").code == 0
    world.env["PLIMSOLL_HOME"] = "home"
    assert "warning" not in said(world, "role", "grant", "alice", "cook")


def test_an_approval_that_nobody_waits_for(world: World) -> None:
    done = world.run(*PERMIT, "--set", "expires=2027-12-24T00:00:00Z", "--yes", "--json")
    index = json.loads(done.stdout)["entries"][0]["index"]
    other = said(world, "sign-off", str(index), "approve", "--as", "eve", "--role", "evaluator", "--dry-run")
    assert f"warning: the permit of entry {index} is approved by ceo, engineering-lead, " in other
    assert "what eve says as evaluator does not count for that" in other
    for decision, who, role in (("approve", "carol", "ceo"), ("dissent", "eve", "evaluator")):
        argv = ("sign-off", str(index), decision, "--as", who, "--role", role, "--dry-run")
        assert "warning" not in said(world, *argv)
    # Of a kind for which no quorum is asked, nothing is said.
    assert "warning" not in said(world, "sign-off", "8", "approve", "--role", "rso", "--dry-run")


ATTESTED = ("record", "safeguard-attested", "--subject", "org", "--set", "shown_by=document", "--dry-run")


@pytest.mark.parametrize(
    ("names", "role", "words"),
    [
        (
            ("asl-2-securty", "weights-protected"),
            "security-lead",
            "has no standard asl-2-securty: did you mean",
        ),
        (("asl-2-security", "moat"), "security-lead", "has no criterion of asl-2-security moat: it has "),
        (("asl-2-security", "weights-protected"), "rso", "what alice says as rso does not count for that"),
    ],
)
def test_an_attestation_that_has_no_effect(
    world: World, names: tuple[str, str], role: str, words: str
) -> None:
    assert world.run("role", "grant", "alice", "security-lead").code == 0
    standard, criterion = names
    argv = (*ATTESTED, "--set", f"standard={standard}", "--set", f"criterion={criterion}", "--role", role)
    (warning,) = (line for line in said(world, *argv).splitlines() if "warning" in line)
    assert "the newest policy, harbour-rsp, " in warning
    assert words in warning


def test_what_the_policy_wants_is_not_warned_of(world: World) -> None:
    assert world.run("role", "grant", "alice", "security-lead").code == 0
    good = (
        "--set",
        "standard=asl-2-security",
        "--set",
        "criterion=weights-protected",
        "--role",
        "security-lead",
    )
    assert "warning" not in said(world, *ATTESTED, *good)
    determined = ("record", "determination", "--model", "harbour-1", "--set", "outcome=crossed", "--dry-run")
    err = said(world, *determined, "--set", "threshold=cbrn-33", "--set", "reasons=x", "--role", "rso")
    assert "has no threshold cbrn-33: did you mean cbrn-3?" in err


def test_before_there_is_a_policy_every_name_will_do(tmp_path: Path) -> None:
    world = World(tmp_path)
    assert world.run("init", "home", "--origin", "acme.example/rsp", "--as", "alice").code == 0
    world.env["PLIMSOLL_HOME"] = "home"
    assert "warning" not in said(world, *ATTESTED, "--set", "standard=moat", "--set", "criterion=deep")


def test_a_model_that_is_called_almost_like_another(world: World) -> None:
    err = said(world, "model", "register", "Harbour 1", "--role", "rso", "--dry-run")
    assert "warning: there is a model 'harbour-1' already: 'Harbour 1' is another one to this log" in err
    assert "warning" not in said(world, "model", "register", "harbour-2", "--role", "rso", "--dry-run")


def test_what_is_over_is_not_over_again(world: World) -> None:
    """Of two runs one has stopped: to stop it again is a slip, to stop the other is not."""
    started = ("record", "training-started", "--model", "harbour-1", "--set", "stage=fine-tuning", "--json")
    first, second = (
        json.loads(world.run(*started, "--yes", "--role", "rso").stdout)["entries"][0]["index"] for _ in "12"
    )
    stopped = ("record", "training-stopped", "--model", "harbour-1", "--role", "rso")
    assert "warning" not in said(world, *stopped, "--set", f"of=#{first}", "--yes")
    assert "warning" not in said(world, *stopped, "--set", f"of=#{second}", "--dry-run")
    err = said(world, *stopped, "--set", f"of=#{first}", "--dry-run")
    assert f"says already that what began in entry {first} is over" in err


def test_a_permit_that_is_over_before_it_begins(world: World) -> None:
    err = said(world, *PERMIT, "--set", "expires=2025-12-24T00:00:00Z", "--dry-run")
    assert "warning: this permit expires at 2025-12-24T00:00:00.000Z, before it begins" in err


# -- what no command takes


def test_entries_of_somebody_unknown(world: World) -> None:
    done = world.run("log", "--person", "ev")
    assert (done.code, "did you mean eve?" in done.stderr) == (2, True)
    assert world.run("log", "--person", "eve").code == 0


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty", b"", "it does not have 2 lines, but 1"),
        ("vkey", b"a: 1\nb: 2\n", "is no key card: a vkey has three parts"),
        ("binary", b"\xff\xfe\n\n", "is no key card: it is not ASCII text"),
    ],
)
def test_a_file_that_is_no_card(world: World, name: str, content: bytes, words: str) -> None:
    (world.folder / name).write_bytes(content)
    done = world.run("person", "add", "zoe", "--card", name)
    assert done.code == 2
    assert words in done.stderr
    assert "hint: a card is what `plimsoll key new PERSON` writes" in done.stderr


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (
            ("--set", "results=[x]", "--set", "type=x"),
            "results[0]: expected a mapping of members, got a text",
        ),
        (("--set", "type="), "type: expected a text of length >= 1"),
        (("--set", "type=x", "--set", "completed=noon"), "completed: time 'noon' is not of the form"),
        (
            ("--set", "type=x", "--set", "covers=[CBRN]"),
            "covers[0]: expected a text of lower-case letters,",
        ),
    ],
)
def test_what_a_member_has_to_be_is_said_in_words(world: World, argv: tuple[str, ...], words: str) -> None:
    done = world.run("record", "assessment", "--model", "harbour-1", "--role", "rso", *argv)
    assert done.code == 2
    assert f"assessment: {words}" in done.stderr
    assert "`" not in done.stderr.splitlines()[0]


@pytest.mark.parametrize("text", ["a:\n\tb: 1\n", "a:\n  b: 1\n \tc: 2\n"])
def test_tabs_in_yaml_are_called_so(world: World, text: str) -> None:
    (world.folder / "tabs.yaml").write_text(text)
    done = world.run("policy", "check", "tabs.yaml")
    assert done.code == 2
    assert "a tab" in done.stdout
    assert "replace tabs" in done.stdout
    # What is wrong otherwise is not blamed on a tab.
    (world.folder / "open.yaml").write_text("a: [1\n")
    done = world.run("policy", "check", "open.yaml")
    assert (done.code, "a tab" in done.stdout) == (2, False)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nosuch://host/x", "names no kind of database that is known here"),
        ("not a url", "names no kind of database that is known here"),
        ("oracle+oracledb://host/x", "the driver of that database is not installed: no module named"),
    ],
)
def test_a_database_that_cannot_be_used_is_no_fault_of_ours(tmp_path: Path, url: str, words: str) -> None:
    world = World(tmp_path)
    done = world.run("init", "home", "--origin", "acme.example/rsp", "--as", "alice", "--database", url)
    assert (done.code, words in done.stderr, "fault of plimsoll" in done.stderr) == (2, True, False)
    assert list(tmp_path.iterdir()) == []


# -- what the machine refuses


def test_files_that_may_not_be_read_or_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may be root, whom no permission stops: so the system refuses for it."""
    (world.folder / "log.json").write_text("{}")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("plimsoll_attest.importers.files.open_at_once", refuse)
    done = world.run("import", "inspect", "log.json", "--model", "harbour-1")
    assert done.code == 5
    assert "log.json: cannot be read: permission denied" in done.stderr
    monkeypatch.setattr("plimsoll_keys.newfile._write_and_link", refuse)
    done = world.run("key", "new", "zoe")
    assert done.code == 5
    assert "zoe.key: permission denied" in done.stderr
    monkeypatch.setattr("plimsoll_ledger.lock.os.open", refuse)
    done = world.run("record", "heartbeat", "--role", "rso")
    assert done.code == 5
    assert "cannot open the lock file" in done.stderr
    assert "hint: whoever appends or publishes has to be able to write in the home" in done.stderr
