"""A policy as a page to publish: each rule a sentence with its clause and its force, as HTML or Markdown."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plimsoll_attest.policyfile import PolicyFile

FORMATS = ("html", "markdown")


def render(loaded: "PolicyFile", form: str) -> str:
    """Return a policy as a page.

    Args:
        loaded: The policy.
        form: "html" or "markdown".
    """
    from plimsoll_attest.render.page import read_page  # noqa: PLC0415
    from plimsoll_verify.policy.parse import parse_policy  # noqa: PLC0415 - loads the verifier.

    page = read_page(parse_policy(loaded.document), loaded)
    if form == "html":
        from plimsoll_attest.render.html import format_html  # noqa: PLC0415

        return format_html(page)
    from plimsoll_attest.render.markdown import format_markdown  # noqa: PLC0415

    return format_markdown(page)
