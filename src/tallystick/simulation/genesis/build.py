"""Making a firm: everything of a plan sent to the writer in the first journal day, which is then closed.

A build that was killed goes on when it is started again with the same plan.
"""

from __future__ import annotations

import datetime
import hashlib
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa

from tallystick.core.day import DayClosed
from tallystick.core.errors import TallystickError
from tallystick.core.schema import Record, date_number
from tallystick.core.text import translate
from tallystick.core.time import market_time
from tallystick.history.events import DatasetLoaded
from tallystick.ledger import HOUSE_ACCOUNT_COUNT, house_parties
from tallystick.ledger.events import (
    OpenAccount,
    RecordOpeningCash,
    RecordOpeningHolding,
    RecordOpeningTrade,
    RegisterParty,
)
from tallystick.market.events import RegisterInstrument
from tallystick.risk.gate.events import SetAccountTerms
from tallystick.simulation.alone import alone
from tallystick.simulation.genesis.around import around_prices
from tallystick.simulation.genesis.backlog import cash_due, number_trades, opening_trades
from tallystick.simulation.genesis.bars import bring_bars, past_bars, real_bars
from tallystick.simulation.genesis.house import house_books
from tallystick.simulation.genesis.investors import INVESTOR_FLOWS, investor_flows
from tallystick.simulation.genesis.listing import made_up_instruments, real_instruments
from tallystick.simulation.genesis.past import Past, draw_past, market_of
from tallystick.simulation.genesis.people import branch_people, client_people
from tallystick.simulation.genesis.plan import DemoPlan, load_plan, save_plan
from tallystick.simulation.genesis.service import CONTACTS, TERMS, client_contacts, product_terms
from tallystick.simulation.genesis.trades import EARLIER_YEARS, PAST_TRADES, Listed, past_trades
from tallystick.simulation.genesis.wealth import Market, account_terms, client_wealth, opening_cash
from tallystick.simulation.resuming import ResumingWriter
from tallystick.simulation.returns import RealPrices, log_returns, real_prices
from tallystick.simulation.summaries import BuildSummary
from tallystick.simulation.truth import TruthRow, write_truth

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.market import MarketMachine

__all__ = ["build"]

Array = np.ndarray[Any, np.dtype[Any]]

TAKE_OVER = datetime.time(16)
DAY_END = datetime.time(18)
LATE_PAYERS = 3
"""Clients made to lack money on their settlement day, when the plan has oddities."""
LATE_DOLLARS = (100_000_0000, 2_000_000_0000)
LATE_SHARE = 60
"""Per cent of what they owe that late clients have."""


def build(context: Context, plan: DemoPlan) -> BuildSummary:
    """Make a plan's firm in an initialised empty one, and close its first journal day.

    Errors: TallystickError when the firm is not empty, its clock is not that of commands, or its first day is not the
    session before the plan's demo day, or when another process is at it.
    """
    with alone(context.path):
        first_day = _checked_day(context, plan)
        save_plan(context.path, plan)
        context.house.vault.adopt_key(hashlib.sha256(f"made-up firm {plan.seed}".encode()).digest())
        return _Build(context, plan, first_day).run()


