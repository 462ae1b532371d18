"""Rows as they were read, written so that a person can give them again: a quarantined row keeps them by column."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tallystick.core.schema import number_date
from tallystick.core.time import format_time
from tallystick.history.datasets import Dataset
from tallystick.history.loading.rows import Rows, Typed

__all__ = ["cells_from", "cells_text"]


def cells_text(rows: Rows, place: int, zone: str) -> str:
    """The values of a row by column as a JSON object, those that could be read.

    They are what was understood of the row (its symbol with the venue, its numbers in whole units, times of `zone`),
    not how its source writes them, so that they can be typed without the source's mapping.
    """
    dataset = rows.dataset
    told = {
        name: text
        for name in dataset.given
        if name in rows.columns and (text := _text(dataset, name, rows.columns[name], place, zone))
    }
    return json.dumps(told, ensure_ascii=False)


def cells_from(text: str | None) -> Mapping[str, str]:
    """What `cells_text` kept; nothing of rows that were set aside before it was kept.

    >>> cells_from('{"symbol": "9901.XTAI"}'), cells_from(None)
    ({'symbol': '9901.XTAI'}, {})
    """
    return dict(json.loads(text)) if text else {}


def _text(dataset: Dataset, name: str, column: Typed, place: int, zone: str) -> str:
    if column.there is not None and not column.there[place]:
        return ""
    value = int(column.values[place])
    if column.words is not None:
        return column.words[value]
    about = dataset.columns[name]
    if about.kind == "date":
        return number_date(value).isoformat()
    if about.kind == "timestamp":
        return format_time(value, zone, digits=9)
    return _decimal(value, int(about.unit[3:4]) if about.unit.startswith("1e-") else 0)


def _decimal(value: int, decimals: int) -> str:
    """A whole number of 1e-`decimals` exactly, without zeros at its end.

    >>> _decimal(204_900, 4), _decimal(-5, 4), _decimal(868_000, 0)
    ('20.49', '-0.0005', '868000')
    """
    whole, rest = divmod(abs(value), 10**decimals)
    part = f".{rest:0{decimals}d}".rstrip("0").rstrip(".") if decimals else ""
    return f"{'-' if value < 0 else ''}{whole}{part}"
