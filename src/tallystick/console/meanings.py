"""What the columns of a reply mean: by the operation that gives them, by their name, else by their unit and type."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tallystick.console.fields import Field, field_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FACTS", "columns_in", "meaning_of", "with_unit"]

HOUSE_CODES = {"account": "account_number", "instrument": "symbol"}
"""Codes of the house, and the names that people use."""

MONEY_UNIT = "1e-4 "

FACTS = {"first": "first_date", "last": "last_date", "known_time": "newest_known", "owner": "owner_room",
         "rows": "row_versions"}  # fmt: skip
"""Fields of a dataset's record whose names mean something else elsewhere."""

MEANINGS = {
    "history.copy_archive": {"problem": "archive_problem"},
    "history.verify_archive": {"problem": "archive_problem"},
    "history.verify_sealed": {"problem": "seal_problem"},
    "history.actions": {"cash": "cash_a_share", "kind": "action_kind"},
    "history.dataset": FACTS,
    "history.factors": {"kinds": "action_kinds"},
}
"""Operation → fields of its reply whose names mean something else elsewhere, with the field that says what they are."""

OF_ROOM = {"history": {"index": "index_name", "reference": "reference_price"}}
"""Room → columns of its datasets whose names mean something else in the rooms that speak of them most."""


def meaning_of(operation: str, name: str) -> str:
    """The field by whose title and form a name in an operation's reply is shown.

    >>> meaning_of("history.dataset", "last"), meaning_of("history.bars", "close")
    ('last_date', 'close')
    >>> meaning_of("history.sql", "reference"), meaning_of("history.universe", "index")
    ('reference_price', 'index_name')
    """
    room = OF_ROOM.get(operation.partition(".")[0], {})
    return MEANINGS.get(operation, {}).get(name) or room.get(name, name)


def with_unit(field: Field, unit: str) -> Field:
    """A field as a reply shows it that declares a unit: money where the name says nothing.

    >>> with_unit(field_of("2330.XTAI"), "1e-4 of the currency").kind
    'money'
    """
    if field.kind == "text" and unit.startswith(MONEY_UNIT):
        return msgspec.structs.replace(field, kind="money", decimals=2)
    return field


def columns_in(operation: str, schema: pa.Schema) -> dict[str, Field]:
    """The columns of a reply that is no list of the console, and how each is shown: by its name, else by its type.

    Codes of the house are left out where the name that people use stands beside them.
    """
    left_out = {code for code, name in HOUSE_CODES.items() if name in schema.names}
    return {each.name: _shown(operation, each) for each in schema if each.name not in left_out}


def _shown(operation: str, column: pa.Field) -> Field:
    import pyarrow as pa

    unit = (column.metadata or {}).get(b"unit", b"").decode()
    field = with_unit(field_of(meaning_of(operation, column.name)), unit)
    if field.kind != "text":
        return field
    if pa.types.is_timestamp(column.type):
        return msgspec.structs.replace(field, kind="stamp")
    is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    return msgspec.structs.replace(field, kind="number") if is_number else field
