"""Enrolment: the genesis with its founders, then persons, keys and roles, each an entry of its own.

Everything here takes effect by the root quorum: at once where one root person is enough, else with the
sign-off that completes it. Until then it is pending, and nobody can speak by it.
"""

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plimsoll_attest.admission import LedgerAdmission
from plimsoll_attest.bodies import ContentStore
from plimsoll_attest.desk import Desk
from plimsoll_attest.drafting import Writing, write_draft
from plimsoll_attest.errors import KeyTrouble, UsageError
from plimsoll_attest.home import Home, Settings
from plimsoll_attest.ids import ID_PATTERN, check_id, check_origin
from plimsoll_attest.keyring import (
    KeyCard,
    create_key,
    create_log_key,
    find_card,
    read_card,
    unlock_log,
    unlock_person,
)
from plimsoll_attest.standing import ROOT
from plimsoll_attest.statements.statement import NO_LEDGER
from plimsoll_attest.statements.structural import FORMAT
from plimsoll_attest.surroundings import Surroundings
from plimsoll_attest.views import Draft, Receipt
from plimsoll_keys.vkey import format_vkey, parse_vkey
from plimsoll_ledger.sequencer import create_ledger as create_log

ID = re.compile(ID_PATTERN)


@dataclass(frozen=True, slots=True)
class Founding:
    """What a new ledger shall be.

    Attributes:
        origin: The log's origin, such as `acme.example/rsp`.
        person: The founder who signs the genesis; the home's default person.
        founders: The others: the id or vkey of somebody whose key or card the home's `keys/` holds, or the
            path of a card.
        quorum: Root persons needed to enrol; 0 for all founders.
        database: An SQLAlchemy URL; empty for SQLite in the home.
    """

    origin: str
    person: str
    founders: Sequence[str] = ()
    quorum: int = 0
    database: str = ""


def create_ledger(path: Path, founding: Founding, surroundings: Surroundings) -> Receipt:
    """Make a ledger home, the log's key, and a log whose first entry is the genesis.

    The founder's own key is made if `keys/` holds none. If anything fails, all that was made goes again.

    Args:
        path: A folder that does not exist, is empty, or holds only `keys/`.
        founding: What the ledger shall be.
        surroundings: Clock, randomness, passphrases.

    Raises:
        UsageError: If the folder, an id or the quorum will not do, or a founder's card is missing.
        KeysError: If a key or a proof will not do.
        LedgerError: If the database cannot be made.

    Source: SPEC 6.1.
    """
    check_origin(founding.origin)
    check_id(founding.person, "person")
    before = set(path.rglob("*")) if path.exists() else None
    settings = Settings(founding.origin, database=founding.database, default_person=founding.person)
    home = Home.prepare(path, settings)
    try:
        receipt = _found(home, founding, surroundings)
        home.write_settings()
        return receipt
    except BaseException:
        _remove_new(path, before)
        inside = path.absolute()
        for name in [name for name in surroundings.key_cache if Path(name).is_relative_to(inside)]:
            if not Path(name).exists():
                del surroundings.key_cache[name]
        raise


def add_person(
    desk: Desk, person: str, *, by: str, name: str = "", card: KeyCard | None = None, role: str | None = None
) -> list[Draft]:
    """Draft a person's entry, and their key's if there is a card.

    Args:
        desk: The open ledger.
        person: Their id.
        by: Who enrols them.
        name: A display name; the log holds only its salted digest.
        card: Their key card; without it `key enrol` follows later.
        role: In which capacity `by` speaks; without it root.

    Raises:
        AttestError: As `Desk.draft`.
    """
    check_id(person, "person")
    drafts = [
        desk.draft(
            "person",
            [f"person:{person}"],
            {"person": person},
            person=by,
            role=role or ROOT,
            texts={"details": name} if name else {},
        )
    ]
    if card is not None:
        drafts.append(enrol_key(desk, person, card, by=by, role=role))
    return drafts


def enrol_key(desk: Desk, person: str, card: KeyCard, *, by: str, role: str | None = None) -> Draft:
    """Draft the enrolment of a key, with the proof that its holder has it.

    Raises:
        UsageError: If the card is another person's.
    """
    if card.person != person:
        raise UsageError(f"this card is {card.person}'s, not {person}'s", "ask them for their own")
    body = {"person": person, "proof": card.proof_text, "vkey": format_vkey(card.vkey)}
    return desk.draft("key", [f"person:{person}"], body, person=by, role=role or ROOT)


def grant_role(
    desk: Desk, person: str, role: str, *, by: str, until: str | None = None, as_role: str | None = None
) -> Draft:
    """Draft the grant of a role.

    Args:
        desk: The open ledger.
        person: Who gets it.
        role: Which.
        by: Who grants it.
        until: The end of the term, RFC 3339 with an offset; None for none.
        as_role: In which capacity `by` speaks; without it root.
    """
    body = {"person": check_id(person, "person"), "role": check_id(role, "role")}
    if until is not None:
        body["until"] = until
    return desk.draft("role", [f"person:{person}", f"role:{role}"], body, person=by, role=as_role or ROOT)


