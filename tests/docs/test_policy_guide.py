"""The guide to writing a policy: each example in it is understood as it stands."""

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from plimsoll_attest.policytemplate import Answers, write_policy
from plimsoll_verify.policy.parse import find_errors

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "writing-a-policy.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
WHOLE: dict[str, Any] = yaml.load(write_policy(Answers(effective_from="2026-01-01")), Loader=yaml.BaseLoader)  # noqa: S506 - only texts.


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda text: text.split(":")[0])
def test_each_example_fits_into_the_policy_that_init_writes(example: str) -> None:
    part = yaml.load(example, Loader=yaml.BaseLoader)  # noqa: S506 - only texts.
    assert set(part) <= set(WHOLE)
    assert [str(error) for error in find_errors({**copy.deepcopy(WHOLE), **part})] == []


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 5
