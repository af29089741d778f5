"""`plimsoll publish` with time-stamping authorities: processes, sockets and `openssl ts`."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.stories import Stories
from tests.cli.test_process import environment, finish, start
from tests.cli.world import World
from tests.support.tsa import Authority

VERIFY = Path(sys.executable).with_name("plimsoll-verify")


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp("stories"))


@pytest.fixture
def world(stories: Stories, tmp_path: Path) -> World:
    """Return a small founded ledger, of some days ago."""
    return stories.world("founding", tmp_path / "world")


@pytest.fixture
def authority(world: World) -> Iterator[str]:
    """Name an authority that answers, and one that does not, in the home's settings; give the first's URL."""
    made = Authority(world.folder / "tsa")
    (world.folder / "home" / "tsa.pem").write_text(made.roots)
    with made.serve() as url, (world.folder / "home" / "plimsoll.toml").open("a") as file:
        for name, where in (("up", url), ("down", "http://127.0.0.1:9/tsr")):
            file.write(f'[authorities.{name}]\nurl = "{where}"\nroots = "tsa.pem"\n')
        file.flush()
        yield url


def verify(world: World, *argv: str) -> "subprocess.CompletedProcess[str]":
    command = [str(VERIFY), "log", "public", "--trust", "trust.toml", *argv]
    return subprocess.run(
        command, cwd=world.folder, env=environment(), capture_output=True, text=True, check=False, timeout=60
    )


def test_a_publication_is_stamped_and_an_authority_that_is_down_only_told(
    world: World, authority: str
) -> None:
    assert authority
    code, stdout, stderr = finish(start(world, "publish", "--to", "public"))
    assert code == 0
    assert "time-stamped by up\n" in stdout
    assert "warning: authority down did not stamp it: it cannot be reached\n" in stderr
    assert "the next publication asks again" in stderr
    code, stdout, stderr = finish(start(world, "publish", "--to", "public", "--json"))
    told = json.loads(stdout)
    assert (code, told["anchored"]) == (0, ["up"])
    assert told["anchor_failures"] == [{"authority": "down", "reason": "it cannot be reached"}]
    assert finish(start(world, "trust", "export", "-o", "trust.toml"))[0] == 0
    found = json.loads(verify(world, "--json").stdout)
    assert found["log"]["time_basis"] == "tsa"
    assert found["log"]["anchors"]["authorities"] == ["up"]
    assert found["log"]["time_bounds"]["above"] == found["log"]["size"]
    assert "a time stamp vouches for it" in verify(world).stdout
