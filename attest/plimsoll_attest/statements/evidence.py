"""Kinds of evidence: evaluations, determinations, safeguards, reports. Bodies are detached and salted."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType, field

from plimsoll_attest.statements.kinds import (
    Body,
    Count,
    Digest,
    Id,
    Kind,
    ModelName,
    Name,
    Ref,
    Text,
    Time,
)

Method = Literal["interpretability", "red-team", "audit", "threat-model", "test", "document", "self-report"]
Reasons = Annotated[Text | UnsetType, "why"]


class PlannedTask(Body):
    """A task by its name and version; versions are text, because tools write 3, "3" and 1.0."""

    name: Name
    version: Text


class EvalPlanned(Body):
    """An evaluation is announced before it is run."""

    task: Annotated[PlannedTask, "task.name and task.version"]
    variant: Annotated[Text | UnsetType, "which variant of the model, such as helpful-only"] = UNSET
    epochs: Annotated[Count | UnsetType, "how often each sample will be run"] = UNSET
    samples: Annotated[Count | UnsetType, "how many samples"] = UNSET
    surface: Annotated[Id | UnsetType, "on which surface, of a test of the system as deployed"] = UNSET


class Tool(Body):
    """The program that ran the evaluation."""

    name: Name
    version: Text


class RunTask(Body):
    """The task that was run."""

    name: Name
    version: Text
    registry_name: Text | UnsetType = UNSET


class Scored(Body):
    """How much was scored."""

    samples: Count
    sample_epochs: Count


class Reported(Body):
    """What the log says it was run on: a claim."""

    model: Text
    snapshot: Text
    metadata: dict[str, Text]


class Proportion(Body):
    """k of n."""

    k: Count
    n: Annotated[int, Meta(ge=1, le=2**53 - 1)]


class Score(Body):
    """One figure, as the tool wrote it and as recomputed."""

    scorer: Text
    reducer: Text
    metric: Text
    value: Text | None
    count: Proportion | UnsetType = UNSET
    fraction: Annotated[str, Meta(pattern=r"\A-?[0-9]{1,1000}/[1-9][0-9]{0,999}\Z")] | UnsetType = UNSET


class File(Body):
    """A file by digest."""

    name: Name
    sha256: Digest
    size: Count


class EvalResult(Body):
    """A run of an evaluation, finished or not. `plimsoll import` writes these."""

    plan: Annotated[Ref | None, "the eval-planned that it fulfils, or null"]
    status: Annotated[Literal["success", "error", "cancelled"], "how it ended"]
    tool: Annotated[Tool, "what ran it"]
    task: Annotated[RunTask, "what was run"]
    run: Annotated[dict[str, Text], "the tool's own identifiers"]
    started: Annotated[Time, "when"]
    completed: Annotated[Time, "until when"]
    variant: Annotated[Text, "which variant of the model"]
    epochs: Annotated[Count, "runs of each sample"]
    samples: Annotated[Count, "samples in the data set"]
    scored: Annotated[Scored, "how much was scored"]
    limit: Annotated[Text | None, "what limited the run, or null"]
    reported: Annotated[Reported, "what the log says of the model"]
    scores: Annotated[list[Score], "figures"]
    evidence: Annotated[list[File], "the log's files"]
    flags: Annotated[list[Text], "what a reader should know"]
    error: Annotated[Text | UnsetType, "why it failed"] = UNSET
    surface: Annotated[Id | UnsetType, "on which surface, of a test of the system as deployed"] = UNSET


class Determination(Body):
    """People say that a threshold is crossed, or ruled out."""

    threshold: Annotated[Id, "which threshold"]
    outcome: Annotated[Literal["crossed", "ruled_out"], "what they find"]
    reasons: Annotated[Text, "why, in writing"]
    basis: Annotated[list[Ref], "the entries that it rests on"] = field(default_factory=list)


class CarriedOver(Body):
    """A model is not notably more capable than another one, whose states it has until it is assessed."""

    from_: Annotated[ModelName, "the model that it is like, which was assessed"] = field(name="from")
    reasons: Annotated[Text, "why, in writing"]
    threshold: Annotated[Id | UnsetType, "of which threshold; absent for every one"] = UNSET


class BoundTo(Body):
    """The case that a safeguard holds for."""

    surface: Id | UnsetType = UNSET
    threshold: Id | UnsetType = UNSET
    environment: Id | UnsetType = UNSET
    deployment: Id | UnsetType = UNSET


class SafeguardAttested(Body):
    """A criterion of a standard is met."""

    standard: Annotated[Id, "which standard"]
    criterion: Annotated[Id, "which criterion"]
    shown_by: Annotated[list[Method], "how it was shown"]
    bound_to: Annotated[BoundTo, "surface, threshold, environment, deployment; absent for none"] = field(
        default_factory=BoundTo
    )
    evidence: Annotated[list[File], "files that show it"] = field(default_factory=list)
    reasons: Reasons = UNSET
    valid_until: Annotated[Time | UnsetType, "when it ends by itself"] = UNSET


class SafeguardLapsed(Body):
    """A criterion of a standard is met no longer."""

    standard: Annotated[Id, "which standard"]
    criterion: Annotated[Id, "which criterion"]
    bound_to: Annotated[BoundTo, "surface, threshold, environment, deployment; absent for none"] = field(
        default_factory=BoundTo
    )
    reasons: Reasons = UNSET


class Report(Body):
    """A report that cites what it rests on; approvals of a standard are sign-offs of one."""

    type: Annotated[
        Literal["capability", "safeguards", "risk", "model", "safety-case", "risk-register"], "what of"
    ]
    cites: Annotated[list[Ref], "entries that it rests on"] = field(default_factory=list)
    coverage_date: Annotated[Time | UnsetType, "the time it speaks of"] = UNSET
    document: Annotated[File | UnsetType, "the document"] = UNSET
    reasons: Reasons = UNSET
    standard: Annotated[Id | UnsetType, "the standard, in a report on safeguards"] = UNSET


_MODEL = ("model",)
_ORG = ("org",)

KINDS = (
    Kind(
        "eval-planned",
        EvalPlanned,
        (_MODEL,),
        "An evaluation is announced before it is run",
        example="task.name=virology_long_form --set task.version=3",
    ),
    Kind(
        "eval-result", EvalResult, (("model", "snapshot"),), "A run of an evaluation; see `plimsoll import`"
    ),
    Kind(
        "determination",
        Determination,
        (_MODEL,),
        "A threshold is crossed, or ruled out",
        example="threshold=cbrn-3 --set outcome=crossed --set basis=[#12]",
    ),
    Kind(
        "carried-over",
        CarriedOver,
        (_MODEL,),
        "A model is not notably more capable than another one",
        example="from=model:0123456789abcdef0123456789abcdef --set 'reasons=the same weights, quantised'",
    ),
    Kind(
        "safeguard-attested",
        SafeguardAttested,
        (_ORG, _MODEL),
        "A criterion of a standard is met",
        example="standard=asl-3-security --set criterion=audit --set shown_by=[audit]",
    ),
    Kind(
        "safeguard-lapsed",
        SafeguardLapsed,
        (_ORG, _MODEL),
        "A criterion is met no longer",
        example="standard=asl-3-security --set criterion=audit",
    ),
    Kind(
        "report",
        Report,
        (_ORG, ("model+",)),
        "A report that cites what it rests on",
        example="type=safeguards --set standard=asl-3-security --set cites=[#12,#13]",
    ),
)
