"""Signing keys: made here, enrolled in the log, replaced, ended; locked whenever they are on disk."""

from typing import TYPE_CHECKING, Any

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import INDEX, appends, signs
from plimsoll_attest.cli.person import known

if TYPE_CHECKING:
    from plimsoll_attest.home import Home
    from plimsoll_attest.keyring import KeyCard


@command(
    "new",
    example="$ plimsoll key new evaluator-1\n"
    "$ plimsoll --home home key new board-1 --origin acme.example/rsp",
)
@click.argument("person")
@click.option("--origin", metavar="ORIGIN", help="The log that the key is for, where there is no home yet.")
@click.option("--from-ssh", metavar="FILE", help="Take an Ed25519 key that you have, and lock it anew.")
@signs
@pass_app
def new(app: App, person: str, origin: str | None, from_ssh: str | None) -> None:
    """Make PERSON's signing key in this home, locked with a passphrase, and their key card.

    The card, HOME/keys/PERSON.card, holds no secret: give it to whoever enrols you. A founder makes a key
    before there is a home, with --home and --origin.
    """
    from plimsoll_attest.cli.foreign import escape
    from plimsoll_attest.ids import check_id
    from plimsoll_attest.keyring import adopt_key, create_key

    check_id(person, "person")
    home = _home_for_key(app, origin)
    if from_ssh is not None:
        card = adopt_key(home, person, app.cwd / from_ssh, app.surroundings)
    else:
        card = create_key(home, person, app.surroundings)
    console = app.console
    console.line(f"key of {person}: {escape(str(home.key_path(person)))}")
    console.line(f"card to hand over: {escape(str(home.card_path(person)))}")
    console.line(f"key id: {card.vkey.keyid_hex}")
    fields = {"keyid": card.vkey.keyid_hex, **_card_fields(card)}
    paths = {"key_file": str(home.key_path(person)), "card_file": str(home.card_path(person))}
    console.json("key", {"person": person, **fields, **paths})


def _card_fields(card: "KeyCard") -> dict[str, Any]:
    from plimsoll_keys.vkey import format_vkey

    return {"vkey": format_vkey(card.vkey), "proof": card.proof_text}


def _home_for_key(app: App, origin: str | None) -> "Home":
    """Return the home; or, with an origin, the folder that will become one."""
    from plimsoll_attest.errors import UsageError
    from plimsoll_attest.home import SETTINGS_NAME, Home, Settings
    from plimsoll_attest.ids import check_origin

    named = app.options.home or app.env.get("PLIMSOLL_HOME")
    future = app.cwd / named if named else None
    if origin is None or future is None or (future / SETTINGS_NAME).exists():
        home = app.home()
        if origin is not None and origin != home.settings.origin:
            hint = "leave --origin out, or name the other home with --home"
            raise UsageError(f"this home is of {home.settings.origin}, not of {origin}", hint)
        return home
    return Home(future, Settings(check_origin(origin)))


@command("list", example="$ plimsoll key list")
@pass_app
def list_keys(app: App) -> None:
    """List the keys that this home holds, and those that are in effect in the log."""
    from plimsoll_attest.keyring import list_keys as held_keys
    from plimsoll_keys.vkey import format_vkey

    with app.reading() as desk:
        held = {vkey.keyid_hex: vkey for vkey in held_keys(desk.home)}
        effective = {keyid: item.person for item in desk.persons() for keyid in item.keyids}
    found = sorted(
        {
            *((vkey.name, keyid) for keyid, vkey in held.items()),
            *((who, key) for key, who in effective.items()),
        }
    )
    rows = [
        [who, keyid[:16], "yes" if keyid in held else "no", "yes" if keyid in effective else "no"]
        for who, keyid in found
    ]
    app.console.table(
        ("PERSON", "KEY", "IN THIS HOME", "IN EFFECT"), rows, "no keys yet: `plimsoll key new PERSON`"
    )
    keys = [
        {
            "person": who,
            "keyid": keyid,
            "vkey": format_vkey(held[keyid]) if keyid in held else None,
            "held": keyid in held,
            "in_effect": effective.get(keyid) == who,
        }
        for who, keyid in found
    ]
    app.console.json("keys", {"keys": keys})


