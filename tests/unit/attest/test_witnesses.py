"""A witness's home on disk, interrupted at each step; and the company's witness policy file."""

from pathlib import Path

import pytest
from tests.support.office import ORIGIN, Office

from plimsoll_attest.errors import CouldNotRun, PassphraseMissing, UsageError
from plimsoll_attest.home import Home, Settings
from plimsoll_attest.surroundings import PASSPHRASE_VARIABLE, EnvironmentPassphrase, Surroundings
from plimsoll_attest.witnesses import read_witness_policy
from plimsoll_attest.witnesshome import ED25519_KEY, ML_DSA_KEY, WitnessHome, logs_of
from plimsoll_keys.errors import WrongPassphrase
from plimsoll_keys.files import generate_signer
from plimsoll_keys.mldsa import generate_ml_dsa_signer
from plimsoll_keys.vkey import VKey
from plimsoll_ledger.cosignature import cosigner_vkey
from plimsoll_ledger.witness.state import State
from plimsoll_verify.trust import parse_trust

NAME = "regulator.example/w1"


def made(office: Office, path: Path) -> WitnessHome:
    return WitnessHome.create(path, NAME, office.surroundings)


def test_it_is_made_and_opened_again(office: Office, tmp_path: Path) -> None:
    home = made(office, tmp_path / "w1")
    assert WitnessHome.load(home.path) == home
    state = home.open_state()
    office.keys.clear()
    assert list(map(cosigner_vkey, home.unlock(office.surroundings, state.vkeys))) == [state.vkey]
    assert (home.path / "witness.vkey").read_text() == f"{state.vkey}\n"
    state.close()


def test_without_a_passphrase_nothing_is_left(office: Office, tmp_path: Path) -> None:
    nobody = Surroundings(office.clock, office.random, {}, EnvironmentPassphrase({}))
    with pytest.raises(PassphraseMissing):
        WitnessHome.create(tmp_path / "w1", NAME, nobody)
    assert list((tmp_path / "w1").iterdir()) == []
    made(office, tmp_path / "w1")


def test_a_state_whose_key_was_never_written_is_made_anew(office: Office, tmp_path: Path) -> None:
    (tmp_path / "w1").mkdir()
    State.create(tmp_path / "w1" / "state.sqlite3", cosigner_vkey(generate_signer(NAME))).close()
    home = made(office, tmp_path / "w1")
    state = home.open_state()
    assert list(map(cosigner_vkey, home.unlock(office.surroundings, state.vkeys))) == [state.vkey]
    state.close()


def test_a_key_that_was_not_finished_is_not_taken_up(office: Office, tmp_path: Path) -> None:
    home = made(office, tmp_path / "w1")
    (home.path / "witness.toml").unlink()
    with pytest.raises(UsageError, match="not finished"):
        made(office, home.path)


def test_keys_of_both_kinds(office: Office, tmp_path: Path) -> None:
    home = WitnessHome.create(
        tmp_path / "w1", NAME, office.surroundings, (ED25519_KEY, ML_DSA_KEY, ED25519_KEY)
    )
    state = home.open_state()
    assert [vkey.key_type for vkey in state.vkeys] == [4, 6]
    for in_memory in (True, False):
        signers = home.unlock(office.surroundings, state.vkeys)
        assert tuple(map(cosigner_vkey, signers)) == state.vkeys
        assert in_memory or not office.keys
        office.keys.clear()
    assert (home.path / "witness-ml-dsa-44.vkey").read_text() == f"{state.vkeys[1]}\n"
    state.close()
    for kind in (ED25519_KEY, ML_DSA_KEY):
        with pytest.raises(UsageError, match=f"has a key of the kind {kind}"):
            home.add_key(office.surroundings, kind)


@pytest.mark.parametrize(("first", "second"), [(ED25519_KEY, ML_DSA_KEY), (ML_DSA_KEY, ED25519_KEY)])
def test_a_second_key_comes_later(office: Office, tmp_path: Path, first: str, second: str) -> None:
    home = WitnessHome.create(tmp_path / "w1", NAME, office.surroundings, (first,))
    before = {path.name: path.read_bytes() for path in home.path.glob("witness*")}
    stranger = Surroundings(
        office.clock, office.random, {}, EnvironmentPassphrase({PASSPHRASE_VARIABLE: "no"})
    )
    with pytest.raises(WrongPassphrase):
        home.add_key(stranger, second)
    assert {path.name: path.read_bytes() for path in home.path.glob("witness*")} == before
    added = home.add_key(office.surroundings, second)
    state = home.open_state()
    assert state.vkeys[1] == added
    office.keys.clear()
    signers = home.unlock(office.surroundings, state.vkeys)
    assert tuple(map(cosigner_vkey, signers)) == state.vkeys
    state.close()


