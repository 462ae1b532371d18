"""Whether a corrected row stands for a quarantined one: its key beside what can be read of the row as it came."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Mapping
from typing import Any

import polars as pl

from tallystick.history.datasets import Dataset
from tallystick.history.loading.typed import cells_of
from tallystick.history.loading.values import read_dates

__all__ = ["contradicts"]

FULL_SYMBOL = re.compile(r"[\w-]+\.[A-Z]{4}")
VENUE = re.compile(r"\.[A-Z]{4}$")
DATED = re.compile(r"(?:19|20)\d{6}|\d{2,4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?")
"""Cells that are dates and nothing else; a number of seven digits may be a volume."""
CLOCK = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?!\d{3})")
SECOND = 1_000_000_000
UNREADABLE = ("history.row_encoding",)


def contradicts(dataset: Dataset, row: Mapping[str, Any], key: Mapping[str, Any], zone: str) -> bool:
    """Whether the quarantined row says another symbol, date or time of day than the corrected one's key.

    What the row does not say, or says in the column that could not be read, contradicts nothing.
    """
    if row["reason"] in UNREADABLE:
        return False
    cells, named = cells_of(row["text"], dataset.given)
    cells = [cell.strip(' ="') for cell in cells]
    text = row["text"]
    for column, value in key.items():
        if value is None or column == row["column"]:
            continue
        if isinstance(value, str):
            said = [named[column]] if column in named else cells
            if column == dataset.spec.key[0] and not _names(value, said, text):
                return True
        elif isinstance(value, datetime.date):
            if _other_date(value, cells):
                return True
        elif column in ("ts", "ts_start") and _other_clock(int(value), text, zone):
            return True
    return False


def _names(symbol: str, cells: list[str], text: str) -> bool:
    """Whether cells name the symbol: whole, without its venue, or in parts that a mapping joins."""
    if symbol in cells:
        return True
    if any(FULL_SYMBOL.fullmatch(cell) for cell in cells):
        return False
    stem = VENUE.sub("", symbol)
    words = set(re.findall(r"\w+", text.casefold()))
    return set(re.findall(r"\w+", stem.casefold())) <= words or any(
        cell and cell.casefold() == stem.casefold() for cell in cells
    )


def _other_date(date: datetime.date, cells: list[str]) -> bool:
    """Whether cells are dates, and none is this one."""
    parts = [cell.replace("T", " ").partition(" ")[0] for cell in cells]
    dated = [part for part in parts if DATED.fullmatch(part)]
    found = read_dates(pl.Series(dated, dtype=pl.String)).values.drop_nulls().to_list()
    return bool(found) and date not in found


def _other_clock(moment: int, text: str, zone: str) -> bool:
    """Whether the text says times of day, and none is this one, by the zone's clock or by UTC, or a minute beside it
    (a bar may be labelled by its end).
    """
    said = {(int(hour), int(minute)) for hour, minute in CLOCK.findall(text)}
    times = set()
    for clock in (zone, "UTC"):
        for beside in (0, 60 * SECOND):
            seconds = (moment + beside) // SECOND
            local = datetime.datetime.fromtimestamp(seconds, zoneinfo.ZoneInfo(clock))
            times.add((local.hour, local.minute))
    return bool(said) and said.isdisjoint(times)
