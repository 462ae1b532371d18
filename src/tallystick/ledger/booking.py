"""What accepted commands do to the books; deciding and applying recorded verdicts both end here."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from tallystick.core.schema import date_number
from tallystick.ledger.books import Books
from tallystick.ledger.closing import close_trading, oblige_trades
from tallystick.ledger.columns import Array
from tallystick.ledger.events import (
    CloseTrading,
    LotType,
    MoveCash,
    MoveSecurities,
    RecordExecution,
    RecordOpeningTrade,
    Side,
)
from tallystick.ledger.listing import Listing
from tallystick.ledger.settlement import concerns, settle
from tallystick.ledger.states import TradeState

__all__ = [
    "book_cash",
    "book_executions",
    "book_holdings",
    "book_opening_trades",
    "close",
    "move_cash",
    "move_securities",
]


def book_cash(books: Books, rows: Array) -> None:
    """Opening cash: accounts against the bank."""
    amounts = rows["amount"]
    books.gross[0] += np.abs(amounts).sum()
    books.pay(books.role("bank"), rows["account"], amounts)


def book_holdings(books: Books, rows: Array) -> None:
    """Opening holdings: accounts against the depository, one lot each."""
    books.gross += rows["cost"].sum(), rows["quantity"].sum()
    books.deliver(books.role("depository"), rows["account"], rows["instrument"], rows["quantity"])
    holding = books.holdings.rows(rows["account"], rows["instrument"])
    books.lots.add(holding, rows["acquired_on"], rows["quantity"], rows["cost"])


def book_executions(books: Books, rows: Array) -> None:
    """Executions: novated at once, each client's receivable or duty against the clearing house."""
    account, instrument, side = rows["account"], rows["instrument"], rows["side"]
    quantity = np.ascontiguousarray(rows["quantity"])
    value = rows["price"] * quantity
    books.trades.append(RecordExecution, rows, value=value, state=TradeState.OPEN)
    books.gross += value.sum(), quantity.sum()
    is_buy = side == Side.BUY
    holding = books.pend(account, instrument, np.where(is_buy, quantity, -quantity))
    for name, mine in (("bought_today", is_buy), ("sold_today", ~is_buy)):
        books.holdings.add(name, holding[mine], quantity[mine])
        np.add.at(books.cash(name), account[mine], value[mine])


def book_opening_trades(books: Books, rows: Array) -> None:
    """Unsettled trades of the books before: into the obligations of their settlement dates, with fee and tax."""
    first = len(books.trades)
    value = rows["price"] * rows["quantity"]
    state = {"state": TradeState.BROUGHT, "lot_type": LotType.BOARD}
    books.trades.append(RecordOpeningTrade, rows, value=value, **state)
    books.gross += (value + rows["fee"] + rows["tax"]).sum(), rows["quantity"].sum()
    entered = np.arange(first, len(books.trades))
    for date in np.unique(rows["settlement_date"]).tolist():
        oblige_trades(books, entered[rows["settlement_date"] == date], date)
    for run in _runs(rows["side"]):
        _carry_lots(books, rows[run])


def _runs(sides: Array) -> Iterator[slice]:
    """Slices of neighbouring rows of one side: lots come and go in the order of the trades."""
    changes = np.flatnonzero(np.diff(sides)) + 1
    edges = [0, *changes.tolist(), len(sides)]
    return (slice(start, end) for start, end in itertools.pairwise(edges) if end > start)


def _carry_lots(books: Books, rows: Array) -> None:
    """The lots of opening trades of one side."""
    holding = books.holdings.rows(rows["account"], rows["instrument"])
    if rows["side"][0] == Side.BUY:
        cost = rows["price"] * rows["quantity"] + rows["fee"]
        books.lots.add(holding, rows["trade_date"], rows["quantity"], cost)
    else:
        books.lots.take(holding, rows["quantity"])


def move_cash(books: Books, command: MoveCash) -> None:
    """Cash in or out over the bank; what comes in may settle what is late."""
    books.gross[0] += abs(command.amount)
    books.pay(books.role("bank"), command.account, np.array([command.amount]))
    if command.amount > 0 and concerns(books, command.account):
        settle(books)


def move_securities(books: Books, command: MoveSecurities) -> None:
    """Securities in or out over the depository; what comes in may settle what is late."""
    units = np.array([command.quantity])
    books.gross[1] += abs(command.quantity)
    books.deliver(books.role("depository"), command.account, np.array([command.instrument]), units)
    holding = books.holdings.rows(command.account, command.instrument)
    if command.quantity > 0:
        books.lots.add(holding, np.array([books.heads.business_date]), units, np.zeros(1, dtype=np.int64))
        if concerns(books, command.account):
            settle(books)
    elif command.quantity < 0:
        books.lots.take(holding, -units)


def close(books: Books, listing: Listing, command: CloseTrading) -> None:
    """The close of a trade date by the rules in force on it."""
    dates = date_number(command.trade_date), date_number(command.settlement_date)
    close_trading(books, listing.market, *dates)
