"""Say what a statement is about: from a model's name, `org`, an earlier entry, or the body itself."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plimsoll_attest.errors import BadStatement, UsageError
from plimsoll_attest.registration import find_snapshot

if TYPE_CHECKING:
    from plimsoll_attest.desk import Desk
    from plimsoll_attest.statements.kinds import Kind
    from plimsoll_attest.views import ModelView


def subjects_for(
    desk: "Desk",
    kind: "Kind",
    body: Mapping[str, Any],
    *,
    models: Sequence[str],
    snapshot: str | None,
    given: Sequence[str],
) -> list[str]:
    """Return the subjects of a statement.

    Args:
        desk: The open desk.
        kind: The statement's kind.
        body: Its body, whose `of`, `person`, `role` or `id` may say what it is about.
        models: `--model`: names or ids.
        snapshot: `--snapshot`: a digest, the beginning of one, or a label; else the newest,
            where one is needed.
        given: `--subject`: subject names as they are recorded, or `org`.

    Raises:
        UsageError: If nothing says what the statement is about.
        BadStatement: If a kind like this is not about such subjects.
    """
    subjects = [subject if subject != "org" else f"org:{desk.origin}" for subject in given]
    ids = [desk.model_id(name) for name in models]
    subjects.extend(ids)
    if ids and (snapshot is not None or _needs_snapshot(kind, body)):
        if len(ids) > 1:
            raise UsageError(
                f"{kind.name} is about one snapshot of one model, not of {len(ids)}", "give one --model"
            )
        subjects.append(f"snapshot:{find_snapshot(desk, ids[0], snapshot).sha256}")
    if not subjects:
        subjects = _from_body(desk, kind, body)
    if not subjects:
        raise UsageError(f"what is this {kind.name} about?", _hint(kind))
    found = sorted(set(subjects))
    try:
        kind.check_subjects(found)
    except BadStatement as error:
        raise BadStatement(error.message, error.hint or _hint(kind)) from None
    return found


def find_model(desk: "Desk", name: str) -> "ModelView":
    """Return a registered model by its name or id.

    Raises:
        UnknownName: If there is none.
    """
    wanted = desk.model_id(name)
    return next(model for model in desk.models() if model.id == wanted)


def _needs_snapshot(kind: "Kind", body: Mapping[str, Any]) -> bool:
    """Return whether a model alone will not do; only a permit to train is about the model itself."""
    if kind.name == "permit":
        return body.get("activity") != "train"
    return all("snapshot" in wanted for wanted in kind.subjects) and bool(kind.subjects)


def _from_body(desk: "Desk", kind: "Kind", body: Mapping[str, Any]) -> list[str]:
    of = body.get("of")
    if isinstance(of, Mapping) and isinstance(of.get("index"), int):
        return list(desk.read(of["index"]).subjects)
    if any(wanted in (("org",), ("org", "*")) for wanted in kind.subjects) and len(kind.subjects) == 1:
        return [f"org:{desk.origin}"]
    wanted = kind.subjects[0] if kind.subjects else ()
    if wanted and all(isinstance(body.get(item), str) for item in wanted):
        return [f"{item}:{body[item]}" for item in wanted]
    if wanted == ("policy",) and isinstance(body.get("id"), str):
        return [f"policy:{body['id']}"]
    return []


def _hint(kind: "Kind") -> str:
    if any(member.name == "of" for member in kind.help()):
        return f"say which entry it is of: plimsoll record {kind.name} --set of=#INDEX"
    ways = []
    for wanted in kind.subjects:
        if "org" in wanted:
            ways.append("--subject org")
        elif any(item.startswith("model") for item in wanted):
            ways.append("--model NAME")
        else:
            ways.append(" ".join(f"--subject {item}:ID" for item in wanted))
    return f"give {' or '.join(dict.fromkeys(ways))}"
