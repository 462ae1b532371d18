"""Through the whole house: a file loaded by the firm's own door is on the journal and in the lake."""

from __future__ import annotations

import datetime
import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from tallystick.firm import Firm

LINES = [
    "Symbol,Date,Open,High,Low,Close,Volume",
    "9901.XTAI,2026-11-18,10,12,9,11,5",
    "9901.XTAI,soon,10,12,9,11,5",
]


def test_file_loaded_by_the_firm_is_journaled_once(tmp_path):
    path = tmp_path / "prices.csv"
    path.write_text("\n".join(LINES))
    day = datetime.date(2026, 11, 19)
    with Firm.create(tmp_path / "firm", first_day=day, user="someone") as firm:
        first = firm.history.load(files=[str(path)], known_at="2026-11-19")
        again = firm.history.load(files=[str(path)])
        assert (first.loaded, first.quarantined, [r.row for r in first.reasons]) == (1, 1, [3])
        assert again.files[0].repeated
        frame = pl.DataFrame(
            {
                "symbol": ["9902.XTAI"],
                "date": [day],
                "open": [1.0],
                "high": [1.0],
                "low": [1.0],
                "close": [1.0],
            }
        )
        assert firm.history.load(files=[frame], known_at="2026-11-20").loaded == 1
        bars = firm.history.bars(instruments=["9901.XTAI"], start="2026-11-01")
        assert bars.rows()[0]["close"] == 110_000
        assert firm.history.quarantine().total_rows == 1
        kinds = [
            batch.kind for batch in firm.context().journal.batches() if batch.kind.startswith("history.")
        ]
        assert kinds == ["history.adopt_retention", *["history.dataset_loaded"] * 2], (
            "the law's rows came first"
        )
        loads = firm.context().machine("history").loads("history.bars_daily")
        assert [(load.source, load.rows, load.actor) for load in loads] == [
            ("prices.csv", 1, "someone"),
            ("frame", 1, "someone"),
        ]


def test_python_of_the_how_to_runs_as_it_stands(tmp_path, monkeypatch):
    page = Path(__file__).parents[2] / "docs" / "how-to" / "load-prices.md"
    shutil.copytree(page.with_suffix(""), tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    Firm.create("firm", first_day=datetime.date(2026, 11, 19)).close()
    (block,) = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)
    names: dict[str, object] = {}
    exec(block, names)
    assert names["report"].loaded == 1
    assert names["bars"]["close"].to_list() == [515_000]


def test_fields_are_given_in_their_order_and_times_as_pythons_own(tmp_path):
    with Firm.create(tmp_path / "firm", first_day=datetime.date(2026, 11, 19)) as firm:
        row = {"symbol": "A", "date": "2026-11-19", "open": 1, "high": 1, "low": 1, "close": 1}
        firm.history.load([[row]], "bars_daily", known_at=datetime.datetime(2026, 11, 19, 15, 0))
        day = datetime.date(2026, 11, 19)
        assert firm.history.bars(["A"], day, day, freq="1d").total_rows == 1
        assert firm.history.panel("close", ["A"], day, known_at=day).total_rows == 1
        assert firm.history.bars(known_at=datetime.datetime(2026, 11, 19, 14, 59)).total_rows == 0
        assert firm.history.sql("SELECT count(*) AS n FROM history.bars_daily").rows() == [{"n": 1}]
        with pytest.raises(TypeError, match="instruments is given too often"):
            firm.history.bars(["A"], instruments=["A"])
