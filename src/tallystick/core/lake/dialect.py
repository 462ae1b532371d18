"""A query in DuckDB's SQL as Daft must be told it to give the same answer, or why it cannot.

Daft sorts before it makes windows and before it drops duplicates; and sorting on several nodes it puts empty values
first in descending order, whatever the query says. So the answer is sorted once more here, and what a limit would make
wrong is refused. Which expressions it may be asked at all, `proven` says.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tallystick.core.errors import TallystickError

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.core.lake.lake import Lake

__all__ = ["Node", "arguments", "arranged", "calls", "nodes", "parsed", "refused", "translated"]

Node = dict[str, Any]

DESCENDING = re.compile(rb"\s*desc(?:ending)?\b(?!\s*nulls)", re.IGNORECASE)


def parsed(lake: Lake, query: str) -> Node:
    """A query as DuckDB's parser sees it."""
    tree: Node = json.loads(lake.engine.rows("SELECT json_serialize_sql(?)", [query])[0][0])
    return tree


def nodes(tree: Any) -> Iterator[Node]:
    """Every part of a parsed query, from the outside in."""
    if isinstance(tree, list):
        for part in tree:
            yield from nodes(part)
    elif isinstance(tree, dict):
        yield tree
        for part in tree.values():
            yield from nodes(part)


def calls(tree: Any) -> Iterator[Node]:
    """Every call of a function in a parsed query; an operator is none."""
    for node in nodes(tree):
        if node.get("class") in ("FUNCTION", "WINDOW") and not node.get("is_operator"):
            yield node


def arguments(call: Node) -> list[Node]:
    """What a call or an operator is given."""
    return [argument["expression"] for argument in call["arguments"]]


def translated(tree: Node, query: str) -> str:
    """The query for Daft. TallystickError when it would sort or limit it otherwise."""
    outermost = tree["statements"][0]["node"]
    for select in (node for node in nodes(tree) if "modifiers" in node):
        kinds = _kinds(select)
        limited = "LIMIT_MODIFIER" in kinds or (select is not outermost and "ORDER_MODIFIER" in kinds)
        windows = any(node.get("class") == "WINDOW" for node in nodes(select.get("select_list")))
        if limited and windows:
            raise refused(
                "it limits or sorts in a SELECT that has a window; put the window into an inner SELECT"
            )
        if limited and {"ORDER_MODIFIER", "DISTINCT_MODIFIER"} <= set(kinds):
            raise refused(
                "it limits a sorted SELECT DISTINCT; put that into an inner SELECT, or use GROUP BY"
            )
        skips = (kinds.get("LIMIT_MODIFIER") or {}).get("offset")
        if limited and (select is not outermost or skips) and any(map(_needs_care, _orders(select))):
            raise refused(
                "it limits in descending order inside, or skips rows of it; sort in ascending order"
            )
    return _with_empty_last(tree, query)


def arranged(tree: Node, found: pa.Table) -> pa.Table:
    """The answer in the order that the query asks for, empty values last unless it says otherwise."""
    select = tree["statements"][0]["node"]
    orders = _orders(select)
    if not orders:
        return found
    named = {str(part.get("alias")) for part in select.get("select_list", ())} - {""}
    columns = [_column(order["expression"], found, named) for order in orders]
    if None in columns:
        if any(map(_needs_care, orders)) or "DISTINCT_MODIFIER" in _kinds(select):
            raise refused("it sorts by what is no column of the answer")
        return found
    import polars as pl

    keys = {str(place): found.column(column) for place, column in enumerate(columns) if column is not None}
    if "LIMIT_MODIFIER" in _kinds(select):
        for order, values in zip(orders, keys.values(), strict=True):
            if _needs_care(order) and values.null_count:
                raise refused(
                    "it limits an order in which empty values take part; leave them out by IS NOT NULL"
                )
    places = pl.DataFrame(keys).select(
        pl.arg_sort_by(
            list(keys),
            descending=[order["type"] == "DESCENDING" for order in orders],
            nulls_last=[order["null_order"] != "NULLS FIRST" for order in orders],
            maintain_order=True,
        )
    )
    return found.take(places.to_series().to_arrow())


def _kinds(select: Node) -> dict[str, Node]:
    return {str(modifier["type"]): modifier for modifier in select["modifiers"]}


def _orders(select: Node) -> list[Node]:
    return [order for kind in select["modifiers"] for order in kind.get("orders") or ()]


def _needs_care(order: Node) -> bool:
    """Whether Daft may place empty values elsewhere than the query says."""
    return bool({"DESCENDING", "NULLS FIRST"} & {order["type"], order["null_order"]})


def _column(expression: Node, found: pa.Table, named: set[str]) -> int | None:
    """Which column of the answer an order is by; None when it is by something else."""
    if expression.get("class") == "CONSTANT":
        literal = expression.get("literal", {})
        return int(literal["text"]) - 1 if literal.get("kind") == "INTEGER" else None
    if expression.get("class") != "COLUMN_REF":
        return None
    *table, name = expression["column_names"]
    if found.column_names.count(name) != 1 or (table and name in named):
        return None
    place: int = found.column_names.index(name)
    return place


def _with_empty_last(tree: Node, query: str) -> str:
    """Say of every descending order that empty values come last, as they do in DuckDB."""
    text = query.encode()
    ends = []
    for order in (order for node in nodes(tree) for order in node.get("orders") or ()):
        if order["type"] == "DESCENDING" and order["null_order"] == "ORDER_DEFAULT":
            place = order["expression"]
            end = place["query_location"] + place["query_location_length"]
            found = DESCENDING.match(text, end)
            if found is None:
                raise refused("it sorts by an expression in descending order; write NULLS LAST behind DESC")
            ends.append(found.end())
    for end in sorted(ends, reverse=True):
        text = text[:end] + b" NULLS LAST" + text[end:]
    return text.decode()


def refused(problem: str) -> TallystickError:
    """The fault of a query that the cluster does not answer."""
    return TallystickError(
        "lake.cluster_query",
        "The cluster cannot answer the query: {problem}.",
        "docs/how-to/run-the-lake-on-a-cluster.md says what it knows; engine='local' answers all of SQL.",
        problem=problem.rstrip("."),
    )
