"""The trust file: what an auditor brings along."""

import hashlib

import pytest
from tests.support.forge import Forge, public, vkey

from plimsoll_verify.errors import UsageError
from plimsoll_verify.trust import parse_trust

FORGE = Forge()
POLICY = f"log {FORGE.log_vkey}\nquorum none\n"
GOOD = f"genesis = '{FORGE.ledger}'\nlog_policy = '''\n{POLICY}'''\n"
ADA = FORGE.person("ada")


def test_a_trust_file_in_its_parts() -> None:
    data = (GOOD + f"max_age = '30 days'\ntsa_roots = 'PEM'\n[persons]\nada = '{ADA.vkey}'\n").encode()
    trust = parse_trust(data)
    assert trust.genesis == FORGE.ledger
    assert trust.origin == FORGE.origin
    assert trust.max_age_ms == 30 * 86_400_000
    assert trust.persons == {"ada": ADA.public}
    assert trust.fingerprint == hashlib.sha256(data).hexdigest()
    assert trust.tsa_roots == "PEM"


def test_what_may_be_absent() -> None:
    trust = parse_trust(GOOD.encode())
    assert (trust.max_age_ms, trust.persons, trust.tsa_roots) == (None, {}, "")


@pytest.mark.parametrize(
    ("period", "ms"),
    [("1 minute", 60_000), ("2 hours", 7_200_000), ("1 day", 86_400_000), ("2 weeks", 1_209_600_000)],
)
def test_periods(period: str, ms: int) -> None:
    assert parse_trust(f"{GOOD}max_age = '{period}'\n".encode()).max_age_ms == ms


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("genesis", "is no TOML"),
        ("a = " + "[" * 100_000, "is no TOML"),
        (f"{GOOD}surprise = 1\n", "unknown member 'surprise'"),
        (f"log_policy = '''\n{POLICY}'''\n", "in the trust file genesis is missing, or no text"),
        (f"genesis = '{FORGE.ledger}'\n", "in the trust file log_policy is missing, or no text"),
        (GOOD.replace(f"'{FORGE.ledger}'", "7"), "in the trust file genesis is missing, or no text"),
        (GOOD.replace(FORGE.ledger, FORGE.ledger.upper()), "64 lower-case hex digits"),
        (GOOD.replace("quorum none", "quorum some"), "not defined"),
        (f"{GOOD}max_age = '1 month'\n", "max_age"),
        (f"{GOOD}max_age = '1 days'\n", "max_age"),
        (f"{GOOD}max_age = '2 day'\n", "max_age"),
        (f"{GOOD}max_age = '0 days'\n", "max_age"),
        (f"{GOOD}max_age = 30\n", "in the trust file max_age is missing, or no text"),
        (f"{GOOD}tsa_roots = 7\n", "in the trust file tsa_roots is missing, or no text"),
        (f"persons = 7\n{GOOD}", "no table"),
        (f"{GOOD}[persons]\nada = 7\n", "pins 'ada' to something else"),
        (f"{GOOD}[persons]\nADA = '{ADA.vkey}'\n", "pins 'ADA': expected an id"),
        (f"{GOOD}[persons]\nada = 'x'\n", "pins 'ada': expected"),
        (f"{GOOD}[persons]\nbob = '{ADA.vkey}'\n", "pins 'bob' to a key of 'ada'"),
        (f"{GOOD}[persons]\nada = '{vkey('ada', bytes(32))}'\n", "small order"),
        (f"{GOOD}[persons]\nada = '{vkey('ada', public(FORGE.log_key), 4)}'\n", "type"),
        ("#" * (2**20 + 1), "longer than"),
        ("a" + ".a" * 2**18 + " = 1", "64 dots"),
        ("a = " + "[" * 2**18, "is no TOML"),
    ],
)
def test_other_trust_files_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_trust(text.encode())


def test_a_trust_file_is_utf_8() -> None:
    with pytest.raises(UsageError, match="is no text in UTF-8"):
        parse_trust(b"\xff")
