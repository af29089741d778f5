"""What stands on the page of a policy, before it is written in any form.

The order is that of a reader: what binds always, what binds if a model can do this, how one finds out, what
the safeguards are, who decides, what is due when, and at the end every clause of the source.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plimsoll_attest.render.procedures import (
    amendment_items,
    duty_items,
    exception_items,
    gate_items,
    people_items,
    record_items,
)
from plimsoll_attest.render.rules import rule_items, threshold_items
from plimsoll_attest.render.safeguards import standard_items, test_items
from plimsoll_attest.render.words import Item, listed, whoever

if TYPE_CHECKING:
    from plimsoll_attest.policyfile import PolicyFile
    from plimsoll_verify.policy.model import Policy


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes:
        key: An anchor, unique on the page.
        title: The heading.
        note: A paragraph below it, or an empty string.
        items: Sentences.
    """

    key: str
    title: str
    note: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ClauseRow:
    """A line of the table of clauses."""

    clause: str
    judged_by: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    Attributes:
        title: The heading.
        facts: Pairs of a name and a value, for the head of the page.
        groups: Headings with their sections.
        clauses: Every clause of the source.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    groups: tuple[tuple[str, tuple[Section, ...]], ...]
    clauses: tuple[ClauseRow, ...]


def read_page(policy: "Policy", loaded: "PolicyFile") -> Page:
    """Return what stands on the page of a policy."""
    document = loaded.document
    return Page(
        title=policy.title,
        facts=tuple(_facts(policy, document["effective_from"], loaded.sha256)),
        groups=tuple((title, sections) for title, sections in _groups(policy) if sections),
        clauses=tuple(
            ClauseRow(name, one.judged_by, one.text or one.why) for name, one in policy.clauses.items()
        ),
    )


def _facts(policy: "Policy", effective: str, sha256: str) -> Iterator[tuple[str, str]]:
    counts = dict.fromkeys(("log", "attestation", "nobody"), 0)
    for one in policy.clauses.values():
        counts[one.judged_by] += 1
    yield "Policy", f"{policy.id}, version {policy.version}"
    yield "In force from", f"{effective}, once signed off by {whoever(policy.signed_off_by)}"
    yield "About", f"every registered {policy.subject}"
    yield "Source", policy.source["title"]
    for name, label in (("url", "Found at"), ("published", "Published"), ("sha256", "SHA-256 of the source")):
        if name in policy.source:
            yield label, policy.source[name]
    if "encoding_checked_by" in policy.source:
        yield "Checked against the source by", policy.source["encoding_checked_by"]
    yield "Clauses", "judged " + listed(f"by {_JUDGES[who]}: {count}" for who, count in counts.items())
    yield "SHA-256 of this document", sha256


_JUDGES = {"log": "what the log shows", "attestation": "what somebody attests", "nobody": "nobody"}


def _groups(policy: "Policy") -> Iterator[tuple[str, tuple[Section, ...]]]:
    called = policy.called
    yield "Always", _one("baseline", "The baseline", tuple(rule_items(policy.baseline, "", called)))
    yield (
        "If a model can do this",
        tuple(
            Section(f"threshold-{name}", name, one.text, tuple(threshold_items(one, policy)))
            for name, one in policy.thresholds.items()
        ),
    )
    yield (
        "How one finds out",
        tuple(
            Section(f"test-{name}", name, "", tuple(test_items(one))) for name, one in policy.tests.items()
        ),
    )
    yield (
        "Safeguards",
        tuple(
            Section(f"standard-{name}", name, "", tuple(standard_items(one)))
            for name, one in policy.standards.items()
        ),
    )
    parts: tuple[tuple[str, str, Callable[[Policy], Iterator[Item]]], ...] = (
        ("gates", "Starts, pauses and reversals", gate_items),
        ("exceptions", "Exceptions", exception_items),
        ("people", "Who may not be who", people_items),
    )
    yield (
        "Who decides",
        tuple(section for key, title, find in parts for section in _one(key, title, tuple(find(policy)))),
    )
    parts = (
        ("duties", "What is due", duty_items),
        ("amendment", "How this policy changes", amendment_items),
        ("record", "The record itself", record_items),
    )
    yield (
        "Duties and procedure",
        tuple(section for key, title, find in parts for section in _one(key, title, tuple(find(policy)))),
    )


def _one(key: str, title: str, items: tuple[Item, ...]) -> tuple[Section, ...]:
    return (Section(key, title, "", items),) if items else ()
