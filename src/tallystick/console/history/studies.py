"""Studies: the list of questions, and the answer of one as a chart with its table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.codes import word_of
from tallystick.console.fields import Field, field_of
from tallystick.console.frame import show_page
from tallystick.console.listing import Column, ListPage, grid_config
from tallystick.console.lists import list_route
from tallystick.console.replies import rows_of
from tallystick.console.shell import AnyRequest, PageShell, say_in
from tallystick.console.words import mark as _
from tallystick.core.money import SCALE
from tallystick.core.operations import find_operation
from tallystick.history import Study, find_study

__all__ = ["HANDLERS", "STUDIES", "series"]

EVERY = 100_000
"""Rows of an answer that are drawn at most: years of months of every industry are some thousands."""
SERIES_SHOWN = 6
BARS_SHOWN = 40
TIMES = ("month", "year", "clock")
MONTH = re.compile(r"\d{4}-\d{2}")
OTHERS = _("others")
FED = ("ledger.", "risk.", "clients.", "governance.")
"""Datasets that the firm's own journal fills."""
GIVEN = ("market.instruments", "ledger.accounts", "history.factors")
"""Tables that studies may name and that are made when asked: no other query can name them."""

STUDIES = ListPage(
    name="studies",
    address="/history/studies",
    title=_("Studies"),
    operation="history.studies",
    columns=(
        Column("study", link="/history/studies/{study}", width=190),
        Column("title", width=190),
        Column("question", grow=True, width=420),
        Column("tables", width=260),
    ),
    key=("study",),
    record="/history/studies/{study}",
    empty=_("Questions that history answers by name will be here."),
    command="tally history studies",
)


@get("/history/studies/{name:str}")
async def study(request: AnyRequest, shell: PageShell, name: FromPath[str]) -> Response[str]:
    """One study: what it asks, the span that it was asked for, the chart and the same numbers as a table."""
    found = find_study(name)
    asked = {field: request.query_params.get(field, "") for field in (*found.asks, "known_at")}
    wanted = {field: value for field, value in asked.items() if value}
    answer = await shell.attempt(request, "history.study", {"study": name, "limit": EVERY, **wanted})
    rows = rows_of(answer.value) if answer.value is not None else []
    columns = answer.value.arrow.column_names if answer.value is not None else []
    say = say_in(shell, request)
    chart = series(found, rows, say)
    currency = rows[0].get("currency", shell.firm.currency) if rows else shell.firm.currency
    chart["unit"] = chart["unit"].replace("{currency}", currency)
    loadable = [table for table in found.tables if table not in GIVEN and not table.startswith(FED)]
    return await show_page(
        request,
        shell,
        "study.html",
        title=say(found.title),
        study=found,
        asked=asked,
        answer=answer,
        rows=rows,
        is_loaded=bool(columns),
        loadable=loadable,
        measure=" · ".join(say(field_of(each).title) for each in found.chart.y),
        chart=chart,
        currency=currency,
        grid=_grid(currency, say, found, columns, wanted),
        statement=answer.value.arrow.schema.metadata[b"query"].decode() if columns else "",
        given=[table for table in found.tables if table in GIVEN],
    )


def _grid(
    currency: str, say: Any, found: Study, columns: Sequence[str], wanted: Mapping[str, str]
) -> dict[str, Any]:
    """The answer as a grid: sorted on the server, copied and exported like every list."""
    page = ListPage(
        name=f"study-{found.name}",
        address=f"/history/studies/{found.name}",
        title=found.title,
        operation="history.study",
        columns=tuple(
            Column(name, link="/history/instruments/{symbol}" if name == "symbol" else "") for name in columns
        ),
        key=tuple(name for name in (found.chart.x, found.chart.by) if name),
        empty=_("Nothing fits what was asked."),
        command=f"tally history study {found.name}",
    )
    return grid_config(page, find_operation("history.study"), say, currency, {"study": found.name, **wanted})


