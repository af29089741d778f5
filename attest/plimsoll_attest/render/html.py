"""The page of a policy as one HTML file that loads nothing from anywhere."""

import re
from html import escape as escape_html

from plimsoll_attest.cli.foreign import escape
from plimsoll_attest.render.page import Page, Section
from plimsoll_attest.render.words import Item

_STYLE = """
:root { --ink: #1b1f24; --soft: #59636e; --line: #d8dde3; --paper: #fff; --wash: #f5f7f9; --accent: #0b5cad; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ec; --soft: #9aa4af; --line: #333b44; --paper: #14181c; --wash: #1c2127;
    --accent: #7fb6f0; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 56rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 1rem; }
h2 { font-size: 1.25rem; margin: 3rem 0 .5rem; padding-bottom: .35rem; border-bottom: 2px solid var(--line); }
h3 { font-size: 1.02rem; margin: 1.75rem 0 .35rem; }
h3 a { color: inherit; text-decoration: none; }
h3 a:hover { color: var(--accent); }
.note { margin: 0 0 .5rem; color: var(--soft); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.25rem; margin: 0;
  padding: 1rem 1.25rem;
  background: var(--wash); border: 1px solid var(--line); border-radius: 6px; font-size: .92rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
ul { list-style: none; margin: 0; padding: 0; }
li { display: grid; grid-template-columns: 1fr max-content; gap: .25rem 1rem; align-items: baseline;
  padding: .45rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
li:last-child { border-bottom: 0; }
.name { white-space: nowrap; }
.mark { display: inline-flex; gap: .4rem; font-size: .78rem; color: var(--soft); white-space: nowrap; }
.mark b { font-weight: 600; color: var(--ink); }
.force { border: 1px solid var(--line); border-radius: 3px; padding: 0 .35rem; }
.commitment { border-color: var(--accent); color: var(--accent); }
nav { margin: 1.5rem 0 0; font-size: .92rem; color: var(--soft); }
nav a, dd a { color: var(--accent); }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; } td:first-child { white-space: nowrap; font-weight: 600; }
td:nth-child(2) { white-space: nowrap; color: var(--soft); }
@media (max-width: 40rem) {
  dl, li { grid-template-columns: 1fr; } dd { margin-bottom: .4rem; }
  td:first-child { white-space: normal; overflow-wrap: anywhere; }
}
@media print {
  main { max-width: none; padding: 0; } nav { display: none; } h2, h3, .note { break-after: avoid; }
  li, tr, dl { break-inside: avoid; } }
"""


def format_html(page: Page) -> str:
    """Return a page as HTML: no script, no font, no picture from elsewhere; what is foreign is escaped."""
    facts = "\n".join(f"<dt>{_plain(name)}</dt><dd>{_plain(value)}</dd>" for name, value in page.facts)
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{_ALLOWED}">',
        f"<title>{_plain(page.title)}</title>",
        f"<style>{_STYLE}</style>",
        "</head>",
        "<body>",
        "<main>",
        f"<h1>{_plain(page.title)}</h1>",
        f"<dl>\n{facts}\n</dl>",
        f"<nav>{' · '.join(_link(title) for title, _ in page.groups)} · {_link(_CLAUSES)}</nav>",
    ]
    for title, sections in page.groups:
        parts.append(f'<h2 id="{_anchor(title)}">{_plain(title)}</h2>')
        parts += [_section(section) for section in sections]
    parts.append(f'<h2 id="{_anchor(_CLAUSES)}">{_CLAUSES}</h2>')
    parts.append("<table>\n<tr><th>Clause</th><th>Judged by</th><th></th></tr>")
    parts += [
        f"<tr><td>{_plain(one.clause)}</td><td>{_plain(one.judged_by)}</td><td>{_plain(one.text)}</td></tr>"
        for one in page.clauses
    ]
    parts += ["</table>", "</main>", "</body>", "</html>"]
    return "\n".join(parts) + "\n"


_ALLOWED = "default-src 'none'; style-src 'unsafe-inline'"
_CLAUSES = "Every clause of the source"


def _section(section: Section) -> str:
    key = _plain(section.key)
    note = f'\n<p class="note">{_plain(section.note)}</p>' if section.note else ""
    items = "\n".join(_item(item) for item in section.items)
    heading = f'<h3 id="{key}"><a href="#{key}">{_plain(section.title)}</a></h3>'
    return f"{heading}{note}\n<ul>\n{items}\n</ul>"


def _item(item: Item) -> str:
    mark = ""
    if item.clause:
        mark = (
            f'<span class="mark"><b>{_plain(item.clause)}</b>'
            f'<span class="force {_plain(item.force)}">{_plain(item.force)}</span></span>'
        )
    text = _NAME.sub(r'<span class="name">\g<0></span>', _plain(item.text))
    return f"<li><span>{text}</span>{mark}</li>"


_NAME = re.compile(r"(?<![\w;&-])(?=[a-z0-9-]{3,24}(?![\w-]))[a-z0-9]+(?:-[a-z0-9]+)+")
"""A short name with hyphens, at which a line is not to break: `cbrn-` is another one than `cbrn-4`."""


def _link(title: str) -> str:
    return f'<a href="#{_anchor(title)}">{_plain(title)}</a>'


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")


def _plain(text: str) -> str:
    return escape_html(escape(text))
