"""In which capacity somebody speaks when they do not say: the role of theirs that the policy asks for.

This only chooses a default. Whether a role was the right one is judged by everybody, from the log.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from plimsoll_attest.errors import UsageError
from plimsoll_attest.standing import ENROLMENTS, ROOT
from plimsoll_attest.views import EntryView

_ROOT_KINDS = ENROLMENTS | {"key-retired", "key-compromised", "role-ended", "genesis", "erasure"}
_QUORUMS = {
    "pause": ("pause", "called_by"),
    "restriction": ("pause", "called_by"),
    "resumed": ("pause", "lifted_by"),
    "policy-amendment": ("amendment", "proposed_by"),
}
"""Where a policy says who may author a kind."""

_TEXT = (str, bytes)
_DEEDS = {
    "assessment": ("assessment",),
    "disclosure": ("notice", "publication", "report"),
    "external-review": ("external_review",),
    "report": ("report",),
}
"""With which kinds of statement which deeds are done that a duty asks for."""


def choose_role(person: str, held: Sequence[str], wanted: set[str]) -> str:
    """Return the role in which a person speaks.

    Args:
        person: Who speaks.
        held: The roles that they hold now.
        wanted: The roles that the policy asks for; may be empty.

    Raises:
        UsageError: If they hold none, or several between which nothing decides; names the choices.
    """
    if not held:
        raise UsageError(
            f"{person} holds no role in this ledger", f"`plimsoll role grant {person} ROLE` gives one"
        )
    fitting = sorted(wanted & set(held))
    if not fitting:
        fitting = [role for role in held if role != ROOT] or list(held)
    if len(fitting) > 1:
        raise UsageError(f"{person} could speak as {' or as '.join(fitting)}", "say which with --role")
    return fitting[0]


def wanted_roles(
    kind: str, body: Mapping[str, Any], policy: Mapping[str, Any] | None, target: EntryView | None
) -> set[str]:
    """Return the roles that a policy asks for in the author of a statement.

    Args:
        kind: The statement's kind.
        body: Its body.
        policy: The policy's document; None before there is one.
        target: For a sign-off, a resumption and their like: the entry that it is about.
    """
    if kind == "sign-off" and target is not None:
        return _of_sign_off(target, policy)
    if kind in _ROOT_KINDS or (kind == "policy" and policy is None):
        return {ROOT}
    if policy is None:
        return set()
    if kind in _QUORUMS:
        return roles_in(_at(policy, *_QUORUMS[kind]))
    if kind in {"determination", "carried-over"}:
        return _of_determination(body, policy) if kind == "determination" else _of_carried(body, policy)
    if kind == "safeguard-attested":
        return roles_in(_criterion(body, policy, "attested_by"))
    if kind in {"eval-planned", "eval-result"}:
        return _of_evaluation(body, policy)
    return _of_deed(kind, body, policy)


def roles_in(quorum: Any) -> set[str]:
    """Return all role ids that a quorum names, however it is nested (SPEC 6.7)."""
    if isinstance(quorum, _TEXT):
        return {str(quorum)}
    if isinstance(quorum, Mapping):
        return {role for key, value in quorum.items() if key != "k" for role in roles_in(value)}
    if isinstance(quorum, list):
        return {role for item in quorum for role in roles_in(item)}
    return set()


def asked_before(policy: Mapping[str, Any] | None) -> set[str]:
    """Return the roles that a policy wants told or consulted before a start: their word counts for that."""
    gates = _at(policy, "gates")
    return {
        role
        for gate in (gates if isinstance(gates, list) else [])
        for part in ("told_before", "consulted_before")
        for role in roles_in(gate.get(part))
    }


def _of_sign_off(target: EntryView, policy: Mapping[str, Any] | None) -> set[str]:
    body = target.body or {}
    kind = target.kind
    if kind == "policy":
        adoption = roles_in(_at(body, "adoption", "signed_off_by"))
        return adoption | {ROOT} if policy is None or policy.get("id") == body.get("id") else adoption
    if kind == "permit":
        gates = _at(policy, "gates")
        return {
            role
            for gate in (gates if isinstance(gates, list) else [])
            if (body.get("activity") == "train") == (gate.get("for") == "training it")
            for role in roles_in(gate.get("approved_by"))
        }
    if kind == "policy-amendment":
        asked = (("approved_by",), ("proposed_by",), ("consulted",), ("weakening", "approved_by"))
        return {role for path in asked for role in roles_in(_at(policy, "amendment", *path))}
    if kind == "report":
        approving = roles_in(_at(policy, "standards", str(body.get("standard")), "approved_by"))
        return approving | _of_deed(kind, body, policy or {})
    return wanted_roles(kind, body, policy, None)


def _of_determination(body: Mapping[str, Any], policy: Mapping[str, Any]) -> set[str]:
    threshold = _at(policy, "thresholds", str(body.get("threshold")))
    cleared = _at(threshold, "cleared_by")
    if body.get("outcome") == "ruled_out" and cleared is not None:
        return roles_in(cleared)
    return roles_in(_at(threshold, "declared_by"))


def _of_carried(body: Mapping[str, Any], policy: Mapping[str, Any]) -> set[str]:
    """Return whose word counts, of one threshold or of all: `declared_by` where nothing else is said."""
    thresholds = _at(policy, "thresholds")
    found = thresholds.items() if isinstance(thresholds, Mapping) else ()
    wanted = body.get("threshold")
    return {
        role
        for name, threshold in found
        if wanted is None or name == wanted
        for role in roles_in(_at(threshold, "carried_over_by") or _at(threshold, "declared_by"))
    }


def _of_evaluation(body: Mapping[str, Any], policy: Mapping[str, Any]) -> set[str]:
    tests = _at(policy, "tests")
    name = _at(body, "task", "name")
    found = tests.values() if isinstance(tests, Mapping) else ()
    return {
        role
        for test in found
        if _at(test, "task", "name") == name
        for role in roles_in(_at(test, "needs", "run_by"))
    }


def _of_deed(kind: str, body: Mapping[str, Any], policy: Mapping[str, Any]) -> set[str]:
    """Return who is to look at what runs, or to do what a duty asks for, of the duties that ask for this."""
    if kind == "inventory":
        return roles_in(_at(policy, "record_rules", "inventory", "by"))
    duties = _at(policy, "duties")
    parts = [
        part
        for duty in (duties.values() if isinstance(duties, Mapping) else ())
        for part in (duty, *(_at(duty, "then") or ()))
    ]
    return {
        role
        for part in parts
        if body.get("type") in [_at(part, "do", deed) for deed in _DEEDS.get(kind, ())]
        for role in roles_in(_at(part, "by"))
    }


def _criterion(body: Mapping[str, Any], policy: Mapping[str, Any], key: str) -> Any:
    return _at(policy, "standards", str(body.get("standard")), "criteria", str(body.get("criterion")), key)


def _at(tree: Any, *path: str) -> Any:
    """Return what stands at a path, or None where the tree has no such place."""
    for key in path:
        if not isinstance(tree, Mapping) or key not in tree:
            return None
        tree = tree[key]
    return tree
