"""What `policy amend` does: records a new version, and says what the policy itself asks of a change."""

from typing import TYPE_CHECKING, Any

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.errors import NothingToDo, UnknownName, UsageError

if TYPE_CHECKING:
    from plimsoll_attest.policyfile import PolicyFile
    from plimsoll_verify.policy.compare import Comparison
    from plimsoll_verify.policy.model import Policy


def run_amend(app: App, file: str) -> None:
    """Record an amendment of the policy of that id.

    Raises:
        BadPolicy: If verifiers would not understand it.
        NothingToDo: If it is recorded already.
        UnknownName: If the ledger has no policy of that id.
        UsageError: If it has the version of the one that it amends.
    """
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.policyfile import load_policy
    from plimsoll_verify.policy.compare import compare
    from plimsoll_verify.policy.parse import parse_policy

    loaded = load_policy(app.cwd / file)
    document = loaded.document
    with app.writing() as desk:
        entries = sorted(
            [*desk.entries("policy"), *desk.entries("policy-amendment")], key=lambda entry: entry.index
        )
        same = [entry for entry in entries if entry.body and entry.body.get("id") == document["id"]]
        if not same:
            hint = "`plimsoll policy adopt` records the first version"
            raise UnknownName(f"no policy {document['id']} is recorded in this ledger", hint)
        for entry in same:
            if entry.body_sha256 == loaded.sha256:
                hint = f"while it waits for signatures: plimsoll sign-off {entry.index} approve"
                raise NothingToDo(f"entry {entry.index} records this version already", hint)
        before = same[-1].body or {}
        if before.get("version") == document["version"]:
            hint = "give it a version of its own, so that people can tell the two apart"
            raise UsageError(f"version {document['version']} is recorded as entry {same[-1].index}", hint)
        old, new = parse_policy(before), parse_policy(document)
        compared = compare(old, new)
        draft = desk.draft(
            "policy-amendment", [f"policy:{document['id']}"], document,
            person=app.speaker(desk.home), role=app.options.role,
        )  # fmt: skip
        if append(app, desk, [draft], extra={"policy": _named(loaded)}):
            for line in _asked(old, compared, loaded.sha256):
                app.console.note(escape(line))


def _named(loaded: "PolicyFile") -> dict[str, Any]:
    document = loaded.document
    return {"id": document["id"], "version": document["version"], "sha256": loaded.sha256}


def _asked(old: "Policy", compared: "Comparison", sha256: str) -> list[str]:
    """Return what the version before asks of a change."""
    rules = old.amendment
    lines = [f"compared with version {old.version} it is {compared.relation.word}: `plimsoll policy diff`"]
    lines.append(f"it is in force when {rules.approved_by} have signed: see `plimsoll pending`")
    if rules.proposed_by is not None:
        lines.append(f"a change is proposed by {rules.proposed_by}")
    if rules.consulted:
        who = ", ".join(rules.consulted)
        lines.append(f"consulted before it is approved: {who}, by `plimsoll sign-off N consulted`")
    if rules.notice is not None:
        lines.append(f"it takes effect {rules.notice.text} after it was recorded, or later")
    if rules.published:
        lines.append("publish it before it takes effect (`plimsoll policy render`), and record that:")
        lines.append(
            "plimsoll record disclosure --subject org --set to=everybody --set type=policy"
            f" --set published.sha256={sha256}"
        )
    if rules.weakening is not None and compared.may_weaken:
        notice = f", with {rules.weakening.notice.text} of notice" if rules.weakening.notice else ""
        lines.append(f"it may relax a rule, which takes {rules.weakening.approved_by} as well{notice}")
        if rules.weakening.forbidden_within is not None:
            within = rules.weakening.forbidden_within.text
            lines.append(f"for {within} from then on what breaks the version before is a violation (V19)")
    return lines
