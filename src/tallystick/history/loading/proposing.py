"""A mapping proposed for a file from its header and first rows, to be completed by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from tallystick.history.loading.columns import ColumnMapping, known_columns, missing_columns
from tallystick.history.loading.read import begin, open_sources
from tallystick.history.loading.reports import MappingProposal
from tallystick.history.loading.values import Column, as_text, read_clock_times, read_dates

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.history.datasets import Dataset
    from tallystick.history.loading.sources import Source

__all__ = ["propose_mapping"]

ROWS_LOOKED_AT = 50
CODE = r"^[0-9A-Za-z]{1,12}([.\-/][0-9A-Za-z]{1,8})?$"
"""What a symbol looks like."""

LOTS = {"張數": 1_000, "成交張數": 1_000, "張": 1_000, "手": 100, "手數": 100, "手数": 100}
"""Headers of volumes in lots, and how many shares a lot has."""


def propose_mapping(context: Context, file: str, *, dataset: str) -> MappingProposal:
    """The mapping with which a file reads: what is known by name as it is found, dates, times and symbols by their
    values; what is left is a line to be filled in. TallystickError when the file is no table.
    """
    load = begin(context, dataset, ColumnMapping(), None)
    source = next(iter(open_sources(load, file)))
    named = {
        column: source.header[places[0]]
        for column, places in known_columns(load.dataset, source.header, load.mapping).items()
    }
    open_ones = [name for name in source.header if name and name not in named.values()]
    for header in [header for header in open_ones if header in LOTS and "volume" not in named]:
        named["volume"] = header
        open_ones.remove(header)
    missing = missing_columns(load.dataset, source.header, load.mapping)
    for column in list(missing):
        found = _by_values(source, open_ones, load.dataset.columns[column].kind, column)
        if found:
            named[column] = found
            open_ones.remove(found)
            missing.remove(column)
    symbols = _sample(source, source.header.index(named["symbol"])) if "symbol" in named else pl.Series([""])
    bare = "symbol" in named and not symbols.str.contains(".", literal=True).all()
    return MappingProposal(
        file=source.name,
        dataset=load.dataset.name,
        mapping=_written(load.dataset, named, missing, open_ones, bare),
        missing=missing,
        unused_columns=open_ones,
        encoding=source.encoding,
    )


def _by_values(source: Source, names: list[str], kind: str, column: str) -> str | None:
    """The first of these headers whose values all are what a column of this kind holds."""
    reads: dict[str, Callable[[pl.Series], Column]] = {
        "date": read_dates,
        "timestamp": lambda values: read_clock_times(values, "UTC", None),
    }
    for name in names:
        values = _sample(source, source.header.index(name))
        if not len(values):
            continue
        if kind in reads and not reads[kind](values).values.null_count():
            return name
        if column == "symbol" and _are_symbols(values):
            return name
    return None


def _are_symbols(values: pl.Series) -> bool:
    """Whether texts are codes, and neither dates nor prices."""
    text = as_text(values)
    dates = read_dates(text).values.null_count() == 0
    return (
        bool(text.str.contains(CODE).all()) and not dates and not bool(text.str.contains(r"^\d+\.\d+$").any())
    )


def _sample(source: Source, place: int) -> pl.Series:
    """The values of the first rows of a column that are there."""
    found = [
        cell for number in source.first_rows(ROWS_LOOKED_AT) if (cell := source.cell(number, [place]).strip())
    ]
    return pl.Series(found, dtype=pl.String)


def _written(
    dataset: Dataset, named: dict[str, str], missing: list[str], open_ones: list[str], bare: bool
) -> str:
    """The proposal as TOML: what is left to say stands in it as remarks (`bare`: symbols name no venue)."""
    factors = {name: LOTS[header] for name, header in named.items() if header in LOTS}
    lines = [f'dataset = "{dataset.name}"', *(['# suffix = ".XTAI"'] if bare else []), "", "[columns]"]
    lines += [f"{column} = {_quoted(name)}" for column, name in named.items()]
    left = [name for name in missing if not (name == "symbol" or (name == "date" and dataset.time == "date"))]
    lines += [f"# {column} = {_quoted(' | '.join(open_ones))}" for column in left]
    if "date" in missing and "date" not in left:
        lines += ["# date: --date 2026-11-20"]
    if factors:
        lines += ["", "[multiply]", *(f"{column} = {factor}" for column, factor in factors.items())]
    if "symbol" in missing:
        lines += ["", "[constants]", '# symbol = "2330.XTAI"']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
