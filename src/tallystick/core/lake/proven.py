"""Which SQL the cluster answers as this machine does: what was asked of both and came out equal, row by row.

Daft takes CASE for empty where its condition is empty, cuts where DuckDB rounds, gives seconds for days, matches
`NOT IN` against empty values, orders no UNION, and says none of it. So a query may have what stands here, and what does
not is refused before it is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tallystick.core.lake.dialect import Node, arguments, nodes

__all__ = ["unproven"]

AGGREGATES = frozenset({"avg", "count", "count_star", "max", "mean", "min", "sum"})
NUMBERED = frozenset({"dense_rank", "rank", "row_number"})
SHIFTED = frozenset({"lag", "lead"})
OF_NUMBERS = frozenset({"abs", "ceil", "floor", "round"})
OF_TEXTS = frozenset({"contains", "ends_with", "left", "length", "lpad", "right", "rpad", "starts_with"})
OF_DATES = frozenset({"day", "month", "quarter", "year"})
CALLED = AGGREGATES | OF_NUMBERS | OF_TEXTS | OF_DATES
NUMBERS = (AGGREGATES - {"max", "min"}) | NUMBERED | OF_NUMBERS | OF_DATES | {"length"}
"""Calls that give a number; `max`, `min`, `lag` and `lead` give what they take."""

ARITHMETIC = frozenset({"+", "-", "*", "/", "%"})
LIKE = frozenset({"~~", "!~~"})
COMPARED = frozenset({
    "COMPARE_EQUAL", "COMPARE_NOTEQUAL", "COMPARE_LESSTHAN", "COMPARE_GREATERTHAN", "COMPARE_LESSTHANOREQUALTO",
    "COMPARE_GREATERTHANOREQUALTO", "COMPARE_BETWEEN", "COMPARE_NOT_BETWEEN", "CONJUNCTION_AND", "CONJUNCTION_OR",
})  # fmt: skip
EMPTY = frozenset({"OPERATOR_IS_NULL", "OPERATOR_IS_NOT_NULL"})
OPERATORS = EMPTY | {"OPERATOR_NOT", "OPERATOR_COALESCE", "COMPARE_IN", "COMPARE_NOT_IN"}
JOINS = {"INNER": True, "LEFT": True, "RIGHT": False, "OUTER": False, "FULL": False}
"""Kinds of JOIN, and whether USING is answered alike with them."""

LARGEST = 2**63 - 1
DEFAULT_FRAME = ("UNBOUNDED_PRECEDING", "CURRENT_ROW_RANGE")


def unproven(tree: Node, is_number: Callable[[str], bool]) -> str | None:
    """The first part of a parsed query that the cluster may answer otherwise, in words; None when there is none.

    `is_number` says of a table's column whether it holds numbers.
    """
    numbers = _Numbers(tree, is_number)
    matched = set(_matched(tree))
    for node in nodes(tree):
        problem = _structure(node) if "class" not in node else _expression(node, numbers, matched)
        if problem:
            return problem
    return None


class _Numbers:
    """Which expressions of a query are numbers, through the names that its inner queries give."""

    def __init__(self, tree: Node, is_number: Callable[[str], bool]) -> None:
        self._is_number = is_number
        self._own: dict[str, list[Node]] = {}
        self._open: set[str] = set()
        for node in nodes(tree):
            if node.get("alias") and "class" in node:
                self._own.setdefault(str(node["alias"]), []).append(node)

    def holds(self, node: Node) -> bool:
        """Whether an expression is a number, whatever its rows."""
        kind, name = node["class"], str(node.get("function_name", "")).lower()
        if kind == "COLUMN_REF":
            return self._column(str(node["column_names"][-1]))
        if kind == "CONSTANT":
            return node["literal"]["kind"] in ("INTEGER", "NUMERIC")
        if kind == "CAST":
            return str(node["type_expr"]["type_name"]) == "DOUBLE"
        if kind == "CASE":
            results = [check["then_expr"] for check in node["case_checks"]] + [node["else_expr"]]
            return all(map(self.holds, results))
        if node["type"] == "OPERATOR_COALESCE":
            return all(map(self.holds, node["children"]))
        if name in SHIFTED or name in ("max", "min"):
            return self.holds(arguments(node)[0])
        return name in NUMBERS or bool(node.get("is_operator") and name in ARITHMETIC)

    def _column(self, name: str) -> bool:
        if name not in self._own or name in self._open:
            return self._is_number(name)
        self._open.add(name)
        try:
            return all(map(self.holds, self._own[name]))
        finally:
            self._open.remove(name)


def _matched(tree: Node) -> Iterator[int]:
    """The `IN (SELECT …)` that are conditions of a WHERE by themselves: there, empty is the same as no."""
    parts = [node["where_clause"] for node in nodes(tree) if node.get("where_clause")]
    while parts:
        part = parts.pop()
        if part.get("type") == "CONJUNCTION_AND":
            parts.extend(part["children"])
        elif (part.get("subquery_type"), part.get("comparison_type")) == ("ANY", "COMPARE_EQUAL"):
            yield id(part)


def _structure(node: Node) -> str | None:
    """What is wrong with a part that is no expression: a SELECT, a table, a modifier."""
    kind = node.get("type")
    if node.get("sample") or node.get("qualify") or node.get("at_clause"):
        return "it has SAMPLE, QUALIFY or AT"
    if node.get("column_name_alias") or node.get("aliases"):
        return "it names the columns of a table; write AS behind each expression"
    if kind == "SELECT_NODE":
        return _select(node)
    if kind == "JOIN":
        plain = JOINS.get(node["join_type"])
        if (
            plain is None
            or node["ref_type"] not in ("REGULAR", "CROSS")
            or not (plain or not node["using_columns"])
        ):
            return f"it has a {node['ref_type']} {node['join_type']} JOIN"
    elif kind == "LIMIT_MODIFIER" and node.get("limit_type") != "ROW_COUNT":
        return "its LIMIT is no number of rows"
    elif kind == "DISTINCT_MODIFIER" and node.get("distinct_on_targets"):
        return "it has DISTINCT ON"
    elif str(kind).endswith("_NODE"):
        return "it has UNION, INTERSECT, EXCEPT or a query that names itself; ask each part by itself"
    elif kind in ("TABLE_FUNCTION", "EXPRESSION_LIST", "PIVOT", "SHOW_REF", "COLUMN_DATA"):
        return "it reads from what is no table"
    return None


def _select(node: Node) -> str | None:
    if len(node["group_sets"]) > 1 or node["aggregate_handling"] != "STANDARD_HANDLING":
        return "it has GROUP BY ALL, ROLLUP, CUBE or GROUPING SETS"
    windows = any(part.get("class") == "WINDOW" for part in nodes(node["select_list"]))
    if windows and node["group_expressions"]:
        return "it has a window beside GROUP BY; put the groups into an inner SELECT"
    stars = any(part.get("class") == "STAR" for part in node["select_list"])
    if stars and (node.get("from_table") or {}).get("type") == "JOIN":
        return "it selects * of a JOIN; name the columns"
    return None


def _expression(node: Node, numbers: _Numbers, matched: set[int]) -> str | None:
    """What is wrong with an expression."""
    kind, name = node["class"], node["type"]
    if kind in ("COLUMN_REF", "TYPE"):
        return None
    if kind in ("COMPARISON", "CONJUNCTION", "BETWEEN"):
        return None if name in COMPARED else "it has IS TRUE, IS DISTINCT FROM or the like"
    if kind == "OPERATOR" and name not in OPERATORS:
        return f"it has {name.removeprefix('OPERATOR_')}"
    if kind == "OPERATOR":
        return _mixed(node["children"]) if name == "OPERATOR_COALESCE" else None
    if kind == "SUBQUERY":
        return (
            None
            if id(node) in matched
            else "it has an inner SELECT that is no table and no WHERE … IN (SELECT …)"
        )
    if kind == "STAR":
        changed = any(node.get(key) for key in ("replace_list", "rename_list", "columns", "expr"))
        return "it changes what * stands for" if changed else None
    if kind == "CASE":
        return _case(node)
    checks = {"CONSTANT": _constant, "CAST": _cast, "FUNCTION": _function, "WINDOW": _window}
    return checks[kind](node, numbers) if kind in checks else f"it has {name}"


def _case(node: Node) -> str | None:
    if not all(_is_never_empty(check["when_expr"]) for check in node["case_checks"]):
        return "it has a CASE whose condition may be empty; write WHEN coalesce(…, FALSE)"
    return _mixed([check["then_expr"] for check in node["case_checks"]] + [node["else_expr"]])


def _mixed(results: list[Node]) -> str | None:
    """A text that is written out is taken for a date at home, where the others are dates."""
    written = [result.get("literal", {}).get("kind") == "STRING" for result in results]
    return "it has CASE or coalesce of columns and a text" if any(written) and not all(written) else None


def _is_never_empty(condition: Node) -> bool:
    if condition["type"] == "OPERATOR_COALESCE":
        last = condition["children"][-1]
        return bool(last.get("literal", {}).get("kind") == "BOOLEAN")
    return condition["type"] in EMPTY


def _constant(node: Node, _: _Numbers) -> str | None:
    kind, text = node["literal"]["kind"], str(node["literal"].get("text", ""))
    if kind == "NUMERIC" and "e" not in text.lower():
        return f"{text} is a decimal number at home and a float there; write {text}e0"
    if kind == "INTEGER" and abs(int(text)) > LARGEST:
        return f"{text} passes 64 bits"
    return (
        None
        if kind in ("NUMERIC", "INTEGER", "STRING", "BOOLEAN", "NULL_LITERAL")
        else f"it has a value of the kind {kind}"
    )


def _cast(node: Node, numbers: _Numbers) -> str | None:
    """Numbers to DOUBLE, and a date that is written out."""
    to, child = str(node["type_expr"]["type_name"]), node["child"]
    written = child.get("literal", {}).get("kind") == "STRING"
    if not node["try_cast"] and ((to == "DOUBLE" and numbers.holds(child)) or (to == "DATE" and written)):
        return None
    return f"it casts to {to}; of casts only those of numbers to DOUBLE are the same"


def _function(node: Node, numbers: _Numbers) -> str | None:
    name, given = str(node["function_name"]).lower(), arguments(node)
    if not node["is_operator"]:
        if name not in CALLED:
            return f"it calls {name}"
        if node.get("filter") or node["order_bys"]["orders"] or (node["distinct"] and name != "count"):
            return f"it calls {name} with FILTER, ORDER BY or DISTINCT"
        return None
    if name in LIKE:
        text = given[1].get("literal", {}).get("text")
        return None if text is not None and "\\" not in text else "it has LIKE with what is no plain text"
    if name not in ARITHMETIC or not all(map(numbers.holds, given)):
        return f"it has {name} of what may be no number" if name in ARITHMETIC else f"it has {name}"
    if name in "/%" and not _is_divisor(given[1]):
        return f"it has {name} by what may be 0; select both numbers, and divide the answer"
    return None


def _is_divisor(node: Node) -> bool:
    literal = node.get("literal", {})
    return literal.get("kind") in ("INTEGER", "NUMERIC") and float(literal["text"]) != 0


def _window(node: Node, _: _Numbers) -> str | None:
    name = str(node["function_name"]).lower()
    framed = (node.get("start"), node.get("end")) != DEFAULT_FRAME or node.get("exclude_clause") != "NO_OTHER"
    if (
        framed
        or node.get("filter")
        or node.get("filter_expr")
        or node.get("distinct")
        or node.get("ignore_nulls")
    ):
        return f"it calls {name} with a frame, FILTER, DISTINCT or IGNORE NULLS"
    if not node["partitions"]:
        return f"it calls {name} OVER all rows; give PARTITION BY"
    if name in (AGGREGATES - {"count_star"}) and not node["orders"]:
        return None
    if name in NUMBERED | SHIFTED and node["orders"]:
        return None
    return f"it calls {name} OVER such a window"
