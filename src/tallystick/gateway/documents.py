"""The OpenAPI document of all operations, with the real schemas of their records.

Each schema says its units (`x-unit`); each route says its permission (`x-permission`). The page that shows it is the
console's; nothing is loaded from outside.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

import tallystick
from tallystick.core.errors import Rejection
from tallystick.core.operations import Operation, Table
from tallystick.core.schema import Record, schema_of
from tallystick.core.text import translate
from tallystick.gateway.failures import Failure
from tallystick.gateway.replies import FORMATS
from tallystick.gateway.routes import path_of

__all__ = ["input_schema", "openapi_document"]

JSON = "application/json"
REFERENCE = "#/components/schemas/{name}"
FAILURE = "#/components/responses/{}"
TABLE_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "Rows of a table; whole numbers past 2^53 are text.",
    "required": ["columns", "rows", "total_rows", "title"],
    "properties": {
        "columns": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name", "type", "unit"],
                "properties": {name: {"type": "string"} for name in ("name", "type", "unit")},
            },
        },
        "rows": {"type": "array", "items": {"type": "array", "items": {}}},
        "total_rows": {
            "type": "integer",
            "description": "Rows of the whole answer, before limit and offset.",
        },
        "title": {"type": "string", "description": "What the rows are, or why there are none; often empty."},
    },
}
FAILURES = {
    "400": "The request does not read; the remedy names the nearest field.",
    "401": "Nobody is signed in.",
    "403": "The actor lacks the permission.",
    "404": "The thing asked for does not exist.",
    "422": "The rules refused.",
    "429": "More than is left of a quota; the remedy says until when.",
}


def openapi_document(operations: Mapping[str, Operation], *, language: str = "en") -> dict[str, Any]:
    """The OpenAPI 3.1 document, summaries in a language."""
    found = [operations[name] for name in sorted(operations)]
    schemas = _schemas(found)
    schemas["Table"] = TABLE_SCHEMA
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tallystick", "version": tallystick.__version__},
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}, {"session": []}],
        "tags": [{"name": room} for room in sorted({each.room for each in found})],
        "paths": {path_of(each): _path(each, language) for each in found},
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "responses": {status: _failure(text) for status, text in FAILURES.items()},
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "tally_session"},
            },
        },
    }


def input_schema(found: Operation) -> dict[str, Any]:
    """The JSON Schema of an operation's request with everything it refers to inside, as MCP tools give it."""
    (reference,), definitions = msgspec.json.schema_components([found.request], ref_template="#/$defs/{name}")
    name = str(reference["$ref"]).rpartition("/")[2]
    document = _with_units(definitions.pop(name), found.request)
    document["additionalProperties"] = False
    return {**document, "$defs": definitions} if definitions else document


def _schemas(found: Iterable[Operation]) -> dict[str, Any]:
    records = {part for each in found for part in (each.request, *_replies(each)) if part is not Table}
    ordered = sorted(records | {Failure}, key=lambda record: f"{getattr(record, '__module__', '')}.{record}")
    _, schemas = msgspec.json.schema_components(ordered, schema_hook=_schema_hook, ref_template=REFERENCE)
    for record in ordered:
        if inspect.isclass(record) and issubclass(record, Record) and record.__name__ in schemas:
            _with_units(schemas[record.__name__], record)
    return schemas


def _replies(found: Operation) -> list[Any]:
    """What an operation can give, without the Rejection that every one can."""
    union = typing.get_origin(found.reply) in (typing.Union, types.UnionType)
    parts = typing.get_args(found.reply) if union else (found.reply,)
    return [part for part in parts if part is not Rejection and part is not type(None)]


def _schema_hook(kind: Any) -> dict[str, Any]:
    return (
        {"$ref": REFERENCE.format(name="Table")}
        if kind is Table
        else {"description": f"{kind.__name__} as text"}
    )


def _with_units(document: dict[str, Any], record: type[Record]) -> dict[str, Any]:
    """Say the unit of each field that has one."""
    properties = document.get("properties", {})
    for name, column in schema_of(record).columns.items():
        if column is not None and column.unit and name in properties:
            properties[name]["x-unit"] = column.unit
    return document


def _path(found: Operation, language: str) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": found.name,
        "summary": translate(found.summary, language),
        "description": inspect.getdoc(found.function) or "",
        "tags": [found.room],
        "x-permission": found.permission,
        "x-personal-data": found.personal,
        "responses": {"200": _success(found)} | {each: {"$ref": FAILURE.format(each)} for each in FAILURES},
    }
    request = found.request.__name__
    if found.writes:
        body = {JSON: {"schema": {"$ref": REFERENCE.format(name=request)}}}
        described["requestBody"] = {"required": True, "content": body}
    else:
        described["parameters"] = _parameters(found)
    return {"post" if found.writes else "get": described}


def _parameters(found: Operation) -> list[dict[str, Any]]:
    document = input_schema(found)
    required = document.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": schema, "explode": True}
        for name, schema in document.get("properties", {}).items()
        if "$ref" not in str(schema)
    ]


def _success(found: Operation) -> dict[str, Any]:
    content: dict[str, Any] = {}
    replies = _replies(found)
    if replies:
        options, _ = msgspec.json.schema_components(replies, schema_hook=_schema_hook, ref_template=REFERENCE)
        content[JSON] = {"schema": options[0] if len(options) == 1 else {"anyOf": list(options)}}
    if Table in replies:
        content |= {
            media: {"schema": {"type": "string", "format": "binary"}} for media in FORMATS if media != JSON
        }
    return {"description": "Done.", "content": content}


def _failure(text: str) -> dict[str, Any]:
    return {"description": text, "content": {JSON: {"schema": {"$ref": REFERENCE.format(name="Failure")}}}}
