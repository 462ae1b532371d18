"""What stands in quarantine, with its reasons in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tallystick.core.schema import Record, Timestamp
from tallystick.history.datasets import QUARANTINE, find_dataset, is_there
from tallystick.history.loading.reasons import sentence

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.lake import Lake

__all__ = ["QuarantineLine", "list_quarantine", "readable_rows"]

READABLE = "NOT list_contains(?, dataset)"
WORD = "(^|[^0-9A-Za-z_.]){}($|[^0-9A-Za-z_.])"
"""A word of a row as it came: a symbol is not found within a longer one."""


class QuarantineLine(Record, frozen=True, kw_only=True):
    """A row that was not loaded; `sha256` is of the content it came in, `released_by` of the one that brought it in
    corrected.
    """

    dataset: str
    file: str
    row: int
    column: str
    code: str
    reason: str
    value: str
    text: str
    sha256: str
    known_time: Timestamp
    released_by: str = ""


def list_quarantine(
    lake: Lake,
    language: str,
    *,
    dataset: str,
    file: str,
    text: str = "",
    released: bool,
    unreadable: Sequence[str],
    limit: int | None,
    offset: int,
    order: Sequence[str],
) -> tuple[list[QuarantineLine], int]:
    """Quarantined rows with their reasons in words, and how many there are: those that wait, or that were released;
    none of the `unreadable` datasets, and of a `text` only those in which it is a word.
    """
    if not is_there(lake, QUARANTINE):
        return [], 0
    within = {"dataset": find_dataset(dataset).spec.name} if dataset else {}
    where = "released_by IS NOT NULL" if released else "released_by IS NULL"
    values: list[object] = []
    if file:
        where, values = f"{where} AND file = ?", [file]
    if text:
        where, values = f"{where} AND regexp_matches(text, ?)", [*values, WORD.format(re.escape(text))]
    if unreadable:
        where, values = f"{where} AND {READABLE}", [*values, list(unreadable)]
    found = lake.scan(
        QUARANTINE.name,
        within=within,
        where=where,
        parameters=values,
        limit=limit,
        offset=offset,
        order=[*order, "-known_time", "file", "row"],
    )
    lines = [
        QuarantineLine(
            dataset=row["dataset"],
            file=row["file"],
            row=row["row"],
            column=row["column"],
            code=row["reason"],
            reason=sentence(row["reason"], row["column"], row["value"], language),
            value=row["value"],
            text=row["text"],
            sha256=row["sha256"].hex(),
            known_time=row["known_time"],
            released_by=row["released_by"].hex() if row["released_by"] else "",
        )
        for row in _with_numbers(found).to_pylist()
    ]
    return lines, lake.count(QUARANTINE.name, within=within, where=where, parameters=values)


def readable_rows(lake: Lake, unreadable: Sequence[str], known_at: int | None) -> pa.Table:
    """The table as a query sees it, without the rows of the `unreadable` datasets."""
    query = f"SELECT * FROM {QUARANTINE.name} WHERE {READABLE}"
    return lake.sql(query, parameters=[list(unreadable)], known_at=known_at)


def _with_numbers(rows: pa.Table) -> pa.Table:
    """The rows with their times as nanoseconds."""
    import pyarrow as pa

    place = rows.column_names.index("known_time")
    return rows.set_column(place, "known_time", rows["known_time"].cast(pa.int64()))
