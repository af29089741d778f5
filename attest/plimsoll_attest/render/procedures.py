"""Gates, pauses, exceptions, duties, amendments and record rules in sentences."""

from collections.abc import Iterator

from plimsoll_attest.render.words import (
    Item,
    capital,
    deed,
    every,
    listed,
    promised,
    soon,
    soon_term,
    whoever,
)
from plimsoll_verify.policy.duties import (
    AnyOf,
    Duty,
    Every,
    FollowUp,
    OnActivity,
    OnCompute,
    OnEvent,
    Trigger,
)
from plimsoll_verify.policy.exceptions import ExceptionRule
from plimsoll_verify.policy.model import Gate, Policy


def gate_items(policy: Policy) -> Iterator[Item]:
    """Yield whose approval a start needs, and who can stop what is going on."""
    for gate in policy.gates:
        yield promised(_gate(gate), gate.promise)
    pause = policy.pause
    lifted = ", once every needed standard is in force" if pause.lifts_in_force else ""
    yield promised(
        f"a pause is called by {whoever(pause.called_by)}, and stops what it names"
        f" {soon(pause.stops_within)}; it is lifted by {whoever(pause.lifted_by)}{lifted}.",
        pause.promise,
    )
    if policy.reversal is not None:
        one = policy.reversal
        stops = f"what it let happen stops {soon(one.stops_within)}"
        yield promised(f"a decision is reversed by {whoever(one.by)}; {stops}.", one.promise)


def _gate(gate: Gate) -> str:
    parts = [f"{gate.activity.value} begins only with the approval of {whoever(gate.approved_by)}"]
    if gate.told_before:
        parts.append(f"{listed(gate.told_before)} told before")
    if gate.consulted_before:
        parts.append(f"{listed(gate.consulted_before)} consulted before")
    if gate.told_after is not None:
        parts.append(f"{listed(gate.told_after.who)} told {soon(gate.told_after.within)} of it")
    return f"{parts[0]}{', with ' + listed(parts[1:]) if parts[1:] else ''}."


_KINDS = {
    "interim": "interim measures stand in for a standard",
    "waiver": "a standard is waived",
    "marginal": "safeguards are lowered because the risk is there anyhow",
}


def exception_items(policy: Policy) -> Iterator[Item]:
    """Yield how a standard may be done without for a time."""
    for one in policy.exceptions.values():
        yield promised(_exception(one), one.promise)


def _exception(one: ExceptionRule) -> str:
    text = f"{_KINDS[one.kind]} only if {whoever(one.approved_by)} approves"
    text += (
        f", for at most {one.at_most.text}" if one.at_most else ", for a time that the source does not state"
    )
    text += f", with {listed(one.told)} told" if one.told else ""
    text += ", and it is published" if one.published else ""
    text += f". What is asked for: {one.assurance}" if one.assurance else ""
    text += f". Attested: {listed(one.preconditions)}" if one.preconditions else ""
    return f"{text}."


def people_items(policy: Policy) -> Iterator[Item]:
    """Yield who has to be somebody else, who interprets, and what is inherited or adhered to."""
    for apart in policy.separate:
        who = listed(apart.who, "or") if apart.who else "whoever made it"
        other = listed(apart.apart_from, "or") if apart.apart_from else "whoever approves it"
        yield promised(f"on the same {apart.on}, {who} and {other} are different persons.", apart.promise)
    for role, period in policy.terms.items():
        yield Item(f"Whoever is given the role {role} holds it for {period.text} at most.")
    if policy.interpretation is not None:
        one = policy.interpretation
        yield promised(f"what this policy means is said by {whoever(one.by)}, from then on.", one.promise)
    for adherence in policy.adheres:
        yield promised(f"violations of {adherence.to} are findings of this policy.", adherence.promise)
    if policy.lineage is not None:
        lineage = policy.lineage
        text = f"what a model could do, those made from it can: by {listed(sorted(lineage.inherit))}"
        if lineage.assess_again_from is not None:
            text += f"; with {lineage.assess_again_from} added compute it is assessed again"
        yield promised(f"{text}.", lineage.promise)


