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

__all__ = ["Filled", "append_all", "room_on_disk"]

Array = np.ndarray[Any, np.dtype[Any]]


class Filled(NamedTuple):
    """What an append did: how many rows are new in the lake, and doubts that only what is there could raise."""

    rows: int
    warnings: list[Warned] = []


def append_all(
    lake: Lake, given: Circumstances, parts: Sequence[tuple[Checked, str]], token: str
) -> list[Filled]:
    """Append the good rows of sources (each with its label) that are not there yet, in one commit, once for a token.

    When the commit is there already, since a load was killed before the journal had it, all rows of several sources
    count as its.
    """
    dataset = parts[0][0].rows.dataset
    if done := lake.committed(dataset.name, token):
        return [Filled(done.rows if len(parts) == 1 else len(checked.places)) for checked, _ in parts]
    before = warn_of_day_before(lake, given, [checked for checked, _ in parts])
    found = [
        (fresh, [*doubts, *others])
        for (checked, source), doubts in zip(parts, list(before), strict=True)
        for fresh, others in [_not_there_yet(lake, given, checked, checked.table(), source)]
    ]
    whole = [
        with_own_columns(dataset, _with_instruments(given, fresh), source, given.known_time)
        for (fresh, _), (_, source) in zip(found, parts, strict=True)
        if fresh.num_rows
    ]
    rows = [fresh.num_rows for fresh, _ in found]
    if whole:
        together = pa.concat_tables(whole, promote_options="default").unify_dictionaries()
        commit = lake.append(dataset.name, together, token=token)
        if commit.repeated and len(parts) == 1 and (done := lake.committed(dataset.name, token)):
            rows = [done.rows]
    return [Filled(count, warnings) for count, (_, warnings) in zip(rows, found, strict=True)]


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


def _not_there_yet(
    lake: Lake, given: Circumstances, checked: Checked, table: pa.Table, source: str
) -> tuple[pa.Table, list[Warned]]:
    """The rows without those whose every value is known already; a changed value stays, as a later version.

    A key that another source gave other values for is doubted.
    """
    dataset = checked.rows.dataset
    if not _meets(lake, checked):
        return table, []
    names = list(table.column_names)
    there = lake.scan(
        dataset.name, columns=[*names, "source"], within=checked.within(), known_at=given.known_time
    )
    if there.num_rows == 0:
        return table, []
    schema = {name: pl.String if checked.rows.columns[name].words is not None else pl.Int64 for name in names}
    known = pl.DataFrame(there).with_columns(comparable(name, kind) for name, kind in schema.items())
    new = pl.DataFrame(table).with_columns(comparable(name, kind) for name, kind in schema.items())
    new = new.with_columns(_place=pl.int_range(pl.len()))
    fresh = new.join(known, on=names, how="anti", nulls_equal=True, maintain_order="left")
    warnings: list[Warned] = []
    if "cross_source" in dataset.checks:
        others = fresh.join(
            known.filter(pl.col("source") != source),
            on=list(dataset.spec.key),
            how="semi",
            maintain_order="left",
        )
        if others.height:
            place = int(checked.places[others["_place"][0]])
            warnings.append(Warned("history.other_source", dataset.spec.key[0], others.height, place))
    if fresh.height == table.num_rows:
        return table, warnings
    return table.take(pa.array(fresh["_place"], pa.int64())), warnings


def _meets(lake: Lake, checked: Checked) -> bool:
    """Whether the lake may have rows of the same dates."""
    if not len(checked.places):
        return False
    day, (low, high) = checked.rows.dataset.date_column, checked.dates
    files = lake.state(checked.rows.dataset.name).plan.files
    return any(int(f.lower.get(day, low)) <= high and int(f.upper.get(day, high)) >= low for f in files)


def _with_instruments(given: Circumstances, table: pa.Table) -> pa.Table:
    """The rows with the house's code of their symbol, -1 where it is not registered."""
    if "symbol" not in table.column_names:
        return table
    codes = {one.symbol: code for code, one in enumerate(given.market.instruments)}
    symbols = table["symbol"].combine_chunks()
    symbols = symbols.chunk(0) if isinstance(symbols, pa.ChunkedArray) else symbols
    of_word = np.array([codes.get(word, -1) for word in symbols.dictionary.to_pylist()] or [-1], np.int32)
    return table.append_column("instrument", pa.array(of_word[np.asarray(symbols.indices)]))
