"""Sentences about a policy, and the words that they are made of."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plimsoll_verify.policy.calendars import Term
    from plimsoll_verify.policy.duties import Deed
    from plimsoll_verify.policy.grammar import Activity, Period, Quorum
    from plimsoll_verify.policy.model import Promise


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence.

    Attributes:
        text: The sentence.
        clause: The clause that it stands under, or an empty string.
        force: How binding it is, or an empty string.
    """

    text: str
    clause: str = ""
    force: str = ""


def promised(text: str, promise: "Promise") -> Item:
    """Return a sentence with its clause and force."""
    return Item(capital(text), promise.clause, promise.force)


def capital(text: str) -> str:
    """Return a sentence that begins with a capital letter, unless it begins with a name."""
    return text[:1].upper() + text[1:]


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return words in a row: `a`, `a and b`, `a, b and c`."""
    found = list(words)
    if len(found) < 2:
        return "".join(found)
    return f"{', '.join(found[:-1])} {last} {found[-1]}"


def while_(activities: "Iterable[Activity]", called: "Mapping[Activity, str]") -> str:
    """Return activities, each with what the source calls it."""
    words = (f"{one.value} ({called[one]})" if one in called else one.value for one in activities)
    return listed(words, "or")


def whoever(quorum: "Quorum") -> str:
    """Return who is meant by a quorum."""
    parts = [part if isinstance(part, str) else f"({whoever(part)})" for part in quorum.of]
    if len(parts) > 1 and len(set(parts)) == 1:
        return f"{quorum.k} {'persons' if quorum.k > 1 else 'person'} in role {parts[0]}"
    if quorum.k in (1, len(parts)):
        return listed(parts, "and" if quorum.k == len(parts) else "or")
    return f"{quorum.k} of {listed(parts)}"


def every(period: "Period") -> str:
    """Return how often."""
    return f"every {period.text.removeprefix('1 ')}"


def time(period: "Period", words: str = "") -> str:
    """Return how long, or the words of the source where it has no figure."""
    if not period.is_quantified:
        return f"a time that the source does not quantify{f' (“{words}”)' if words else ''}"
    return f"{period.text}{f' (“{words}”)' if words else ''}"


def soon(period: "Period", words: str = "") -> str:
    """Return by when: at once, or within how long."""
    if period.is_quantified and period.after(0) == 0:
        return "at once"
    return f"within {time(period, words)}"


def soon_term(one: "Term", words: str = "") -> str:
    """Return by when, as a duty counts it."""
    return f"within {one.text}" if one.business_days else soon(one.period, words)


def deed(one: "Deed", *, bare: bool = False) -> str:
    """Return what has to be done; `bare` without an article."""
    article, words = {
        "assessment": ("an", f"assessment ({one.what})"),
        "report": ("a", f"{one.what} report"),
        "determination": ("a", f"determination of {one.what}"),
        "notice": ("a", f"notice to {one.what}"),
        "publication": ("a", f"publication ({one.what})"),
        "external_review": ("an", f"external review ({one.what})"),
    }[one.kind]
    return words if bare else f"{article} {words}"