def test_a_second_key_that_was_not_finished_is_not_taken_up(office: Office, tmp_path: Path) -> None:
    home = made(office, tmp_path / "w1")
    (home.path / "witness-ml-dsa-44.key").write_text("written just before the power went")
    with pytest.raises(UsageError, match="has not taken up"):
        home.add_key(office.surroundings, ML_DSA_KEY)
    state = home.open_state()
    assert [vkey.key_type for vkey in state.vkeys] == [4]
    assert len(home.unlock(office.surroundings, state.vkeys)) == 1
    state.close()
    (home.path / "witness-ml-dsa-44.key").unlink()
    assert home.add_key(office.surroundings, ML_DSA_KEY).key_type == 6


def test_no_key_of_two_is_left_without_a_passphrase(office: Office, tmp_path: Path) -> None:
    (tmp_path / "w1").mkdir()
    (tmp_path / "w1" / "witness-ml-dsa-44.key").mkdir()
    with pytest.raises(UsageError, match="not finished"):
        made(office, tmp_path / "w1")
    (tmp_path / "w1" / "witness-ml-dsa-44.key").rmdir()
    nobody = Surroundings(office.clock, office.random, {}, EnvironmentPassphrase({}))
    with pytest.raises(PassphraseMissing):
        WitnessHome.create(tmp_path / "w1", NAME, nobody, (ED25519_KEY, ML_DSA_KEY))
    assert list((tmp_path / "w1").iterdir()) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("format = ", "is not TOML"),
        ('format = "plimsoll-witness/2"\nname = "w"\n', "not of the format"),
        ('format = "plimsoll-witness/1"\n', "not of the format"),
        ('format = "plimsoll-witness/1"\nname = 3\n', "not of the format"),
        ('format = "plimsoll-witness/1"\nname = "w"\nmore = "x"\n', "not of the format"),
    ],
)
def test_a_home_that_says_something_else(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "witness.toml").write_text(text)
    with pytest.raises(UsageError, match=reason):
        WitnessHome.load(tmp_path)


def test_folders_that_cannot_be_a_home(office: Office, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CouldNotRun):
        made(office, tmp_path / "file")
    (tmp_path / "w" / "witness.toml").mkdir(parents=True)
    with pytest.raises(CouldNotRun):
        WitnessHome.load(tmp_path / "w")


def test_only_log_keys_are_followed() -> None:
    witness = cosigner_vkey(generate_signer(NAME))
    for vkey in (witness, cosigner_vkey(generate_ml_dsa_signer(NAME))):
        with pytest.raises(UsageError, match="is no log's key"):
            logs_of([], [str(vkey)])


def with_policy(office: Office, data: bytes) -> Home:
    (office.path / "witnesses").write_bytes(data)
    return Home(office.path, Settings(ORIGIN, witness_policy="witnesses"))


def test_the_policy_of_a_home(office: Office) -> None:
    with office.desk(writing=False) as desk:
        assert read_witness_policy(office.home, desk.store) is None
        own = f"log {desk.store.vkeys[0]}\nquorum none\n"
        policy = read_witness_policy(with_policy(office, own.encode()), desk.store)
        assert policy is not None
        assert policy.quorum == "none"
        other = f"log {VKey.of(generate_signer('x'))}\nquorum none\n"
        for data, reason in ((b"\xff", "not UTF-8"), (other.encode(), "is not one of acme.example/rsp")):
            with pytest.raises(UsageError, match=reason):
                read_witness_policy(with_policy(office, data), desk.store)
        (office.path / "witnesses").unlink()
        (office.path / "witnesses").mkdir()
        with pytest.raises(CouldNotRun):
            read_witness_policy(Home(office.path, Settings(ORIGIN, witness_policy="witnesses")), desk.store)


def test_a_trust_file_quotes_what_a_policy_holds(office: Office) -> None:
    """Names are anybody's text: a quote in one must not end the trust file's."""
    vkey = cosigner_vkey(generate_signer('w"""\\'))
    data = f'witness w"""\\ {vkey} http://w.example\nquorum w"""\\\n'.encode()
    with_policy(office, data)
    with (office.path / "plimsoll.toml").open("a") as file:
        file.write('witness_policy = "witnesses"\n')
    with office.desk(writing=False) as desk:
        trust = parse_trust(desk.trust().encode())
    assert list(trust.log_policy.witnesses) == ['w"""\\']
    assert trust.log_policy.quorum == 'w"""\\'
