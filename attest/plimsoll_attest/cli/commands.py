"""Commands and groups: lazy, with options that work everywhere, and an example in each help.

A group knows its commands from `table.py` alone; it imports a command's module when that command runs, prints
its own help, or completes its own options. Nothing here writes to the process's own streams.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from plimsoll_attest.cli.app import App
from plimsoll_attest.cli.table import COMMANDS, SECTIONS, Branch, Leaf

_PACKAGE: Final = "plimsoll_attest.cli"
COLOURS: Final = ("auto", "always", "never")


class GlobalOption(click.Option):
    """An option that every command takes; the help of commands leaves it to `plimsoll --help`."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """Return the lines of help, in the program's own help only."""
        return None if ctx.parent is not None else super().get_help_record(ctx)


def _app(ctx: click.Context) -> App | None:
    found = ctx.find_root().obj
    return found if isinstance(found, App) and not ctx.resilient_parsing else None


def _set(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return a callback that keeps a value given on the command line in the run's options or console."""

    def keep(ctx: click.Context, _parameter: click.Parameter, value: Any) -> None:
        app = _app(ctx)
        if app is None or value in (None, False, 0):
            return
        if name in ("as_json", "quiet"):
            setattr(app.console, name, True)
        elif name == "verbosity":
            app.console.verbosity += value
        elif name == "colour":
            app.options.colour = value
            app.console.colour = value == "always" or (value == "auto" and app.console.colour)
        else:
            setattr(app.options, name, value)

    return keep


def _global(*names: str, to: str, text: str, **settings: Any) -> GlobalOption:
    return GlobalOption(
        [*names, f"global_{to}"], expose_value=False, is_eager=True, callback=_set(to), help=text, **settings
    )


def global_options() -> list[click.Parameter]:
    """Return the options that work before and after every command."""
    return [
        _global(
            "--home",
            to="home",
            metavar="DIR",
            text="The ledger home. [else $PLIMSOLL_HOME, else upwards from here]",
        ),
        _global(
            "--ledger",
            to="ledger",
            metavar="URL",
            text="A log that is served elsewhere. [else $PLIMSOLL_LEDGER, else what the home says]",
        ),
        _global(
            "--as",
            to="person",
            metavar="PERSON",
            text="Who speaks. [else $PLIMSOLL_AS, else the home's default]",
        ),
        _global(
            "--role", to="role", metavar="ROLE", text="In which role. [else the one that the policy asks for]"
        ),
        _global("--json", to="as_json", is_flag=True, text="Print one JSON object and nothing else."),
        _global("--quiet", "-q", to="quiet", is_flag=True, text="Leave out notes; results and errors stay."),
        _global("--verbose", "-v", to="verbosity", count=True, text="Say more, on standard error."),
        _global("--debug", to="debug", is_flag=True, text="Show a traceback where the program fails."),
        _global(
            "--color",
            to="colour",
            type=click.Choice(COLOURS),
            text="When to colour. [auto; NO_COLOR is honoured]",
        ),
    ]


def _answers() -> list[click.Parameter]:
    """Return the options about questions; before a command's name they may stand for any command."""
    return [
        _global("--yes", to="yes", is_flag=True, text="Append without asking, on a terminal too."),
        _global("--no-input", to="no_input", is_flag=True, text="Ask nothing, not even on a terminal."),
    ]


def _show_help(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001
    app = _app(ctx)
    if value and app is not None:
        app.console.raw(ctx.get_help() + "\n")
        ctx.exit()


class Command(click.Command):
    """A command with an example in its help.

    Attributes:
        example: Lines as a person would type them, with `$ `.
    """

    def __init__(self, *arguments: Any, example: str = "", **settings: Any) -> None:
        """Take what click takes, and the example."""
        super().__init__(*arguments, **settings)
        self.example = example
        self.params.extend(global_options())

    def get_help_option(self, ctx: click.Context) -> click.Option:  # noqa: ARG002 - click's signature
        """Return `--help`, which writes to the run's own standard output."""
        return _help_option()

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the example, and where the other options are listed."""
        _format_example(self.example, formatter)
        if ctx.parent is not None:
            formatter.write_paragraph()
            formatter.write_text(
                "--home, --ledger, --as, --role, --json, -q, -v, --debug, --color: see `plimsoll --help`."
            )

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the parameters, `--help` last."""
        return [*self.params, self.get_help_option(ctx)]


class Group(Command, click.Group):
    """A group that knows its commands from a table."""

    def __init__(self, *arguments: Any, children: Mapping[str, Leaf | Branch], **settings: Any) -> None:
        """Take what click takes, and the table of commands."""
        super().__init__(*arguments, **settings)
        self.children = children

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(self.children)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Return a command, importing its module; None if there is none of this name."""
        entry = self.children.get(cmd_name)
        if entry is None:
            return None
        if isinstance(entry, Branch):
            return Group(cmd_name, children=entry.children, help=entry.help + ".", no_args_is_help=True)
        module, _, name = entry.target.partition(":")
        found: Command = getattr(import_module(f"{_PACKAGE}.{module}"), name)
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that arguments name, or say which ones there are."""
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None and not ctx.resilient_parsing:
            raise NoSuchCommand(name, tuple(self.children), ctx)
        return name if command else None, command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands from the table, under their headings."""
        size = max(map(len, self.children))
        for section in SECTIONS if ctx.parent is None else ("",):
            rows = [
                (name.ljust(size), entry.help)
                for name, entry in self.children.items()
                if entry.section == section
            ]
            if rows:
                with formatter.section(section or "Commands"):
                    formatter.write_dl(rows)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands first: they are what a person looks for."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return names from the table, and this group's own options; no command is imported."""
        names = [
            CompletionItem(name, help=entry.help)
            for name, entry in self.children.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


class NoSuchCommand(click.UsageError):
    """A command that this program does not have.

    Attributes:
        name: What was asked for.
        there_are: The names there are.
    """

    def __init__(self, name: str, there_are: tuple[str, ...], ctx: click.Context) -> None:
        """Take the name and those there are."""
        super().__init__(f"there is no command `{ctx.command_path} {name}`", ctx)
        self.name = name
        self.there_are = there_are


_HELP: list[click.Option] = []


def _help_option() -> click.Option:
    # One object for all commands: click orders parameters by identity.
    if not _HELP:
        _HELP.append(
            click.Option(
                ["--help", "-h", "global_help"], is_flag=True, expose_value=False, is_eager=True,
                callback=_show_help, help="Show this message.",
            )
        )  # fmt: skip
    return _HELP[0]


def _format_example(example: str, formatter: click.HelpFormatter) -> None:
    if example:
        with formatter.section("Example"):
            for line in example.strip().splitlines():
                formatter.write(f"{'':>{formatter.current_indent}}{line.strip()}\n")


def command(name: str, *, example: str) -> Callable[[Callable[..., Any]], Command]:
    """Return a decorator that makes a function a command.

    Args:
        name: The last word of the command.
        example: Lines as a person would type them.
    """

    def decorate(function: Callable[..., Any]) -> Command:
        return click.command(name, cls=Command, example=example)(function)

    return decorate


def _show_version(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001
    app = _app(ctx)
    if value and app is not None:
        from plimsoll_attest.cli.version import show_version

        show_version(app)
        ctx.exit()


def root() -> Group:
    """Return the program's own group."""
    group = Group(
        "plimsoll",
        children=COMMANDS,
        no_args_is_help=True,
        help=(
            "Keep a signed, append-only record of evaluations, safeguards, sign-offs and deployments that "
            "an auditor can replay against the policy with `plimsoll-verify`."
        ),
        example="$ plimsoll demo\n$ plimsoll init acme --origin acme.example/rsp --as alice",
    )
    group.params.extend(_answers())
    group.params.append(
        click.Option(
            ["--version"], is_flag=True, expose_value=False, callback=_show_version,
            help="Show the version and the formats it reads and writes.",
        )
    )  # fmt: skip
    return group
