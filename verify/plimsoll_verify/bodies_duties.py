"""Bodies of what duties are about: assessments, incidents, disclosures, outside reviews, inventories.

Source: SPEC 5.5.
"""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType, field

from plimsoll_verify.bodies import Attribute, Body, File, Hex, Id, Model, Ref, Salted, Scope, Text, Time


class Assessment(Salted, frozen=True, kw_only=True):
    """`assessment`."""

    type: Text
    covers: list[Id]
    results: list[Ref]
    completed: Time | UnsetType = UNSET
    reasons: Text | UnsetType = UNSET

    def refs(self) -> tuple[Ref, ...]:
        """List the results that it rests on."""
        return tuple(self.results)

    def dates(self) -> tuple[str | UnsetType, ...]:
        """List when it was completed."""
        return (self.completed,)


class Incident(Salted, frozen=True, kw_only=True):
    """`incident`."""

    class_: Id = field(name="class")
    occurred: Time
    aware: Time
    text: Text | UnsetType = UNSET

    def dates(self) -> tuple[str | UnsetType, ...]:
        """List when it happened, and when it was noticed."""
        return (self.occurred, self.aware)


class Noncompliance(Salted, frozen=True, kw_only=True):
    """`noncompliance`."""

    clause: Text | UnsetType = UNSET
    policy: Id | UnsetType = UNSET
    class_: Id | UnsetType = field(name="class", default=UNSET)
    occurred: Time | UnsetType = UNSET
    text: Text

    def dates(self) -> tuple[str | UnsetType, ...]:
        """List when it happened."""
        return (self.occurred,)


class Published(Body, frozen=True, kw_only=True):
    """Where something stands for everybody to read."""

    url: Text | UnsetType = UNSET
    sha256: Hex | UnsetType = UNSET


class ExternalReview(Salted, frozen=True, kw_only=True):
    """`external-review`."""

    of: Ref | UnsetType = UNSET
    type: Text
    document: File | UnsetType = UNSET
    published: Published | UnsetType = UNSET
    reasons: Text | UnsetType = UNSET

    def refs(self) -> tuple[Ref, ...]:
        """List what was reviewed."""
        return () if self.of is UNSET else (self.of,)


class Disclosure(Salted, frozen=True, kw_only=True):
    """`disclosure`."""

    to: Text
    type: Text
    of: Ref | UnsetType = UNSET
    document: File | UnsetType = UNSET
    published: Published | UnsetType = UNSET

    def refs(self) -> tuple[Ref, ...]:
        """List what was disclosed."""
        return () if self.of is UNSET else (self.of,)


class Running(Body, frozen=True, kw_only=True):
    """Something that an inventory found running; what it could not tell is absent."""

    model: Model | UnsetType = UNSET
    snapshot: Hex | UnsetType = UNSET
    scope: Scope | UnsetType = UNSET
    attributes: list[Attribute] | UnsetType = UNSET
    since: Time | UnsetType = UNSET


class Inventory(Salted, frozen=True, kw_only=True):
    """`inventory`."""

    surface: Id
    at: Time
    running: Annotated[list[Running], Meta(max_length=4096)]

    def dates(self) -> tuple[str | UnsetType, ...]:
        """List when it was taken, and since when what it found was running."""
        return (self.at, *(one.since for one in self.running))
