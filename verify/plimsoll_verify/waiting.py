"""What still waits for whom: acts whose quorum is not complete at the end of the log.

Source: SPEC 6.6, 6.7.
"""

from collections.abc import Iterator
from typing import NamedTuple

from plimsoll_verify.activities import Form
from plimsoll_verify.acts import Count, Pending, Voids
from plimsoll_verify.authority import Authority
from plimsoll_verify.context import Context
from plimsoll_verify.correcting import corrections_of, relieves
from plimsoll_verify.deeds import Wanted, is_deed
from plimsoll_verify.exempting import RULES as EXEMPTING
from plimsoll_verify.facts import (
    Act,
    AttestationContent,
    CorrectionContent,
    DeedContent,
    DeterminationContent,
    ExceptionContent,
    Facts,
    InterpretationContent,
    PauseContent,
    PermitContent,
    PolicyContent,
    ReportContent,
    ResumedContent,
    ReversalContent,
)
from plimsoll_verify.kept import Kept
from plimsoll_verify.observed import FormContent
from plimsoll_verify.policy.compare import compare
from plimsoll_verify.policy.duties import Duty, FollowUp
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.register import ROOT
from plimsoll_verify.versions import always, count_policy, root_quorum


class _Wanted(NamedTuple):
    """A quorum that an act needs: its count, whose it is, and what it is called there.

    Attributes:
        can_be_lost: whether it has to be met still when another quorum of the act is.
    """

    counting: Count
    policy: str
    want: str
    can_be_lost: bool = False


def find_pending(
    authority: Authority,
    facts: Facts,
    contexts: list[Context],
    last: int,
    time_ms: int,
    kept: Kept | None = None,
) -> tuple[Pending, ...]:
    """Return every quorum that an act waits for, in the order of the log.

    Args:
        authority: knows the enrolments that wait.
        facts: the acts.
        contexts: the policies by which they are judged.
        last: index of the last entry.
        time_ms: the end of judgement.
        kept: knows acts that need not be looked at again.
    """
    found = [
        Pending(
            one.index,
            one.kind,
            one.subjects,
            "",
            "root quorum",
            str(root_quorum(authority.quorum)),
            (ROOT,),
            (ROOT,),
            tuple((person, ROOT) for person in sorted(one.signed)),
        )
        for one in authority.pending.values()
    ]
    found += [one for context in contexts for one in _want_second(context)]
    voids = authority.voids()
    for act in facts.acts.values() if kept is None else kept.loud():
        if isinstance(act.content, PolicyContent):
            wanted = list(_want_policy(act, act.content, contexts, voids, authority.quorum))
        else:
            wanted = [one for context in contexts for one in _want(context, act, last, time_ms)]
        for counting, policy, want, can_be_lost in wanted:
            if not list(counting.completions()) or can_be_lost:
                pending = counting.pending(last, time_ms, policy, want)
                if pending is not None:
                    found.append(pending)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: one.index))


def _want_second(context: Context) -> Iterator[Pending]:
    """Yield the corrections that would relieve, and wait for somebody but their author: whoever that is."""
    for act in corrections_of(context.facts):
        said = act.content
        if not isinstance(said, CorrectionContent) or not said.has_reasons:
            continue
        if context.correction(act) is None and relieves(context, act, said)[0]:
            policy, quorum = context.versions.id, "one other person"
            yield Pending(act.index, act.kind, act.subjects, policy, "second person", quorum, (), (), ())


def _want_policy(
    act: Act, content: PolicyContent, contexts: list[Context], voids: Voids, root_size: int
) -> Iterator[_Wanted]:
    """Yield what a policy or an amendment needs, unless it is in force or can no longer be."""
    policy = content.policy
    known = [context for context in contexts if context.versions.id == policy.id]
    if act.kind == "policy" and not known:
        root = count_policy(act, always(root_quorum(root_size)), voids, author_counts=True)
        yield _Wanted(root, "", "root quorum", can_be_lost=True)
        yield _Wanted(
            count_policy(act, always(policy.signed_off_by), voids, terms_of=policy),
            policy.id,
            "signed_off_by",
            can_be_lost=True,
        )
    elif act.kind == "policy-amendment":
        for context in known:
            if all(version.index != act.index for version in context.versions.all):
                yield from _want_amendment(act, policy, context.versions.all[-1].policy, voids)


