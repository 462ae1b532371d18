"""The close of a trade date: fees and taxes are fixed, fills become net obligations of the settlement date.

Two tiers: each client with the firm, net per instrument and in cash, and the firm with the clearing house, net per
instrument and in cash. Both are computed from the fills on their own and must agree.
"""

from __future__ import annotations

import numpy as np

from tallystick.core.schema import number_date
from tallystick.ledger.books import Books
from tallystick.ledger.charges import commission, day_traded, may_day_trade, transaction_tax
from tallystick.ledger.columns import Array
from tallystick.ledger.events import AccountKind, Side
from tallystick.ledger.grouping import Groups
from tallystick.ledger.obligations import net
from tallystick.ledger.states import CASH, TradeState
from tallystick.ledger.tariffs import Tariff
from tallystick.market import MarketMachine

__all__ = ["close_trading", "missing_charges", "oblige_trades", "share_of", "tariff_of"]


def close_trading(books: Books, market: MarketMachine, trade_date: int, settlement_date: int) -> None:
    """Close a trade date (numbers of dates) by the rules in force on it."""
    rows = books.trades.open_on(trade_date)
    charge_fills(books, rows, tariff_of(books, market, trade_date))
    _end_today(books, rows)
    books.trades["state"][rows] = TradeState.CLOSED
    books.trades["settlement_date"][rows] = settlement_date
    oblige_trades(books, rows, settlement_date)
    _carry_lots(books, rows)
    books.heads.closed[trade_date] = settlement_date
    books.check()


def tariff_of(books: Books, market: MarketMachine, trade_date: int) -> Tariff:
    """What the rules charge the open fills of a trade date (number), in their order."""
    rows = books.trades.open_on(trade_date)
    return Tariff(market, number_date(trade_date), books.trades["instrument"][rows])


def charge_fills(books: Books, rows: Array, tariff: Tariff) -> None:
    """Write commission, tax and day-traded quantity of open fills. The firm's own accounts pay no commission."""
    trades = books.trades
    account, instrument, side = (trades[name][rows] for name in ("account", "instrument", "side"))
    price, quantity, value = (trades[name][rows] for name in ("price", "quantity", "value"))
    orders = Groups(account, trades["order_id"][rows], instrument, side)
    is_client = _of_clients(books, rows)
    trades["fee"][rows] = np.where(is_client, commission(orders, value, tariff.rates("commission")), 0)
    paired = _paired(books, rows, tariff)
    trades["day_traded"][rows] = paired
    is_sale = side == Side.SELL
    rates = tariff.rates("transaction_tax"), tariff.day_trade_rates(~is_client)
    taxes = transaction_tax(orders, price, quantity, paired, *rates)
    trades["tax"][rows] = np.where(is_sale, taxes, 0)


def missing_charges(books: Books, rows: Array, tariff: Tariff) -> list[str]:
    """The rules that the charges of open fills need and that are not in force, in order of their names.

    Clients need a commission, sales a tax; the day-trade taxes are needed where something was day-traded.
    """
    is_sale, is_client = books.trades["side"][rows] == Side.SELL, _of_clients(books, rows)
    missing = tariff.absent("commission", is_client) | tariff.absent("transaction_tax", is_sale)
    missing |= tariff.absent("day_trade_lots", is_sale)
    day_trade_taxes = (
        ("day_trade_tax", is_sale & is_client),
        ("day_trade_tax_proprietary", is_sale & ~is_client),
    )
    if any(tariff.absent(charge, sold) for charge, sold in day_trade_taxes):
        was_paired = _paired(books, rows, tariff) > 0
        for charge, sold in day_trade_taxes:
            missing |= tariff.absent(charge, sold & was_paired)
    return sorted(missing)


def _of_clients(books: Books, rows: Array) -> Array:
    is_client: Array = books.register.accounts["kind"][books.trades["account"][rows]] == AccountKind.CLIENT
    return is_client


def _paired(books: Books, rows: Array, tariff: Tariff) -> Array:
    """The day-traded part of each open fill."""
    trades = books.trades
    account, instrument, side, quantity = (
        trades[name][rows] for name in ("account", "instrument", "side", "quantity")
    )
    may_pair = tariff.pairs(trades["lot_type"][rows]) & may_day_trade(trades["capacity"][rows])
    return day_traded(account, instrument, side, quantity, may_pair)


def oblige_trades(books: Books, rows: Array, settlement_date: int) -> None:
    """Net trades with their fees and taxes into a settlement date, clients' tier and firm's tier."""
    if not len(rows):
        return
    trades = books.trades
    account, instrument = trades["account"][rows], trades["instrument"][rows]
    quantity, value, fee, tax = (trades[name][rows] for name in ("quantity", "value", "fee", "tax"))
    sign = np.where(trades["side"][rows] == Side.BUY, 1, -1)
    house = [(books.role("fees"), fee), (books.role("tax"), tax)]
    accounts = [account, account, *(np.full(len(rows), code, dtype=np.int32) for code, _ in house)]
    money = np.full(len(rows), CASH, dtype=np.int32)
    instruments = [instrument, money, money, money]
    amounts = [sign * quantity, -sign * value - fee - tax, *(amount for _, amount in house)]
    books.oblige(settlement_date, *(np.concatenate(parts) for parts in (accounts, instruments, amounts)))
    day = books.settlement_day(settlement_date)
    day.add_firm(np.concatenate([instrument, money]), np.concatenate([sign * quantity, -sign * value]))
    clients = net(np.zeros(len(day.rows), dtype=np.int32), day.rows["instrument"], day.rows["amount"])[1:]
    assert all(map(np.array_equal, clients, (day.firm["instrument"], day.firm["amount"]))), (
        "the two tiers differ"
    )


def _end_today(books: Books, rows: Array) -> None:
    """Take the fills out of what pends gross and out of today's sums; they come back net with the obligations."""
    trades = books.trades
    account, instrument = trades["account"][rows], trades["instrument"][rows]
    quantity, value, side = (trades[name][rows] for name in ("quantity", "value", "side"))
    holding = books.pend(account, instrument, np.where(side == Side.BUY, quantity, -quantity), undo=True)
    for name, mine in (("bought_today", side == Side.BUY), ("sold_today", side == Side.SELL)):
        books.holdings.add(name, holding[mine], -quantity[mine])
        np.subtract.at(books.cash(name), account[mine], value[mine])


def share_of(amounts: Array, parts: Array, wholes: Array) -> Array:
    """What belongs to the first `parts` of `wholes` units of each amount, so that parts always sum to the whole."""
    shares: Array = amounts // wholes * parts + np.minimum(parts, amounts % wholes)
    return shares


def _carry_lots(books: Books, rows: Array) -> None:
    """Bring what was not day-traded into the lots: buys with price and fee first, then sells."""
    trades = books.trades
    rest = trades["quantity"][rows] - trades["day_traded"][rows]
    holding = books.holdings.rows(trades["account"][rows], trades["instrument"][rows])
    buys = (trades["side"][rows] == Side.BUY) & (rest > 0)
    mine, units = rows[buys], rest[buys]
    cost = trades["price"][mine] * units + share_of(trades["fee"][mine], units, trades["quantity"][mine])
    books.lots.add(holding[buys], trades["trade_date"][mine], units, cost)
    sells = (trades["side"][rows] == Side.SELL) & (rest > 0)
    books.lots.take(holding[sells], rest[sells])
    books.lots.pack()
