"""The service's own description, in OpenAPI 3.1. The routes are made from the same table."""

from __future__ import annotations

from typing import Any, NamedTuple

from plimsoll_ledger.service.limits import Limits


class Operation(NamedTuple):
    """One thing that can be asked.

    Attributes:
        method: GET or POST.
        path: As OpenAPI writes it.
        name: The handler's name, and the operationId.
        route: The path as Starlette writes it.
        summary: What it does.
        responses: Statuses and what they mean.
    """

    method: str
    path: str
    name: str
    route: str
    summary: str
    responses: dict[str, str]


_FILE = {
    "200": "The file.",
    "206": "The piece that was asked for.",
    "304": "It has not changed.",
    "404": "There is no such file.",
    "416": "It has no such piece.",
}
OPERATIONS = (
    Operation(
        "POST",
        "/v1/submit",
        "submit",
        "/v1/submit",
        "Submit signed statements; answered when they are durable, or published.",
        {
            "200": "Each statement is in the log, and as `wait` asks.",
            "202": "All are durable, and were not published in time; the receipts say by when they will be.",
            "400": "The request is malformed.",
            "408": "The body did not come in time.",
            "411": "The length of the body is not given.",
            "413": "Over a limit.",
            "415": "The body is not application/json.",
            "422": "At least one statement was refused; the answer says which.",
            "429": "Too many submissions of this client are under way.",
            "500": "A mistake of the service; it is logged.",
            "503": "Busy, stopping, or storage failed; nothing is lost by submitting the same again.",
        },
    ),
    Operation("GET", "/checkpoint", "file", "/checkpoint", "The newest published checkpoint.", _FILE),
    Operation("GET", "/tile/{path}", "file", "/tile/{path:path}", "A tile, or a bundle of entries.", _FILE),
    Operation("GET", "/bodies/{path}", "file", "/bodies/{path:path}", "A pack of detached bodies.", _FILE),
    Operation(
        "GET", "/checkpoints/{path}", "file", "/checkpoints/{path:path}",
        "A retained checkpoint, or `index`.", _FILE,
    ),
    Operation("GET", "/anchors/{path}", "file", "/anchors/{path:path}", "A time stamp, or `index`.", _FILE),
    Operation("GET", "/healthz", "health", "/healthz", "Whether the process answers.", {"200": "It does."}),
    Operation(
        "GET", "/readyz", "ready", "/readyz", "Whether submissions are taken and the log is published.",
        {"200": "Yes.", "503": "No; the answer says why."},
    ),
    Operation("GET", "/metrics", "metrics", "/metrics", "Counters for Prometheus.", {"200": "As text."}),
    Operation("GET", "/openapi.json", "openapi", "/openapi.json", "This description.", {"200": "As JSON."}),
)  # fmt: skip
_BASE64 = {"type": "string", "contentEncoding": "base64"}


def describe(limits: Limits, origin: str) -> dict[str, Any]:
    """Return the description of a service.

    Args:
        limits: Its limits.
        origin: The log's name.
    """
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        described: dict[str, Any] = {
            "operationId": one.name if one.name != "file" else f"file-{one.path.split('/')[1]}",
            "summary": one.summary,
            "responses": {status: {"description": text} for status, text in one.responses.items()},
        }
        if "{path}" in one.path:
            described["parameters"] = [
                {
                    "name": "path",
                    "in": "path",
                    "required": True,
                    "description": "May hold slashes.",
                    "schema": {"type": "string"},
                }
            ]
        if one.name == "submit":
            described["requestBody"] = {
                "required": True,
                "content": {"application/json": {"schema": _submission(limits)}},
            }
            for status in ("200", "202", "422"):
                described["responses"][status]["content"] = {"application/json": {"schema": _ANSWER}}
        paths.setdefault(one.path, {})[one.method.lower()] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Plimsoll log {origin}", "version": "1", "description": _ABOUT},
        "paths": paths,
    }


_ABOUT = (
    "A transparency log. Statements are authenticated by their own signatures and by nothing else; the "
    "published files are those of C2SP tlog-tiles."
)


def _submission(limits: Limits) -> dict[str, Any]:
    documents = {"type": "array", "maxItems": limits.documents, "items": _BASE64}
    statement = {
        "type": "object",
        "required": ["envelope"],
        "additionalProperties": False,
        "properties": {"envelope": _BASE64, "documents": documents},
    }
    return {
        "type": "object",
        "required": ["statements"],
        "additionalProperties": False,
        "properties": {
            "statements": {
                "type": "array",
                "minItems": 1,
                "maxItems": limits.statements,
                "items": statement,
            },
            "atomic": {"type": "boolean", "default": False},
            "wait": {"enum": ["durable", "published"], "default": "durable"},
        },
    }


_OUTCOME = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"enum": ["appended", "known", "refused"]},
        "id": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "index": {"type": "integer", "minimum": 0},
        "time": {"type": "string", "format": "date-time"},
        "receipt": {"type": "string", "description": "A signed note (SPEC 2.8)."},
        "reason": {"type": "string"},
        "hint": {"type": "string"},
    },
}
_ANSWER = {
    "type": "object",
    "required": ["origin", "published_size", "statements"],
    "properties": {
        "origin": {"type": "string"},
        "published_size": {"type": "integer", "minimum": 0},
        "statements": {"type": "array", "items": _OUTCOME},
    },
}
