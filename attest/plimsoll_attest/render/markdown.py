"""The page of a policy as Markdown."""

import re
from html import escape as escape_html

from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.render.page import Page, Section
from plimsoll_attest.render.words import Item

_SPECIAL = re.compile(r"([\\`*_\[\]|#])")


def format_markdown(page: Page) -> str:
    """Return a page as Markdown; whatever comes from the policy is escaped."""
    lines = [f"# {_plain(page.title)}", ""]
    lines += [f"- {_plain(name)}: {_plain(value)}" for name, value in page.facts]
    for title, sections in page.groups:
        lines += ["", f"## {title}"]
        for section in sections:
            lines += _section(section)
    lines += ["", "## Every clause of the source", "", "| clause | judged by | |", "|---|---|---|"]
    lines += [f"| {_plain(one.clause)} | {one.judged_by} | {_plain(one.text)} |" for one in page.clauses]
    return "\n".join(lines) + "\n"


def _section(section: Section) -> list[str]:
    lines = ["", f"### {_plain(section.title)}", ""]
    if section.note:
        lines += [_plain(section.note), ""]
    return [*lines, *(f"- {_plain(item.text)}{_mark(item)}" for item in section.items)]


def _mark(item: Item) -> str:
    return f" *({_plain(item.clause)}, {item.force})*" if item.clause else ""


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", escape_html(escape(text), quote=False))
