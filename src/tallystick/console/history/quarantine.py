"""Quarantine: rows that were not loaded; one of them with its reason, how it came, and its release once corrected."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.history.links import BY_DATASET, DATASET_LINK
from tallystick.console.listing import Action, Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.shell import AnyRequest, PageShell
from tallystick.console.words import mark as _

__all__ = ["HANDLERS", "QUARANTINE"]

ROW_LINK = "/history/quarantine/row?dataset={dataset}&file={file}&row={row}&sha256={sha256}"

QUARANTINE = ListPage(
    name="quarantine",
    address="/history/quarantine",
    title=_("Quarantine"),
    operation="history.quarantine",
    columns=(
        Column("dataset", link=DATASET_LINK, width=170),
        Column("file", link=ROW_LINK, width=200),
        Column("row", width=64),
        Column("column", width=90),
        Column("value", width=110),
        Column("reason", width=280, grow=True),
        Column("text", title=_("The row"), width=320),
        Column("sha256", width=120),
        Column("known_time", title=_("Set aside or released"), width=170),
    ),
    key=("dataset", "file", "row", "column", "sha256"),
    record=ROW_LINK,
    filters=(
        BY_DATASET,
        Filter("file"),
        Filter("text", title=_("In the row")),
        Filter("released", title=_("State"), sentences={"true": _("released")}, none=_("waiting")),
    ),
    empty=_(
        "Rows that could not be loaded will be here, with row number and reason; the good rows are loaded."
    ),
    command="tally history load FILE --dataset history.bars_daily",
    actions=(
        Action(_("Quality"), "/history/quality"),
        Action(_("Release rows"), "/do/history.release_rows"),
        Action(_("Dismiss rows"), "/do/history.dismiss_rows"),
    ),
)

KINDS = {
    "date": "YYYY-MM-DD",
    "timestamp": "YYYY-MM-DD HH:MM:SS",
}
"""Storage kinds whose form of writing is not plain."""


@get("/history/quarantine/row")
async def row(request: AnyRequest, shell: PageShell) -> Response[str]:
    """One row: why it was set aside, how it came, the form of its release; once released, what released it."""
    asked = {name: request.query_params.get(name, "") for name in ("dataset", "file", "row", "sha256")}
    reply = await shell.ask(request, "history.quarantined", asked)
    state = "row_dismissed" if reply.dismissed_why else "row_released" if reply.released_by else "waiting"
    events: list[dict[str, Any]] = [
        {"at": reply.set_aside_at, "what": shell.say(request, _("Set aside")), "seq": 0, "text": reply.reason}
    ]
    if reply.released_by:
        came = shell.say(
            request, _("Corrected values came in with content {hash}."), hash=reply.released_by[:12]
        )
        what = _("Dismissed") if reply.dismissed_why else _("Released from quarantine")
        events.append(
            {
                "at": reply.released_at,
                "what": shell.say(request, what),
                "seq": 0,
                "text": reply.dismissed_why or came,
            }
        )
    return await show_page(
        request,
        shell,
        "quarantined.html",
        title=shell.say(request, _("Row {row} of {file}"), row=reply.row, file=reply.file),
        reply=reply,
        state=state,
        facts=[
            ("dataset", reply.dataset),
            ("file", reply.file),
            ("row", reply.row),
            ("column", reply.column),
            ("value", reply.value),
            ("set_aside_at", reply.set_aside_at),
            *(
                [("dismissed_why", reply.dismissed_why)]
                if reply.dismissed_why
                else [("row_released_at", reply.released_at), ("released_by", reply.released_by)]
            ),
            ("sha256", reply.sha256),
        ],
        forms=KINDS,
        events=events,
        days=True,
        address=f"{request.url.path}?{request.url.query}".replace("&part=1", ""),
    )


HANDLERS = [list_route(QUARANTINE), row]
