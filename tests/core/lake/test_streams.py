"""Answers as record batches: by partition, of one moment, sealed or not."""

from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.lake import Lake, TableSpec
from tallystick.core.schema import BusinessDate, Record, Text, Timestamp

DAYS = [datetime.date(2026, 11, 18), datetime.date(2026, 11, 19), datetime.date(2026, 11, 20)]
DAY_NS = 86_400 * 10**9


class Deed(Record, frozen=True, kw_only=True):
    """Something done on a day."""

    symbol: Text
    date: BusinessDate
    ts: Timestamp
    number: int
    event_time: Timestamp
    known_time: Timestamp


SPEC = TableSpec("doctest.deeds", Deed, ("symbol", "date", "ts"), ("symbol", "ts"), ("date", "day"))
TIMED = TableSpec("doctest.timed", Deed, ("symbol", "ts"), ("symbol", "ts"), ("ts", "day"))
HEAP = TableSpec("doctest.heap", Deed, ("symbol", "ts"), ("symbol", "ts"), None)


def rows(day, *numbers, known=1):
    time = (day - datetime.date(1970, 1, 1)).days * DAY_NS
    return pa.table(
        {
            "symbol": [f"S{90 - number}" for number in numbers],
            "date": [day] * len(numbers),
            "ts": [time] * len(numbers),
            "number": list(numbers),
            "event_time": [time] * len(numbers),
            "known_time": [known] * len(numbers),
        }
    )


@pytest.fixture
def lake(tmp_path):
    with Lake(tmp_path) as opened:
        for spec in (SPEC, TIMED, HEAP):
            opened.create(spec)
        yield opened


def numbers(reader):
    return [batch["number"].to_pylist() for batch in reader]


@pytest.mark.parametrize("name", [SPEC.name, TIMED.name])
def test_batches_come_by_partition_and_sort_order(lake, name):
    for day in reversed(DAYS):
        lake.append(name, rows(day, day.day, day.day - 10, day.day - 17))
    assert numbers(lake.batches(name)) == [[18, 8, 1], [19, 9, 2], [20, 10, 3]]
    assert lake.batches(name).schema == lake.scan(name).schema
    column = "date" if name == SPEC.name else "ts"
    first = DAYS[1] if name == SPEC.name else (DAYS[1] - datetime.date(1970, 1, 1)).days * DAY_NS
    within = {column: (first, None), "symbol": ["S71", "S81"]}
    assert numbers(lake.batches(name, columns=["number"], within=within)) == [[19, 9]]


def test_batches_are_of_the_table_as_it_was(lake):
    lake.append(SPEC.name, rows(DAYS[0], 1))
    reader = lake.batches(SPEC.name, known_at=5)
    lake.append(SPEC.name, rows(DAYS[0], 2))
    lake.append(SPEC.name, rows(DAYS[1], 3))
    assert numbers(reader) == [[1]]
    assert numbers(lake.batches(SPEC.name, known_at=0)) == []


def test_a_table_without_partitions_is_one_part(lake):
    lake.append(HEAP.name, rows(DAYS[1], 2, 1))
    assert numbers(lake.batches(HEAP.name, where="number < 2")) == [[1]]


def test_days_that_are_not_sealed_are_in_it(lake):
    lake.append(SPEC.name, rows(DAYS[0], 1))
    given = rows(DAYS[2], 7)
    lake.feed(SPEC.name, lambda day: given, days=lambda: [DAYS[2]])
    assert numbers(lake.batches(SPEC.name)) == [[1], [7]]


def test_unknown_column_is_refused_at_once(lake):
    with pytest.raises(TallystickError, match=r"no column nmber\. Did you mean number"):
        lake.batches(SPEC.name, columns=["nmber"])
