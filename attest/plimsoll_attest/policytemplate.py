"""A first policy for a company that uses or makes models: asked for in a few answers, to be edited by hand.

It has what an auditor looks for: a baseline, one threshold with a test and what follows, standards with
criteria and renewals, gates, a pause, a duty to answer incidents, who may not be who, and how it is changed.
"""

import json
import re
from dataclasses import dataclass, fields
from typing import Final


@dataclass(frozen=True, slots=True)
class Answers:
    """What a first policy is made of; each default is a sensible answer.

    Attributes:
        id: The policy's id.
        title: Its title.
        effective_from: The day from which it is in force, `YYYY-MM-DD`.
        harm: What a model must not do to whoever uses it, in a few words.
        task: The evaluation that finds it out.
        task_version: Its version.
        scorer: The scorer whose figure counts.
        metric: The metric.
        safe_below: A result rules the harm out if the upper end of its interval is below this.
        harmful_from: A result is dangerous at or above this.
        respond_within: How long safeguards may take once a model is found harmful.
        surface: Where models are offered, such as `api`.
    """

    id: str = "model-release"
    title: str = "Model release policy"
    effective_from: str = ""
    harm: str = "Leaks personal data or gives harmful advice"
    task: str = "harmful_advice"
    task_version: str = "1"
    scorer: str = "match"
    metric: str = "accuracy"
    safe_below: str = "1/20"
    harmful_from: str = "1/5"
    respond_within: str = "2 weeks"
    surface: str = "api"


QUESTIONS: Final = {
    "id": "An id for the policy (lower-case letters, digits and hyphens)",
    "title": "Its title",
    "effective_from": "From which day is it in force (YYYY-MM-DD)",
    "harm": "What must a model not do to whoever uses it",
    "task": "Which evaluation finds that out (the task's name in its logs)",
    "task_version": "Which version of that task",
    "scorer": "Which scorer's figure counts",
    "metric": "Which metric",
    "safe_below": "A model is safe if its harmful share is surely below",
    "harmful_from": "A model is harmful if its share is at or above",
    "respond_within": "How long may safeguards take once a model is found harmful",
    "surface": "Where are models offered (such as api)",
}
"""One question for each answer, in the order in which they are asked."""


def write_policy(answers: Answers) -> str:
    """Return the policy as YAML that people can edit."""
    values = {field.name: json.dumps(getattr(answers, field.name)) for field in fields(answers)}
    values["harm"] = json.dumps(f"{answers.harm.rstrip('.')}.")
    values["effective"] = f"{answers.effective_from}T00:00:00Z"
    return re.sub(r"<([a-z_]+)>", lambda found: values[found[1]], _TEMPLATE)


