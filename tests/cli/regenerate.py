"""Write transcripts again: `python -m tests.cli.regenerate [NAME...]`; then read what changed."""

import sys
import tempfile
from pathlib import Path

from tests.cli.stories import Stories, names
from tests.cli.transcript import FOLDER


def main(wanted: list[str]) -> None:
    """Regenerate the transcripts named, or all."""
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
