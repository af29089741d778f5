"""What is probably not meant in a policy that verifiers understand: each with its place and a way out.

A warning is no error: a policy with warnings can be adopted, and is judged as it stands.
"""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from plimsoll_attest.lint.warnings import Warned

if TYPE_CHECKING:
    from plimsoll_verify.policy.model import Policy

__all__ = ["Warned", "find_warnings"]


def find_warnings(
    policy: "Policy",
    *,
    source_clauses: Collection[str] = (),
    holders: dict[str, frozenset[str]] | None = None,
) -> list[Warned]:
    """Return what is probably not meant, in no particular order.

    Args:
        policy: A policy that is understood.
        source_clauses: The clauses that its source has; empty where that is not known.
        holders: Who holds which role; None where that is not known.
    """
    from plimsoll_attest.lint.coverage import find_uncovered  # noqa: PLC0415 - loads the verifier.
    from plimsoll_attest.lint.people import find_unfillable  # noqa: PLC0415
    from plimsoll_attest.lint.reaching import find_unreachable  # noqa: PLC0415
    from plimsoll_attest.lint.references import find_unused  # noqa: PLC0415

    def found() -> Iterator[Warned]:
        yield from find_unused(policy, source_clauses)
        yield from find_unreachable(policy)
        yield from find_uncovered(policy)
        if holders is not None:
            yield from find_unfillable(policy, holders)

    return list(found())
