"""The rules of a policy: what has to be in force, ruled out, defined or left alone while something goes on.

A rule that could never be met, whatever its people did, is a mistake of its author, and refused.

Source: SPEC 7.4.
"""

from collections.abc import Iterable, Mapping

from plimsoll_verify.policy.grammar import Activity
from plimsoll_verify.policy.model import Criterion, Define, Forbid, Needs, Promise, Rule, RuleOut, Standard
from plimsoll_verify.policy.names import Names, activity
from plimsoll_verify.policy.reading import Members, Place, nearest, settled

_FORMS = {
    "needs": (["clause", "force", "needs", "while"], []),
    "rule_out": (["clause", "force", "rule_out", "before"], []),
    "forbid": (["clause", "force", "forbid"], ["until"]),
    "define": (["clause", "force", "define", "before"], []),
}


_BOUND = (
    ("surface", {"deploy"}, "deployments have"),
    ("deployment", {"deploy"}, "deployments have"),
    ("environment", {"deploy", "train"}, "training and deployments have"),
)
"""What a criterion can be for each of, the kinds of activity of which it is recorded, and their words."""


class RuleReader:
    """Reads lists of rules, of the baseline or of a threshold."""

    def __init__(self, names: Names, standards: Mapping[str, Standard]) -> None:
        self._names = names
        self._standards = standards

    def read(self, place: Place, threshold: str) -> tuple[Rule, ...]:
        """Return the rules of a list, which may be empty.

        Args:
            place: the list.
            threshold: whose rules they are, "" for the baseline.
        """
        return place.each(lambda item: self._rule(item, threshold))

    def _rule(self, place: Place, threshold: str) -> Rule:
        forms = [form for form in _FORMS if isinstance(place.value, dict) and form in place.value]
        if len(forms) != 1:
            place.fail("a rule has one of needs, rule_out, forbid and define")
        form = forms[0]
        members = place.members(*_FORMS[form])
        rule_id = f"{f'{threshold}.then' if threshold else 'baseline'}.{place.path[-1]}"
        promise = self._names.promise(members)
        if form == "needs":
            return self._needs(rule_id, promise, members, threshold)
        if form == "forbid":
            return self._forbid(rule_id, promise, members, threshold)
        before = members.of("before", _single)
        if form == "rule_out":
            ruled_out = members.of("rule_out", lambda at: at.one_of(self._names.thresholds))
            return RuleOut(rule_id, promise, ruled_out, before)
        return Define(rule_id, promise, members.of("define", self._standard), before)

    def _needs(self, rule_id: str, promise: Promise, members: Members, threshold: str) -> Needs:
        barred = () if threshold else (Activity.TRAINING_OTHERS,)
        words = [one.value for one in Activity if one not in barred]
        found_words = members.of("while", lambda at: at.words(words))
        activities = tuple(Activity(settled(word)) for word in found_words)

        def one(place: Place) -> str:
            standard = self._standard(place)
            self._refuse_unreachable(place, standard, "", activities, threshold)
            return standard

        def wanted(place: Place) -> str | tuple[str, ...]:
            if not isinstance(place.value, dict):
                return one(place)
            return place.members(["any_of"])["any_of"].distinct(one)

        found: list[tuple[str, ...]] = []
        for item in members["needs"].items():
            part = item.attempt(wanted)
            alternatives = (part,) if isinstance(part, str) else part
            if alternatives in found:
                item.fail(f"{' or '.join(alternatives)} stands here twice", "remove one of the two")
            found.append(alternatives)
        return Needs(rule_id, promise, tuple(found), activities)

    def _forbid(self, rule_id: str, promise: Promise, members: Members, threshold: str) -> Forbid:
        forbidden = members.of("forbid", _single)

        def until(place: Place) -> tuple[str, str]:
            standard, criterion = self._until(place)
            self._refuse_unreachable(place, standard, criterion, (forbidden,), threshold)
            return standard, criterion

        standard, criterion = members.get("until", until, ("", ""))
        return Forbid(rule_id, promise, forbidden, standard, criterion)

    def _standard(self, place: Place) -> str:
        return place.one_of(self._names.criteria)

    def _until(self, place: Place) -> tuple[str, str]:
        standard, dot, criterion = place.text().partition(".")
        if standard not in self._names.criteria:
            place.fail(f"no standard {standard[:80]!a} is listed", nearest(standard, self._names.criteria))
        criteria = self._names.criteria[standard]
        if dot and criterion not in criteria:
            place.fail(f"{standard} has no criterion {criterion[:80]!a}", nearest(criterion, criteria))
        return standard, criterion

    def _refuse_unreachable(
        self,
        place: Place,
        standard: str,
        criterion: str,
        activities: Iterable[Activity],
        threshold: str,
    ) -> None:
        """Refuse a need for what is bound to something that the case does not have."""
        defined = self._standards[standard].criteria
        wanted: list[Criterion] = [defined[criterion]] if criterion else list(defined.values())
        kinds = {one.kind for one in activities}
        for one in wanted:
            if "threshold" in one.for_each and not threshold:
                place.fail(f"{standard}.{one.id} is attested for each threshold, and the baseline has none")
            for thing, has_it, who in _BOUND:
                if thing in one.for_each and not kinds <= has_it:
                    place.fail(f"{standard}.{one.id} is attested for each {thing}, and only {who} one")


def _single(place: Place) -> Activity:
    return activity(place, Activity.TRAINING_OTHERS)