def duty_items(policy: Policy) -> Iterator[Item]:
    """Yield what is due when."""
    for duty in policy.duties.values():
        yield Item(_duty(duty), duty.promise.clause, duty.promise.force)
        for one in duty.then:
            yield Item(_follow_up(duty, one), one.promise.clause, one.promise.force)


def _duty(duty: Duty) -> str:
    text = f"{duty.id}: {_trigger(duty.when)}, {deed(duty.do)} is due"
    text += f" from {whoever(duty.by)}" if duty.by is not None else ""
    text += f", to {duty.to}" if duty.to else ""
    if duty.within is not None:
        text += f", {soon_term(duty.within, duty.words)}"
        text += f" of when it {_CLOCKS[duty.clock]}" if duty.clock else ""
    elif duty.before is not None:
        text += f", {duty.at_least.text + ' or more ' if duty.at_least else ''}before {duty.before.value}"
    text += ", unless it is carried over" if duty.unless_carried_over else ""
    return f"{text}."


_CLOCKS = {"occurred": "occurred", "aware": "was noticed", "determined": "was determined"}


def _trigger(when: Trigger) -> str:
    match when:
        case Every(period, since):
            return f"{every(period)}{f' since the last {deed(since, bare=True)}' if since else ''}"
        case OnEvent(kind, class_):
            return f"on each {kind}{f' ({class_})' if class_ else ''}"
        case OnActivity(activity):
            return f"when {activity.value} begins"
        case OnCompute(times):
            return f"at {times} times the compute of the last one assessed"
        case AnyOf(of):
            return listed((_trigger(one) for one in of), "or")


def _follow_up(duty: Duty, one: FollowUp) -> str:
    text = f"{duty.id}, then: {deed(one.do)} is due"
    text += f" from {whoever(one.by)}" if one.by is not None else ""
    text += f", to {one.to}" if one.to else ""
    if one.within is not None:
        return f"{text}, {soon_term(one.within)}."
    again = every(one.every) if one.every else ""
    return f"{text}, {again}{f' until {deed(one.until)}' if one.until else ''}."


def amendment_items(policy: Policy) -> Iterator[Item]:
    """Yield how the policy changes."""
    one = policy.amendment
    clause, force = (one.promise.clause, one.promise.force) if one.promise else ("", "")
    parts = [f"It is changed with the approval of {whoever(one.approved_by)}"]
    parts += [f"on a proposal of {whoever(one.proposed_by)}"] if one.proposed_by else []
    parts += [f"with {listed(one.consulted)} consulted"] if one.consulted else []
    parts += ["published before it takes effect"] if one.published else []
    parts += [f"recorded {one.notice.text} before"] if one.notice else []
    yield Item(f"{', '.join(parts)}.", clause, force)
    if one.weakening is not None:
        weak = one.weakening
        text = f"To relax a rule takes the approval of {whoever(weak.approved_by)} as well"
        text += f", and {weak.notice.text} of notice" if weak.notice else ""
        text += (
            f"; not within {weak.forbidden_within.text} before the old rule is needed"
            if weak.forbidden_within
            else ""
        )
        yield Item(f"{text}.", clause, force)
    if one.keep_until is not None:
        yield Item(
            f"What was out already may go by the old version for {one.keep_until.text}.", clause, force
        )


def record_items(policy: Policy) -> Iterator[Item]:
    """Yield the rules about the record, which are no promises of the source."""
    rules = policy.record_rules
    yield Item(f"What is recorded more than {rules.late_after.text} after it happened is late.")
    if rules.heartbeat is not None:
        yield Item(f"There is a heartbeat {every(rules.heartbeat)}.")
    if rules.inventory is not None:
        one = rules.inventory
        yield Item(
            f"{capital(every(one.every))} {one.by} looks at what runs on {listed(one.of)};"
            f" it may be {one.tolerance.text} off."
        )
    if rules.plans_close_within is not None:
        yield Item(f"What was planned has a result within {rules.plans_close_within.text}.")
    if rules.evidence_kept is not None:
        yield Item(f"Evidence is kept for {rules.evidence_kept.text}.")
