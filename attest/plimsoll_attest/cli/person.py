"""People and what they may say: `person`, `role`, `whoami`. Enrolments take effect by the root quorum."""

from typing import TYPE_CHECKING, Any

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import TIME, appends

if TYPE_CHECKING:
    from plimsoll_attest.views import PersonView


@command(
    "add",
    example="$ plimsoll person add evaluator-1 --name 'Ada Example'\n"
    "$ plimsoll person add bob --card bob.card",
)
@click.argument("person")
@click.option("--name", metavar="TEXT", help="Their name; kept beside the log, so that it can be erased.")
@click.option("--card", metavar="FILE", help="Their key card: the key is enrolled as well.")
@appends
@pass_app
def add(app: App, person: str, name: str | None, card: str | None) -> None:
    """Record that PERSON exists, and with --card that a key is theirs.

    It takes effect when the root quorum has signed. Without a card, `plimsoll key enrol` follows.
    """
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.enrol import add_person

    with app.writing() as desk:
        handed = None
        if card is not None:
            from plimsoll_attest.keyring import read_card

            handed = read_card(app.cwd / card, desk.origin)
        by = app.speaker(desk.home)
        append(
            app, desk, add_person(desk, person, by=by, name=name or "", card=handed, role=app.options.role)
        )


@command("list", example="$ plimsoll person list")
@pass_app
def list_persons(app: App) -> None:
    """List the persons that the ledger names, their roles and keys in effect."""
    with app.reading() as desk:
        persons = desk.persons()
    rows = [
        [
            item.person,
            item.name,
            ", ".join(item.roles) or "-",
            ", ".join(keyid[:16] for keyid in item.keyids) or "-",
            _state(item),
        ]
        for item in persons
    ]
    app.console.table(("PERSON", "NAME", "ROLES", "KEYS", "STATE"), rows, "nobody is enrolled")
    app.console.json("persons", {"persons": [_fields(item) for item in persons]})


def _state(item: "PersonView") -> str:
    return "in effect" if item.in_effect else "waits for the root quorum"


def _fields(item: "PersonView") -> dict[str, Any]:
    return {
        "person": item.person,
        "name": item.name or None,
        "roles": list(item.roles),
        "keyids": list(item.keyids),
        "root": item.is_root,
        "in_effect": item.in_effect,
    }


@command("grant", example="$ plimsoll role grant evaluator-1 evaluator --until 2027-11-20T00:00:00Z")
@click.argument("person")
@click.argument("role")
@click.option("--until", "until_ms", type=TIME, metavar="TIME", help="The end of the term. [none]")
@appends
@pass_app
def grant(app: App, person: str, role: str, until_ms: int | None) -> None:
    """Record that PERSON holds ROLE. It takes effect when the root quorum has signed."""
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.enrol import grant_role
    from plimsoll_attest.times import format_time

    until = format_time(until_ms) if until_ms is not None else None
    with app.writing() as desk:
        known(desk.persons(), person)
        by = app.speaker(desk.home)
        append(app, desk, [grant_role(desk, person, role, by=by, until=until, as_role=app.options.role)])


@command("end", example="$ plimsoll role end evaluator-1 evaluator")
@click.argument("person")
@click.argument("role")
@appends
@pass_app
def end(app: App, person: str, role: str) -> None:
    """Record that PERSON holds ROLE no more. It takes effect at once, by them or a root person."""
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.enrol import end_role
    from plimsoll_attest.errors import UnknownName

    with app.writing() as desk:
        held = known(desk.persons(), person).roles
        if role not in held:
            there = ", ".join(held) or "no role"
            raise UnknownName(
                f"{person} does not hold {role}, but {there}", "`plimsoll role list` shows who holds what"
            )
        by = app.speaker(desk.home)
        append(app, desk, [end_role(desk, person, role, by=by, as_role=app.options.role)])


def known(persons: "list[PersonView]", person: str) -> "PersonView":
    """Return a person that the ledger names.

    Raises:
        UnknownName: If it names none so, with the nearest.
    """
    from difflib import get_close_matches

    from plimsoll_attest.errors import UnknownName

    for item in persons:
        if item.person == person:
            return item
    near = get_close_matches(person, [item.person for item in persons], 1)
    hint = f"did you mean {near[0]}?" if near else f"`plimsoll person add {person}` comes first"
    raise UnknownName(f"the ledger names no person {person!r}", hint)


@command("list", example="$ plimsoll role list")
@pass_app
def list_roles(app: App) -> None:
    """List the roles in effect and who holds them."""
    with app.reading() as desk:
        persons = desk.persons()
    holders: dict[str, list[str]] = {}
    for item in persons:
        for role in item.roles:
            holders.setdefault(role, []).append(item.person)
    rows = [[role, ", ".join(names)] for role, names in sorted(holders.items())]
    app.console.table(("ROLE", "HELD BY"), rows, "nobody holds a role")
    app.console.json(
        "roles", {"roles": [{"role": role, "persons": names} for role, names in sorted(holders.items())]}
    )


@command("whoami", example="$ plimsoll whoami --as rso")
@pass_app
def whoami(app: App) -> None:
    """Say who speaks when you run a command here: the person, their key, their roles."""
    from plimsoll_attest.cli.foreign import escape
    from plimsoll_attest.cli.output import format_pairs

    with app.reading() as desk:
        person = app.speaker(desk.home)
        found = next((item for item in desk.persons() if item.person == person), None)
        held = desk.home.key_path(person).exists()
        home = desk.home.path
        origin = desk.origin
    roles = list(found.roles) if found else []
    keyids = list(found.keyids) if found else []
    pairs = [
        ("person", person if found else f"{person}, whom the ledger does not name"),
        ("roles", ", ".join(roles) or "none in effect"),
        ("keys", ", ".join(keyid[:16] for keyid in keyids) or "none in effect"),
        ("key file", "in this home" if held else f"not in this home: `plimsoll key new {person}` makes one"),
        ("ledger", origin),
        ("home", str(home)),
    ]
    for line in format_pairs(pairs):
        app.console.line(line)
    fields = {
        "person": person,
        "enrolled": found is not None,
        "roles": roles,
        "keyids": keyids,
        "key_held": held,
    }
    app.console.json("whoami", {**fields, "origin": origin, "home": escape(str(home))})
