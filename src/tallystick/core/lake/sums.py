"""Whether a query's sums of whole numbers fit in 64 bits, before a cluster is asked that would wrap them silently.

DuckDB adds whole numbers in 128 bits, Daft in 64 and without a word. A sum can be at most the rows times the largest
value; that is known from what Iceberg keeps of each file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from tallystick.core.lake.dialect import Node, calls, nodes

if TYPE_CHECKING:
    from tallystick.core.lake.lake import Lake

__all__ = ["UNKNOWN", "largest_given", "largest_values", "overflowing"]

SUMS = frozenset({"sum", "avg", "mean"})
LIMIT = float(2**63)
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
    """The first sum or mean of whole numbers that may pass 64 bits, by its function's name; None when all fit.

    `largest` gives the largest absolute value of a column, 0 for one that is no whole number, infinite when unknown.
    A name that an inner query gives to something of its own is unknown.
    """
    nested = sum(node.get("type") == "SELECT_NODE" for node in nodes(tree)) > 1
    own = {str(node["alias"]) for node in nodes(tree) if node.get("alias")} if nested else set()

    def of_column(column: str) -> float:
        return UNKNOWN if column in own else largest(column)

    for call in calls(tree):
        name = str(call["function_name"]).lower()
        if name in SUMS and any(rows * _largest(part, of_column) >= LIMIT for part in _arguments(call)):
            return name
    return None


def _arguments(node: Node) -> list[Node]:
    return [argument["expression"] for argument in node["arguments"]]


def _largest(node: Node, largest: Callable[[str], float]) -> float:
    """The largest absolute value of a whole-number expression; 0 when it is no whole number, which cannot wrap."""
    kind = node.get("class")
    if kind == "COLUMN_REF":
        return largest(str(node["column_names"][-1]))
    if kind == "CONSTANT":
        literal = node.get("literal", {})
        return abs(float(literal["text"])) if literal.get("kind") == "INTEGER" else 0.0
    if kind == "CAST":
        whole = "int" in str(node["type_expr"].get("type_name")).lower()
        return _largest(node["child"], largest) if whole else 0.0
    if kind == "CASE":
        results = [check["then_expr"] for check in node["case_checks"]] + [node["else_expr"]]
        return max(_largest(result, largest) for result in results)
    if kind == "FUNCTION" and node.get("is_operator"):
        return _combined(str(node["function_name"]), [_largest(part, largest) for part in _arguments(node)])
    return UNKNOWN


def _combined(operator: str, values: list[float]) -> float:
    if operator in ("+", "-"):
        return sum(values)
    if operator == "*":  # a factor that is no whole number makes the product none
        return 0.0 if 0.0 in values else values[0] * values[1]
    return 0.0 if operator == "/" else UNKNOWN
