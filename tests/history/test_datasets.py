"""Datasets: declarations that hold together, and lakes of earlier releases that grow into them."""

from __future__ import annotations

import datetime

import msgspec
import pyarrow as pa
import pytest

from tallystick.core.errors import NotFound
from tallystick.core.lake import TableSpec
from tallystick.core.lake.layout import layout_of
from tallystick.core.schema import schema_of
from tallystick.history import DATASETS, append_bars, load_frame, read_bars
from tallystick.history.datasets import declare, find_dataset
from tallystick.history.datasets.bars import DAILY, DailyBar

ADDED = ("revision", "reason", "withdrawn")
DAY = datetime.date(2026, 11, 19)


@pytest.mark.parametrize("name", sorted(DATASETS))
def test_declaration_holds_together(name):
    dataset = DATASETS[name]
    layout = layout_of(dataset.spec)
    filled = {*dataset.given, *dataset.defaults, "instrument", "event_time", "known_time", "source"}
    needed = {column.name for column in layout.columns if not column.optional}
    if dataset.required:
        assert needed - {"ts_end", "date", "seq"} <= filled
        assert dataset.date_column
        assert layout.names[-len(ADDED) :] == ADDED
    assert find_dataset(name.removeprefix("history.")) is dataset if name.startswith("history.") else True


def test_lake_of_an_earlier_release_takes_new_rows_and_gives_old_ones(house, context, known_at):
    fields = [
        (name, kind) if name not in schema_of(DailyBar).optional else (name, kind, None)
        for name, kind in DailyBar.__annotations__.items()
        if name not in ADDED
    ]
    old = msgspec.defstruct(
        "OldBar", fields, bases=DailyBar.__bases__, frozen=True, kw_only=True, module=DailyBar.__module__
    )
    spec = DAILY.spec
    house.lake.create(TableSpec(spec.name, old, spec.key, spec.sort, spec.partition, spec.owner, spec.title))
    bar = {"symbol": ["9902"], "date": [DAY], **{name: [10_000] for name in ("open", "high", "low", "close")}}
    times = {"event_time": pa.array([1]), "known_time": pa.array([2])}
    house.lake.append(
        spec.name, pa.table({**bar, "instrument": pa.array([-1], pa.int32()), **times, "source": ["old"]})
    )
    assert read_bars(house.lake)["source"].to_pylist() == ["old"]
    row = {"symbol": "9903", "date": "2026-11-19", "open": 1, "high": 1, "low": 1, "close": 1}
    assert load_frame(context, [row], known_time=known_at).loaded == 1
    append_bars(house.lake, pa.table({**bar, "symbol": ["9904"]}))
    found = read_bars(house.lake).to_pylist()
    assert [(bar["symbol"], bar["revision"], bar["reason"]) for bar in found] == [
        ("9902", None, None),
        ("9903", None, None),
        ("9904", None, None),
    ]


def test_declaring_again_changes_nothing_and_otherwise_is_a_fault():
    declare(DAILY)
    with pytest.raises(AssertionError, match="declared twice"):
        declare(msgspec.structs.replace(DAILY, record_class="logs"))
    with pytest.raises(NotFound, match=r"no dataset history.bars_dayly. Did you mean history.bars_daily"):
        find_dataset("history.bars_dayly")
