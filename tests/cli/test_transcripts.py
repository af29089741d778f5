"""Each command's output, word by word."""

import pytest
from tests.cli.stories import Stories, names
from tests.cli.transcript import FOLDER


@pytest.fixture(scope="module")
def stories(tmp_path_factory: pytest.TempPathFactory) -> Stories:
    return Stories(tmp_path_factory.mktemp("stories"))


@pytest.mark.parametrize("name", names())
def test_commands_print_what_their_transcript_says(stories: Stories, name: str) -> None:
    expected = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert stories.play(name) == expected, "read the difference, then: python -m tests.cli.regenerate"


def test_every_transcript_names_exit_codes_of_the_contract() -> None:
    codes = {
        line
        for name in names()
        for line in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("= ")
    }
    assert {"= 0", "= 1", "= 2", "= 5"} <= codes <= {"= 0", "= 1", "= 2", "= 3", "= 4", "= 5", "= 130"}
