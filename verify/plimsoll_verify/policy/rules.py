"""The rules of a policy: what has to be in force, ruled out or left alone while something goes on.

A rule that could never be met, whatever its people did, is a mistake of its author, and refused.

Source: SPEC 7.4.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Criterion, Forbid, Needs, Promise, Rule, RuleOut, Standard
from plimsoll_verify.policy.reading import Members, Place, nearest

_ACTIVITIES = [activity.value for activity in Activity]
_FORMS = {
    "needs": ["clause", "force", "needs", "while"],
    "rule_out": ["clause", "force", "rule_out", "before"],
    "forbid": ["clause", "force", "forbid", "until"],
}


class RuleReader:
    """Reads lists of rules, of the baseline or of a threshold."""

    def __init__(
        self,
        standards: Mapping[str, Standard],
        thresholds: AbstractSet[str],
        promise: Callable[[Members], Promise],
    ) -> None:
        self._standards = standards
        self._thresholds = thresholds
        self._promise = promise

    def read(self, place: Place, threshold: str) -> tuple[Rule, ...]:
        """Return the rules of a list, which may be empty.

        Args:
            place: the list.
            threshold: whose rules they are, "" for the baseline.
        """
        owner = f"{threshold}.then" if threshold else "baseline"
        return tuple(
            self._rule(item, f"{owner}.{number}", threshold) for number, item in enumerate(place.any_items())
        )

    def _rule(self, place: Place, rule_id: str, threshold: str) -> Rule:
        if not isinstance(place.value, dict):
            place.fail("a rule is an object", "with needs, rule_out or forbid")
        forms = [form for form in _FORMS if form in place.value]
        if len(forms) != 1:
            place.fail("a rule has one of needs, rule_out and forbid")
        members = place.members(_FORMS[forms[0]])
        promise = self._promise(members)
        if forms == ["rule_out"]:
            ruled_out = members["rule_out"].one_of(self._thresholds)
            return RuleOut(rule_id, promise, ruled_out, _activity(members["before"]))
        if forms == ["forbid"]:
            activity = _activity(members["forbid"])
            standard, criterion = self._until(members["until"])
            self._refuse_unreachable(members["until"], standard, criterion, [activity], threshold)
            return Forbid(rule_id, promise, activity, standard, criterion)
        activities = tuple(Activity(word) for word in members["while"].words(_ACTIVITIES))
        for item in members["needs"].items():
            self._refuse_unreachable(item, item.one_of(self._standards), "", activities, threshold)
        return Needs(rule_id, promise, members["needs"].words(self._standards), activities)

    def _until(self, place: Place) -> tuple[str, str]:
        standard, dot, criterion = place.text().partition(".")
        if standard not in self._standards:
            place.fail(f"no standard {standard[:80]!a} is listed", nearest(standard, self._standards))
        criteria = self._standards[standard].criteria
        if dot and criterion not in criteria:
            place.fail(f"{standard} has no criterion {criterion[:80]!a}", nearest(criterion, criteria))
        return standard, criterion

    def _refuse_unreachable(
        self,
        place: Place,
        standard: str,
        criterion: str,
        activities: list[Activity] | tuple[Activity, ...],
        threshold: str,
    ) -> None:
        """Refuse a need for what is bound to something that the case does not have."""
        defined = self._standards[standard].criteria
        wanted: list[Criterion] = [defined[criterion]] if criterion else list(defined.values())
        for one in wanted:
            if "threshold" in one.for_each and not threshold:
                place.fail(f"{standard}.{one.id} is attested for each threshold, and the baseline has none")
            if "surface" in one.for_each and any(activity.kind != "deploy" for activity in activities):
                place.fail(f"{standard}.{one.id} is attested for each surface, and only deployments have one")


def _activity(place: Place) -> Activity:
    return Activity(place.one_of(_ACTIVITIES))
