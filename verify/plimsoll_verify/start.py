"""A start that nobody has recorded: what would it break, if it came next? The gate asks this."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Start:
    """Something that is judged as if it were recorded after the last entry.

    Attributes:
        model: the subject, `model:<32 hex>`.
        snapshot: the subject, `snapshot:<64 hex>`; None for training.
        activity: "deploy" or "train".
        scope: how far a deployment would reach; None for training.
        surface: where it would be reached; None for training.
        attributes: such as "tools".
        at_ms: when it would start.
        environment: where the weights would be; "" if that is not said.
        deployment: the name that the deployment would have; "" for none.
    """

    model: str
    snapshot: str | None
    activity: Literal["deploy", "train"]
    scope: str | None
    surface: str | None
    attributes: tuple[str, ...]
    at_ms: int
    environment: str = ""
    deployment: str = ""
