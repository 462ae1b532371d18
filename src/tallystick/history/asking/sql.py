"""One SELECT over the lake's tables: what it may name, and what of SQL has no answer that every engine gives.

Every declared dataset can be asked, also one that nothing was loaded into: it has its columns and no rows. DuckDB's
ASOF JOIN takes any of several right rows of one time, so it is refused: `history.asof` says which one holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from tallystick.core.errors import NotFound, TallystickError, suggestion
from tallystick.core.lake.dialect import nodes, parsed
from tallystick.core.lake.layout import layout_of
from tallystick.history.asking.meaning import meanings_of
from tallystick.history.datasets import DATASETS, QUARANTINE, is_there
from tallystick.history.loading.quarantine import readable_rows
from tallystick.history.requests import unreadable_datasets

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.context import Context
    from tallystick.core.lake import Lake

__all__ = ["empty_tables", "named_as_declared", "readable_quarantine", "refuse_asof_join"]


def empty_tables(lake: Lake, names: Iterable[str]) -> dict[str, pa.Table]:
    """The tables among the names that are declared and not made yet, without rows, as a query sees them.

    They are made of the declaration alone, so that reading writes nothing. NotFound for a name that nothing declares.
    """
    made = set(lake.tables())
    found = {}
    for name in sorted(set(names) - made):
        if name not in DATASETS:
            raise _unknown(name, {*made, *DATASETS})
        layout = layout_of(DATASETS[name].spec)
        found[name] = layout.stored_arrow.empty_table().select(list(layout.names))
    return found


def readable_quarantine(
    context: Context, names: Collection[str], known_at: int | None
) -> dict[str, pa.Table]:
    """The quarantine, where a query names it and an actor who may not read every dataset asks: without their rows."""
    unreadable = unreadable_datasets(context) if QUARANTINE.name in names else []
    if not unreadable or not is_there(context.lake, QUARANTINE):
        return {}
    return {QUARANTINE.name: readable_rows(context.lake, unreadable, known_at)}


def refuse_asof_join(lake: Lake, query: str) -> None:
    """TallystickError when a query has an ASOF JOIN."""
    if any(node.get("ref_type") == "ASOF" for node in nodes(parsed(lake, query))):
        raise TallystickError(
            "history.asof_in_sql",
            "ASOF JOIN does not say which of several rows of one time it takes.",
            "Ask history.asof, which takes the one with the larger seq; "
            "docs/explanation/as-of-join.md says how to write the same in SQL.",
        )


def named_as_declared(lake: Lake, query: str, found: pa.Table) -> pa.Table:
    """The answer with units and times where they are known (`asking.meaning`). What is computed stays a bare number."""
    import pyarrow as pa

    select = parsed(lake, query)["statements"][0]["node"]
    meanings = meanings_of(select, found.column_names, lambda table: _declared(lake, table))
    columns, fields = [], []
    for shown, column, field in zip(meanings, found.columns, found.schema, strict=True):
        if shown is not None and pa.types.is_integer(field.type):
            kind = shown.type if pa.types.is_timestamp(shown.type) else field.type
            column, field = column.cast(kind), field.with_type(kind).with_metadata(shown.metadata)
        columns.append(column)
        fields.append(field)
    return pa.table(columns, pa.schema(fields))


def _declared(lake: Lake, name: str) -> Mapping[str, pa.Field | None]:
    """The columns of a table, as callers of the lake see them."""
    spec = DATASETS[name].spec if name in DATASETS else lake.spec(name)
    return {field.name.lower(): field for field in layout_of(spec).arrow}


def _unknown(name: str, known: Collection[str]) -> NotFound:
    remedy, near = suggestion(name, sorted(known))
    return NotFound("lake.table_unknown", "There is no table {table}.", remedy, table=name, **near)
