"""Lineage: what a model has from those that it was made from.

Source: SPEC 7.4.
"""

from dataclasses import dataclass
from fractions import Fraction

from plimsoll_verify.policy.grammar import parse_amount
from plimsoll_verify.policy.names import Names
from plimsoll_verify.policy.promise import Promise
from plimsoll_verify.policy.reading import Place

RELATIONS = (
    "fine-tune", "quantisation", "distillation", "merge", "scaffold", "continued-training", "other",
)  # fmt: skip
"""How a model can come from another one (SPEC 5.3)."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """What descendants inherit.

    Attributes:
        inherit: along which relations crossings are inherited.
        assess_again_from: from how much added compute, as a share of the parent's, it is assessed again.
    """

    promise: Promise
    inherit: frozenset[str]
    assess_again_from: Fraction | None


def read_lineage(place: Place, names: Names) -> Lineage:
    """Return what descendants inherit."""
    members = place.members(["clause", "force", "inherit"], ["assess_again_from"])
    return Lineage(
        names.promise(members),
        members.of("inherit", lambda at: frozenset(at.words(RELATIONS))),
        members.get("assess_again_from", lambda at: at.read(parse_amount), None),
    )
