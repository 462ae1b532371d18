"""Which rows cannot be right: each check looks at whole columns and notes the first fault of a row."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from tallystick.history.datasets import Dataset
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.reasons import CODES
from tallystick.history.loading.values import (
    Column,
    as_text,
    is_missing,
    read_clock_times,
    read_dates,
    read_decimals,
    read_whole,
)

__all__ = ["Checked", "Fault", "check"]

COUNTS = ("volume", "trade_count")

Array = np.ndarray[Any, np.dtype[Any]]


class Fault(NamedTuple):
    """A fault of a row: its place in the source's frame, column, reason code, value as it came."""

    place: int
    column: str
    code: str
    value: str


class Checked(NamedTuple):
    """A source's rows after the checks: the good ones with typed columns, the faults of the others, rows that say that
    nothing was traded, rows that came twice alike, values rounded to 1e-4.
    """

    good: pl.DataFrame
    faults: list[Fault]
    without_trade: int
    duplicates: int
    rounded: int


class Notes:
    """The first fault of each row, by number, so that a million rows cost a byte each."""

    def __init__(self, rows: int) -> None:
        self.codes: Array = np.zeros(rows, dtype=np.uint8)
        self.columns: Array = np.zeros(rows, dtype=np.uint8)
        self.names: list[str] = []
        self.told: dict[int, str] = {}

    def note(self, wrong: pl.Series | Array, code: str, column: str) -> None:
        """Note a fault where `wrong` and no earlier fault."""
        where = np.asarray(wrong.fill_null(False) if isinstance(wrong, pl.Series) else wrong)
        if where.any():
            if column not in self.names:
                self.names.append(column)
            where = where & (self.codes == 0)
            self.codes[where] = CODES[code]
            self.columns[where] = self.names.index(column)

    def faults(self, raw: dict[str, pl.Series], codes: list[str]) -> list[Fault]:
        """All faults, with the values as they came."""
        found = []
        for place in np.flatnonzero(self.codes).tolist():
            column = self.names[self.columns[place]]
            value = self.told.get(place)
            if value is None:
                came = raw[column][place] if column in raw else None
                value = "" if came is None else str(came)
            found.append(Fault(place, column, codes[self.codes[place] - 1], value))
        return found


def check(
    dataset: Dataset,
    raw: dict[str, pl.Series],
    rows: Array,
    mapping: ColumnMapping,
    zone: str,
    known_time: int,
) -> Checked:
    """Read and check the columns of a source; `rows` are the row numbers as people see them."""
    count = len(rows)
    notes = Notes(count)
    typed: dict[str, pl.Series] = {"symbol": _symbols(raw["symbol"], mapping.suffix)}
    notes.note(is_missing(raw["symbol"]), "history.empty", "symbol")
    _read_times(dataset, raw, typed, notes, mapping, zone)
    rounded = 0
    prices = {name: read_decimals(raw[name], mapping.multiply.get(name, 1)) for name in dataset.prices}
    missing = np.logical_and.reduce([column.missing.to_numpy() for column in prices.values()])
    untraded = missing & (notes.codes == 0)
    for name, column in prices.items():
        rounded += _note_unreadable(notes, typed, name, column, "history.not_a_number")
        notes.note(column.missing.to_numpy() & ~missing, "history.empty", name)
    for name in ("volume", "amount", "trade_count"):
        if name in raw:
            read = read_whole if name in COUNTS else read_decimals
            code = "history.not_whole" if name in COUNTS else "history.not_a_number"
            rounded += _note_unreadable(
                notes, typed, name, read(raw[name], mapping.multiply.get(name, 1)), code
            )
            notes.note(typed[name] < 0, "history.negative", name)
    _note_order(notes, typed)
    _note_future(notes, dataset, typed, zone, known_time)
    frame = pl.DataFrame(typed)
    kept = np.flatnonzero((notes.codes == 0) & ~untraded)
    duplicates = _note_repeated(notes, dataset, frame, kept, rows)
    kept = kept[(notes.codes[kept] == 0) & ~duplicates]
    good = frame if len(kept) == count else frame[kept]
    return Checked(good, notes.faults(raw, list(CODES)), int(untraded.sum()), int(duplicates.sum()), rounded)


def _symbols(column: pl.Series, suffix: str) -> pl.Series:
    symbols = as_text(column).alias("symbol")
    if suffix:
        with_venue = symbols.str.contains(".", literal=True)
        symbols = symbols.zip_with(with_venue, symbols + suffix)
    return symbols


