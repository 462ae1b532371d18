"""The ledger machine: decides every command of the room and keeps the books."""

from __future__ import annotations

from typing import Any

import numpy as np

from tallystick.core.day import DayClosed, DayOpened, TimeReached
from tallystick.core.events import verdict_dtype
from tallystick.core.machine import Explanation, Records, State
from tallystick.core.money import LIMIT
from tallystick.core.schema import Record, date_number
from tallystick.ledger import booking, explanation, kernels, reads, rules, settlement
from tallystick.ledger.books import Books
from tallystick.ledger.columns import Array
from tallystick.ledger.events import (
    CloseTrading,
    MoveCash,
    MoveSecurities,
    OpenAccount,
    RecordExecution,
    RecordOpeningCash,
    RecordOpeningHolding,
    RecordOpeningTrade,
    RegisterParty,
)
from tallystick.ledger.listing import Listing
from tallystick.ledger.states import Step
from tallystick.ledger.trades import contents_of
from tallystick.market import MarketMachine

__all__ = ["LedgerMachine"]

REPEATED = 1
"""Verdict flag: the command repeats an earlier one and got its answer."""
KEEP_DAYS = 14
"""Settled trades and obligations stay readable for so many days after their settlement date."""

BOOKINGS: dict[type[Record], Any] = {
    RegisterParty: lambda books, rows: books.register.register_parties(rows),
    OpenAccount: lambda books, rows: books.register.open_accounts(rows),
    RecordOpeningCash: booking.book_cash,
    RecordOpeningHolding: booking.book_holdings,
    RecordExecution: booking.book_executions,
    RecordOpeningTrade: booking.book_opening_trades,
}
NUMBERED = (RegisterParty, OpenAccount)
TRADES = (RecordExecution, RecordOpeningTrade)


