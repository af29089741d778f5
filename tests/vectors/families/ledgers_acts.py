"""Ledgers about acts of several people: permits and gates, sign-offs that count or do not, pauses.

SPEC 6.6, 6.7, V14, V17 and V35.
"""

from typing import Any

from tests.vectors.families import governance
from tests.vectors.families.base import Family, Vector, unique
from tests.vectors.families.document import POLICY, RULE, Tree
from tests.vectors.families.story import Story, day, finding, lab, ledger, shared

GATE: Tree = {**RULE, "for": "deploying it externally", "approved_by": {"all_of": ["rso", "ceo"]}}
FORM: Tree = {"activity": "deploy", "scope": "external.general", "surface": "api", "expires": day(30)}


def gated(**parts: Any) -> Story:
    """Begin a story whose policy has a gate."""
    return lab(gates=[GATE], **parts).on(2)


def permit(story: Story, actor: str = "rel", model: str = "m", snapshot: str = "m-1", **changes: Any) -> int:
    """Record a permit that nobody has approved yet."""
    subjects = [story.model(model), story.snapshot(snapshot)]
    if changes.get("activity") == "train":
        subjects.pop()
    body = {name: value for name, value in {**FORM, **changes}.items() if value is not None}
    return story.say(actor, "permit", subjects, body)


def _start(story: Story, index: int | None, **more: Any) -> None:
    if index is not None:
        more["permit"] = story.ref(index)
    story.deploy(**more)


V14 = finding("V14", begin=day(4))


def _case(name: str, spec: str, story: Story, *findings: Any, t: float = 10) -> Vector:
    story.heartbeat(t)
    return ledger(name, spec, "violations" if findings else "compliant", story, *findings)


def _gates() -> list[Vector]:
    """Whether a start has a permit in effect."""
    found = []

    def case(
        name: str, holds: bool, story: Story, index: int | None, spec: str = "9.10", **more: Any
    ) -> None:
        story.on(4)
        _start(story, index, **more)
        broken = {**V14, "begin": more.get("event_time", V14["begin"])}
        found.append(_case(name, spec, story, *([] if holds else [broken])))

    def approved(**changes: Any) -> tuple[Story, int]:
        story = gated()
        index = permit(story, **changes)
        story.on(3).approve(index, "rso-1", "ceo-1")
        return story, index

    case("permitted", True, *approved())
    case("not-permitted", False, gated(), None)
    case("permitted-and-not-approved", False, story := gated(), permit(story))
    case("permitted-with-more-attributes", True, *approved(attributes=["tools"]))
    case("permitted-without-an-attribute", False, *approved(), attributes=["tools"])
    case("permitted-for-another-scope", False, *approved(scope="external.limited"))
    case("permitted-for-another-surface", False, *approved(surface="web"))
    case("permitted-for-another-snapshot", False, *approved(snapshot="m-2"))
    case("permitted-for-another-activity", False, *approved(activity="train"))
    case("permit-expired", False, *approved(expires=day(3.5)))
    case("permit-approved-by-its-author-and-another", False, *_by_author(), spec="6.7")
    case("started-before-the-approval-by-event", False, *approved(), event_time=day(2.5))
    internal = gated()
    internal.on(4).deploy(scope="internal.limited")
    found.append(_case("no-gate-for-it", "7.3", internal))
    after = gated()
    index = permit(after)
    after.on(3).approve(index, "rso-1")
    after.on(4)
    _start(after, index)
    after.on(5).approve(index, "ceo-1")
    found.append(_case("permit-approved-after-the-start", "9.10 8.2", after, V14))
    return found


def _by_author() -> tuple[Story, int]:
    story = gated()
    index = permit(story, "rso-1")
    story.on(3).approve(index, "ceo-1")
    return story, index


def _sign_offs() -> list[Vector]:
    """Whether sign-offs count; those that do complete the quorum of a permit."""
    found = []

    def case(name: str, holds: bool, spec: str, story: Story, index: int) -> None:
        story.on(4)
        _start(story, index)
        found.append(_case(name, spec, story, *([] if holds else [V14])))

    def begun(**parts: Any) -> tuple[Story, int]:
        story = gated(**parts)
        return story, permit(story)

    story, index = begun()
    story.grant("rso-1", "ceo")
    story.approve(index, "rso-1")
    story.sign_off(index, "rso-1", "ceo")
    case("one-person-in-two-roles", False, "6.7", story, index)
    story, index = begun()
    story.approve(index, "rso-1")
    story.sign_off(index, "ceo-1", "ceo", "told")
    case("told-is-no-approval", False, "6.6", story, index)
    story, index = begun()
    story.approve(index, "rso-1", seen=story.checkpoint(index))
    story.approve(index, "ceo-1")
    case("signed-off-without-the-act-in-view", False, "6.6", story, index)
    story, index = begun()
    story.approve(index, "rso-1", seen=story.checkpoint(index + 1))
    story.approve(index, "ceo-1")
    case("signed-off-with-the-act-in-view", True, "6.6", story, index)
    story, index = begun()
    story.approve(index, "rso-1")
    story.approve(index, "rso-1", decision="dissent")
    story.approve(index, "ceo-1")
    case("approval-withdrawn", False, "6.6", story, index)
    story, index = begun()
    story.approve(index, "rso-1")
    story.approve(index, "rso-1", decision="recuse")
    story.approve(index, "ceo-1")
    case("approval-withdrawn-by-recusal", False, "6.6", story, index)
    story, index = begun()
    story.approve(index, "rso-1", "ceo-1")
    story.approve(index, "rso-1", decision="dissent")
    case("dissent-after-completion", True, "6.6", story, index)
    story, index = begun()
    story.approve(index, "rso-1")
    story.grant("eva", "rso")
    story.statement(
        "role-ended", ["person:rso-1", "role:rso"], {"person": "rso-1", "role": "rso"}, "root-1", "root"
    )
    story.approve(index, "ceo-1")
    case("signed-off-in-a-role-that-ended-later", True, "6.4 6.6", story, index)
    return [*found, _of_another(), *_voided()]


