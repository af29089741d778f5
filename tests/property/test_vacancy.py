"""V38 against the definition: at every instant, who holds what, and which quorums that leaves unmeetable."""

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.story import COMMIT, policy_with

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Facts
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.register import Grant, Register
from plimsoll_verify.vacancy import find_vacant
from plimsoll_verify.versions import Version, Versions

ROLES = ("rso", "ceo", "board")
LAST, TERM = 20, 5
MINUTE = 60_000

Holding = tuple[str, int, int, int]
"""A role, when it was given, until when, and when it was ended; in minutes."""

TWO = {"k_of": {"k": "2", "of": ["rso", "ceo", "board"]}}
QUORUMS = ["rso", {"any_of": ["rso", "ceo"]}, {"all_of": ["rso", "board"]}, TWO]

holdings = st.tuples(
    st.sampled_from(ROLES), st.integers(0, LAST), st.integers(0, LAST + 5), st.integers(0, LAST + 5)
)


def defined(held: list[Holding], quorum: int, *, has_term: bool, at: int) -> set[str]:
    """Return the roles that are vacant at an instant, and that the quorum cannot be met without."""
    there = {
        role
        for role, given_at, until, ended in held
        if given_at <= at < min(until, ended, given_at + TERM if has_term and role == "rso" else until)
    }
    is_blocked = (
        "rso" not in there,
        not there & {"rso", "ceo"},
        not {"rso", "board"} <= there,
        len(there) < 2,
    )[quorum]
    named = (("rso",), ("rso", "ceo"), ("rso", "board"), ROLES)[quorum]
    return set(named) - there if is_blocked else set()


@settings(max_examples=300, deadline=None)
@given(st.lists(holdings, max_size=6), st.integers(0, 3), st.booleans())
def test_vacancies_agree_with_the_definition_at_every_instant(
    held: list[Holding], quorum: int, has_term: bool
) -> None:
    policy = parse_policy(
        policy_with(
            roles__rso={"term": f"{TERM} minutes"} if has_term else {},
            effective_from="1970-01-01T00:00:00Z",
            thresholds={}, standards={}, baseline=[], tests={},
            gates=[{**COMMIT, "for": "training it", "approved_by": QUORUMS[quorum]}],
            pause={**COMMIT, "called_by": "release", "lifted_by": "release", "stops_within": "1 day"},
            amendment={"approved_by": "release"},
        )
    )  # fmt: skip
    register = Register()
    for number, (role, given_at, until, ended) in enumerate(held):
        grant = Grant(number, until * MINUTE, given_at * MINUTE)
        grant.begin(number, given_at * MINUTE)
        grant.end(100 + number, ended * MINUTE)
        register.grants[f"p{number}", role] = [grant]
    free = Grant(99, None, 0)
    free.begin(99, 0)
    register.grants["rel", "release"] = [free]
    context = Context(Facts(org="org:o"), Versions([Version(policy, "", 0, -1, 0, (0,))]), [])
    found = list(find_vacant(context, register, LAST * MINUTE))
    for at in range(LAST + 1):
        instant = at * MINUTE
        vacant = [
            one.rule.removeprefix("roles.")
            for one in found
            if one.from_ms <= instant and (one.to_ms is None or instant < one.to_ms)
        ]
        assert len(vacant) == len(set(vacant))
        assert set(vacant) == defined(held, quorum, has_term=has_term, at=at)
