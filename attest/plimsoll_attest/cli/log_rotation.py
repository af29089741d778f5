"""`plimsoll key rotate-log`: a new key for the log, which the old one vouches for before it takes over.

    1  HOME/keys/next/log.key is made, and a `log-key` entry appended      the old key goes on
    2  the root quorum signs the entry off                                 nothing changes yet
    3  the ledger is published: a checkpoint by the old key covers that    verifiers can follow (SPEC 10.15)
    4  the database names the new key, then the files change places        the next entry is signed with it
    5  the next entry is published                                         the checkpoint is the new key's

Running the command again goes on where it stands, after a crash as well: each step looks first. Witnesses
refuse (403) what they are not told to trust: they follow the new key before step 4.
"""

from typing import TYPE_CHECKING, Any, Final

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.appending import append_untold, entry_fields
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.cli.rotation import next_home
from plimsoll_attest.durable import make_folder, sync_folder

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.home import Home
    from plimsoll_attest.views import Receipt
    from plimsoll_keys.vkey import VKey

SUFFIXES: Final = (".vkey", ".key")
"""A key's files, the private one last: what the database names decides, and the files follow."""


def rotate_log_key(app: App) -> None:
    """Go as far in replacing the log's key as the log allows.

    Raises:
        KeyTrouble: If this home does not hold the log's key.
    """
    from plimsoll_attest.keyring import read_log_vkey

    entries: list[dict[str, Any]] = []
    with app.writing() as desk:
        coming = next_home(desk.home)
        if _is_named(desk, coming):
            # A crash came between the database and the files: the files follow.
            old, new, state = desk.store.vkeys[-2], desk.store.vkeys[-1], "ready"
        else:
            old, new, state = read_log_vkey(desk.home), None, "planned"
            if not coming.log_key_path.exists():
                entries += _propose(app, desk, coming)
            if not app.options.dry_run:
                new = read_log_vkey(coming)
                state = _state(desk, new)
        if new is not None and state == "ready":
            desk.store.use_log_key(new)
            _change_places(app, desk.home, old)
            state = "replaced"
        _tell(app, state, new)
    fields = {"old_vkey": str(old), "new_vkey": None if new is None else str(new)}
    app.console.json("log-key-rotation", {**fields, "state": state, "entries": entries})


def _is_named(desk: "Desk", coming: "Home") -> bool:
    """Say whether the key that waits is one that the database names already."""
    from plimsoll_attest.keyring import read_log_vkey

    if len(desk.store.vkeys) < 2 or not coming.log_key_path.exists():
        return False
    public = coming.log_key_path.with_suffix(".vkey")
    return not public.exists() or read_log_vkey(coming) == desk.store.vkeys[-1]


def _propose(app: App, desk: "Desk", coming: "Home") -> list[dict[str, Any]]:
    """Make the new key, and record it; if nothing was recorded, the key is not kept."""
    from plimsoll_attest.keyring import create_log_key

    make_folder(coming.keys_dir)
    vkey = create_log_key(coming, app.surroundings)
    receipts: list[Receipt] = []
    try:
        by = app.speaker(desk.home)
        draft = desk.draft("log-key", ["org"], {"vkey": str(vkey)}, person=by, role=app.options.role)
        receipts = append_untold(app, desk, [draft])
        return entry_fields([draft], receipts)
    finally:
        if not receipts:
            for suffix in SUFFIXES:
                coming.log_key_path.with_suffix(suffix).unlink(missing_ok=True)
            app.surroundings.key_cache.pop(str(coming.log_key_path.absolute()), None)


def _state(desk: "Desk", new: "VKey") -> str:
    """Return whether the new key waits for the quorum or for publication, or may take over."""
    if str(new) not in desk.standing().log_keys:
        return "waiting"
    published = max((kept.size for kept in desk.store.checkpoints() if kept.published), default=0)
    return "ready" if published == desk.size else "unpublished"


def _change_places(app: App, home: "Home", old: "VKey") -> None:
    """Keep the old key's files in `keys/old`, and put the new ones where they were."""
    coming = next_home(home)
    kept = home.keys_dir / "old"
    make_folder(kept)
    for suffix in SUFFIXES:
        place, waiting = home.log_key_path.with_suffix(suffix), coming.log_key_path.with_suffix(suffix)
        if waiting.exists():
            if place.exists():
                place.replace(kept / f"log-{old.keyid_hex[:16]}{suffix}")
            waiting.rename(place)
    for path in (home.log_key_path, coming.log_key_path):
        app.surroundings.key_cache.pop(str(path.absolute()), None)
    for folder in (kept, coming.keys_dir, home.keys_dir):
        sync_folder(folder)
    app.console.line(f"the log signs with the new key; the old one is kept in {escape(str(kept))}")


def _tell(app: App, state: str, new: "VKey | None") -> None:
    if new is not None:
        app.console.line(f"new key of the log: {new}")
    if state == "waiting":
        app.console.line("it waits for the root quorum; the old one goes on")
        app.console.note("have your witnesses follow it meanwhile: plimsoll witness add-log DIR VKEY")
        app.console.note("run this command again when it is in effect: see `plimsoll pending`")
    if state == "unpublished":
        app.console.line("it is in effect; the old one goes on until a checkpoint by it covers that")
        app.console.note("publish, then run this command again")
    if state == "replaced":
        app.console.note("what is published stays signed by the old key until something new is published:")
        app.console.note("record something (plimsoll record heartbeat) and publish once more")
        app.console.note("hand out the trust file anew: plimsoll trust export; older ones go on serving")
