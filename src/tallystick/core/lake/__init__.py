"""The lake: open tables of everything the firm observes, asked as known at any time.

Tables are Apache Iceberg (format 2) in Parquet files, which any engine reads, in the firm's folder or a bucket; the
catalog is one SQLite file or a PostgreSQL database. A row is never changed: a correction is a new row with the same
key and a later `known_time`, so every earlier view stays askable. Recent days are also kept as hot DuckDB tables, and a
scan uses them without being told.

Guarantees: a change is durable and whole when the call returns; two processes may write one table; a change with a
token happens once; compaction and sealing prove equal rows before anything is named; a moved folder opens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tallystick.core.lake.layout import TableSpec

if TYPE_CHECKING:
    from tallystick.core.lake.catalog import Version
    from tallystick.core.lake.lake import Commit, Feed, Lake, TableDescription

__all__ = ["Commit", "Feed", "Lake", "TableDescription", "TableSpec", "Version"]

_LAZY = {"Commit": "lake", "Feed": "lake", "Lake": "lake", "TableDescription": "lake", "Version": "catalog"}


def __getattr__(name: str) -> Any:
    """Import what opens a lake on first use: to declare a table takes its spec only."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(name)
