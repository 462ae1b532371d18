"""From the fields that a caller gave to an operation's record; what is wrong is told the same way at every door.

A wrong value is named with its field and with what would be right: the choices, or an example.
"""

from __future__ import annotations

import datetime
import inspect
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import TallystickError, mark, suggestion
from tallystick.core.ready import ready
from tallystick.core.time import parse_date

if TYPE_CHECKING:
    from tallystick.core.operations import Operation
    from tallystick.core.schema import Record

__all__ = ["field_missing", "read_request", "signature_of", "wrong_value"]

_ = mark

EXAMPLES: dict[Any, tuple[str, str]] = {
    datetime.date: (_("Write a date as {example}."), "2026-11-20"),
    datetime.datetime: (_("Write a time as {example}."), "2026-11-20T09:00:00Z"),
    bool: (_("Give {example}."), "true / false"),
    int: (_("Give a whole number, such as {example}."), "100"),
    float: (_("Give a number, such as {example}."), "0.5"),
    str: (_("Give a text."), ""),
    Path: (_("Give a path, such as {example}."), "./firm"),
    list: (_("Give a list, such as {example}."), '["2330.XTAI", "2317.XTAI"]'),
    dict: (_("Give named values, such as {example}."), '{"name": "value"}'),
}
"""What to do about a value of each type, with an example that fits every door."""


def read_request(found: Operation, fields: Mapping[str, Any]) -> Record:
    """The operation's request. Dates are read as everywhere: `2026-11-20` or `20261120`.

    TallystickError names the field that is unknown, missing or wrong, and what would be right.
    """
    declared = {field.name: field for field in msgspec.structs.fields(found.request)}
    unknown = sorted(set(fields) - set(declared))
    if unknown:
        remedy, near = suggestion(unknown[0], sorted(declared))
        raise TallystickError(
            "operations.field",
            "{name} has no field {field}.",
            remedy,
            name=found.name,
            field=unknown[0],
            **near,
        )
    read = {name: _read(found.name, name, declared[name].type, value) for name, value in fields.items()}
    for name, field in declared.items():
        if field.required and name not in read:
            raise field_missing(found.name, name, field.type)
    try:
        return msgspec.convert(read, ready(found.request), strict=False)
    except msgspec.ValidationError as error:
        raise TallystickError(
            "operations.request",
            "{name}: {problem}.",
            "Compare it with {name} in docs/reference/operations.md.",
            name=found.name,
            problem=str(error),
        ) from None


def signature_of(found: Operation) -> inspect.Signature:
    """The operation as a Python function: its request's fields, with their types and defaults, and its reply.

    Every field can be given by name, and in this order.
    """
    parameters: list[inspect.Parameter] = []
    kind: Any = inspect.Parameter.POSITIONAL_OR_KEYWORD
    for field in msgspec.structs.fields(found.request):
        default = inspect.Parameter.empty
        if field.default is not msgspec.NODEFAULT:
            default = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        # Behind a default, a field that has none can be given by name only, and so can all that follow.
        if parameters and _follows_default(parameters[-1], default):
            kind = inspect.Parameter.KEYWORD_ONLY
        parameters.append(inspect.Parameter(field.name, kind, default=default, annotation=field.type))
    return inspect.Signature(parameters, return_annotation=found.reply)


def wrong_value(name: str, field: str, kind: Any, value: Any) -> TallystickError:
    """The fault of a value that a field of a type does not take.

    >>> str(wrong_value("history.bars", "freq", typing.Literal["1d", "1w"], "2d"))
    'history.bars: freq cannot be 2d. Choose one of 1d, 1w.'
    """
    remedy, values = _remedy(kind)
    return TallystickError(
        "operations.request",
        "{name}: {field} cannot be {value}.",
        remedy,
        name=name,
        field=field,
        value=_shown(value),
        **values,
    )


def field_missing(name: str, field: str, kind: Any) -> TallystickError:
    """The fault of leaving out a field that has no default."""
    remedy, values = _remedy(kind)
    return TallystickError(
        "operations.request", "{name} needs {field}.", remedy, name=name, field=field, **values
    )


def _follows_default(last: inspect.Parameter, default: Any) -> bool:
    return last.default is not inspect.Parameter.empty and default is inspect.Parameter.empty


def _read(name: str, field: str, kind: Any, value: Any) -> Any:
    """The value in the type of its field."""
    if isinstance(value, str) and datetime.date in _members(kind) and str not in _members(kind):
        try:
            return parse_date(value)
        except TallystickError:
            raise wrong_value(name, field, kind, value) from None
    try:
        return msgspec.convert(value, ready(kind), strict=False)
    except msgspec.ValidationError:
        raise wrong_value(name, field, _part(kind, value), value) from None


def _part(kind: Any, value: Any) -> Any:
    """The type that a value was to have: of a list whose parts are wrong the type of a part."""
    for member in _members(kind):
        if typing.get_origin(member) in (list, tuple) and isinstance(value, list | tuple):
            return typing.get_args(member)[0]
    return kind


def _remedy(kind: Any) -> tuple[str, dict[str, Any]]:
    """What to do about a value of a type, and the values of its places."""
    members = [member for member in _members(kind) if member is not type(None)]
    choices = [str(one) for member in members for one in _choices(member)]
    if choices:
        return _("Choose one of {some}."), {"some": ", ".join(choices)}
    for member in members:
        if typing.get_origin(member) is list and Any in _members(typing.get_args(member)[0]):
            return _("Name at least one file, such as {example}."), {"example": "prices.csv"}
        known = EXAMPLES.get(typing.get_origin(member) or member)
        if known:
            return known[0], {"example": known[1]}
        if typing.get_origin(member) is tuple:
            return EXAMPLES[list][0], {"example": EXAMPLES[list][1]}
    return _("Compare it with {name} in docs/reference/operations.md."), {}


def _choices(member: Any) -> tuple[Any, ...]:
    return typing.get_args(member) if typing.get_origin(member) is typing.Literal else ()


def _members(kind: Any) -> list[Any]:
    """The members of a union, or the type alone, without annotations."""
    if typing.get_origin(kind) is typing.Annotated:
        return _members(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [inner for part in typing.get_args(kind) for inner in _members(part)]
    return [kind]


def _shown(value: Any, longest: int = 60) -> str:
    text = "null" if value is None else str(value) or '""'
    return text if len(text) <= longest else text[: longest - 1] + "…"