def series(study: Study, rows: Sequence[dict[str, Any]], say: Any) -> dict[str, Any]:
    """What the browser draws: the places on the x axis, the unit, and for each series its title and numbers (or None).

    Over time every place is drawn, months without an answer too. Of many categories the first in the study's order are
    drawn, of many series the largest; `shown` and `total` count them. The others are drawn as one where their measure
    may be summed.
    """
    chart = study.chart
    measure = field_of(chart.y[0])
    if chart.by:
        lines, places, told = _series_by(study, rows, say)
    else:
        rows, told = (rows, {}) if chart.x in TIMES else _weightiest(study, rows, say)
        places = _places(row[chart.x] for row in rows)
        by_place = {row[chart.x]: row for row in rows}
        lines = [
            (
                say(field_of(name).title),
                [_number(by_place.get(place, {}).get(name), field_of(name)) for place in places],
            )
            for name in chart.y
        ]
    return {
        "kind": chart.kind,
        "unit": say(measure.unit),
        "x": [say(word_of(chart.x, place)[0]) for place in places],
        "series": [{"title": title, "values": values} for title, values in lines],
        **told,
    }


Lines = list[tuple[str, list[float | None]]]


def _series_by(
    study: Study, rows: Sequence[dict[str, Any]], say: Any
) -> tuple[Lines, list[Any], dict[str, Any]]:
    """A series for each of the largest values of the study's `by`; the rest summed where the measure may be."""
    chart, measure = study.chart, study.chart.y[0]
    sizes: dict[Any, float] = {}
    for row in rows:
        sizes[row[chart.by]] = sizes.get(row[chart.by], 0) + (row[measure] or 0)
    ranked = sorted(sizes, key=lambda name: -sizes[name])
    many = len(ranked) > SERIES_SHOWN
    shown = ranked[: SERIES_SHOWN - 1 if many and chart.sums else SERIES_SHOWN]
    places = _places(row[chart.x] for row in rows)
    found = {(row[chart.by], row[chart.x]): row[measure] for row in rows}
    field = field_of(measure)
    lines: Lines = [
        (say(word_of(chart.by, name)[0]), [_number(found.get((name, place)), field) for place in places])
        for name in shown
    ]
    rest = ranked[len(shown) :]
    if rest and chart.sums:
        sums = [
            [value for name in rest if (value := found.get((name, place))) is not None] for place in places
        ]
        lines.append((say(OTHERS), [_number(sum(each) if each else None, field) for each in sums]))
    told = {"shown": len(shown), "total": len(ranked), "summed": chart.sums} if rest else {}
    return lines, places, told


def _weightiest(
    study: Study, rows: Sequence[dict[str, Any]], say: Any
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The first rows in the study's order, and the rest as one row where it may be summed.

    The order is the study's own, by what makes a row weighty: of what clients hold those that are worth most, not those
    that did best.
    """
    chart = study.chart
    if len(rows) <= BARS_SHOWN:
        return list(rows), {}
    size = BARS_SHOWN - 1 if chart.sums else BARS_SHOWN
    found, rest = list(rows[:size]), rows[size:]
    if chart.sums:
        found.append({chart.x: say(OTHERS)} | {name: sum(row[name] or 0 for row in rest) for name in chart.y})
    return found, {"shown": size, "total": len(rows), "summed": chart.sums}


def _places(values: Iterable[Any]) -> list[Any]:
    """The places of the x axis in order; between the first and the last month every month is one.

    >>> _places(["2025-11", "2026-02"]), _places(["b", "a", "b"])
    (['2025-11', '2025-12', '2026-01', '2026-02'], ['b', 'a'])
    """
    found = list(dict.fromkeys(values))
    if not found or not all(isinstance(each, str) and MONTH.fullmatch(each) for each in found):
        return found
    first, last = (int(each[:4]) * 12 + int(each[5:]) - 1 for each in (min(found), max(found)))
    return [f"{month // 12}-{month % 12 + 1:02d}" for month in range(first, last + 1)]


def _number(value: Any, field: Field) -> float | None:
    """A value in the unit that people read: a chart's axis needs no exact tenth of a cent."""
    if value is None:
        return None
    divisor = {"money": SCALE, "price": SCALE, "share": 100, "percent": 100}.get(field.kind, 1)
    return float(value) / divisor


HANDLERS = [list_route(STUDIES), study]
