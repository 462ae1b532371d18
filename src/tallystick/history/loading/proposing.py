"""A mapping proposed for a file from its header and first rows, to be completed by hand."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tallystick.core.text import translate
from tallystick.history.loading.columns import ColumnMapping, known_columns, missing_columns
from tallystick.history.loading.header_units import stated_factors
from tallystick.history.loading.read import begin, open_sources
from tallystick.history.loading.reports import MappingProposal
from tallystick.history.loading.sources import TextSource
from tallystick.history.loading.times import read_clock_times
from tallystick.history.loading.values import Column, as_text, read_dates, read_decimals

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.history.datasets import Dataset
    from tallystick.history.loading.sources import Source

__all__ = ["propose_mapping"]

ROWS_LOOKED_AT = 50
CODE = r"^[0-9A-Za-z]{1,12}([.\-/][0-9A-Za-z]{1,8})?$"
"""What a symbol looks like."""

TAIWAN_CODE = r"^[0-9]{4}[A-Z]?$|^00[0-9]{3,4}[A-Z]?$"
"""Codes of stocks, ETFs and preferred shares of Taiwan."""

VENUES = {"TW": "XTAI", "TWO": "ROCO", "SH": "XSHG", "SS": "XSHG", "SZ": "XSHE", "BJ": "BJSE"}
"""What vendors write for venues, and the house's names of them."""


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
    if not named and (fixed := _fixed_width(source)):
        return MappingProposal(
            file=source.name,
            dataset=load.dataset.name,
            mapping=_written_fixed(load.dataset, fixed, context.language),
            missing=list(load.dataset.required),
            unused_columns=[],
            encoding=source.encoding,
        )
    missing = missing_columns(load.dataset, source.header, load.mapping)
    for column in list(missing):
        found = _by_values(source, open_ones, load.dataset.columns[column].kind, column)
        if found:
            named[column] = found
            open_ones.remove(found)
            missing.remove(column)
    symbols = _sample(source, source.header.index(named["symbol"])) if "symbol" in named else pl.Series([""])
    bare = symbols.filter(~symbols.str.contains(".", literal=True)) if "symbol" in named else symbols.clear()
    places = {column: [source.header.index(header)] for column, header in named.items()}
    numbers = [name for name in open_ones if _are_numbers(source, name)]
    proposal = Proposed(
        named,
        [*missing, *(_optional_numbers(load.dataset, named, missing) if len(numbers) > len(missing) else ())],
        open_ones,
        {
            column: one
            for column, one in stated_factors(load.dataset, source.header, places).items()
            if one != 1
        },
        {
            mark: VENUES[mark]
            for mark in symbols.str.extract(r"\.([A-Za-z]+)$").str.to_uppercase().unique(maintain_order=True)
            if mark in VENUES
        },
        _suffix(context, bare),
    )
    return MappingProposal(
        file=source.name,
        dataset=load.dataset.name,
        mapping=_written(load.dataset, proposal, context.language),
        missing=missing,
        unused_columns=open_ones,
        encoding=source.encoding,
    )


class Proposed(NamedTuple):
    """What a proposal says: headers by column, columns that are left, headers that are left, factors of units, venues,
    and the venue for symbols that name none (empty: none of them does, `?`: nothing tells which).
    """

    named: dict[str, str]
    left: list[str]
    headers: list[str]
    factors: dict[str, int]
    venues: dict[str, str]
    suffix: str


def _suffix(context: Context, bare: pl.Series) -> str:
    """The venue to put behind bare codes: where most of them are registered, else Taiwan's where all look like its."""
    if not len(bare):
        return ""
    codes = set(bare.to_list())
    registered = [one.symbol.rpartition(".") for one in context.machine("market").instruments]
    found = Counter(venue for code, _, venue in registered if code in codes)
    if found:
        return f".{found.most_common(1)[0][0]}"
    return ".XTAI" if bare.str.contains(TAIWAN_CODE).all() else "?"


def _optional_numbers(dataset: Dataset, named: dict[str, str], missing: list[str]) -> list[str]:
    """The counts and amounts that a source may give, and that are not found yet."""
    kinds = dataset.columns
    given = [name for name in dataset.optional if kinds[name].kind in ("int32", "int64")]
    return [name for name in given if name not in named and name not in missing]


def _are_numbers(source: Source, name: str) -> bool:
    values = _sample(source, source.header.index(name))
    return bool(len(values)) and not read_decimals(values).unreadable.any()


def _fixed_width(source: Source) -> list[tuple[int, int, str]]:
    """First and last byte of what stands apart in the lines of a file without a header, and the first line's text
    there; nothing where its lines are not all as long.
    """
    first = source.first_rows(ROWS_LOOKED_AT)
    if not isinstance(source, TextSource) or not first:
        return []
    lines = [line.encode() for line in source.texts([first[0] - 1, *first])]
    if len({len(line) for line in lines}) != 1:
        return []
    used = bytes(any(line[place : place + 1] != b" " for line in lines) for place in range(len(lines[0])))
    return [
        (
            found.start() + 1,
            found.end(),
            lines[0][found.start() : found.end()].decode("utf-8", "replace").strip(),
        )
        for found in re.finditer(b"\x01+", used)
    ]


def _written_fixed(dataset: Dataset, runs: list[tuple[int, int, str]], language: str) -> str:
    """The proposal for a file of fixed width: where texts stand in it, and a line for each column to be filled in."""
    told = translate(
        "It looks like a file of fixed width without a header. Say first and last byte of each column, from 1.",
        language,
    )
    places = [f"#   [{first}, {last}]  {text}" for first, last, text in runs]
    columns = [f"# {name} = [1, 6]" for name in dataset.required]
    return "\n".join([f'dataset = "{dataset.name}"', "", f"# {told}", *places, "[fixed]", *columns]) + "\n"


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


def _written(dataset: Dataset, proposed: Proposed, language: str) -> str:
    """The proposal as TOML: what is left to say stands in it as remarks."""
    named, missing, open_ones, factors, venues, suffix = proposed
    lines = [f'dataset = "{dataset.name}"']
    if suffix:
        told = translate(
            "The venue of symbols that name none, e.g. .XTAI or .ROCO: see that it is theirs.", language
        )
        written = '# suffix = ".XTAI"' if suffix == "?" else f"suffix = {_quoted(suffix)}"
        lines += [f"# {told}", written]
    lines += ["", "[columns]"]
    lines += [f"{column} = {_quoted(name)}" for column, name in named.items()]
    left = [name for name in missing if not (name == "symbol" or (name == "date" and dataset.time == "date"))]
    lines += [f"# {column} = {_quoted(' | '.join(open_ones))}" for column in left]
    if "date" in missing and "date" not in left:
        lines += ["# date: --date 2026-11-20"]
    if factors:
        lines += ["", "[multiply]", *(f"{column} = {factor}" for column, factor in factors.items())]
    if venues:
        lines += ["", "[venues]", *(f'{mark} = "{venue}"' for mark, venue in venues.items())]
    if "symbol" in missing:
        lines += ["", "[constants]", '# symbol = "2330.XTAI"']
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
