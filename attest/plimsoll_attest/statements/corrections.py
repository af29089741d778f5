"""The kind that corrects others: what an earlier statement should have said, which stays as it is."""

from typing import Annotated, Any

from msgspec import UNSET, UnsetType

from plimsoll_attest.statements.kinds import Body, Kind, Ref, Text


class Correction(Body):
    """An earlier statement said something wrong."""

    of: Annotated[Ref, "the entry that is corrected"]
    instead: Annotated[dict[str, Any], "what its body should have been; `record` fills in what is left out"]
    reasons: Annotated[Text | UnsetType, "why; without it, it relieves nothing"] = UNSET


KINDS = (
    Kind(
        "correction",
        Correction,
        (),
        "What an earlier entry should have said; both stand, and to relieve takes a second person",
        example="of=#12 --set instead.scope=internal.limited --why 'it was a trial'",
        of=(
            "eval-result",
            "deployment-started",
            "deployment-changed",
            "incident",
            "noncompliance",
            "inventory",
        ),
    ),
)
