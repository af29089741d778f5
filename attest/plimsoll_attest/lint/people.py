"""Quorums that the people of a ledger cannot meet, and roles that nobody holds."""

from collections.abc import Iterator, Mapping

from plimsoll_attest.lint.references import used_roles
from plimsoll_attest.lint.warnings import Path, Warned, listed
from plimsoll_verify.policy.grammar import Quorum
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.quorum import is_met


def find_unfillable(policy: Policy, holders: Mapping[str, frozenset[str]]) -> Iterator[Warned]:
    """Yield quorums that cannot be met by distinct persons, and roles without a holder.

    Args:
        policy: The policy.
        holders: The persons that hold each role.
    """
    used = used_roles(policy)
    for role in policy.roles:
        if role in used and not holders.get(role):
            message = f"nobody holds the role {role}"
            yield Warned("role-vacant", ("roles", role), message, f"`plimsoll role grant PERSON {role}`")
    everybody = frozenset((person, role) for role, persons in holders.items() for person in persons)
    for path, quorum, needs_author in quorums(policy):
        here = frozenset(pair for pair in everybody if pair[1] in quorum.roles())
        vacant = sorted({role for role in quorum.roles() if not holders.get(role)})
        if is_met(quorum, here):
            continue
        why = f"nobody holds {listed(vacant)}" if vacant else "too few persons hold its roles"
        yield Warned("quorum-unfillable", path, f"{quorum} cannot be met: {why}", _HINTS[needs_author])


_HINTS = {
    True: "grant the roles; the author of the act counts",
    False: "grant the roles; the author of the act does not count",
}


def quorums(policy: Policy) -> Iterator[tuple[Path, Quorum, bool]]:
    """Yield each quorum with its place, and whether the author of the act counts towards it (SPEC 6.7)."""
    yield ("adoption", "signed_off_by"), policy.signed_off_by, False
    amendment = policy.amendment
    yield ("amendment", "approved_by"), amendment.approved_by, False
    if amendment.weakening is not None:
        yield ("amendment", "weakening", "approved_by"), amendment.weakening.approved_by, False
    if amendment.proposed_by is not None:
        yield ("amendment", "proposed_by"), amendment.proposed_by, True
    for name, threshold in policy.thresholds.items():
        path: Path = ("thresholds", name)
        yield (*path, "declared_by"), threshold.declared_by, True
        if threshold.cleared_by is not None:
            yield (*path, "cleared_by"), threshold.cleared_by, True
    for name, standard in policy.standards.items():
        if standard.approved_by is not None:
            yield ("standards", name, "approved_by"), standard.approved_by, False
        for key, criterion in standard.criteria.items():
            yield ("standards", name, "criteria", key, "attested_by"), criterion.attested_by, True
    for number, gate in enumerate(policy.gates):
        yield ("gates", number, "approved_by"), gate.approved_by, False
    yield ("pause", "called_by"), policy.pause.called_by, True
    yield ("pause", "lifted_by"), policy.pause.lifted_by, True
    for kind, exception in policy.exceptions.items():
        yield ("exceptions", kind, "approved_by"), exception.approved_by, False
    for name, duty in policy.duties.items():
        if duty.by is not None:
            yield ("duties", name, "by"), duty.by, True
    for name, one in (("interpretation", policy.interpretation), ("reversal", policy.reversal)):
        if one is not None:
            yield (name, "by"), one.by, True
