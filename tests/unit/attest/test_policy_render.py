"""The page of a policy: a sentence for each rule, with clause and force, and nothing that could act."""

import copy
import re
from typing import Any

import pytest
import yaml
from tests.support.language import FULL
from tests.support.story import COMMIT, POLICY, policy_with

from plimsoll_attest.data import find_data
from plimsoll_attest.policyfile import load_policy, policy_of
from plimsoll_attest.render import FORMATS, render
from plimsoll_attest.render.page import read_page
from plimsoll_verify.policy.model import Promise
from plimsoll_verify.policy.parse import parse_policy


def page(document: dict[str, Any], form: str = "markdown") -> str:
    """Return the page of a document."""
    return render(policy_of(copy.deepcopy(document)), form)


@pytest.mark.parametrize("form", FORMATS)
def test_every_policy_that_comes_along_can_be_shown(form: str) -> None:
    for path in find_data("policies").glob("*.yaml"):
        text = render(load_policy(path), form)
        assert "commitment" in text
        assert "None" not in text
        assert "object at 0x" not in text


def test_a_short_name_is_not_broken_at_its_hyphens() -> None:
    """At the end of a line `cbrn-` would be read as another threshold than `cbrn-4`."""
    shown = page(POLICY | {"title": "a-b"}, "html")
    assert '<span class="name">high-sec</span>' in shown
    assert "<title>a-b</title>" in shown
    long = copy.deepcopy(POLICY)
    long["standards"]["a-name-that-is-far-too-long-for-a-line-of-a-telephone"] = long["standards"]["base"]
    assert '<span class="name">a-name' not in page(long, "html")


def test_the_facts_are_words() -> None:
    shown = page(POLICY)
    assert "once signed off by ceo and board" in shown
    assert re.search(
        r"Clauses: judged by what the log shows: [0-9]+, by what somebody attests: [0-9]+ and", shown
    )


def promises(value: Any) -> int:
    """Count the rules of a document: whatever has a clause and a force, but for thresholds."""
    if isinstance(value, dict):
        own = "clause" in value and "force" in value and "then" not in value
        return own + sum(promises(item) for item in value.values())
    return sum(promises(item) for item in value) if isinstance(value, list) else 0


def test_every_rule_of_the_language_has_its_sentence() -> None:
    found = read_page(parse_policy(copy.deepcopy(FULL)), policy_of(FULL))
    items = [item for _, sections in found.groups for section in sections for item in section.items]
    marked = [item for item in items if item.clause]
    # One duty has a `then`, too; the amendment says its clause at each of its three sentences.
    assert len(marked) == promises(FULL) + 1 + 2
    assert all(item.text.endswith(".") for item in items)
    assert Promise("1", "commitment").force in {item.force for item in marked}


@pytest.mark.parametrize(
    "sentence",
    [
        "While training it, storing it or deploying it (giving it to people), base has to be in force.",
        "Deploying it with expanded autonomy is forbidden until part.alignment is in force.",
        "then while training it or training any model of at least its effective compute, high-sec and base",
        "then before releasing its weights, and meanwhile, top has to be defined.",
        "If cbrn is treated as crossed, then deploying it with tools is forbidden.",
        "It is crossed if the tests say so: 2 of virology, (chemistry or (stamina and virology)), (stamina).",
        "What it needs is in place within a time that the source does not quantify (“promptly”)",
        "What cannot be ruled out is determined within 2 weeks (“soon”), else treated as crossed.",
        "A result rules out if its score is below 11/10 times the score of model:",
        "with board told before",
        "A pause is called by rso or ceo",
        "Interim measures stand in for a standard only if rso approves, for at most 30 days, with board told",
        "On the same model, evaluator and release are different persons.",
        "Whoever is given the role rso holds it for 2 years at most.",
        "a notice to the authority is due, to the authority, within 5 business days of when it was noticed.",
        "incident, then: a risk report is due from rso, to the authority, every 4 weeks until a publication",
        "decide: on each eval-result, a determination of cbrn is due, 2 weeks or more before deploying it",
        "at 4 times the compute of the last one assessed or when training it begins, an assessment",
        "Every 7 days security looks at what runs on api and internal; it may be 1 hour off.",
        "To relax a rule takes the approval of auditor as well, and 30 days of notice; not within 6 months",
        "There is a heartbeat every day.",
        "A decision is reversed by board; what it let happen stops within a time that the source does not",
    ],
)  # fmt: skip
def test_sentences_can_be_read_aloud(sentence: str) -> None:
    plain = page(FULL).replace("\\", "")
    assert sentence in plain


TWO = {"k_of": {"k": "2", "of": ["rso", "ceo", "board"]}}


def test_other_ways_to_say_it() -> None:
    document = policy_with(
        thresholds__cbrn__until_assessed="crossed",
        thresholds__cbrn__carried_over_by="board",
        thresholds__next__crossed_if_any_of=["virology"],
        pause__stops_within="0 days",
        gates=[{**COMMIT, "for": "training it", "approved_by": TWO}],
        adoption__signed_off_by={"all_of": ["board", "board"]},
    )  # fmt: skip
    plain = page(document)
    assert "Until a model is assessed, it is treated as crossed." in plain
    assert "That it is as for an earlier model is said by board." in plain
    assert "People decide whether it is crossed, with virology as indications." in plain
    assert "stops what it names at once" in plain
    assert "2 of rso, ceo and board" in plain
    assert "2 persons in role board" in plain


HOSTILE = "<script>alert(1)</script> \u202e [x](http://evil.example) & \x1b[31m"


@pytest.mark.parametrize("form", FORMATS)
def test_what_a_policy_says_cannot_act(form: str) -> None:
    text = page(policy_with(title=HOSTILE, thresholds__cbrn__text=HOSTILE), form)
    assert "<script" not in text
    assert "\u202e" not in text
    assert "\x1b" not in text
    if form == "markdown":
        assert "[x](" not in text


def test_the_page_loads_nothing() -> None:
    text = page(FULL, "html")
    assert re.findall(r"(?:src|href)=\"(?!#)", text) == []
    assert "url(" not in text
    assert "default-src 'none'" in text
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= set(ids)


def test_pages_are_the_same_each_time() -> None:
    assert page(POLICY, "html") == page(yaml.safe_load(yaml.safe_dump(POLICY, sort_keys=False)), "html")
