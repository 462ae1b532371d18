"""From what a caller sent to an operation's fields: query parameters for questions, a JSON object for changes.

Values stay as they were sent; the operation's record converts and checks them. Only lists need care here: a list
field takes a repeated parameter or one with commas.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from typing import Any

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.operations import Operation

__all__ = ["is_list", "is_text", "query_fields", "read_object"]


def query_fields(found: Operation, pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The fields of a query string; an empty value of a field that is no text means that the field is not given.

    Unknown names pass through, so that the operation names the nearest field. A single field given twice:
    TallystickError.
    """
    types_of = {field.name: field.type for field in msgspec.structs.fields(found.request)}
    fields: dict[str, Any] = {}
    for name, value in pairs:
        kind = types_of.get(name, str)
        if is_list(kind):
            fields.setdefault(name, []).extend(part for part in str(value).split(",") if part)
        elif name in fields:
            raise TallystickError(
                "gateway.field_twice", "The field {field} is given twice.", "Give it once.", field=name
            )
        elif value != "" or is_text(kind):
            fields[name] = value
    return fields


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; an empty body has no fields. TallystickError if it is anything else."""
    if not body.strip():
        return {}
    try:
        fields = msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise TallystickError(
            "gateway.not_json", "The body is no JSON: {problem}.", "Send one JSON object.", problem=str(error)
        ) from None
    if not isinstance(fields, dict):
        raise TallystickError("gateway.not_an_object", "The body is no JSON object.", "Send one JSON object.")
    return fields


def is_list(kind: Any) -> bool:
    """Whether a field's type holds several values.

    >>> is_list(list[str]), is_list(tuple[int, ...] | None), is_list(str)
    (True, True, False)
    """
    return any(typing.get_origin(part) in (list, tuple, set, frozenset) for part in _parts(kind))


def is_text(kind: Any) -> bool:
    """Whether a field's type takes any text, the empty one too, and not None."""
    parts = _parts(kind)
    return str in parts and type(None) not in parts


def _parts(kind: Any) -> list[Any]:
    """The members of a union, or the type alone, without annotations."""
    if typing.get_origin(kind) is typing.Annotated:
        return _parts(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [inner for part in typing.get_args(kind) for inner in _parts(part)]
    return [kind]