class _Build:
    """One build on its way: what it sends, and the counts of what was sent."""

    def __init__(self, context: Context, plan: DemoPlan, first_day: datetime.date) -> None:
        self.context = context
        self.plan = plan
        self.first_day = first_day
        zone = context.settings.firm.zone
        self.at = market_time(first_day, TAKE_OVER, zone)
        self.closes = market_time(first_day, DAY_END, zone)
        self.writer = ResumingWriter(context, first_day)
        self.counts: dict[type[Record], int] = {}
        self.loaded: list[DatasetLoaded] = []

    def run(self) -> BuildSummary:
        """Everything in its order; each step needs the ones before."""
        prices = real_prices()
        listing = made_up_instruments(self.plan, len(prices.symbols))
        self._register(listing.commands, prices)
        machine = self.context.machine("market")
        past = draw_past(machine, self.plan, listing, self.first_day, log_returns(prices.closes))
        market = market_of(machine, listing, past)
        self._open_house(market)
        accounts, parties = self._open_clients()
        symbols = [machine.instruments[code].symbol for code in past.codes.tolist()]
        trades = self._bring_books(accounts, Listed(market, symbols, self._earlier_sessions(machine)))
        self._fixed(RecordOpeningTrade, trades)
        for dataset, rows in around_prices(past, listing, machine.calendar("XTAI"), self.plan.seed):
            if rows.num_rows:
                self.loaded.append(bring_bars(self.context, rows, "simulation", dataset=dataset))
        bars = self._load_bars(past, prices, symbols)
        self.context.progress.finish()
        self._close()
        return BuildSummary(
            first_day=self.first_day, date=self.plan.date, bars=bars, parties=parties,
            instruments=self.counts[RegisterInstrument], accounts=HOUSE_ACCOUNT_COUNT + len(accounts),
            lots=self.counts[RecordOpeningHolding], opening_trades=len(trades),
        )  # fmt: skip

    def _register(self, commands: list[RegisterInstrument], prices: RealPrices) -> None:
        if self.plan.real_shares:
            first = datetime.date(1970, 1, 1) + datetime.timedelta(days=int(prices.dates[0]))
            commands = commands + real_instruments(prices.symbols, first)
        self._general(RegisterInstrument, commands)

    def _open_house(self, market: Market) -> None:
        """The firm's branches, and what it has on its own accounts, which it was founded with."""
        branches = branch_people(self.plan, self.context.house.vault, len(house_parties()))
        self.context.house.vault.keep_persons(branches.persons)
        self._fixed(RegisterParty, branches.parties)
        books = house_books(market)
        self._fixed(RecordOpeningCash, books.cash)
        self._fixed(RecordOpeningHolding, books.lots)
        self._fixed(SetAccountTerms, books.terms)

    def _open_clients(self) -> tuple[Array, int]:
        """All clients' accounts (code, party, branch, number, opening), and how many parties there are."""
        vault, first_party = self.context.house.vault, len(house_parties()) + self.plan.branches
        opened = []
        self.context.progress.start(translate("Opening accounts", self.context.language), self.plan.clients)
        for people in client_people(self.plan, vault, self.first_day, first_party, HOUSE_ACCOUNT_COUNT):
            vault.keep_persons(people.persons)
            self._fixed(RegisterParty, people.parties)
            self._fixed(OpenAccount, people.accounts)
            opened.append(people.accounts[["account", "party", "branch", "number", "opened_on"]].copy())
            self.context.progress.step(len(people.parties))
        return np.concatenate(opened), first_party + self.plan.clients

    def _bring_books(self, opened: Array, listed: Listed) -> Array:
        """Cash, lots and terms of all clients, and what other systems know of them; gives their unsettled trades,
        numbered.
        """
        accounts, market = opened["account"], listed.market
        trades, late = [], []
        self.context.progress.start(translate("Taking over books", self.context.language), len(accounts))
        for batch, start in enumerate(range(0, len(accounts), self.plan.accounts_at_once)):
            some = accounts[start : start + self.plan.accounts_at_once]
            random = np.random.default_rng([self.plan.seed, 21, batch])
            wealth = client_wealth(random, some, market)
            found = opening_trades(random, some, wealth, market)
            due = cash_due(found, market.settlement_dates[0], some)
            if batch == 0 and self.plan.oddities:
                late = _make_late(random, some, wealth.cash, due)
            self._fixed(RecordOpeningHolding, wealth.lots)
            self._fixed(RecordOpeningCash, opening_cash(some, wealth.cash))
            self._fixed(SetAccountTerms, account_terms(random, some, wealth.dollars))
            trades.append(found)
            known = opened[start : start + self.plan.accounts_at_once]
            past = past_trades(_random(self.plan, 22, batch), known, wealth, found, listed)
            self._bring_past(known, past, batch)
            self.context.progress.step(len(some))
        write_truth(self.context.path, self.first_day, late)
        return number_trades(trades)

    def _earlier_sessions(self, machine: MarketMachine) -> Array:
        """The sessions of the years before the bars begin."""
        until = self.plan.history_from - datetime.timedelta(days=1)
        since = until - datetime.timedelta(days=365 * EARLIER_YEARS)
        found = machine.calendar("XTAI").sessions(since, until)
        return np.array([date_number(session) for session in found], np.int64)

    def _bring_past(self, accounts: Array, trades: pa.Table, batch: int) -> None:
        """What the firm's other systems know of some clients into the lake, to be journaled with the bars."""
        first, last = date_number(self.plan.history_from), date_number(self.first_day)
        contacts = client_contacts(_random(self.plan, 23, batch), accounts, first, last, self.at)
        terms = product_terms(_random(self.plan, 24, batch), accounts, first, last)
        for dataset, rows in ((PAST_TRADES, trades), (CONTACTS, contacts), (TERMS, terms)):
            self.loaded.append(bring_bars(self.context, rows, "simulation", dataset=dataset))

    def _load_bars(self, past: Past, prices: RealPrices, symbols: list[str]) -> int:
        """The year of bars, who traded in it, and the real closes into the lake; each load is journaled."""
        self.context.progress.start(translate("Loading a year of prices", self.context.language), 2)
        machine = self.context.machine("market")
        made_up = past_bars(past, symbols, machine.calendar("XTAI"))
        facts = [bring_bars(self.context, made_up, "simulation")]
        self.context.progress.step()
        if self.plan.real_shares:
            codes = {instrument.symbol: instrument.code for instrument in machine.instruments}
            facts.append(bring_bars(self.context, real_bars(prices, codes), "skfolio S&P 500 data set"))
            self.context.progress.step()
        numbers = np.array([date_number(session) for session in past.sessions])
        flows = investor_flows(symbols, past.codes, numbers, past.bars.volume, self.plan.seed)
        self.loaded.append(bring_bars(self.context, flows, "simulation", dataset=INVESTOR_FLOWS))
        self._general(DatasetLoaded, [*facts, *self.loaded])
        return sum(fact.rows for fact in facts)

    def _close(self) -> None:
        command = DayClosed(
            command_id=f"close-{self.first_day}", business_date=self.first_day, received_at=self.closes
        )
        self._require(DayClosed, self.writer.send(DayClosed, [command]).verdicts)

    def _general(self, record: type[Record], commands: list[Any]) -> None:
        commands = [msgspec.structs.replace(command, received_at=self.at) for command in commands]
        self._require(record, self.writer.send(record, commands).verdicts)

    def _fixed(self, record: type[Record], rows: Array) -> None:
        if len(rows):
            rows["received_at"] = self.at
            self._require(record, self.writer.decide(record, rows))

    def _require(self, record: type[Record], verdicts: Array) -> None:
        """A made-up firm asks for nothing that the rules refuse."""
        self.counts[record] = self.counts.get(record, 0) + len(verdicts)
        refused = int((verdicts["mask"] != 0).sum())
        if refused:
            raise TallystickError(
                "simulation.refused",
                "The firm's rules refused {count} of {kind} (first mask {mask}).",
                "Make the firm with the rules that the package ships.",
                count=refused,
                kind=record.__name__,
                mask=int(verdicts["mask"][np.argmax(verdicts["mask"] != 0)]),
            )


