"""An honest ledger stays faultless, whatever people try at the desk, in whatever order."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.office import DAY, ORIGIN, Office

from plimsoll_attest.desk import Desk
from plimsoll_attest.enrol import add_person, end_role, enrol_key, grant_role, retire_key, revoke_key
from plimsoll_attest.errors import AttestError
from plimsoll_attest.keyring import KeyCard
from plimsoll_attest.times import format_time
from plimsoll_attest.views import Draft
from plimsoll_keys.files import generate_signer
from plimsoll_keys.possession import prove_possession
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.checkpoint import unverified_checkpoint
from plimsoll_ledger.fsck import fsck
from plimsoll_verify.examine import Examiner
from plimsoll_verify.log import Log

PEOPLE = ("rso", "evaluator-1", "security-1", "ceo", "eva", "evva", "ev4")
ROLES = ("root", "ceo", "evaluator", "board", "b0ard")
Try = Callable[[Desk, random.Random, str], list[Draft]]


def card(office_random: Callable[[int], bytes], person: str) -> KeyCard:
    signer = generate_signer(person, office_random)
    return KeyCard(VKey.of(signer), prove_possession(signer, ORIGIN, person))


def reference(desk: Desk, dice: random.Random) -> dict[str, Any]:
    view = desk.read(dice.randrange(desk.size))
    wrong = dice.random() < 0.2
    return {"id": "0" * 64 if wrong else view.statement_id, "index": view.index}


TRIES: tuple[Try, ...] = (
    lambda desk, dice, by: add_person(desk, dice.choice(PEOPLE), by=by, name="N"),
    lambda desk, dice, by: [
        enrol_key(desk, who := dice.choice(PEOPLE), card(desk.surroundings.random, who), by=by)
    ],
    lambda desk, dice, by: [
        grant_role(
            desk,
            dice.choice(PEOPLE),
            dice.choice(ROLES),
            by=by,
            until=format_time(desk.surroundings.clock.now_ms() + dice.randrange(DAY))
            if dice.random() < 0.5
            else None,
        )
    ],
    lambda desk, dice, by: [end_role(desk, dice.choice(PEOPLE), dice.choice(ROLES), by=by)],
    lambda desk, dice, by: [retire_key(desk, dice.choice(PEOPLE[4:]), "", by=by)],
    lambda desk, dice, by: [revoke_key(desk, dice.choice(PEOPLE[4:]), "", since=dice.randrange(30), by=by)],
    lambda desk, dice, by: [
        desk.draft(
            "sign-off",
            [],
            {"decision": dice.choice(("approve", "dissent", "told")), "of": reference(desk, dice)},
            person=by,
        )
    ],
    lambda desk, dice, by: [
        desk.draft(
            "heartbeat",
            ["org"],
            {},
            person=by,
            role=dice.choice(ROLES),
            event_ms=desk.surroundings.clock.now_ms() + dice.randrange(-DAY, 200_000),
        )
    ],
    lambda desk, _, by: [
        desk.draft("pause", ["org"], {"activities": ["train"]}, person=by, texts={"reasons": "r"})
    ],
    lambda desk, dice, by: [desk.draft("resumed", [], {"of": reference(desk, dice)}, person=by)],
    lambda desk, dice, by: [
        desk.draft("model-registered", [f"model:{dice.randrange(3):032x}"], {"name": "m"}, person=by)
    ],
)


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_tried_the_auditor_finds_no_fault(office: Office, seed: int) -> None:
    dice = random.Random(seed)
    admitted = refused = 0
    for _ in range(40):
        office.clock.time_ms += dice.randrange(5 * 3_600_000)
        with office.desk() as desk:
            before = desk.size
            drafts: list[Draft] = []
            try:
                for _ in range(dice.choice((1, 1, 2))):
                    drafts += dice.choice(TRIES)(desk, dice, dice.choice(PEOPLE[:4]))
                admitted += len(desk.submit(drafts))
                assert desk.size == before + len(drafts)
            except AttestError:
                refused += 1
                assert desk.size == before
            assert desk.outbox() == []
    assert admitted >= 5
    assert refused >= 5
    with office.desk(writing=False) as desk:
        assert fsck(desk.store).problems == []
        assert [item for item in desk.verdict().findings if item.code in {"V14", "V28", "V36"}] == []
        source = desk.source()
        head = unverified_checkpoint(source.read("checkpoint", 1 << 16))
        examiner = Examiner(source, Log(desk.origin, desk.genesis_digest, head.size, bytes(head.root)))
        report = examiner.examine(0, {})
    assert (report.tree_error, report.body_error, report.suspects, report.pending) == (None, None, [], [])
    assert [(record.index, record.fault) for record in report.records if record.fault] == []
    assert {record.body_state for record in report.records} == {"ok"}