class LedgerMachine:
    """Parties, accounts, cash, securities, trades and obligations of a firm, for the market that it `clears`.

    Made with the market machine , which it only reads.
    """

    name = "ledger"
    decides: tuple[type[Record], ...] = (*BOOKINGS, MoveCash, MoveSecurities, CloseTrading)
    observes: tuple[type[Record], ...] = (DayOpened, TimeReached, DayClosed)

    def __init__(self, market: MarketMachine, *, clears: str = "TW") -> None:
        self.books = Books()
        self.listing = Listing(market, clears)

    def decide(self, record: type[Record], records: Records) -> Array:
        """Judge commands of one kind in order and book the accepted; a verdict each."""
        verdicts = np.zeros(len(records), dtype=verdict_dtype())
        if record in NUMBERED:
            self._decide_numbered(record, records, verdicts)
        elif record in BOOKINGS:
            self._judge(record, records, verdicts)
            self._book(record, records, verdicts)
        else:
            for place, command in enumerate(records):
                verdicts["mask"][place] = self._mask_of(command)
                if record is CloseTrading:
                    verdicts["rule_set"][place] = self.listing.market.rule_set_number
                self.apply(record, [command], verdicts[place : place + 1])
        return verdicts

    def apply(self, record: type[Record], records: Records, verdicts: Array) -> None:
        """Book commands with verdicts already recorded, or follow the business day."""
        if record in BOOKINGS:
            self._book(record, records, verdicts)
            return
        for command, mask in zip(records, verdicts["mask"].tolist(), strict=True):
            if not mask:
                self._accept(command)

    def _decide_numbered(self, record: type[Record], rows: Array, verdicts: Array) -> None:
        """Parties and accounts: all at once if plainly good, else one by one, since each makes the next number good."""
        if rules.all_in_order(self.books, record, rows):
            self._book(record, rows, verdicts)
            return
        for place in range(len(rows)):
            mask, repeats = rules.mask_of_opening(self.books, record, rows[place])
            verdicts["mask"][place], verdicts["flags"][place] = mask, REPEATED * repeats
            self._book(record, rows[place : place + 1], verdicts[place : place + 1])

    def _judge(self, record: type[Record], rows: Array, verdicts: Array) -> None:
        """Masks of fixed kinds, the totals and ids checked in order."""
        bit, books = rules.bits(record), self.books
        if record in TRADES:
            masks, amounts = rules.masks_of_trades(books, self.listing, record, rows)
            ids = np.ascontiguousarray(rows["execution_id"], dtype=np.int64)
            contents = contents_of(record, rows)
            repeats = books.trades.claim(
                ids, contents, amounts, books.gross.copy(), masks, bit["id_repeated"], bit["too_large"]
            )
            verdicts["flags"] = np.where(repeats, REPEATED, 0)
        else:
            masks, amounts = rules.masks_of_openings(books, self.listing, record, rows)
            kernels.admit(amounts, books.gross.copy(), LIMIT, np.uint64(bit["too_large"]), masks)
        verdicts["mask"] = masks

    def _book(self, record: type[Record], rows: Array, verdicts: Array) -> None:
        accepted = (verdicts["mask"] == 0) & (verdicts["flags"] & REPEATED == 0)
        if accepted.any():
            BOOKINGS[record](self.books, rows if accepted.all() else rows[accepted])

    def _mask_of(self, command: Any) -> int:
        if isinstance(command, CloseTrading):
            return rules.mask_of_closing(self.books, self.listing, command)
        return rules.mask_of_move(self.books, self.listing, command)

    def _accept(self, command: Any) -> None:
        books = self.books
        if isinstance(command, MoveCash):
            booking.move_cash(books, command)
        elif isinstance(command, MoveSecurities):
            booking.move_securities(books, command)
        elif isinstance(command, CloseTrading):
            booking.close(books, self.listing, command)
        elif isinstance(command, DayOpened):
            books.heads.business_date = date_number(command.business_date)
        elif isinstance(command, TimeReached):
            self._reach(command)
        elif isinstance(command, DayClosed):
            self._close_day(date_number(command.business_date))

    def _reach(self, command: TimeReached) -> None:
        """Act on the deadlines `<market>.settlement.<step>`; others are not the ledger's."""
        market, _, deadline = command.deadline.partition(".settlement.")
        step = Step.__members__.get(deadline.upper(), Step.WAITING)
        if market == self.listing.clears and step != Step.WAITING:
            settlement.reach(self.books, step, date_number(command.business_date))

    def _close_day(self, date: int) -> None:
        """Let go of what is settled since long; what is open stays whatever its age."""
        books = self.books
        books.trades.forget_before(date - KEEP_DAYS)
        old = [day for day in books.days.values() if day.date < date - KEEP_DAYS and day.is_complete]
        for day in old:
            del books.days[day.date]
        books.recount()
        books.check()

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """The values and thresholds that `decide` would read for this command now."""
        return explanation.explain(self.books, self.listing, record, command)

    def digest(self) -> bytes:
        """SHA-256 over the books in canonical form."""
        return self.books.digest()

    def snapshot(self) -> State:
        """The books in canonical form."""
        return self.books.save()

    def restore(self, state: State) -> None:
        """Take what `snapshot` gave."""
        self.books.load(state)
        self.listing.forget()

    @property
    def account_count(self) -> int:
        """How many accounts are open; their codes are 0 to this, exclusive."""
        return self.books.account_count

    @property
    def party_count(self) -> int:
        """How many parties are registered; their numbers are 0 to this, exclusive."""
        return len(self.books.register.parties)

    def account(self, account: int) -> reads.AccountView:
        """One account by code. IndexError if it is not open."""
        return reads.account(self.books, account)

    def find_account(self, number: str) -> int:
        """The code of the account with this number, or -1."""
        return self.books.register.find_account(number)

    def accounts(self) -> Array:
        """All accounts in order of code (`reads.ACCOUNT`)."""
        return reads.accounts(self.books)

    def parties(self) -> Array:
        """All parties in order of number (`reads.PARTY`)."""
        return reads.parties(self.books)

    def lots(self) -> Array:
        """All lots by account and instrument, oldest first (`reads.LOT`), as if trades settled at once."""
        return reads.lots(self.books)

    def cash(self, account: int) -> reads.CashView:
        """One account's cash: posted, due by settlement date, free. IndexError if it is not open."""
        return reads.cash(self.books, account)

    def positions(self, account: int | None = None) -> Array:
        """Securities of one or all accounts (`reads.POSITION`), in order of account and instrument."""
        return reads.positions(self.books, account)

    def obligations(self, settlement_date: int) -> Array:
        """Obligations of a settlement date (number), clients' tier then the firm's (`reads.OBLIGATION`)."""
        return reads.obligations(self.books, settlement_date)

    def late_accounts(self) -> list[int]:
        """Accounts with an obligation past its deadline and not made good."""
        return reads.late_accounts(self.books)

    def settlement_dates(self) -> list[int]:
        """The settlement dates (numbers) whose obligations are held, in order."""
        return sorted(self.books.days)

    def settlement_step(self, settlement_date: int) -> Step:
        """How far a settlement date (number) is; WAITING when nothing settles on it."""
        day = self.books.days.get(settlement_date)
        return Step.WAITING if day is None else day.step

    def trades(self, trade_date: int | None = None) -> Array:
        """Trades of one (number) or all trade dates that are held, in journal order (`reads.TRADE`)."""
        return reads.trades(self.books, trade_date)

    def fees(self, trade_date: int) -> Array:
        """Commission and tax of a trade date (number) by order (`reads.FEE`)."""
        return reads.fees(self.books, trade_date)

    def settlement_report(self, settlement_date: int) -> Array:
        """What was due, delivered, late and kept back on a settlement date (number), by instrument and cash
        (`reads.SETTLEMENT`).
        """
        return reads.settlement_report(self.books, settlement_date)

    def gate_holdings(self) -> Array:
        """What each trading account may sell before today's trades (`reads.SELLABLE`)."""
        return reads.gate_holdings(self.books)

    def gate_cash(self) -> Array:
        """What each account may buy for before today's trades, int64 in 1e-4 by account code."""
        return reads.gate_cash(self.books)
