"""The replay: the entries of a log in order, then the judgement. The reader enters here.

1. Feed. Each entry's author is checked against what the entries before it say of persons, keys and roles;
   of what it says, the little on which a judgement can depend is kept as a fact. What may not be relied on
   relieves nothing, and what it says against its author's interest is kept all the same.
2. Policies. Which versions were put in force, by whom, and from when.
3. Models. For each policy and each model: what went on, which thresholds were treated as crossed, what was
   needed and what was in force, as spans of time; a need that was not met is a finding.
4. Unknowns. What is withheld, not understood or signed with a compromised key is a finding too.

    replay = Replay(trust.persons)
    for record in records:
        replay.feed(record)
    judgement = replay.finish(end_ms)

Source: SPEC 6 to 9.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

from plimsoll_verify.acts import Pending
from plimsoll_verify.adherence import find_adherence
from plimsoll_verify.authority import GOVERNANCE, Authority
from plimsoll_verify.bodies import SignOff
from plimsoll_verify.bounds import Bounds, Coverage
from plimsoll_verify.collect import Collector
from plimsoll_verify.context import Context
from plimsoll_verify.correcting import find_abused, find_corrected
from plimsoll_verify.disclosed import find_disclosed
from plimsoll_verify.exempting import Excepted
from plimsoll_verify.facts import Facts, ModelFacts
from plimsoll_verify.findings import Finding, numbered, point
from plimsoll_verify.interpreting import interpret
from plimsoll_verify.judge import Judge
from plimsoll_verify.kept import Kept, judged
from plimsoll_verify.observed import FormContent, Mention, Observation
from plimsoll_verify.picture import Picture
from plimsoll_verify.policy.model import Policy
from plimsoll_verify.procedure import find_unprocedural
from plimsoll_verify.publication import find_changed
from plimsoll_verify.record import Record
from plimsoll_verify.separation import find_mixed
from plimsoll_verify.start import Start
from plimsoll_verify.telling import foresee, foretell
from plimsoll_verify.times import Times
from plimsoll_verify.unknowns import find_compromised, find_missing_policy, find_stale, find_unknown
from plimsoll_verify.upkeep import find_erased, find_unaccounted
from plimsoll_verify.vacancy import find_vacant
from plimsoll_verify.versions import Version, Versions, find_versions
from plimsoll_verify.waiting import find_pending
from plimsoll_verify.weakening import find_weakened

Outcome = Literal["compliant", "violations", "indeterminate"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A model, as it was judged by each policy."""

    id: str
    name: str
    _model: ModelFacts
    _judges: tuple[Judge, ...]

    @property
    def pictures(self) -> tuple[tuple[str, Picture], ...]:
        """The model's picture under each policy, with the policy's id.

        They are made anew whenever they are asked for: few are looked at, and all together they take more
        memory than the facts. So they are to be looked at before more is fed.
        """
        return tuple((judge.context.versions.id, Picture(judge.world(self._model))) for judge in self._judges)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the entries of a log come to.

    Attributes:
        verdict: without findings of violation or doubt "compliant".
        end_ms: the last instant that was judged.
        policies: the versions in force then.
        histories: all versions of each policy that was ever put in force.
        findings: numbered, the gravest first.
        hypothetical: what the start that was asked about would break, and what makes the answer doubtful.
        pending: acts that wait for signatures.
        exceptions: every exception that was recorded, under each policy.
        pinned: persons whose keys the auditor knows.
        claimed: persons in outside roles whose independence is the company's word.
        withheld: bodies by kind that are not given.
        is_counterfactual: whether it is by another policy than the ledger's.
        freshness_checked: whether the age of the newest checkpoint was looked at.
        due: what time alone will bring, if that was asked for.
        coverage: how far the times of the entries are proven.
    """

    verdict: Outcome
    end_ms: int
    size: int
    policies: tuple[Version, ...]
    histories: tuple[Versions, ...]
    _models: dict[str, ModelFacts] = field(repr=False, compare=False)
    _judges: tuple[Judge, ...] = field(repr=False)
    findings: tuple[Finding, ...]
    hypothetical: tuple[Finding, ...]
    pending: tuple[Pending, ...]
    exceptions: tuple[Excepted, ...]
    pinned: tuple[str, ...]
    claimed: tuple[str, ...]
    withheld: dict[str, int]
    is_counterfactual: bool
    freshness_checked: bool
    coverage: Coverage = field(default_factory=Coverage)
    due: tuple[Finding, ...] | None = None

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The models; to be looked at before more is fed."""
        return tuple(Subject(one.id, one.name, one, self._judges) for one in self._models.values())


