"""What to warn of before something is appended that the log takes, and that is hardly what was meant.

Nothing is refused here: a log takes what is well-formed, and what it means is judged later. Each check is a
glance at the newest policy, not a judgement.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from plimsoll_attest.standing import ROOT
from plimsoll_attest.times import read_time

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.views import Draft

_ASKED: Final = frozenset({"policy", "permit", "determination"})
"""Kinds of which the newest policy says for certain who approves them."""

_NAMING: Final = frozenset(
    {"safeguard-attested", "safeguard-lapsed", "interim-measure", "waiver", "marginal-risk", "determination"}
)
"""Kinds that name what a policy defines, and have no effect where it does not."""

_ENDING: Final = frozenset({"deployment-ended", "training-stopped", "resumed"})
"""Kinds that end what another entry began, which is done once."""

_SAID_BY: Final = frozenset({"safeguard-attested", "determination"})
"""Kinds of which the newest policy says whose word counts."""


def advice(desk: "Desk", drafts: "Iterable[Draft]") -> Iterator[str]:
    """Yield a warning for each draft that the log takes, but that has no effect or looks like a slip."""
    for draft in drafts:
        if draft.kind == "role":
            yield from _of_role(desk, draft.body)
        elif draft.kind == "sign-off" and draft.body.get("decision") == "approve":
            yield from _of_approval(desk, draft)
        elif draft.kind == "model-registered":
            yield from _of_name(desk, str(draft.body["name"]))
        elif draft.kind in _ENDING:
            yield from _of_ending(desk, draft)
        elif draft.kind in _NAMING:
            yield from _of_names(desk, draft)
        yield from _of_end(draft)


def _of_role(desk: "Desk", body: dict[str, Any]) -> Iterator[str]:
    policy, role = desk.newest_policy(), str(body["role"])
    if policy is not None and role != ROOT:
        yield from _unless_known(policy, "role", role, policy["roles"])


def _of_names(desk: "Desk", draft: "Draft") -> Iterator[str]:
    """Yield what the newest policy does not know of what a draft names, or whose word it wants for it."""
    from plimsoll_attest.roles import wanted_roles

    policy, body = desk.newest_policy(), draft.body
    if policy is None:
        return
    unknown: list[str] = []
    for word, there in (("standard", policy["standards"]), ("threshold", policy["thresholds"])):
        if word in body:
            unknown += _unless_known(policy, word, str(body[word]), there)
    if "criterion" in body and not unknown:
        standard = str(body["standard"])
        criteria = policy["standards"][standard].get("criteria", {})
        unknown += _unless_known(policy, f"criterion of {standard}", str(body["criterion"]), criteria)
    yield from unknown
    wanted = wanted_roles(draft.kind, body, policy, None) if draft.kind in _SAID_BY else set()
    if not unknown and wanted and draft.role not in wanted:
        yield (
            f"the newest policy, {policy['id']}, wants this from {', '.join(sorted(wanted))}: "
            f"what {draft.actor} says as {draft.role} does not count for that"
        )


def _unless_known(policy: Mapping[str, Any], word: str, name: str, there: Iterable[str]) -> Iterator[str]:
    if name not in there:
        near = get_close_matches(name, list(there), 1)
        meant = f"did you mean {near[0]}?" if near else f"it has {', '.join(there) or 'none'}"
        yield f"the newest policy, {policy['id']}, has no {word} {name}: {meant}"


def _of_approval(desk: "Desk", draft: "Draft") -> Iterator[str]:
    from plimsoll_attest.roles import asked_before, wanted_roles

    target = desk.read(int(draft.body["of"]["index"]))
    if target.kind in _ASKED:
        policy = desk.newest_policy()
        wanted = wanted_roles("sign-off", {}, policy, target)
        if wanted and draft.role not in wanted | asked_before(policy):
            yield (
                f"the {target.kind} of entry {target.index} is approved by {', '.join(sorted(wanted))}: "
                f"what {draft.actor} says as {draft.role} does not count for that"
            )


def _of_ending(desk: "Desk", draft: "Draft") -> Iterator[str]:
    begun = draft.body["of"]["index"]
    for entry in desk.entries(draft.kind):
        if entry.body is not None and entry.body["of"]["index"] == begun:
            yield f"entry {entry.index} says already that what began in entry {begun} is over"
            return


def _of_name(desk: "Desk", name: str) -> Iterator[str]:
    for model in desk.models():
        if model.name != name and _plain(model.name) == _plain(name):
            yield f"there is a model {model.name!r} already: {name!r} is another one to this log"


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())


def _of_end(draft: "Draft") -> Iterator[str]:
    expires = draft.body.get("expires")
    if isinstance(expires, str) and read_time(expires) <= draft.event_ms:
        yield f"this {draft.kind} expires at {expires}, before it begins: nothing can rest on it"