def _note_unreadable(
    notes: Notes, typed: dict[str, pl.Series], name: str, column: Column, code: str, *, empty: bool = False
) -> int:
    """Take a column that was read, note what is wrong with it (`empty`: also missing values); gives the rounded."""
    typed[name] = column.values.alias(name)
    notes.note(column.not_finite, "history.not_finite", name)
    notes.note(column.too_large, "history.too_large", name)
    notes.note(column.unreadable, code, name)
    if empty:
        notes.note(column.missing, "history.empty", name)
    return column.rounded


def _read_times(
    dataset: Dataset,
    raw: dict[str, pl.Series],
    typed: dict[str, pl.Series],
    notes: Notes,
    mapping: ColumnMapping,
    zone: str,
) -> None:
    """Date and times; a minute bar without a date belongs to the local date of its start."""
    if "date" in raw:
        _note_unreadable(notes, typed, "date", read_dates(raw["date"]), "history.not_a_date", empty=True)
    dates = typed.get("date")
    if dataset.kind == "minute":
        given = read_clock_times(raw["ts_start"], zone, dates)
        _note_unreadable(notes, typed, "ts_start", given, "history.not_a_time", empty=True)
        if mapping.label == "end" and "ts_end" not in raw:
            typed["ts_end"] = given.values.alias("ts_end")
            typed["ts_start"] = (given.values - dataset.bar_ns).alias("ts_start")
        elif "ts_end" in raw:
            end = read_clock_times(raw["ts_end"], zone, dates)
            _note_unreadable(notes, typed, "ts_end", end, "history.not_a_time", empty=True)
        else:
            typed["ts_end"] = (given.values + dataset.bar_ns).alias("ts_end")
        notes.note(typed["ts_end"] < typed["ts_start"], "history.ends_before_start", "ts_end")
        if dates is None:
            local = typed["ts_start"].cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(zone)
            typed["date"] = local.dt.date().alias("date")
        phases = (
            as_text(raw["phase"])
            if "phase" in raw
            else pl.repeat("continuous", len(given.values), eager=True)
        )
        typed["phase"] = phases.alias("phase")
    if "event_time" in raw:
        moments = read_clock_times(raw["event_time"], zone, dates)
        _note_unreadable(notes, typed, "event_time", moments, "history.not_a_time", empty=True)


def _note_order(notes: Notes, typed: dict[str, pl.Series]) -> None:
    high, low = typed["high"], typed["low"]
    notes.note(high < low, "history.high_below_low", "high")
    for name in ("open", "close"):
        notes.note((typed[name] > high) | (typed[name] < low), "history.outside_range", name)


def _note_future(
    notes: Notes, dataset: Dataset, typed: dict[str, pl.Series], zone: str, known_time: int
) -> None:
    known = pl.Series([known_time]).cast(pl.Datetime("ns", "UTC")).dt.convert_time_zone(zone)
    notes.note(typed["date"] > known.dt.date()[0], "history.future", "date")
    if dataset.kind == "minute":
        notes.note(typed["ts_start"] > known_time, "history.future", "ts_start")


def _note_repeated(notes: Notes, dataset: Dataset, frame: pl.DataFrame, kept: Array, rows: Array) -> Array:
    """Among the kept rows, which repeat an earlier one in every value; note those that repeat only its key."""
    key = list(dataset.spec.key)
    numbers = frame.select(
        pl.col(name).cast(pl.Categorical).to_physical()
        if frame[name].dtype == pl.String
        else pl.col(name).to_physical()
        for name in key
    )
    twice = (numbers if len(kept) == frame.height else numbers[kept]).is_duplicated().to_numpy()
    alike = np.zeros(len(kept), dtype=bool)
    if not twice.any():
        return alike
    suspects = frame[kept[twice]].with_columns(pl.Series("_place", kept[twice]))
    values = [name for name in frame.columns if name not in key]
    first = suspects.group_by(key, maintain_order=True).first()
    joined = suspects.join(first, on=key, how="left", suffix="_first", maintain_order="left")
    later = joined["_place"] != joined["_place_first"]
    equal = joined.select(
        pl.all_horizontal(pl.col(n).eq_missing(pl.col(f"{n}_first")) for n in values)
    ).to_series()
    alike[np.flatnonzero(twice)[(later & equal).to_numpy()]] = True
    for place, one in joined.filter(later & ~equal).select("_place", "_place_first").iter_rows():
        notes.codes[place] = CODES["history.key_twice"]
        if key[0] not in notes.names:
            notes.names.append(key[0])
        notes.columns[place] = notes.names.index(key[0])
        notes.told[place] = str(rows[one])
    return alike
