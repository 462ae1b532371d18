"""The catalog, its lineage, and maintenance through the firm's doors."""

from __future__ import annotations

import datetime
import math

import polars as pl
import pytest

from house.source import PACKAGE
from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.lake import Lake

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


def test_compact_and_expire_keep_every_row(loaded):
    for price in (11.0, 12.0):
        loaded.history.correct(dataset="bars_daily", files=[pl.DataFrame([row(price)])], reason="again")
    done = loaded.history.compact(dataset="bars_daily")
    assert (done.files_before, done.files_after) == (3, 1)
    swept = loaded.history.expire(keep_days=0, grace_hours=0)
    assert swept.snapshots_dropped > 0
    assert swept.files_removed == 0, "younger than the shortest grace"
    assert loaded.context().lake.describe("history.bars_daily").rows == 5
    assert loaded.history.bars(known_at="2026-11-18").rows()[0]["close"] == 100_000


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
