"""The first policy that `policy init` writes: understood, without a warning, whatever the answers are."""

import pytest
import yaml

from plimsoll_attest.policyfile import inspect_text
from plimsoll_attest.policytemplate import QUESTIONS, Answers, write_policy


def test_the_answers_that_come_along_make_a_policy_without_a_warning() -> None:
    inspected = inspect_text(write_policy(Answers(effective_from="2026-01-01")).encode())
    assert (inspected.errors, inspected.warnings) == ([], [])
    assert inspected.loaded is not None


def test_each_answer_has_a_question_and_a_place() -> None:
    assert list(QUESTIONS) == list(Answers.__dataclass_fields__)
    plain = write_policy(Answers(effective_from="2026-01-01"))
    for name in QUESTIONS:
        assert write_policy(Answers(**{"effective_from": "2026-01-01", name: "2031-01-01"})) != plain


@pytest.mark.parametrize(
    "text", ['"', "a: b", "x\ny: z", "<surface>", "# none", "{x}", "- a", "\u202e", "\\", "'", "é 中"]
)
def test_an_answer_stays_a_text(text: str) -> None:
    answers = Answers(effective_from="2026-01-01", title=text, harm=text, task=text, metric=text)
    written = write_policy(answers)
    assert inspect_text(written.encode()).errors == []
    document = yaml.safe_load(written)
    assert document["title"] == text
    assert document["tests"]["harm"]["task"]["name"] == text
    assert document["thresholds"]["harmful"]["text"] == f"{text.rstrip('.')}."
    assert set(document) == set(yaml.safe_load(write_policy(Answers(effective_from="2026-01-01"))))
