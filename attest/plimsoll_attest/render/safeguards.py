"""Tests and standards in sentences."""

from collections.abc import Iterator

from plimsoll_attest.render.words import Item, capital, every, listed, promised, whoever
from plimsoll_verify.policy.measures import Limit, Test
from plimsoll_verify.policy.model import Criterion, Standard


def test_items(one: Test) -> Iterator[Item]:
    """Yield what a test measures, and what its results say."""
    of = "the system as deployed" if one.of_system else "the model without safeguards"
    reducer = "" if one.reducer == "mean" else f", {one.reducer} over epochs"
    yield Item(
        f"{capital(of)} is put to {one.task}, version {one.version}: {one.metric} by {one.scorer}{reducer}."
    )
    yield Item(f"A result rules out if its {limit(one.rules_out)}.")
    if one.rules_in is not None:
        yield Item(f"It is dangerous if its {limit(one.rules_in)}.")
    needs = one.needs
    wanted = [f"{needs.samples} samples"] if needs.samples else []
    wanted += [f"{needs.epochs} epochs"] if needs.epochs else []
    wanted += [f"the {needs.variant} variant"] if needs.variant is not None else []
    wanted += [f"to be run by {needs.run_by}"] if needs.run_by is not None else []
    wanted += ["to be planned first"] if needs.planned_first else []
    if wanted:
        yield Item(f"To rule anything out it needs {listed(wanted)}.")
    yield Item(f"A result is good for {one.good_for.text}.")


def limit(one: Limit) -> str:
    """Return a limit in words."""
    words = {"below": "below", "above": "above", "at_or_above": "at or above", "at_or_below": "at or below"}
    if one.compare is None:
        amount = str(one.amount)
    else:
        times = one.compare.times
        amount = f"{'' if times == 1 else f'{times} times '}the score of {one.compare.model}"
    margin = f" (a margin of {one.margin} included)" if one.margin else ""
    return f"{one.judged_on} is {words[one.word]} {amount}{margin}"


def standard_items(one: Standard) -> Iterator[Item]:
    """Yield what a standard asks for."""
    if one.status != "defined":
        yield Item(f"It is {one.status}: it cannot be in force.")
    if one.halt is not None:
        of = "its descendants as well" if one.halt.descendants else "it alone"
        text = f"while it is needed and not in force, {listed(sorted(one.halt.activities))} halts, of {of}."
        yield promised(text, one.halt.promise)
    if one.approved_by is not None:
        yield Item(f"A report that cites its attestations is approved by {whoever(one.approved_by)}.")
    if one.renewed is not None:
        yield promised(f"the approval is renewed {every(one.renewed.every)}.", one.renewed.promise)
    for criterion in one.criteria.values():
        yield Item(f"{criterion.id}: {criterion.text.rstrip('.')}. {_attested(criterion)}")


def _attested(one: Criterion) -> str:
    order = ("organisation", "environment", "model", "surface", "threshold", "deployment")
    each = listed(thing for thing in order if thing in one.for_each)
    each = f"each {each}".replace("each organisation", "the organisation")
    text = f"Attested for {each} by {whoever(one.attested_by)}"
    if one.shown_by:
        text += f", shown by {listed(sorted(one.shown_by))}"
    if one.not_shown_by:
        text += f", not by {listed(sorted(one.not_shown_by), 'or')} alone"
    if one.good_for is not None:
        text += f", good for {one.good_for.text}"
    measured = f" Measured by {one.measured_by}, of the system as deployed." if one.measured_by else ""
    return f"{text}.{measured}"
