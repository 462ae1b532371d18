"""One trading day end to end: open, trade, settle, close, write the day's files and bars.

A run that was killed or stopped goes on when it is started again (see `resuming`): everything it sends is made from the
books as they stood before the day, so that it is made the same again.
"""

from __future__ import annotations

import datetime
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from tallystick.core.day import DayClosed, DayOpened
from tallystick.core.errors import TallystickError
from tallystick.core.events import event_of
from tallystick.core.follower import Follower
from tallystick.core.schema import date_number
from tallystick.core.snapshots import code_version
from tallystick.core.text import translate
from tallystick.history import read_bars, seal_days
from tallystick.history.events import DatasetLoaded
from tallystick.ledger.events import CloseTrading
from tallystick.market.events import SetDayTerms
from tallystick.risk.gate.events import SubmitOrder
from tallystick.simulation.alone import alone
from tallystick.simulation.day.bars import bring_day
from tallystick.simulation.day.movements import movements_of
from tallystick.simulation.day.opening import Opening, account_terms, client_book, opening_of
from tallystick.simulation.day.ticks import most_active
from tallystick.simulation.day.timetable import Timetable, timetable
from tallystick.simulation.day.trading import Trading
from tallystick.simulation.exchange import Exchange
from tallystick.simulation.files.books import CASH, DayBooks, day_books
from tallystick.simulation.files.inbox import write_files
from tallystick.simulation.flow import FlowSettings, Oddity, OrderFlow
from tallystick.simulation.genesis.plan import DemoPlan, load_plan
from tallystick.simulation.resuming import ResumingWriter
from tallystick.simulation.summaries import DaySummary
from tallystick.simulation.truth import TruthRow, write_truth

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.ledger import LedgerMachine
    from tallystick.market import MarketMachine

__all__ = ["run_day"]

Array = np.ndarray[Any, np.dtype[Any]]

FIRST_NUMBER = 1_000_001
"""The clients' first order in the day's ids: theirs are the numbers of session 1 on, people at the console have 0."""
CLIENT_TIER = 1
SETTLED_STATES = (2, 3)


class Before(NamedTuple):
    """The books as they stood before the day, and the journal sequence that they stand at."""

    market: MarketMachine
    ledger: LedgerMachine
    seq: int


def run_day(context: Context, date: datetime.date) -> DaySummary:
    """Run one trading day of a made-up firm, or go on with one that was begun.

    Errors: TallystickError when the firm is no made-up one, the date is no session, or is not the day after the last,
    or when another process is at it.
    Stopped when the person asked for it: what was recorded stays, and a later call goes on.
    """
    plan = load_plan(context.path)
    with alone(context.path):
        return _Day(context, plan, date, _before(context, date)).run()


