"""Interpretations: how those who may have read a clause, told beside what is found under it.

A reading binds forward: it stands beside what begins when it is in effect, and changes nothing of what was
found, neither before nor after. Whether it is a good reading, and what it would make of a finding, is for
people; a clause that is to be judged otherwise is amended.

Source: SPEC 9.30.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from plimsoll_verify.acts import Completion
from plimsoll_verify.context import Context
from plimsoll_verify.facts import InterpretationContent
from plimsoll_verify.findings import Finding


def interpret(findings: Iterable[Finding], contexts: Iterable[Context]) -> Iterator[Finding]:
    """Yield findings, each with the reading of its clause that was in effect when it began, if there is one.

    Args:
        findings: what was found, under whatever policy.
        contexts: the policies.

    Source: SPEC 9.30.
    """
    readings = {context.versions.id: _readings(context) for context in contexts}
    for one in findings:
        said = [
            reading
            for reading in readings.get(one.policy, {}).get(one.clause, ())
            if reading.time_ms <= one.from_ms
        ]
        if said:
            last = max(said, key=lambda reading: reading.index)
            yield replace(one, interpreted_by=last.entries)
        else:
            yield one


def _readings(context: Context) -> dict[str, list[Completion]]:
    """Return the readings of each clause of a policy, by those who interpret it."""
    found: dict[str, list[Completion]] = {}
    for act in context.facts.interpretations:
        content = act.content
        complete = context.interpretation(act)
        if isinstance(content, InterpretationContent) and complete is not None:
            found.setdefault(content.clause, []).append(complete)
    return found
