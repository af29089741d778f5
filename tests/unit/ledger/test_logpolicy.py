"""The publisher's policy, and that the auditor's reader takes the same text for the same policy."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.ledger.kit import ORIGIN, vkey_of

from plimsoll_keys.files import generate_signer
from plimsoll_ledger.cosignature import cosigner_vkey
from plimsoll_ledger.logpolicy import BadPolicy, WitnessPolicy, format_policy, parse_policy
from plimsoll_verify.errors import Quorum, UsageError, VerificationError
from plimsoll_verify.logpolicy import LogPolicy, parse_log_policy, verify_quorum
from plimsoll_verify.note import Signed

LOG_SIGNER = generate_signer(ORIGIN)
LOG = f"log {vkey_of(LOG_SIGNER)}\n"
SIGNERS = {name: generate_signer(f"{name}.example") for name in "abcd"}
LINES = {
    name: f"witness {name} {cosigner_vkey(signer)} https://{name}.example/w\n"
    for name, signer in SIGNERS.items()
}
ABC = "".join(LINES[name] for name in "abc")


def test_a_policy_in_its_parts() -> None:
    policy = parse_policy(f"# ours\n\n \t{LOG}{ABC}group g 2 a b\t c \nquorum g\n")
    assert policy.log_keys == (vkey_of(LOG_SIGNER),)
    assert [witness.url for witness in policy.witnesses.values()] == [
        "https://a.example/w", "https://b.example/w", "https://c.example/w",
    ]  # fmt: skip
    assert policy.witnesses["b"].vkey == cosigner_vkey(SIGNERS["b"])
    assert (policy.groups["g"].k, policy.groups["g"].members) == (2, ("a", "b", "c"))
    chain = "".join(f"group h{number + 1} any h{number}\n" for number in range(2000))
    deep = parse_policy(f"{ABC}group h0 2 a b\n{chain}quorum h2000\n")
    assert (deep.is_met({"a", "b"}), deep.is_met({"a", "c"})) == (True, False)
    assert parse_policy("quorum none") == WitnessPolicy((), {}, {}, "none")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no quorum line"),
        (ABC, "no quorum line"),
        ("quorum none\r\n", "control character"),
        ("\n" * 5000, "at most 4096"),
        ("quorum none\nquorum none\n", "line 2 .*second quorum"),
        ("quorum a\n", "not defined"),
        (f"witness a {vkey_of(LOG_SIGNER)}\nquorum a\n", "key of type 1, wanted 4 or 6"),
        (f"log {cosigner_vkey(SIGNERS['a'])}\nquorum none\n", "key of type 4, wanted 1"),
        (f"{LOG}witness a {cosigner_vkey(LOG_SIGNER)}\nquorum a\n", "one role"),
        (f"{LINES['a']}{LINES['a'].replace(' a ', ' x ')}quorum a\n", "one role"),
        (f"{LINES['a']}{LINES['b'].replace(' b ', ' a ')}quorum a\n", "'a' is taken"),
        (f"{LINES['a'].replace(' a ', ' none ')}quorum none\n", "is taken"),
        (f"{ABC}group g 0 a b\nquorum g\n", "cannot need 0"),
        (f"{ABC}group g 3 a b\nquorum g\n", "cannot need 3"),
        (f"{ABC}group g most a b\nquorum g\n", "decimal"),
        (f"{ABC}group g any a a\nquorum g\n", "member already"),
        (f"{ABC}group g any\nquorum g\n", "no line"),
        ("witness a x\nquorum a\n", "three parts"),
        (f"{LINES['a'].replace('https', 'ftp')}quorum a\n", "http"),
        (f"{LINES['a'].replace('https://a.example/w', 'https://')}quorum a\n", "http"),
        (f"{LINES['a'].replace('/w', '/w?x=1')}quorum a\n", "http"),
        (f"{LINES['a'].replace('/w', '/w#x')}quorum a\n", "http"),
        (f"{LINES['a'].replace('//a', '//user:secret@a')}quorum a\n", "no user and no password"),
        (f"{LINES['a'].replace('a.example/w', 'a.example:99999/w')}quorum a\n", "cannot be read"),
        (f"{LINES['a'].replace('a.example/w', '[::1/w')}quorum a\n", "cannot be read"),
        (f"{LINES['a'].strip()} more\nquorum a\n", "no line"),
    ],
    ids=itertools.count(),  # The keys are new each time.
)
def test_other_policies_are_refused(text: str, message: str) -> None:
    with pytest.raises(BadPolicy, match=message) as caught:
        parse_policy(text)
    assert "secret" not in str(caught.value)


def test_what_auditors_get_is_the_same_policy_with_the_logs_keys() -> None:
    ours = parse_policy(f"{ABC}group g 2 a b\ngroup h all g c\nquorum h\n")
    text = format_policy(ours, [vkey_of(LOG_SIGNER)])
    theirs = parse_log_policy(text)
    assert (theirs.origin, theirs.quorum) == (ORIGIN, "h")
    assert list(theirs.witnesses) == ["a", "b", "c"]
    assert parse_policy(text) == WitnessPolicy(
        (vkey_of(LOG_SIGNER),), ours.witnesses, ours.groups, ours.quorum
    )
    assert format_policy(None, [vkey_of(LOG_SIGNER)]) == f"{LOG}quorum none\n"


def same(ours: WitnessPolicy, theirs: LogPolicy) -> None:
    """Compare both readings of one text, and their judgement of every set of witnesses."""
    assert [vkey.public_key for vkey in ours.log_keys] == [key.key for key in theirs.logs]
    assert {name: found.vkey.key_id for name, found in ours.witnesses.items()} == {
        name: key.key_id for name, key in theirs.witnesses.items()
    }
    for count in range(len(ours.witnesses) + 1):
        for names in itertools.combinations(ours.witnesses, count):
            try:
                verify_quorum(theirs, [Signed(theirs.witnesses[name], 7) for name in names])
            except Quorum:
                assert not ours.is_met(names)
            else:
                assert ours.is_met(names)


WORDS = st.sampled_from(["a", "b", "c", "d", "g", "h", "none", "1", "2", "3", "any", "all", "x"])
GROUP = st.lists(WORDS, min_size=1, max_size=5).map(lambda words: f"group {' '.join(words)}\n")
LINE = st.one_of(
    st.sampled_from(list(LINES.values())), GROUP, GROUP, WORDS.map(lambda word: f"quorum {word}\n"),
    st.sampled_from([LOG, "# comment\n", "\n", "\tquorum g \n", "quorum\n", "group\n", "\x0b\n"]),
)  # fmt: skip


@given(st.lists(LINE, max_size=12))
def test_both_readers_agree(lines: list[str]) -> None:
    text = LOG + ABC + "".join(lines)
    try:
        ours = parse_policy(text)
    except BadPolicy:
        with pytest.raises((UsageError, VerificationError)):
            parse_log_policy(text)
        return
    same(ours, parse_log_policy(text))
