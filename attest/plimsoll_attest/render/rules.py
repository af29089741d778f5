"""Rules and thresholds in sentences: if this, then not that without those."""

from collections.abc import Iterable, Iterator, Mapping

from plimsoll_attest.render.words import Item, listed, promised, time, while_, whoever
from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Define, Needs, Policy, Rule, RuleOut, Threshold


def rule_items(rules: Iterable[Rule], condition: str, called: Mapping[Activity, str]) -> Iterator[Item]:
    """Yield a sentence for each rule.

    Args:
        rules: The rules.
        condition: What they depend on, such as `if cbrn-3 is treated as crossed, then `, or an empty string.
        called: What the source calls activities.
    """
    for rule in rules:
        yield promised(condition + _sentence(rule, called), rule.promise)


def _sentence(rule: Rule, called: Mapping[Activity, str]) -> str:
    if isinstance(rule, Needs):
        wanted = listed(listed(some, "or") for some in rule.wanted)
        verb = "has" if len(rule.wanted) == 1 else "have"
        return f"while {while_(rule.activities, called)}, {wanted} {verb} to be in force."
    doing = while_((rule.activity,), called)
    if isinstance(rule, RuleOut):
        return f"before {doing}, and meanwhile, {rule.threshold} has to be ruled out."
    if isinstance(rule, Define):
        return f"before {doing}, and meanwhile, {rule.standard} has to be defined."
    return f"{doing} is forbidden{f' until {rule.until} is in force' if rule.until else ''}."


def threshold_items(one: Threshold, policy: Policy) -> Iterator[Item]:
    """Yield what follows from a crossing, and how one is found."""
    yield from rule_items(one.then, f"if {one.id} is treated as crossed, then ", policy.called)
    if one.decided_by == "tests":
        yield Item(f"It is crossed if the tests say so: {one.group}.")
    else:
        indications = f", with {listed(one.tests)} as indications" if one.tests else ""
        yield Item(f"People decide whether it is crossed{indications}.")
    yield Item(f"A crossing is declared by {whoever(one.declared_by)}.")
    yield Item(f"It is ruled out by {whoever(one.cleared_by or one.declared_by)}, with written reasons.")
    if one.carried_over_by != one.declared_by:
        yield Item(f"That it is as for an earlier model is said by {whoever(one.carried_over_by)}.")
    yield Item(_until_assessed(one))
    yield _if_open(one)
    if one.respond_within is not None:
        text = f"what it needs is in place within {time(one.respond_within.time, one.respond_within.words)}"
        yield promised(
            f"{text}; until then only what is going on already may go on.", one.respond_within.promise
        )
    if one.decide_within is not None:
        text = f"once assessed, it is decided within {time(one.decide_within.time, one.decide_within.words)}."
        yield promised(text, one.decide_within.promise)


def _until_assessed(one: Threshold) -> str:
    if one.as_model:
        return f"Until a model is assessed, it stands as {one.as_model} does."
    if one.crossed_until_assessed:
        return "Until a model is assessed, it is treated as crossed."
    return "Until a model is assessed, it is not treated as crossed: only what binds always binds."


def _if_open(one: Threshold) -> Item:
    if one.determination_within is None:
        return Item("What cannot be ruled out is treated as crossed.")
    found = one.determination_within
    text = f"what cannot be ruled out is determined within {time(found.time, found.words)}"
    return promised(f"{text}, else treated as crossed.", found.promise)
