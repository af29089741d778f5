"""What has to stop while a standard is needed and not in force: V03, and V01 of deployments.

Whether anything goes on for which the standard is needed makes no difference: the need itself halts.

Source: SPEC 9.10.
"""

from collections.abc import Iterator

from plimsoll_verify.breach import Bound, Breach, BreachKey, Held
from plimsoll_verify.policy.lineage import RELATIONS
from plimsoll_verify.policy.model import Halt, Needs, Policy, Standard
from plimsoll_verify.spans import Span, intersect, subtract, union
from plimsoll_verify.standards import Case, asks_for_each
from plimsoll_verify.world import World

_WORDS = {"train": "training", "deploy": "deploying"}
_CODES = {"train": "V03", "deploy": "V01"}


def find_unhalted(world: World, held: Held) -> Iterator[Breach]:
    """Yield what went on although a standard that was not in force was needed.

    Args:
        world: the model's world.
        held: what is held to which version.

    Source: SPEC 9.10.
    """
    for standard in held.version.policy.standards.values():
        if standard.halt is not None:
            for model in _sources(world, standard.halt):
                for owner, alternatives in _needing(held.version.policy, standard.id):
                    yield from _halted(world, held, standard, standard.halt, model, owner, alternatives)


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
    held: Held,
    standard: Standard,
    halt: Halt,
    model: str,
    owner: str,
    alternatives: tuple[str, ...],
) -> Iterator[Breach]:
    version, inside = held.version, [held.span]
    thresholds = world.thresholds_of(model)
    needed: list[Span] = intersect(thresholds.of(version, owner).treated, inside) if owner else inside
    if not needed:
        return
    respond = version.policy.thresholds[owner].respond_within if owner else None
    is_own = thresholds is world.thresholds
    is_usual = not owner or (is_own and held.segments is world.segments)
    onsets = None if is_usual else world.onsets_of(thresholds, owner, held.segments)
    for kind, word in _WORDS.items():
        if word not in halt.activities:
            continue
        for case, bound in _cases(world, held, kind, alternatives, Case(model, "", owner)).items():
            lacking = needed
            for one in alternatives:
                lacking = subtract(lacking, world.standards.in_force(version, one, "", case))
            due = [
                (
                    form,
                    subtract(
                        world.due(form, spans, lacking, owner, respond, onsets, is_own=is_own),
                        world.time_to_sign(form, version, alternatives, "", case, respond),
                    ),
                )
                for form, spans in bound
            ]
            spans = union(span for _, due_spans in due for span in due_spans)
            if not spans:
                continue
            promise = halt.promise
            where = " ".join(filter(None, ("" if model == world.model.id else model, case.place)))
            key = BreachKey(_CODES[kind], owner, promise.clause, standard.id, where, promise.is_commitment)
            yield Breach(
                key,
                promise,
                f"standards.{standard.id}.if_needed",
                version,
                spans,
                [form for form, due_spans in due if due_spans],
                case,
                standard.id,
                words="halts",
                whose=model if owner and not is_own else "",
            )


def _cases(
    world: World, held: Held, kind: str, alternatives: tuple[str, ...], case: Case
) -> dict[Case, Bound]:
    """Return what goes on of a kind, by the case in which standards are asked of it."""
    version = held.version
    is_placed = any({"environment", "deployment"} & asks_for_each(version, one) for one in alternatives)
    found: dict[Case, Bound] = {}
    for form, spans in held.bound:
        if form.kind == kind and (form.is_known or not is_placed):
            here = case._replace(environment=form.content.environment, deployment=form.deployment)
            found.setdefault(world.standards.narrowed(version, alternatives, here), []).append((form, spans))
    return found
