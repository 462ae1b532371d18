"""The day's bars into the lake: minutes and auction prints, one bar a day of all that was traded, and by whom."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from tallystick.core.schema import date_number
from tallystick.history.events import DatasetLoaded
from tallystick.simulation.exchange import Exchange
from tallystick.simulation.genesis.bars import bring_bars, close_moment
from tallystick.simulation.genesis.investors import INVESTOR_FLOWS, investor_flows

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
    known_time: int,
    seed: int,
) -> list[DatasetLoaded]:
    """Append the day's bars and investors' flows, and give the facts to be journaled about it."""
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
    return [
        bring_bars(context, pa.table(daily), f"simulation {date}", known_time=known_time),
        bring_bars(
            context,
            pa.table(minute),
            f"simulation {date}",
            dataset="history.bars_minute",
            known_time=known_time,
        ),
        bring_bars(context, flows, f"simulation {date}", dataset=INVESTOR_FLOWS, known_time=known_time),
    ]


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
