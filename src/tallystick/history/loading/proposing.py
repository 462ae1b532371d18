"""A mapping proposed for a file from its header and first rows, to be completed by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tallystick.core.text import translate
from tallystick.history.loading.columns import ColumnMapping, known_columns, missing_columns
from tallystick.history.loading.fixed_width import Span, find_fixed
from tallystick.history.loading.header_units import stated_factors
from tallystick.history.loading.headers import find_separator
from tallystick.history.loading.read import begin, open_sources
from tallystick.history.loading.reports import MappingProposal
from tallystick.history.loading.times import read_clock_times
from tallystick.history.loading.values import Column, as_text, read_dates, read_decimals

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.history.datasets import Dataset
    from tallystick.history.loading.read import Load
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
    spans: dict[str, Span] = {}

    def known(names: Sequence[str]) -> int:
        return len(known_columns(load.dataset, names, load.mapping))

    sign = find_separator(source.header[0], known) if len(source.header) == 1 else ""
    if sign and 2 * sign not in source.header[0]:
        load = load._replace(mapping=ColumnMapping(separator=sign))
        source = next(iter(open_sources(load, file)))
    elif fixed := find_fixed(source, known):
        source, spans = fixed
    missing, proposal = _proposed(context, load, source, spans)
    return MappingProposal(
        file=source.name,
        dataset=load.dataset.name,
        mapping=_written(load, proposal, context.language),
        missing=missing,
        unused_columns=proposal.headers,
        encoding=source.encoding,
    )


def _proposed(
    context: Context, load: Load, source: Source, spans: dict[str, Span]
) -> tuple[list[str], Proposed]:
    """The needed columns that are not found, and what the proposal says."""
    named = {
        column: source.header[places[0]]
        for column, places in known_columns(load.dataset, source.header, load.mapping).items()
    }
    open_ones = [name for name in source.header if name and name not in named.values()]
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
    stated = stated_factors(load.dataset, source.header, places)
    marks = symbols.str.extract(r"\.([A-Za-z]+)$").str.to_uppercase().unique(maintain_order=True)
    return missing, Proposed(
        named,
        [*missing, *(_optional_numbers(load.dataset, named, missing) if len(numbers) > len(missing) else ())],
        open_ones,
        {column: factor for column, factor in stated.items() if factor != 1},
        {mark: VENUES[mark] for mark in marks if mark in VENUES},
        _suffix(context, bare),
        {
            name: (span, next(iter(_sample(source, source.header.index(name))), ""))
            for name, span in spans.items()
        },
    )


class Proposed(NamedTuple):
    """What a proposal says: headers by column, columns that are left, headers that are left, factors of units, venues,
    the venue for symbols that name none (empty: none of them does, `?`: nothing tells which), and of a file of fixed
    width where each header's column stands, with the first text there.
    """

    named: dict[str, str]
    left: list[str]
    headers: list[str]
    factors: dict[str, int]
    venues: dict[str, str]
    suffix: str
    spans: dict[str, tuple[Span, str]] = {}

    def written(self, header: str) -> str:
        """How a mapping names the column of a header: by its name, or by its place."""
        return str(list(self.spans[header][0])) if header in self.spans else _quoted(header)


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


def _written(load: Load, proposed: Proposed, language: str) -> str:
    """The proposal as TOML: what is left to say stands in it as remarks."""
    named, missing, open_ones, factors, venues, suffix = proposed[:6]
    dataset = load.dataset
    lines = [f'dataset = "{dataset.name}"']
    if load.mapping.separator:
        lines.append(f"separator = {_quoted(load.mapping.separator)}")
    if suffix:
        told = translate(
            "The venue of symbols that name none, e.g. .XTAI or .ROCO: see that it is theirs.", language
        )
        written = '# suffix = ".XTAI"' if suffix == "?" else f"suffix = {_quoted(suffix)}"
        lines += [f"# {told}", written]
    lines += ["", *(_written_spans(proposed, language) if proposed.spans else ["[columns]"])]
    lines += [f"{column} = {proposed.written(name)}" for column, name in named.items()]
    left = [name for name in missing if not (name == "symbol" or (name == "date" and dataset.time == "date"))]
    some = " | ".join(map(proposed.written, open_ones)) if proposed.spans else _quoted(" | ".join(open_ones))
    lines += [f"# {column} = {some}" for column in left]
    if "date" in missing and "date" not in left:
        lines += ["# date: --date 2026-11-20"]
    if factors:
        lines += ["", "[multiply]", *(f"{column} = {factor}" for column, factor in factors.items())]
    if venues:
        lines += ["", "[venues]", *(f'{mark} = "{venue}"' for mark, venue in venues.items())]
    if "symbol" in missing:
        lines += ["", "[constants]", '# symbol = "2330.XTAI"']
    return "\n".join(lines) + "\n"


def _written_spans(proposed: Proposed, language: str) -> list[str]:
    """Where texts stand in a file of fixed width, as remarks, and the part's name."""
    told = translate(
        "It looks like a file of fixed width: first and last byte of each column, from 1.", language
    )
    places = [
        f"#   {proposed.written(name)}  {'' if name.startswith('[') else f'{name}  '}{first}"
        for name, (_, first) in proposed.spans.items()
    ]
    return [f"# {told}", *places, "[fixed]"]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
