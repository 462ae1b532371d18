"""Good rows into the lake: those that are not there yet, once for a content, with the house's own columns."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from tallystick.core.disk import full_words, is_full
from tallystick.core.errors import TallystickError
from tallystick.history.datasets import with_own_columns
from tallystick.history.loading.checked import Checked, comparable
from tallystick.history.loading.checks import Circumstances
from tallystick.history.loading.lake_checks import warn_of_day_before
from tallystick.history.loading.rows import Warned

if TYPE_CHECKING:
    from tallystick.core.lake import Lake

__all__ = ["Filled", "Part", "append_all", "room_on_disk"]

Array = np.ndarray[Any, np.dtype[Any]]


class Part(NamedTuple):
    """A source's checked rows, its label, and what the lake knows of their facts (`known.known_facts`)."""

    checked: Checked
    source: str
    known: pl.DataFrame


class Filled(NamedTuple):
    """What an append did: how many rows are new in the lake, doubts that only what is there could raise, and how many
    of the rows changed a fact that was known.
    """

    rows: int
    warnings: list[Warned] = []
    changed: int = 0


def append_all(lake: Lake, given: Circumstances, parts: Sequence[Part], token: str) -> list[Filled]:
    """Append the good rows of sources that are not there yet, in one commit, once for a token.

    When the commit is there already, since a load was killed before the journal had it, all rows of several sources
    count as its.
    """
    dataset = parts[0].checked.rows.dataset
    if done := lake.committed(dataset.name, token):
        return [Filled(done.rows if len(parts) == 1 else len(part.checked.places)) for part in parts]
    doubts = list(warn_of_day_before(lake, given, [part.checked for part in parts]))
    found = [_not_there_yet(part) for part in parts]
    whole = [
        with_own_columns(dataset, _with_instruments(given, fresh), part.source, given.known_time)
        for (fresh, _), part in zip(found, parts, strict=True)
        if fresh.num_rows
    ]
    filled = [
        one._replace(warnings=[*before, *one.warnings])
        for before, (_, one) in zip(doubts, found, strict=True)
    ]
    if whole:
        together = pa.concat_tables(whole, promote_options="default").unify_dictionaries()
        commit = lake.append(dataset.name, together, token=token)
        if commit.repeated and len(parts) == 1 and (done := lake.committed(dataset.name, token)):
            filled = [filled[0]._replace(rows=done.rows)]
    return filled


@contextlib.contextmanager
def room_on_disk(name: str) -> Iterator[None]:
    """Tell a full disk by what it means: nothing of the source is in the lake that was not, and nothing is lost."""
    try:
        yield
    except Exception as error:
        if not is_full(error):
            raise
        raise TallystickError(
            "history.disk_full",
            "{file} could not be kept, as the disk is full: {problem}.",
            "Make room and load it again; what is there stays, and the load continues where it was.",
            file=name,
            problem=full_words(error),
        ) from error


def _not_there_yet(part: Part) -> tuple[pa.Table, Filled]:
    """The rows without those whose every value is known already; a changed value stays, as a later version.

    What a source has no column for stays as it was known. A key that another source gave other values for is doubted.
    """
    checked, source, there = part
    table, dataset = checked.table(), checked.rows.dataset
    if there.is_empty():
        return table, Filled(table.num_rows)
    names, key = list(table.column_names), list(dataset.spec.key)
    kinds = {name: pl.String if checked.rows.columns[name].words is not None else pl.Int64 for name in names}
    known = there.with_columns(comparable(name, kind) for name, kind in kinds.items())
    new = pl.DataFrame(table).with_columns(comparable(name, kind) for name, kind in kinds.items())
    new = new.with_columns(_place=pl.int_range(pl.len()))
    fresh = new.join(known, on=names, how="anti", nulls_equal=True, maintain_order="left")
    unsaid = [name for name in dataset.given if name not in {*names, *key, "event_time"}]
    met = fresh.select(*key, "_place").join(
        known.select(*key, "source", *unsaid), on=key, how="left", nulls_equal=True, maintain_order="left"
    )
    changed = met.filter(pl.col("source").is_not_null())
    others = changed.filter(pl.col("source") != source)
    warnings = []
    if "cross_source" in dataset.checks and others.height:
        place = int(checked.places[others["_place"][0]])
        warnings.append(Warned("history.other_source", key[0], others.height, place))
    rows = table if fresh.height == table.num_rows else table.take(pa.array(fresh["_place"], pa.int64()))
    for name in unsaid:
        if met[name].null_count() < met.height:
            rows = rows.append_column(name, _stored(met[name]))
    return rows, Filled(rows.num_rows, warnings, changed.height)


def _stored(values: pl.Series) -> pa.Array:
    """Values that the lake knows as a column for it; texts as a dictionary, as all that is loaded."""
    found = values.to_arrow(compat_level=pl.CompatLevel.oldest())
    return found.cast(pa.string()).dictionary_encode() if values.dtype == pl.String else found


def _with_instruments(given: Circumstances, table: pa.Table) -> pa.Table:
    """The rows with the house's code of their symbol, -1 where it is not registered."""
    if "symbol" not in table.column_names:
        return table
    codes = {one.symbol: code for code, one in enumerate(given.market.instruments)}
    symbols = table["symbol"].combine_chunks()
    symbols = symbols.chunk(0) if isinstance(symbols, pa.ChunkedArray) else symbols
    of_word = np.array([codes.get(word, -1) for word in symbols.dictionary.to_pylist()] or [-1], np.int32)
    return table.append_column("instrument", pa.array(of_word[np.asarray(symbols.indices)]))
