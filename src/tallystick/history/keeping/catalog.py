"""The catalog: what each dataset holds, in numbers."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

from tallystick.core.schema import Record, Timestamp
from tallystick.core.text import translate
from tallystick.history.datasets import DATASETS, QUARANTINE

if TYPE_CHECKING:
    from tallystick.core.lake import Lake

__all__ = ["DatasetLine", "list_datasets"]


class DatasetLine(Record, frozen=True, kw_only=True):
    """A table of the lake: rows with superseded versions, bytes, first and last date, when its newest row was known."""

    dataset: str
    title: str
    owner: str
    rows: int
    bytes: int
    files: int
    version: int
    first: datetime.date | None
    last: datetime.date | None
    known_time: Timestamp | None
    quarantined: int


def list_datasets(lake: Lake, language: str) -> list[DatasetLine]:
    """A line for each table of the lake, and for each dataset that could be loaded and is not."""
    there = lake.tables()
    lines = []
    for name in sorted({*there, *DATASETS}):
        if name not in there:
            spec = DATASETS[name].spec
            title = translate(spec.title, language)
            lines.append(
                DatasetLine(
                    dataset=name,
                    title=title,
                    owner=spec.owner,
                    rows=0,
                    bytes=0,
                    files=0,
                    version=0,
                    first=None,
                    last=None,
                    known_time=None,
                    quarantined=0,
                )
            )
            continue
        told = lake.describe(name)
        lines.append(
            DatasetLine(
                dataset=name,
                title=translate(told.title, language) if told.title else name,
                owner=told.owner,
                rows=told.rows,
                bytes=told.bytes,
                files=told.files,
                version=told.version,
                first=told.first_date,
                last=told.last_date,
                known_time=told.last_known_time,
                quarantined=_quarantined(lake, name),
            )
        )
    return lines


def _quarantined(lake: Lake, name: str) -> int:
    if QUARANTINE.name not in lake.tables():
        return 0
    return lake.count(QUARANTINE.name, within={"dataset": name})
