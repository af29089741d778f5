"""What nobody can judge: withheld bodies, what is not understood, compromised keys, a missing policy.

None of these is ever a pass: each is a finding, and indeterminate.

Source: SPEC 6.5, 9.14, 9.15.
"""

from collections.abc import Iterator
from operator import itemgetter

from plimsoll_verify.authority import Authority
from plimsoll_verify.encoding import format_time
from plimsoll_verify.facts import Facts, Unknown
from plimsoll_verify.findings import Finding, lasting
from plimsoll_verify.kinds import DOCUMENT_KINDS
from plimsoll_verify.times import TOLERANCE_MS
from plimsoll_verify.versions import Versions

_CODES = {"withheld": "I01", "not-understood": "I02", "not judged": "I07"}
_WORDS = {
    "I01": "The bodies of {what} are withheld: what they say about {subject} is not known.",
    "I02": "The bodies of {what} are not understood: what they say about {subject} is not known.",
    "I04": "The policy documents of {what} are not there or not understood: nothing can be judged by them.",
    "I07": "This version records {what} about {subject}, and does not judge them.",
}


def find_unknown(facts: Facts) -> Iterator[Finding]:
    """Yield a finding for each kind and subject of which something is not known."""
    grouped: dict[tuple[str, str, str], list[Unknown]] = {}
    for one in facts.unknowns:
        code = "I04" if one.kind in DOCUMENT_KINDS else _CODES[one.state]
        for subject in _subjects(facts, one):
            grouped.setdefault((code, one.kind, subject), []).append(one)
    for (code, kind, subject), found in grouped.items():
        entries = tuple(one.index for one in found)
        # A document that is not there is missed from its entry on; anything else from what it tells of.
        start = min(one.time_ms if code == "I04" else min(one.event_ms, one.time_ms) for one in found)
        what = f"{len(found)} {kind} {'entry' if len(found) == 1 else 'entries'}"
        message = _WORDS[code].format(what=what, subject=subject)
        why = next((one.why for one in found if one.why), "")
        yield lasting(code, subject, start, entries, f"{message} It stops at {why}." if why else message)


def _subjects(facts: Facts, one: Unknown) -> tuple[str, ...]:
    """Return the models and the organisation that an unknown is about, else its first subject."""
    about = tuple(name for name in one.subjects if name == facts.org or name.startswith("model:"))
    return about or one.subjects[:1]


def find_compromised(authority: Authority) -> Iterator[Finding]:
    """Yield a finding for each compromised key with which anything was signed meanwhile.

    Of several declarations of a key the one counts that goes back furthest.

    Source: SPEC 6.5.
    """
    for keyid, key in authority.register.keys.items():
        if key.declarations:
            since, declared, time_ms = min(key.declarations, key=itemgetter(0))
            entries = authority.entries_by(key.number, since, declared)
            if entries:
                message = (
                    f"Entry {declared} declares a key of {key.person} ({keyid[:16]}...) compromised since"
                    f" entry {since}: whether {key.person} made the entries in between is not known."
                )
                yield lasting("I03", f"person:{key.person}", time_ms, (*entries, declared), message)


def find_missing_policy(all_versions: list[Versions], size: int, end_ms: int) -> Iterator[Finding]:
    """Yield a finding if no policy is in force at the end of judgement, or one lacks that another adheres to.

    Source: SPEC 9.15, 9.25.
    """
    in_force = {versions.id: version for versions in all_versions if (version := versions.at(end_ms))}
    if not in_force:
        message = "No policy is in force, so that there is nothing to judge by."
        if size <= 1:
            message = "The log holds nothing but its genesis."
        yield lasting("I05", "", end_ms, (), message, known_from=max(0, size - 1))
    for adhering, version in in_force.items():
        for rule in version.policy.adheres:
            if rule.promise.is_commitment and rule.to not in in_force:
                # Whether anybody keeps to what nobody has put on record cannot be judged.
                message = (
                    f"Clause {rule.promise.clause} of {adhering} asks for adherence to {rule.to}, of which no"
                    " version is in force here."
                )
                yield lasting("I05", f"policy:{rule.to}", end_ms, version.entries[:1], message)


def find_stale(
    end_ms: int, seen_ms: int, now_ms: int | None, max_age_ms: int | None, size: int
) -> Iterator[Finding]:
    """Yield a finding if the newest checkpoint is older than the auditor allows, or says that it is to come.

    Args:
        end_ms: T.
        seen_ms: of when the ledger is: its proven time, without one the time of its last entry. A time stamp
            does not count: anybody can have an old checkpoint stamped today.
        now_ms: the auditor's time.
        max_age_ms: how old the checkpoint may be.
        size: entries of the ledger.

    Source: SPEC 10.9.
    """
    if max_age_ms is None or now_ms is None:
        return
    age_ms = now_ms - seen_ms
    end = format_time(seen_ms)
    if age_ms > max_age_ms:
        message = (
            f"The ledger ends at {end}, more than the {max_age_ms / 86_400_000:g} day(s) ago that the trust"
            " file allows: what came since is not known."
        )
    elif age_ms < -TOLERANCE_MS:
        message = f"The ledger ends at {end}, which is still to come: how old it is is not known."
    else:
        return
    yield lasting("I06", "", end_ms, (), message, known_from=max(0, size - 1))
