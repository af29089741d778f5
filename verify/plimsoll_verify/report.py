"""The verdict for people: what was found, when, by which entries, what it covers and what it cannot say.

Whatever comes from the ledger is foreign text, and is printed as ASCII with everything else escaped: no
control character, no change of direction and no look-alike reaches a terminal.
"""

from collections.abc import Iterator
from textwrap import wrap

from plimsoll_verify import mldsa
from plimsoll_verify.encoding import format_base64, format_time
from plimsoll_verify.facts import NEVER
from plimsoll_verify.findings import Finding
from plimsoll_verify.replay import Judgement, Subject
from plimsoll_verify.spans import Span
from plimsoll_verify.verdict import Verdict

MAX_SUBJECTS = 20
"""Models that are described one by one; the JSON form has them all."""

MAX_FINDINGS = 100
"""Findings that are told one by one; the JSON form has them all."""

MAX_IGNORED = 5
"""Time stamps that count for nothing and are told one by one."""

_NAMED = "a model is named by its id, as model:<id>"

_COLORS = {"compliant": "32", "violations": "31", "rejected": "31", "indeterminate": "33"}
_LEVELS = {"violation": "31", "indeterminate": "33", "finding": "36"}
_MEANING = {
    "compliant": "what was recorded breaks no commitment of the policy, and none of it is in doubt",
    "violations": "what was recorded breaks the policy, or rules of the record itself: see the findings",
    "indeterminate": "no violation was found, and something is in doubt: see the findings",
}
_RECEIPTS = {"kept": "32", "open": "33", "broken": "31"}
BASES = {
    "witness": "witnesses vouch for it",
    "tsa": "a time stamp vouches for it",
    "log-claim": "by the log's own word",
}


def escape(text: str) -> str:
    """Return a foreign text in printable ASCII."""
    return ascii(text)[1:-1].replace("\\'", "'").replace("\\\\", "\\")


def format_report(verdict: Verdict, *, color: bool = False, subject: str | None = None) -> str:
    """Return a verdict as a text of several lines.

    Args:
        verdict: the verdict.
        color: whether to colour it for a terminal; meaning never hangs on it.
        subject: show only the findings about this one, and those about the log as a whole.
    """
    return "\n".join(_Report(verdict, color=color, subject=subject).lines())