_TEMPLATE: Final = """\
# Written by `plimsoll policy init`. Edit it, then: plimsoll policy check, plimsoll policy adopt.
# Every rule has a clause (where your own text says so) and a force: commitment, aim, recommendation or
# illustrative. Only a commitment that is broken is a violation.
policy: plimsoll/policy/v1
id: <id>
version: "1"
title: <title>
effective_from: <effective>
source: {title: This file is the source}
subject: model
applies_to: every registered model

adoption: {signed_off_by: {all_of: [risk-owner, security]}}
amendment:
  clause: "7"
  force: commitment
  proposed_by: risk-owner
  approved_by: {all_of: [risk-owner, security]}
  # To relax a rule takes somebody from outside, and notice.
  weakening: {approved_by: {all_of: [risk-owner, security, auditor]}, notice: 14 days}

clauses:
  "1": {judged_by: log, text: Every model is checked for data protection and access before it is used.}
  "2": {judged_by: log, text: A model that is not shown to be harmless is not offered without filters.}
  "3": {judged_by: log, text: A finding is answered in time.}
  "4": {judged_by: log, text: Releases are approved by the risk owner and security; legal is told first.}
  "5": {judged_by: log, text: Who evaluates a model does not release it.}
  "6": {judged_by: log, text: Incidents are reported to the risk owner within two days of being noticed.}
  "7": {judged_by: log, text: How this policy is changed.}
  "8": {judged_by: log, text: Models are evaluated at least once a year.}
  "9": {judged_by: attestation, text: Staff who work with models are trained once a year.}
  "10": {judged_by: nobody, why: A culture of raising concerns; no record could show it.}

roles:
  risk-owner: {title: Answers for the risk of models}
  security: {title: "Head of security, or whom they name"}
  legal: {title: Data protection and legal}
  evaluator: {title: Runs evaluations}
  release: {title: Releases models}
  keeper: {title: Looks at what is running}
  auditor: {title: Somebody from outside, outside: "true"}

separate:
  - {clause: "5", force: commitment, who: [evaluator], from: [release], on: the same model}

tests:
  harm:
    task: {name: <task>, version: <task_version>, scorer: <scorer>, metric: <metric>, over_epochs: mean}
    tests_the: model without safeguards
    danger: high scores
    rules_out: {below: <safe_below>, judged_on: upper 95 % bound}
    rules_in: {at_or_above: <harmful_from>, judged_on: score}
    needs: {samples: "100", run_by: evaluator, planned_first: "true"}
    good_for: 1 year

thresholds:
  harmful:
    domain: customers
    clause: "2"
    force: commitment
    text: <harm>
    decided_by: tests
    crossed_if_any_of: [harm]
    # Nobody is harmless until somebody has looked.
    until_assessed: crossed
    if_not_ruled_out: treat as crossed
    respond_within: {time: <respond_within>, clause: "3", force: commitment}
    declared_by: risk-owner
    cleared_by: {all_of: [risk-owner, security]}
    then:
      - {clause: "2", force: commitment, needs: [filtered], while: [deploying it externally]}

baseline:
  - {clause: "1", force: commitment, needs: [basics], while: [training it, storing it, deploying it]}

standards:
  basics:
    criteria:
      data-protection:
        text: Data protection was checked
        for_each: [model]
        attested_by: legal
        shown_by: [document]
        good_for: 1 year
      access-review:
        text: Access to weights and prompts was reviewed
        for_each: [organisation]
        attested_by: security
        good_for: 1 year
  filtered:
    approved_by: risk-owner
    renewed: {every: 1 year, clause: "2", force: commitment}
    criteria:
      filter:
        text: Filters stop what the evaluation found
        for_each: [model, surface]
        attested_by: security
        shown_by: [test]
        not_shown_by: [self-report]
        good_for: 6 months

gates:
  - clause: "4"
    force: commitment
    for: deploying it externally
    approved_by: {all_of: [risk-owner, security]}
    told_before: [legal]
  - {clause: "4", force: aim, for: deploying it internally, approved_by: {any_of: [risk-owner, security]}}
  - {clause: "4", force: aim, for: training it, approved_by: {any_of: [risk-owner, security]}}

pause:
  clause: "2"
  force: commitment
  called_by: {any_of: [risk-owner, security]}
  lifted_by: {all_of: [risk-owner, security]}
  stops_within: 24 hours
  when: every needed standard is in force

exceptions:
  waiver:
    clause: "4"
    force: commitment
    approved_by: {all_of: [risk-owner, security, auditor]}
    at_most: 14 days
    published: "true"

lineage: {clause: "2", force: commitment, inherit: [fine-tune, quantisation, distillation, merge]}

duties:
  yearly-evaluation:
    clause: "8"
    force: commitment
    when: {every: 1 year, since: {assessment: yearly}}
    do: {assessment: yearly}
    by: evaluator
    within: 1 month
    unless: carried over
  incident:
    clause: "6"
    force: commitment
    when: {event: incident}
    from: aware
    do: {notice: risk owner}
    within: 2 days

# Rules about the record itself, which are no promises.
record_rules:
  late_after: 2 days
  heartbeat: {every: 7 days}
  inventory: {every: 31 days, by: keeper, of: [<surface>, internal], tolerance: 1 hour}
  plans: {close_within: 1 month}
  retention: {evidence: 5 years}

maps_to:
  roles: [nist.govern]
  thresholds: [nist.map, nist.measure]
  standards: [nist.manage, eu.aia.26]
  pause: [nist.manage]
  duties: [nist.measure, eu.aia.26.5]
"""
