"""The ledger home: how it is found, what its settings may say, and what importing it costs."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.office import ORIGIN, Office

from plimsoll_attest.authorities import AuthoritySetting
from plimsoll_attest.errors import NotAHome, UsageError
from plimsoll_attest.home import Home, Settings

GOOD = f'format = "plimsoll-home/1"\norigin = "{ORIGIN}"\n'


def test_the_flag_wins_over_the_variable_and_that_over_the_folder(office: Office, tmp_path: Path) -> None:
    second = Home.create(tmp_path / "second", Settings("other.example/log")).path
    below = office.path / "body" / "deep"
    below.mkdir(parents=True)
    env = {"PLIMSOLL_HOME": str(second)}
    assert Home.find(office.path, env, tmp_path).path == office.path
    assert Home.find(None, env, below).settings.origin == "other.example/log"
    assert Home.find(None, {}, below).path == office.path
    assert Home.find("second", {}, tmp_path).path == second


def test_no_home_anywhere_is_said_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(NotAHome, match=r"there is no plimsoll\.toml") as error:
        Home.find(None, {}, tmp_path)
    assert "plimsoll init" in error.value.hint
    assert error.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("", "format None", ""),
        ('format = "plimsoll-home/2"\n', "want 'plimsoll-home/1'", "newer"),
        (f'{GOOD}pubish_to = "x"\n', "unknown key 'pubish_to'", "did you mean publish_to?"),
        (f'{GOOD}passphrase = "x"\n', "unknown key 'passphrase'", "known keys are format, origin"),
        (f"{GOOD}database = 3\n", "database is not text", 'write database = "..."'),
        ('format = "plimsoll-home/1"\n', "does not say the log's origin", "add origin"),
        ('format = "plimsoll-home/1"\norigin = "ACME"\n', "'ACME' is not an origin", "without its scheme"),
        (f'{GOOD}default_person = "Bob"\n', "'Bob' is not the id of a person", "lower-case"),
        (f'{GOOD}database = "postgresql://u:secret@h/db"\n', "holds a password", "leave it out"),
        ("format = ", "is not TOML", "by hand"),
        (f'{GOOD}authorities = "x"\n', "authorities is no table", "[authorities.NAME]"),
        (f"{GOOD}[authorities]\nx = 3\n", "'x' has not exactly url and roots", "name both"),
        (f'{GOOD}[authorities.x]\nurl = "http://a"\n', "'x' has not exactly url and roots", "name both"),
        (f'{GOOD}[authorities.x]\nurl = 3\nroots = "r"\n', "authority 'x' are not text", ""),
        (f'{GOOD}[authorities.x]\nurl = "ftp://a/b"\nroots = "r"\n', "the url 'ftp://a/b'", "http://"),
        (f'{GOOD}[authorities.x]\nurl = "http://u@a"\nroots = "r"\n', "the url", "no password"),
        (f'{GOOD}[authorities."../x"]\nurl = "http://a"\nroots = "r"\n', "'../x' is not the id", ""),
    ],
)
def test_settings_that_are_wrong_are_named(tmp_path: Path, text: str, reason: str, hint: str) -> None:
    (tmp_path / "plimsoll.toml").write_text(text)
    with pytest.raises(NotAHome) as error:
        Home.load(tmp_path)
    assert reason in str(error.value)
    assert hint in error.value.hint
    assert "secret" not in str(error.value) + error.value.hint


def test_settings_come_back_as_they_were_written(tmp_path: Path) -> None:
    settings = Settings(
        ORIGIN,
        database='sqlite:////x "y\\z".db',
        default_person="ceo",
        keys="k",
        publish_to="../public",
        authorities=(
            AuthoritySetting("one", "https://a.example/tsr?x=1", "one.pem"),
            AuthoritySetting("two-2", "http://b.example", 'a "b".pem'),
        ),
    )
    home = Home.create(tmp_path / "home", settings)
    assert Home.load(home.path) == home
    assert home.publish_path == tmp_path / "home" / "../public"
    assert home.keys_dir == tmp_path / "home" / "k"
    assert Home.create(tmp_path / "plain", Settings(ORIGIN)).publish_path is None


def test_a_folder_with_other_things_in_it_does_not_become_a_home(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(UsageError, match=r"it holds 'thesis\.tex'"):
        Home.create(tmp_path, Settings(ORIGIN))
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.tex"]


def test_who_speaks_is_the_flag_else_the_variable_else_the_default(tmp_path: Path) -> None:
    home = Home(tmp_path, Settings(ORIGIN, default_person="ceo"))
    assert home.speaker("rso", {"PLIMSOLL_AS": "bob"}) == "rso"
    assert home.speaker(None, {"PLIMSOLL_AS": "bob"}) == "bob"
    assert home.speaker(None, {}) == "ceo"
    with pytest.raises(UsageError, match="nobody said who speaks"):
        Home(tmp_path, Settings(ORIGIN)).speaker(None, {})


@pytest.mark.parametrize("person", ["../../etc/x", "a/b", "", "Bob", "log", "a" * 65, "ä"])
def test_no_path_is_made_of_what_is_not_an_id(tmp_path: Path, person: str) -> None:
    home = Home(tmp_path, Settings(ORIGIN))
    for path in (home.key_path, home.vkey_path, home.card_path, home.seen_path):
        with pytest.raises(UsageError):
            path(person)


@pytest.mark.parametrize("module", ["surroundings", "errors", "home", "views", "statements.kinds", "times"])
def test_light_modules_load_no_database_and_no_cryptography(module: str) -> None:
    script = (
        f"import sys, plimsoll_attest.{module}\n"
        "heavy = {'sqlmodel', 'sqlalchemy', 'cryptography', 'nacl', 'yaml', 'plimsoll_verify', 'bcrypt'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
