"""Rows out of quarantine: corrected, they come in by the same checks; the row that was set aside stays, marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.schema import number_date
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.earlier_views import without_rewriting
from tallystick.history.loading.known import known_facts, without_undoing
from tallystick.history.loading.matching import contradicts
from tallystick.history.loading.read import begin, check_source, open_sources
from tallystick.history.loading.recorded import keep_all, summed, told_again
from tallystick.history.loading.reports import LoadReport
from tallystick.history.loading.setting_aside import broken_rows, mark_released, set_aside_rows

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.history.loading.checked import Checked
    from tallystick.history.loading.read import Load
    from tallystick.history.loading.sources import Source

__all__ = ["release_rows"]

ROW_NAMES = ("row", "列號", "行号")
"""Names of the column that says which quarantined row a corrected one stands for."""

Waiting = dict[int, list[dict[str, Any]]]
HASH_SHOWN = 12


def release_rows(
    context: Context,
    files: Sequence[Any],
    *,
    dataset: str,
    file: str,
    mapping: ColumnMapping,
    known_time: int | None = None,
    sha256: str = "",
) -> LoadReport:
    """Load corrected rows of a file's quarantine; those that pass are marked as released by their content, the others
    are told, and wait on as they were set aside at first.

    `files` are files or frames with a column `row`: the number of the quarantined row. Where contents of the same name
    have a row of that number, the one that the corrected row's key fits is meant, or the one whose hash begins with
    `sha256`. TallystickError when there is no such column, a number is not in the file's quarantine, the row of that
    number is about another fact, or rows of several contents fit. A second time changes nothing.
    """
    load = begin(context, dataset, mapping, known_time)
    waiting = _waiting(load, file, sha256)
    kept = []
    for given in files:
        for source in open_sources(load, given):
            read = without_rewriting(load, check_source(load, source))
            read = without_undoing(load, read, known_facts(load, read))
            rows = _released(load, source, read.checked, waiting, file)
            (done,) = keep_all(load, [read], sets_aside=False)
            kept.append(told_again(done, broken_rows(load, read)))
            mark_released(load, rows, source.sha256)
    return summed(load, kept)


def _waiting(load: Load, file: str, sha256: str) -> Waiting:
    """The quarantined rows of a file's contents by their number, released ones too."""
    rows = set_aside_rows(load.lake, load.dataset.name, file, sha256)
    if not rows:
        raise NotFound(
            "history.nothing_waiting",
            "No row of {file} is in quarantine for {dataset}.",
            "See `tally history quarantine`.",
            file=file,
            dataset=load.dataset.name,
        )
    waiting: Waiting = {}
    for row in rows:
        waiting.setdefault(row["row"], []).append(row)
    return waiting


def _released(
    load: Load, source: Source, checked: Checked, waiting: Waiting, file: str
) -> list[dict[str, Any]]:
    """The quarantined rows that the source's good rows stand for, which are not released yet."""
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
        rows = waiting.get(int(told), []) if told.isdigit() else []
        if not rows:
            raise NotFound(
                "history.row_not_waiting",
                "Row {row} of {file} is not in quarantine.",
                "See `tally history quarantine` for the numbers.",
                row=told or number,
                file=file,
            )
        if at not in faulty and (row := _meant(load, rows, _key(checked, at))) is not None:
            found.append(row)
    return found


def _key(checked: Checked, at: int) -> dict[str, Any]:
    """The key of a row as it was read."""
    rows = checked.rows
    found: dict[str, Any] = {}
    for name in rows.dataset.spec.key:
        column = rows.columns.get(name)
        if column is None or (column.there is not None and not column.there[at]):
            continue
        value = int(column.values[at])
        if column.words is not None:
            found[name] = column.words[value]
        else:
            found[name] = number_date(value) if rows.dataset.columns[name].kind == "date" else value
    return found


def _meant(load: Load, rows: Sequence[dict[str, Any]], key: dict[str, Any]) -> dict[str, Any] | None:
    """The one of the quarantined rows that the corrected one stands for; None when it is released already."""
    fitting = [row for row in rows if not contradicts(load.dataset, row, key, load.zone)]
    names = {"row": rows[0]["row"], "file": rows[0]["file"]}
    if not fitting:
        raise TallystickError(
            "history.row_of_another_fact",
            "Row {row} of {file} was set aside as {text}, which is not about {key}; nothing was loaded.",
            "Give the number of the row that the corrected one stands for, as `tally history quarantine` shows it.",
            text=rows[-1]["text"],
            key=", ".join(str(value) for value in key.values()),
            **names,
        )
    open_ones = [row for row in fitting if row["released_by"] is None]
    if len({row["sha256"] for row in open_ones}) > 1:
        raise TallystickError(
            "history.row_of_several_contents",
            "Row {row} waits in several contents named {file}, and the corrected row fits each: {hashes}.",
            "Name the one that is meant by `--sha256`, as `tally history quarantine` shows it.",
            hashes=", ".join(row["sha256"].hex()[:HASH_SHOWN] for row in open_ones),
            **names,
        )
    return open_ones[0] if open_ones else None
