"""JSON as rows: a list of objects, objects line by line, or a table of field names and rows of values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from tallystick.history.loading.encodings import as_utf8
from tallystick.history.loading.sources import FrameSource

__all__ = ["open_json"]

OBJECTS = ("data", "rows", "results", "items")
"""Names under which an answer holds its rows."""

TABLES = "tables"
"""The name under which an answer holds several tables, each with its own fields."""

DIGITS_OF_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")


def open_json(
    name: str, sha256: bytes, data: bytes, missing: Callable[[Sequence[str]], int], encoding: str = ""
) -> FrameSource | None:
    """The rows of a JSON text, numbers with the digits that they are written with; None when it is no JSON of rows. Of
    several tables it is the one whose fields lack the fewest needed columns, by `missing`.

    >>> open_json("p.json", b"", b'[{"symbol": "9901", "close": 10.50}]', len).texts([1])[0]
    '{"symbol": "9901", "close": "10.50"}'
    """
    text, found = as_utf8(data, encoding)
    try:
        written = text.decode("utf-8")
        given = _parsed(written)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None
    rows, title = _rows(_fitting(given, missing))
    if not rows:
        return None
    columns: dict[str, None] = dict.fromkeys(key for row in rows for key in row)
    frame = pl.DataFrame({key: [row.get(key) for row in rows] for key in columns}, strict=False)
    return FrameSource(name, sha256, frame, found, title=title)


def _parsed(text: str) -> Any:
    """The value, or those of each line."""
    try:
        return json.loads(text, parse_float=str)
    except ValueError:
        return [json.loads(line, parse_float=str) for line in text.splitlines() if line.strip()]


def _fitting(given: Any, missing: Callable[[Sequence[str]], int]) -> Any:
    """What was given, or of its tables the one that fits best, with the date of all in its title."""
    tables = given.get(TABLES) if isinstance(given, dict) else None
    if not isinstance(tables, list):
        return given
    fields = {
        place: [str(name) for name in table["fields"]]
        for place, table in enumerate(tables)
        if isinstance(table, dict) and isinstance(table.get("fields"), list)
    }
    if not fields:
        return given
    best = tables[min(fields, key=lambda place: missing(fields[place]))]
    date = DIGITS_OF_DATE.sub(r"\1-\2-\3", str(given.get("date", "")))
    return best | {"title": f"{best.get('title', '')} {date}".strip()}


def _rows(given: Any) -> tuple[list[dict[str, Any]], str]:
    """The rows with their names, and the title that stands above them."""
    title = ""
    if isinstance(given, dict):
        title = str(given.get("title", ""))
        found: list[Any] = next((given[key] for key in OBJECTS if isinstance(given.get(key), list)), [])
        names = given.get("fields")
        if isinstance(names, list):
            found = _named([str(key) for key in names], found)
        given = found or [given]
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        return [], title
    plain = all(not isinstance(cell, dict | list) for row in given for cell in row.values())
    return (given, title) if plain else ([], title)


def _named(names: list[str], rows: list[Any]) -> list[dict[str, Any]]:
    """Rows of values with the names of their fields; none when they do not fit, or a name comes twice."""
    fit = all(isinstance(row, list) and len(row) == len(names) for row in rows)
    return (
        [dict(zip(names, row, strict=True)) for row in rows] if fit and len(set(names)) == len(names) else []
    )