def _of_another() -> Vector:
    story = gated()
    index = permit(story)
    story.approve(index, "rso-1")
    wrong = story.approve(index, "ceo-1", subject=[story.subject(story.model("n"))])
    story.on(4)
    _start(story, index)
    refused = finding("V36", entry=wrong)
    return _case("signed-off-about-something-else", "5.1 6.6", story, refused, V14)


def _voided() -> list[Vector]:
    """What comes between a sign-off and the effect, and voids it or does not."""
    found = []

    def case(name: str, holds: bool, entry: Any, **parts: Any) -> None:
        story = gated(**parts)
        index = permit(story)
        story.on(2.5).approve(index, "rso-1")
        entry(story.on(3))
        story.on(3.5).approve(index, "ceo-1")
        story.on(4)
        _start(story, index)
        found.append(_case(name, "6.6", story, *([] if holds else [V14])))

    def renewed(story: Story) -> None:
        story.lapse(about=story.model("m"))
        story.approve(story.size - 3, "rso-1")  # The permit stands before a sign-off and the lapse.

    case("voided-by-a-lapse", False, lambda story: story.lapse(about=story.model("m")))
    case("voided-by-a-lapse-of-the-organisation", False, lambda story: story.lapse())
    case("voided-by-a-lapse-of-another-model", True, lambda story: story.lapse(about=story.model("n")))
    case("voided-and-signed-off-again", True, renewed)
    case("voided-by-a-heartbeat", True, lambda story: story.heartbeat(3))
    case("voided-by-a-registration", True, lambda story: story.register("n"))
    case(
        "voided-by-a-crossing",
        False,
        lambda story: story.determine("crossed", "rso-1", "ceo-1"),
        **_threshold(),
    )
    case(
        "voided-by-a-ruling-out",
        True,
        lambda story: story.determine("ruled_out", "rso-1", "ceo-1"),
        **_threshold(),
    )
    return found


def _threshold() -> Tree:
    cbrn = {**POLICY["thresholds"]["cbrn"], "then": [], "decided_by": "people"}
    del cbrn["crossed_if_any_of"]
    return {"tests": POLICY["tests"], "thresholds": {"cbrn": cbrn}}


def _pauses() -> list[Vector]:
    """V17 and V35."""
    found = []
    v17, v35 = finding("V17", begin=day(4)), finding("V35", begin=day(6), end=None)

    def paused(
        actor: str = "rso-1", *, about: str = "m", kind: str = "pause", **body: Any
    ) -> tuple[Story, int]:
        story = lab().on(3)
        subject = story.model(about) if about else story.org()
        return story, story.say(actor, kind, [subject], {"activities": ["deploy"], **body})

    def case(name: str, holds: bool, story: Story, spec: str = "9.10") -> None:
        story.on(4).deploy()
        found.append(_case(name, spec, story, *([] if holds else [v17]), t=5))

    case("started-during-a-pause", False, paused()[0])
    case("started-during-a-restriction", False, paused(kind="restriction")[0])
    case("started-during-a-pause-of-the-organisation", False, paused(about="")[0])
    case("started-during-a-pause-of-its-scope", False, paused(scopes=["external.general"])[0])
    case("started-during-a-pause-of-another-scope", True, paused(scopes=["internal.limited"])[0])
    case("started-during-a-pause-of-training", True, paused(activities=["train"])[0])
    case("started-during-a-pause-of-another-model", True, paused(about="n")[0])
    case("started-after-a-pause-with-an-end", True, paused(until=day(3.5))[0])
    case("started-during-a-pause-called-by-nobody-who-may", True, paused("kim")[0])

    def resumed(*people: str) -> Story:
        story, index = paused()
        lifted = story.say(people[0], "resumed", [story.model("m")], {"of": story.ref(index)})
        story.approve(lifted, *people[1:])
        return story

    case("resumed-by-two", True, resumed("rso-1", "ceo-1"), "6.7 9.10")
    case("resumed-by-one-of-two", False, resumed("ceo-1"), "6.7 9.10")

    def running(ended: float | None) -> Story:
        story = lab().on(2)
        start = story.deploy()
        story.on(3).say("rso-1", "pause", [story.model("m")], {"activities": ["deploy"]})
        if ended is not None:
            story.on(ended).end(start)
        return story

    found.append(_case("going-on-past-a-pause", "9.10", running(None), v35))
    found.append(_case("stopped-in-time-for-a-pause", "9.10", running(5)))
    found.append(_case("stopped-late-for-a-pause", "9.10", running(8), {**v35, "end": day(8)}))
    return found


def families() -> list[Family]:
    """List this module's families."""
    about = "Ledgers: permits and gates, sign-offs that count or do not, pauses."
    return [
        Family(
            "ledgers-acts",
            about,
            unique([*_gates(), *_sign_offs(), *_pauses(), *governance.vectors()]),
            shared(),
        )
    ]
