"""Studies: the list of questions, and the answer of one as a chart with its table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.codes import word_of
from tallystick.console.fields import Field, field_of
from tallystick.console.frame import show_page
from tallystick.console.listing import Column, ListPage
from tallystick.console.lists import list_route
from tallystick.console.replies import rows_of
from tallystick.console.shell import AnyRequest, PageShell, say_in
from tallystick.console.words import mark as _
from tallystick.core.money import SCALE
from tallystick.history import Study, find_study

__all__ = ["HANDLERS", "STUDIES", "series"]

ROWS = 1_000
SERIES_SHOWN = 6
BARS_SHOWN = 40

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
    answer = await shell.attempt(request, "history.study", {"study": name, "limit": ROWS, **wanted})
    rows = rows_of(answer.value) if answer.value is not None else []
    unit = field_of(found.chart.y[0]).unit
    return await show_page(
        request,
        shell,
        "study.html",
        title=shell.say(request, found.title),
        study=found,
        asked=asked,
        answer=answer,
        rows=rows,
        columns=answer.value.arrow.column_names if answer.value is not None else [],
        unit=shell.say(request, unit).replace("{currency}", shell.firm.currency),
        chart=series(found, rows, say_in(shell, request)),
    )


def series(study: Study, rows: Sequence[dict[str, Any]], say: Any) -> dict[str, Any]:
    """What the browser draws: the places on the x axis, and for each series its title and numbers (None for none)."""
    chart = study.chart
    if chart.by:
        sums: dict[str, int] = {}
        for row in rows:
            sums[row[chart.by]] = sums.get(row[chart.by], 0) + (row[chart.y[0]] or 0)
        shown = sorted(sums, key=lambda name: -sums[name])[:SERIES_SHOWN]
        places = list(dict.fromkeys(row[chart.x] for row in rows))
        found = {(row[chart.by], row[chart.x]): row[chart.y[0]] for row in rows}
        field = field_of(chart.y[0])
        lines = [
            (
                say(word_of(chart.by, name)[0]),
                [_number(found.get((name, place)), field) for place in places],
            )
            for name in shown
        ]
    else:
        rows = rows[:BARS_SHOWN] if chart.kind == "bar" else rows
        places = [row[chart.x] for row in rows]
        lines = [
            (say(field_of(name).title), [_number(row[name], field_of(name)) for row in rows])
            for name in chart.y
        ]
    return {
        "kind": chart.kind,
        "x": [str(place) for place in places],
        "series": [{"title": title, "values": values} for title, values in lines],
    }


def _number(value: Any, field: Field) -> float | None:
    """A value in the unit that people read: a chart's axis needs no exact tenth of a cent."""
    if value is None:
        return None
    divisor = {"money": SCALE, "price": SCALE, "share": 100, "percent": 100}.get(field.kind, 1)
    return float(value) / divisor


HANDLERS = [list_route(STUDIES), study]
