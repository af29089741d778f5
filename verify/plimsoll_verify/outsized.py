"""Training of other models of at least the effective compute of one that is past a threshold: V02.

Source: SPEC 9.8, 9.10.
"""

from collections.abc import Iterator

from plimsoll_verify.breach import Breach, BreachKey
from plimsoll_verify.needs import find_missing, group_by_case
from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Needs, Threshold
from plimsoll_verify.reach import binds_others
from plimsoll_verify.spans import intersect, union
from plimsoll_verify.versions import Segment
from plimsoll_verify.world import World


def find_outsized(world: World) -> Iterator[Breach]:
    """Yield training of a model that rules under another model's thresholds bind.

    Source: SPEC 9.10.
    """
    if not any(form.kind == "train" for form in world.forms):
        return
    for segment in world.segments:
        for threshold in segment.version.policy.thresholds.values():
            if binds_others(segment.version.policy, threshold.id):
                for model in world.others.past(segment.version, threshold.id):
                    if model != world.model.id and _is_of_its_size(world, model):
                        yield from _bound_by(world, segment, threshold, model)


def _is_of_its_size(world: World, other: str) -> bool:
    """Say whether a model may have the compute of another one; for who hopes only if it is known to have."""
    lineages = world.others.lineages
    (mine, is_all_mine), (theirs, is_all_theirs) = (
        lineages.effective(world.model.id),
        lineages.effective(other),
    )
    if not is_all_theirs:
        return not world.is_hopeful
    return mine >= theirs or (not is_all_mine and not world.is_hopeful)


def _bound_by(world: World, segment: Segment, threshold: Threshold, other: str) -> Iterator[Breach]:
    version = segment.version
    thresholds = world.thresholds_of(other)
    states = thresholds.of(version, threshold.id)
    within = intersect(states.treated, [(segment.start, segment.stop)])
    onsets = world.onsets_of(thresholds, threshold.id, world.segments)
    respond = threshold.respond_within
    bound = [
        (form, world.due(form, [form.span], within, threshold.id, respond, onsets, is_own=False))
        for form in world.forms
        if form.kind == "train"
    ]
    for rule in threshold.then:
        if not isinstance(rule, Needs) or Activity.TRAINING_OTHERS not in rule.activities:
            continue
        for wanted in rule.wanted:
            for case, group in group_by_case(world, version, wanted, bound, threshold.id).items():
                spans = union(span for _, due in group for span in due)
                spans = find_missing(world, version, wanted, "", case, group, spans, respond)
                if spans:
                    promise = rule.promise
                    what, where = " or ".join(wanted), " ".join(filter(None, (other, case.place)))
                    key = BreachKey("V02", threshold.id, promise.clause, what, where, promise.is_commitment)
                    yield Breach(
                        key,
                        promise,
                        rule.id,
                        version,
                        spans,
                        [form for form, due in group if due],
                        case,
                        wanted[0],
                        alternatives=wanted[1:],
                        whose=other,
                    )