def _random(plan: DemoPlan, purpose: int, batch: int) -> np.random.Generator:
    return np.random.default_rng([plan.seed, purpose, batch])


def _checked_day(context: Context, plan: DemoPlan) -> datetime.date:
    """The open first day, when the firm is one that this plan can be built in."""
    day = context.machine("day").state
    first_day: datetime.date = day.business_date
    if context.settings.firm.clock != "commands":
        raise TallystickError(
            "simulation.clock",
            "The firm takes its time from the system's clock; a simulated one brings its own.",
            'Make it with clock = "commands" in firm.toml.',
        )
    if not day.is_open:
        raise TallystickError(
            "simulation.day_not_open",
            "No business day of the firm is open; the last one was {date}.",
            "Build into a firm that `tally init` has just made.",
            date=str(first_day),
        )
    wanted = context.machine("market").calendar("XTAI").previous_session(plan.date)
    if first_day != wanted:
        raise TallystickError(
            "simulation.wrong_day",
            "The firm's first day is {date}; the plan needs {wanted}.",
            "Make the firm with that first day.",
            date=str(first_day),
            wanted=str(wanted),
        )
    begun = (context.path / "simulation" / "plan.json").is_file() and load_plan(context.path) == plan
    if not begun and (
        context.machine("market").instruments or context.machine("ledger").account_count > HOUSE_ACCOUNT_COUNT
    ):
        raise TallystickError(
            "simulation.not_empty",
            "The firm holds instruments or accounts already.",
            "Build into a firm that `tally init` has just made.",
        )
    return first_day


def _make_late(random: np.random.Generator, accounts: Array, cash: Array, due: Array) -> list[TruthRow]:
    """Take money from a few clients who owe a middling sum on the first settlement day; changes `cash`."""
    able = np.flatnonzero((due > LATE_DOLLARS[0]) & (due < LATE_DOLLARS[1]))
    chosen = np.sort(random.permutation(able)[:LATE_PAYERS])
    rows = []
    for place in chosen.tolist():
        left = int(due[place]) * LATE_SHARE // 100 // 10_000 * 10_000
        rows.append(
            TruthRow(
                kind="late_payment", source="clients", account=int(accounts[place]), field="cash",
                right=str(int(cash[place])), wrong=str(left),
            )
        )  # fmt: skip
        cash[place] = left
    return rows
