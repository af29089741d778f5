"""What `policy render` does: a policy as a page to publish, or as the bytes that are recorded."""

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.policies import current
from plimsoll_attest.errors import UsageError


def run_render(app: App, file: str | None, *, form: str, canonical: bool) -> None:
    """Write a policy to standard output.

    Args:
        app: The run.
        file: A policy file; None for the policy of the ledger.
        form: "html" or "markdown".
        canonical: Whether the recorded bytes are wanted, and no page.

    Raises:
        BadPolicy: If verifiers would not understand it.
        UnknownName: If the ledger has none.
    """
    from plimsoll_attest.policyfile import load_policy, policy_of
    from plimsoll_attest.render import render

    if file is not None:
        loaded = load_policy(app.cwd / file)
    else:
        with app.reading() as desk:
            entry, _ = current(desk)
        loaded = policy_of(entry.body or {})
    if canonical and form != "html":
        raise UsageError("--canonical is no page, and has no --format", "leave one of them out")
    text = loaded.data.decode() if canonical else render(loaded, form)
    named = {"id": loaded.document["id"], "version": loaded.document["version"], "sha256": loaded.sha256}
    app.console.json("policy-rendered", {**named, "format": "canonical" if canonical else form, "text": text})
    if not app.console.as_json:
        app.console.raw(text)
