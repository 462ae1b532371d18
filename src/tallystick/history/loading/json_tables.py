"""JSON as rows: a list of objects, objects line by line, or a table of field names and rows of values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from tallystick.core.errors import TallystickError
from tallystick.history.loading.encodings import as_utf8
from tallystick.history.loading.objects import frame_of_rows
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
    _refuse_answer(name, given, missing)
    rows, title = _rows(_fitting(given, missing), missing)
    if not rows:
        return None
    frame, several = frame_of_rows(rows)
    return FrameSource(name, sha256, frame, found, title=title, several=several)


def _parsed(text: str) -> Any:
    """The value, or those of each line."""
    try:
        return json.loads(text, parse_float=_written)
    except ValueError:
        return [json.loads(line, parse_float=_written) for line in text.splitlines() if line.strip()]


def _written(number: str) -> str:
    """A number with the digits that it is written with; 2330.0 is 2330, which programs make so beside a hole."""
    return number.removesuffix(".0")


def _refuse_answer(name: str, given: Any, missing: Callable[[Sequence[str]], int]) -> None:
    """TallystickError with what an exchange's answer says instead of rows."""
    told = given.get("stat") if isinstance(given, dict) else None
    if not isinstance(told, str) or any(given.get(key) for key in (*OBJECTS, TABLES)):
        return
    if missing(list(given)) >= missing([]):
        raise TallystickError(
            "history.answer",
            "{file} answers {told} and holds no rows.",
            "Exchanges answer so on days without trading; else ask again for the right date.",
            file=name,
            told=told,
        )


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


def _rows(given: Any, missing: Callable[[Sequence[str]], int]) -> tuple[list[dict[str, Any]], str]:
    """The rows with their names, and the title that stands above them; one object alone is a row when it has no lists
    or objects in it, or a needed column.
    """
    title = ""
    if isinstance(given, dict):
        title = str(given.get("title", ""))
        found: list[Any] = next((given[key] for key in OBJECTS if isinstance(given.get(key), list)), [])
        names = given.get("fields")
        if isinstance(names, list):
            found = _named([str(key) for key in names], found)
        plain = not any(isinstance(cell, dict | list) for cell in given.values())
        given = found or ([given] if plain or missing(list(given)) < missing([]) else [])
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        return [], title
    return given, title


def _named(names: list[str], rows: list[Any]) -> list[dict[str, Any]]:
    """Rows of values with the names of their fields; none when they do not fit, or a name comes twice."""
    fit = all(isinstance(row, list) and len(row) == len(names) for row in rows)
    return (
        [dict(zip(names, row, strict=True)) for row in rows] if fit and len(set(names)) == len(names) else []
    )
