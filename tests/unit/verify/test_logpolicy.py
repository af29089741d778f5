"""The log policy: its grammar, and when witnesses are enough."""

import itertools

import pytest
from tests.support.forge import Forge, public, vkey

from plimsoll_verify.errors import Quorum, UsageError
from plimsoll_verify.logpolicy import parse_log_policy, verify_quorum
from plimsoll_verify.note import Signed

FORGE = Forge(genesis=False)
LOG = f"log {FORGE.log_vkey}\n"


def witness(name: str) -> str:
    return f"witness {name} {vkey(f'{name}.example', public(FORGE.secret(name)), 4)}\n"


ABC = "".join(map(witness, "abc"))


def test_a_policy_in_its_parts() -> None:
    text = f"# ours\n\n \tlog\t{FORGE.log_vkey}  https://log.example/ \n{ABC}group g 2 a b c\nquorum g\n"
    policy = parse_log_policy(text)
    assert policy.origin == FORGE.origin
    assert [key.name for key in policy.logs] == [FORGE.origin]
    assert list(policy.witnesses) == ["a", "b", "c"]
    assert (policy.groups["g"].k, policy.groups["g"].members) == (2, ("a", "b", "c"))
    assert policy.quorum == "g"


def test_groups_within_groups_within_groups() -> None:
    chain = "".join(f"group g{number + 1} any g{number}\n" for number in range(2000))
    policy = parse_log_policy(f"{LOG}{ABC}group g0 2 a b\n{chain}quorum g2000\n")
    signed = [Signed(policy.witnesses[name], 7) for name in "ab"]
    assert verify_quorum(policy, signed) == 7
    with pytest.raises(Quorum, match="cosignatures by a"):
        verify_quorum(policy, signed[:1])


def test_two_keys_of_one_log() -> None:
    second = vkey(FORGE.origin, public(FORGE.secret("second")))
    assert len(parse_log_policy(f"{LOG}log {second}\nquorum none\n").logs) == 2


OTHER_LOG = f"log {vkey('other.example', public(FORGE.secret('second')))}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names 0 logs"),
        ("quorum none\n", "names 0 logs"),
        (LOG, "no quorum line"),
        (f"{LOG}{OTHER_LOG}quorum none\n", "names 2 logs"),
        (f"{LOG}{LOG}quorum none\n", "line 2: .*stands twice"),
        (f"{LOG}witness a {FORGE.log_vkey}\nquorum a\n", r"line 2: expected a key of type \[4, 6\]"),
        (f"{LOG}witness a {vkey('w', public(FORGE.log_key), 4)}\nquorum a\n", "one role"),
        (f"{LOG}quorum none\nquorum none\n", "second quorum"),
        (f"{LOG}quorum a\n", "not defined on a line before"),
        (f"{LOG}{witness('a')}{witness('a')}", "line 3: key .* stands twice"),
        (f"{LOG}{witness('a')}{witness('b').replace(' b ', ' a ')}", "line 3: name 'a' is taken"),
        (f"{LOG}{witness('none')}", "is taken"),
        (f"{LOG}{ABC}group g any a\ngroup g any b\nquorum g\n", "is taken"),
        (f"{LOG}{ABC}group g any a a\nquorum g\n", "a member already"),
        (f"{LOG}{ABC}group g any a\ngroup h any a\nquorum h\n", "a member already"),
        (f"{LOG}{ABC}group g any none\nquorum g\n", "not defined"),
        (f"{LOG}{ABC}group g any g\nquorum g\n", "not defined"),
        (f"{LOG}{ABC}group g any\nquorum g\n", "no line of a log policy"),
        (f"{LOG}{ABC}group g 0 a\nquorum g\n", "cannot need 0"),
        (f"{LOG}{ABC}group g 3 a b\nquorum g\n", "cannot need 3"),
        (f"{LOG}{ABC}group g 01 a b\nquorum g\n", "decimal"),
        (f"{LOG}{ABC}group g most a b\nquorum g\n", "decimal"),
        (f"{LOG}monitor x\nquorum none\n", "no line of a log policy"),
        (f"log {FORGE.log_vkey} url more\nquorum none\n", "no line of a log policy"),
        (f"{LOG}\u00a0quorum none\n", "no line of a log policy"),
        ("log x\nquorum none\n", "line 1"),
        (f"log {vkey('No+Origin'.replace('+', ''), public(FORGE.log_key))}\nquorum none\n", "an origin"),
        ("\n" * 5000, "at most 4096"),
    ],
)
def test_other_policies_are_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_log_policy(text)


GROUPS = "group x 2 a b c\n"


@pytest.mark.parametrize(
    ("rule", "enough"),
    [
        ("quorum none\n", lambda _: True),
        ("quorum b\n", lambda names: "b" in names),
        ("group x any a b c\nquorum x\n", bool),
        ("group x all a b c\nquorum x\n", lambda names: len(names) == 3),
        ("group x 2 a b c\nquorum x\n", lambda names: len(names) >= 2),
        ("group x any a b\ngroup y all x c\nquorum y\n", lambda names: "c" in names and len(names) > 1),
    ],
)
def test_quorums(rule: str, enough: object) -> None:
    policy = parse_log_policy(LOG + ABC + rule)
    assert callable(enough)
    for count in range(4):
        for names in itertools.combinations("abc", count):
            signed = [Signed(policy.witnesses[name], 7) for name in names]
            if enough(set(names)):
                assert verify_quorum(policy, signed) == (None if rule == "quorum none\n" else 7)
            else:
                with pytest.raises(Quorum) as caught:
                    verify_quorum(policy, signed)
                assert (", ".join(names) or "nobody") in caught.value.actual


def test_one_witness_twice_is_one_witness() -> None:
    policy = parse_log_policy(f"{LOG}{ABC}group x 2 a b c\nquorum x\n")
    with pytest.raises(Quorum):
        verify_quorum(policy, [Signed(policy.witnesses["a"], 7), Signed(policy.witnesses["a"], 8)])


def test_the_time_is_the_latest_that_a_quorum_vouches_for() -> None:
    policy = parse_log_policy(f"{LOG}{ABC}group x 2 a b c\nquorum x\n")
    a, b, c = (policy.witnesses[name] for name in "abc")
    assert verify_quorum(policy, [Signed(a, 10), Signed(b, 20)]) == 10
    assert verify_quorum(policy, [Signed(a, 10), Signed(b, 20), Signed(c, 30)]) == 20
    assert verify_quorum(policy, [Signed(a, 10), Signed(a, 40), Signed(b, 20), Signed(c, 30)]) == 30
    # The log's own signature has no time, and a time of the log would prove nothing.
    assert verify_quorum(policy, [Signed(policy.logs[0], None), Signed(a, 1), Signed(b, 2)]) == 1


def test_a_policy_has_no_control_characters_but_tab_and_newline() -> None:
    with pytest.raises(UsageError, match="control character"):
        parse_log_policy(f"{LOG}quorum none\r\n")
