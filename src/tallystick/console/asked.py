"""What the fields of requests mean: forms, and the options of commands, show them by these titles.

A reply and a request may use one name for two things: `rows` is a count in a list and a text in a form, `last` is a
price of an instrument and the last date of a hold. By the type of a request's field it is known which is meant.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection
from typing import Any

from tallystick.console.choices import choices_of, is_several, parts_of
from tallystick.console.fields import Field, field_of
from tallystick.console.words import mark as _

__all__ = ["asked_field", "words_name"]

MEANINGS = {"lot": "lot_type", "to": "stage"}
"""Fields with choices that mean what another name means elsewhere."""

DATES = {"first": "first_date", "last": "last_date", "at": "as_of"}
"""Dates whose names mean something else in lists."""

LISTS = {
    "instruments": "instrument_list",
    "parties": "party_list",
    "accounts": "account_list",
    "files": "file_list",
    "columns": "column_list",
}
"""Lists of texts whose names are those of numbers or single values elsewhere."""

TEXTS = {"rows": "rows_text"}
"""Texts whose names are those of numbers in lists."""

OWN = {
    ("history.asof", "left"): Field(_("Dataset whose rows ask")),
    ("history.asof", "right"): Field(_("Dataset whose rows answer")),
    ("history.asof", "by"): Field(_("Column that both share")),
    ("history.dismiss_rows", "rows"): Field(_("Numbers of the rows; all that wait, when empty"), "list"),
    ("history.panel", "field"): Field(_("Figure")),
    ("history.quality", "by"): Field(_("Scores by"), "code"),
    ("history.quarantine", "released"): Field(_("Released ones instead"), "flag"),
    ("history.resample", "every"): Field(_("Length of a bar")),
    ("history.universe", "name"): Field(_("Index")),
    ("journal.batch", "first"): Field(_("First command shown"), "number"),
    ("risk.orders", "reason"): Field(_("Refused with the reason")),
    ("simulation.build", "branches"): Field(_("Branches"), "count"),
    ("simulation.build", "clients"): Field(_("Clients"), "count"),
    ("simulation.build", "house_orders"): Field(_("New orders a day"), "count"),
    ("simulation.build", "instruments"): Field(_("Instruments"), "count"),
    ("simulation.build", "oddities"): Field(_("Oddities of each kind a day"), "count"),
    ("simulation.build", "seed"): Field(_("Seed of the random numbers"), "number"),
}
"""Fields of one operation that mean something of their own."""


def asked_field(operation: str, name: str, kind: Any) -> Field:
    """The field of a request: its title and form as a form or a command shows it.

    >>> asked_field("market.calendar", "last", datetime.date | None).title, asked_field("x", "rows", str).title
    ('Last date', 'Rows, as CSV with a header')
    >>> asked_field("history.place_hold", "instruments", list[str]).title
    'Instruments'
    """
    own = OWN.get((operation, name))
    if own is not None:
        return own
    parts = parts_of(kind)
    if datetime.date in parts:
        return field_of(DATES.get(name, name))
    if choices_of(name, kind) and name in MEANINGS:
        return field_of(MEANINGS[name])
    if is_several(kind):
        return field_of(LISTS.get(name, name))
    return field_of(TEXTS.get(name, name) if str in parts else name)


def words_name(name: str, field: Field, choices: Collection[str]) -> str:
    """The table of words of a field's choices.

    >>> words_name("lot", Field("Lot"), ["board"]), words_name("side", Field("Side"), ["buy"])
    ('lot_type', 'side')
    """
    return field.words or (MEANINGS.get(name, name) if choices else name)
