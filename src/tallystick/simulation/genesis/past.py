"""The made-up market's past: a year of bars of every instrument, and what the clients' books are drawn from."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tallystick.core.schema import date_number
from tallystick.market import Charge, day_terms
from tallystick.simulation.genesis.actions import Actions, RawYear, draw_actions, raw_year
from tallystick.simulation.genesis.listing import Listing
from tallystick.simulation.genesis.plan import DemoPlan
from tallystick.simulation.genesis.prices import DailyBars, daily_bars
from tallystick.simulation.genesis.wealth import Market
from tallystick.simulation.returns import bootstrap_returns

if TYPE_CHECKING:
    from tallystick.market import MarketMachine

__all__ = ["Past", "draw_past", "market_of"]

Array = np.ndarray[Any, np.dtype[Any]]


class Past(NamedTuple):
    """The sessions of the history, the instrument codes of its columns, and the bars [sessions, instruments].

    `path` is what the returns drew, `year` what was traded: the path before corporate actions, with what each session
    began with.
    """

    sessions: list[datetime.date]
    codes: Array
    path: DailyBars
    actions: Actions
    year: RawYear

    @property
    def bars(self) -> DailyBars:
        """The bars as traded."""
        return self.year.bars

    def in_shares_of_today(self) -> DailyBars:
        """The bars as traded; of instruments whose number of shares changed, in today's shares."""
        bars = DailyBars(*(field.copy() for field in self.bars))
        columns = self.actions.splits()
        for field, drawn in zip(bars, self.path, strict=True):
            field[:, columns] = drawn[:, columns]
        return bars


def draw_past(
    machine: MarketMachine, plan: DemoPlan, listing: Listing, last: datetime.date, returns: Array
) -> Past:
    """Bars from the plan's first day to `last`, from real daily returns [days, shares] by the dated rules."""
    codes = np.array([machine.code_of(command.symbol) for command in listing.commands], np.int64)
    sessions = machine.calendar("XTAI").sessions(plan.history_from, last)
    drawn = bootstrap_returns(returns, listing.sources, len(sessions), plan.seed, own=listing.own)

    def terms_of(session: datetime.date, prices: Array) -> Array:
        return day_terms(machine, codes, prices, session)

    lots = listing.popularity * plan.lots_a_day
    tables = machine.tick_arrays
    path = daily_bars(listing.first_prices, drawn, sessions, terms_of, tables, lots, plan.seed)
    actions = draw_actions(path, sessions, plan.stocks, plan.seed)
    year = raw_year(path, actions, listing.first_prices, sessions, terms_of, tables)
    return Past(sessions, codes, path, actions, year)


def market_of(machine: MarketMachine, listing: Listing, past: Past) -> Market:
    """What the clients' books are drawn from. Needs the fee and tax rules of the last session."""
    last, bars = past.sessions[-1], past.in_shares_of_today()
    fees = [machine.fee_terms(machine.instruments[code], last) for code in past.codes.tolist()]
    calendar = machine.calendar("XTAI")
    settled = [date_number(calendar.settlement_date(session)) for session in past.sessions[-2:]]
    return Market(
        session_numbers=np.array([date_number(session) for session in past.sessions], np.int32),
        open=bars.open, high=bars.high, low=bars.low, close=bars.close,
        codes=past.codes, popularity=listing.popularity,
        commissions=[_there(terms.commission) for terms in fees],
        taxes=[_there(terms.transaction_tax) for terms in fees],
        settlement_dates=(settled[0], settled[1]),
    )  # fmt: skip


def _there(charge: Charge | None) -> Charge:
    """A charge that the rules of the made-up market's classes give."""
    assert charge is not None, "a made-up instrument is of a class without fee and tax rules"
    return charge
