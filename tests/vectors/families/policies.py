"""The words of the policy language, and documents with one thing wrong: SPEC 6.7 and 7.1 to 7.4."""

from typing import Any

from tests.support.language import FULL
from tests.support.language_compared import CASES as COMPARED
from tests.support.language_wrong import CASES
from tests.vectors.families.base import Family, Vector, unique, vector
from tests.vectors.families.document import POLICY, REMOVED, RULE

OK, MALFORMED, NOT_UNDERSTOOD = "ok", "malformed", "not-understood"


def periods() -> Family:
    """SPEC 7.2."""
    good = {
        "0 days": ("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        "1 minute": ("2026-01-01T00:00:00.000Z", "2026-01-01T00:01:00.000Z"),
        "90 minutes": ("2026-01-01T23:00:00.000Z", "2026-01-02T00:30:00.000Z"),
        "72 hours": ("2026-01-30T12:00:00.000Z", "2026-02-02T12:00:00.000Z"),
        "2 days": ("2026-02-27T00:00:00.000Z", "2026-03-01T00:00:00.000Z"),
        "1 week": ("2026-12-28T00:00:00.001Z", "2027-01-04T00:00:00.001Z"),
        "1 month": ("2026-01-15T10:20:30.400Z", "2026-02-15T10:20:30.400Z"),
        "6 months": ("2026-08-15T00:00:00.000Z", "2027-02-15T00:00:00.000Z"),
        "1 year": ("2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
    }
    clamped = {
        "31-january": ("1 month", "2026-01-31T09:00:00.000Z", "2026-02-28T09:00:00.000Z"),
        "31-january-of-a-leap-year": ("1 month", "2024-01-31T09:00:00.000Z", "2024-02-29T09:00:00.000Z"),
        "31-march": ("1 month", "2026-03-31T00:00:00.000Z", "2026-04-30T00:00:00.000Z"),
        "30-november": ("3 months", "2026-11-30T00:00:00.000Z", "2027-02-28T00:00:00.000Z"),
        "29-february": ("1 year", "2024-02-29T00:00:00.000Z", "2025-02-28T00:00:00.000Z"),
        "29-february-in-4-years": ("4 years", "2024-02-29T00:00:00.000Z", "2028-02-29T00:00:00.000Z"),
        "two-months-at-once": ("2 months", "2026-01-31T00:00:00.000Z", "2026-03-31T00:00:00.000Z"),
    }
    bad = [
        "",
        "1",
        "days",
        "1 days",
        "2 day",
        "-1 days",
        "1.5 days",
        "01 days",
        "1 fortnight",
        "one day",
        "1  day",
    ]
    bad += [
        "1 day ",
        " 1 day",
        "1 Day",
        "30d",
        "P1D",
        "1 day 2 hours",
        "1 second",
        "1 business day",
        "1\u00a0day",
    ]
    bad += ["promptly", "\u0661 days", "1/2 year", "1_0 days"]
    vectors = [
        vector(text.replace(" ", "-"), "7.2", OK, text=text, start=start, end=end)
        for text, (start, end) in good.items()
    ]
    vectors += [
        vector(f"clamped-{name}", "7.2", OK, text=text, start=start, end=end)
        for name, (text, start, end) in clamped.items()
    ]
    vectors += [vector(f"bad-{text!r}", "7.2", MALFORMED, text=text) for text in bad]
    return Family("periods", "Periods, and when one that begins at a time ends.", unique(vectors))


def amounts() -> Family:
    """SPEC 7.2."""
    good = {
        "0.25": "1/4",
        "27/33": "9/11",
        "0": "0/1",
        "1": "1/1",
        "1.0": "1/1",
        "0.10": "1/10",
        "100": "100/1",
        "0/1": "0/1",
        "3/2": "3/2",
        "0.333333": "333333/1000000",
    }
    bad = [
        "",
        ".",
        ".5",
        "5.",
        "1/0",
        "0/0",
        "1/-2",
        "0.5/2",
        "1/0.5",
        "1 / 2",
        "50 %",
        "50%",
        "1e3",
        "+1",
        "NaN",
    ]
    bad += ["inf", "0x1", "1,5", "1/2/3", "/2", "1/", "1_0", "\uff11", " 1", "1 ", "half", "0.5.1"]
    vectors = [vector(text, "7.2", OK, text=text, exact=exact) for text, exact in good.items()]
    vectors += [vector(f"bad-{text!r}", "7.2", MALFORMED, text=text) for text in bad]
    return Family("amounts", "Amounts, and the reduced fraction that each is.", unique(vectors))


def quorums() -> Family:
    """SPEC 6.7 and 7.2."""
    both: Any = {"all_of": ["rso", "ceo"]}
    two_of = {"k_of": {"k": "2", "of": ["rso", "ceo", "board"]}}
    nested = {"all_of": ["rso", {"any_of": ["ceo", "board"]}]}

    def one(name: str, expect: str, quorum: Any, *signed: tuple[str, str]) -> Vector:
        return vector(name, "6.7", expect, quorum=quorum, signed=[list(pair) for pair in signed])

    met = [
        one("single-role", "met", "rso", ("ann", "rso")),
        one("any-of", "met", {"any_of": ["rso", "ceo"]}, ("bob", "ceo")),
        one("all-of", "met", both, ("ann", "rso"), ("bob", "ceo")),
        one("all-of-with-more", "met", both, ("ann", "rso"), ("bob", "ceo"), ("cem", "board")),
        # Whoever gives ann the first role she fits has nobody left for the other.
        one("all-of-by-assignment", "met", both, ("ann", "rso"), ("ann", "ceo"), ("bob", "rso")),
        one(
            "all-of-one-role-twice", "met", {"all_of": ["board", "board"]}, ("ann", "board"), ("bob", "board")
        ),
        one("k-of", "met", two_of, ("ann", "rso"), ("bob", "board")),
        one("k-of-by-assignment", "met", two_of, ("ann", "rso"), ("ann", "board"), ("bob", "rso")),
        one("nested", "met", nested, ("ann", "rso"), ("bob", "board")),
        one("nested-by-assignment", "met", nested, ("ann", "rso"), ("ann", "ceo"), ("bob", "rso")),
        one(
            "nested-k-of",
            "met",
            {"k_of": {"k": "2", "of": [both, "board", "keeper"]}},
            ("ann", "board"),
            ("bob", "rso"),
            ("cem", "ceo"),
        ),
    ]
    unmet = [
        one("nobody", "unmet", "rso"),
        one("single-role-other", "unmet", "rso", ("ann", "ceo")),
        one("any-of-other", "unmet", {"any_of": ["rso", "ceo"]}, ("ann", "board")),
        one("all-of-one", "unmet", both, ("ann", "rso")),
        one("all-of-by-one-person", "unmet", both, ("ann", "rso"), ("ann", "ceo")),
        one("all-of-one-role-twice-by-one", "unmet", {"all_of": ["board", "board"]}, ("ann", "board")),
        one("k-of-one", "unmet", two_of, ("ann", "rso")),
        one("k-of-by-one-person", "unmet", two_of, ("ann", "rso"), ("ann", "ceo"), ("ann", "board")),
        one("k-of-the-same-role-by-two", "unmet", two_of, ("ann", "rso"), ("bob", "rso")),
        one("nested-without-the-inner", "unmet", nested, ("ann", "rso"), ("bob", "rso")),
        one("nested-by-one-person", "unmet", nested, ("ann", "rso"), ("ann", "board")),
    ]
    bad: dict[str, Any] = {
        "empty-text": "",
        "unknown-role": "janitor",
        "unknown-role-inside": {"any_of": ["rso", "janitor"]},
        "empty-list": {"all_of": []},
        "empty-object": {},
        "two-words": {"all_of": ["rso"], "any_of": ["ceo"]},
        "unknown-word": {"most_of": ["rso"]},
        "list-alone": ["rso", "ceo"],
        "role-for-a-list": {"all_of": "rso"},
        "k-of-0": {"k_of": {"k": "0", "of": ["rso"]}},
        "k-of-more-than-there-are": {"k_of": {"k": "2", "of": ["rso"]}},
        "k-of-a-word": {"k_of": {"k": "two", "of": ["rso", "ceo"]}},
        "k-of-a-number": {"k_of": {"k": 1, "of": ["rso", "ceo"]}},
        "k-of-without-k": {"k_of": {"of": ["rso"]}},
        "k-of-with-a-word-more": {"k_of": {"k": "1", "of": ["rso"], "in": "1 day"}},
        "with-a-word-more": {"all_of": ["rso"], "with": "written reasons"},
    }
    malformed = [vector(name, "6.7 7.2", MALFORMED, quorum=quorum, signed=[]) for name, quorum in bad.items()]
    about = (
        "Quorums over the roles `roles`, and who signed in which role; all sign-offs count. `met`, `unmet`, "
        "or `malformed`."
    )
    shared = {"roles": {"names": ["rso", "ceo", "board", "keeper"]}}
    return Family("quorums", about, unique([*met, *unmet, *malformed]), shared)


Path = list[str | int]
BIO: Path = ["tests", "bio"]
CBRN: Path = ["thresholds", "cbrn"]
FILTERS: Path = ["standards", "high", "criteria", "filters"]

GOOD: dict[str, tuple[Path, Any]] = {
    "effective-from-with-milliseconds": (["effective_from"], "2026-01-01T00:00:00.000Z"),
    "no-maps-to": (["maps_to"], REMOVED),
    "source-with-digest": (["source", "sha256"], "0" * 64),
    "test-without-needs": ([*BIO, "needs"], REMOVED),
    "test-of-low-scores": (
        BIO,
        {
            **POLICY["tests"]["bio"],
            "danger": "low scores",
            "rules_out": {"above": "0.9", "judged_on": "score"},
            "rules_in": {"at_or_below": "0.5", "judged_on": "score"},
        },
    ),
    "threshold-without-text": ([*CBRN, "text"], REMOVED),
    "threshold-without-response": ([*CBRN, "respond_within"], REMOVED),
    "threshold-without-cleared-by": ([*CBRN, "cleared_by"], REMOVED),
    "until-assessed-crossed": ([*CBRN, "until_assessed"], "crossed"),
    "rule-out": ([*CBRN, "then"], [{**RULE, "rule_out": "next", "before": "deploying it externally"}]),
    "forbid-until-standard": (
        ["baseline"],
        [{**RULE, "forbid": "deploying it with expanded autonomy", "until": "high"}],
    ),
    "forbid-until-criterion": (["baseline"], [{**RULE, "forbid": "deploying it", "until": "high.filters"}]),
    "every-activity": (
        ["baseline"],
        [
            {
                **RULE,
                "needs": ["base"],
                "while": [
                    "training it",
                    "storing it",
                    "deploying it",
                    "deploying it externally",
                    "deploying it internally",
                    "deploying it internally at large scale",
                    "deploying it with expanded autonomy",
                ],
            }
        ],
    ),
    "standard-partial": (["standards", "base", "status"], "partial"),
    "standard-without-level": (["standards", "base", "level"], REMOVED),
    "force-aim": (["baseline", 0, "force"], "aim"),
    "no-gates": (["gates"], []),
    "subject-of-another-kind": (["subject"], "compound"),
    "applies-to-every-subject": (["applies_to"], "every registered subject"),
    "source-with-url": (["source", "url"], "https://acme.example"),
    "role-with-a-term": (["roles", "ceo", "term"], "2 years"),
    "forbid-always": (["baseline"], [{**RULE, "forbid": "training it"}]),
    "define-before": (["baseline"], [{**RULE, "define": "undefined", "before": "training it"}]),
    "needs-one-of-several": (["baseline", 0, "needs"], [{"any_of": ["base", "high"]}]),
    "standard-exploratory": (["standards", "undefined", "status"], "exploratory"),
}

BAD: dict[str, tuple[Path, Any]] = {
    "of-another-version": (["policy"], "plimsoll/policy/v2"),
    "member-unknown": (["duties"], []),
    "id-missing": (["id"], REMOVED),
    "id-no-id": (["id"], "House Policy"),
    "version-a-number": (["version"], 1),
    "title-null": (["title"], None),
    "effective-from-a-day": (["effective_from"], "2026-01-01"),
    "effective-from-with-offset": (["effective_from"], "2026-01-01T00:00:00+00:00"),
    "effective-from-no-time": (["effective_from"], "2026-02-30T00:00:00Z"),
    "applies-to-other": (["applies_to"], "some models"),
    "source-without-title": (["source"], {}),
    "adoption-without-quorum": (["adoption"], {}),
    "adoption-by-an-unknown-role": (["adoption", "signed_off_by"], "janitor"),
    "clause-judged-by-somebody": (["clauses", "1", "judged_by"], "a court"),
    "clause-without-judge": (["clauses", "1", "judged_by"], REMOVED),
    "role-no-id": (["roles", "Chief Executive"], {}),
    "role-outside-yes": (["roles", "auditor", "outside"], "yes"),
    "role-outside-a-boolean": (["roles", "auditor", "outside"], True),
    "test-no-id": (["tests", "Bio"], POLICY["tests"]["bio"]),
    "test-member-unknown": ([*BIO, "note"], ""),
    "test-task-without-version": ([*BIO, "task", "version"], REMOVED),
    "test-task-without-reducer": ([*BIO, "task", "over_epochs"], REMOVED),
    "test-version-a-number": ([*BIO, "task", "version"], 1),
    "test-danger-other": ([*BIO, "danger"], "middling scores"),
    "test-rules-out-above-where-high-is-danger": (
        [*BIO, "rules_out"],
        {"above": "1/2", "judged_on": "score"},
    ),
    "test-rules-in-below-where-high-is-danger": (
        [*BIO, "rules_in"],
        {"at_or_below": "1/2", "judged_on": "score"},
    ),
    "test-rules-out-twice": ([*BIO, "rules_out", "above"], "3/4"),
    "test-rules-out-missing": ([*BIO, "rules_out"], REMOVED),
    "test-rules-in-missing": ([*BIO, "rules_in"], REMOVED),
    "test-judged-on-other": ([*BIO, "rules_out", "judged_on"], "upper 99 % bound"),
    "test-judged-on-missing": ([*BIO, "rules_out", "judged_on"], REMOVED),
    "test-amount-no-amount": ([*BIO, "rules_out", "below"], "50 %"),
    "test-amount-a-number": ([*BIO, "rules_out", "below"], 1),
    "test-good-for-no-period": ([*BIO, "good_for"], "6 moons"),
    "test-good-for-missing": ([*BIO, "good_for"], REMOVED),
    "test-samples-a-word": ([*BIO, "needs", "samples"], "ten"),
    "test-samples-a-number": ([*BIO, "needs", "samples"], 10),
    "test-needs-unknown": ([*BIO, "needs", "seeds"], "3"),
    "test-run-by-an-unknown-role": ([*BIO, "needs", "run_by"], "janitor"),
    "test-planned-first-yes": ([*BIO, "needs", "planned_first"], "yes"),
    "threshold-member-unknown": ([*CBRN, "note"], ""),
    "threshold-of-an-unknown-clause": ([*CBRN, "clause"], "9"),
    "threshold-without-clause": ([*CBRN, "clause"], REMOVED),
    "threshold-without-force": ([*CBRN, "force"], REMOVED),
    "threshold-force-other": ([*CBRN, "force"], "promise"),
    "threshold-decided-by-other": ([*CBRN, "decided_by"], "dice"),
    "threshold-by-tests-without-tests": ([*CBRN, "crossed_if_any_of"], REMOVED),
    "threshold-by-an-unknown-test": ([*CBRN, "crossed_if_any_of"], ["chem"]),
    "threshold-by-no-test": ([*CBRN, "crossed_if_any_of"], []),
    "threshold-by-any-and-all": ([*CBRN, "crossed_if_all_of"], ["bio"]),
    "threshold-until-assessed-other": ([*CBRN, "until_assessed"], "as the last model"),
    "threshold-if-not-ruled-out-other": ([*CBRN, "if_not_ruled_out"], "ignore"),
    "threshold-response-without-force": ([*CBRN, "respond_within", "force"], REMOVED),
    "threshold-response-promptly": ([*CBRN, "respond_within", "time"], "promptly"),
    "threshold-declared-by-nobody": ([*CBRN, "declared_by"], REMOVED),
    "threshold-declared-by-an-unknown-role": ([*CBRN, "declared_by"], {"all_of": ["rso", "janitor"]}),
    "threshold-then-an-object": ([*CBRN, "then"], {}),
    "rule-of-an-unknown-standard": (["baseline", 0, "needs"], ["asl-9"]),
    "rule-of-no-standard": (["baseline", 0, "needs"], []),
    "rule-of-an-unknown-activity": (["baseline", 0, "while"], ["selling it"]),
    "rule-without-activity": (["baseline", 0, "while"], REMOVED),
    "rule-without-force": (["baseline", 0, "force"], REMOVED),
    "rule-without-clause": (["baseline", 0, "clause"], REMOVED),
    "rule-of-two-kinds": (["baseline", 0, "forbid"], "training it"),
    "rule-of-no-kind": (["baseline", 0], {**RULE}),
    "rule-out-an-unknown-threshold": (
        [*CBRN, "then"],
        [{**RULE, "rule_out": "last", "before": "training it"}],
    ),
    "rule-out-without-before": ([*CBRN, "then"], [{**RULE, "rule_out": "next"}]),
    "forbid-until-an-unknown-standard": (["baseline"], [{**RULE, "forbid": "training it", "until": "asl-9"}]),
    "forbid-until-an-unknown-criterion": (
        ["baseline"],
        [{**RULE, "forbid": "training it", "until": "high.hope"}],
    ),
    "standard-status-other": (["standards", "base", "status"], "draft"),
    "standard-dimension-other": (["standards", "base", "dimension"], "legal"),
    "standard-level-a-word": (["standards", "base", "level"], "three"),
    "standard-member-unknown": (["standards", "base", "note"], ""),
    "standard-renewed-without-clause": (["standards", "high", "renewed", "clause"], REMOVED),
    "standard-renewed-every-other": (["standards", "high", "renewed", "every"], "spring"),
    "criterion-no-id": (["standards", "high", "criteria", "Filters"], {}),
    "criterion-without-text": ([*FILTERS, "text"], REMOVED),
    "criterion-for-each-other": ([*FILTERS, "for_each"], ["customer"]),
    "criterion-attested-by-nobody": ([*FILTERS, "attested_by"], REMOVED),
    "criterion-shown-by-other": ([*FILTERS, "shown_by"], ["hope"]),
    "criterion-good-for-ever": ([*FILTERS, "good_for"], "ever"),
    "criterion-member-unknown": ([*FILTERS, "measured_by"], "bio"),
    "gate-for-other": (["gates", 0, "for"], "selling it"),
    "gate-without-approval": (["gates", 0, "approved_by"], REMOVED),
    "gate-without-clause": (["gates", 0, "clause"], REMOVED),
    "gates-an-object": (["gates"], {}),
    "pause-stops-within-other": (["pause", "stops_within"], "soon"),
    "pause-called-by-nobody": (["pause", "called_by"], REMOVED),
    "pause-lifted-by-an-unknown-role": (["pause", "lifted_by"], "janitor"),
    "record-rules-other": (["record_rules", "late_after"], "a while"),
    "record-rules-unknown": (["record_rules", "heartbeat"], "1 day"),
}


def _document(name: str, expect: str, path: Path, value: Any) -> Vector:
    edit = {"path": path, "remove": True} if value is REMOVED else {"path": path, "value": value}
    numbers = [1, True, None]
    scalar = any(value is number for number in numbers) or value == 10
    return vector(name, "7.1" if scalar else _rule_of(path), expect, edit=edit)


def _rule_of(path: Path) -> str:
    """Say which rule of SPEC an edit at a path is about."""
    last = path[-1]
    if last in {
        "force",
        "good_for",
        "below",
        "every",
        "time",
        "stops_within",
        "late_after",
        "margin",
        "within",
        "zone",
        "published",
        "term",
        "at_least",
    }:
        return "7.2 7.4"
    return "7.3 7.4" if last in {"while", "for", "before", "activity", "forbid"} else "7.4"


def documents() -> Family:
    """SPEC 7.1 to 7.4."""
    vectors = [vector("whole", "7.4", OK, edit=None)]
    vectors += [_document(name, OK, path, value) for name, (path, value) in GOOD.items()]
    vectors += [_document(name, NOT_UNDERSTOOD, path, value) for name, (path, value) in BAD.items()]
    about = "Policy documents: `base` with one member set to a value, or removed, at a path."
    return Family("policy-grammar", about, unique(vectors), {"base": POLICY})


def language() -> Family:
    """SPEC 7.2 to 7.4: every construct once, and one thing wrong at a time."""
    vectors = [vector("whole", "7.2 7.3 7.4", OK, edit=None)]
    for where, value, _, _, _ in CASES:
        if len(str(value)) < 2000:  # The sizes of SPEC 7.4 make vectors that nobody reads.
            edit = (
                {"path": list(where), "remove": True}
                if value is ...
                else {"path": list(where), "value": value}
            )
            name = f"{'-'.join(map(str, where))}-{len(vectors)}"
            vectors.append(vector(name, _rule_of(list(where)), NOT_UNDERSTOOD, edit=edit))
    about = "Policy documents: `base`, which uses every construct, with one thing wrong at a path."
    return Family("policy-language", about, unique(vectors), {"base": FULL})


def comparisons() -> Family:
    """SPEC 7.7: the whole language, and what it is with something else at one place."""
    vectors = [vector("itself", "7.7", "equal", edit=None)]
    for where, value, relation, _, _ in COMPARED:
        change: dict[str, Any] = {"remove": True} if value is ... else {"value": value}
        name = f"{'-'.join(map(str, where))}-{len(vectors)}"
        vectors.append(vector(name, "7.7", relation, edit={"path": list(where), **change}))
    about = "What `base` of `policy-language` is with something else at a path, compared with itself."
    return Family("policy-comparison", about, unique(vectors))


def families() -> list[Family]:
    """List this module's families."""
    return [periods(), amounts(), quorums(), documents(), language(), comparisons()]
