"""A company's ledger home for tests: real files, a real SQLite log, a clock that is set, keys unlocked once.

Locking a key file takes bcrypt some tenths of a second, so that `Founded` makes a home once and copies it.
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from plimsoll_attest.desk import Desk
from plimsoll_attest.enrol import Founding, add_person, create_ledger, grant_role
from plimsoll_attest.home import Home, Settings
from plimsoll_attest.keyring import create_key
from plimsoll_attest.smallbodies import SmallBodies
from plimsoll_attest.surroundings import Surroundings
from plimsoll_attest.views import Draft, Receipt
from plimsoll_keys.signer import Signer
from tests.support.clockwork import SeededRandom, SetClock

ORIGIN = "acme.example/rsp"
DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class OnePassphrase:
    """Locks and unlocks every key with the same words."""

    words: bytes = b"words for tests"

    def __call__(self, name: str, *, new: bool) -> bytes:
        assert name
        assert new in {True, False}
        return self.words


@dataclass(slots=True)
class Office:
    """A home, and what a desk at it takes from the world."""

    path: Path
    clock: SetClock = field(default_factory=SetClock)
    random: SeededRandom = field(default_factory=lambda: SeededRandom(b"office"))
    keys: dict[str, Signer] = field(default_factory=dict)

    @property
    def surroundings(self) -> Surroundings:
        return Surroundings(self.clock, self.random, {}, OnePassphrase(), self.keys)

    @property
    def home(self) -> Home:
        return Home.load(self.path)

    @contextmanager
    def desk(self, *, writing: bool = True, lock_timeout_s: float = 1.0) -> Iterator[Desk]:
        self.clock.time_ms += 1000
        with Desk.open(self.home, self.surroundings, writing=writing, lock_timeout_s=lock_timeout_s) as desk:
            yield desk

    def copy_to(self, path: Path) -> "Office":
        """Return the same home elsewhere: same time, same keys unlocked."""
        shutil.copytree(self.path, path)
        keys = {name.replace(str(self.path), str(path), 1): key for name, key in self.keys.items()}
        return Office(path, replace(self.clock), replace(self.random), keys)

    def record(
        self,
        kind: str,
        subjects: Sequence[str],
        body: Mapping[str, Any],
        person: str,
        role: str | None = None,
        **more: Any,
    ) -> Receipt:
        """Draft and submit one statement."""
        with self.desk() as desk:
            return desk.submit([desk.draft(kind, subjects, body, person=person, role=role, **more)])[0]

    def submit(self, *drafts: Draft) -> list[Receipt]:
        with self.desk() as desk:
            return desk.submit(drafts)

    def entries(self) -> list[str]:
        """Return kind and author of each entry."""
        with self.desk(writing=False) as desk:
            return [f"{view.kind} {view.actor}" for view in desk.entries()]

    def files(self) -> dict[str, bytes]:
        """Return all that the home keeps by its path; a small body by the path it would have as a file."""
        small = SmallBodies(self.path / "body.sqlite3")
        kept = {f"body/{digest[:2]}/{digest}": small.get(digest) or b"" for digest in small.digests()}
        small.close()
        return kept | {
            str(file.relative_to(self.path)): file.read_bytes()
            for folder in ("body", "evidence", "outbox")
            for file in sorted((self.path / folder).rglob("*"))
            if file.is_file()
        }


def make_founded(
    path: Path,
    founders: Sequence[str] = ("rso",),
    quorum: int = 0,
    seed: bytes = b"office",
    clock: SetClock | None = None,
    database: str = "",
) -> Office:
    """Found a ledger; all founders have keys in its home, and the first one signs the genesis."""
    office = Office(path, clock or SetClock(), random=SeededRandom(seed))
    future = Home(path, Settings(ORIGIN))
    for person in founders:
        create_key(future, person, office.surroundings)
    founding = Founding(ORIGIN, founders[0], founders=founders[1:], quorum=quorum, database=database)
    create_ledger(path, founding, office.surroundings)
    return office


STAFF = {"evaluator-1": "evaluator", "security-1": "security-lead", "ceo": "ceo"}


def add_staff(office: Office, staff: Mapping[str, str] = STAFF, by: str = "rso") -> None:
    """Enrol people with keys and a role each, by one root person."""
    with office.desk() as desk:
        drafts = []
        for person, role in staff.items():
            card = create_key(office.home, person, office.surroundings)
            drafts += add_person(desk, person, by=by, name=f"{person} by name", card=card)
            drafts.append(grant_role(desk, person, role, by=by))
        desk.submit(drafts)
