"""What a row takes away: figures that were known of a fact and are empty in its new version."""

from __future__ import annotations

import polars as pl

from tallystick.history.loading.checked import comparable
from tallystick.history.loading.read import Load, Read
from tallystick.history.loading.reasons import sentence
from tallystick.history.loading.reports import LoadWarning

__all__ = ["emptied_figures", "known_figures"]

CODE = "history.figure_emptied"


def known_figures(load: Load, read: Read) -> pl.DataFrame:
    """What is known now of the facts that a source's good rows are about, and perhaps of others."""
    dataset = load.dataset
    within = read.checked.within() if len(read.checked.places) else {}
    limit = None if within else 0
    return pl.DataFrame(load.lake.scan(dataset.name, columns=list(dataset.given), within=within, limit=limit))


def emptied_figures(load: Load, read: Read, known: pl.DataFrame) -> list[LoadWarning]:
    """A warning for each column that is empty in good rows of a source and was `known` of their facts."""
    checked, dataset = read.checked, load.dataset
    if not len(checked.places) or not known.height:
        return []
    key = list(dataset.spec.key)
    figures = [
        name for name in dataset.given if name not in {*key, "event_time"}
    ]  # the house says that time itself
    rows = checked.rows
    kinds = {name: pl.String if rows.columns[name].words is not None else pl.Int64 for name in key}
    given = pl.DataFrame(checked.table()).with_columns(_row=pl.Series(rows.numbers[checked.places]))
    empty = given.select(
        *(comparable(name, kinds[name]) for name in key),
        "_row",
        *(pl.col(name).is_null() if name in given.columns else pl.lit(True).alias(name) for name in figures),
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
