"""Prices of one instrument: its bars as candles of any length and adjustment, as known at any time, with its corporate
actions, its gaps, and where each bar is from.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.charts import candles, marks, only_closes, without_unknown
from tallystick.console.codes import word_of
from tallystick.console.frame import show_page
from tallystick.console.listing import Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.replies import rows_of
from tallystick.console.shell import Answer, AnyRequest, PageShell, Shell, say_in
from tallystick.console.words import mark as _

__all__ = ["HANDLERS", "PRICES"]

BARS_SHOWN = 500
WAITING_SHOWN = 100
LINK = "/history/instruments/{symbol}"

PRICES = ListPage(
    name="prices",
    address="/history/instruments",
    title=_("Prices"),
    operation="market.instruments",
    columns=(
        Column("symbol", link=LINK, width=120),
        Column("name", width=240, grow=True),
        Column("name_zh", width=140),
        Column("market", width=72),
        Column("venue", width=84),
        Column("product", width=110),
        Column("currency", width=90),
        Column("industry", width=140),
        Column("listed_on", width=96),
    ),
    key=("symbol",),
    record=LINK,
    filters=(
        Filter("text", title=_("Symbol or name"), size="wide"),
        Filter("venue"),
        Filter("product"),
    ),
    sort="symbol",
    empty=_("Instruments whose prices the firm keeps will be here."),
    command="tally history load FILE --dataset history.bars_daily",
)


CHOICES = {
    "freq": ("1d", "1w", "1mo", "1m", "5m"),
    "adjust": ("none", "split", "total"),
    "anchor": ("latest_bar", "series_start"),
}
"""The choices above the chart: the request's field and its values; the first holds at first."""
TYPED = ("start", "end", "known_at")

DAILY = ("date", "open", "high", "low", "close", "volume", "amount")
CLOSES = ("date", "close", "volume", "amount")
INTRADAY = ("ts_start", "phase", "open", "high", "low", "close", "volume", "amount")
ORIGIN = ("source", "revision", "known_time")
ACTIONS = ("ex_date", "action_kind", "cash_a_share", "ratio", "subscription_price", "subscription_ratio",
           "known_time", "source")  # fmt: skip
FACTORS = ("ex_date", "action_kinds", "previous_close", "reference_price", "factor", "split_factor", "volume_factor",
           "factor_mark")  # fmt: skip
GAPS = ("first_date", "last_date", "sessions")
QUARANTINED = ("file", "row", "column", "reason", "text")
VERSION_FIRST = ("known_time", "what", "position", "by", "reason")
VERSIONS_LEFT_OUT = ("symbol", "date", "seq", "trade_count", "ts_end", "file", *VERSION_FIRST)


@get("/history/instruments/{symbol:str}")
async def instrument(request: AnyRequest, shell: PageShell, symbol: FromPath[str]) -> Response[str]:
    """The bars that were asked for as candles and table, what acted on them, what lacks, and where one bar is from."""
    asked = {name: request.query_params.get(name, values[0]) for name, values in CHOICES.items()}
    asked |= {name: request.query_params.get(name, "").strip() for name in TYPED}
    about = await shell.attempt(request, "market.instrument", {"symbol": symbol})
    known = about.value.instrument if about.value is not None else None
    currency = known.currency if known else shell.firm.currency
    bars = await _bars(request, shell, symbol, asked)
    if known is None and bars.problem is not None and bars.problem.kind == "missing":
        await shell.ask(request, "market.instrument", {"symbol": symbol})  # says which is nearest
    rows = rows_of(bars.value)[::-1] if bars.value is not None else []
    rows = without_unknown(rows)
    span = {"instruments": [symbol], "known_at": asked["known_at"]}
    actions = await shell.attempt(request, "history.actions", {**span, "sort": "-ex_date"})
    acts = [
        row | {"action_kind": row["kind"], "cash_a_share": row["cash"]}
        for row in (rows_of(actions.value) if actions.value is not None else [])
    ]
    factors = await shell.attempt(request, "history.factors", {**span, "sort": "-ex_date", "limit": 0})
    intraday = asked["freq"] in ("1m", "5m")
    say = say_in(shell, request)
    chart = candles(rows, currency, intraday=intraday)
    if not intraday:
        chart["marks"] = marks(rows, acts, lambda kind: say(word_of("action_kind", kind)[0]))
    return await show_page(
        request,
        shell,
        "prices.html",
        title=" ".join(filter(None, (symbol, _name(request, shell, known)))),
        symbol=symbol,
        market=known.market if known else "",
        choices=CHOICES,
        asked=asked,
        bars=bars,
        rows=rows[::-1],
        bar_columns=_bar_columns(rows, intraday, asked),
        chart=chart,
        actions=actions,
        acts=acts,
        action_columns=ACTIONS,
        factors=_factors(factors),
        factor_columns=FACTORS,
        export=urlencode({"instruments": symbol} | {name: value for name, value in asked.items() if value}),
        version_link=_address(symbol, asked),
        versions=await _versions(request, shell, symbol, asked),
        **await _quality(request, shell, symbol, span),
    )


