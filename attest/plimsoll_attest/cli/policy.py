"""Policies: `check` reads one as the auditor's program would, `adopt` records it, `show` shows it."""

import click

from plimsoll_attest.cli.app import App, pass_app
from plimsoll_attest.cli.commands import command
from plimsoll_attest.cli.options import appends, asks


@command(
    "init",
    example="$ plimsoll policy init new.yaml\n$ plimsoll policy init new.yaml --no-input --task leaks",
)
@click.argument("file")
@click.option("--id", "id_", metavar="ID", help="The policy's id.")
@click.option("--title", metavar="TEXT", help="Its title.")
@click.option("--effective-from", metavar="DAY", help="From which day it is in force.")
@click.option("--harm", metavar="TEXT", help="What a model must not do to whoever uses it.")
@click.option("--task", metavar="NAME", help="The evaluation that finds it out.")
@click.option("--task-version", metavar="TEXT", help="Its version.")
@click.option("--scorer", metavar="NAME", help="Whose figure counts.")
@click.option("--metric", metavar="NAME", help="Which of them.")
@click.option("--safe-below", metavar="AMOUNT", help="Safe if surely below, such as 1/20.")
@click.option("--harmful-from", metavar="AMOUNT", help="Harmful at or above, such as 1/5.")
@click.option("--respond-within", metavar="PERIOD", help="How long safeguards may take, such as 2 weeks.")
@click.option("--surface", metavar="ID", help="Where models are offered, such as api.")
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@asks
@pass_app
def init(app: App, /, file: str, *, force: bool, **given: str | None) -> None:
    """Ask a few questions, and write a first policy of a company that uses or makes models to FILE.

    Needs no ledger. What is given by an option is not asked; without a terminal, or with --no-input,
    nothing is, and the rest has sensible values. Edit the file before you adopt it.
    """
    from plimsoll_attest.cli.policy_init import run_init

    run_init(app, file, {name.rstrip("_"): value for name, value in given.items()}, force=force)


@command(
    "check",
    example="$ plimsoll policy check harbour.yaml\n$ plimsoll policy check a.yaml --strict --clauses a.txt",
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--clauses", metavar="FILE", help="The clauses of the source, one a line; each has to be listed."
)
@click.option("--people", is_flag=True, help="Hold its quorums to the people and roles of the ledger.")
@click.option("--strict", is_flag=True, help="Take a warning for an error.")
@pass_app
def check(app: App, files: tuple[str, ...], *, clauses: str | None, people: bool, strict: bool) -> int:
    """Say whether the policies in FILEs (YAML) are understood: every problem with line, column and a way out.

    Needs no ledger. A policy with problems cannot be adopted: the auditor's program would not understand
    it either. Warnings are about what is probably not meant: what nothing refers to, what nobody can meet,
    what no rule and no gate covers.
    """
    from plimsoll_attest.cli.policy_check import run_check

    return run_check(app, files, clauses=clauses, people=people, strict=strict)


@command("show", example="$ plimsoll policy show\n$ plimsoll policy show --document | jq .thresholds")
@click.option("--document", is_flag=True, help="The recorded document itself, as JSON.")
@pass_app
def show(app: App, *, document: bool) -> None:
    """Show the policy in force: what it is, since which entry, and what it says in brief."""
    from plimsoll_attest.cli.policies import run_show

    run_show(app, document=document)


@command(
    "render",
    example="$ plimsoll policy render harbour.yaml > page.html\n$ plimsoll policy render --format markdown",
)
@click.argument("file", required=False)
@click.option(
    "--format", "form", type=click.Choice(["html", "markdown"]), default="html", help="Of the page."
)
@click.option("--canonical", is_flag=True, help="The bytes that are recorded (canonical JSON), and no page.")
@pass_app
def render(app: App, file: str | None, *, form: str, canonical: bool) -> None:
    """Write the policy in FILE, or of the ledger, as a page to publish.

    Each rule is a sentence with its clause and its force. The HTML loads nothing from anywhere.
    """
    from plimsoll_attest.cli.policy_render import run_render

    run_render(app, file, form=form, canonical=canonical)


@command(
    "diff",
    example="$ plimsoll policy diff 1.yaml 2.yaml\n$ plimsoll policy diff a.yaml b.yaml --log L --trust T",
)
@click.argument("old")
@click.argument("new")
@click.option("--log", "ledger", metavar="DIR", help="A published ledger: judge it by each of the two.")
@click.option("--trust", metavar="FILE", help="The trust file for that ledger.")
@pass_app
def diff(app: App, old: str, new: str, *, ledger: str | None, trust: str | None) -> None:
    """Say of each part of the policy in NEW whether it is stronger or weaker than in OLD, and why.

    Stronger is what breaks whenever the other does. With --log, say which findings change.
    """
    from plimsoll_attest.cli.policy_diff import run_diff

    run_diff(app, old, new, ledger=ledger, trust=trust)


@command("adopt", example="$ plimsoll policy adopt harbour.yaml --as rso --role root")
@click.argument("file")
@appends
@pass_app
def adopt(app: App, file: str) -> None:
    """Record the policy in FILE. It is in force once those have signed it off whom its `adoption` names.

    The first policy of a ledger also needs the root quorum.
    """
    from plimsoll_attest.cli.appending import append
    from plimsoll_attest.errors import NothingToDo
    from plimsoll_attest.policyfile import load_policy

    loaded = load_policy(app.cwd / file)
    document = loaded.document
    named = {"id": document["id"], "version": document["version"], "sha256": loaded.sha256}
    with app.writing() as desk:
        for entry in desk.entries("policy"):
            if entry.body_sha256 == loaded.sha256:
                hint = f"while it waits for signatures: plimsoll sign-off {entry.index} approve"
                raise NothingToDo(f"entry {entry.index} records this policy already", hint)
        draft = desk.draft(
            "policy", [f"policy:{document['id']}"], document,
            person=app.speaker(desk.home), role=app.options.role,
        )  # fmt: skip
        if append(app, desk, [draft], extra={"policy": named}):
            app.console.note("it is in force when its adoption quorum has signed: see `plimsoll pending`")


@command("amend", example="$ plimsoll policy amend harbour-2.yaml")
@click.argument("file")
@appends
@pass_app
def amend(app: App, file: str) -> None:
    """Record the new version of a policy in FILE, and say what the version before asks of a change.

    It is in force once those have signed it off whom the `amendment` of that version names.
    """
    from plimsoll_attest.cli.policy_amend import run_amend

    run_amend(app, file)
