"""What the firm answered comes back as it was: in its own unit, or refused; never 10,000 times too large."""

from __future__ import annotations

import datetime

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import feather, parquet

from tallystick.core.errors import TallystickError
from tallystick.history import read_bars
from tallystick.history.asking.operations import bars
from tallystick.history.asking.questions import BarsRequest
from tallystick.history.keeping.corrections import Why, correct
from tallystick.history.loading.columns import ColumnMapping, vendor_mapping
from tallystick.history.loading.load import load_files

HEADER = "symbol,date,open,high,low,close,volume"


@pytest.fixture
def answer(context, write):
    path = write(
        "p.csv", HEADER, "9901.XTAI,2026-11-16,100,101.5,99,100.5,1000", "9901.XTAI,2026-11-17,9,9,9,9,"
    )
    load_files(context, "bars_daily", [path], vendor_mapping("generic"))
    return bars(context, BarsRequest(instruments=["9901.XTAI"], start=datetime.date(2026, 11, 1)))


def closes_loaded(open_house, folder, given, **mapping):
    """The closes that another house has after loading."""
    from tallystick.core.access import Actor
    from tallystick.core.context import Context

    house = open_house(folder / "other")
    try:
        context = Context(house, Actor("someone"))
        load_files(context, "bars_daily", [given], ColumnMapping(**mapping))
        return [bar["close"] for bar in read_bars(house.lake).to_pylist()]
    finally:
        house.lake.close()


def as_file(kind, table, folder):
    path = folder / f"answer.{kind}"
    if kind == "parquet":
        parquet.write_table(table, path)
    elif kind == "arrow":
        feather.write_feather(table, path)
    elif kind == "arrows":
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
    elif kind == "polars.parquet":
        pl.DataFrame(table).write_parquet(path)
    else:
        pl.DataFrame(table).write_json(path)
    return path


@pytest.mark.parametrize("kind", ["parquet", "arrow", "arrows", "polars.parquet", "json"])
def test_an_answer_in_a_file_is_loaded_as_it_was(answer, open_house, tmp_path, kind):
    assert closes_loaded(open_house, tmp_path, as_file(kind, answer.arrow, tmp_path)) == [1_005_000, 90_000]


@pytest.mark.parametrize(
    "form",
    [lambda answer: answer, lambda answer: answer.arrow, lambda answer: answer.arrow.select(["symbol", "date", "open",
     "high", "low", "close"]), lambda answer: answer.to_polars(), lambda answer: answer.to_pandas(),
     lambda answer: answer.to_polars().to_dicts()],
    ids=["answer", "arrow", "some of arrow", "polars", "pandas", "objects"],
)  # fmt: skip
def test_an_answer_in_memory_is_loaded_as_it_was(answer, open_house, tmp_path, form):
    assert closes_loaded(open_house, tmp_path, form(answer)) == [1_005_000, 90_000]


def test_an_answer_with_one_price_changed_corrects_it(context, answer):
    frame = answer.to_polars().with_columns(close=pl.col("close") + 5_000).head(1)
    correct(context, "bars_daily", [frame], Why("a made-up mistake"))
    assert [bar["close"] for bar in read_bars(context.lake).to_pylist()] == [1_010_000, 90_000]


def test_a_frame_that_may_be_in_our_unit_is_refused(answer, open_house, tmp_path):
    given = ["symbol", "date", "open", "high", "low", "close"]
    some = answer.to_polars().select(given)
    with pytest.raises(TallystickError, match="may give open in the house's own unit of 1e-4") as refused:
        closes_loaded(open_house, tmp_path, some)
    assert "[multiply] open = 1" in str(refused.value.remedy).format(**refused.value.values)
    prices = dict.fromkeys(given[2:], 1)
    assert closes_loaded(open_house, tmp_path, some, multiply=prices)[0] == 10_050_000_000
    mixed = answer.to_polars().with_columns(close=pl.lit(101.5))
    with pytest.raises(TallystickError, match="may give open"):
        closes_loaded(open_house, tmp_path, mixed)
    text = tmp_path / "answer.csv"
    answer.to_polars().select(pl.exclude("instrument")).write_csv(text)
    with pytest.raises(TallystickError, match=r"answer.csv may give close"):
        closes_loaded(open_house, tmp_path, text)


def test_whole_prices_of_the_currency_stay_what_they_are(open_house, tmp_path):
    whole = pl.DataFrame({"symbol": ["A"], "date": [datetime.date(2026, 11, 16)], "open": [585], "high": [590],
                          "low": [580], "close": [588], "amount": [588_000_000]})  # fmt: skip
    assert closes_loaded(open_house, tmp_path, whole) == [5_880_000]
