"""Plays transcripts, each after the one that it starts from; what several start from is played once."""

from pathlib import Path

from tests.cli.transcript import FOLDER, Player, start_of
from tests.cli.world import World


class Stories:
    """The worlds that transcripts leave behind, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ended: dict[str, tuple[World, str]] = {}

    def play(self, name: str) -> str:
        """Return what a transcript reads now."""
        return self._end(name)[1]

    def world(self, name: str, folder: Path) -> World:
        """Return a copy of the world as a transcript leaves it."""
        return self._end(name)[0].copy_to(folder)

    def _end(self, name: str) -> tuple[World, str]:
        if name not in self._ended:
            text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
            start = start_of(text)
            folder = self._folder / name
            if start:
                world = self._end(start)[0].copy_to(folder)
            else:
                folder.mkdir(parents=True)
                world = World(folder)
            self._ended[name] = (world, Player(world).play(text))
        return self._ended[name]


def names() -> list[str]:
    """Return the names of all transcripts."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))
