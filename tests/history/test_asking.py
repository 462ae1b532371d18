"""Bars as known at a time, datasets, quarantine, and filling the lake without files."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.schema import schema_of
from tallystick.history import DATASETS, DailyBar, HistoryMachine, append_bars, read_bars
from tallystick.history.asking.operations import bars
from tallystick.history.asking.questions import BarsRequest
from tallystick.history.events import DatasetLoaded
from tallystick.history.keeping.operations import datasets
from tallystick.history.keeping.requests import DatasetsRequest
from tallystick.history.loading.operations import LoadRequest, QuarantineRequest, load, quarantine

FIRST = datetime.date(2026, 1, 5)


def year_of_bars(instruments=5, days=40):
    dates = np.repeat(np.arange(days, dtype=np.int32) + (FIRST - datetime.date(1970, 1, 1)).days, instruments)
    symbols = pa.array([f"99{n:02d}.XTAI" for n in range(instruments)] * days)
    price = pa.array(np.arange(days * instruments, dtype=np.int64) + 10_000)
    return pa.table(
        {
            "symbol": symbols,
            "date": pa.array(dates).cast(pa.date32()),
            "open": price,
            "high": price,
            "low": price,
            "close": price,
        }
    )


def test_append_bars_fills_its_own_columns(house, context):
    commit = append_bars(context, year_of_bars(), token="genesis")
    assert commit.rows == 200
    assert append_bars(house.lake, year_of_bars(), token="genesis").repeated
    found = read_bars(house.lake, ["9901.XTAI"], FIRST, FIRST)
    assert found.schema.equals(schema_of(DailyBar).arrow)
    (bar,) = found.to_pylist()
    assert (bar["close"], bar["instrument"], bar["source"], bar["volume"]) == (10_001, -1, "simulation", None)
    assert bar["known_time"] == bar["event_time"]
    with pytest.raises(TallystickError, match="lack the column close"):
        append_bars(context, year_of_bars().drop_columns(["close"]))


def test_bars_are_filtered_sorted_and_counted(context):
    append_bars(context, year_of_bars())
    asked = bars(
        context, BarsRequest(instruments=["9901.XTAI", "9903.XTAI"], start=FIRST + datetime.timedelta(38))
    )
    assert asked.arrow["symbol"].to_pylist() == ["9901.XTAI"] * 2 + ["9903.XTAI"] * 2
    assert asked.total_rows == 4
    last = bars(
        context, BarsRequest(instruments=["9901.XTAI"], sort="-date", limit=3, offset=1, columns=["date"])
    )
    assert [date.isoformat() for date in last.arrow["date"].to_pylist()] == [
        "2026-02-12",
        "2026-02-11",
        "2026-02-10",
    ]
    assert last.total_rows == 40
    assert bars(context, BarsRequest(freq="1m")).total_rows == 0
    with pytest.raises(TallystickError, match="no column cloze"):
        bars(context, BarsRequest(columns=["cloze"]))


def test_bars_as_known_at_a_date_mean_its_end(context):
    load(context, LoadRequest(files=[row(10)], known_at="2026-11-19"))
    load(context, LoadRequest(files=[row(11)], known_at="2026-11-20 08:00:00"))

    def close(known_at):
        return bars(context, BarsRequest(known_at=known_at)).arrow["close"].to_pylist()

    assert close("") == [110_000]
    assert close("2026-11-20") == [110_000]
    assert close("2026-11-20 07:59:59") == [100_000]
    assert close("2026-11-19") == [100_000]
    assert close("2026-11-18") == []


def row(close):
    return [{"symbol": "9901.XTAI", "date": "2026-11-19", "open": 10, "high": 12, "low": 9, "close": close}]


def test_datasets_and_quarantine_tell_what_is_there(context, write):
    assert [line["dataset"] for line in datasets(context, DatasetsRequest()).rows()] == sorted(DATASETS)
    append_bars(context, year_of_bars())
    load(context, LoadRequest(files=[row("x") + row(10)]))
    load(
        context,
        LoadRequest(files=[str(write("p.csv", "symbol,date,open,high,low,close", "A,2026-11-19,1,2"))]),
    )
    lines = {line["dataset"]: line for line in datasets(context, DatasetsRequest(sort="-rows")).rows()}
    assert list(lines)[:2] == ["history.bars_daily", "history.quarantine"]
    daily = lines["history.bars_daily"]
    assert (daily["rows"], daily["first"], daily["quarantined"]) == (201, FIRST, 2)
    assert daily["title"] == "Daily bars"
    found = quarantine(context, QuarantineRequest(dataset="bars_daily", sort="row"))
    assert [(r["file"], r["row"], r["reason"], r["text"]) for r in found.rows()] == [
        (
            "frame",
            1,
            "close is no number: x.",
            '{"symbol": "9901.XTAI", "date": "2026-11-19", "open": 10, "high": 12, "low": 9, "close": "x"}',
        ),
        ("p.csv", 2, "The row has 4 fields, the header 6; is the separator right?", "A,2026-11-19,1,2"),
    ]
    assert quarantine(context, QuarantineRequest(file="p.csv")).total_rows == 1
    with pytest.raises(TallystickError, match=r"no column -rws to sort by\. Did you mean rows"):
        datasets(context, DatasetsRequest(sort="-rws"))


def test_machine_restores_to_the_same_digest():
    machine, other = HistoryMachine(), HistoryMachine()
    load_of = [
        DatasetLoaded(dataset="d", source="a", sha256=bytes([n]) * 32, rows=n, quarantined=0, known_time=n)
        for n in (1, 2, 1)
    ]
    assert machine.decide(DatasetLoaded, load_of)["mask"].tolist() == [0, 0, 1]
    other.apply(DatasetLoaded, load_of, HistoryMachine().decide(DatasetLoaded, load_of))
    assert machine.digest() == other.digest()
    assert [one.rows for one in machine.loads("d")] == [1, 2]
    other = HistoryMachine()
    other.restore(machine.snapshot())
    assert other.digest() == machine.digest()
