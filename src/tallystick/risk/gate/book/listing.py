"""The replies about orders: filters and names around `orders`."""

from __future__ import annotations

import datetime
import re
from typing import Any

import msgspec
import numpy as np

from tallystick.core.context import Context
from tallystick.core.errors import NotFound, Rejection, TallystickError, suggestion
from tallystick.core.events import event_of
from tallystick.core.ids import day_of_id, format_day_id
from tallystick.core.operations import Table
from tallystick.core.schema import date_number
from tallystick.ledger.events import Capacity, LotType, Side
from tallystick.market.events import SetDayTerms
from tallystick.risk.gate.book import orders as view
from tallystick.risk.gate.book.kernels import NEW, PARTLY_FILLED, REFUSED
from tallystick.risk.gate.book.life import read_life
from tallystick.risk.gate.events import SUBMIT_REASONS, OrderType, SubmitOrder, TimeInForce
from tallystick.risk.gate.explanation import amount_text
from tallystick.risk.requests import OrderReply, OrdersRequest

__all__ = ["list_orders", "reasons_of", "show_order"]

Array = np.ndarray[Any, np.dtype[Any]]
UNKNOWN = "…"
PLACE = re.compile(r"{(\w+)}")


def list_orders(context: Context, request: OrdersRequest) -> Table:
    """The page of orders that a request asks for."""
    day = request.business_date or context.journal.head().day
    if day is None:
        raise TallystickError("gate.no_day", "No business day was opened yet.", "Open one with `tally run`.")
    symbols = [instrument.symbol for instrument in context.machine("market").instruments]
    numbers = view.account_numbers(context.journal)
    found = view.read_orders(context.journal, day)
    rows = np.flatnonzero(_chosen(found, request, symbols, numbers))
    return view.page(
        found, rows, symbols=symbols, numbers=numbers, language=context.language, sort=request.sort,
        limit=request.limit, offset=request.offset,
    )  # fmt: skip


def _chosen(found: view.Orders, request: OrdersRequest, symbols: list[str], numbers: Array) -> Array:
    """Which orders pass the filters. NotFound for an unknown account; it names the nearest symbol or reason."""
    records = found.records
    chosen = found.new.copy()
    if request.account != "":
        name = str(request.account)
        codes = np.flatnonzero(numbers == name.encode()).tolist()
        if not codes and name.isascii() and name.isdigit() and int(name) < len(numbers):
            codes = [int(name)]
        if not codes:
            raise NotFound(
                "gate.no_account",
                "There is no account {account}.",
                "See `tally ledger accounts`.",
                account=name,
            )
        chosen &= np.isin(records["account"], codes)
    if request.symbol:
        chosen &= records["instrument"] == _code_of(request.symbol, symbols)
    if request.side:
        chosen &= records["side"] == (Side.BUY if request.side in ("buy", "1") else Side.SELL)
    if request.status == "open":
        chosen &= np.isin(found.status, (NEW, PARTLY_FILLED))
    elif request.status == "accepted":
        chosen &= found.status != REFUSED
    elif request.status:
        chosen &= found.status == view.STATUSES.index(request.status)
    if request.reason:
        chosen &= (found.verdicts["mask"] >> np.uint64(_bit_of(request.reason))) & np.uint64(1) == 1
    return chosen


def _code_of(symbol: str, symbols: list[str]) -> int:
    if symbol not in symbols:
        remedy, near = suggestion(symbol, symbols)
        raise NotFound("gate.no_symbol", "There is no instrument {symbol}.", remedy, symbol=symbol, **near)
    return symbols.index(symbol)


def _bit_of(code: str) -> int:
    codes = [reason.code for reason in SUBMIT_REASONS]
    if code not in codes:
        remedy, near = suggestion(code, codes)
        raise NotFound("gate.no_reason_code", "There is no reason {code}.", remedy, code=code, **near)
    return codes.index(code)


