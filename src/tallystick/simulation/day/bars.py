"""The day's prices into the lake: minutes and auction prints, one bar a day of all that was traded, and by whom; what
they are measured from, and the trades, quotes and books of the most active instruments.
"""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tallystick.core.schema import date_number
from tallystick.history.events import DatasetLoaded
from tallystick.simulation.day.ticks import DEPTH, QUOTES, TRADES, depth_rows, quote_rows, trade_rows
from tallystick.simulation.exchange import Exchange
from tallystick.simulation.genesis.bars import bring_bars, close_moment
from tallystick.simulation.genesis.investors import INVESTOR_FLOWS, investor_flows
from tallystick.simulation.genesis.references import REFERENCE_PRICES, reference_rows

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.market import MarketMachine

__all__ = ["bring_day"]

Array = np.ndarray[Any, np.dtype[Any]]

PHASES = {"opening_call": "open_auction", "closing_call": "close_auction"}
"""The exchange's phases as bars name them; the others keep their names."""


def bring_day(
    context: Context,
    market: MarketMachine,
    date: datetime.date,
    exchange: Exchange,
    hours: tuple[int, int],
    seed: int,
) -> list[DatasetLoaded]:
    """Append the day's bars, investors' flows, reference prices and ticks, and give the facts to be journaled about it.

    `hours` are when the firm opened, by when it knew the reference prices, and when it closed, by when it knew the
    rest; UTC ns.
    """
    opens, known_time = hours
    minutes, days = exchange.bars(), exchange.days()
    days = days[days["trades"] > 0]
    names = pa.array([instrument.symbol for instrument in market.instruments])
    daily = _common(days, names, date)
    daily["event_time"] = pa.array(np.full(len(days), close_moment(market.calendar("XTAI"), date)))
    minute = _common(minutes, names, date)
    phases = [PHASES.get(name.decode(), name.decode()) for name in minutes["phase"].tolist()]
    minute |= {
        "ts_start": pa.array(minutes["ts_start"]), "ts_end": pa.array(minutes["ts_end"]), "phase": pa.array(phases),
    }  # fmt: skip
    flows = investor_flows(
        daily["symbol"].to_pylist(),
        days["instrument"],
        np.array([date_number(date)]),
        days["volume"][None, :],
        seed,
    )
    source, terms = f"simulation {date}", exchange.terms
    brought = [
        ("history.bars_daily", pa.table(daily)),
        ("history.bars_minute", pa.table(minute)),
        (INVESTOR_FLOWS, flows),
        (TRADES, trade_rows(exchange.ticks.trades(), names, terms["instrument"], date, exchange.phases, PHASES)),
        (QUOTES, quote_rows(exchange.ticks.quotes(), names, terms["instrument"], date)),
        (DEPTH, depth_rows(exchange.ticks.depths(), names, terms["instrument"], date)),
    ]  # fmt: skip
    facts = [
        bring_bars(context, rows, source, dataset=dataset, known_time=known_time)
        for dataset, rows in brought
        if rows.num_rows
    ]
    references = _references(exchange, names, date, opens)
    return [*facts, bring_bars(context, references, source, dataset=REFERENCE_PRICES)]


def _references(exchange: Exchange, names: pa.Array, date: datetime.date, opens: int) -> pa.Table:
    """The day's own reference prices and limits, known when the firm opened."""
    terms = exchange.terms
    prices = tuple(terms[name][None, :] for name in ("reference_price", "limit_up", "limit_down"))
    symbols = names.take(pa.array(terms["instrument"])).to_pylist()
    days, moments = np.array([date_number(date)], np.int32), np.array([opens], np.int64)
    return reference_rows(
        symbols, terms["instrument"], days, moments, (prices[0], prices[0], prices[1], prices[2])
    )


def _common(rows: Array, names: pa.Array, date: datetime.date) -> dict[str, pa.Array]:
    """The columns that daily and minute bars share."""
    prices = {name: pa.array(rows[name]) for name in ("open", "high", "low", "close", "volume", "amount")}
    return {
        "symbol": names.take(pa.array(rows["instrument"])),
        "instrument": pa.array(rows["instrument"]),
        "date": pa.array(np.full(len(rows), date_number(date), np.int32)).cast(pa.date32()),
        **prices,
        "trade_count": pa.array(rows["trades"]),
    }
