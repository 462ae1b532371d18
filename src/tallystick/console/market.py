"""The market: instruments, the dated rules with their sources, one instrument with its candles and rules."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.charts import candles, only_closes, without_unknown
from tallystick.console.frame import show_page
from tallystick.console.listing import Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.replies import pairs_of, rows_of
from tallystick.console.shell import Answer, AnyRequest, PageShell
from tallystick.console.words import mark as _

__all__ = ["HANDLERS", "INSTRUMENTS", "RULES"]

BARS_SHOWN = 500
ABOVE = ("code", "name", "symbol", "name_zh", "underlying")
"""What stands in the page's title already, or tells nothing."""

INSTRUMENTS = ListPage(
    name="instruments",
    address="/market/instruments",
    title=_("Instruments"),
    operation="market.instruments",
    columns=(
        Column("symbol", link="/market/instruments/{symbol}", width=102),
        Column("name", width=234, grow=True),
        Column("name_zh", width=112),
        Column("isin", width=116),
        Column("market", width=62),
        Column("venue", width=74),
        Column("board", width=84),
        Column("product", width=84),
        Column("currency", width=72),
        Column("industry", width=122),
        Column("listed_on", width=88),
        Column("delisted_on", width=78),
    ),
    key=("symbol",),
    record="/market/instruments/{symbol}",
    filters=(
        Filter("text", title=_("Symbol or name"), size="wide"),
        Filter("venue"),
        Filter("board"),
        Filter("product"),
    ),
    sort="symbol",
    empty=_("Shares, funds and futures that the firm deals in will be here."),
    command="tally init DIR",
)

BAR_COLUMNS = ("date", "open", "high", "low", "close", "volume", "amount")
CLOSE_COLUMNS = ("date", "close", "volume", "amount")

RULE_COLUMNS = (
    "warning", "label", "side", "lower_bound", "value", "unit", "valid_from", "valid_to", "status", "source",
    "source_date",
)  # fmt: skip

RULES = ListPage(
    name="rules",
    address="/market/rules",
    title=_("Rules in force"),
    operation="market.rules",
    columns=(
        Column("warning", width=104),
        Column("label", width=220),
        Column("venue", width=66),
        Column("product", width=124),
        Column("side", width=62),
        Column("lower_bound"),
        Column("value", width=150),
        Column("unit", width=92),
        Column("valid_from", width=92),
        Column("valid_to", width=92),
        Column("status", width=124),
        Column("source", width=200, grow=True),
        Column("market", width=72),
        Column("board", width=84),
        Column("source_date"),
        Column("note"),
    ),
    key=("market", "venue", "board", "product", "field", "side", "lower_bound", "valid_from"),
    filters=(
        Filter("market", size="narrow"),
        Filter("venue", size="narrow"),
        Filter("product"),
        Filter("field"),
        Filter("status", choices=("verified", "secondary", "empirical", "unverified")),
        Filter("date", title=_("In force on")),
    ),
    empty=_("Every limit, tick, lot, fee and tax will be here, dated, with its source."),
    command="tally init DIR",
)


@get("/market/instruments/{symbol:str}")
async def instrument(request: AnyRequest, shell: PageShell, symbol: FromPath[str]) -> Response[str]:
    """One instrument: candles with their table, the day's terms, the rules in force with source and status."""
    reply = await shell.ask(request, "market.instrument", {"symbol": symbol})
    about = reply.instrument
    wanted = {"instruments": [symbol], "limit": BARS_SHOWN, "sort": "-date"}
    bars = await shell.attempt(request, "history.bars", wanted)
    rules = await shell.attempt(request, "market.rule", {"symbol": symbol})
    rows = _bar_rows(bars)
    name = about.name_zh if shell.language(request) == "zh_Hant" and about.name_zh else about.name
    return await show_page(
        request,
        shell,
        "instrument.html",
        title=f"{symbol} {name}",
        symbol=symbol,
        market=about.market,
        facts=[
            *pairs_of(about, without=ABOVE),
            *(pairs_of(reply.terms, without=ABOVE) if reply.terms else ()),
        ],
        bars=bars,
        rows=rows[::-1],
        chart=candles(rows, about.currency),
        rules=rules,
        bar_columns=CLOSE_COLUMNS if only_closes(rows) else BAR_COLUMNS,
        rules_rows=rows_of(rules.value) if rules.value is not None else [],
        rule_columns=RULE_COLUMNS,
    )


def _bar_rows(bars: Answer) -> list[dict[str, Any]]:
    """The bars in order of date, each once."""
    rows = rows_of(bars.value) if bars.value is not None else []
    by_date = {str(row.get("date") or row.get("business_date")): row for row in rows}
    return without_unknown([by_date[date] | {"date": date} for date in sorted(by_date)])


HANDLERS = [list_route(INSTRUMENTS), list_route(RULES), instrument]
