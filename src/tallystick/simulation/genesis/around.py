"""What stands around the made-up year's prices, as tables by dataset: actions, references, indices, figures."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from tallystick.core.schema import date_number
from tallystick.core.time import market_time
from tallystick.simulation.genesis.actions import ACTIONS, action_rows
from tallystick.simulation.genesis.figures import (
    FUNDAMENTALS,
    FUTURES_SETTLEMENT,
    RATES,
    fundamental_rows,
    future_rows,
    index_levels,
    rate_rows,
)
from tallystick.simulation.genesis.indices import INDEX_MEMBERS, Shares, index_rows
from tallystick.simulation.genesis.listing import Listing
from tallystick.simulation.genesis.past import Past
from tallystick.simulation.genesis.references import REFERENCE_PRICES, reference_rows

if TYPE_CHECKING:
    from tallystick.market import Calendar

__all__ = ["around_prices"]

BEFORE_OPENING, PUBLISHED = datetime.time(8), datetime.time(17)
"""When a session's reference prices are known, and what is published on a date."""


def around_prices(
    past: Past, listing: Listing, calendar: Calendar, seed: int
) -> Iterator[tuple[str, pa.Table]]:
    """Dataset and rows of each; what was published by the last session."""

    def known_at(date: datetime.date) -> int:
        return market_time(date, PUBLISHED, calendar.zone)

    sessions, codes, year = past.sessions, past.codes, past.year
    symbols = [command.symbol for command in listing.commands]
    yield ACTIONS, action_rows(past.actions, symbols, codes, sessions, known_at)
    dates = np.array([date_number(session) for session in sessions], np.int32)
    moments = np.array(
        [market_time(session, BEFORE_OPENING, calendar.zone) for session in sessions], np.int64
    )
    prices = (year.references, year.previous, year.limit_up, year.limit_down)
    yield REFERENCE_PRICES, reference_rows(symbols, codes, dates, moments, prices)
    stocks = np.array([command.product == "stock" for command in listing.commands])
    issued = np.array([command.shares_issued or 0 for command in listing.commands], np.int64)[stocks]
    closes = past.path.close[:, stocks].astype(float)
    companies = [command for command in listing.commands if command.product == "stock"]
    names = [command.symbol for command in companies]
    shares = Shares(names, codes[stocks], [command.industry for command in companies], closes * issued)
    yield INDEX_MEMBERS, index_rows(shares, sessions, seed, known_at)
    yield RATES, rate_rows(sessions, seed, known_at)
    last = sessions[-1]
    yield FUNDAMENTALS, fundamental_rows(names, codes[stocks], issued, closes[-1], last, seed, known_at)
    levels = index_levels(closes, shares.sizes[0])
    yield FUTURES_SETTLEMENT, future_rows(levels, sessions, seed, known_at)
