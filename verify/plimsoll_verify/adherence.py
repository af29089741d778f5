"""Adherence: what breaks another policy breaks one that makes adhering to it a rule of its own.

Source: SPEC 9.25.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from plimsoll_verify.findings import Finding
from plimsoll_verify.versions import Versions


def find_adherence(findings: Iterable[Finding], all_versions: Iterable[Versions]) -> Iterator[Finding]:
    """Yield, for each violation or doubt of a policy, the finding of each policy that adheres to it.

    Which version adheres is that in force at the beginning of the finding. Adherence to a policy that adheres
    itself goes no further: each policy answers for what it names.

    Source: SPEC 9.25.
    """
    adhering = [
        (versions, segment, rule)
        for versions in all_versions
        for segment in versions.segments
        for rule in segment.version.policy.adheres
    ]
    for one in findings:
        for versions, segment, rule in adhering:
            is_broken = one.policy == rule.to and one.level in ("violation", "indeterminate")
            if is_broken and segment.start <= one.from_ms < segment.stop:
                level = one.level if rule.promise.is_commitment else "finding"
                entries = tuple(sorted({*one.entries, *segment.version.entries[:1]}))
                yield replace(
                    one,
                    level=level,
                    policy=versions.id,
                    rule=rule.id,
                    clause=rule.promise.clause,
                    force=rule.promise.force,
                    known_from=max(one.known_from, *entries),
                    entries=entries,
                    message=f"Clause {rule.promise.clause} asks for adherence to {rule.to}: {one.message}",
                )
