"""Statements that are signed and not yet acknowledged: one file a submission, gone once the log has answered.

A submission is written here, durably, before it goes to the log. So a crash at any moment leaves one of
three states: nothing (it was never submitted), the file alone (submit it again), or the file and the entries
(submit it again: the log knows them by their ids, and they are only acknowledged).
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from plimsoll_attest.canonical import NotCanonical, format_canonical, parse_canonical
from plimsoll_attest.durable import could_not, sync_folder, write_file
from plimsoll_attest.errors import CouldNotRun
from plimsoll_attest.times import format_time

FORMAT: Final = "plimsoll-outbox/1"


@dataclass(frozen=True, slots=True)
class Submission:
    """Envelopes that go to the log together.

    Attributes:
        name: Its file's name.
        atomic: Whether one refusal refuses all.
        envelopes: Canonical bytes, in order.
    """

    name: str
    atomic: bool
    envelopes: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outbox:
    """The folder of submissions that the log has not acknowledged."""

    path: Path

    def put(self, envelopes: Sequence[bytes], *, atomic: bool, now_ms: int, token: bytes) -> Submission:
        """Write a submission and return it once it would survive a loss of power.

        Args:
            envelopes: Canonical bytes, in order.
            atomic: Whether one refusal refuses all.
            now_ms: The time, by which submissions are ordered.
            token: Some random bytes, so that no two have one name.

        Raises:
            CouldNotRun: If it cannot be written; then there is no submission.
        """
        stamp = format_time(now_ms).replace(":", "").replace("-", "")
        submission = Submission(f"{stamp}-{token.hex()}.json", atomic, tuple(envelopes))
        texts = [base64.b64encode(item).decode("ascii") for item in envelopes]
        tree: dict[str, Any] = {"atomic": atomic, "envelopes": texts, "format": FORMAT}
        write_file(self.path / submission.name, format_canonical(tree), mode=0o600)
        return submission

    def remove(self, submission: Submission) -> None:
        """Take out a submission that the log has answered, for good or ill."""
        try:
            (self.path / submission.name).unlink(missing_ok=True)
            sync_folder(self.path)
        except OSError as error:
            raise could_not(f"remove {self.path / submission.name}", error) from None

    def names(self) -> list[str]:
        """Return the names of what is waiting, oldest first."""
        try:
            return sorted(item.name for item in self.path.glob("*.json") if not item.name.startswith("."))
        except OSError as error:
            raise could_not(f"read {self.path}", error) from None

    def read(self, name: str) -> Submission:
        """Return a submission.

        Raises:
            CouldNotRun: If the file cannot be read or is none.
        """
        path = self.path / name
        try:
            tree = parse_canonical(path.read_bytes())
            if tree["format"] != FORMAT:
                raise CouldNotRun(f"{path} is of another format", "a newer plimsoll may have written it")
            envelopes = tuple(base64.b64decode(item, validate=True) for item in tree["envelopes"])
            return Submission(name, bool(tree["atomic"]), envelopes)
        except OSError as error:
            raise could_not(f"read {path}", error) from None
        except (NotCanonical, KeyError, TypeError, ValueError) as error:
            hint = "move it away; what it held was not acknowledged"
            raise CouldNotRun(f"{path} is no submission: {error}", hint) from None