async def _bars(request: AnyRequest, shell: Shell, symbol: str, asked: dict[str, str]) -> Answer:
    """The newest bars of the span, newest first."""
    by = "-ts_start" if asked["freq"] in ("1m", "5m") else "-date"
    wanted = {"instruments": [symbol], "limit": BARS_SHOWN, "sort": by}
    return await shell.attempt(
        request, "history.bars", wanted | {name: value for name, value in asked.items() if value}
    )


async def _versions(request: AnyRequest, shell: Shell, symbol: str, asked: dict[str, str]) -> dict[str, Any]:
    """Where the bar of the date that was asked for is from; nothing while no date is asked for."""
    date = request.query_params.get("date", "")
    if not date:
        return {"date": "", "rows": [], "columns": [], "problem": None}
    dataset = "history.bars_minute" if asked["freq"] in ("1m", "5m") else "history.bars_daily"
    wanted = {"symbol": symbol, "date": date, "dataset": dataset}
    if request.query_params.get("time"):
        wanted["time"] = request.query_params["time"]
    answer = await shell.attempt(request, "history.versions", wanted)
    columns = answer.value.arrow.column_names if answer.value is not None else []
    return {
        "date": date,
        "rows": rows_of(answer.value) if answer.value is not None else [],
        "columns": [*VERSION_FIRST, *(name for name in columns if name not in VERSIONS_LEFT_OUT)],
        "problem": answer.problem,
    }


async def _quality(request: AnyRequest, shell: Shell, symbol: str, span: dict[str, Any]) -> dict[str, Any]:
    """Sessions without a bar, and rows that name the instrument and stand in quarantine."""
    gaps = await shell.attempt(request, "history.gaps", {**span, "limit": 0, "sort": "-first_date"})
    lines = rows_of(gaps.value) if gaps.value is not None else []
    waiting = await shell.attempt(request, "history.quarantine", {"text": symbol, "limit": WAITING_SHOWN})
    return {
        "gaps": gaps,
        "gap_rows": lines,
        "gap_columns": GAPS,
        "gaps_told": gaps.value.title if gaps.value is not None else "",
        "gaps_asked": gaps.value is not None and gaps.value.title == shell.say(request, _("Gaps")),
        "waiting": rows_of(waiting.value) if waiting.value is not None else [],
        "waiting_total": waiting.value.total_rows if waiting.value is not None else 0,
        "waiting_problem": waiting.problem,
        "waiting_columns": QUARANTINED,
    }


def _factors(answer: Answer) -> list[dict[str, Any]]:
    """What each ex-date does to prices; its kinds and mark as coded words."""
    rows = rows_of(answer.value) if answer.value is not None else []
    return [row | {"action_kinds": row["kinds"].split(","), "factor_mark": row["mark"]} for row in rows]


def _bar_columns(rows: Sequence[dict[str, Any]], intraday: bool, asked: dict[str, str]) -> list[str]:
    """The table's columns: figures, then where they are from if these are the rows as they were loaded."""
    figures = INTRADAY if intraday else CLOSES if only_closes(rows) else DAILY
    names = [*figures, *(("factor",) if asked["adjust"] != "none" else ()), *ORIGIN]
    return [name for name in names if not rows or name in rows[0]]


def _address(symbol: str, asked: dict[str, str]) -> str:
    """Where a bar's versions are shown, with what is asked for otherwise; `{date}` is the bar's."""
    kept = (
        urlencode({name: value for name, value in asked.items() if value}).replace("{", "").replace("}", "")
    )
    return f"/history/instruments/{quote(symbol)}?tab=versions&date={{date}}&{kept}"


def _name(request: AnyRequest, shell: Shell, known: Any) -> str:
    if known is None:
        return ""
    zh = shell.language(request) == "zh_Hant" and known.name_zh
    return str(known.name_zh if zh else known.name)


HANDLERS = [list_route(PRICES), instrument]
