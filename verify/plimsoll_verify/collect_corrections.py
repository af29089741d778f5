"""From corrections to facts: what an entry said, and what it should have said.

A correction is one more statement of the kind that it corrects, about the same subjects, and takes nothing
back. What it says against its author's interest acts from when the corrected entry's does; what it relieves,
`correcting` leaves to a second person.

Source: SPEC 8.5.
"""

from bisect import bisect_left
from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from plimsoll_verify.bodies import DeploymentChanged, DeploymentStarted
from plimsoll_verify.bodies_corrections import Correction
from plimsoll_verify.claims import read_members
from plimsoll_verify.errors import Malformed
from plimsoll_verify.facts import CorrectionContent, Facts, Happening
from plimsoll_verify.histories import What
from plimsoll_verify.observed import Observation
from plimsoll_verify.record import Record

HAPPENED = ("incident", "noncompliance", "inventory")
"""Kinds of which a correction relieves nothing: what is said against one's own interest stays."""

DEPLOYED = ("deployment-started", "deployment-changed")

_index = attrgetter("index")
_Fact = TypeVar("_Fact", Observation, Happening)


def find_original(facts: Facts, record: Record, of: int) -> Observation | Happening:
    """Return what the entry that a correction names says.

    Args:
        facts: what is kept so far.
        record: the correction's.
        of: the entry that it names.

    Raises:
        Malformed: it names none that can be corrected, or has other subjects than that.

    Source: SPEC 8.5.
    """
    found = _observed(facts, record, of) or _happened(facts, of)
    if found is None or of in facts.claims or of in facts.corrected:
        kinds = "a result, a start or change of a deployment, an incident, a noncompliance or an inventory"
        raise Malformed("entries", f"{kinds} in entry {of}", "none that it shares a model with")
    subjects = found.subjects if isinstance(found, Happening) else (record.subjects[0], found.snapshot)
    if subjects != record.subjects:
        raise Malformed("entries", f"the subjects of entry {of}", " and ".join(record.subjects))
    return found


def _observed(facts: Facts, record: Record, of: int) -> Observation | None:
    model = facts.models.get(record.subjects[0])
    if model is None:
        return None
    found = fact_at(model.results, of) or fact_at(model.deployments, of)
    return None if found is None or found.kind == "deployment-ended" else found


def _happened(facts: Facts, of: int) -> Happening | None:
    return next(filter(None, (fact_at(facts.happenings.get(kind, ()), of) for kind in HAPPENED)), None)


def fact_at(found: Sequence[_Fact], index: int) -> _Fact | None:
    """Return the fact of an entry, among some in the order of the log."""
    at = bisect_left(found, index, key=_index)
    return found[at] if at < len(found) and found[at].index == index else None


_UNREAD: tuple[tuple[str, What], ...] = (("eval-result", "results"), ("deployment-ended", "deployments"))


class Corrected(NamedTuple):
    """A correction that is understood.

    Attributes:
        claimed: the record of what the corrected entry should have said.
        of: that entry.
    """

    claimed: Record
    of: int
    has_reasons: bool


def read_correction(facts: Facts, record: Record) -> Corrected | None:
    """Return what a correction says, as a record at the event of the entry that it corrects.

    A deployment that was said to be something else was that all along: it is one more change of it.

    Returns:
        None if its body, or a member of its claim, is not known.

    Raises:
        Malformed: it corrects what cannot be corrected, or claims no body of that kind.

    Source: SPEC 8.5.
    """
    body = record.body
    if not isinstance(body, Correction):
        facts.corrected[record.index] = -1
        return None
    original = find_original(facts, record, body.of.index)
    found = read_members(original.kind, body.instead)
    facts.corrected[record.index] = body.of.index
    if found is None:
        return None
    kind = original.kind
    if isinstance(found, DeploymentStarted | DeploymentChanged):
        kind = "deployment-changed"
        found = DeploymentChanged(
            salt=found.salt,
            scope=found.scope,
            surface=found.surface,
            attributes=found.attributes,
            environment=found.environment,
            of=body.of,
        )
    claimed = replace(record, kind=kind, body=found, event_ms=original.adverse_ms)
    return Corrected(claimed, body.of.index, bool((body.reasons or "").strip()))


def correction_content(facts: Facts, said: Corrected) -> CorrectionContent:
    """Return what a correction comes to, once what it claims is kept as well."""
    here = said.claimed
    before, after = _observed(facts, here, said.of), _observed(facts, here, here.index)
    return CorrectionContent(said.of, said.has_reasons, before, after)


def keep_unread(facts: Facts, record: Record, is_reliable: bool) -> None:  # noqa: FBT001
    """Keep a correction of which nothing but its header is known: of a result, or of a deployment.

    Source: SPEC 9.14.
    """
    if len(record.subjects) > 1 and record.subjects[1].startswith("snapshot:"):
        model = facts.model(record.subjects[0])
        for kind, what in _UNREAD:
            model.add(
                what,
                Observation(
                    record.index,
                    record.time_ms,
                    record.event_ms,
                    kind,
                    record.subjects[1],
                    record.role,
                    is_reliable,
                    is_known=False,
                ),
            )
