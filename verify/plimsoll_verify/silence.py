"""Heartbeats and inventories that did not come: V34, which is never more than a doubt.

Source: SPEC 9.20.
"""

from bisect import bisect_right
from collections.abc import Iterator

from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.clocks import stretches
from plimsoll_verify.encoding import format_time
from plimsoll_verify.facts import NEVER, InventoryContent
from plimsoll_verify.policy.grammar import Period
from plimsoll_verify.policy.model import Policy, Promise
from plimsoll_verify.policy.recording import InventoryRule
from plimsoll_verify.spans import intersect, subtract, union
from plimsoll_verify.standards import Case
from plimsoll_verify.versions import Segment
from plimsoll_verify.world import World

NO_PROMISE = Promise("", "")
"""Of the rules about the record, which are no promises of the source."""

Sign = tuple[int, int, int]
"""A sign of life: from when it counts, from when it ages, and its entry."""


def find_silence(world: World) -> Iterator[Breach]:
    """Yield when there was no heartbeat, or no inventory of a surface, for longer than there should be.

    Args:
        world: that of the organisation.

    Source: SPEC 9.20.
    """
    beats: list[Sign] = [(time_ms, time_ms, index) for time_ms, index in world.context.facts.heartbeats]
    for run in stretches(world.segments, lambda policy: policy.record_rules.heartbeat):
        for segment, every in run:
            yield from _silent(world, run[0][0].start, segment, every, beats, "", "heartbeat")
    surfaces = {
        surface: None
        for segment in world.segments
        if (rule := segment.version.policy.record_rules.inventory) is not None
        for surface in rule.of
    }
    for surface in surfaces:
        yield from _unlooked(world, surface)


def _unlooked(world: World, surface: str) -> Iterator[Breach]:
    def find(policy: Policy) -> InventoryRule | None:
        rule = policy.record_rules.inventory
        return rule if rule is not None and surface in rule.of else None

    for run in stretches(world.segments, find):
        for segment, rule in run:
            looks = list(_looks(world, surface, rule.by))
            what = f"inventory of {surface} by the {rule.by}"
            yield from _silent(world, run[0][0].start, segment, rule.every, looks, surface, what)


def _looks(world: World, surface: str, by: str) -> Iterator[Sign]:
    """Yield the inventories of a surface by those who are to make them."""
    for one in world.context.facts.happenings.get("inventory", ()):
        said = one.content
        if not (isinstance(said, InventoryContent) and one.is_reliable):
            continue
        if (said.surface, one.role) == (surface, by):
            acts = world.context.versions.relief_ms(one.index, one.time_ms, said.at_ms)
            yield acts, said.at_ms, one.index


def _silent(
    world: World, begin: int, segment: Segment, every: Period, signs: list[Sign], where: str, what: str
) -> Iterator[Breach]:
    begin = max(begin, world.context.facts.genesis_ms)
    heard = union([(begin, every.after(begin)), *((acts, every.after(at)) for acts, at, _ in signs)])
    silent = intersect(subtract([(begin, world.stop)], heard), [(segment.start, segment.stop)])
    cures = {acts: index for acts, _, index in signs}
    last = sorted((every.after(at), index) for _, at, index in signs)
    for span in silent:
        at = bisect_right(last, (span[0], NEVER))
        entries = (last[at - 1][1],) if at else ()
        since = f"since entry {entries[0]}" if entries else "since this was asked for"
        key = BreachKey("V34", "", "", "inventory" if where else "heartbeat", where, is_commitment=True)
        yield Breach(
            key,
            NO_PROMISE,
            f"record_rules.{key.what}",
            segment.version,
            [span],
            [],
            Case(world.model.id, "", ""),
            entries=entries,
            told=f"There was no {what} for more than {every.text} {since}, from {format_time(span[0])} on:"
            " what went on meanwhile is not known.",
            cures=cures,
            is_doubtful=True,
        )
