"""One SELECT over the lake's tables: what it may name, and what of SQL has no answer that every engine gives.

Every declared dataset can be asked, also one that nothing was loaded into: it has its columns and no rows. DuckDB's
ASOF JOIN takes any of several right rows of one time, so it is refused: `history.asof` says which one holds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tallystick.core.errors import NotFound, TallystickError, suggestion
from tallystick.core.lake.dialect import nodes, parsed
from tallystick.core.lake.layout import layout_of
from tallystick.history.datasets import DATASETS

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.lake import Lake
    from tallystick.core.lake.dialect import Node

__all__ = ["empty_tables", "named_as_declared", "refuse_asof_join"]


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
    """The answer with units and times where they are known: in columns that the outermost SELECT takes as they are
    from the tables behind its FROM. What is computed stays a bare number.
    """
    import pyarrow as pa

    select = parsed(lake, query)["statements"][0]["node"]
    tables = _tables(select.get("from_table"))
    if select["type"] != "SELECT_NODE" or select["cte_map"]["map"] or not tables:
        return found
    declared = _declared(lake, tables)
    columns, fields = [], []
    for name, column, field in zip(_taken(select, found), found.columns, found.schema, strict=True):
        shown = declared.get(name or "")
        if shown is not None and pa.types.is_integer(field.type):
            kind = shown.type if pa.types.is_timestamp(shown.type) else field.type
            column, field = column.cast(kind), field.with_type(kind).with_metadata(shown.metadata)
        columns.append(column)
        fields.append(field)
    return pa.table(columns, pa.schema(fields))


def _tables(source: Any) -> set[str]:
    """The tables of a FROM that is made of nothing else; none when it has anything else in it."""
    kind = (source or {}).get("type")
    if kind == "JOIN":
        left, right = _tables(source["left"]), _tables(source["right"])
        return left | right if left and right else set()
    renamed = kind != "BASE_TABLE" or source.get("column_name_alias")
    return set() if renamed else {f"{source['schema_name']}.{source['table_name']}"}


def _declared(lake: Lake, tables: Iterable[str]) -> Mapping[str, pa.Field]:
    """The columns that mean the same in every one of these tables that has them."""
    found: dict[str, pa.Field | None] = {}
    for name in tables:
        spec = DATASETS[name].spec if name in DATASETS else lake.spec(name)
        for field in layout_of(spec).arrow:
            same = found.setdefault(field.name, field)
            if same is None or (same.type, same.metadata) != (field.type, field.metadata):
                found[field.name] = None
    return {name: field for name, field in found.items() if field is not None}


def _taken(select: Node, found: pa.Table) -> list[str | None]:
    """For each column of the answer the column that it was taken from; None where it was computed."""
    parts = select["select_list"]
    if len(parts) == found.num_columns and not any(part["type"] == "STAR" for part in parts):
        return [part["column_names"][-1] if part["type"] == "COLUMN_REF" else None for part in parts]
    plain = all(_is_plain(part) for part in parts)
    return [name if plain else None for name in found.column_names]


def _is_plain(part: Node) -> bool:
    """Whether a part of a SELECT gives columns under their own names."""
    if part["type"] == "COLUMN_REF":
        return part["alias"] in ("", part["column_names"][-1])
    changed = ("expr", "replace_list", "rename_list", "columns")
    return part["type"] == "STAR" and not any(part.get(name) for name in changed)


def _unknown(name: str, known: Collection[str]) -> NotFound:
    remedy, near = suggestion(name, sorted(known))
    return NotFound("lake.table_unknown", "There is no table {table}.", remedy, table=name, **near)