class Replay:
    """Takes the records of one log and judges it."""

    def __init__(
        self,
        pins: dict[str, bytes] | None = None,
        bounds: Bounds | None = None,
        kept: Kept | None = None,
    ) -> None:
        """Begin before the genesis.

        Args:
            pins: 32-byte keys by person id, which the auditor knows from elsewhere.
            bounds: by when others had seen the entries; all of them are known before the first record.
            kept: what need not be judged again, where the ledger is judged again and again.
        """
        self._pins = pins or {}
        self._authority = Authority(self._pins)
        self._collector = Collector()
        self._times = Times(bounds or Bounds())
        self._kept = kept
        self._flawed: list[Finding] = []

    @property
    def facts(self) -> Facts:
        """What is kept of the entries so far."""
        return self._collector.facts

    @property
    def log_keys(self) -> list[str]:
        """The vkeys of the log that the root quorum has put in force so far, in order."""
        return self._authority.log_keys

    def go_on(self, bounds: Bounds) -> bool:
        """Make ready for more entries, of which others say by when they had seen them.

        Returns:
            Whether they say of those that were fed what they said before; if not, a new replay is needed.
        """
        if any(one.state == "withheld" for one in self.facts.unknowns):
            return False  # What is given now says more.
        return self._times.bounds.go_on(bounds, self._times.size)

    def feed(self, record: Record) -> None:
        """Take the next entry.

        Raises:
            GenesisMismatch: the genesis contradicts itself.
            PinMismatch: it lets another key count for a pinned person.

        Source: SPEC 6, 8.1, 9.13.
        """
        authority = self._authority
        self._times.note(record)
        if record.index == 0:
            authority.begin(record)
            authority.note_signer(record)
            self.facts.org = record.subjects[0]
            self.facts.genesis_ms = record.time_ms
            return
        authority.note_signer(record)
        flaw = ("V36", record.fault) if record.fault else authority.flaw(record)
        if flaw is None:
            record.granted_ms = authority.register.granted_ms(record.actor, record.role, record.time_ms)
        if flaw is None and record.body is not None:
            if record.kind in GOVERNANCE:
                flaw = authority.follow(record)
            elif isinstance(record.body, SignOff):
                reason = authority.sign_off(record, record.body)
                reason = reason or self._collector.sign_off(record, record.body)
                flaw = ("V36", reason) if reason else None
        if record.kind:
            reason = self._collector.take(record, flaw is None)
            if reason and flaw is None:
                flaw = ("V36", reason)
        if flaw is not None:
            self._note_flaw(record, *flaw)
        if self._kept is not None:
            self._kept.note(record, self.facts, is_sound=flaw is None)

    def _note_flaw(self, record: Record, code: str, reason: str) -> None:
        subject = record.subjects[0] if record.subjects else ""
        message = f"Entry {record.index} ({record.kind or 'damaged'}) has no effect: {reason}."
        rule = "SPEC 6.4" if code == "V14" else "SPEC 9.13"
        self._flawed.append(point(code, "violation", subject, record.time_ms, (record.index,), message, rule))

    def finish(
        self,
        end_ms: int,
        *,
        proven_ms: int | None = None,
        now_ms: int | None = None,
        max_age_ms: int | None = None,
        hypothetical: Start | None = None,
        policy: Policy | None = None,
        claims: Iterable[Finding] = (),
        due_ms: int | None = None,
    ) -> Judgement:
        """Judge what was fed. Nothing is used up: more can be fed, and judged again.

        Args:
            end_ms: T, the last instant to be judged.
            proven_ms: when witnesses had seen all entries; None where none are asked.
            now_ms: the auditor's time, which only `max_age_ms` is measured by.
            max_age_ms: how old the end may be.
            hypothetical: a start to judge as if it came next.
            policy: another policy to judge by instead of those that the ledger records.
            claims: what others found, by evidence that is not in the log.
            due_ms: until when to look for what time alone will bring; None for not at all.

        Source: SPEC 7.5, 8.3, 9.
        """
        all_versions = self._versions(policy)
        contexts = self._contexts(all_versions)
        findings = [*self._flawed, *claims, *self._times.findings, *self._unknown(all_versions, end_ms)]
        findings += self._times.unproven(proven_ms)
        seen_ms = self._times.last_ms(end_ms) if proven_ms is None else proven_ms
        findings += find_stale(end_ms, seen_ms, now_ms, max_age_ms, self._times.size)
        judges = tuple(Judge(context, end_ms) for context in contexts)
        kept = self._kept if policy is None else None
        if kept is not None:
            kept.begin(self.facts, all_versions, end_ms)
        for judge in judges:
            findings += self._times.late(judge.context.versions)
            findings += self._broken(judge, kept)
        findings += list(find_adherence(list(findings), all_versions))
        findings = list(interpret(findings, contexts))
        last = max(0, self._times.size - 1)
        pending = find_pending(self._authority, self.facts, contexts, last, end_ms, kept)
        if kept is not None:
            kept.end(pending)
        at_end = [one.at(end_ms) for one in all_versions]
        return Judgement(
            verdict=_verdict(findings),
            end_ms=end_ms,
            size=self._times.size,
            policies=tuple(version for version in at_end if version is not None),
            histories=tuple(all_versions),
            _models=self.facts.models,
            _judges=judges,
            findings=numbered(findings),
            hypothetical=self._hypothetical(contexts, findings, end_ms, hypothetical),
            pending=pending,
            exceptions=tuple(
                one for judge in judges for one in judge.organisation().exemptions.shown(end_ms)
            ),
            pinned=tuple(sorted(set(self._pins) & set(self._authority.register.persons))),
            claimed=self._claimed(all_versions),
            withheld=self._withheld(),
            is_counterfactual=policy is not None,
            freshness_checked=max_age_ms is not None and now_ms is not None,
            coverage=self._times.bounds.coverage,
            due=None if due_ms is None else self._due(contexts, end_ms, due_ms),
        )

    def _broken(self, judge: Judge, kept: Kept | None = None) -> Iterator[Finding]:
        """Yield what was broken under one policy, by the organisation and by each model."""
        context, end_ms = judge.context, judge.end_ms
        yield from find_erased(context, end_ms)
        yield from find_mixed(context, end_ms)
        yield from find_abused(context, end_ms)
        yield from find_changed(context, end_ms)
        yield from find_vacant(context, self._authority.register, end_ms)
        yield from find_unprocedural(context, self._authority.voids(), end_ms)
        found = judge.judge(judge.organisation())

        def judge_until(model: ModelFacts, end_ms: int) -> list[Finding]:
            unaccounted = find_unaccounted(context, model, end_ms)
            return [*unaccounted, *judge.until(end_ms).judge_model(model)]

        about = context.versions.key
        calm = kept.calm(about, end_ms) if kept is not None else ()
        for model in self.facts.models.values():
            if model.id not in calm:
                found += judged(kept, about, model, end_ms, judge_until)
        yield from found
        yield from find_weakened(judge, self._authority.compromised, found, kept)

    def _due(self, contexts: list[Context], end_ms: int, due_ms: int) -> tuple[Finding, ...]:
        """Judge as if nothing more were recorded until then, and tell what begins after the end.

        Source: SPEC 10.16.
        """
        found = [
            replace(one, message=foresee(one.message))
            for context in contexts
            for one in self._broken(Judge(context, due_ms))
            if one.from_ms > end_ms
        ]
        found += list(find_adherence(found, [context.versions for context in contexts]))
        return numbered(interpret(found, contexts))

    def _versions(self, policy: Policy | None) -> list[Versions]:
        if policy is not None:
            return [Versions([Version(policy, "", 0, 0, policy.effective_ms, ())])]
        return find_versions(self.facts, self._authority.voids(), self._authority.quorum)

    def _contexts(self, all_versions: list[Versions]) -> list[Context]:
        authority = self._authority
        return [Context(self.facts, one, authority.compromised, authority.lost_at) for one in all_versions]

    def _unknown(self, all_versions: list[Versions], end_ms: int) -> list[Finding]:
        return [
            *find_unknown(self.facts),
            *find_compromised(self._authority),
            *find_missing_policy(all_versions, self._times.size, end_ms),
            *find_disclosed(self.facts),
            *find_corrected(self.facts),
        ]

    def _hypothetical(
        self, contexts: list[Context], findings: list[Finding], end_ms: int, start: Start | None
    ) -> tuple[Finding, ...]:
        """Judge a start as if it came next: whatever is found because of it, and whatever is in doubt."""
        if start is None:
            return ()
        index = self._times.size
        model = _with_start(self.facts.models.get(start.model) or ModelFacts(start.model), start, index)
        found = [
            one
            for one in findings
            if one.level == "indeterminate" and not _is_of_another_model(one, start.model)
        ]
        for context in contexts:
            judge = Judge(context, max(end_ms, start.at_ms))
            broken = [one for one in judge.judge(judge.world(model)) if index in one.entries]
            found += [replace(one, message=foretell(one.message)) for one in broken]
        return numbered(interpret(found, contexts))

    def _claimed(self, all_versions: list[Versions]) -> tuple[str, ...]:
        """Return who holds a role outside of the company, and is not pinned."""
        outside = {
            role
            for versions in all_versions
            for version in versions.all
            for role, is_outside in version.policy.roles.items()
            if is_outside
        }
        holders = {
            person
            for (person, role), grants in self._authority.register.grants.items()
            if role in outside and any(grant.counts for grant in grants)
        }
        return tuple(sorted(holders - set(self._pins)))

    def _withheld(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for one in self.facts.unknowns:
            if one.state == "withheld":
                counts[one.kind] = counts.get(one.kind, 0) + 1
        return dict(sorted(counts.items()))


def _verdict(findings: list[Finding]) -> Outcome:
    """Return what findings come to.

    Source: SPEC 9.15.
    """
    levels = {finding.level for finding in findings}
    if "violation" in levels:
        return "violations"
    return "indeterminate" if "indeterminate" in levels else "compliant"


def _is_of_another_model(finding: Finding, model: str) -> bool:
    """Say whether a doubt is about another model only; one about a person or a policy touches every model."""
    return finding.subject.startswith("model:") and finding.subject != model


def _with_start(model: ModelFacts, start: Start, index: int) -> ModelFacts:
    """Return a model's facts with a start put after the last entry."""
    is_deployed = start.activity == "deploy"
    content = FormContent(
        start.scope or "",
        start.surface or "",
        frozenset(start.attributes),
        start.environment,
        start.deployment,
    )
    snapshot = start.snapshot or ""
    kind = "deployment-started" if is_deployed else "training-started"
    observed = Observation(
        index,
        start.at_ms,
        start.at_ms,
        kind,
        snapshot,
        role="",
        is_reliable=True,
        is_known=True,
        content=content,
    )
    model = model.apart()
    if snapshot:
        model.mention(snapshot, Mention(start.at_ms, start.at_ms, index))
    model.add("deployments" if is_deployed else "training", observed)
    return model
