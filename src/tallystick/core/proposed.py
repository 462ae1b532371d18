"""A proposal read out: every field of the command that it holds, with what is in force now, as text for people.

A machine may know more than the command says by itself: packed rows, codes, what the command would change. It then
has a method `compared(command)` that gives two mappings of the same shape: what is in force, and what is proposed.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.money import format_money
from tallystick.core.schema import Record, Text, schema_of

if TYPE_CHECKING:
    from tallystick.core.context import House
    from tallystick.core.events import Command

__all__ = ["ProposedField", "fields_of", "proposed_fields"]

ENVELOPE = ("command_id", "actor", "received_at", "approval")
"""Who sends, when, and under which approval: no part of what is proposed."""


class ProposedField(Record, frozen=True, kw_only=True):
    """A field of a proposed command: its place (`rows 2`, empty for the command's own), its name, the value in force
    (empty where there is none, or it cannot be told), and the value proposed.

    Amounts are written in whole currency, dates as YYYY-MM-DD, hashes in hex, yes and no in words.
    """

    part: Text
    name: Text
    in_force: Text
    proposed: Text


def proposed_fields(house: House, command: Command, *, compare: bool = True) -> list[ProposedField]:
    """The fields of a command, in its own order; with `compare` beside what is in force now."""
    name = next((each.name for each in house.engine().machines.values() if type(command) in each.decides), "")
    compared = getattr(house.machine(name), "compared", None) if name else None
    before, after = compared(command) if compared is not None else ({}, _plain(command))
    return fields_of(before if compare else {}, after)


def fields_of(before: Mapping[str, Any], after: Mapping[str, Any], part: str = "") -> list[ProposedField]:
    """The values of two mappings side by side; rows inside them by their places.

    >>> found = fields_of({"rows": [{"value": 5}]}, {"hold": "A", "rows": [{"value": 7}]})
    >>> [(each.part, each.name, each.in_force, each.proposed) for each in found]
    [('', 'hold', '', 'A'), ('rows 1', 'value', '5', '7')]
    """
    found = []
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name), after.get(name)
        if name in ENVELOPE:
            continue
        if _has_rows(new):
            for place, row in enumerate(new or ()):
                known = old[place] if isinstance(old, Sequence) and place < len(old) else None
                found += fields_of(known or {}, row, f"{part} {name} {place + 1}".strip())
        else:
            found.append(ProposedField(part=part, name=name, in_force=_text(old), proposed=_text(new)))
    return found


def _plain(record: Record) -> dict[str, Any]:
    """A record's fields, amounts as text, records inside it as mappings."""
    columns = schema_of(type(record)).columns
    found: dict[str, Any] = {}
    for name in (field.name for field in msgspec.structs.fields(record)):
        value, column = getattr(record, name), columns.get(name)
        if column is not None and column.unit.startswith("1e-4") and value is not None:
            value = format_money(value)
        elif isinstance(value, list | tuple) and value and isinstance(value[0], msgspec.Struct):
            value = [_plain(each) for each in value]
        found[name] = value
    return found


def _has_rows(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], Mapping)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return ", ".join(map(_text, value))
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)