def end_role(desk: Desk, person: str, role: str, *, by: str, as_role: str | None = None) -> Draft:
    """Draft the end of a role; it ends at once if the person or a root person says so."""
    body = {"person": check_id(person, "person"), "role": check_id(role, "role")}
    return desk.draft(
        "role-ended", [f"person:{person}", f"role:{role}"], body, person=by, role=as_role or _ending(desk, by)
    )


def retire_key(desk: Desk, person: str, keyid: str, *, by: str, as_role: str | None = None) -> Draft:
    """Draft the end of a key that is no longer used.

    Args:
        desk: The open ledger.
        person: Whose key it is.
        keyid: Its hex id or the beginning of it.
        by: The person, or a root person.
        as_role: In which capacity `by` speaks.

    Raises:
        KeyTrouble: If no key of theirs begins so, or several do.
    """
    body = {"keyid": find_keyid(desk, person, keyid), "person": person}
    return desk.draft("key-retired", [f"person:{person}"], body, person=by, role=as_role or _ending(desk, by))


def revoke_key(
    desk: Desk, person: str, keyid: str, *, since: int, by: str, as_role: str | None = None
) -> Draft:
    """Draft the declaration that a key has been in other hands since an entry; see `retire_key`."""
    body = {"keyid": find_keyid(desk, person, keyid), "person": person, "since": since}
    return desk.draft(
        "key-compromised", [f"person:{person}"], body, person=by, role=as_role or _ending(desk, by)
    )


def find_keyid(desk: Desk, person: str, keyid: str) -> str:
    """Return the whole id of a recorded key of a person that begins so; of their only one for an empty text.

    Raises:
        KeyTrouble: If there is none, or several.
    """
    known = [item for item in desk.standing().keys_of(person, pending=True) if item.startswith(keyid)]
    if len(known) != 1:
        hint = (
            f"their keys: {', '.join(item[:16] for item in known)}"
            if known
            else "`plimsoll key list` shows them"
        )
        raise KeyTrouble(f"{len(known)} keys of {person} begin with {keyid!r}", hint)
    return known[0]


def take_card(home: Home, text: str, surroundings: Surroundings) -> KeyCard:
    """Return the card that was meant: an id or vkey whose key or card the home holds, or the path of a card.

    Raises:
        KeyTrouble: If there is none, or the home holds another key of that name.
        KeysError: If it does not hold.
    """
    if ID.fullmatch(text) and (home.card_path(text).exists() or home.key_path(text).exists()):
        return find_card(home, text, surroundings)
    if text.count("+") < 2:
        return read_card(Path(text), home.settings.origin)
    wanted = parse_vkey(text)
    card = find_card(home, wanted.name, surroundings)
    if card.vkey != wanted:
        raise KeyTrouble(
            f"keys/{wanted.name}.vkey is another key than the one that was given",
            "compare the two lines with the person whose key it is",
        )
    return card


def _found(home: Home, founding: Founding, surroundings: Surroundings) -> Receipt:
    cards = [take_card(home, text, surroundings) for text in founding.founders]
    if home.key_path(founding.person).exists():
        unlock_person(home, founding.person, surroundings)
        cards.append(find_card(home, founding.person, surroundings))
    else:
        cards.append(create_key(home, founding.person, surroundings))
    cards.sort(key=lambda card: card.person)
    quorum = founding.quorum or len(cards)
    if not 1 <= quorum <= len(cards):
        raise UsageError(
            f"a quorum of {quorum} cannot be met by {len(cards)} root persons", "name more with --founder"
        )
    log_vkey = create_log_key(home, surroundings)
    body: dict[str, Any] = {
        "format": FORMAT,
        "log": [format_vkey(log_vkey)],
        "origin": founding.origin,
        "quorum": quorum,
        "root": [
            {"person": card.person, "proof": card.proof_text, "vkey": format_vkey(card.vkey)}
            for card in cards
        ],
    }
    writing = Writing(
        kind="genesis",
        subjects=[f"org:{founding.origin}"],
        body=body,
        role=ROOT,
        event_ms=surroundings.clock.now_ms(),
        ledger=NO_LEDGER,
        seen="",
        texts={},
    )
    draft = write_draft(
        writing, unlock_person(home, founding.person, surroundings), founding.origin, surroundings
    )
    admission = LedgerAdmission(founding.origin, ContentStore(home.body_dir).get, [log_vkey])
    sequencer = create_log(
        home.database_url, unlock_log(home, surroundings), admission, surroundings.clock, [draft.envelope]
    )
    with sequencer.store as store, sequencer:
        entry = store.entry(0)
    return Receipt(0, entry.ident.hex(), entry.time_ms, entry.topic)


def _ending(desk: Desk, by: str) -> str:
    """Return the role in which somebody ends something: root if they hold it, else any of theirs."""
    roles = desk.person_roles(by)
    return ROOT if ROOT in roles or not roles else roles[0]


def _remove_new(path: Path, before: set[Path] | None) -> None:
    """Take away what an attempt has made; what was there before stays, keys above all."""
    if before is None:
        shutil.rmtree(path, ignore_errors=True)
        return
    for item in sorted(path.rglob("*"), reverse=True):
        if item not in before:
            if item.is_dir():
                item.rmdir()
            else:
                item.unlink()
