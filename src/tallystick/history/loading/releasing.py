"""Rows out of quarantine: corrected, they come in by the same checks; the row that was set aside stays, marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from tallystick.core.errors import NotFound, TallystickError
from tallystick.history.datasets import QUARANTINE
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.read import begin, check_source, open_sources
from tallystick.history.loading.recorded import keep_all, summed
from tallystick.history.loading.reports import LoadReport

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.history.loading.checked import Checked
    from tallystick.history.loading.read import Load
    from tallystick.history.loading.sources import Source

__all__ = ["release_rows"]

ROW_NAMES = ("row", "列號", "行号")
"""Names of the column that says which quarantined row a corrected one stands for."""


def release_rows(
    context: Context,
    corrected: Any,
    *,
    dataset: str,
    file: str,
    mapping: ColumnMapping,
    known_time: int | None = None,
) -> LoadReport:
    """Load corrected rows of a file's quarantine; those that pass are marked as released by their content.

    `corrected` is a file or frame with a column `row`: the number of the quarantined row. TallystickError when there is
    no such column, or a number that is not in the file's quarantine. A second time changes nothing.
    """
    load = begin(context, dataset, mapping, known_time)
    waiting = _waiting(load, file)
    kept = []
    for source in open_sources(load, corrected):
        read = check_source(load, source)
        rows = _released(load, source, read.checked, waiting, file)
        kept += keep_all(load, [read])
        _mark(load, rows, source)
    return summed(load.dataset, kept)


def _waiting(load: Load, file: str) -> dict[int, dict[str, Any]]:
    """The quarantined rows of a file's last content, by their number, released ones too."""
    found = load.lake.scan(
        QUARANTINE.name,
        within={"dataset": load.dataset.name},
        where="file = ?",
        parameters=[file],
        order=["known_time", "row"],
    )
    for name in ("event_time", "known_time"):
        place = found.column_names.index(name)
        found = found.set_column(place, name, found[name].cast(pa.int64()))
    rows = found.to_pylist()
    if not rows:
        raise NotFound(
            "history.nothing_waiting",
            "No row of {file} is in quarantine for {dataset}.",
            "See `tally history quarantine`.",
            file=file,
            dataset=load.dataset.name,
        )
    last = rows[-1]["sha256"]
    return {row["row"]: row for row in rows if row["sha256"] == last}


def _released(
    load: Load, source: Source, checked: Checked, waiting: dict[int, dict[str, Any]], file: str
) -> list[dict[str, Any]]:
    """The quarantined rows that the source's good rows stand for."""
    names = [name.strip().casefold() for name in source.header]
    place = next((names.index(name) for name in ROW_NAMES if name in names), None)
    if place is None:
        raise TallystickError(
            "history.row_column",
            "{file} does not say which quarantined rows its rows stand for.",
            "Add a column `row` with the numbers that `tally history quarantine` shows.",
            file=source.name,
        )
    faulty = {fault.place for fault in checked.faults}
    found = []
    for at, number in enumerate(checked.rows.numbers.tolist()):
        told = source.cell(number, [place]).strip()
        row = waiting.get(int(told)) if told.isdigit() else None
        if row is None:
            raise NotFound(
                "history.row_not_waiting",
                "Row {row} of {file} is not in quarantine.",
                "See `tally history quarantine` for the numbers.",
                row=told or number,
                file=file,
            )
        if at not in faulty and row["released_by"] is None:
            found.append(row)
    return found


def _mark(load: Load, rows: list[dict[str, Any]], source: Source) -> None:
    """Say on the quarantined rows which content released them; as a later version, so that the first one stays."""
    if not rows:
        return
    changed = [
        row | {"released_by": source.sha256, "known_time": max(load.known_time, row["known_time"] + 1)}
        for row in rows
    ]
    columns = {name: [row[name] for row in changed] for name in changed[0]}
    for name in ("sha256", "released_by"):
        columns[name] = pa.array(columns[name], pa.binary(32))
    load.lake.append(
        QUARANTINE.name, pa.table(columns), token=f"{load.dataset.name} release {source.sha256.hex()}"
    )
