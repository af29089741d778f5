"""Thresholds: when a capability counts as there, who says so, how soon, and what follows.

Source: SPEC 7.4.
"""

from typing import Literal, cast

from plimsoll_verify.policy.groups import FORMS, read_group
from plimsoll_verify.policy.measures import model_id, whole
from plimsoll_verify.policy.model import Threshold
from plimsoll_verify.policy.names import Names
from plimsoll_verify.policy.promise import Respond
from plimsoll_verify.policy.reading import Place, PolicyError
from plimsoll_verify.policy.rules import RuleReader

_REQUIRED = (
    "domain", "clause", "force", "decided_by", "until_assessed", "if_not_ruled_out", "declared_by", "then",
)  # fmt: skip
_OPTIONAL = ("text", "respond_within", "decide_within", "cleared_by", "carried_over_by", "level", *FORMS)


def read_threshold(key: str, place: Place, names: Names, rules: RuleReader) -> Threshold:
    """Return a threshold."""
    members = place.members(_REQUIRED, _OPTIONAL)
    decided_by = members.of("decided_by", lambda at: at.one_of(["tests", "people"]))
    group = read_group(members, place, names)
    if decided_by == "tests" and not any(form in members for form in FORMS):
        message = f"one of {', '.join(FORMS)} is wanted, where tests decide"
        place.note(PolicyError(place.path, message))
    until_assessed = members.of("until_assessed", _until_assessed)
    declared_by = members.of("declared_by", names.quorum)
    return Threshold(
        id=key,
        domain=members.of("domain", Place.text),
        promise=names.promise(members),
        text=members.get("text", Place.text, ""),
        decided_by=cast("Literal['tests', 'people']", decided_by),
        crossed_until_assessed=until_assessed == "crossed",
        respond_within=members.get("respond_within", lambda at: names.deadline(at, "time"), None),
        declared_by=declared_by,
        cleared_by=members.get("cleared_by", names.quorum, None),
        then=members.of("then", lambda at: rules.read(at, key)),
        carried_over_by=members.get("carried_over_by", names.quorum, declared_by),
        group=group,
        as_model="" if until_assessed in ("baseline", "crossed") else until_assessed,
        determination_within=members.of("if_not_ruled_out", lambda at: _determination(at, names)),
        decide_within=members.get("decide_within", lambda at: names.deadline(at, "time"), None),
        level=members.get("level", whole, 0),
        tests=group.tests() if group is not None else (),
        needs_all=group is not None and not (group.is_flat and group.k == 1),
    )


def _until_assessed(place: Place) -> str:
    """Return "baseline", "crossed", or the model whose state it has until then."""
    if not isinstance(place.value, dict):
        return place.one_of(["baseline", "crossed"])
    return place.members(["as"]).of("as", model_id)


def _determination(place: Place, names: Names) -> Respond | None:
    """Return by when people have to determine it; None if it is treated as crossed at once."""
    if not isinstance(place.value, dict):
        place.one_of(["treat as crossed"])
        return None
    return names.deadline(place, "determination_within")
