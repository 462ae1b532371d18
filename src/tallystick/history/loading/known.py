"""What the lake knows of the facts that a source's rows are about, and rows that a correction has settled.

A load brings what a source says. It does not undo what a person decided: a row that says otherwise than a correction,
or about a fact that was withdrawn, is set aside with the reason that was given then.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from tallystick.core.lake.later import known_from
from tallystick.history.loading.checked import Checked, comparable
from tallystick.history.loading.lake_checks import has_rows
from tallystick.history.loading.read import Load, Read

__all__ = ["known_facts", "without_undoing"]


def known_facts(load: Load, read: Read) -> pl.DataFrame:
    """The facts of the dates and symbols of a source's good rows as they were known at the load's time: what sources
    give of them, from which source, and why it was corrected. No rows, without asking the lake, when there is none.
    """
    dataset, checked = load.dataset, read.checked
    wanted = [*dataset.given, "source", *(("reason",) if "reason" in dataset.columns else ())]
    names = list(dict.fromkeys([*dataset.spec.key, *wanted]))
    if not len(checked.places) or not has_rows(load.lake, dataset, *checked.dates):
        return pl.DataFrame(schema=dict.fromkeys(names, pl.Int64))
    return pl.DataFrame(
        load.lake.scan(dataset.name, columns=names, within=checked.within(), known_at=load.known_time)
    )


def without_undoing(load: Load, read: Read, known: pl.DataFrame) -> Read:
    """The source with rows that would undo a correction or a withdrawal among its faulty ones."""
    checked = read.checked
    corrected = known.filter(pl.col("reason").is_not_null()) if "reason" in known.columns else known.clear()
    withdrawn = _withdrawn(load, checked)
    if corrected.is_empty() and withdrawn.is_empty():
        return read
    names, key = list(checked.rows.columns), list(load.dataset.spec.key)
    kinds = {name: pl.String if checked.rows.columns[name].words is not None else pl.Int64 for name in names}
    rows = pl.DataFrame(checked.table()).with_columns(comparable(name, kind) for name, kind in kinds.items())
    rows = rows.with_columns(_place=pl.Series(checked.places))
    found = []
    for code, facts in (("corrected_before", corrected), ("withdrawn_before", withdrawn)):
        there = facts.select(
            *(comparable(name, kinds[name]) for name in names if name in facts.columns), "reason"
        )
        met = rows.join(there, on=key, how="inner", nulls_equal=True)
        figures = [name for name in names if f"{name}_right" in met.columns]
        if figures:
            met = met.filter(
                pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_right")) for name in figures)
            )
        for place, reason in met.select("_place", "reason").iter_rows():
            checked.rows.notes.note_one(place, f"history.{code}", key[0], reason)
            found.append(place)
    return read._replace(checked=checked.without(np.array(found, np.int64)))


def _withdrawn(load: Load, checked: Checked) -> pl.DataFrame:
    """The keys of the facts that were withdrawn and not brought back at the load's time, and the reasons."""
    key = list(load.dataset.spec.key)
    there = None
    if len(checked.places) and any(file.withdraws for file in load.lake.state(load.dataset.name).plan.files):
        columns = [*key, "known_time", "reason", "withdrawn"]
        there = known_from(load.lake, load.dataset.name, 0, columns=columns, within=checked.within())
    if there is None:
        return pl.DataFrame(schema=dict.fromkeys([*key, "reason"], pl.String))
    versions = pl.DataFrame(there).with_columns(comparable("known_time", pl.Int64))
    last = versions.filter(pl.col("known_time") <= load.known_time).sort("known_time").group_by(key).last()
    return last.filter(pl.col("withdrawn").fill_null(value=False)).select(*key, "reason")
