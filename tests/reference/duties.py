"""Duties by SPEC 9.19, evaluated afresh at every instant: slow, and meant to be obviously right.

One policy in one or two versions, with four duties: a summary that is published again and again, a notice of
each incident with news that follow until a last word, a report that comes so long before a deployment, and a
notice after a deployment began.
"""

from dataclasses import dataclass
from typing import Literal

What = Literal["summary", "notice", "news", "last", "card", "launch", "incident", "start", "end"]


@dataclass(frozen=True)
class Entry:
    """An entry. Its index is its place in the history, which is sorted by `time`.

    Attributes:
        what: summary, notice, news, last, card, launch: disclosures. incident. start, end: of a deployment.
        event: when it happened; of an incident when somebody became aware of it.
        time: when it was recorded.
        of: of a disclosure: the name of the incident that it names; of an end: that of the start.
        name: of an incident or a start.
    """

    what: What
    event: int
    time: int
    of: int = -1
    name: int = -1


@dataclass(frozen=True)
class Version:
    """What a version of the policy says, and since when it is in force; all in ms.

    Attributes:
        since: when it came into force.
        keeps: whether it lets what is under way go on by its own terms.
    """

    since: int
    summary_every: int
    summary_within: int
    notice_within: int
    news_every: int
    card_before: int
    launch_within: int
    late_after: int
    keeps: bool = False


History = list[Entry]
Versions = list[Version]


def in_force(versions: Versions, t: int) -> Version:
    """The version in force at an instant."""
    return [one for one in versions if one.since <= t][-1]


def adverse(entry: Entry) -> int:
    """SPEC 8.1."""
    return min(entry.event, entry.time)


def relieving(versions: Versions, entry: Entry) -> int:
    """SPEC 8.1, by the version in force at the entry."""
    late_after = in_force(versions, entry.time).late_after
    return adverse(entry) if entry.time - entry.event <= late_after else entry.time


def is_done(versions: Versions, entry: Entry, t: int) -> bool:
    """Whether something done counts at an instant."""
    return relieving(versions, entry) <= t


def due(versions: Versions, start: int, t: int, member: str) -> int:
    """The earliest end of a clock by any version that was in force from when it was set until t."""
    ends = []
    for version in reversed([one for one in versions if one.since <= t]):
        ends.append(start + int(getattr(version, member)))
        if version.since <= start or version.keeps:
            break
    return min(ends)


def summary_is_overdue(history: History, versions: Versions, t: int) -> bool:
    """Every so often, within so long: unless one was done that is younger than both together."""
    begin = versions[0].since
    done = [(relieving(versions, one), adverse(one)) for one in history if one.what == "summary"]

    def end(start: int) -> int:
        ends = []
        for version in reversed([one for one in versions if one.since <= t]):
            ends.append(start + version.summary_every + version.summary_within)
            if version.since <= start or version.keeps:
                break
        return min(ends)

    return not any(acts <= t < end(event) for acts, event in [(begin, begin), *done])


def notice_is_overdue(history: History, versions: Versions, incident: Entry, t: int) -> bool:
    """Within so long of when somebody became aware, unless a notice names the incident."""
    clock = adverse(incident)
    if t < due(versions, clock, t, "notice_within"):
        return False
    return not any(
        one.what == "notice" and one.of == incident.name and is_done(versions, one, t) for one in history
    )


def news_are_overdue(history: History, versions: Versions, incident: Entry, t: int) -> bool:
    """After the notice, or its deadline if that was earlier, again and again until a last word."""
    named = [one for one in history if one.of == incident.name]
    clock = adverse(incident)
    notices = [adverse(one) for one in named if one.what == "notice"]
    parent = min([due(versions, clock, t, "notice_within"), *notices])
    if t < parent or any(one.what == "last" and is_done(versions, one, t) for one in named):
        return False
    every = in_force(versions, t).news_every
    if t < parent + every:
        return False
    return not any(
        one.what == "news" and is_done(versions, one, t) and t < adverse(one) + every for one in named
    )


def is_on(history: History, versions: Versions, start: Entry, t: int) -> bool:
    """SPEC 8.2, 9.7: whether a deployment goes on."""
    ended = any(
        one.what == "end" and one.of == start.name and max(relieving(versions, one), adverse(start)) <= t
        for one in history
    )
    return t == adverse(start) or (adverse(start) < t and not ended)


def card_is_missing(history: History, versions: Versions, t: int) -> bool:
    """A deployment goes on, and no card was published so long before."""
    if not any(one.what == "start" and is_on(history, versions, one, t) for one in history):
        return False
    lead = in_force(versions, t).card_before
    return not any(
        one.what == "card" and is_done(versions, one, t) and adverse(one) + lead <= t for one in history
    )


def launch_is_overdue(history: History, versions: Versions, start: Entry, t: int) -> bool:
    """Within so long of a start, unless something was published since."""
    began = adverse(start)
    if t < due(versions, began, t, "launch_within"):
        return False
    return not any(
        one.what == "launch" and adverse(one) >= began and is_done(versions, one, t) for one in history
    )


def broken(history: History, versions: Versions, t: int) -> set[tuple[str, int]]:
    """Which duties are overdue at an instant, and for which incident or start."""
    found = set()
    if summary_is_overdue(history, versions, t):
        found.add(("summary", -1))
    if card_is_missing(history, versions, t):
        found.add(("card", -1))
    for one in history:
        if one.what == "incident" and adverse(one) <= t:
            if notice_is_overdue(history, versions, one, t):
                found.add(("notice", one.name))
            if news_are_overdue(history, versions, one, t):
                found.add(("news", one.name))
        if one.what == "start" and adverse(one) <= t and launch_is_overdue(history, versions, one, t):
            found.add(("launch", one.name))
    return found
