"""Quality: how much of what came is in the lake, by dataset; of one dataset by day, source and reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.history.links import BY_DATASET
from tallystick.console.listing import Action, Column, ListPage, grid_config
from tallystick.console.lists import list_route
from tallystick.console.replies import rows_of
from tallystick.console.shell import AnyRequest, PageShell, say_in
from tallystick.console.words import mark as _
from tallystick.core.operations import find_operation

__all__ = ["HANDLERS", "QUALITY", "trend"]

DAYS_DRAWN = 120
BARS_DRAWN = 60

COUNTS = (
    Column("taken", width=120),
    Column("corrected", width=120),
    Column("waiting_rows", width=120),
    Column("released_rows", width=120),
)
LINK = "/history/quality/{dataset}"

QUALITY = ListPage(
    name="quality",
    address="/history/quality",
    title=_("Quality"),
    operation="history.quality",
    columns=(
        Column("dataset", link=LINK, width=206, grow=True),
        Column("quality", width=110),
        *COUNTS,
    ),
    key=("dataset", "part", "column"),
    record=LINK,
    sort="quality",
    filters=(BY_DATASET,),
    empty=_("Scores of the datasets will be here once something is loaded."),
    command="tally history load FILE --dataset history.bars_daily",
    actions=(Action(_("Quarantine"), "/history/quarantine"),),
)

NOTHING = _("No row was set aside.")
BY_DAY = ListPage(
    name="quality-day",
    address=LINK,
    title=_("By day"),
    operation="history.quality",
    columns=(Column("part", title=_("Known on"), width=120, grow=True), Column("quality"), *COUNTS),
    key=("part",),
    sort="-part",
    empty=_("Days on which rows came will be here."),
    command="tally history load FILE --dataset history.bars_daily",
)
BY_SOURCE = ListPage(
    name="quality-source",
    address=LINK,
    title=_("By source"),
    operation="history.quality",
    columns=(
        Column("part", title=_("File"), link="/history/quarantine?file={part}", width=300, grow=True),
        Column("quality"),
        *COUNTS,
    ),
    key=("part",),
    sort="quality",
    empty=_("Files and frames that rows came from will be here."),
    command="tally history load FILE --dataset history.bars_daily",
)
BY_REASON = ListPage(
    name="quality-reason",
    address=LINK,
    title=_("Why rows were set aside"),
    operation="history.quality",
    columns=(
        Column("reason", width=320, grow=True),
        Column("column", width=120),
        Column("waiting_rows", width=120),
        Column("released_rows", width=120),
    ),
    key=("part", "column"),
    sort="-waiting_rows",
    empty=NOTHING,
    command="tally history quarantine",
)
TABS = (("day", BY_DAY), ("source", BY_SOURCE), ("reason", BY_REASON))


@get("/history/quality/{name:str}")
async def quality(request: AnyRequest, shell: PageShell, name: FromPath[str]) -> Response[str]:
    """One dataset's score, what it is made of, and how it went from day to day."""
    told = await shell.ask(request, "history.dataset", {"dataset": name})
    wanted = {"dataset": told.dataset, "limit": 0}
    answer = await shell.attempt(request, "history.quality", wanted)
    rows = rows_of(answer.value) if answer.value is not None else []
    by_day = {"by": "day", "sort": "-part", "dataset": told.dataset, "limit": DAYS_DRAWN}
    days = await shell.attempt(request, "history.quality", by_day)
    say = say_in(shell, request)
    found = find_operation("history.quality")
    return await show_page(
        request,
        shell,
        "quality.html",
        title=f"{told.title} · {told.dataset}",
        name=told.dataset,
        answer=answer,
        row=rows[0] if rows else None,
        chart=trend(rows_of(days.value) if days.value is not None else [], say),
        tabs=[
            (
                page.title,
                grid_config(page, found, say, shell.firm.currency, {"dataset": told.dataset, "by": by}),
            )
            for by, page in TABS
        ],
    )


def trend(days: Sequence[Mapping[str, Any]], say: Any) -> dict[str, Any]:
    """The score from day to day as the browser draws it; newest rows come first.

    >>> trend([{"part": "2026-11-20", "quality": 75.0}, {"part": "2026-11-19", "quality": 100.0}], str)["x"]
    ['2026-11-19', '2026-11-20']
    """
    drawn = [row for row in days if row["quality"] is not None][::-1]
    return {
        "kind": "bar" if len(drawn) <= BARS_DRAWN else "line",
        "x": [row["part"] or "–" for row in drawn],
        "series": [{"title": say(_("Quality %")), "values": [row["quality"] for row in drawn]}],
        "height": 200,
    }


HANDLERS = [list_route(QUALITY), quality]
