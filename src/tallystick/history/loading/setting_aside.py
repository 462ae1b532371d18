"""Rows that are not loaded: told with their reasons, put into quarantine, and released from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from tallystick.history.datasets import QUARANTINE
from tallystick.history.loading.cells import cells_text
from tallystick.history.loading.read import Load, Read
from tallystick.history.loading.reasons import sentence
from tallystick.history.loading.reports import RowReason
from tallystick.history.loading.sources import Source
from tallystick.history.loading.typed import typed_wrongly

if TYPE_CHECKING:
    from tallystick.core.lake import Lake

__all__ = [
    "Aside",
    "Broken",
    "BrokenRow",
    "broken_rows",
    "mark_released",
    "release_own",
    "set_aside",
    "set_aside_rows",
]


class BrokenRow(NamedTuple):
    """A row that is not loaded: what is told of it, its text, and the values that could be read of it (`cells`)."""

    reason: RowReason
    text: str
    cells: str


Broken = list[BrokenRow]
"""Rows that are not loaded."""

Aside = Sequence[tuple[Source, Broken]]
"""Sources, each with its rows that are not loaded."""


def broken_rows(load: Load, read: Read) -> Broken:
    """Every row that is not loaded with its reason and its text, in order of row."""
    source, checked, cut, places = read
    zone = load.context.settings.firm.zone
    found = [(line.row, "", line.code, line.value, "") for line in cut]
    for fault in checked.faults:
        row = int(checked.rows.numbers[fault.place])
        value = fault.value
        if value is None:
            value = source.cell(row, places[fault.column]) if fault.column in places else ""
        found.append((row, fault.column, fault.code, value, cells_text(checked.rows, fault.place, zone)))
    found.sort()
    language = load.context.language
    texts = source.texts([row for row, *_ in found])
    return [
        BrokenRow(
            RowReason(
                file=source.name,
                row=row,
                column=column,
                code=code,
                value=value,
                reason=sentence(code, column, value, language),
            ),
            text,
            cells,
        )
        for (row, column, code, value, cells), text in zip(found, texts, strict=True)
    ]


def set_aside(load: Load, sources: Aside, token: str) -> None:
    """Put broken rows into quarantine, once for a token; what waited of the same rows are earlier versions of them.

    TallystickError for rows that a person typed: they wait nowhere, and the sound ones with them are not kept either.
    """
    tables = []
    for source, broken in sources:
        if broken and source.is_typed:
            raise typed_wrongly([one.reason for one in broken], load.context.language)
        if broken:
            before = [row["known_time"] + 1 for row in _waiting(load, source)]
            tables.append(_as_arrow(load, source, broken, max([load.known_time, *before])))
    if tables:
        load.lake.append(QUARANTINE.name, pa.concat_tables(tables), token=f"{load.dataset.name} {token}")


def release_own(load: Load, sources: Aside) -> None:
    """Release rows that waited of the same contents, read otherwise, and are not broken any more."""
    for source, broken in sources:
        still = {one.reason.row for one in broken}
        mark_released(load, [row for row in _waiting(load, source) if row["row"] not in still], source.sha256)


def _waiting(load: Load, source: Source) -> list[dict[str, Any]]:
    """What waits of a source's content, which was read otherwise before."""
    loads = load.context.machine("history").loads(load.dataset.name)
    if all(one.sha256 != source.sha256 for one in loads):
        return []
    rows = set_aside_rows(load.lake, load.dataset.name, sha256=source.sha256.hex())
    return [row for row in rows if row["released_by"] is None]


def set_aside_rows(
    lake: Lake, dataset: str, file: str = "", sha256: str = "", row: int | None = None
) -> list[dict[str, Any]]:
    """The quarantined rows of a file's contents, released ones too, oldest first; of the content whose hash begins with
    `sha256`, of one number.
    """
    found = lake.scan(
        QUARANTINE.name,
        within={"dataset": dataset} | ({} if row is None else {"row": row}),
        where="(file = ? OR ? = '') AND starts_with(lower(hex(sha256)), ?)",
        parameters=[file, file, sha256.strip().casefold()],
        order=["event_time", "sha256", "row"],
    )
    for name in ("event_time", "known_time"):
        place = found.column_names.index(name)
        found = found.set_column(place, name, found[name].cast(pa.int64()))
    return [{"released_by": None} | one for one in found.to_pylist()]


def mark_released(load: Load, rows: Sequence[dict[str, Any]], by: bytes) -> None:
    """Say on quarantined rows which content released them; as a later version, so that the first one stays."""
    if not rows:
        return
    changed = [
        row | {"released_by": by, "known_time": max(load.known_time, row["known_time"] + 1)} for row in rows
    ]
    columns = {name: [row[name] for row in changed] for name in changed[0]}
    for name in ("sha256", "released_by"):
        columns[name] = pa.array(columns[name], pa.binary(32))
    which = hashlib.sha256(
        b"".join(row["sha256"] + row["row"].to_bytes(8, "big") for row in rows)
    ).hexdigest()
    token = f"{load.dataset.name} release {by.hex()} {which}"
    load.lake.append(QUARANTINE.name, pa.table(columns), token=token)


def _as_arrow(load: Load, source: Source, broken: Broken, known_time: int) -> pa.Table:
    count = len(broken)
    rows = [one.reason for one in broken]
    return pa.table(
        {
            "dataset": [load.dataset.name] * count,
            "file": [source.name] * count,
            "sha256": pa.array([source.sha256] * count, pa.binary(32)),
            "row": [reason.row for reason in rows],
            "column": [reason.column for reason in rows],
            "reason": [reason.code for reason in rows],
            "value": [reason.value[:500] for reason in rows],
            "text": [one.text for one in broken],
            "event_time": pa.array([load.known_time] * count, pa.int64()),
            "known_time": pa.array([known_time] * count, pa.int64()),
            "cells": [one.cells for one in broken],
        }
    )
