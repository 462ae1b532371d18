"""Until when a record must be kept: the longest of all rules that were ever in force for it.

Pure: rows, clocks and dates in, a date or "not known" out. A rule counts if it was in force at any time from the record
on, so that a longer rule of the past and a longer one of today both hold. No rule, or a clock that has not started,
means keep.
"""

from __future__ import annotations

import calendar
import csv
import datetime
import functools
import io
from collections.abc import Callable, Container, Iterable, Mapping
from importlib import resources
from typing import Any, NamedTuple

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.errors import mark as _
from tallystick.core.schema import date_number, number_date
from tallystick.history.events import RetentionRow

__all__ = [
    "CLOCKS",
    "COLUMNS",
    "STATUSES",
    "UNITS",
    "KeepUntil",
    "Problem",
    "adopted",
    "keep_until",
    "problems_of",
    "purge_grace_days",
    "read_rows",
    "shipped_rows",
]

UNITS = ("days", "months", "years")
CLOCKS = {
    "record": "the date of the record itself",
    "month_end": "the end of the month of the record",
    "year_end": "the end of the year of the record",
    "year_closed": "the closing of the year of the record, as journaled",
    "mark": "the mark of a purge",
    "relationship_end": "the end of the relationship, which is not known for a whole partition",
    "account_closed": "the closing of the account, which is not known for a whole partition",
    "unknown": "not said by the source",
}
STATUSES = ("verified", "secondary", "empirical", "unverified", "house", "withdrawn")
COLUMNS = RetentionRow.__struct_fields__
PURGE_GRACE = "purge_grace"
LONGEST = 36_525
"""The greatest value of a row, whatever its unit: a hundred years in days."""

READINGS: dict[str, Callable[[str], Any]] = {
    "value": int,
    "valid_from": datetime.date.fromisoformat,
    "valid_to": datetime.date.fromisoformat,
}
Identity = tuple[str, str, str, str]

EMPTY = _("Line {line}: {column} is empty.")
TWICE = _("Line {line} is about the same rule as line {other}.")
ONE_LINE = _("Write one line for each jurisdiction, record_class, rule and valid_from.")
NO_SUCH_RULE = _("Line {line} takes back a rule that is not in force: {rule}.")
RULES_LISTED = _(
    "`tally history retention` lists the rules; jurisdiction, record_class, rule and valid_from must agree."
)


class KeepUntil(NamedTuple):
    """Until when to keep (None: for ever, as far as is known), and the row that says so (None: no row does)."""

    date: datetime.date | None
    row: RetentionRow | None

    @property
    def is_known(self) -> bool:
        """Whether there is an end."""
        return self.date is not None


def keep_until(
    rows: Iterable[RetentionRow],
    record_class: str,
    first: datetime.date,
    last: datetime.date,
    today: datetime.date,
    clocks: Mapping[str, datetime.date],
) -> KeepUntil:
    """Until when records of a class from `first` to `last` must be kept, as the rules stand today.

    `clocks` are the journaled starts by clock and subject (`year_closed 2026`).

    >>> law = RetentionRow(jurisdiction="TW", record_class="orders", rule="aml", value=5, unit="years", clock="record",
    ...                    source="an act", status="verified")
    >>> day = datetime.date(2020, 2, 29)
    >>> str(keep_until([law], "orders", day, day, day, {}).date)
    '2025-02-28'
    >>> keep_until([law], "cash", day, day, day, {}).is_known
    False
    """
    longest = KeepUntil(None, None)
    for row in rows:
        if not _matches(row, record_class, first, today):
            continue
        start = _start(row.clock, last, clocks)
        if start is None:
            return KeepUntil(None, row)
        end = _later(start, row.value, row.unit)
        if longest.date is None or end > longest.date:
            longest = KeepUntil(end, row)
    return longest


def purge_grace_days(rows: Iterable[RetentionRow], record_class: str, today: datetime.date) -> int | None:
    """How many days lie between mark and deletion at least; None when no row in force says it."""
    found = [
        (_later(today, row.value, row.unit) - today).days
        for row in rows
        if row.clock == "mark" and row.record_class in ("*", record_class) and _holds(row, today, today)
    ]
    return max(found, default=None)


def _matches(row: RetentionRow, record_class: str, first: datetime.date, today: datetime.date) -> bool:
    """Whether a row held for a class on some day from the first record to today."""
    return row.clock != "mark" and row.record_class in ("*", record_class) and _holds(row, first, today)


def _holds(row: RetentionRow, first: datetime.date, last: datetime.date) -> bool:
    return (row.valid_from is None or row.valid_from <= last) and (
        row.valid_to is None or first <= row.valid_to
    )


def _start(clock: str, last: datetime.date, clocks: Mapping[str, datetime.date]) -> datetime.date | None:
    """When a clock started for records up to a date; None when that is not known."""
    if clock == "record":
        return last
    if clock == "month_end":
        return last.replace(day=calendar.monthrange(last.year, last.month)[1])
    if clock == "year_end":
        return last.replace(month=12, day=31)
    if clock == "year_closed":
        return clocks.get(f"year_closed {last.year}")
    return None


