"""Which values a form offers for a field: those of the request record's own type, else a known list of words."""

from __future__ import annotations

import enum
import types
import typing
from typing import Any

from tallystick.console.codes import CODES
from tallystick.console.navigation import RAIL

__all__ = ["choices_of", "is_several", "parts_of", "takes_none"]

LISTS: dict[str, tuple[str, ...]] = {
    "severity": tuple(CODES["severity"]),
    "record_classes": tuple(name for name in CODES["record_class"] if name != "*"),
    "room": tuple(section.name for section in RAIL if section.name != "firm"),
}
"""Text fields whose values are known words, though their type does not say so."""


def choices_of(name: str, kind: Any) -> list[str]:
    """The values that a field of this name and type can have, as they are sent; empty when any text goes.

    >>> from typing import Literal
    >>> choices_of("side", Literal["buy", "sell"]), choices_of("permissions", list[Literal["a", "b"]] | None)
    (['buy', 'sell'], ['a', 'b'])
    >>> choices_of("reason", str)
    []
    """
    found: list[str] = []
    for part in parts_of(kind):
        if typing.get_origin(part) is typing.Literal:
            found += [str(value) for value in typing.get_args(part)]
        elif isinstance(part, type) and issubclass(part, enum.Enum):
            found += [str(member.value) for member in part]
        elif typing.get_origin(part) in (list, tuple):
            found += [choice for inner in typing.get_args(part) for choice in choices_of(name, inner)]
    return found or (list(LISTS.get(name, ())) if {str, list[str]} & set(parts_of(kind)) else [])


def is_several(kind: Any) -> bool:
    """Whether a field takes a list of values.

    >>> is_several(list[str] | None), is_several(str)
    (True, False)
    """
    return any(typing.get_origin(part) in (list, tuple) for part in parts_of(kind))


def takes_none(kind: Any) -> bool:
    """Whether a field may be left out with the meaning of none.

    >>> takes_none(str | None), takes_none(str)
    (True, False)
    """
    return type(None) in parts_of(kind)


def parts_of(kind: Any) -> list[Any]:
    """The members of a union, or the type alone, without annotations.

    >>> parts_of(int | None)
    [<class 'int'>, <class 'NoneType'>]
    """
    if typing.get_origin(kind) is typing.Annotated:
        return parts_of(typing.get_args(kind)[0])
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        return [inner for part in typing.get_args(kind) for inner in parts_of(part)]
    return [kind]
