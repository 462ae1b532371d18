"""How replies are printed for people: the console's columns, titles, words and forms, set for a terminal.

A table shows what the console's list of the same operation shows. What is too wide for the terminal is told once above
the table where it is the same in every row, then left out and named; a pipe has no width and gets everything.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from rich.cells import cell_len, set_cell_size

from tallystick.console import (
    Field,
    columns_in,
    field_of,
    list_page_of,
    meaning_of,
    pairs_of,
    plain_of,
    rows_of,
    sections_of,
    with_cents,
    with_unit,
    word_of,
    written,
)
from tallystick.core.errors import Rejection
from tallystick.core.operations import Table
from tallystick.core.schema import Record, schema_of
from tallystick.core.text import render, translate

__all__ = ["Printer"]

GAP = "  "
LEAST_GROWING = 24
"""Cells that the column with the sentences keeps when others give way."""

VALUES_READ = "values"


class Shown(NamedTuple):
    """A column to print: its name in the reply, title, form, and whether it takes the width that is left."""

    name: str
    title: str
    field: Field
    grows: bool = False


class Printer:
    """Prints one operation's reply to standard output in a language, times in a zone."""

    def __init__(self, operation: str = "", *, language: str = "en", zone: str = "UTC") -> None:
        self._operation = operation
        self._language = language
        self._zone = zone

    def table(self, reply: Table) -> None:
        """The rows with the columns that people know, and how many more there are."""
        if reply.title:
            self._line(translate(reply.title, self._language))
        if reply.arrow.num_rows:
            self._rows(self._columns_of(reply), rows_of(reply))
        if reply.total_rows > reply.arrow.num_rows:
            self._line(
                self._say(
                    "{shown} of {total} rows; ask for more with --limit and --offset.",
                    shown=reply.arrow.num_rows,
                    total=reply.total_rows,
                )
            )
        elif not reply.arrow.num_rows:
            self._line(self._say("No rows."))

    def record(self, reply: Any) -> None:
        """The simple values one a line, then each list as a table under its name."""
        kinds = schema_of(type(reply)).columns if isinstance(reply, Record) else {}
        units = {name: kind.unit for name, kind in kinds.items() if kind}
        pairs = [
            (self._title(name), self._written(name, field, value))
            for name, value in plain_of(reply).items()
            if _is_simple(value)
            for field in [with_unit(field_of(self._meant(name)), units.get(name, ""))]
        ]
        self._pairs(pairs)
        for name, value in _mappings(reply):
            self._line(f"\n{self._title(name)}")
            self._pairs([(self._title(key), self._cell(key, inner)) for key, inner in value.items()])
        for block in sections_of(reply):
            self._line(f"\n{self._title(block.name)}")
            if block.rows and "text" in block.rows[0] and "code" in block.rows[0]:
                for row in block.rows:
                    self._rejection(Rejection(**row))
            else:
                columns, rows = [self._shown(name) for name in block.columns], block.rows
                if block.name == VALUES_READ:
                    columns = [column._replace(field=Field(column.title)) for column in columns]
                    rows = [self._said(row) for row in rows]
                self._rows(columns, rows)

    def rejection(self, reply: Rejection) -> None:
        """What was refused and what to do."""
        self._rejection(reply)

    # Inside

    def _said(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """A value that a decision read, its name and words in the language."""
        said = {key: self._say(value) if isinstance(value, str) else value for key, value in row.items()}
        return said | {"name": self._title(row["name"])}

    def _rejection(self, reply: Rejection) -> None:
        what, remedy = render(reply, self._language)
        self._line(what)
        if remedy:
            self._line(f"  {remedy}")

    def _columns_of(self, reply: Table) -> list[Shown]:
        names = set(reply.schema.names)
        page = list_page_of(self._operation, names)
        if page is None:
            found = columns_in(self._operation, reply.schema)
            return [Shown(name, self._title(name), field) for name, field in found.items()]
        columns = [column for column in page.columns if column.name in names]
        return [
            Shown(
                column.name,
                self._say(column.title or field_of(column.name).title),
                msgspec.structs.replace(
                    field_of(column.name),
                    **{
                        key: getattr(column, key)
                        for key in ("kind", "letter", "words", "none")
                        if getattr(column, key)
                    },
                ),
                column.grow,
            )
            for column in columns
        ]

    def _shown(self, name: str) -> Shown:
        return Shown(name, self._title(name), field_of(self._meant(name)))

    def _meant(self, name: str) -> str:
        return meaning_of(self._operation, name)

    def _title(self, name: str) -> str:
        title = self._say(field_of(self._meant(name)).title)
        return title[:1].upper() + title[1:]

    def _rows(self, columns: Sequence[Shown], rows: Sequence[Mapping[str, Any]]) -> None:
        cells = {}
        for column in columns:
            values = [row.get(column.name) for row in rows]
            field = with_cents(column.field, values)
            cells[column.name] = [self._written(column.name, field, value) for value in values]
        widths = {c.name: max(map(cell_len, (c.title, *cells[c.name]))) for c in columns}
        room = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
        shown = self._fit(columns, cells, widths, room) if room else list(columns)
        lines = [[column.title for column in shown]]
        lines += [[cells[column.name][place] for column in shown] for place in range(len(rows))]
        for line in lines:
            parts = [
                _aligned(text, widths[column.name], column.field.right)
                for column, text in zip(shown, line, strict=True)
            ]
            self._line(GAP.join(parts).rstrip())

    def _fit(
        self,
        columns: Sequence[Shown],
        cells: Mapping[str, list[str]],
        widths: dict[str, int],
        room: int,
    ) -> list[Shown]:
        """The columns that a terminal has room for; tells above the table what is the same in all rows or left out."""
        shown = list(columns)

        def needed() -> int:
            return sum(
                min(widths[c.name], LEAST_GROWING) if c.grows else widths[c.name] for c in shown
            ) + len(GAP) * (len(shown) - 1)

        many = len(next(iter(cells.values()))) > 1
        same = [
            column for column in shown[1:] if many and len(set(cells[column.name])) == 1 and not column.grows
        ]
        if needed() > room and same:
            self._line(" · ".join(f"{column.title} {cells[column.name][0]}" for column in same))
            shown = [column for column in shown if column not in same]
        left_out: list[Shown] = []
        while needed() > room and len(shown) > 1:
            left_out.insert(0, shown.pop(max(i for i, c in enumerate(shown) if not c.grows or i == 0)))
        if left_out:
            names = ", ".join(column.title for column in left_out)
            self._line(self._say("Too wide for this terminal (--json has all): {names}", names=names))
        for column in shown:
            if column.grows:
                rest = needed() - min(widths[column.name], LEAST_GROWING)
                widths[column.name] = min(widths[column.name], room - rest)
        return shown

    def _pairs(self, pairs: Sequence[tuple[str, str]]) -> None:
        width = max((cell_len(title) for title, _ in pairs), default=0)
        for title, value in pairs:
            self._line(f"{set_cell_size(title, width)}{GAP}{value}")

    def _cell(self, name: str, value: Any) -> str:
        return self._written(name, field_of(name), value)

    def _written(self, name: str, field: Field, value: Any) -> str:
        if field.none and value in (None, ""):
            return self._say(field.none)
        if field.kind == "code" and value not in (None, ""):
            return self._word(field.words or name, value)
        if field.kind == "list" and isinstance(value, str):
            value = [part.strip() for part in value.split(",") if part.strip()]
        if isinstance(value, bool):
            return self._say("yes") if value else self._say("no")
        if isinstance(value, list | tuple):
            words = [self._word(field.words or name, each) for each in value]
            return "; ".join(words) or written(None, field, zone=self._zone)
        return written(value, field, zone=self._zone)

    def _word(self, table: str, value: Any) -> str:
        """The word of a coded value in the language; a value without a word is a name, and stays as it is."""
        word, _mark = word_of(table, value)
        return word if word == str(value) else self._say(word)

    def _say(self, sentence: str, **values: Any) -> str:
        return translate(sentence, self._language, **values)

    def _line(self, text: str) -> None:
        sys.stdout.write(f"{text}\n")


def _aligned(text: str, width: int, right: bool) -> str:
    if cell_len(text) > width:
        return set_cell_size(text, width - 1) + "…"
    return " " * (width - cell_len(text)) + text if right else set_cell_size(text, width)


def _is_simple(value: Any) -> bool:
    """Whether a value stands on one line: no record, no mapping, no list of these."""
    if isinstance(value, list | tuple):
        return bool(value) and all(isinstance(each, str | int) for each in value)
    return not isinstance(value, dict | Table | msgspec.Struct)


def _mappings(reply: Any) -> list[tuple[str, dict[str, Any]]]:
    """The nested records and mappings of a reply."""
    found = []
    for field in msgspec.structs.fields(reply) if isinstance(reply, msgspec.Struct) else ():
        value = getattr(reply, field.name)
        if isinstance(value, dict) and value:
            found.append((field.name, value))
        elif isinstance(value, msgspec.Struct):
            found.append((field.name, dict(pairs_of(value))))
    return found
