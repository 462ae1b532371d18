"""Asking the lake: which files and hot tables answer a question, and by which engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from tallystick.core.lake.conditions import Conditions, quoted
from tallystick.core.lake.datafiles import restored
from tallystick.core.lake.layout import Layout, unknown_column
from tallystick.core.lake.plan import select
from tallystick.core.lake.relation import Relation, relation

if TYPE_CHECKING:
    from tallystick.core.lake.lake import Lake, State

__all__ = ["Question", "count", "scan", "sql"]


class Question(NamedTuple):
    """What `Lake.scan` is asked; see there."""

    within: Mapping[str, Any]
    where: str = ""
    parameters: Sequence[Any] = ()
    known_at: int | None = None
    columns: Sequence[str] | None = None
    order: Sequence[str] = ()
    limit: int | None = None
    offset: int = 0


def scan(lake: Lake, state: State, question: Question, *, hot: bool) -> pa.Table:
    """The rows that answer a question, in the types that callers see."""
    layout = state.layout
    columns = tuple(question.columns) if question.columns is not None else layout.names
    _check_columns(layout, [*columns, *(name.removeprefix("-") for name in question.order)])
    conditions = _conditions(layout, question)
    if conditions.is_empty_answer:
        return restored(layout, layout.stored_arrow.empty_table(), columns)
    found = None
    if not question.where and question.limit is None and not question.offset and conditions.is_narrow(layout):
        found = _scan_narrow(lake, state, question, conditions, columns, hot)
    if found is None:
        source = _relation(lake, state, conditions, question.known_at, hot)
        found = lake.engine.arrow(
            _text(source, question, columns), [*source.parameters, *question.parameters]
        )
    return restored(layout, found, columns)


def count(lake: Lake, state: State, question: Question) -> int:
    """How many rows answer a question."""
    conditions = _conditions(state.layout, question)
    if conditions.is_empty_answer:
        return 0
    source = _relation(lake, state, conditions, question.known_at, hot=True)
    text = f"SELECT count(*) FROM ({source.sql})" + (f" WHERE {question.where}" if question.where else "")
    return int(lake.engine.rows(text, [*source.parameters, *question.parameters])[0][0])


def sql(lake: Lake, query: str, parameters: Sequence[Any], known_at: int | None) -> pa.Table:
    """The answer to a person's SELECT over the lake's tables."""
    views = {}
    for name in sorted(lake.engine.tables_of(query)):
        views[name] = _relation(lake, lake.state(name), Conditions({}), known_at, hot=True).sql
    return lake.engine.ask(query, parameters, views)


def _conditions(layout: Layout, question: Question) -> Conditions:
    assert set(question.within) <= set(layout.key), f"{layout.name}: `within` takes columns of the key"
    return Conditions(question.within)


def _scan_narrow(
    lake: Lake, state: State, question: Question, conditions: Conditions, columns: Sequence[str], hot: bool
) -> pa.Table | None:
    """The answer by Polars, or None where DuckDB must give it (hot rows, several versions of a fact)."""
    chosen = select(state.layout, state.groups, conditions.spans, question.known_at)
    if chosen.mixed or not chosen.clean or (hot and _covered(lake, state, conditions)):
        return None
    from tallystick.core.lake.narrow import read_narrow

    folder = lake.table_folder(state.layout.name)
    return read_narrow(
        state.layout, folder, chosen.clean, conditions, question.known_at, columns, question.order
    )


def _covered(lake: Lake, state: State, conditions: Conditions) -> set[int]:
    """The partitions that the hot generation gives and that the conditions touch."""
    generation = lake.generation()
    covered = generation.covered(state.layout.name, state.groups) if generation else set()
    if not generation or not covered:
        return set()
    touched = select(state.layout, state.groups, conditions.spans, None)
    numbers = {file.partition for file in [*touched.clean, *touched.mixed]}
    return covered & ({n for n in numbers if n is not None} | set(generation.opened(state.layout.name)))


def _relation(lake: Lake, state: State, conditions: Conditions, known_at: int | None, hot: bool) -> Relation:
    covered = _covered(lake, state, conditions) if hot else set()
    groups = {number: files for number, files in state.groups.items() if number not in covered}
    chosen = select(state.layout, groups, conditions.spans, known_at)
    part = None
    if covered and (generation := lake.generation()):
        part = generation.part(lake.engine, state.layout, covered, conditions)
    folder = lake.table_folder(state.layout.name)
    return relation(state.layout, folder, chosen.clean, chosen.mixed, part, conditions, known_at)


def _text(source: Relation, question: Question, columns: Sequence[str]) -> str:
    text = f"SELECT {', '.join(map(quoted, columns))} FROM ({source.sql})"
    if question.where:
        text += f" WHERE {question.where}"
    if question.order:
        directions = {True: " DESC", False: ""}
        names = (quoted(name.removeprefix("-")) + directions[name.startswith("-")] for name in question.order)
        text += f" ORDER BY {', '.join(names)}"
    if question.limit is not None:
        text += f" LIMIT {int(question.limit)}"
    return text + (f" OFFSET {int(question.offset)}" if question.offset else "")


def _check_columns(layout: Layout, columns: Sequence[str]) -> None:
    for name in columns:
        if name not in layout.kinds:
            raise unknown_column(layout, name)
