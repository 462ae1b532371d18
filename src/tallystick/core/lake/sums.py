"""Whether a query's whole numbers fit in 64 bits, before a cluster is asked that would wrap them silently.

DuckDB adds whole numbers in 128 bits and refuses products that are too large; Daft wraps both, and makes floats of what
is counted once it is calculated with. A sum can be at most the rows times the largest value; that is known from what
Iceberg keeps of each file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from tallystick.core.lake.dialect import Node, arguments, calls, nodes

if TYPE_CHECKING:
    from tallystick.core.lake.lake import Lake

__all__ = ["UNKNOWN", "largest_given", "largest_values", "overflowing"]

SUMS = frozenset({"sum", "avg", "mean"})
SMALL = frozenset({"day", "length", "month", "quarter", "year"})
"""Calls whose value is small."""

CALCULATED = frozenset({"+", "-", "*"})
KEEPING = frozenset({"abs", "ceil", "floor", "lag", "lead", "max", "min", "round"})
"""Calls whose value is no larger than what they are given."""

COUNTING = frozenset({"count", "count_star", "dense_rank", "rank", "row_number"})
"""Calls whose value is at most the number of rows."""

LIMIT = float(2**63)
EXACT = float(2**53)
"""The largest whole number up to which floats have all of them."""
UNKNOWN = float("inf")


def largest_values(lake: Lake, name: str) -> dict[str, float]:
    """The largest absolute value in a table's files by column: 0 for one that is no whole number, or is empty."""
    layout = lake.state(name).layout
    found = dict.fromkeys(layout.names, 0.0)
    files = lake.tables_writer.load(name).inspect.files()
    for metrics in files["readable_metrics"].to_pylist():
        for column in layout.names:
            if pa.types.is_integer(layout.stored_arrow.field(column).type):
                found[column] = max(found[column], _largest_of(metrics.get(column)))
    return found


def _largest_of(metrics: Mapping[str, Any] | None) -> float:
    if not metrics:  # a file from before the column
        return 0.0
    bounds = (metrics["lower_bound"], metrics["upper_bound"])
    if None in bounds:
        return 0.0 if metrics["null_value_count"] == metrics["value_count"] else UNKNOWN
    return max(abs(float(bound)) for bound in bounds)


def largest_given(rows: pa.Table) -> dict[str, float]:
    """The same of rows in memory."""
    found = {}
    for field in rows.schema:
        ends = pc.min_max(rows[field.name]).as_py() if pa.types.is_integer(field.type) else {}
        found[field.name] = max((abs(float(end)) for end in ends.values() if end is not None), default=0.0)
    return found


def overflowing(tree: Any, rows: float, largest: Callable[[str], float]) -> str | None:
    """The first function or operator whose whole numbers may pass 64 bits, by its name; None when all fit.

    `largest` gives the largest absolute value of a column, 0 for one that is no whole number, infinite when unknown.
    """
    sizes = _Sizes(tree, rows, largest)
    counted = any(str(call["function_name"]).lower() in {*COUNTING, "length"} for call in calls(tree))
    for node in nodes(tree):
        name, limit = str(node.get("function_name", "")).lower(), LIMIT
        size = 0.0
        if node.get("is_operator") and name in CALCULATED:
            size, limit = sizes.of(node), EXACT if counted else LIMIT
        elif name in SUMS:
            size = rows * max(map(sizes.of, arguments(node)))
        if size >= limit:
            return name
    return None


class _Sizes:
    """The largest absolute value of whole-number expressions; 0 for one that is no whole number, which cannot wrap.

    A name that an inner query gives has the size of what it stands for; one that stands for itself is unknown.
    """

    def __init__(self, tree: Any, rows: float, largest: Callable[[str], float]) -> None:
        self._rows, self._largest = rows, largest
        self._nested = sum(node.get("type") == "SELECT_NODE" for node in nodes(tree)) > 1
        self._open: set[str] = set()
        self._own: dict[str, list[Node]] = {}
        for node in nodes(tree):
            if node.get("alias"):
                self._own.setdefault(str(node["alias"]), []).append(node)

    def of(self, node: Node) -> float:
        """The largest absolute value of an expression."""
        kind = node.get("class")
        if kind == "COLUMN_REF":
            return self._of_column(str(node["column_names"][-1]))
        if kind == "CONSTANT":
            literal = node.get("literal", {})
            return abs(float(literal["text"])) if literal.get("kind") == "INTEGER" else 0.0
        if kind == "CAST":
            whole = "int" in str(node["type_expr"].get("type_name")).lower()
            return self.of(node["child"]) if whole else 0.0
        if kind == "CASE":
            results = [check["then_expr"] for check in node["case_checks"]] + [node["else_expr"]]
            return max(map(self.of, results))
        if node.get("type") == "OPERATOR_COALESCE":
            return max(map(self.of, node["children"]))
        if kind in ("FUNCTION", "WINDOW"):
            sizes = [self.of(part) for part in arguments(node)]
            name = str(node["function_name"]).lower()
            return _combined(name, sizes) if node.get("is_operator") else self._called(name, sizes)
        return UNKNOWN

    def _of_column(self, column: str) -> float:
        base = self._largest(column)
        if column not in self._own or (base < UNKNOWN and not self._nested):
            return base
        if column in self._open:
            return UNKNOWN
        self._open.add(column)
        try:
            return max([*map(self.of, self._own[column]), base if base < UNKNOWN else 0.0])
        finally:
            self._open.remove(column)

    def _called(self, name: str, sizes: list[float]) -> float:
        if name in KEEPING:
            return max(sizes)
        if name == "sum":
            return self._rows * sizes[0]
        if name in COUNTING:
            return self._rows
        if name in SMALL:
            return EXACT / 2**20
        return 0.0 if name in ("avg", "mean") else UNKNOWN


def _combined(operator: str, sizes: list[float]) -> float:
    if operator in ("+", "-"):
        return sum(sizes)
    if operator == "*":  # a factor that is no whole number makes the product none
        return 0.0 if 0.0 in sizes else sizes[0] * sizes[1]
    if operator == "%":
        return sizes[0]
    return 0.0 if operator == "/" else UNKNOWN
