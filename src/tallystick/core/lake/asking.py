"""Asking the lake: which files and hot tables answer a question, and by which engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from tallystick.core.lake.conditions import Conditions, quoted
from tallystick.core.lake.damage import told_damage
from tallystick.core.lake.datafiles import restored
from tallystick.core.lake.layout import Layout, unknown_column
from tallystick.core.lake.opened import touches
from tallystick.core.lake.order import Order, columns_of, order_sql
from tallystick.core.lake.plan import select, touched
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
    order: Order = ()
    limit: int | None = None
    offset: int = 0


def scan(lake: Lake, state: State, question: Question, *, hot: bool) -> pa.Table:
    """The rows that answer a question, in the types that callers see."""
    layout = state.layout
    columns = tuple(question.columns) if question.columns is not None else layout.names
    _check_columns(layout, [*columns, *columns_of(question.order)])
    conditions = _conditions(layout, question)
    if conditions.is_empty_answer:
        return restored(layout, layout.stored_arrow.empty_table(), columns)
    with told_damage(lake, [layout.name]):
        return restored(layout, _scan(lake, state, question, conditions, columns, hot), columns)


def _scan(
    lake: Lake, state: State, question: Question, conditions: Conditions, columns: tuple[str, ...], hot: bool
) -> pa.Table:
    """The rows in stored types."""
    found = None
    is_plain = not question.where and question.limit is None and not question.offset
    if is_plain and conditions.is_narrow(state.layout):
        found = _scan_narrow(lake, state, question, conditions, columns, hot)
    if found is not None:
        return found
    ordered = set(columns_of(question.order))
    needed = None if question.where or not ordered <= set(columns) else columns
    source = _relation(lake, state, conditions, question.known_at, hot, needed)
    return lake.engine.arrow(_text(source, question, columns), [*source.parameters, *question.parameters])


def count(lake: Lake, state: State, question: Question) -> int:
    """How many rows answer a question."""
    conditions = _conditions(state.layout, question)
    if conditions.is_empty_answer:
        return 0
    source = _relation(lake, state, conditions, question.known_at, hot=True)
    text = f"SELECT count(*) FROM ({source.sql})" + (f" WHERE {question.where}" if question.where else "")
    with told_damage(lake, [state.layout.name]):
        return int(lake.engine.rows(text, [*source.parameters, *question.parameters])[0][0])


def sql(
    lake: Lake,
    query: str,
    parameters: Sequence[Any],
    known_at: int | None,
    given: Mapping[str, pa.Table] | None = None,
) -> pa.Table:
    """The answer to a person's SELECT over the lake's tables and those that the caller gives."""
    views = {}
    named = lake.engine.tables_of(query)
    given = {name: rows for name, rows in (given or {}).items() if name in named}
    for name in sorted(named - set(given)):
        views[name] = _relation(lake, lake.state(name), Conditions({}), known_at, hot=True).sql
    with told_damage(lake, views):
        return lake.engine.ask(query, parameters, views, given)


def _conditions(layout: Layout, question: Question) -> Conditions:
    assert set(question.within) <= set(layout.key), f"{layout.name}: `within` takes columns of the key"
    return Conditions(question.within)


def _scan_narrow(
    lake: Lake, state: State, question: Question, conditions: Conditions, columns: Sequence[str], hot: bool
) -> pa.Table | None:
    """The answer by Polars, or None where DuckDB must give it (hot or unsealed rows, several versions of a fact)."""
    if hot:
        state, days = lake.open_days.of(state)
        if any(touches(state.layout, conditions, day) for day in days):
            return None
    chosen = select(state.layout, state.groups, conditions.spans, question.known_at)
    if chosen.mixed or not chosen.clean or (hot and _covered(lake, state, conditions).touched):
        return None
    from tallystick.core.lake.narrow import read_narrow

    folder = lake.storage.fetch(state.layout.name, chosen.clean)
    return read_narrow(
        state.layout, folder, chosen.clean, conditions, question.known_at, columns, question.order
    )


class _Covered(NamedTuple):
    """The partitions that the hot generation gives as they are now, and those of them that the conditions touch."""

    current: set[int]
    touched: set[int]


def _covered(lake: Lake, state: State, conditions: Conditions) -> _Covered:
    generation = lake.generation()
    current = generation.covered(state.layout.name, state.groups) if generation else set()
    if generation and state.layout.name in lake.feed_days:
        current -= set(generation.opened(state.layout.name))  # the feed knows of later rows
    if not generation or not current:
        return _Covered(set(), set())
    numbers = touched(state.groups, conditions.spans)
    return _Covered(current, current & (numbers | set(generation.opened(state.layout.name))))


def _relation(
    lake: Lake,
    state: State,
    conditions: Conditions,
    known_at: int | None,
    hot: bool,
    columns: tuple[str, ...] | None = None,
) -> Relation:
    state, days = lake.open_days.of(state) if hot else (state, ())
    covered = _covered(lake, state, conditions) if hot else _Covered(set(), set())
    groups = {number: files for number, files in state.groups.items() if number not in covered.touched}
    chosen = select(state.layout, groups, conditions.spans, known_at)
    part = None
    if covered.touched and (generation := lake.generation()):
        part = generation.part(lake.engine, state.layout, covered.current, conditions)
    folder = lake.storage.fetch(state.layout.name, [*chosen.clean, *chosen.mixed])
    found = relation(state.layout, folder, chosen.clean, chosen.mixed, part, conditions, known_at, columns)
    for opened in lake.open_days.parts(state, days, conditions):
        more = relation(state.layout, folder, (), (), opened, conditions, known_at, columns)
        text, values = f"{found.sql} UNION ALL {more.sql}", [*found.parameters, *more.parameters]
        found = Relation(text, values, found.columns)
    return found


def _text(source: Relation, question: Question, columns: tuple[str, ...]) -> str:
    text = source.sql
    if source.columns != columns or question.where:
        text = f"SELECT {', '.join(map(quoted, columns))} FROM ({text})"
    if question.where:
        text += f" WHERE {question.where}"
    if question.order:
        text += f" ORDER BY {', '.join(order_sql(question.order))}"
    if question.limit is not None:
        text += f" LIMIT {int(question.limit)}"
    return text + (f" OFFSET {int(question.offset)}" if question.offset else "")


def _check_columns(layout: Layout, columns: Sequence[str]) -> None:
    for name in columns:
        if name not in layout.kinds:
            raise unknown_column(layout, name)
