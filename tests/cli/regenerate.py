"""Write transcripts again: `python -m tests.cli.regenerate [NAME...]`; then read what changed."""

import sys
import tempfile
from pathlib import Path

from tests.cli.stories import Stories, names
from tests.cli.transcript import FOLDER

from plimsoll_attest.cli.kind_help import KINDS_PATH, format_kinds
from plimsoll_attest.statements.kinds import registry


def main(wanted: list[str]) -> None:
    """Regenerate the transcripts named, or all, and what help says of the kinds."""
    Path(KINDS_PATH).write_text(format_kinds(registry()), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        stories = Stories(Path(folder))
        for name in wanted or names():
            path = FOLDER / f"{name}.txt"
            now = stories.play(name)
            if path.read_text(encoding="utf-8") != now:
                path.write_text(now, encoding="utf-8")
                sys.stdout.write(f"changed: {path.name}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
