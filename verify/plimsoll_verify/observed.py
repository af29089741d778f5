"""What is observed of models: results, forms of deployments, and where weights were seen to be.

Source: SPEC 8.
"""

from msgspec import Struct


class ScoreFact(Struct, frozen=True, array_like=True, gc=False):
    """One figure of a result; `figure` is (k, n), or a text, or None."""

    scorer: str
    reducer: str
    metric: str
    figure: tuple[int, int] | str | None


class ResultContent(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """What an evaluation came to."""

    succeeded: bool
    task: str
    version: str
    variant: str
    epochs: int
    samples: int
    sample_epochs: int
    is_limited: bool
    is_flagged: bool
    plan: int
    started_ms: int
    scores: tuple[ScoreFact, ...]
    surface: str = ""


class FormContent(Struct, frozen=True, array_like=True, tag=True, gc=False):
    """A form of deployment; of training only the environment.

    Attributes:
        environment: where the weights are, or "".
        deployment: the name that a start gives the deployment, or ""; a form is what it is by any name.
    """

    scope: str
    surface: str
    attributes: frozenset[str]
    environment: str = ""
    deployment: str = ""

    def within(self, other: "FormContent") -> bool:
        """Say whether this form reaches nobody and nothing that the other does not reach.

        Source: SPEC 9.7.
        """
        return (
            (self.surface, self.environment) == (other.surface, other.environment)
            and self.attributes <= other.attributes
            and (self.scope == other.scope or other.scope in _WIDER.get(self.scope, ()))
        )


_WIDER = {
    "external.trusted": ("external.limited", "external.general"),
    "external.limited": ("external.general",),
    "internal.limited": ("internal.large-scale",),
}


class PlanFact(Struct, frozen=True, array_like=True, gc=False):
    """An evaluation that was announced; task and version are None where they are not known."""

    time_ms: int
    task: str | None
    version: str | None
    surface: str = ""


class Observation(Struct, frozen=True, array_like=True, gc=False):
    """Something that happened to one model.

    Attributes:
        is_reliable: whether its author may say so; what is not reliable relieves nothing (SPEC 9.13).
        of: the entry it refers to, or -1.
        snapshot: the snapshot that it is about, or "".
        content: what it says, None where that is not known or the kind has nothing to say.
        is_known: False where the body is withheld or not understood.
    """

    index: int
    time_ms: int
    event_ms: int
    kind: str
    snapshot: str
    role: str
    is_reliable: bool
    is_known: bool
    of: int = -1
    content: ResultContent | FormContent | None = None

    @property
    def adverse_ms(self) -> int:
        """From when it acts where it is adverse: its event, and never later than its entry (SPEC 8.1)."""
        return min(self.time_ms, self.event_ms)  # Asked of very often.


class Mention(Struct, frozen=True, order=True, array_like=True, gc=False):
    """An entry that says that a snapshot's weights are there.

    Attributes:
        when_ms: from when it says so.
        began_ms: since when they have been there at the least; a result says that they were before it.
        entry: its index.
    """

    when_ms: int
    began_ms: int
    entry: int
