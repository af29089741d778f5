"""The bodies of exceptions: interim measures, waivers, marginal risk. Detached, each with a salt.

Source: SPEC 5.3.
"""

from msgspec import UNSET, UnsetType

from plimsoll_verify.bodies import Id, Salted, Scope, Text, Time
from plimsoll_verify.bodies_duties import Published


class Exempting(Salted, frozen=True, kw_only=True):
    """What all exceptions have; no `scopes`, `surfaces` or `expires` mean as far as the policy lets it."""

    standard: Id
    criterion: Id | UnsetType = UNSET
    scopes: list[Scope] | UnsetType = UNSET
    surfaces: list[Id] | UnsetType = UNSET
    expires: Time | UnsetType = UNSET
    reasons: Text
    publication: Published | UnsetType = UNSET

    def dates(self) -> tuple[str | UnsetType, ...]:
        """List when it ends."""
        return (self.expires,)


class MarginalRisk(Exempting, frozen=True, kw_only=True):
    """`marginal-risk`; `preconditions` are those that its author attests."""

    preconditions: list[Id]
