"""What the columns of a query's answer are: which are times, prices or quantities of the tables that it asks.

The lake keeps times as whole nanoseconds, and a condition on the bare column chooses files and row groups; a view that
showed timestamps would read every row to compare them. So a query is answered in numbers, and here its parsed text says
what the answer's columns are: those that are taken as they are, or chosen among values of a column (`max(ts)`), also
through subqueries and WITH. What is computed stays a bare number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.lake.dialect import Node

__all__ = ["meanings_of"]

CHOOSING = {
    "any_value", "arg_max", "arg_max_null", "arg_min", "arg_min_null", "argmax", "argmin", "first", "first_value",
    "lag", "last", "last_value", "lead", "max", "max_by", "min", "min_by", "mode", "nth_value",
    "nullif",
}  # fmt: skip
"""Functions whose answer is one of the values of their first argument."""

AMONG = {"greatest", "least"}
"""Functions whose answer is one of their arguments."""

DEFAULTS = {"lag", "lead"}
"""Functions whose third argument may be the answer instead."""

Columns = Mapping[str, "pa.Field | None"]
"""What the columns of a relation are, by lower name; None for what is computed, or not the same in all its tables."""


def meanings_of(
    select: Node, names: Sequence[str], declared: Callable[[str], Columns]
) -> list[pa.Field | None]:
    """For each column of the answer, of these names, the declared column that it has its values of, or None.

    `select` is a query's parsed node; `declared` gives the columns of a table `room.table`.
    """
    scope = _Scope(declared, {})
    by_place = scope.places(select)
    if by_place is not None:
        return by_place if len(by_place) == len(names) else [None] * len(names)
    columns = scope.columns(select) or {}
    return [columns.get(name.lower()) for name in names]


class _Scope:
    """The tables that a part of a query can name: those of the lake, and those of its WITH clauses."""

    def __init__(self, declared: Callable[[str], Columns], given: Mapping[str, Columns | None]) -> None:
        self._declared = declared
        self._given = given

    def places(self, node: Node) -> list[pa.Field | None] | None:
        """The columns of a query one after the other; None where a star says which they are."""
        inner = self._inside(node)
        if node["type"] == "SET_OPERATION_NODE":
            return inner._united(node)
        if node["type"] != "SELECT_NODE" or any(part["type"] == "STAR" for part in node["select_list"]):
            return None
        source = inner._source(node.get("from_table"))
        return [_meaning(part, source or {}) for part in node["select_list"]]

    def columns(self, node: Node) -> Columns | None:
        """The columns of a query by name; None when they cannot be told."""
        if node["type"] != "SELECT_NODE":
            return None
        inner = self._inside(node)
        source = inner._source(node.get("from_table"))
        if source is None:
            return None
        found: dict[str, pa.Field | None] = {}
        for part in node["select_list"]:
            if part["type"] == "STAR":
                if any(part.get(name) for name in ("expr", "replace_list", "rename_list", "columns")):
                    return None
                _add(found, source)
            else:
                name = part.get("alias") or (part.get("column_names") or [""])[-1]
                _add(found, {name.lower(): _meaning(part, source)})
        return found

    def _inside(self, node: Node) -> _Scope:
        """The scope with the query's own WITH clauses."""
        given = dict(self._given)
        for entry in (node.get("cte_map") or {}).get("map", ()):
            query = entry["value"].get("query_node")
            is_renamed = query is None or entry["value"].get("aliases")
            known = None if is_renamed else _Scope(self._declared, given).columns(query)
            given[entry["key"].lower()] = known
        return _Scope(self._declared, given)

    def _source(self, source: Any) -> Columns | None:
        """The columns behind a FROM; None when something in it cannot be told."""
        kind = (source or {}).get("type")
        if kind == "JOIN":
            left, right = self._source(source["left"]), self._source(source["right"])
            if left is None or right is None:
                return None
            found = dict(left)
            _add(found, right)
            return found
        if kind not in ("BASE_TABLE", "SUBQUERY") or source.get("column_name_alias"):
            return None
        if kind == "SUBQUERY":
            return self.columns(source["subquery"]["node"])
        if not source.get("schema_name"):
            return self._given.get(source["table_name"].lower())
        return self._declared(f"{source['schema_name']}.{source['table_name']}")

    def _united(self, node: Node) -> list[pa.Field | None] | None:
        """The columns of a UNION, EXCEPT or INTERSECT: what is the same in every part."""
        parts = node.get("children") or [node.get("left"), node.get("right")]
        every = [self.places(part) for part in parts]
        first = every[0]
        if node.get("setop_type") == "UNION_BY_NAME" or first is None:
            return None
        if any(part is None or len(part) != len(first) for part in every):
            return None
        return [_same(values) for values in zip(*(part for part in every if part is not None), strict=True)]


def _meaning(part: Node, source: Columns) -> pa.Field | None:
    """What an expression has its values of, if they are a column's."""
    if part["type"] == "COLUMN_REF":
        return source.get(part["column_names"][-1].lower())
    if part["type"] == "CASE_EXPR":
        chosen = [check["then_expr"] for check in part["case_checks"]] + [part["else_expr"]]
        return _same([_meaning(one, source) for one in chosen if not _is_null(one)])
    if part["type"] == "OPERATOR_COALESCE":
        return _same([_meaning(one, source) for one in part["children"] if not _is_null(one)])
    name = str(part.get("function_name", "")).lower()
    arguments = [one.get("expression", one) for one in part.get("arguments") or part.get("children") or ()]
    if name in AMONG:
        return _same([_meaning(one, source) for one in arguments if not _is_null(one)])
    if name in CHOOSING and arguments:
        chosen = [arguments[0], *(arguments[2:] if name in DEFAULTS else ())]
        return _same([_meaning(one, source) for one in chosen if not _is_null(one)])
    return None


def _is_null(part: Node) -> bool:
    return (part.get("literal") or {}).get("kind") == "NULL_LITERAL"


def _same(fields: Sequence[pa.Field | None]) -> pa.Field | None:
    """The field, if all are one."""
    first = fields[0] if fields else None
    return first if all(_is_same(first, one) for one in fields) else None


def _is_same(one: pa.Field | None, other: pa.Field | None) -> bool:
    return one is not None and other is not None and (one.type, one.metadata) == (other.type, other.metadata)


def _add(found: dict[str, pa.Field | None], more: Columns) -> None:
    """Take columns in; a name that two of them have means something only if both do the same."""
    for name, field in more.items():
        found[name] = field if name not in found or _is_same(found[name], field) else None
