"""The firm's memory: prices and its own past, loaded with checks, kept for good, asked as known at any time.

Words: a *dataset* is a lake table with what loading needs to know of it; a *load* is one file or frame; rows that
cannot be right go to *quarantine* with the reason; `known_time` is when the firm knew a row, `event_time` when it
became true. A correction is a later known version of the same fact.

Guarantees: bad rows never cost good ones; the same content is loaded once; prices are exact 1e-4 integers, by decimal
arithmetic; each load is on the journal with the hash of its file; every question is answered as known at any time,
adjusted prices too, which are computed when asked for, by exact fractions; as-of joins have stated ties.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.history.asking.asof import asof
    from tallystick.history.asking.bars import read_bars
    from tallystick.history.asking.panel import read_panel
    from tallystick.history.asking.resample import resample
    from tallystick.history.asking.rows import Span
    from tallystick.history.asking.universe import read_universe
    from tallystick.history.datasets import DATASETS, DailyBar, MinuteBar, append_bars
    from tallystick.history.feeding.feeds import declare_business, feed_lake
    from tallystick.history.feeding.sealing import seal_days
    from tallystick.history.keeping.retention_operations import adopt_shipped
    from tallystick.history.loading.load import load_frame
    from tallystick.history.loading.reports import FileReport, LoadReport
    from tallystick.history.machine import HistoryMachine
    from tallystick.history.studies.study import Study, find_study

__all__ = [
    "DATASETS",
    "DailyBar",
    "FileReport",
    "HistoryMachine",
    "LoadReport",
    "MinuteBar",
    "Span",
    "Study",
    "adopt_shipped",
    "append_bars",
    "asof",
    "declare_business",
    "feed_lake",
    "find_study",
    "load_frame",
    "read_bars",
    "read_panel",
    "read_universe",
    "resample",
    "seal_days",
]

_LAZY = {
    "DATASETS": "datasets", "DailyBar": "datasets", "FileReport": "loading.reports", "HistoryMachine": "machine",
    "LoadReport": "loading.reports", "MinuteBar": "datasets", "Span": "asking.rows", "Study": "studies.study",
    "adopt_shipped": "keeping.retention_operations",
    "append_bars": "datasets", "asof": "asking.asof", "declare_business": "feeding.feeds",
    "feed_lake": "feeding.feeds", "find_study": "studies.study",
    "load_frame": "loading.load", "read_bars": "asking.bars", "read_panel": "asking.panel",
    "read_universe": "asking.universe", "resample": "asking.resample", "seal_days": "feeding.sealing",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a part of the room on first use."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(name)
