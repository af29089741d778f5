"""What relaxed policies would have forbidden, rule by rule, by SPEC 9.32 (V19), evaluated at every instant.

A version of the policy here is a set of rules, each of which it has or has not. One model is trained and
deployed, measured and determined; incidents happen, and somebody looks at what runs. All is recorded when it
happens. What `weakening` has of V01 and V14, and of rules that are rewritten, is not said again.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.reference.brief import Brief

DAY = 86_400_000
RULES = (
    "forbid", "guard", "safe", "top", "rule-out", "respond", "decide", "told", "notice", "card", "beat",
    "look",
)  # fmt: skip
"""No training; guards, and safes, for training; what halts training while deploying; what is ruled out before
deploying; answers within a time; decisions within a time; a role that is told; a notice of incidents; a card
before deploying; heartbeats; inventories."""
PART = {
    "forbid": ("V37", "baseline"), "guard": ("V02", "baseline"), "safe": ("V02", "baseline"),
    "top": ("V03", "standards.top"), "rule-out": ("V07", "baseline"), "respond": ("V05", "x"),
    "decide": ("V08", "x"), "told": ("V16", "gates"), "notice": ("V25", "duties.notice"),
    "card": ("V24", "duties.card"), "beat": ("V34", "heartbeat"), "look": ("V33", "inventory"),
}  # fmt: skip
"""The code of what breaks a rule, and in which part of the policy it stands."""
RESPOND, DECIDE, NOTICE, BEAT, DEFAULT = 3 * DAY, 5 * DAY, 3 * DAY, 4 * DAY, 30 * DAY


@dataclass(frozen=True)
class Version:
    """A version of the policy.

    Attributes:
        effective: from when it is to be in force at the earliest.
        rules: those that it has.
        forbidden_within: for how long before a need it may not be relaxed; 0 for not a word of it.
        is_bound: whether that is a commitment or an aim.
    """

    effective: int
    rules: frozenset[str]
    forbidden_within: int
    is_bound: bool = True


@dataclass(frozen=True, repr=False)
class Step(Brief):
    """Something recorded. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: amend: a version, complete at once. train, stop; start, end. attested, lapsed: `guard` or
            `safe`. result: of a model past the threshold. crossed: it is determined to be. told: the role is
            told of what is deployed next. incident; notice: of one. card, beat. look: an inventory that shows
            what nobody recorded, or nothing.
        name: of a version its place among the versions; of what is begun or happened.
        of: what ends, or the incident.
        standard: of what is attested or lapses.
        is_seen: whether an inventory shows anything.
    """

    what: str
    time: int
    name: int = -1
    of: int = -1
    standard: str = ""
    is_seen: bool = False


History = Sequence[Step]


@dataclass(frozen=True)
class Held:
    """A history, and the versions in force: with none that was completed after one of them, or with all."""

    history: History
    versions: Sequence[Version]
    upto: int

    def at(self, t: int) -> int:
        """SPEC 7.5: the version in force at an instant."""
        done = [one for one in self.history if one.what == "amend" and one.name <= self.upto]
        return max([0, *(one.name for one in done if max(one.time, self.versions[one.name].effective) <= t)])

    def has(self, rule: str, t: int) -> bool:
        """Whether the version in force at an instant has a rule."""
        return rule in self.versions[self.at(t)].rules

    def since(self, rule: str, t: int) -> int:
        """SPEC 9.19: since when versions have had a rule that is there at t, each following upon another."""
        start = t
        while start >= 0 and self.has(rule, start - 1):
            start = max(
                [
                    -1,
                    *(
                        at
                        for one in self.history
                        if one.what == "amend"
                        for at in [max(one.time, self.versions[one.name].effective)]
                        if at < start
                    ),
                ]
            )
        return start


def of_kind(history: History, what: str, t: int) -> list[Step]:
    """What is there by an instant of a kind."""
    return [one for one in history if one.what == what and one.time <= t]


def going_on(history: History, what: str, t: int) -> list[Step]:
    """SPEC 9.7: what has begun and not ended."""
    over = {one.of for kind in ("end", "stop") for one in of_kind(history, kind, t)}
    # What ends in the millisecond in which it began goes on in that.
    return [one for one in of_kind(history, what, t) if one.name not in over or one.time == t]


def is_in_force(history: History, standard: str, t: int) -> bool:
    """SPEC 9.9, of a standard with one criterion for the organisation."""
    about = [one for one in history if one.standard == standard and one.time <= t]
    lapses = [one.time for one in about if one.what == "lapsed"]
    return any(one.what == "attested" and not any(at >= one.time for at in lapses) for one in about)


def is_told(history: History, start: Step, t: int) -> bool:
    """SPEC 9.23: whether the role was told of a start before it, or since."""
    told = [one for one in history if (one.what, one.of) == ("told", start.name)]
    before = history[: history.index(start)]
    return any(one in before or one.time <= t > start.time for one in told)


def broken(held: Held, t: int) -> set[tuple[str, str]]:
    """SPEC 9.10, 9.19, 9.20, 9.23: the rules that are broken at an instant, and by what if it matters."""
    history = held.history
    trained, deployed = going_on(history, "train", t), going_on(history, "start", t)
    results, crossed = of_kind(history, "result", t), of_kind(history, "crossed", t)
    found: set[tuple[str, str]] = set()

    def add(rule: str, is_broken: object, by: object = "") -> None:
        if is_broken and held.has(rule, t):
            found.add((rule, str(by)))

    add("forbid", trained)
    for standard in ("guard", "safe"):
        add(standard, trained and not is_in_force(history, standard, t))
    add("top", trained)
    add("rule-out", deployed)
    # Results speak from the first; whatever was determined answers all of them.
    answered = bool(crossed)
    add("respond", any(one.time + RESPOND <= t for one in results) and not answered)
    add("decide", any(one.time + DECIDE <= t for one in results) and not answered)
    for start in deployed:
        if held.has("told", start.time) and not is_told(history, start, t):
            found.add(("told", str(start.name)))
    for one in of_kind(history, "incident", t):
        is_noticed = any(other.of == one.name for other in of_kind(history, "notice", t))
        is_set = held.has("notice", t) and held.since("notice", t) <= one.time
        add("notice", is_set and one.time + NOTICE <= t and not is_noticed, one.name)
    add("card", deployed and not of_kind(history, "card", t))
    if held.has("beat", t):
        signs = [held.since("beat", t), *(one.time for one in of_kind(history, "beat", t))]
        add("beat", not any(at <= t < at + BEAT for at in signs))
    for one in of_kind(history, "look", t):
        later = [other for other in of_kind(history, "look", t) if other.time > one.time]
        add("look", one.is_seen and not later)
    return found


def orders(old: Version, new: Version) -> set[str]:
    """SPEC 7.7: how the members of a version compare with those of the one before."""
    found = {"weaker" for one in old.rules - new.rules if one != "respond"}
    found |= {"stronger" for one in new.rules - old.rules if one != "respond"}
    found |= {"incomparable" for _ in (old.rules ^ new.rules) & {"respond"}}
    if old.forbidden_within != new.forbidden_within:
        found.add("weaker" if new.forbidden_within < old.forbidden_within else "stronger")
    if old.is_bound != new.is_bound:
        found.add("weaker" if old.is_bound else "stronger")
    return found


def relaxed(history: History, versions: Sequence[Version], t: int) -> set[tuple[int, str, str, str]]:
    """SPEC 9.32: the version that was relaxed, what is broken by the one before it at t, and the level."""
    found: set[tuple[int, str, str, str]] = set()
    now = Held(history, versions, len(versions))
    like = {PART[rule] for rule, _ in broken(now, t)}
    for step in history:
        if step.what != "amend":
            continue
        since = max(step.time, versions[step.name].effective)
        before = now.at(since - 1)
        old, compared = versions[before], orders(versions[before], versions[step.name])
        if now.at(since) != step.name or step.name == before or not compared & {"weaker", "incomparable"}:
            continue
        if not since <= t < since + (old.forbidden_within or DEFAULT):
            continue
        for rule, by in broken(Held(history, versions, before), t):
            if PART[rule] in like:
                continue
            # A silence is never more than a doubt, and a doubt counts only where relaxing is forbidden.
            if rule == "beat" and not old.forbidden_within:
                continue
            is_sure = "weaker" in compared and rule != "beat"
            level = "violation" if is_sure else "indeterminate"
            found.add((step.name, rule, by, level if old.forbidden_within and old.is_bound else "finding"))
    return found