class _Report:
    def __init__(self, verdict: Verdict, *, color: bool, subject: str | None) -> None:
        self._verdict = verdict
        self._color = color
        self._subject = subject

    def _paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self._color else text

    def lines(self) -> Iterator[str]:
        verdict = self._verdict
        yield f"verdict: {self._paint(verdict.verdict, _COLORS[verdict.verdict])}"
        if verdict.verdict in _MEANING:
            yield f"         {_MEANING[verdict.verdict]}"
        yield f"ledger:  {escape(verdict.log.origin)}"
        if verdict.judgement is None:
            yield from self._rejection()
            return
        yield from self._cover(verdict.judgement)
        yield from self._subjects(verdict.judgement)
        yield from self._evidence()
        yield from self._receipts()
        yield from self._findings()
        yield from self._hypothetical()
        yield from self._exceptions(verdict.judgement)
        yield from self._due(verdict.judgement)
        yield from self._limits(verdict.judgement)

    def _exceptions(self, judgement: Judgement) -> Iterator[str]:
        """Tell each exception: whoever reads that nothing was broken should know what was excepted."""
        shown = [one for one in judgement.exceptions if self._subject in (None, one.subject)]
        if shown:
            yield ""
            yield "exceptions to what is needed:"
        for one in shown[:MAX_FINDINGS]:
            said = one.content.told() if one.content else "(what it says is not known)"
            about = escape(f"{said} for {one.subject}")
            yield f"  {one.kind} in entry {one.index}, under {escape(one.policy)}: {about}"
            yield f"    {_lasting(one.span)}{escape('; ' + one.words if one.words else '')}"
        if len(shown) > MAX_FINDINGS:
            yield f"  ... and {len(shown) - MAX_FINDINGS} more; --json names them all"

    def _due(self, judgement: Judgement) -> Iterator[str]:
        if judgement.due is None:
            return
        found = [one for one in judgement.due if self._subject in (None, one.subject)]
        yield "due:     nothing, as far as it was asked" if not found else "due, if nothing more is recorded:"
        for one in sorted(found, key=lambda one: one.from_ms):
            yield f"  {format_time(one.from_ms)}  {one.code} {one.name} ({one.level}): {escape(one.message)}"

    def _rejection(self) -> Iterator[str]:
        error = self._verdict.error
        yield "The ledger itself is not authentic; nothing in it was judged."
        if error is not None:
            place = "" if error.entry is None else f", at entry {error.entry}"
            place += "" if error.path is None else f", in {escape(error.path)}"
            yield f"  check:    {error.check}{place}"
            yield f"  expected: {escape(error.expected)}"
            yield f"  found:    {escape(error.actual)}"
            if error.hint:
                yield f"  hint:     {escape(error.hint)}"

    def _cover(self, judgement: Judgement) -> Iterator[str]:
        log = self._verdict.log
        part = "" if judgement.size == log.size else f", of which the first {judgement.size} were judged"
        yield f"entries: {log.size}{part}, root {format_base64(log.root)}"
        yield f"time:    judged up to {format_time(judgement.end_ms)}, {BASES[log.time_basis]}"
        witnesses = ", ".join(escape(one) for one in log.witnesses) or "none"
        yield f"         witnesses: {witnesses}"
        if log.unchecked:
            names = ", ".join(escape(one) for one in log.unchecked)
            yield f"         ML-DSA-44 COSIGNATURES NOT CHECKED: by {names}; pip install '{mldsa.EXTRA}'"
        yield from self._times(judgement)
        for policy in self._verdict.policies:
            counts = policy.clauses
            yield (
                f"policy:  {escape(policy.id)} version {escape(policy.version)}, in force since entry"
                f" {policy.from_index}; of its clauses {counts['log']} are judged by what the log shows,"
                f" {counts['attestation']} by what somebody attests, {counts['nobody']} by nobody"
            )
        if judgement.is_counterfactual:
            yield "         THIS IS NOT THE LEDGER'S OWN POLICY: the verdict says what would have been."

    def _times(self, judgement: Judgement) -> Iterator[str]:
        anchors, found = self._verdict.log.anchors, judgement.coverage
        if anchors.verified:
            names = ", ".join(sorted(anchors.authorities))
            yield f"         time stamps: {len(anchors.verified)} verified, kept as {names}"
        if anchors.unchecked:
            yield f"         TIME STAMPS NOT CHECKED: {anchors.unchecked}; {anchors.why_unchecked}"
        for path, reason in anchors.ignored[:MAX_IGNORED]:
            yield f"         time stamp ignored: {path}: {escape(reason)}"
        if anchors.ignored_count > MAX_IGNORED:
            yield f"         ... and {anchors.ignored_count - MAX_IGNORED} more; --json names a hundred"
        if found.above or found.below:
            yield (
                f"         of {judgement.size} entries {found.above} were there by a time that others vouch"
                f" for, {found.below} not before one"
            )

    def _subjects(self, judgement: Judgement) -> Iterator[str]:
        shown = [one for one in judgement.subjects if self._subject in (None, one.id)]
        about = {one.id for one in shown} | {one.subject for one in self._verdict.findings}
        if self._subject is not None and self._subject not in about:
            yield ""
            ids = [one.id for one in judgement.subjects if one.name == self._subject]
            named = f"so is called {' and '.join(ids[:3])}: ask for that" if ids else _NAMED
            yield f"NOTHING HERE IS ABOUT {escape(self._subject)}; {named}"
        for subject in shown[:MAX_SUBJECTS]:
            yield ""
            yield f"{escape(subject.name) or '(not registered)'}  {subject.id}"
            yield from self._standing(subject)
        if len(shown) > MAX_SUBJECTS:
            yield ""
            yield f"... and {len(shown) - MAX_SUBJECTS} more models; --json names them all"

    def _standing(self, subject: Subject) -> Iterator[str]:
        standings = [(policy, picture.standing()) for policy, picture in subject.pictures]
        for policy, standing in standings:
            head = f"  {escape(policy)}: " if len(standings) > 1 else "  "
            states = [f"{key} {state.replace('_', ' ')}" for key, state in standing.thresholds.items()]
            yield f"{head}thresholds: {', '.join(states) or 'none'}"
            yield f"{head}safeguards needed: {', '.join(standing.needed) or 'none'}"
            yield f"{head}safeguards in force: {', '.join(standing.in_force) or 'none'}"
        for form in standings[0][1].active if standings else ():
            content = form.content
            what = {"deploy": "deployed", "train": "in training", "store": "weights stored"}[form.kind]
            where = f" {content.scope} on {content.surface}" if content.scope else ""
            yield f"  {what}{where} since {format_time(form.start)} (entry {form.index})"

    def _evidence(self) -> Iterator[str]:
        looked = self._verdict.evidence
        if looked is not None:
            yield (
                f"  evidence: {looked.given} files are what was recorded, {looked.missing} were not given;"
                f" {looked.recounted} figures counted anew, {looked.left} not"
            )

    def _receipts(self) -> Iterator[str]:
        if self._verdict.receipts:
            yield ""
        for one in self._verdict.receipts:
            entry = "" if one.index is None else f", entry {one.index}"
            state = self._paint(one.state, _RECEIPTS[one.state])
            due = format_time(one.receipt.deadline_ms)
            yield f"receipt: statement {one.receipt.statement_id}, due {due}: {state}{entry}"

    def _findings(self) -> Iterator[str]:
        found = [
            one for one in self._verdict.findings if self._subject in (None, one.subject) or not one.subject
        ]
        yield ""
        counts = [
            _counted(sum(one.level == level for one in found), noun)
            for level, noun in (
                ("violation", "violation"), ("indeterminate", "doubt"), ("finding", "other finding"),
            )
        ]  # fmt: skip
        yield f"findings: {', '.join(counts)}"
        for one in found[:MAX_FINDINGS]:
            yield from self._finding(one)
        if len(found) > MAX_FINDINGS:
            yield f"... and {len(found) - MAX_FINDINGS} more; --json names them all"

    def _finding(self, one: Finding) -> Iterator[str]:
        yield ""
        level = "finding, no violation" if one.level == "finding" else one.level
        yield f"{one.id} {self._paint(f'{one.code} {one.name}', _LEVELS[one.level])} ({level})"
        opened = "time alone" if one.from_index is None else f"entry {one.from_index}"
        is_instant = one.to_ms == one.from_ms
        yield f"  {'at  ' if is_instant else 'from'} {format_time(one.from_ms)} ({opened})"
        if one.to_ms is None:
            yield "  and goes on"
        elif is_instant:
            pass
        else:
            ended = "" if one.to_index is None else f" by entry {one.to_index}"
            yield f"  to   {format_time(one.to_ms)} ({one.ended_by}{ended})"
        yield from (f"  {line}" for line in wrap(escape(one.message), 96))
        for cause in one.because:
            yield f"  because {cause.code}, entries {_indexes(cause.entries)}"
        if one.clause:
            yield f"  rule {escape(one.policy)} {escape(one.rule)}, clause {escape(one.clause)}"
        if one.interpreted_by:
            yield f"  interpreted by entries {_indexes(one.interpreted_by)}"
        if one.entries:
            yield f"  entries {_indexes(one.entries)}"

    def _hypothetical(self) -> Iterator[str]:
        for one in self._verdict.hypothetical_findings:
            yield ""
            yield "if this started now:"
            yield from self._finding(one)

    def _limits(self, judgement: Judgement) -> Iterator[str]:
        yield ""
        yield f"independent people, by keys that you pinned: {_names(judgement.pinned)}"
        yield f"independent people, by the company's word: {_names(judgement.claimed)}"
        withheld = ", ".join(f"{count} {escape(kind)}" for kind, count in judgement.withheld.items())
        yield f"contents of entries withheld: {withheld or 'none'}"
        if not judgement.freshness_checked:
            yield "whether there is a newer state was not checked: the trust file sets no max_age"
        yield "this is about what was recorded: what nobody recorded is not seen, and a record may be false"


def _lasting(span: Span | None) -> str:
    if span is None:
        return "covers nothing"
    until = f"until {format_time(span[1])}" if span[1] < NEVER else "without an end"
    return f"covers from {format_time(span[0])} {until}"


def _indexes(entries: tuple[int, ...]) -> str:
    shown = ", ".join(str(one) for one in entries[:20])
    return shown + (f" and {len(entries) - 20} more" if len(entries) > 20 else "")


def _names(persons: tuple[str, ...]) -> str:
    return ", ".join(escape(one) for one in persons) or "nobody"


def _counted(count: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{count} {noun}{'' if count == 1 else 's'}"
