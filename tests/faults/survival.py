"""What has to hold after any fault, and the order of system calls that makes it hold on a real disk.

A killed process loses nothing that it handed to the kernel; a machine that loses power does. So that a kill
proves anything about power, the order is checked as well: before anybody is told that an entry is durable,
and before a reader can find a new checkpoint, every file and folder that it rests on has been fsynced.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from tests.support.office import Office

from plimsoll_ledger.fsck import fsck
from plimsoll_verify.audit import audit
from plimsoll_verify.source import DirectorySource
from plimsoll_verify.tree import Tree
from plimsoll_verify.trust import parse_trust
from plimsoll_verify.verdict import Verdict


class Lost(AssertionError):
    """Something that must survive a fault has not."""


def verify_survival(office: Office, public: Path, said: Iterable[str]) -> int:
    """Restart after a fault; returns how many entries the log then has.

    1. Readers find a whole state, old or new, and what they find is authentic.
    2. The ledger starts by its ordinary path, takes what was left in the outbox, and appends.
    3. fsck finds nothing.
    4. It publishes to the same folder, what is published continues what was there, and is verified whole.
    5. Each acknowledged entry is where it was said to be, and no statement is there twice.

    Raises:
        Lost: one of these does not hold.
    """
    office.clock.time_ms += 60_000  # Restarting takes a minute; the victim's clock was a copy of this one.
    with office.desk(writing=False) as desk:
        trust = desk.trust()
    before = _audited(public, trust)
    with office.desk() as desk:
        desk.submit_outbox()
        desk.submit([desk.draft("heartbeat", [f"org:{desk.origin}"], {}, person="rso")])
        report = fsck(desk.store)
        if report.problems:
            raise Lost(f"fsck: {report.problems[0]}")
        desk.publish(public)
        ids = [entry.statement_id for entry in desk.entries()]
    after = _audited(public, trust)
    if after.log.size != len(ids):
        raise Lost(f"{after.log.size} entries are published of {len(ids)}")
    if len(set(ids)) != len(ids):
        raise Lost("a statement is in the log twice")
    tree = Tree(DirectorySource(public), after.log.size, after.log.root)
    if before.log.size > after.log.size or tree.root_at(before.log.size) != before.log.root:
        raise Lost("what is published does not continue what was")
    for line in said:
        what, number, *rest = line.split()
        if what == "entry" and ids[int(number)] != rest[0]:
            raise Lost(f"entry {number} was acknowledged, and is not what was said")
        if what == "published" and int(number) > before.log.size:
            raise Lost(f"{number} entries were said to be published, readers found {before.log.size}")
    return len(ids)


def _audited(public: Path, trust: str) -> Verdict:
    verdict = audit(DirectorySource(public), parse_trust(trust.encode()), workers=1)
    if verdict.error is not None:
        raise Lost(f"what is published is rejected: {verdict.error}")
    wrong = [one for one in verdict.findings if one.code == "V36"]
    if wrong:
        raise Lost(f"what is published has {wrong[0].message}")
    return verdict


# -- the order

_line = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)\) += +(-?\d+)").match
_handle = re.compile(r"^(?:\d+|AT_FDCWD)<([^>]*)>").match
_quoted = re.compile(r'"([^"]*)"').findall


def verify_order(calls: Iterable[str], home: Path, public: Path, said: Path) -> int:
    """Verify that whatever was promised had been fsynced by then; returns how many promises were made.

    What SQLite carries over from its write-ahead log into the database is in both until the former is
    removed, so that it counts as on disk until then, and has to be by then.

    Raises:
        Lost: at an acknowledgement a file of the home had been written and not fsynced since; or when the
            checkpoint was renamed into its place a file or a folder of the publication had; or a write-ahead
            log was removed before what it held.
    """
    dirty: dict[str, str] = {}
    promises = 0
    for line in calls:
        found = _line(line)
        if found is None or found[3].startswith("-"):
            continue
        call, arguments = found[1], found[2]
        handle = _handle(arguments)
        path = handle[1] if handle else ""
        if call in ("write", "pwrite64", "ftruncate"):
            if path == str(said):
                _verify_clean(dirty, home, "an entry was acknowledged")
                promises += 1
            elif not path.endswith(("-shm", "lock")):
                dirty[path] = call
        elif call in ("fsync", "fdatasync"):
            dirty.pop(path, None)
            dirty.pop(f"folder {path}", None)
        elif call == "unlink":
            name = _quoted(arguments)[-1]
            dirty.pop(name, None)
            if name.endswith("-wal") and name.removesuffix("-wal") in dirty:
                raise Lost(f"{name} was removed when what it held was not on disk yet")
        elif call in ("rename", "mkdir"):
            names = _quoted(arguments)
            if call == "rename" and names[0] in dirty:
                dirty[names[-1]] = dirty.pop(names[0])
            if call == "rename" and names[-1] == str(public / "checkpoint"):
                _verify_clean(dirty, public, "the checkpoint was published")
                promises += 1
            else:
                dirty[f"folder {Path(names[-1]).parent}"] = call
    return promises


def _verify_clean(dirty: dict[str, str], below: Path, promise: str) -> None:
    for path, call in dirty.items():
        if path.endswith(".sqlite3") or not path.removeprefix("folder ").startswith(str(below)):
            continue
        raise Lost(f"{promise} when {path} was not on disk yet ({call})")
