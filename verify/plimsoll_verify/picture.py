"""Where a model stands: its state at the end, and the levels needed and in force over time.

Source: SPEC 10.11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from plimsoll_verify.activities import Form, spans_of
from plimsoll_verify.findings import Finding
from plimsoll_verify.policy.model import Needs, Standard
from plimsoll_verify.spans import Span, contains, intersect, subtract, union
from plimsoll_verify.standards import Case, case_of
from plimsoll_verify.versions import Version
from plimsoll_verify.world import World


@dataclass(frozen=True, slots=True)
class Standing:
    """A model's state at an instant.

    Attributes:
        thresholds: states by threshold id.
        needed: standards that are needed, those too whose response is pending.
        in_force: standards that are in force for it.
        active: the forms of activity that go on.
    """

    thresholds: Mapping[str, str]
    needed: tuple[str, ...]
    in_force: tuple[str, ...]
    active: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time in which nothing changes for a model."""

    from_ms: int
    to_ms: int
    needed: tuple[str, ...]
    in_force: tuple[str, ...]
    level_needed: int
    level_in_force: int
    deployed: bool
    ok: bool


class Picture:
    """The standards of one model under one policy, as spans; made when somebody wants to see them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._found: dict[tuple[Version, bool], dict[str, list[Span]]] = {}
        self._deployed = spans_of(form for form in world.forms if form.kind == "deploy")
        self._places: dict[Case, list[Span]] = {}
        for form in world.forms:
            if form.kind == "deploy" or form.content.environment:
                case = case_of(form, world.model.id, "")
                self._places[case] = union([*self._places.get(case, ()), form.span])

    def standing(self) -> Standing:
        """Return the state at the end of judgement."""
        world, at = self._world, self._world.stop - 1
        active = tuple(form for form in world.forms if form.start <= at < form.stop)
        version = world.context.versions.at(at)
        if version is None:
            return Standing({}, (), (), active)
        return Standing(
            {key: world.thresholds.of(version, key).state(at) for key in version.policy.thresholds},
            tuple(key for key, spans in self._needed(version).items() if contains(spans, at)),
            tuple(key for key, spans in self._in_force(version).items() if contains(spans, at)),
            active,
        )

    def _needed(self, version: Version) -> dict[str, list[Span]]:
        """Return when each standard is needed, whether a response is pending or not."""
        kept = self._found.get((version, True))
        if kept is None:
            kept = self._found[version, True] = self._find_needed(version)
        return kept

    def _find_needed(self, version: Version) -> dict[str, list[Span]]:
        found: dict[str, list[Span]] = {}
        policy = version.policy
        sets = [(policy.baseline, [(0, self._world.stop)])]
        sets += [(one.then, self._world.treated(version, one.id)) for one in policy.thresholds.values()]
        for rules, within in sets:
            for rule in rules if within else ():
                if isinstance(rule, Needs):
                    forms = [
                        form
                        for form in self._world.forms
                        if any(form.matches(one) for one in rule.activities)
                    ]
                    spans = intersect(spans_of(forms), within) if forms else []
                    for standard in rule.standards if spans else ():
                        found[standard] = union([*found.get(standard, ()), *spans])
        return {key: found[key] for key in policy.standards if key in found}

    def _in_force(self, version: Version) -> dict[str, list[Span]]:
        """Return when each standard is in force, where the model is deployed then, or trained."""
        kept = self._found.get((version, False))
        if kept is None:
            kept = self._found[version, False] = {
                key: self._standard_in_force(version, standard)
                for key, standard in version.policy.standards.items()
            }
        return kept

    def _standard_in_force(self, version: Version, standard: Standard) -> list[Span]:
        world, owner = self._world, _owner(version, standard.id)
        nowhere = world.standards.in_force(version, standard.id, "", Case(world.model.id, "", owner))
        good, bad = list(nowhere), []
        for place, there in self._places.items():
            case = place._replace(threshold=owner)
            here = world.standards.in_force(version, standard.id, "", case)
            good += intersect(here, there)
            bad += subtract(there, here)
        return subtract(union(good), union(bad)) if len(good) > len(nowhere) or bad else nowhere

    def timeline(self, findings: list[Finding]) -> list[Stretch]:
        """Return a model's stretches from the first that is known of it to the end of judgement.

        Args:
            findings: of this model; a deployment's unmet needs make a stretch not ok.
        """
        world = self._world
        broken = union(
            (one.from_ms, world.stop if one.to_ms is None else one.to_ms)
            for one in findings
            if one.code == "V01" and one.level != "finding"
        )
        found: list[Stretch] = []
        for segment in world.segments:
            start = max(segment.start, min(world.model.first_ms, world.stop - 1))
            found += self._stretches(segment.version, (start, segment.stop), broken)
        return _merged(found, world.stop - 1)

    def _stretches(self, version: Version, span: Span, broken: list[Span]) -> list[Stretch]:
        needed, in_force = self._needed(version), self._in_force(version)
        deployed = self._deployed
        edges = {span[0]}
        for spans in (*needed.values(), *in_force.values(), deployed, broken):
            edges |= {edge for one in spans for edge in one if span[0] < edge < span[1]}
        ordered = [*sorted(edges), span[1]]
        found = []
        for start, stop in pairwise(ordered):
            needs = tuple(key for key, spans in needed.items() if contains(spans, start))
            holds = tuple(key for key, spans in in_force.items() if contains(spans, start))
            standards = version.policy.standards
            found.append(
                Stretch(
                    start,
                    stop,
                    needs,
                    holds,
                    max((standards[key].level for key in needs), default=0),
                    _level_in_force(standards, holds),
                    contains(deployed, start),
                    not contains(broken, start),
                )
            )
        return found


def _level_in_force(standards: Mapping[str, Standard], in_force: tuple[str, ...]) -> int:
    """Return the level that every dimension reaches."""
    best = {one.dimension: 0 for one in standards.values() if one.dimension}
    for key in in_force:
        dimension = standards[key].dimension
        if dimension:
            best[dimension] = max(best[dimension], standards[key].level)
    return min(best.values(), default=0)


@lru_cache(maxsize=1024)
def _owner(version: Version, standard: str) -> str:
    """Return the first threshold whose rules need a standard, or ""."""
    for threshold in version.policy.thresholds.values():
        if any(isinstance(rule, Needs) and standard in rule.standards for rule in threshold.then):
            return threshold.id
    return ""


def _merged(stretches: list[Stretch], end_ms: int) -> list[Stretch]:
    """Join stretches that differ in nothing but time, and end the last at the end of judgement."""
    found: list[Stretch] = []
    for one in stretches:
        last = found[-1] if found else None
        start = one.from_ms
        if last is not None and _same(last, one):
            start = found.pop().from_ms
        to_ms = min(one.to_ms, end_ms)
        found.append(
            Stretch(
                start,
                to_ms,
                one.needed,
                one.in_force,
                one.level_needed,
                one.level_in_force,
                one.deployed,
                one.ok,
            )
        )
    return found


def _same(a: Stretch, b: Stretch) -> bool:
    return (a.needed, a.in_force, a.level_needed, a.level_in_force, a.deployed, a.ok) == (
        b.needed,
        b.in_force,
        b.level_needed,
        b.level_in_force,
        b.deployed,
        b.ok,
    )
