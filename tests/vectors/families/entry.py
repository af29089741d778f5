"""The family `entry`, from its two halves."""

from tests.vectors.families.base import Family, octets, unique
from tests.vectors.families.entries import CONTEXT, entry_vectors
from tests.vectors.families.entry_bodies import body_vectors


def families() -> list[Family]:
    """List this module's families: SPEC 1.8, 3, 4, 5, 6.2, 6.4."""
    shared = {
        "trust": CONTEXT.trust(),
        "entries": [octets(entry) for entry in CONTEXT.entries],
        "bodies": [octets(body) if body else None for body in CONTEXT.bodies],
    }
    about = (
        "A seventh entry after six good ones, which stand in `context`. `V36`: the verdict has that finding "
        "at index 6. `ok`: it has none there. `withheld`, `not-understood`: an indeterminate finding."
    )
    return [Family("entry", about, unique([*entry_vectors(), *body_vectors()]), {"context": shared})]
