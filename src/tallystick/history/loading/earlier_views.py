"""Earlier views stay: a row that would change what was answered about a fact before is set aside.

A fact that is known to the lake at a time of knowing or later may not get other values by a load of that time: who
asked then would be told otherwise now. Facts of which nothing was known come in with the time since when they were
public; that adds to earlier views and changes nothing in them.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from tallystick.core.lake.later import known_from
from tallystick.history.loading.checked import comparable
from tallystick.history.loading.lake_checks import has_rows
from tallystick.history.loading.read import Load, Read

__all__ = ["without_rewriting"]


def without_rewriting(load: Load, read: Read, token: str = "") -> Read:
    """The source with rows that would change an earlier view among its faulty ones, and without those that say what is
    known since later already, which count as there already.

    With the `token` of a commit that is there, its own rows stay: the load was killed before the journal had it.
    """
    checked = read.checked
    if not len(checked.places) or not has_rows(load.lake, load.dataset, *checked.dates):
        return read
    names = list(checked.rows.columns)
    later = known_from(
        load.lake,
        load.dataset.name,
        load.known_time,
        columns=[*names, "known_time"],
        within=checked.within(),
    )
    if later is None or later.num_rows == 0:
        return read
    kinds = {name: pl.String if checked.rows.columns[name].words is not None else pl.Int64 for name in names}
    there = pl.DataFrame(later).with_columns(
        *(comparable(name, kind) for name, kind in kinds.items()), comparable("known_time", pl.Int64)
    )
    rows = pl.DataFrame(checked.table()).with_columns(comparable(name, kind) for name, kind in kinds.items())
    rows = rows.with_columns(_place=pl.int_range(pl.len()))
    key = list(load.dataset.spec.key)
    met = rows.join(there, on=key, how="semi", nulls_equal=True)
    if met.height == 0:
        return read
    alike = met.join(there, on=names, how="semi", nulls_equal=True)["_place"]
    others = met.filter(~pl.col("_place").is_in(alike.implode()))["_place"]
    since = there.filter(pl.col("known_time") > load.known_time)
    known = met.join(since, on=names, how="semi", nulls_equal=True)["_place"]
    if token and load.lake.committed(load.dataset.name, token):
        known = known.clear()
    wrong, there_already = checked.places[others.to_numpy()], checked.places[known.to_numpy()]
    marked = np.zeros(checked.rows.height, dtype=bool)
    marked[wrong] = True
    checked.rows.notes.note(marked, "history.known_otherwise", key[0])
    return read._replace(checked=checked.without(np.concatenate([wrong, there_already]), len(there_already)))
