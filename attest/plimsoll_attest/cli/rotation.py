"""`plimsoll key rotate`: a new key beside the old one, enrolled, and put in its place once it counts.

    1  HOME/keys/next/PERSON.key is made, and a `key` entry appended       the old key goes on
    2  the root quorum signs the entry off                                 the new key counts, too
    3  a `key-retired` entry ends the old key, then the files change places

Running the command again goes on where it stands, after a crash as well: each step looks first.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.appending import append_untold, entry_fields
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.durable import make_folder, sync_folder

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.home import Home
    from plimsoll_attest.views import Receipt
    from plimsoll_keys.vkey import VKey

SUFFIXES: Final = (".card", ".vkey", ".key")
"""A key's files, the private one last: a crash between leaves the old key in its place."""


def rotate_key(app: App, person: str | None, source: str | None) -> None:
    """Go as far in replacing a person's key as the log allows.

    Args:
        app: The run.
        person: Whose; without it the speaker's own.
        source: An SSH key to take as the new one, at the first step.

    Raises:
        KeyTrouble: If this home does not hold their key.
    """
    entries: list[dict[str, Any]] = []
    with app.writing() as desk:
        by = app.speaker(desk.home)
        whose = person or by
        old = _held(desk.home, whose)
        coming = next_home(desk.home)
        if not coming.key_path(whose).exists():
            entries += _enrol_new(app, desk, coming, whose, by, source)
        new = None if app.options.dry_run else _held(coming, whose)
        keys = next((item.keyids for item in desk.persons() if item.person == whose), ())
        state = "planned"
        if new is not None and new.keyid_hex not in keys:
            state = "waiting"
            app.console.line(
                f"the new key {new.keyid_hex[:16]} waits for the root quorum; the old one goes on"
            )
            app.console.note("run this command again when it is in effect: see `plimsoll pending`")
        elif new is not None:
            state = "replaced"
            if old.keyid_hex in keys:
                entries += _retire_old(app, desk, whose, by, old)
            _change_places(app, desk.home, whose, old)
    fields = {
        "person": whose,
        "old_keyid": old.keyid_hex,
        "new_keyid": new.keyid_hex if new is not None else None,
    }
    app.console.json("key-rotation", {**fields, "state": state, "entries": entries})


def next_home(home: "Home") -> "Home":
    """Return the same home with its keys in `keys/next`, where keys wait that do not count yet."""
    return replace(home, settings=replace(home.settings, keys=f"{home.settings.keys}/next"))


def _held(home: "Home", person: str) -> "VKey":
    from plimsoll_attest.errors import KeyTrouble
    from plimsoll_attest.keyring import list_keys

    for vkey in list_keys(home):
        if vkey.name == person:
            return vkey
    raise KeyTrouble(f"this home holds no key of {person}", f"`plimsoll key new {person}` makes one")


def _enrol_new(
    app: App, desk: "Desk", coming: "Home", whose: str, by: str, source: str | None
) -> list[dict[str, Any]]:
    from plimsoll_attest.enrol import enrol_key
    from plimsoll_attest.keyring import adopt_key, create_key

    make_folder(coming.keys_dir)
    if source is None:
        card = create_key(coming, whose, app.surroundings)
    else:
        card = adopt_key(coming, whose, app.cwd / source, app.surroundings)
    receipts: list[Receipt] = []
    try:
        draft = enrol_key(desk, whose, card, by=by, role=app.options.role)
        receipts = append_untold(app, desk, [draft])
        return entry_fields([draft], receipts)
    finally:
        if not receipts:
            # Nobody has recorded it: the next run shall make another.
            for suffix in SUFFIXES:
                coming.key_path(whose).with_suffix(suffix).unlink(missing_ok=True)
            app.surroundings.key_cache.pop(str(coming.key_path(whose).absolute()), None)


def _retire_old(app: App, desk: "Desk", whose: str, by: str, old: "VKey") -> list[dict[str, Any]]:
    from plimsoll_attest.enrol import retire_key

    draft = retire_key(desk, whose, old.keyid_hex, by=by, as_role=app.options.role)
    return entry_fields([draft], append_untold(app, desk, [draft]))


def _change_places(app: App, home: "Home", whose: str, old: "VKey") -> None:
    """Keep the old key's files in `keys/old`, and put the new ones where they were."""
    coming = next_home(home)
    kept = home.keys_dir / "old"
    make_folder(kept)
    for suffix in SUFFIXES:
        place = home.key_path(whose).with_suffix(suffix)
        if place.exists():
            place.replace(kept / f"{whose}-{old.keyid_hex[:16]}{suffix}")
        coming.key_path(whose).with_suffix(suffix).rename(place)
    for path in (home.key_path(whose), coming.key_path(whose)):
        app.surroundings.key_cache.pop(str(path.absolute()), None)
    for folder in (kept, coming.keys_dir, home.keys_dir):
        sync_folder(folder)
    app.console.line(
        f"{escape(whose)} now signs with the new key; the old one is kept in {escape(str(kept))}"
    )
