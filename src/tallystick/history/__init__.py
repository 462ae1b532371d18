"""The firm's memory: prices and its own past, loaded with checks, kept for good, asked as known at any time.

Words: a *dataset* is a lake table with what loading needs to know of it; a *load* is one file or frame; rows that
cannot be right go to *quarantine* with the reason; `known_time` is when the firm knew a row, `event_time` when it
became true. A correction is a later known version of the same fact.

Guarantees: bad rows never cost good ones; the same content is loaded once; prices are exact 1e-4 integers, by decimal
arithmetic; each load is on the journal with the hash of its file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.history.asking.bars import read_bars
    from tallystick.history.datasets import DATASETS, DailyBar, MinuteBar, append_bars
    from tallystick.history.loading.load import load_frame
    from tallystick.history.loading.reports import FileReport, LoadReport
    from tallystick.history.machine import HistoryMachine

__all__ = [
    "DATASETS",
    "DailyBar",
    "FileReport",
    "HistoryMachine",
    "LoadReport",
    "MinuteBar",
    "append_bars",
    "load_frame",
    "read_bars",
]

_LAZY = {
    "DATASETS": "datasets", "DailyBar": "datasets", "FileReport": "loading.reports", "HistoryMachine": "machine",
    "LoadReport": "loading.reports", "MinuteBar": "datasets", "append_bars": "datasets", "load_frame": "loading.load",
    "read_bars": "asking.bars",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a part of the room on first use."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(name)