def card_from(app: App, home: "Home", person: str, path: str | None) -> "KeyCard":
    """Return a person's key card: from a file, else the one that the home holds.

    Raises:
        KeyTrouble: If there is none.
    """
    from plimsoll_attest.errors import KeyTrouble
    from plimsoll_attest.keyring import find_card, read_card

    if path is not None:
        return read_card(app.cwd / path, home.settings.origin)
    if not home.card_path(person).exists() and not home.key_path(person).exists():
        hint = f"ask {person} for it and give --card FILE; `plimsoll key new {person}` makes a key here"
        raise KeyTrouble(f"this home holds no key card of {person}", hint)
    return find_card(home, person, app.surroundings)


@command("enrol", example="$ plimsoll key enrol evaluator-1 --card evaluator-1.card")
@click.argument("person")
@click.option("--card", metavar="FILE", help="Their key card. [HOME/keys/PERSON.card]")
@appends
@pass_app
def enrol(app: App, person: str, card: str | None) -> None:
    """Record that a key speaks for PERSON, with their proof that they hold it.

    It takes effect when the root quorum has signed.
    """
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.enrol import enrol_key

    with app.writing() as desk:
        known(desk.persons(), person)
        handed = card_from(app, desk.home, person, card)
        by = app.speaker(desk.home)
        append(app, desk, [enrol_key(desk, person, handed, by=by, role=app.options.role)])


@command("revoke", example="$ plimsoll key revoke bob\n$ plimsoll key revoke bob --compromised-since 41")
@click.argument("person")
@click.option("--key", "keyid", metavar="KEYID", help="Which, by the beginning of its id. [their only one]")
@click.option(
    "--compromised-since", "since", type=INDEX, metavar="INDEX", help="In other hands since this entry."
)
@appends
@pass_app
def revoke(app: App, person: str, keyid: str | None, since: int | None) -> None:
    """Record that a key of PERSON is no longer used or, with --compromised-since, was in other hands.

    It takes effect at once, by a root person or by PERSON (a compromise: with another key). What a
    compromised key signed stays as it is, and is listed as uncertain.
    """
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.enrol import retire_key, revoke_key
    from plimsoll_attest.errors import UnknownName

    with app.writing() as desk:
        if not known(desk.persons(), person).keyids:
            raise UnknownName(f"{person} has no key in effect", "`plimsoll key list` shows which there are")
        by, role = app.speaker(desk.home), app.options.role
        if since is None:
            draft = retire_key(desk, person, keyid or "", by=by, as_role=role)
        else:
            desk.read(since)
            draft = revoke_key(desk, person, keyid or "", since=since, by=by, as_role=role)
        append(app, desk, [draft])


@command("rotate", example="$ plimsoll key rotate --as evaluator-1")
@click.argument("person", required=False, metavar="[PERSON]")
@click.option("--from-ssh", metavar="FILE", help="Take an Ed25519 key that you have, and lock it anew.")
@appends
@pass_app
def rotate(app: App, person: str | None, from_ssh: str | None) -> None:
    """Make a new key for PERSON, yourself by default, and record it.

    The new key takes effect when the root quorum has signed; until then the old one goes on.
    """
    from plimsoll_attest.cli.rotation import rotate_key

    rotate_key(app, person, from_ssh)


@command("rotate-log", example="$ plimsoll key rotate-log\n$ plimsoll publish && plimsoll key rotate-log")
@appends
@pass_app
def rotate_log(app: App) -> None:
    """Make a new key for the log itself, and record it; run it again to go on.

    The root quorum signs it off, the ledger is published, and the command run again puts it in place. What
    is published then stays signed by the old key until something new is recorded and published. Auditors'
    trust files go on serving, because the old key has vouched for the new. A key that was stolen is not
    replaced so: it takes a new trust file.
    """
    from plimsoll_attest.cli.log_rotation import rotate_log_key

    rotate_log_key(app)
