"""JSON as rows: a list of objects, objects line by line, or a table of field names and rows of values."""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from tallystick.history.loading.encodings import as_utf8
from tallystick.history.loading.sources import FrameSource

__all__ = ["open_json"]

OBJECTS = ("data", "rows", "results", "items")
"""Names under which an answer holds its rows."""


def open_json(name: str, sha256: bytes, data: bytes, encoding: str = "") -> FrameSource | None:
    """The rows of a JSON text, numbers with the digits that they are written with; None when it is no JSON of rows.

    >>> open_json("p.json", b"", b'[{"symbol": "9901", "close": 10.50}]').texts([1])[0]
    "{'symbol': '9901', 'close': '10.50'}"
    """
    text, found = as_utf8(data, encoding)
    try:
        written = text.decode("utf-8")
        given = _parsed(written)
    except (UnicodeDecodeError, ValueError, RecursionError):
        return None
    rows, title = _rows(given)
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
