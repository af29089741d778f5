"""What a breach is told as: one plain paragraph for each, in whole sentences.

Names that come from the ledger are foreign text; whoever shows a message escapes it.
"""

from plimsoll_verify.activities import Form
from plimsoll_verify.breach import Breach
from plimsoll_verify.standards import Cause

_WERE = {"deploy": "was deployed", "train": "was trained", "store": "had its weights stored"}


def tell(breach: Breach, forms: list[Form], name: str, state: str, causes: list[Cause]) -> str:
    """Return the message of a breach.

    Args:
        breach: what was broken.
        forms: the activities that went on at the beginning.
        name: what people call the model.
        state: the state of the threshold whose rule it is, or "".
        causes: why a standard is not in force.
    """
    key = breach.key
    clause = f"clause {breach.promise.clause}"
    about = _tell_about_decisions(key.code, key.owner, key.where, name, clause)
    if about:
        return about
    doing = f"{name} {_what_went_on(forms)}"
    if key.code == "V14":
        return f"{doing} without the approval that {clause} asks for: {breach.words}."
    if key.code in ("V17", "V35"):
        done = "that was reversed" if breach.rule == "reversal" else "it was paused"
        return f"{doing} although {done} under {clause}: {breach.words}."
    why = f", because {key.owner} {_state(state)}" if key.owner else ""
    causes_told = "; ".join(cause.words for cause in causes)
    if key.code == "V07":
        also = f": {causes_told}" if causes else ""
        return f"{doing} while {key.what} was not ruled out, which {clause} asks for{why}{also}."
    if breach.words == "halts":
        whose = f" of {breach.case.model}, which it descends from," if "model:" in key.where else ""
        return (
            f"{doing} although {key.what} was needed{whose} and not in force, so that {clause} halts it{why}:"
            f" {causes_told}."
        )
    if breach.whose:
        why = f", because {key.owner} {_state(state)} for {breach.whose}, which has no more compute"
    if key.code == "V37" and not key.what:
        return f"{doing}, which {clause} forbids{why}."
    if key.what.startswith("define "):
        return f"{doing} while {breach.standard} was not defined, which {clause} asks for{why}."
    if key.code == "V37":
        return f"{doing}, which {clause} forbids until {key.what} is in force{why}: {causes_told}."
    return f"{doing} while {key.what} was not in force, which {clause} asks for{why}: {causes_told}."


def _tell_about_decisions(code: str, threshold: str, part: str, name: str, clause: str) -> str:
    """Return the message about a threshold that was not determined as it should have been, or ""."""
    if code == "V05" and part:
        return (
            f"{threshold} was not ruled out for {name}, and nobody determined it within the time that"
            f" {clause} gives."
        )
    if code == "V05":
        return (
            f"Results about {threshold} that speak against {name} were not answered by a determination within"
            f" the time that {clause} gives, while {threshold} stayed treated as crossed."
        )
    if code == "V06":
        return (
            f"{threshold} was ruled out for {name} without reasons, although results speak against it: that"
            f" has no effect, and {clause} asks for them."
        )
    if code == "V08":
        return (
            f"{name} was assessed for {threshold}, and nobody determined the outcome within the time that"
            f" {clause} gives."
        )
    return ""


def foretell(message: str) -> str:
    """Return the message of a breach that has not happened: of a start that somebody asks about."""
    told = message.replace(" was ", " would be ", 1)
    return told.replace(" would be not ", " would not be ", 1).replace(" was not ", " is not ", 1)


def foresee(message: str) -> str:
    """Return the message of a breach that has not happened: of what time alone will bring."""
    for now, then in (
        (" was not done by ", " is to be done by "),
        ("here was no ", "here will have been no "),
    ):
        if now in message:
            return message.replace(now, then, 1)
    return foretell(message)


def _what_went_on(forms: list[Form]) -> str:
    told = []
    for form in forms[:3]:
        where = ""
        if form.kind == "deploy":
            content = form.content
            where = f" ({content.scope or 'scope not known'}"
            where += f" on {content.surface}" if content.surface else ""
            where += f" in {content.environment}" if content.environment else ""
            where += f" as {form.deployment}" if form.deployment else ""
            where += "".join(f", {one}" for one in sorted(content.attributes)) + ")"
        elif form.content.environment:
            where = f" in {form.content.environment}"
        told.append(f"{_WERE[form.kind]}{where}")
    return " and ".join(dict.fromkeys(told)) + (" and more" if len(forms) > 3 else "")


def _state(state: str) -> str:
    return {
        "crossed": "is crossed",
        "indeterminate": "could not be ruled out any more, and is treated as crossed",
        "ruled_out": "was ruled out for other weights only, and is treated as crossed for these",
        "unassessed": "is not assessed, and is treated as crossed until it is",
    }[state]
