"""What `--json` prints is what the shipped schemas say: checked on every object in every transcript."""

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.cli.stories import names
from tests.cli.transcript import FOLDER

SCHEMAS = {
    item.name.removesuffix("-v1.json"): json.loads(item.read_text(encoding="utf-8"))
    for item in (resources.files("plimsoll_attest.cli") / "schema").iterdir()
    if item.name.endswith(".json")
}
# Checked elsewhere: the demo's object where the demo runs, that of `join` where a server does.
ELSEWHERE = {"demo", "join"}


def printed(name: str) -> Iterator[dict[str, Any]]:
    """Yield each JSON object that a transcript's commands printed."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    block: list[str] = []
    asked = ""
    for line in text.splitlines():
        if line.startswith("$ "):
            block, asked = [], line
        elif line.startswith("  "):
            block.append(line[2:])
        elif line.startswith("= ") and " --jsonl" in asked:
            yield from map(json.loads, block)
        elif line.startswith("= ") and " --json" in asked:
            # One object and nothing else: two would not parse.
            yield json.loads("\n".join(block))


def strict(schema: Any) -> Any:
    """Return a schema that allows no member it does not name: what is printed must be described."""
    if isinstance(schema, dict):
        made = {key: strict(value) for key, value in schema.items()}
        if "properties" in made and "additionalProperties" not in made:
            made["additionalProperties"] = False
        return made
    return [strict(item) for item in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize("name", names())
def test_what_is_printed_is_what_the_schema_says(name: str) -> None:
    for shown in printed(name):
        kind, version = shown["schema"].removeprefix("plimsoll/").split("/")
        assert version == "v1"
        Draft202012Validator(strict(SCHEMAS[kind])).validate(shown)


def test_every_schema_is_one_and_is_exercised() -> None:
    for name, schema in SCHEMAS.items():
        Draft202012Validator.check_schema(schema)
        assert schema["properties"]["schema"] == {"const": f"plimsoll/{name}/v1"}
    seen = {shown["schema"].split("/")[1] for name in names() for shown in printed(name)}
    assert seen == set(SCHEMAS) - ELSEWHERE
