"""The guide to comparing policies: what it shows is what the program prints, and it hides no direction."""

import re
from pathlib import Path

import pytest
from tests.cli.world import World

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "guides" / "comparing-policies.md").read_text(encoding="utf-8")
SECTIONS = [
    (match["command"], re.findall(r"```text\n(.*?)```", match["rest"], flags=re.DOTALL))
    for match in re.finditer(
        r"```console\n\$ plimsoll (?P<command>[^\n]+)\n```(?P<rest>.*?)(?=\n## |\Z)", GUIDE, flags=re.DOTALL
    )
]


def printed(command: str, folder: Path) -> list[str]:
    words = [str(ROOT / word) if word.startswith("policies/") else word for word in command.split()]
    done = World(folder).run(*words)
    assert (done.code, done.stderr) == (0, "")
    first, *rest = done.stdout.splitlines()
    return [first, *re.findall(r"^\S.*(?:\n .*)*", "\n".join(rest), flags=re.MULTILINE)]


@pytest.mark.parametrize(("command", "examples"), SECTIONS, ids=["rsp", "fsf"])
def test_what_the_guide_shows_is_what_the_program_prints(
    command: str, examples: list[str], tmp_path: Path
) -> None:
    first, *parts = printed(command, tmp_path)
    assert first.endswith(": incomparable")
    shown = [part for text in examples for part in re.findall(r"^\S.*(?:\n .*)*", text, flags=re.MULTILINE)]
    assert len(shown) >= 4
    assert [part for part in shown if part not in parts] == []


def test_the_words_of_the_table_are_those_that_are_printed(tmp_path: Path) -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", GUIDE, flags=re.MULTILINE))
    found = {part.split()[0] for command, _ in SECTIONS for part in printed(command, tmp_path)[1:]}
    assert told == found
