"""Exceptions: when a standard that is needed may be done without, and why one does not count.

An exception is an act about a standard, for the organisation or a model, perhaps for some scopes and surfaces
only. It covers from its approval until it expires or has lasted for as long as the policy lets it. What it
covers is cut out of what was broken; why one that is there does not cover is a cause (V22, V23).

Source: SPEC 9.26.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from plimsoll_verify.activities import Form
from plimsoll_verify.acts import Completion
from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, Act, ExceptionContent
from plimsoll_verify.policy.exceptions import ExceptionRule
from plimsoll_verify.spans import Span, contains, intersect, union
from plimsoll_verify.standards import Case, Cause, Standards
from plimsoll_verify.versions import Version

RULES = {"interim-measure": "interim", "waiver": "waiver", "marginal-risk": "marginal"}
"""By kind of entry the member of `exceptions` that it is judged by."""


@dataclass(frozen=True, slots=True)
class Excepted:
    """An exception as a verdict shows it, under one policy.

    Attributes:
        content: None where it is not known.
        span: when it covers what it is about; None if it never does.
        words: why it does not cover at the end of judgement; empty if it does.
    """

    policy: str
    index: int
    kind: str
    subject: str
    content: ExceptionContent | None
    span: Span | None
    words: str


@dataclass(frozen=True, slots=True)
class Exemption:
    """An exception, and what it comes to.

    Attributes:
        content: None where it is not known, and taken to cover whatever it can.
        spans: when it covers; none if it never does.
        code, words: why it does not, or no longer: V22 or V23 and the reason.
        entries: its entry and the approvals that counted.
        reprieve: how long it goes on for what began before it was reversed; None if it was not.
    """

    act: Act
    content: ExceptionContent | None
    rule: ExceptionRule | None
    spans: list[Span]
    code: str
    words: str
    entries: tuple[int, ...]
    reprieve: Span | None = None

    def spans_for(self, form: Form) -> list[Span]:
        """Return when it covers a form; what began before it was reversed has time to stop."""
        if self.reprieve is None or form.began_ms >= self.reprieve[0]:
            return self.spans
        return union([*self.spans, self.reprieve])


class Exemptions:
    """The exceptions under one policy."""

    def __init__(self, context: Context, standards: Standards, *, is_hopeful: bool) -> None:
        """Prepare.

        Args:
            context: the policy and the facts.
            standards: says when criteria are in force.
            is_hopeful: whether an exception that is not known is taken to cover whatever it can.
        """
        self._context = context
        self._standards = standards
        self._is_hopeful = is_hopeful
        self._found: dict[str, list[Exemption]] = {}
        self._recorded: dict[str, list[Act]] = {}
        for act in context.facts.exceptions:
            self._recorded.setdefault(act.subjects[0], []).append(act)

    def of(self, subject: str) -> list[Exemption]:
        """Return the exceptions that a model has, the organisation's among them, in the order of the log."""
        if subject not in self._found:
            self._found[subject] = self._find(subject)
        return self._found[subject]

    def _find(self, subject: str) -> list[Exemption]:
        # In the order in which they are complete: none is left for later, to be counted with nothing.
        waiting = [
            (done.time_ms if done else NEVER, done.index if done else act.index, act, done)
            for one in {self._context.facts.org, subject}
            for act in self._recorded.get(one, ())
            for done in [self._context.exception(act, RULES[act.kind])]
        ]
        waiting.sort(key=lambda one: one[:2])
        used: dict[tuple[str, str], tuple[int, int]] = {}
        found = [self._read(act, done, used) for _, _, act, done in waiting]
        return sorted(found, key=lambda one: one.act.index)

    def shown(self, end_ms: int) -> Iterator[Excepted]:
        """Yield every exception as the verdict shows it.

        Source: SPEC 10.11.
        """
        policy = self._context.versions.id
        found = (one for about in self._recorded for one in self.of(about) if one.act.subjects[0] == about)
        for one in sorted(found, key=lambda one: one.act.index):
            words = "" if contains(one.spans, end_ms) else one.words
            span = one.spans[0] if one.spans else None
            yield Excepted(policy, one.act.index, one.act.kind, one.act.subjects[0], one.content, span, words)

    def _read(
        self, act: Act, completion: Completion | None, used: dict[tuple[str, str], tuple[int, int]]
    ) -> Exemption:
        content = act.content if isinstance(act.content, ExceptionContent) else None
        at = act if completion is None else completion
        rule = self._context.policy_at(at.index, at.time_ms).exceptions.get(RULES[act.kind])

        def exemption(spans: list[Span], code: str = "V22", words: str = "") -> Exemption:
            entries = completion.entries if completion else (act.index,)
            return Exemption(act, content, rule, spans, code, words, entries)

        name = f"the {act.kind} of entry {act.index}"
        if content is None and not self._is_hopeful:
            return exemption([], words=f"what {name} says is not known")
        if rule is None:
            return exemption([], words=f"the policy allows no {act.kind}")
        if completion is None:
            return exemption([], words=f"{name} is not approved")
        if content is None:
            undone = self._context.undone.get(act.index)
            stop = undone.due(is_hopeful=True) if undone else NEVER
            return exemption(union([(completion.time_ms, stop)]))
        if rule.published and not content.is_published:
            return exemption([], words=f"{name} is not published")
        lacking = [one for one in rule.preconditions if one not in content.preconditions]
        if lacking:
            return exemption([], "V23", f"{name} attests nothing about {' and '.join(lacking)}")
        start, stop = completion.time_ms, content.expires_ms
        if rule.at_most is not None:
            # One after the other is one: who renews a waiver for ever has none.
            key = (act.kind, content.standard)
            begun, last = used.get(key, (start, start))
            begun = begun if start <= rule.at_most.after(last) else start
            stop = min(stop, rule.at_most.after(begun))
            used[key] = (begun, max(last, stop, start))
        undone = self._context.undone.get(act.index)
        if undone is not None and undone.time_ms < stop:
            spans = union([(start, undone.time_ms)])
            found = exemption(spans, words=f"{name} was reversed by entry {undone.entry}")
            due = undone.due(is_hopeful=self._is_hopeful)
            return replace(found, reprieve=(undone.time_ms, min(stop, due)) if spans else None)
        words = f"{name} had run out"
        if stop <= start:
            words = f"{name} would last longer than {_length(rule)}, with those before it"
        elif completion.lost is not None and completion.lost_ms < stop:
            stop = completion.lost_ms
            words = f"a key under {name} was declared compromised by entry {completion.lost.entry}"
        return exemption([(start, stop)] if start < stop else [], words=words)

    def covered(self, version: Version, standard: str, form: Form, case: Case) -> list[Span]:
        """Return when a standard may be done without for a form of a case, as exceptions have it.

        Source: SPEC 9.26.
        """
        spans: list[Span] = []
        if version.policy.standards[standard].status == "defined":
            for one in self.of(case.model):
                if one.spans and self._reaches(one, standard, form):
                    spans += self._beside(one, one.spans_for(form), version, standard, case)
        return spans

    def _reaches(self, one: Exemption, standard: str, form: Form) -> bool:
        """Say whether an exception is about a standard, and this form of an activity."""
        said = one.content
        if said is None:
            return True
        if said.standard != standard:
            return False
        is_everywhere = not (said.scopes or said.surfaces)
        return is_everywhere or (
            form.kind == "deploy"
            and (not said.scopes or form.content.scope in said.scopes)
            and (not said.surfaces or form.content.surface in said.surfaces)
        )

    def _beside(
        self, one: Exemption, spans: list[Span], version: Version, standard: str, case: Case
    ) -> list[Span]:
        """Return when an exception covers: of one for a criterion, while all others are in force."""
        if one.content is not None and one.content.criterion:
            for criterion in version.policy.standards[standard].criteria:
                if criterion != one.content.criterion:
                    spans = intersect(spans, self._standards.in_force(version, standard, criterion, case))
        return spans

    def causes(
        self, version: Version, standard: str, forms: list[Form], model: str, instant: int
    ) -> Iterator[Cause]:
        """Yield why exceptions that are about a standard do not cover it at an instant: V22 and V23.

        Source: SPEC 9.26.
        """
        is_defined = version.policy.standards[standard].status == "defined"
        for one in self.of(model):
            said = one.content
            if said is None or said.standard != standard or one.act.time_ms > instant:
                continue
            name = f"the {one.act.kind} of entry {one.act.index}"
            if not is_defined:
                yield Cause("V22", one.entries, f"{name} is for what is not defined")
            elif not contains(one.spans, instant):
                yield Cause(one.code, one.entries, one.words)
            elif not all(self._reaches(one, standard, form) for form in forms):
                yield Cause("V22", one.entries, f"{name} does not reach this")
            else:  # What it reaches it would cover if it were for the whole standard.
                yield Cause("V22", one.entries, f"{name} is for {said.criterion} alone")


def _length(rule: ExceptionRule) -> str:
    return rule.at_most.text if rule.at_most else "allowed"
