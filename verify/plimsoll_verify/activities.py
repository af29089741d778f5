"""What went on with a model, and when: training, storing, and each form of each deployment.

A form that reaches further than the one before begins at its event, however late it was recorded, and one
that reaches less far ends the one before only when a relieving observation may act. So a change that does
both, such as one to another surface, can leave two forms side by side for a while: each counts.

Source: SPEC 9.7.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from msgspec import Struct

from plimsoll_verify.context import Context
from plimsoll_verify.facts import NEVER, ModelFacts
from plimsoll_verify.observed import FormContent, Mention, Observation
from plimsoll_verify.policy.grammar import Activity, activities_of
from plimsoll_verify.spans import Span, contains, union

Kind = Literal["train", "store", "deploy"]

_Step = tuple[int, int]
"""From when something ends, and its entry."""

_NO_END = (NEVER, -1)

UNKNOWN_FORM = FormContent("", "", frozenset())
"""Of a deployment whose body is withheld: that something is deployed is all that is known."""


class Form(Struct, gc=False):
    """A stretch of one activity in one form.

    Attributes:
        index: the entry that says that it began.
        start, stop: when it went on, from `start` until before `stop`.
        ended_by: the entry that ended it, -1 if none did.
        began_ms: since when the activity has reached as far as this, for `respond_within`.
        is_start: whether it is a start or a widening, which gates and pauses are about.
        lasts_to: where the forms end that it was narrowed to; `stop` if it was not narrowed.
        snapshot: what is deployed, or "".
        deployment: the name that belongs to the deployment, or "" if it has none, or another one has it.
        is_known: whether what was recorded of it can be read.
    """

    kind: Kind
    index: int
    start: int
    stop: int
    ended_by: int = -1
    began_ms: int = 0
    is_start: bool = False
    lasts_to: int = 0
    snapshot: str = ""
    content: FormContent = UNKNOWN_FORM
    deployment: str = ""
    is_known: bool = True

    @property
    def span(self) -> Span:
        """When it went on."""
        return (self.start, self.stop)

    def matches(self, activity: Activity) -> bool:
        """Say whether this is a form of an activity that a rule is about."""
        return activity in self.activities()

    def activities(self) -> frozenset[Activity]:
        """Return all activities that this is a form of."""
        return activities_of(self.kind, self.content.scope, self.content.attributes)


def find_forms(context: Context, model: ModelFacts, *, is_hopeful: bool = False) -> list[Form]:
    """Return every form of every activity of a model.

    Args:
        context: says from when relieving observations act.
        model: what was recorded.
        is_hopeful: whether what is not known is taken to have ended whatever it could.

    Source: SPEC 9.7.
    """
    deployed = list(_find_deployments(context, model, is_hopeful=is_hopeful))
    forms = [
        *deployed,
        *_find_training(context, model, is_hopeful=is_hopeful),
        *_find_storing(context, model, deployed, is_hopeful=is_hopeful),
    ]
    return sorted(forms, key=lambda form: (form.start, form.index))


# -- deployments


def _find_deployments(context: Context, model: ModelFacts, *, is_hopeful: bool) -> Iterator[Form]:
    chains: dict[int, list[Observation]] = {}
    root_of: dict[int, int] = {}
    unknown: set[int] = set()
    unknown_ends: list[tuple[int, int]] = []
    for one in model.deployments:
        root = root_of.get(one.of)
        if one.kind != "deployment-started" and not one.is_known:
            # Whatever it says, it relieves nothing; whether something widened, its own finding leaves open.
            unknown.add(one.index)
            if is_hopeful and one.is_reliable:
                unknown_ends.append((context.relief_ms(one), one.index))
        elif root is not None:
            root_of[one.index] = root
            chains[root].append(one)
        elif one.kind != "deployment-ended":
            # A change of what nobody started is a start.
            root_of[one.index] = one.index
            chains[one.index] = [one]
    for chain in chains.values():
        name = _name(context, chain[0])
        before, ends = None, unknown_ends
        if is_hopeful and chain[0].of in unknown:
            if chain[0].index in context.facts.corrected:
                continue  # What it corrects may have been over, and then it does nothing.
            before, ends = _unread(chain[0]), [*unknown_ends, *_elsewhere(context, model, chain)]
        for form in _chain(context, chain, ends, before, is_hopeful=is_hopeful):
            form.deployment = name
            yield form


def _name(context: Context, first: Observation) -> str:
    """Return the name of a deployment, which is its own if no other one of the ledger had it before.

    Source: SPEC 9.7.
    """
    name = _content(first).deployment
    return name if context.facts.deployment_names.get(name, first.index) == first.index else ""


class _Corrects(NamedTuple):
    """What a correction does to a deployment.

    Attributes:
        acts_ms: from when it relieves; never where nobody else stands behind it.
        narrows: whether less was deployed than all that had been said of the corrected entry by then.
    """

    acts_ms: int
    narrows: bool


def _corrections(context: Context, chain: list[Observation], *, is_hopeful: bool) -> dict[int, _Corrects]:
    """Return the corrections of a deployment's entries, by entry.

    Of a change that is withheld nothing is said here: what corrects it is a start.

    Source: SPEC 8.5.
    """
    found: dict[int, _Corrects] = {}
    corrected = context.facts.corrected
    said: dict[int, set[FormContent]] = {}  # By entry what it, and corrections of it, had said so far.
    for one in chain if corrected else ():
        about = corrected.get(one.index, one.index)
        before = said.setdefault(about, set())
        if about != one.index and one is not chain[0]:
            acts_ms = context.relief_ms(one) if one.is_reliable else NEVER
            found[one.index] = _Corrects(acts_ms, all(_content(one).within(other) for other in before))
        if one.is_known or not is_hopeful:
            before.add(_content(one))
    return found


def _order(one: Observation, first: Observation, correction: _Corrects | None) -> tuple[int, int, int]:
    """Order a deployment's entries by event; at one event first the start, then ends, then changes.

    A correction comes where it relieves: it changes nothing of what was said to have happened before.
    """
    if one is first:
        return (one.adverse_ms, 0, one.index)
    if one.kind == "deployment-ended":
        return (max(one.event_ms, first.adverse_ms), 1, one.index)
    when_ms = one.adverse_ms if correction is None else correction.acts_ms
    return (max(when_ms, first.adverse_ms), 2, one.index)


def _content(one: Observation) -> FormContent:
    return one.content if isinstance(one.content, FormContent) else UNKNOWN_FORM


def _elsewhere(context: Context, model: ModelFacts, chain: list[Observation]) -> Iterator[tuple[int, int]]:
    """Yield what may have ended what follows on a change that is not known: any later change or end."""
    mine = {one.index for one in chain}
    for one in model.deployments:
        if one.kind != "deployment-started" and one.is_reliable and one.is_known and one.index not in mine:
            yield context.relief_ms(one), one.index


def _unread(one: Observation) -> Form:
    """Return the form of a change that is not known, as that on which another change follows."""
    return Form("deploy", one.of, one.adverse_ms, one.adverse_ms, snapshot=one.snapshot, is_known=False)


def _chain(
    context: Context,
    chain: list[Observation],
    unknown_ends: list[tuple[int, int]],
    before: Form | None,
    *,
    is_hopeful: bool,
) -> Iterator[Form]:
    """Yield the forms of one deployment, which may follow on one that is not known."""
    first = chain[0]
    forms: list[Form] = []
    beside: list[tuple[Form, int]] = []  # Forms by corrections, each with the step that it was there after.
    ends: list[tuple[int, int]] = []  # For each step: from when it ends the forms before it, and its entry.
    opened: list[int] = []  # For each form: the step that opened it.
    steps: dict[int, int] = {}  # By entry how many steps there were with it.
    about = -1  # The entry that says, or of which a correction says, what the form before is.
    corrections = _corrections(context, chain, is_hopeful=is_hopeful)
    for one in sorted(chain, key=lambda one: _order(one, first, corrections.get(one.index))):
        relief = max(context.relief_ms(one), first.adverse_ms) if one.is_reliable else NEVER
        if one.kind == "deployment-ended":
            if one.is_reliable:
                ends.append((relief, one.index))
                before, about = None, -1
            continue
        correction = corrections.get(one.index)
        corrects = one.index if correction is None else context.facts.corrected[one.index]
        if correction is not None and not correction.narrows:
            # It was there all along, beside what had been said, which it ends when it relieves.
            wider = _started(one, relief)
            beside.append((wider, steps[corrects]))
            if relief < NEVER and about == corrects:
                ends.append((relief, one.index))
                before = wider
            continue
        if correction is not None and about != corrects:
            continue  # What it is about was over by then.
        # What is not known reached as far as it had to for this to be no widening.
        is_narrowing = correction is not None or (is_hopeful and before is not None and not before.is_known)
        form = _opened(one, relief, before, is_narrowing=is_narrowing)
        if form is not None:
            ends.append((relief if before is not None else NEVER, one.index))
            about, before = corrects, form
            opened.append(len(ends))
            forms.append(form)
        steps[one.index] = len(ends)
    hoped = [(max(at, first.adverse_ms), index) for at, index in unknown_ends if index > first.index]
    until = _Ends(ends, hoped)
    yield from _close(forms, opened, until)
    for form, step in beside:
        form.stop, form.ended_by = until.of(form, step, form.start)
        form.lasts_to = form.stop
        yield form


def _opened(one: Observation, relief: int, before: Form | None, *, is_narrowing: bool) -> Form | None:
    """Return the form that a start or change opens; None for a narrowing that may not be relied on.

    Args:
        one: the start, change or correction.
        relief: from when it may relieve.
        before: the form before it, if any.
        is_narrowing: whether it is one whatever that form is: corrections are held to what they correct, and
            what is not known may have been anything.
    """
    content = _content(one)
    is_within = before is not None and one.snapshot == before.snapshot and content.within(before.content)
    if before is None or not (is_narrowing or is_within):
        return _started(one, relief)
    if relief == NEVER:
        return None
    return Form(
        "deploy", one.index, relief, 0, began_ms=before.began_ms, snapshot=one.snapshot, content=content
    )


def _started(one: Observation, relief: int) -> Form:
    """Return the form of a start or a widening."""
    # To have begun earlier is a relief as well: who records it late began when it was recorded.
    began = min(relief, one.time_ms)
    return Form(
        "deploy",
        one.index,
        one.adverse_ms,
        0,
        began_ms=began,
        is_start=True,
        snapshot=one.snapshot,
        content=_content(one),
        is_known=one.is_known,
    )


class _Ends:
    """Which of a deployment's steps ends a form first.

    Of the steps from each on, the two earliest ends are kept: a form is not ended by its own step.
    """

    def __init__(self, steps: list[_Step], hoped: list[_Step]) -> None:
        self._hoped = sorted(hoped)
        self._first: list[tuple[_Step, _Step]] = [(_NO_END, _NO_END)]
        for step in reversed(steps):
            first, second = self._first[-1]
            self._first.append((step, first) if step < first else (first, min(step, second)))
        self._first.reverse()

    def of(self, form: Form, step: int, begun_ms: int) -> _Step:
        """Return when a form ends, and by which entry: at the earliest, from a step on, that ends it.

        What is not known may have ended all that had begun before it, and what that was narrowed to later.
        """
        first, second = self._first[step]
        end = second if first[1] == form.index else first
        at = bisect_left(self._hoped, (begun_ms, -1))
        stop, ended_by = min([end, *self._hoped[at : at + 1]])
        if form.is_start:
            stop = max(stop, form.start + 1)
        return stop, -1 if stop == NEVER else ended_by


def _close(forms: list[Form], opened: list[int], until: _Ends) -> Iterator[Form]:
    """End each form at the earliest step after its own that ends it."""
    lasts_to = NEVER
    begun: list[int] = []
    for form in forms:
        begun.append(form.start if form.is_start or not begun else begun[-1])
    for number in range(len(forms) - 1, -1, -1):
        form = forms[number]
        stop, ended_by = until.of(form, opened[number], begun[number])
        # A form lasts on in those that it was narrowed to.
        follows = number + 1 < len(forms) and not forms[number + 1].is_start
        lasts_to = max(stop, lasts_to) if follows else stop
        if form.start < stop:
            form.stop, form.ended_by, form.lasts_to = stop, ended_by, lasts_to
            yield form


# -- training


def _find_training(context: Context, model: ModelFacts, *, is_hopeful: bool) -> Iterator[Form]:
    starts = {one.index: one for one in model.training if one.kind == "training-started"}
    ends: dict[int, list[tuple[int, int]]] = {index: [] for index in starts}
    for one in model.training:
        if one.kind == "training-stopped" and one.is_reliable:
            if one.is_known and one.of in starts:
                ends[one.of].append((context.relief_ms(one), one.index))
            elif not one.is_known and is_hopeful:
                for index in starts:
                    if index < one.index:
                        ends[index].append((context.relief_ms(one), one.index))
    spans: list[Span] = []
    for index, one in starts.items():
        start = one.adverse_ms
        stop, ended_by = min(ends[index], default=(NEVER, -1))
        stop = max(stop, start + 1)
        spans.append((start, stop))
        began = min(context.relief_ms(one), one.time_ms) if one.is_reliable else one.time_ms
        yield Form(
            "train",
            index,
            start,
            stop,
            ended_by,
            began,
            is_start=True,
            lasts_to=stop,
            content=_content(one),
            is_known=one.is_known,
        )
    during = union(spans)
    for one in model.training:
        at = one.adverse_ms
        if one.kind == "training-checkpoint" and not contains(during, at):
            yield Form("train", one.index, at, at + 1, began_ms=at, lasts_to=at + 1, snapshot=one.snapshot)


# -- storing


def _find_storing(
    context: Context, model: ModelFacts, deployed: list[Form], *, is_hopeful: bool
) -> Iterator[Form]:
    """Yield one form for each stretch in which any snapshot of the model is kept."""
    # By when it ends and by which entry: of what ends alike only the first mention matters.
    stored: dict[tuple[int, int], Mention] = {}
    for snapshot, mentions in model.mentions.items():
        deletions = [
            (context.relief_ms(one), one.index, one.event_ms)
            for one in model.deletions
            if one.is_reliable and (one.is_known or is_hopeful) and one.snapshot in ("", snapshot)
        ]
        for mention in mentions if deletions else [min(mentions)]:
            when = mention.when_ms
            end = (NEVER, -1)
            for acts, index, event_ms in deletions:
                if event_ms >= when and (acts, index) < end:
                    end = (acts, index)
            if end[0] <= when:
                end = (when + 1, end[1])
            if end not in stored or mention < stored[end]:
                stored[end] = mention
        # Nobody serves what is deleted.
        for form in deployed if deletions else ():
            end, mention = (form.stop, form.ended_by), Mention(form.start, form.began_ms, form.index)
            if form.snapshot == snapshot and (end not in stored or mention < stored[end]):
                stored[end] = mention
    for start, stop in union((first.when_ms, end[0]) for end, first in stored.items()):
        first = min(one for one in stored.values() if one.when_ms == start)
        ended_by = max(end[1] for end in stored if end[0] == stop)
        yield Form("store", first.entry, start, stop, ended_by, first.began_ms, lasts_to=stop)


def spans_of(forms: Iterable[Form]) -> list[Span]:
    """Return when any of some forms went on."""
    return union(form.span for form in forms)
