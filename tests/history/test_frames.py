"""Frames in memory: no index, number or cell of theirs is lost or read as another in silence."""

from __future__ import annotations

import datetime
import io
import json
from decimal import Decimal

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from tallystick.core.errors import TallystickError
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.load import load_files

PRICES = {"open": 100.5, "high": 102.5, "low": 99.5, "close": 101.0, "volume": 5000}
ROW = {"symbol": "9903.XTAI", "date": "2026-11-16"} | PRICES
DAYS = ["2026-11-16", "2026-11-17"]


def load_one(context, given, dataset="history.bars_daily", **mapping):
    return load_files(context, dataset, [given], ColumnMapping(**mapping))


def keys(context):
    found = context.lake.scan("history.bars_daily", columns=["symbol", "date"], order=["symbol", "date"])
    return [(row["symbol"], row["date"].isoformat()) for row in found.to_pylist()]


def told(report):
    return [(one.row, one.column, one.code) for one in report.reasons]


def days_and_rows(index):
    rows = pd.DataFrame([PRICES | {"symbol": "9903.XTAI"}] * 2)
    return rows.set_index(index)


@pytest.mark.parametrize(
    "index",
    [
        pd.Index(DAYS, name="date"),
        pd.DatetimeIndex(DAYS),
        pd.DatetimeIndex(DAYS, name="Date"),
        pd.DatetimeIndex(DAYS, tz="Asia/Taipei", name="date"),
        pd.DatetimeIndex(DAYS, tz="Asia/Taipei").tz_convert("UTC").rename("date"),
        pd.DatetimeIndex(DAYS, tz="America/New_York"),
        pd.PeriodIndex(DAYS, freq="D"),
        pd.PeriodIndex(DAYS, freq="D", name="date"),
    ],
    ids=repr,
)
def test_index_of_pandas_says_the_dates(context, index):
    report = load_one(context, days_and_rows(index))
    assert (report.loaded, keys(context)) == (2, [("9903.XTAI", day) for day in DAYS])


def test_levels_with_names_become_columns(context):
    levels = pd.MultiIndex.from_tuples(
        [("9903.XTAI", DAYS[0], 0), ("9904.XTAI", DAYS[1], 1)], names=["symbol", "date", None]
    )
    assert load_one(context, pd.DataFrame([PRICES] * 2, index=levels)).loaded == 2
    assert keys(context) == [("9903.XTAI", DAYS[0]), ("9904.XTAI", DAYS[1])]


def test_index_that_only_counts_or_says_a_column_again_is_none(context):
    rows = pd.DataFrame([ROW], index=[7])
    assert load_one(context, rows).files[0].file == "frame"
    again = pd.DataFrame([ROW | {"date": DAYS[1]}]).set_index("date", drop=False)
    assert load_one(context, again).loaded == 1
    assert keys(context) == [("9903.XTAI", day) for day in DAYS]


def test_index_of_other_times_is_no_date(context):
    times = pd.DatetimeIndex([f"{day} 09:00" for day in DAYS])
    with pytest.raises(TallystickError, match=r"no column date; its header reads datetime"):
        load_one(context, days_and_rows(times))


def test_what_a_frame_lacks_is_mended_in_python(context):
    with pytest.raises(TallystickError, match=r'no column date.*`date="2026-11-20"`'):
        load_one(context, [{name: value for name, value in ROW.items() if name != "date"}])
    with pytest.raises(TallystickError, match=r'no column symbol.*`symbol="2330.XTAI"`'):
        load_one(context, [PRICES | {"date": DAYS[0]}])


def test_moments_are_dates_of_the_house(context):
    closes = pd.to_datetime(pd.Series(["2026-11-16 16:00Z", "2026-11-17 18:30Z"]))
    frame = pd.DataFrame([ROW] * 2).assign(date=closes)
    assert load_one(context, frame).loaded == 2
    assert [day for _, day in keys(context)] == ["2026-11-17", "2026-11-18"]


def test_numbers_with_a_hole_are_texts_and_dates_by_their_digits(context):
    frame = pd.DataFrame([PRICES] * 3).assign(
        symbol=[9903, None, 9904.5], date=[20261116, 20261116, float("nan")]
    )
    report = load_one(context, frame, suffix=".XTAI")
    assert (report.loaded, keys(context)) == (1, [("9903.XTAI", DAYS[0])])
    assert told(report) == [(2, "symbol", "history.empty"), (3, "symbol", "history.not_a_text")]
    assert report.reasons[1].reason == "symbol is no text: 9904.5."
    decimals = pl.DataFrame([ROW]).with_columns(
        symbol=pl.lit(Decimal("9904.00")), date=pl.lit(Decimal("20261116.0"))
    )
    assert load_one(context, decimals, suffix=".XTAI").loaded == 1
    halves = pl.DataFrame([ROW]).with_columns(date=pl.lit(20261116.5))
    assert told(load_one(context, halves)) == [(1, "date", "history.not_a_date")]