def show_order(context: Context, identity: int) -> OrderReply:
    """One order by its number. NotFound when the journal has none of this id."""
    day = _day_of(identity)
    if day not in context.journal.days():
        raise _no_order(identity)
    found = view.read_orders(context.journal, day)
    rows = np.flatnonzero((found.records["order_id"] == identity) & found.new)
    if not len(rows):
        damage = context.journal.damage
        # Behind a damage an order is not known to be missing.
        raise damage if damage is not None and damage.day <= day else _no_order(identity)
    row = int(rows[0])
    record, verdict = found.records[row], found.verdicts[row]
    numbers, instruments = view.account_numbers(context.journal), context.machine("market").instruments
    account, instrument, filled = int(record["account"]), int(record["instrument"]), int(found.filled[row])
    number = numbers[account].decode() if 0 <= account < len(numbers) else ""
    symbol = instruments[instrument].symbol if 0 <= instrument < len(instruments) else ""
    command = {name: record[name].item() for name in record.dtype.names}
    names = {"account": number or str(account), "instrument": symbol or str(instrument)}
    if verdict["mask"]:
        names |= _terms_then(context, day, command, int(found.seqs[row]))
    life = read_life(context.journal, day, identity)
    return OrderReply(
        order_id=identity, status=view.STATUSES[found.status[row]], received_at=command["received_at"],
        account=account, account_number=number, symbol=symbol, side=_word(Side, command["side"]),
        order_type=_word(OrderType, command["order_type"]), lot_type=_word(LotType, command["lot_type"]),
        time_in_force=_word(TimeInForce, command["time_in_force"]), capacity=_word(Capacity, command["capacity"]),
        price=command["price"], quantity=command["quantity"], session=command["session"],
        cancel_asked=bool(found.cancel_asked[row]), filled=filled,
        average_price=int(found.filled_value[row]) // max(filled, 1), reservation=int(verdict["reservation"]),
        seq=int(found.seqs[row]), fills=life.fills if verdict["mask"] == 0 else [], events=life.events,
        reasons=reasons_of(command, int(verdict["mask"]), names),
    )  # fmt: skip


def _terms_then(context: Context, day: datetime.date, command: dict[str, Any], seq: int) -> dict[str, Any]:
    """The instrument's limits, lot and tick of the day as they stood at a journal position; empty if none were set."""
    terms, verdicts, seqs = context.journal.columns(SetDayTerms, day=day)
    held = (terms["instrument"] == command["instrument"]) & (verdicts["mask"] == 0) & (seqs < seq)
    places = np.flatnonzero(held & (terms["business_date"] == date_number(day)))
    if not len(places):
        return {}
    row, tables = terms[places[-1]], context.machine("market").tick_arrays
    steps = tables[row["tick_table"]].reshape(-1, 2)
    tick = steps[max(int(np.searchsorted(steps[:, 0], command["price"], side="right")) - 1, 0), 1]
    limits = {
        name: amount_text(row[name]) if row[name] else "no limit" for name in ("limit_up", "limit_down")
    }
    return limits | {"lot": int(row["lot"]), "tick": amount_text(tick)}


def reasons_of(command: SubmitOrder | dict[str, Any], mask: int, values: dict[str, Any]) -> list[Rejection]:
    """The reasons of a refused order with the values at hand; a place without a value shows `…`."""
    fields = command if isinstance(command, dict) else msgspec.structs.asdict(command)
    known = dict(fields) | {
        "price": amount_text(fields["price"]),
        "order_id": format_day_id("O", fields["order_id"]),
    }
    if fields["price"] > 0:
        known["value"] = amount_text(fields["price"] * fields["quantity"])
    known |= values
    return [
        Rejection(
            code=reason.code, text=reason.text, remedy=reason.remedy,
            values={name: known.get(name, UNKNOWN) for name in PLACE.findall(reason.text + reason.remedy)},
        )
        for reason in event_of(SubmitOrder).reasons_in(mask)
    ]  # fmt: skip


def _word(members: Any, value: int) -> str:
    return members(value).name.lower() if value in set(members) else str(value)


def _day_of(identity: int) -> datetime.date:
    """The business day that an order id carries. NotFound when it carries none."""
    try:
        return day_of_id(identity)
    except TallystickError:
        raise _no_order(identity) from None


def _no_order(identity: int) -> NotFound:
    return NotFound(
        "gate.no_order", "There is no order {order} in the journal.", "See `tally risk orders`.",
        order=format_day_id("O", identity),
    )  # fmt: skip
