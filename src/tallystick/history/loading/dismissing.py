"""Rows that leave quarantine without being loaded: a person says why, and they wait no more."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import TYPE_CHECKING

from tallystick.core.errors import NotFound
from tallystick.history.events import RowsDismissed
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.read import begin
from tallystick.history.loading.setting_aside import mark_released, set_aside_rows

if TYPE_CHECKING:
    from tallystick.core.context import Context

__all__ = ["dismiss"]


def dismiss(
    context: Context, dataset: str, file: str, numbers: Collection[int], reason: str, sha256: str = ""
) -> RowsDismissed:
    """Dismiss rows of a file's quarantine by their numbers, all that wait when none is named.

    `sha256` is the beginning of the hash of the content that is meant. NotFound where nothing waits, or not a row of
    such a number. The journal has it before the rows are marked, so that a killed dismissal is given again.
    """
    load = begin(context, dataset, ColumnMapping(), None)
    with load.turn():
        rows = set_aside_rows(load.lake, load.dataset.name, file, sha256)
        rows = [row for row in rows if row["released_by"] is None]
        if strange := sorted(set(numbers) - {row["row"] for row in rows}):
            raise NotFound(
                "history.row_not_waiting",
                "Row {row} of {file} is not in quarantine.",
                "See `tally history quarantine` for the numbers.",
                row=strange[0],
                file=file,
            )
        rows = [row for row in rows if not numbers or row["row"] in numbers]
        if not rows:
            raise NotFound(
                "history.nothing_waiting",
                "No row of {file} is in quarantine for {dataset}.",
                "See `tally history quarantine`.",
                file=file,
                dataset=load.dataset.name,
            )
        named = b"".join(row["sha256"] + row["row"].to_bytes(8, "big") for row in rows)
        mark = hashlib.sha256(named + reason.encode()).digest()
        fact = RowsDismissed(dataset=load.dataset.name, file=file, mark=mark, rows=len(rows), reason=reason)
        context.send(fact)
        mark_released(load, rows, mark)
    return fact