def test_mixed_texts_and_numbers_of_a_column_are_each_read(context):
    frame = pd.DataFrame([PRICES | {"date": DAYS[0]}] * 3).assign(symbol=["9903", 9904.0, 9905])
    assert load_one(context, frame, suffix=".XTAI").loaded == 3
    assert [symbol for symbol, _ in keys(context)] == ["9903.XTAI", "9904.XTAI", "9905.XTAI"]
    whole = '[{"symbol": 9906.0, "date": 20261116.0, "open": 1, "high": 1.0, "low": 1, "close": 1.00}]'
    path = context.lake.folder.parent / "p.json"
    path.write_text(whole)
    assert load_one(context, path, suffix=".XTAI").loaded == 1
    assert keys(context)[-1] == ("9906.XTAI", DAYS[0])


@pytest.mark.parametrize("form", ["parquet", "arrow", "objects", "json", "one a line"])
def test_cells_of_several_values_are_set_aside(context, tmp_path, form):
    for place, (column, several) in enumerate([("symbol", [5]), ("date", {"a": 5}), ("volume", [5])]):
        bad = [ROW | {column: several}, ROW | {column: None, "symbol": None}]
        path = tmp_path / ("p.parquet" if form == "parquet" else "p.json")
        mixed = [ROW | {"symbol": f"991{place}.XTAI"}, *bad]
        if form == "parquet":
            parquet.write_table(pa.Table.from_pylist(bad), path)
        elif form == "json":
            path.write_text(json.dumps({"data": mixed}))
        elif form == "one a line":
            path.write_text("\n".join(json.dumps(row) for row in mixed))
        given = {"arrow": pa.Table.from_pylist(bad), "objects": mixed}.get(form, path)
        good = int(form not in ("parquet", "arrow"))
        report = load_one(context, given)
        assert told(report) == [
            (1 + good, column, "history.several_values"),
            (2 + good, "symbol", "history.empty"),
        ]
        assert "5" in report.reasons[0].value
        assert report.loaded == good


def test_one_object_with_a_list_is_a_row_where_it_has_columns(context, write):
    report = load_one(context, write("p.json", json.dumps(ROW | {"volume": [5]})))
    assert told(report) == [(1, "volume", "history.several_values")]


@pytest.mark.parametrize("frame", [list, pd.DataFrame, pl.DataFrame])
def test_an_infinite_decimal_costs_only_its_row(context, frame):
    rows = [
        ROW | {"close": Decimal("101.0")},
        ROW | {"symbol": "9904.XTAI", "close": Decimal("Infinity")},
    ]
    given = frame(rows) if frame is not pl.DataFrame else None
    if given is None:
        closes = pl.Series("close", [row["close"] for row in rows], dtype=pl.Object)
        given = pl.DataFrame([{**row, "close": None} for row in rows]).with_columns(closes)
    report = load_one(context, given)
    assert (report.loaded, told(report)) == (1, [(2, "close", "history.not_finite")])


def test_cells_of_no_type_that_is_read_are_set_aside(context):
    cells = [b"\xff", datetime.timedelta(1), datetime.time(9), True, 2**70, object(), complex(1)]
    for column, cell in [(column, cell) for cell in cells for column in ("date", "volume")]:
        row = ROW | {column: cell}
        for given in ([row], pl.DataFrame({name: [value] for name, value in row.items()})):
            report = load_one(context, given)
            assert [(one.row, one.column) for one in report.reasons] == [(1, column)], cell
            assert report.loaded == 0


def test_bytes_that_are_text_are_read_as_it(context):
    frame = pl.DataFrame([ROW, ROW]).with_columns(symbol=pl.Series([b"9903.XTAI", b"99\xff.XTAI"]))
    report = load_one(context, frame)
    assert (report.loaded, told(report)) == (1, [(2, "symbol", "history.row_encoding")])


@pytest.mark.parametrize("ending", ["parquet", "arrow", "arrows", "frame"])
def test_wide_decimals_are_read(context, tmp_path, ending):
    table = pa.Table.from_pylist([ROW])
    wide = pa.array([Decimal("101.0")], pa.decimal256(50, 4))
    table = table.set_column(table.schema.get_field_index("close"), "close", wide)
    data = io.BytesIO()
    if ending == "parquet":
        parquet.write_table(table, data)
    elif ending != "frame":
        make = pa.ipc.new_file if ending == "arrow" else pa.ipc.new_stream
        with make(data, table.schema) as writer:
            writer.write_table(table)
    path = tmp_path / f"p.{ending}"
    path.write_bytes(data.getvalue())
    assert load_one(context, table if ending == "frame" else path).loaded == 1
    assert context.lake.scan("history.bars_daily", columns=["close"])["close"].to_pylist() == [1_010_000]
