"""What a row takes away: figures that were known of a fact and are empty in its new version."""

from __future__ import annotations

import polars as pl

from tallystick.history.loading.checked import comparable
from tallystick.history.loading.read import Load, Read
from tallystick.history.loading.reasons import sentence
from tallystick.history.loading.reports import LoadWarning

__all__ = ["emptied_figures"]

CODE = "history.figure_emptied"


def emptied_figures(load: Load, read: Read, known: pl.DataFrame) -> list[LoadWarning]:
    """A warning for each column that is empty in good rows of a source and was `known` of their facts."""
    checked, dataset = read.checked, load.dataset
    if not len(checked.places) or not known.height:
        return []
    key = list(dataset.spec.key)
    rows = checked.rows
    figures = [name for name in dataset.given if name in rows.columns and name not in {*key, "event_time"}]
    kinds = {name: pl.String if rows.columns[name].words is not None else pl.Int64 for name in key}
    given = pl.DataFrame(checked.table()).with_columns(_row=pl.Series(rows.numbers[checked.places]))
    empty = given.select(
        *(comparable(name, kinds[name]) for name in key),
        "_row",
        *(pl.col(name).is_null() for name in figures),
    )
    there = known.select(
        *(comparable(name, kinds[name]) for name in key),
        *(pl.col(name).is_not_null().alias(f"{name}_known") for name in figures),
    )
    joined = empty.join(there, on=key, how="inner", nulls_equal=True)
    found = []
    for name in figures:
        gone = joined.filter(pl.col(name) & pl.col(f"{name}_known"))["_row"]
        if len(gone):
            first = int(gone.to_numpy().min())
            told = sentence(CODE, name, str(first), load.context.language)
            found.append(
                LoadWarning(
                    file=read.source.name, column=name, code=CODE, rows=len(gone), row=first, warning=told
                )
            )
    return found
