"""What need not be judged again: models that no entry since the last judgement can have changed anything for.

What is found about a model rests on what is recorded about it, about the models that it comes from and about
the organisation, and on the time. So a finding is kept as long as

1. no entry came that is about the model, about one that it comes from, or about one with the same weights;
2. no entry came that can matter to every model: about the organisation, persons, keys or policies, one that
   is not understood or withheld, or has no effect; nor does a policy let models matter to each other in
   another way;
3. time alone changes nothing: the model is judged up to a century from now as well, as if nothing more were
   recorded, and what would be found first then says until when the findings are kept.

Whatever is not certain to be harmless counts as a change of everything.

Source: SPEC 10.12.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import NamedTuple

from plimsoll_verify.acts import Pending
from plimsoll_verify.bodies import SignOff, references
from plimsoll_verify.facts import NEVER, Act, Facts, InventoryContent, ModelFacts
from plimsoll_verify.findings import Finding
from plimsoll_verify.policy.grammar import parse_period
from plimsoll_verify.reach import looks_beyond_family
from plimsoll_verify.record import Record
from plimsoll_verify.versions import Versions

FAR = parse_period("100 years")
"""How far ahead a model is judged to see what time alone will change."""

OWN = frozenset(
    {
        "deployment-changed",
        "deployment-ended",
        "deployment-started",
        "determination",
        "eval-planned",
        "eval-result",
        "incident",
        "model-registered",
        "permit",
        "safeguard-attested",
        "safeguard-lapsed",
        "sign-off",
        "training-checkpoint",
        "training-started",
        "training-stopped",
        "weights-deleted",
    }
)
"""Kinds that matter only to the models that they are about, where they are about models only."""

DEEDS = frozenset({"assessment", "disclosure", "external-review", "report"})
"""Kinds that matter only to the models, and the organisation, that they are about, if they name no entry and
no standard."""

JudgeUntil = Callable[[ModelFacts, int], list[Finding]]
"""Judges a model up to an instant, in ms."""


class _Found(NamedTuple):
    """What was found about a model: the same for every end of judgement from `from_ms` to `until_ms`."""

    from_ms: int
    until_ms: int
    findings: list[Finding]


class Kept:
    """The findings about models, for one replay that is finished again and again."""

    def __init__(self) -> None:
        self._found: dict[str, dict[Hashable, _Found]] = {}
        self._calm: dict[Hashable, set[str]] = {}
        self._calm_until_ms = NEVER
        self._acts: dict[str, list[Act]] = {}
        self._quiet: set[str] = set()
        self._in_force: list[str] = []
        self._end_ms = 0
        self._children: dict[str, set[str]] = {}
        self._touched: set[str] = set()
        self._busy: set[str] = set()
        self._is_all = self._is_looked = self._has_begun = False
        self._wide: set[int] = set()

    def note(self, record: Record, facts: Facts, *, is_sound: bool) -> None:
        """Take an entry that was fed.

        Args:
            record: the entry.
            facts: with what it says.
            is_sound: whether it has all the effect that its author meant it to have.
        """
        if record.index in facts.acts:
            act = facts.acts[record.index]
            self._acts.setdefault(act.subjects[0], []).append(act)
        about = self._about(record, facts) if is_sound and record.body_state == "ok" else None
        if about is None:
            self._is_all = True
            self._wide.add(record.index)
        else:
            self._touched |= about

    def _about(self, record: Record, facts: Facts) -> set[str] | None:
        """Return the models that an entry can matter to; None if it can matter to any."""
        kind, body = record.kind, record.body
        models = {one for one in record.subjects if one.startswith("model:")}
        if kind == "heartbeat":
            return set()
        if kind == "inventory":
            self._is_looked = True
            return _inventoried(facts)
        if kind in DEEDS:
            return None if references(body) or getattr(body, "standard", None) else models
        if kind not in OWN or not all(one.startswith(("model:", "snapshot:")) for one in record.subjects):
            return None
        if isinstance(body, SignOff) and body.of.index in self._wide:
            return None
        for model in models if len(models) > 1 else ():
            self._children.setdefault(model, set()).update(models)
        if kind == "model-registered":
            (model,) = models
            for parent, _ in facts.models[model].registrations[-1].parents:
                self._children.setdefault(parent, set()).add(model)
        return models

    def begin(self, facts: Facts, all_versions: list[Versions], end_ms: int) -> None:
        """Drop what may have changed since the last judgement.

        Args:
            facts: all that was fed.
            all_versions: the policies by which it is going to be judged.
            end_ms: the last instant that is judged.
        """
        policies = [version.policy for versions in all_versions for version in versions.all]
        in_force = [version.digest if (version := one.at(end_ms)) else "" for one in all_versions]
        if in_force != self._in_force or end_ms < self._end_ms:
            # An act waits for what the policy in force asks for, and what has expired had not before.
            self._quiet.clear()
        self._in_force, self._end_ms = in_force, end_ms
        if self._is_all or any(map(looks_beyond_family, policies)):
            changed = set(facts.models)
        else:
            changed = self._with_families(facts)
            if self._is_looked:
                # What an earlier inventory showed may end with one that does not name it any more.
                changed |= {model for model, found in self._found.items() if _is_open(found)}
        for model in changed:
            self._found.pop(model, None)
        for calm in self._calm.values():
            calm.difference_update(changed)
        self._quiet -= changed
        # What changes now may well change again: it is judged twice only once it rests.
        self._busy = changed if self._has_begun else set()
        self._touched, self._is_all, self._is_looked, self._has_begun = set(), False, False, True

    def _with_families(self, facts: Facts) -> set[str]:
        """Return the models that were touched, with all that come from them or have the same weights."""
        twins: dict[str, set[str]] = {}
        for models in facts.shared.values():
            for model in models:
                twins.setdefault(model, set()).update(models)
        found: set[str] = set()
        waiting = list(self._touched)
        while waiting:
            model = waiting.pop()
            if model not in found:
                found.add(model)
                waiting += [*self._children.get(model, ()), *twins.get(model, ())]
        return found

    def judged(
        self, about: Hashable, model: ModelFacts, end_ms: int, judge: JudgeUntil, far_ms: int
    ) -> list[Finding]:
        """Return what is found about a model: see the function of this name."""
        known = self._found.get(model.id)
        found = known.get(about) if known else None
        if found is not None and found.from_ms <= end_ms <= found.until_ms:
            return found.findings
        findings = judge(model, end_ms)
        if model.id in self._busy:
            return findings
        far_ms = far_ms or FAR.after(end_ms)
        later = judge(model, far_ms) if far_ms > end_ms else findings
        if [one for one in later if one.from_ms <= end_ms] == findings:
            next_ms = min((one.from_ms for one in later if one.from_ms > end_ms), default=far_ms + 1)
            self._found.setdefault(model.id, {})[about] = _Found(end_ms, next_ms - 1, findings)
            if not later:
                self._calm.setdefault(about, set()).add(model.id)
                self._calm_until_ms = min(self._calm_until_ms, far_ms)
        return findings

    def loud(self) -> Iterator[Act]:
        """Yield the acts that may wait for something: about whose subjects anything may have changed."""
        for subject, acts in self._acts.items():
            if subject not in self._quiet:
                yield from acts

    def calm(self, about: Hashable, end_ms: int) -> set[str]:
        """Return models of which nothing was found, and nothing will be, as long as nothing is recorded."""
        return self._calm.get(about, set()) if end_ms <= self._calm_until_ms else set()

    def end(self, pending: Iterable[Pending]) -> None:
        """Take which acts wait for something, at the end of a judgement.

        What waits for nothing will not wait because of time: that only ends what is waited for.
        """
        self._quiet = self._found.keys() - {subject for one in pending for subject in one.subjects}


def judged(
    kept: Kept | None,
    about: Hashable,
    model: ModelFacts,
    end_ms: int,
    judge: JudgeUntil,
    far_ms: int = 0,
) -> list[Finding]:
    """Return what is found about a model: what was found before, where that is the same.

    Args:
        kept: what was found before; None to judge in any case.
        about: by what it is judged.
        model: the model.
        end_ms: the last instant that is judged.
        judge: judges it; called at most twice.
        far_ms: up to when it can be asked for at all; 0 for a century more.
    """
    return judge(model, end_ms) if kept is None else kept.judged(about, model, end_ms, judge, far_ms)


def _is_open(found: dict[Hashable, _Found]) -> bool:
    return any(finding.to_ms is None for one in found.values() for finding in one.findings)


def _inventoried(facts: Facts) -> set[str]:
    """Return the models that the newest inventory names, by themselves or by their weights."""
    said = facts.happenings["inventory"][-1].content
    found: set[str] = set()
    for item in said.running if isinstance(said, InventoryContent) else ():
        if item.model is not None:
            found.add(item.model)
        if item.snapshot is not None:
            found |= {facts.owners.get(item.snapshot, ""), *facts.shared.get(item.snapshot, ())}
    return found
