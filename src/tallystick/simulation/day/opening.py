"""What a trading day starts from: the instruments' terms, the clients' means, and where the market is pulled to."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tallystick.core.schema import date_number
from tallystick.ledger.events import AccountKind
from tallystick.market import day_terms
from tallystick.risk.gate.events import SetAccountTerms
from tallystick.simulation.arrivals import stream
from tallystick.simulation.clients.book import ClientBook
from tallystick.simulation.genesis.listing import Listing, made_up_instruments
from tallystick.simulation.genesis.plan import DemoPlan
from tallystick.simulation.phases import TradingPhase
from tallystick.simulation.returns import bootstrap_returns, log_returns, real_prices
from tallystick.simulation.trading_day import TradingDay

if TYPE_CHECKING:
    from tallystick.core.journal import JournalReader
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["Opening", "account_terms", "client_book", "opening_of"]

Array = np.ndarray[Any, np.dtype[Any]]

HALTED, DISPOSITION, FULL_DELIVERY = 1, 2, 3
SPECIAL_SHARE = 0.02
"""Of the shares, how many are in disposition; half as many are halted, half as many need full delivery."""


class Opening(NamedTuple):
    """The market's day, and for each instrument (row of its terms) the return aimed at and how actively it trades."""

    day: TradingDay
    targets: Array
    activity: Array


def opening_of(
    machine: MarketMachine,
    plan: DemoPlan,
    date: datetime.date,
    phases: list[TradingPhase],
    prices_before: dict[str, int],
) -> Opening:
    """The start of a day from the last price (1e-4) of each symbol."""
    prices = real_prices()
    listing = made_up_instruments(plan, len(prices.symbols))
    symbols = [command.symbol for command in listing.commands]
    codes = np.array([machine.code_of(symbol) for symbol in symbols], np.int64)
    reference_prices = np.array([prices_before[symbol] for symbol in symbols], np.int64)
    terms = day_terms(machine, codes, reference_prices, date, _statuses(listing, plan, date))
    days = date_number(date)
    targets = bootstrap_returns(
        log_returns(prices.closes), listing.sources, 1, plan.seed + days, own=listing.own
    )[0]
    order = np.argsort(terms["instrument"], kind="stable")
    tables = {
        number: [(int(bound), int(tick)) for bound, tick in table.reshape(-1, 2)]
        for number, table in enumerate(machine.tick_arrays)
    }
    activity = np.maximum(np.rint(listing.popularity * 1e6), 1).astype(np.int64)
    return Opening(TradingDay(date, terms[order], tables, phases), targets[order], activity[order])


def client_book(ledger: LedgerMachine, terms: Array) -> ClientBook:
    """The clients as they stand in the books: terms of their accounts, means, and what they may sell.

    `terms` are the last accepted `SetAccountTerms` by account code (`account_terms`).
    """
    accounts = ledger.accounts()
    clients = accounts["account"][accounts["kind"] == AccountKind.CLIENT]
    terms = terms[clients]
    holdings = ledger.gate_holdings()
    mine = np.isin(holdings["account"], clients) & (holdings["sellable"] > 0)
    return ClientBook(
        accounts=clients,
        status=terms["status"],
        permissions=terms["permissions"],
        power=np.maximum(ledger.gate_cash()[clients] + terms["daily_limit"], 0),
        credit=terms["daily_limit"],
        order_limit=terms["order_value_limit"],
        holding_account=holdings["account"][mine],
        holding_instrument=holdings["instrument"][mine],
        holding_quantity=holdings["sellable"][mine],
    )


def account_terms(journal: JournalReader, count: int, until: int) -> Array:
    """The last terms (packed `SetAccountTerms`) of each of `count` accounts up to a journal sequence, else zeros."""
    found = journal.columns(SetAccountTerms)
    rows = found.records[(found.verdicts["mask"] == 0) & (found.seqs <= until)]
    terms = np.zeros(count, rows.dtype)
    terms[rows["account"]] = rows
    return terms


def _statuses(listing: Listing, plan: DemoPlan, date: datetime.date) -> Array:
    """Which shares are halted, in disposition or on full delivery on a date; never the funds."""
    random = stream(plan.seed, date_number(date), "statuses")
    special = random.permutation(plan.stocks)
    count = round(plan.stocks * SPECIAL_SHARE)
    statuses = np.zeros(len(listing.commands), np.int8)
    statuses[special[:count]] = DISPOSITION
    statuses[special[count : count + count // 2]] = HALTED
    statuses[special[count + count // 2 : 2 * count]] = FULL_DELIVERY
    return statuses
