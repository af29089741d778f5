"""What has to stop while a standard is needed and not in force: V03, and V01 of deployments.

Whether anything goes on for which the standard is needed makes no difference: the need itself halts.

Source: SPEC 9.10.
"""

from collections.abc import Iterator

from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.policy.lineage import RELATIONS
from plimsoll_verify.policy.model import Halt, Needs, Policy, Standard
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.standards import Case
from plimsoll_verify.thresholds import Thresholds
from plimsoll_verify.versions import Segment
from plimsoll_verify.world import World

_WORDS = {"train": "training", "deploy": "deploying"}
_CODES = {"train": "V03", "deploy": "V01"}


def find_unhalted(world: World) -> Iterator[Breach]:
    """Yield what went on although a standard that was not in force was needed.

    Source: SPEC 9.10.
    """
    for segment in world.segments:
        for standard in segment.version.policy.standards.values():
            if standard.halt is not None:
                for model in _sources(world, standard.halt):
                    for owner, alternatives in _needing(segment.version.policy, standard.id):
                        yield from _halted(
                            world, segment, standard, standard.halt, model, owner, alternatives
                        )


def _sources(world: World, halt: Halt) -> tuple[str, ...]:
    """Return the models whose needs halt this one: itself, and with descendants its ancestors."""
    if not halt.descendants:
        return (world.model.id,)
    family = world.others.lineages.family(world.model.id, frozenset(RELATIONS))
    return (world.model.id, *family.ancestors)


def _needing(policy: Policy, standard: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the thresholds ("": the baseline) of which a rule needs a standard, and what else would do."""
    for owner, rules in (("", policy.baseline), *((one.id, one.then) for one in policy.thresholds.values())):
        for rule in rules:
            if isinstance(rule, Needs):
                yield from ((owner, wanted) for wanted in rule.wanted if standard in wanted)


def _halted(
    world: World,
    segment: Segment,
    standard: Standard,
    halt: Halt,
    model: str,
    owner: str,
    alternatives: tuple[str, ...],
) -> Iterator[Breach]:
    version, inside = segment.version, [(segment.start, segment.stop)]
    thresholds = _thresholds(world, model)
    needed: list[Span] = intersect(thresholds.of(version, owner).treated, inside) if owner else inside
    case = Case(model, "", owner)
    for one in alternatives:
        needed = subtract(needed, world.standards.in_force(version, one, "", case))
    if not needed:
        return
    respond = version.policy.thresholds[owner].respond_within if owner else None
    is_own = thresholds is world.thresholds
    onsets = None if is_own else world.onsets_of(thresholds, owner) if owner else []
    for kind, word in _WORDS.items():
        if word not in halt.activities:
            continue
        bound = [
            (form, world.due(form, needed, owner, respond, onsets))
            for form in world.forms
            if form.kind == kind
        ]
        spans = union(span for _, due in bound for span in due)
        if spans:
            promise = halt.promise
            where = "" if model == world.model.id else model
            key = BreachKey(_CODES[kind], owner, promise.clause, standard.id, where, promise.is_commitment)
            yield Breach(
                key,
                promise,
                f"standards.{standard.id}.if_needed",
                version,
                spans,
                [form for form, due in bound if due],
                case,
                standard.id,
                words="halts",
                states=thresholds.of(version, owner) if owner else None,
            )


def _thresholds(world: World, model: str) -> Thresholds:
    return world.thresholds if model == world.model.id else world.others.of(model, "all")
