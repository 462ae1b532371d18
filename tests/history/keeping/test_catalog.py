"""The catalog, its lineage, and maintenance through the firm's doors."""

from __future__ import annotations

import datetime
import math

import polars as pl
import pytest

from house.source import PACKAGE
from tallystick.console.codes import CODES
from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.lake import Lake
from tallystick.history.datasets import DATASETS
from tallystick.history.keeping.catalog_columns import CHECK_SENTENCES
from tallystick.history.loading.checks import CHECKS

DAY = datetime.date(2026, 11, 18)


def row(price=10.0, **more):
    prices = dict.fromkeys(("open", "high", "low", "close"), price)
    return {"symbol": "9901.XTAI", "date": DAY, **prices, **more}


@pytest.fixture
def loaded(firm):
    rows = [row(), row(symbol="9902.XTAI"), row(symbol="9903.XTAI"), row(symbol="9904.XTAI") | {"high": 1.0}]
    firm.history.load(files=[pl.DataFrame(rows)], known_at="2026-11-18")
    return firm


def test_dataset_tells_what_it_holds_and_what_made_it(loaded):
    told = loaded.history.dataset(dataset="bars_daily")
    assert (told.rows, told.files, told.loads, told.corrections, told.partitions) == (3, 1, 1, 0, 1)
    assert (told.owner, told.record_class, told.partitioned_by) == ("history", "market_data", "date year")
    assert (told.quality, told.quarantined, told.first, told.last) == (75.0, 1, DAY, DAY)
    assert told.keep_until is None, "no rule names the class: kept"
    assert told.key == ["symbol", "date"]
    assert "kept for ever" in told.kept_why
    (line,) = loaded.history.loads(dataset="bars_daily").rows()
    assert (line["what"], line["source"], line["rows"], line["quarantined"]) == ("loaded", "frame", 3, 1)
    batch = loaded.journal.batch(seq=int(line["position"].split(".")[0]))
    assert batch.kind == "history.dataset_loaded"


def test_dataset_that_nothing_was_loaded_into_is_told_too(loaded):
    told = loaded.history.dataset(dataset="trades")
    assert (told.rows, told.loads, told.quality, told.partitions) == (0, 0, None, 0)
    lines = {line["dataset"]: line for line in loaded.history.datasets(limit=0).rows()}
    assert lines["history.trades"]["rows"] == 0
    assert (lines["history.bars_daily"]["rows"], lines["history.bars_daily"]["quality"]) == (3, 75.0)
    first = loaded.history.datasets(sort="-rows", limit=1)
    assert first.rows()[0]["dataset"] == "history.bars_daily"
    with pytest.raises(NotFound, match="no dataset bars_dayly"):
        loaded.history.dataset(dataset="bars_dayly")
    with pytest.raises(TallystickError, match="no column rowz"):
        loaded.history.datasets(sort="rowz")


def test_dataset_tells_its_columns_their_order_and_the_checks(loaded):
    told = loaded.history.dataset(dataset="bars_daily")
    columns = {column.column: column for column in told.columns}
    assert list(columns)[:3] == ["symbol", "instrument", "date"]
    symbol, close, volume = columns["symbol"], columns["close"], columns["volume"]
    assert (symbol.column_type, symbol.in_key, symbol.in_sort) == ("text", 1, 1)
    assert (close.column_type, close.column_unit, close.filled_by) == (
        "int64",
        "1e-4 of the currency",
        "must",
    )
    assert (volume.may_be_empty, volume.filled_by, volume.in_key) == (True, "may", None)
    assert columns["known_time"].filled_by == "house"
    assert told.sort_order == ["symbol", "date"]
    checks = {check.check: check for check in told.checks}
    assert checks["high_low"].makes_sure.startswith("The high is not below the low")
    assert (checks["high_low"].on_failure, checks["stale"].on_failure) == ("set_aside", "doubt")
    assert loaded.history.dataset(dataset="trades").checks, "also where nothing was loaded"


def test_every_column_and_check_of_every_dataset_has_words(loaded):
    assert set(CHECK_SENTENCES) == set(CHECKS)
    for name, dataset in DATASETS.items():
        told = loaded.history.dataset(dataset=name)
        assert {column.column for column in told.columns} == set(dataset.spec.record.__struct_fields__)
        for column in told.columns:
            assert column.column_type in CODES["column_type"], name
            assert not column.column_unit or column.column_unit.lower() in CODES["column_unit"], column


def test_catalog_tells_from_when_rows_are_hot(loaded):
    def line():
        return {line["dataset"]: line for line in loaded.history.datasets(limit=0).rows()}[
            "history.bars_daily"
        ]

    assert (line()["hot"], line()["hot_from"], line()["hot_rows"]) == ("", None, 0)
    loaded.context().lake.publish_hot()
    assert (line()["hot"], line()["hot_from"], line()["hot_rows"]) == ("current", DAY, 3)
    loaded.history.correct(dataset="bars_daily", files=[pl.DataFrame([row(11.0)])], reason="again")
    assert (line()["hot"], line()["hot_from"], line()["hot_rows"]) == ("behind", None, 0)
    loaded.context().lake.refresh_hot()
    assert (line()["hot"], line()["rows"], line()["hot_rows"]) == ("current", 4, 4)


def test_compact_and_expire_keep_every_row(loaded):
    for price in (11.0, 12.0):
        loaded.history.correct(dataset="bars_daily", files=[pl.DataFrame([row(price)])], reason="again")
    done = loaded.history.compact(dataset="bars_daily")
    assert (done.files_before, done.files_after) == (3, 1)
    swept = loaded.history.expire(keep_days=0, grace_hours=0.17)
    assert swept.snapshots_dropped > 0
    assert swept.files_removed == 0, "younger than the shortest grace"
    assert loaded.context().lake.describe("history.bars_daily").rows == 5
    assert loaded.history.bars(known_at="2026-11-18").rows()[0]["close"] == 100_000


@pytest.mark.parametrize("hours", [0, 0.1])
def test_grace_that_could_take_files_from_a_commit_is_refused(loaded, hours):
    with pytest.raises(TallystickError, match="too short"):
        loaded.history.expire(keep_days=0, grace_hours=hours)


def test_no_door_can_sweep_without_asking_the_holds(tmp_path):
    with Lake(tmp_path) as lake, pytest.raises(TypeError, match="holds"):
        lake.maintain(keep_days=0)
    sweeps, purges = set(), set()
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(PACKAGE).as_posix()
        if ".maintain(" in text:
            sweeps.add(name)
        if "lake.maintenance import" in text and "purge" in text:
            purges.add(name)
    assert sweeps == {"history/keeping/operations.py"}
    assert purges == {"history/keeping/purging.py"}


@pytest.mark.parametrize("asked", [{"keep_days": -1}, {"keep_days": math.nan}, {"grace_hours": -0.5}])
def test_a_span_below_zero_is_refused(loaded, asked):
    with pytest.raises(TallystickError, match="is no span of time"):
        loaded.history.expire(**asked)
