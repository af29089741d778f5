"""Families that are larger than anybody's: followed so far, in bounded time, and no further."""

import time
from fractions import Fraction

from tests.support.family import lineage_policy

from plimsoll_verify.context import Context
from plimsoll_verify.facts import Facts, Registration
from plimsoll_verify.lineage import MAX_ANCESTORS, Lineages
from plimsoll_verify.observed import Observation, ResultContent, ScoreFact
from plimsoll_verify.others import Others
from plimsoll_verify.policy.parse import parse_policy
from plimsoll_verify.versions import Version, Versions

POLICY = parse_policy(lineage_policy(effective_from="1970-01-01T00:00:00Z"))
VERSION = Version(POLICY, "", 0, -1, 0, ())
LINE = frozenset({"fine-tune"})


def name(number: int) -> str:
    """Return a model's subject."""
    return f"model:{number:032x}"


def context_of(parents: dict[int, list[int]], assessed: frozenset[int] = frozenset()) -> Context:
    """Return a context in which models are made from others, and some of them were measured."""
    facts = Facts(org="org:o")
    for number, made_from in parents.items():
        model = facts.model(name(number))
        said = tuple((name(one), "fine-tune") for one in made_from)
        model.registrations.append(
            Registration(number, number, number, said, Fraction(1), is_known=True, is_reliable=True)
        )
        if number in assessed:
            score = ScoreFact("includes", "mean", "accuracy", (60, 100))
            content = ResultContent(
                succeeded=True, task="virology", version="1", variant="", epochs=1, samples=100,
                sample_epochs=100, is_limited=False, is_flagged=False, plan=-1, started_ms=0, scores=(score,),
            )  # fmt: skip
            model.add("results",
                Observation(
                    number, number, number, "eval-result", "snapshot:s", role="", is_reliable=True,
                    is_known=True, content=content,
                )
            )  # fmt: skip
    return Context(facts, Versions([VERSION]), [])


def test_a_line_is_followed_so_far() -> None:
    line = {number: [number - 1] if number else [] for number in range(MAX_ANCESTORS + 2)}
    lineages = Lineages(context_of(line), is_hopeful=False)
    within = lineages.family(name(MAX_ANCESTORS), LINE)
    beyond = lineages.family(name(MAX_ANCESTORS + 1), LINE)
    assert (len(within.ancestors), within.known_ms) == (MAX_ANCESTORS, MAX_ANCESTORS)
    assert len(beyond.ancestors) == MAX_ANCESTORS
    assert beyond.known_ms > within.known_ms


def test_an_ancestor_by_two_ways_is_one() -> None:
    diamond = {0: [], 1: [0], 2: [0], 3: [1, 2]}
    lineages = Lineages(context_of(diamond), is_hopeful=False)
    assert lineages.family(name(3), LINE).ancestors == (name(1), name(2), name(0))
    assert lineages.effective(name(3)) == (Fraction(4), True)


def test_so_much_in_between_is_too_much() -> None:
    line = {number: [number - 1] if number else [] for number in range(MAX_ANCESTORS + 2)}
    lineages = Lineages(context_of(line), is_hopeful=False)
    base = frozenset({name(0)})
    last = name(MAX_ANCESTORS + 1)
    assert lineages.must_assess(last, LINE, Fraction(10**6), base)
    assert not lineages.must_assess(name(MAX_ANCESTORS - 1), LINE, Fraction(10**6), base)
    # One that has too many parents at once is assessed again as well.
    many = {**{number: [] for number in range(1, MAX_ANCESTORS + 3)}, 0: list(range(1, MAX_ANCESTORS + 3))}
    assert Lineages(context_of(many), is_hopeful=False).must_assess(name(0), LINE, Fraction(1), frozenset())


def test_a_long_line_of_measured_models_is_judged_in_bounded_time() -> None:
    size = 150
    line = {number: [number - 1] if number else [] for number in range(size)}
    context = context_of(line, frozenset(range(0, size, 2)))
    others = Others(context, is_hopeful=False)
    begun = time.monotonic()
    states = {others.of(name(number), "all").of(VERSION, "cbrn").state(size) for number in line}
    assert states == {"indeterminate"}
    assert time.monotonic() - begun < 60
