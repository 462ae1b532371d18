"""The overview board: the day so far, in tiles; each tile shows its own problem and never hides another's.

The board comes at once with what is cheap to know; the day's figures, which are made by following the whole day's
journal, come after it and are made anew at most every quarter of a minute.
"""

from __future__ import annotations

import datetime
import time
from typing import Any

from litestar import get
from litestar.response import Response

from tallystick.console.charts import columns_by_time
from tallystick.console.frame import show_page
from tallystick.console.replies import plain_of, rows_of
from tallystick.console.shell import Answer, AnyRequest, PageShell, Shell
from tallystick.console.words import mark as _

__all__ = ["HANDLERS", "movers_of"]

ROWS_SHOWN = 8
REPORT_LIFETIME_SECONDS = 15
PRICE_DAYS = 10
ALL = 100_000


@get("/")
async def overview(request: AnyRequest, shell: PageShell) -> Response[str]:
    """The board: figures and movers follow by themselves; work, approvals, settlement and the chain are there."""
    work = await shell.attempt(request, "work.list", {"state": "open", "limit": ROWS_SHOWN})
    approvals = await shell.attempt(request, "approvals.list", {"state": "open", "limit": ROWS_SHOWN})
    return await show_page(
        request,
        shell,
        "overview.html",
        title=shell.say(request, _("Overview")),
        work=work,
        work_rows=rows_of(work.value) if work.value is not None else [],
        approvals=approvals,
        approvals_rows=rows_of(approvals.value) if approvals.value is not None else [],
        settlement=await _settlement(request, shell),
        head=await shell.attempt(request, "journal.head"),
    )


@get("/parts/day")
async def day(request: AnyRequest, shell: PageShell) -> Response[str]:
    """The day's figures: orders accepted and refused and why, trades, turnover, the largest instruments."""
    answer = await _day_report(request, shell)
    report = plain_of(answer.value) if answer.value is not None else {}
    rows = {
        name: [plain_of(row) for row in value] for name, value in report.items() if isinstance(value, list)
    }
    intervals = rows.get("intervals", [])
    chart = columns_by_time(intervals, ("accepted", "refused")) if intervals else None
    return shell.render(
        request,
        "parts/day.html",
        answer=answer,
        report=report,
        rows=rows,
        intervals=intervals,
        chart=chart,
        shown=ROWS_SHOWN,
    )


@get("/parts/movers")
async def movers(request: AnyRequest, shell: PageShell) -> Response[str]:
    """The instruments that moved most on the last day with prices."""
    head = await shell.attempt(request, "journal.head")
    last = head.value.day if head.value and head.value.day else datetime.date.max
    start = last - datetime.timedelta(days=PRICE_DAYS)
    bars = await shell.attempt(request, "history.bars", {"start": start, "end": last})
    names = await shell.attempt(request, "market.instruments", {"limit": ALL})
    known = {row["symbol"]: row for row in rows_of(names.value)} if names.value is not None else {}
    home = [
        bar
        for bar in (rows_of(bars.value) if bars.value is not None else [])
        if known.get(bar["symbol"], {}).get("currency") == shell.firm.currency
    ]
    rows = movers_of(home, known, ROWS_SHOWN)
    return shell.render(request, "parts/movers.html", answer=bars, rows=rows)


@get("/parts/keeping")
async def keeping(request: AnyRequest, shell: PageShell) -> Response[str]:
    """What history keeps aside: how many rows wait in quarantine, archived partitions, open holds."""
    quality = await shell.attempt(request, "history.quality", {"limit": 0})
    rows = rows_of(quality.value) if quality.value is not None else []
    facts = [("quarantined", sum(row["waiting_rows"] for row in rows))]
    for name in ("archives", "holds"):
        answer = await shell.attempt(request, f"history.{name}", {"limit": 1})
        if answer.value is not None:
            facts.append((name, answer.value.total_rows))
    return shell.render(request, "parts/keeping.html", answer=quality, facts=facts)


def movers_of(
    bars: list[dict[str, Any]], known: dict[str, dict[str, Any]], shown: int
) -> list[dict[str, Any]]:
    """The instruments with the largest rise and fall of the last date, from daily bars; changes in parts per 10,000.

    >>> bars = [{"symbol": "A", "date": 1, "close": 100}, {"symbol": "A", "date": 2, "close": 110}]
    >>> movers_of(bars, {}, 8)[0]["change"]
    1000
    """
    closes: dict[str, list[dict[str, Any]]] = {}
    for bar in sorted(bars, key=lambda bar: bar["date"]):
        closes.setdefault(bar["symbol"], []).append(bar)
    last = max((days[-1]["date"] for days in closes.values()), default=None)
    moves = [
        known.get(symbol, {})
        | {
            "symbol": symbol,
            "last": days[-1]["close"],
            "change": (days[-1]["close"] - days[-2]["close"]) * 10_000 // days[-2]["close"],
            "amount": days[-1].get("amount"),
        }
        for symbol, days in closes.items()
        if len(days) > 1 and days[-1]["date"] == last and days[-2]["close"] > 0
    ]
    moves.sort(key=lambda row: (-abs(row["change"]), row["symbol"]))
    return sorted(moves[:shown], key=lambda row: -row["change"])


async def _day_report(request: AnyRequest, shell: Shell) -> Answer:
    """The day report as this reader may see it; kept for a while, since it is costly while the journal moves."""
    head = await shell.attempt(request, "journal.head")
    seq = head.value.seq if head.value else 0
    key = (request.user.name, shell.language(request))
    known = shell.reports.get(key)
    if known and (known[0] == seq or time.monotonic() - known[1] < REPORT_LIFETIME_SECONDS):
        return known[2]
    answer = await shell.attempt(request, "governance.day_report")
    shell.reports[key] = (seq, time.monotonic(), answer)
    return answer


async def _settlement(request: AnyRequest, shell: Shell) -> Answer:
    """The report of the current settlement date; empty when nothing settles."""
    answer = await shell.attempt(request, "ledger.settlement")
    return Answer() if answer.problem and answer.problem.kind == "missing" else answer


HANDLERS = [overview, day, movers, keeping]