def _later(start: datetime.date, value: int, unit: str) -> datetime.date:
    if unit == "days":
        return number_date(date_number(start) + value)
    months = start.month - 1 + value * (12 if unit == "years" else 1)
    year, month = start.year + months // 12, months % 12 + 1
    if year > datetime.MAXYEAR:
        return datetime.date.max
    return datetime.date(year, month, min(start.day, calendar.monthrange(year, month)[1]))


def adopted(
    rows: Iterable[RetentionRow],
    replaced: Iterable[RetentionRow],
    changes: Iterable[RetentionRow],
    until: datetime.date,
) -> tuple[list[RetentionRow], list[RetentionRow]]:
    """The rows in force after a change, in order of identity, and those that were replaced, by this change or before.

    A row is replaced by one of its identity and still holds for what is dated up to `until`, the day of the change. A
    `withdrawn` row takes the one with its identity back for all dates, with all that it had replaced.
    """
    found = {row.identity: row for row in rows}
    past = list(replaced)
    for row in changes:
        before = found.pop(row.identity, None)
        if row.status == "withdrawn":
            past = [one for one in past if one.identity != row.identity]
            continue
        found[row.identity] = row
        if before is None or before.clock == "mark" or _says(before) == _says(row):
            continue
        end = until if before.valid_to is None else min(until, before.valid_to)
        if before.valid_from is None or before.valid_from <= end:
            past.append(msgspec.structs.replace(before, valid_to=end))
    return [found[key] for key in sorted(found)], past


def _says(row: RetentionRow) -> tuple[object, ...]:
    """What a row asks for, whatever its source and notes."""
    return (row.value, row.unit, row.clock, row.valid_from, row.valid_to)


class Problem(NamedTuple):
    """What is wrong with a row, what to do, and the values in both sentences, which name the `line` of the row."""

    text: str
    remedy: str
    values: dict[str, str]


def problems_of(rows: Iterable[RetentionRow]) -> list[Problem]:
    """What is wrong with rows, each taken by itself."""
    found = []
    for row in rows:
        found += [
            Problem(EMPTY, _("Fill it."), {"column": column})
            for column in ("jurisdiction", "record_class", "rule", "source")
            if not getattr(row, column).strip()
        ]
        found += [
            Problem(
                _("Line {line}: there is no {column} {value}."),
                _("Write one of {known}."),
                {"column": column, "value": value, "known": ", ".join(known)},
            )
            for column, known in (("unit", UNITS), ("clock", CLOCKS), ("status", STATUSES))
            if (value := getattr(row, column)) not in known
        ]
        if not 0 <= row.value <= LONGEST:
            length = {"value": str(row.value), "last": str(LONGEST)}
            remedy = _("Write a whole number from 0 to {last}.")
            found.append(Problem(_("Line {line}: {value} is no length of time."), remedy, length))
        if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
            found.append(
                Problem(_("Line {line}: the rule ends before it starts."), _("Correct the dates."), {})
            )
    return found


def read_rows(text: str, known: Container[Identity] | None = None) -> list[RetentionRow]:
    """The rows of a CSV text with the columns of the shipped file. TallystickError names the line and the problem.

    Two lines of one identity are refused; so is one that takes back what is not among the `known` identities.
    """
    reader = csv.DictReader(io.StringIO(text))
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        columns = {"column": missing[0], "columns": ",".join(COLUMNS)}
        remedy = _("The first line names the columns: {columns}")
        raise _unreadable(1, Problem(_("Line {line}: the column {column} is missing."), remedy, columns))
    lines: dict[Identity, int] = {}
    rows = []
    for cells in reader:
        row = _row({column: (cells[column] or "").strip() for column in COLUMNS}, reader.line_num)
        if found := problems_of([row]):
            raise _unreadable(reader.line_num, found[0])
        if row.identity in lines:
            raise _unreadable(reader.line_num, Problem(TWICE, ONE_LINE, {"other": str(lines[row.identity])}))
        if row.status == "withdrawn" and known is not None and row.identity not in known:
            told = {"rule": ", ".join(filter(None, row.identity))}
            raise _unreadable(reader.line_num, Problem(NO_SUCH_RULE, RULES_LISTED, told))
        lines[row.identity] = reader.line_num
        rows.append(row)
    return rows


@functools.cache
def shipped_rows() -> list[RetentionRow]:
    """The rows that ship with the package, of every jurisdiction."""
    text = (resources.files("tallystick.history") / "data" / "retention.csv").read_text(encoding="utf-8")
    return read_rows(text)


def _row(cells: dict[str, str], line: int) -> RetentionRow:
    read: dict[str, Any] = dict(cells)
    for column, reading in READINGS.items():
        try:
            read[column] = reading(cells[column]) if cells[column] or column == "value" else None
        except ValueError:
            text = _("Line {line}: {column} cannot be {value}.")
            remedy = _("Write a whole number in value, and dates as 2026-11-20 or not at all.")
            raise _unreadable(
                line, Problem(text, remedy, {"column": column, "value": cells[column]})
            ) from None
    return RetentionRow(**read)


def _unreadable(line: int, problem: Problem) -> TallystickError:
    return TallystickError(
        "history.retention_row", problem.text, problem.remedy, **problem.values, line=str(line)
    )