class _Day:
    """One day on its way."""

    def __init__(self, context: Context, plan: DemoPlan, date: datetime.date, before: Before) -> None:
        self.context = context
        self.plan = plan
        self.date = date
        self.before = before
        self.clock: Timetable = timetable(before.market, date)
        self.opening: Opening = opening_of(
            before.market, plan, date, self.clock.phases, _last_prices(context, before.market, date)
        )
        self.writer = ResumingWriter(context, date)

    def run(self) -> DaySummary:
        """Open, trade, close, tell the outside, end the day."""
        self._open()
        trading, flow, exchange = self._trade()
        self._close_trading()
        trading.finish()
        books = self._books(trading)
        self.context.progress.start(translate("Writing the day's files", self.context.language), 2)
        files = self._tell(books, flow)
        self.context.progress.step()
        self._bring_bars(exchange)
        self.context.progress.step()
        self._general(DayClosed(command_id=f"close-{self.date}", business_date=self.date), self.clock.closes)
        seal_days(self.context)
        return self._summary(trading, books, files)

    def _open(self) -> None:
        state = self.context.machine("day").state
        if state.business_date != self.date:
            opened = DayOpened(
                command_id=f"open-{self.date}",
                business_date=self.date,
                code_version=code_version(),
                rule_set=self.before.market.rule_set,
            )
            self._general(opened, self.clock.opens)
        terms = self.opening.day.terms
        terms["received_at"] = self.clock.opens
        assert not self.writer.decide(SetDayTerms, terms)["mask"].any(), "the day's terms were refused"

    def _trade(self) -> tuple[Trading, OrderFlow, Exchange]:
        plan, ledger = self.plan, self.before.ledger
        clients = client_book(
            ledger, account_terms(self.context.journal, ledger.account_count, self.before.seq)
        )
        settings = FlowSettings(house_orders=plan.house_orders)
        flow = OrderFlow(
            self.opening.day, clients, self.opening.targets, seed=plan.seed, settings=settings,
            activity=self.opening.activity, first_number=FIRST_NUMBER,
        )  # fmt: skip
        exchange = Exchange(
            self.opening.day, largest_lots=self.clock.largest_lots, salt=plan.seed + date_number(self.date),
            ticked=most_active(self.opening.activity),
        )  # fmt: skip
        cash = np.maximum(ledger.gate_cash()[clients.accounts], 0)
        opens, closes = self.clock.phases[0].opens, max(phase.closes for phase in self.clock.phases)
        movements = movements_of(clients, cash, self.date, opens, closes, plan.seed)
        trading = Trading(self.date, self.clock, flow, exchange, self.writer, plan.slot_seconds)
        self.context.progress.start(translate("Trading", self.context.language), trading.slots)
        trading.run(movements, self.context.progress, self.context.settings.firm.zone)
        return trading, flow, exchange

    def _close_trading(self) -> None:
        settlement = self.before.market.calendar("XTAI").settlement_date(self.date)
        command = CloseTrading(
            command_id=f"close-trading-{self.date}", trade_date=self.date, settlement_date=settlement
        )
        self._general(command, self.clock.trading_closed)

    def _books(self, trading: Trading) -> DayBooks:
        return day_books(
            self.date, self.context.machine("market"), self.before.ledger, self.context.machine("ledger"),
            orders=trading.rows("orders"), masks=trading.rows("masks"), executions=trading.rows("executions"),
            ends=trading.rows("ends"), moved=[movement for movement, mask in trading.moved if not mask],
        )  # fmt: skip

    def _tell(self, books: DayBooks, flow: OrderFlow) -> list[str]:
        """The files of the five sources, and the truth table of what is wrong in them and in the orders."""
        files, truth = write_files(
            self.context.path, books, self.before.market, seed=self.plan.seed, each=self.plan.oddities
        )
        write_truth(self.context.path, self.date, _order_truth(books, flow.truth()) + truth)
        return files

    def _bring_bars(self, exchange: Exchange) -> None:
        facts = bring_day(
            self.context, self.before.market, self.date, exchange, (self.clock.opens, self.clock.closes), self.plan.seed
        )  # fmt: skip
        for fact in facts:
            self._general(fact, self.clock.closes)

    def _general(self, command: DayOpened | CloseTrading | DayClosed | DatasetLoaded, time: int) -> None:
        command = msgspec.structs.replace(command, received_at=time)
        decision = self.writer.send(type(command), [command])
        if not decision.accepted:
            reason = decision.rejections()[0]
            raise TallystickError(
                "simulation.day_refused",
                "The day cannot go on: {reason}",
                "Look at the journal's last batches; the date may be wrong.",
                reason=reason.message,
            )

    def _summary(self, trading: Trading, books: DayBooks, files: list[str]) -> DaySummary:
        kind = event_of(SubmitOrder)
        refused: Counter[str] = Counter()
        masks, counts = np.unique(books.masks[books.masks != 0], return_counts=True)
        for mask, count in zip(masks.tolist(), counts.tolist(), strict=True):
            refused.update({reason.code: count for reason in kind.reasons_in(mask)})
        clients = books.settled[
            (books.settled["tier"] == CLIENT_TIER) & (books.settled["instrument"] == CASH)
        ]
        paid = clients[clients["amount"] < 0]
        done = np.isin(paid["state"], SETTLED_STATES)
        executions = books.executions
        return DaySummary(
            date=self.date, orders=len(books.orders), cancels=len(trading.rows("cancels")),
            accepted=int((books.masks == 0).sum()), refused=dict(sorted(refused.items())), executions=len(executions),
            turnover=int((executions["price"] * executions["quantity"]).sum()), exchange_messages=trading.messages,
            movements=len(books.moved), settled=int(-paid["amount"][done].sum()), late=int((~done).sum()),
            resumed=self.writer.resumed, files=files,
        )  # fmt: skip


def _before(context: Context, date: datetime.date) -> Before:
    """The machines as they stood before the day, whether it was begun already or not."""
    state = context.machine("day").state
    calendar = context.machine("market").calendar("XTAI")
    if state.business_date == date and not state.is_open:
        raise TallystickError(
            "simulation.day_done", "{date} was run already.", "Run the next session, {next}.",
            date=str(date), next=str(calendar.next_session(date)),
        )  # fmt: skip
    last = state.business_date if state.business_date != date else calendar.previous_session(date)
    if calendar.next_session(last) != date or (state.is_open and state.business_date != date):
        raise TallystickError(
            "simulation.not_next",
            "{date} does not follow the firm's last day, {last}.",
            "Run the session that follows it, {next}.",
            date=str(date), last=str(last), next=str(calendar.next_session(last)),
        )  # fmt: skip
    seq = context.journal.last(last).seq
    follower = Follower(context.journal, context.house.engine(), context.house.snapshots)
    follower.catch_up(until=seq)
    machines: dict[str, Any] = follower.engine.machines
    return Before(machines["market"], machines["ledger"], seq)


def _last_prices(context: Context, market: MarketMachine, date: datetime.date) -> dict[str, int]:
    """The last close of each symbol in the month before the date."""
    first = date - datetime.timedelta(days=45)
    symbols = [instrument.symbol for instrument in market.instruments if instrument.market == "TW"]
    day_before = date - datetime.timedelta(days=1)
    rows = read_bars(
        context.lake, symbols, first, day_before, columns=["symbol", "date", "close"], order=["date"]
    )
    return dict(zip(rows["symbol"].to_pylist(), rows["close"].to_pylist(), strict=True))


def _order_truth(books: DayBooks, labels: Array) -> list[TruthRow]:
    """The labels of orders that are wrong on purpose."""
    place = {identity: row for row, identity in enumerate(books.orders["order_id"].tolist())}
    rows = []
    for identity, label in zip(labels["order_id"].tolist(), labels["label"].tolist(), strict=True):
        order = books.orders[place[identity]]
        rows.append(
            TruthRow(
                kind=Oddity(label).name.lower(), source="orders", key=str(identity), account=int(order["account"]),
                instrument=int(order["instrument"]), field="reason", wrong=Oddity(label).reason,
            )
        )  # fmt: skip
    return rows
