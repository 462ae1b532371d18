"""Governance: the day report, and the founding document with what answers each of its lines."""

from __future__ import annotations

import itertools
from typing import Any

from litestar import get
from litestar.params import FromQuery
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.replies import plain_of, rows_of
from tallystick.console.shell import AnyRequest, PageShell
from tallystick.console.words import mark as _

__all__ = ["HANDLERS"]

LINES = 1_000


@get("/governance/day-report")
async def day_report(request: AnyRequest, shell: PageShell, date: FromQuery[str] = "") -> Response[str]:
    """What the firm did on one business day; made to be printed and signed."""
    reply = await shell.ask(request, "governance.day_report", {"date": date} if date else {})
    report = plain_of(reply)
    rows = {
        name: [plain_of(row) for row in value] for name, value in report.items() if isinstance(value, list)
    }
    return await show_page(
        request,
        shell,
        "day_report.html",
        title=shell.say(request, _("Day report {date}"), date=reply.business_date),
        report=report,
        rows=rows,
    )


@get("/governance/tour")
async def tour(request: AnyRequest, shell: PageShell) -> Response[str]:
    """Every line of the founding document with the commands and pages that answer it, or what is to come."""
    rows = rows_of(await shell.ask(request, "governance.tour", {"limit": LINES}))
    chapters = [(part, list(lines)) for part, lines in itertools.groupby(rows, key=_part)]
    counts = {
        status: sum(row["status"] == status for row in rows) for status in ("answered", "partly", "to come")
    }
    return await show_page(
        request,
        shell,
        "tour.html",
        title=shell.say(request, _("Founding document")),
        chapters=chapters,
        counts=counts,
        total=len(rows),
        command_of=_typed,
    )


def _typed(operation: str) -> str:
    """What one types for an operation."""
    return f"tally {operation.replace('.', ' ').replace('_', '-')}"


def _part(row: dict[str, Any]) -> str:
    return str(row["part"])


HANDLERS = [day_report, tour]
