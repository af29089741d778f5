"""What the organisation itself says that it broke: V40, which is a finding and no violation.

Source: SPEC 9.21.
"""

from collections.abc import Iterator

from plimsoll_verify.facts import Facts, IncidentContent
from plimsoll_verify.findings import Finding, point


def find_disclosed(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for each noncompliance that was recorded, whoever recorded it.

    Source: SPEC 9.21.
    """
    for one in facts.happenings.get("noncompliance", ()):
        said = one.content
        if isinstance(said, IncidentContent):
            class_ = f" of class {said.class_}" if said.class_ else ""
            message = f"Entry {one.index} discloses a noncompliance{class_} by the organisation's own word."
            yield point(
                "V40", "finding", one.subjects[0], said.occurred_ms, (one.index,), message, "SPEC 9.21"
            )
