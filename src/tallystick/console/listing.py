"""List pages as data: which operation, which columns, which filters; and what the browser's grid needs of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from tallystick.console.codes import CODES, NAMES
from tallystick.console.fields import RIGHT_KINDS, field_of
from tallystick.core.operations import Operation

__all__ = ["Action", "Column", "Filter", "ListPage", "grid_config", "usable_filters"]

Translate = Callable[[str], str]


class Column(msgspec.Struct, frozen=True):
    """A column: the name in the table; title, kind, unit and width come from the field unless given here.

    `link` makes its cells lead somewhere: `/market/instruments/{symbol}`.
    """

    name: str
    link: str = ""
    title: str = ""
    kind: str = ""
    unit: str | None = None
    width: int = 0
    letter: str = ""
    words: str = ""
    """For coded values: the table of words, when it is not that of the column's own name."""
    grow: bool = False
    """Whether it takes the width that is left."""
    none: str = ""
    """The word for no value, where it is not a dash."""


class Filter(msgspec.Struct, frozen=True):
    """A filter: a field of the operation's request; `choices` are values of the coded field of that name."""

    name: str
    title: str = ""
    choices: tuple[str, ...] = ()
    sentences: dict[str, str] = {}
    """For choices that are sentences: value → English sentence."""
    size: str = ""
    """`wide`, `short` or `narrow`."""
    first: str = ""
    """The choice that holds until the person takes another, or all."""
    none: str = ""
    """What no choice means, where it is not all."""
    listed: tuple[str, str] | None = None
    """The operation that lists its values, and the column that holds them."""

    @property
    def kind(self) -> str:
        """The form's control: choices, a date, or text."""
        if self.choices or self.sentences or self.listed:
            return "choice"
        return "date" if field_of(self.name).kind == "date" else "text"


class Action(msgspec.Struct, frozen=True):
    """What a person may do from a page: its words, and the form that it leads to."""

    title: str
    address: str


class ListPage(msgspec.Struct, frozen=True):
    """A page of kind LIST. `key` names the columns that together tell rows apart; `record` is where a row leads.

    `fixed` are fields of the request that nobody changes here; `verifies` is the operation that compares what the list
    holds with its proof, for the button that asks it. `proposals` are the kinds of commands for this page that may wait
    for a second person: it says which do.
    """

    name: str
    address: str
    title: str
    operation: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    empty: str
    command: str
    filters: tuple[Filter, ...] = ()
    record: str = ""
    sort: str = ""
    actions: tuple[Action, ...] = ()
    proposals: tuple[str, ...] = ()
    fixed: dict[str, str] = {}
    verifies: str = ""


def grid_config(
    page: ListPage,
    found: Operation | None,
    translate: Translate,
    currency: str,
    fixed: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What the browser needs to show the page as a grid; `fixed` are request fields that the person cannot change."""
    fields = {field.name for field in msgspec.structs.fields(found.request)} if found else set()
    return {
        "name": page.name,
        "operation": page.operation,
        "source": "/api/" + page.operation.replace(".", "/"),
        "columns": [_column(column, translate, currency) for column in page.columns],
        "key": list(page.key),
        "record": page.record,
        "sort": page.sort if "sort" in fields else "",
        "sortable": "sort" in fields,
        "pages": {"limit", "offset"} <= fields,
        "fixed": {**page.fixed, **(fixed or {})},
        "empty": translate(page.empty),
        "command": page.command,
    }


def usable_filters(page: ListPage, found: Operation | None) -> list[Filter]:
    """The page's filters that the operation really has as fields."""
    fields = {field.name for field in msgspec.structs.fields(found.request)} if found else set()
    return [each for each in page.filters if each.name in fields]


def _column(column: Column, translate: Translate, currency: str) -> dict[str, Any]:
    field = field_of(column.name)
    kind = column.kind or field.kind
    unit = column.unit if column.unit is not None else "" if column.kind else field.unit
    described = {
        "name": column.name,
        "title": translate(column.title or field.title),
        "kind": kind,
        "unit": translate(unit).replace("{currency}", currency),
        "width": column.width or field.width,
        "decimals": field.decimals,
        "letter": column.letter or field.letter,
        "right": field.right if not column.kind else column.kind in RIGHT_KINDS,
        "link": column.link,
        "grow": column.grow,
        "none": translate(column.none or field.none) if column.none or field.none else "",
    }
    if kind in ("code", "list"):
        table = column.words or field.words or column.name
        words = {key: [translate(word), mark] for key, (word, mark) in CODES.get(table, {}).items()}
        words |= {name: words[key] for name, key in NAMES.get(table, {}).items()}
        described["words"] = words
    return described