def _want_amendment(act: Act, policy: Policy, newest: Policy, voids: Voids) -> Iterator[_Wanted]:
    """Yield what completes an amendment, and what it needs besides so as not to break the procedure."""
    rule = newest.amendment
    quorums = [("approved_by", rule.approved_by, False)]
    if rule.proposed_by is not None:
        quorums.append(("proposed_by", rule.proposed_by, True))
    if rule.weakening is not None and compare(newest, policy).may_weaken:
        quorums.append(("weakening.approved_by", rule.weakening.approved_by, False))
    for want, quorum, author_counts in quorums:
        count = count_policy(act, always(quorum), voids, author_counts=author_counts, terms_of=newest)
        yield _Wanted(count, policy.id, want)


def _want_deed(context: Context, act: Act, last: int, time_ms: int) -> Iterator[_Wanted]:
    """Yield what an act needs to be that which a duty asks for: the signatures of who has to do it."""
    for duty in context.policy_at(last, time_ms).duties.values():
        parts: tuple[Duty | FollowUp, ...] = (duty, *duty.then)
        for part in parts:
            by = part.by
            if by is not None and is_deed(act, Wanted(part.do, by, part.to, "")):
                counting = context.count(act, always(by), author_counts=True, is_voidable=False)
                yield _Wanted(counting, context.versions.id, "by")


def _want_halt(context: Context, act: Act) -> _Wanted:
    """Return what a pause, a resumption, a reversal or an interpretation needs."""
    count, want = {
        "resumed": (context.count_resumed, "lifted_by"),
        "reversal": (context.count_reversal, "by"),
        "interpretation": (context.count_interpretation, "by"),
    }.get(act.kind, (context.count_pause, "called_by"))
    return _Wanted(count(act), context.versions.id, want)


def _want(context: Context, act: Act, last: int, time_ms: int) -> Iterator[_Wanted]:
    """Yield what an act needs under a policy; what the policy does not know needs nothing that is known.

    Of the many acts of a ledger most are complete, and the judgement has found that out.
    """
    policy = context.versions.id
    match act.content:
        case DeterminationContent() as said:
            count = context.count_determination(act, said.threshold, said.outcome)
            want = "cleared_by" if said.outcome == "ruled_out" else "declared_by"
            yield _Wanted(count, policy, want)
        case AttestationContent() as said:
            if context.attestation(act, said.standard, said.criterion) is None:
                count = context.count_attestation(act, said.standard, said.criterion)
                yield _Wanted(count, policy, "attested_by")
        case ReportContent() as said:
            if context.report(act, said.standard) is None:
                yield _Wanted(context.count_report(act, said.standard), policy, "approved_by")
            yield from _want_deed(context, act, last, time_ms)
        case DeedContent():
            yield from _want_deed(context, act, last, time_ms)
        case PermitContent() as said:
            content = FormContent(said.scope, said.surface, said.attributes)
            form = Form("deploy" if said.activity == "deploy" else "train", -1, 0, 0, content=content)
            for gate in context.policy_at(last, time_ms).gates if time_ms < said.expires_ms else ():
                if form.matches(gate.activity) and context.permit(act, gate.approved_by) is None:
                    yield _Wanted(context.count_permit(act, gate.approved_by), policy, "approved_by")
        case ExceptionContent():
            kind = EXEMPTING[act.kind]
            if context.exception(act, kind) is None:
                yield _Wanted(context.count_exception(act, kind), policy, "approved_by")
        case PauseContent() | ResumedContent() | ReversalContent() | InterpretationContent():
            yield _want_halt(context, act)
        case _:
            return
