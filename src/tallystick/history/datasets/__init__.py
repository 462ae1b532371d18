"""The datasets of the history room, each declared in one place: records, tables, and what a file must give."""

from __future__ import annotations

from tallystick.history.datasets.bars import DailyBar, MinuteBar
from tallystick.history.datasets.dataset import Dataset
from tallystick.history.datasets.quarantine import QUARANTINE, QuarantinedRow
from tallystick.history.datasets.registry import (
    DATASETS,
    append_bars,
    find_dataset,
    lake_of,
    with_own_columns,
)

__all__ = [
    "DATASETS",
    "QUARANTINE",
    "DailyBar",
    "Dataset",
    "MinuteBar",
    "QuarantinedRow",
    "append_bars",
    "find_dataset",
    "lake_of",
    "with_own_columns",
]
