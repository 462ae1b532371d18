"""Rows that a person typed: CSV text with a header, as a form or a program without files of this machine sends them."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence

from tallystick.core.errors import TallystickError
from tallystick.core.text import translate
from tallystick.history.loading.reports import RowReason

__all__ = ["LARGEST_TEXT", "TYPED", "TypedRows", "cells_of", "rows_of_text", "typed_wrongly"]

TYPED = "typed"
"""What rows that a person typed are said to come from."""

LARGEST_TEXT = 1_000_000
"""Letters that are taken; more is a file, and belongs to `history.load` or `history.correct`."""

FAULTS_TOLD = 20

SEPARATORS = "\t;|,"

PLAIN = {"symbol": re.compile(r"\w+\.[A-Z]{4}"), "date": re.compile(r"\d{4}-\d\d-\d\d")}
"""Columns whose values have a form that no other column's have."""


class TypedRows(list[dict[str, str]]):
    """Rows that a person typed, by the names of the columns."""


def rows_of_text(text: str) -> TypedRows:
    r"""The rows of CSV text by its header; empty cells are left out.

    TallystickError when there is no row, a row has other cells than the header, or the text is too large.

    >>> rows_of_text("row,close\n2,10.5\n3,\n")
    [{'row': '2', 'close': '10.5'}, {'row': '3'}]
    """
    if len(text) > LARGEST_TEXT:
        raise TallystickError(
            "history.text_too_large",
            "The rows are {size} letters long; at most {largest} are taken as text.",
            "Save them as a file and load it on the firm's machine.",
            size=len(text),
            largest=LARGEST_TEXT,
        )
    lines = [line for line in csv.reader(io.StringIO(text.strip())) if any(cell.strip() for cell in line)]
    if len(lines) < 2:
        raise TallystickError(
            "history.no_rows",
            "There is no row below the header.",
            "Write the names of the columns in the first line and a row in each further one.",
        )
    header = [name.strip() for name in lines[0]]
    for number, line in enumerate(lines[1:], 1):
        if len(line) != len(header):
            raise TallystickError(
                "history.row_cells",
                "Row {row} has {cells} cells, the header {columns}.",
                "Give each row as many cells as the header has; put texts with commas into quotation marks.",
                row=number,
                cells=len(line),
                columns=len(header),
            )
    return TypedRows(
        {name: cell.strip() for name, cell in zip(header, line, strict=True) if cell.strip()}
        for line in lines[1:]
    )


def typed_wrongly(reasons: Sequence[RowReason], language: str) -> TallystickError:
    """The refusal of typed rows of which some do not pass the checks, with why."""
    told = [
        translate("row {row}: {reason}", language, row=one.row, reason=one.reason)
        for one in reasons[:FAULTS_TOLD]
    ]
    return TallystickError(
        "history.typed_wrongly",
        "Nothing was changed; not every row passes the checks: {reasons}",
        "Correct what is told and send all the rows again; nothing waits in quarantine.",
        reasons=" ".join([*told, *(["…"] if len(reasons) > FAULTS_TOLD else [])]),
    )


def cells_of(text: str, columns: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The cells of a row as it came, and those whose column is known: a frame's row says its names, of a line of text
    only what cannot be anything else is.

    >>> cells_of("2330.XTAI,2026-11-20,580", ["symbol", "close"])
    (['2330.XTAI', '2026-11-20', '580'], {'symbol': '2330.XTAI'})
    >>> cells_of('{"symbol": "2330.XTAI", "close": -1.5}', ["symbol", "close"])
    (['2330.XTAI', '-1.5'], {'symbol': '2330.XTAI', 'close': '-1.5'})
    """
    if text.startswith("{"):
        try:
            given = json.loads(text)
        except ValueError:
            given = None  # a long row is cut
        if isinstance(given, dict):
            said = {str(name): str(value) for name, value in given.items() if value is not None}
            return list(said.values()), {name: said[name] for name in columns if name in said}
    separator = max(SEPARATORS, key=text.count)
    cells = [cell.strip() for cell in next(csv.reader([text], delimiter=separator), []) if cell.strip()]
    return cells, {name: cells[place] for name, place in _plain(cells) if name in columns}


def _plain(cells: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The columns that a cell alone can be: a symbol with its venue, and a date, where there is one of each."""
    for name, form in PLAIN.items():
        places = [place for place, cell in enumerate(cells) if form.fullmatch(cell)]
        if len(places) == 1:
            yield name, places[0]
