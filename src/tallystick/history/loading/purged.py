"""What was purged does not come back by a load: its rows are left out and told, and so is that they are gone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tallystick.core.schema import date_number
from tallystick.core.time import format_time
from tallystick.history.loading.read import Load, Read
from tallystick.history.loading.reasons import sentence
from tallystick.history.loading.reports import LoadWarning
from tallystick.history.machine import Purge

__all__ = ["purged_since", "without_purged"]

CODE = "history.purged_before"


def without_purged(load: Load, read: Read) -> tuple[Read, list[LoadWarning]]:
    """The source without rows of partitions that were purged, and a warning for each of these."""
    checked, day = read.checked, load.dataset.date_column
    purges = load.context.machine("history").purged_since(load.dataset.name)
    if not purges or not len(checked.places):
        return read, []
    days = checked.rows.columns[day].values[checked.places]
    leaving = np.zeros(len(days), dtype=bool)
    warnings = []
    for purge in purges:
        within = (days >= date_number(purge.part.first)) & (days <= date_number(purge.part.last))
        if within.any():
            first = int(checked.rows.numbers[checked.places[within]].min())
            warnings.append(_warning(load, read.source.name, purge, int(within.sum()), first))
            leaving |= within
    return read._replace(checked=checked.without(checked.places[leaving])), warnings


def purged_since(load: Load, file: str, loaded_at: int) -> list[LoadWarning]:
    """A warning for each partition that was purged after a file's content was loaded: its rows may be gone."""
    purges: Sequence[Purge] = load.context.machine("history").purged_since(load.dataset.name, loaded_at)
    return [_warning(load, file, purge, 0, 0) for purge in purges]


def _warning(load: Load, file: str, purge: Purge, rows: int, row: int) -> LoadWarning:
    on = format_time(purge.purged_at, load.context.settings.firm.zone)[:10]
    told = sentence(CODE, purge.part.partition, on, load.context.language)
    return LoadWarning(
        file=file, column=load.dataset.date_column, code=CODE, rows=rows, row=row, warning=told
    )
