"""Why the gate decides so: the values that a check reads, what they are compared with, and where both come from.

What passed is told by the kernel itself, so that an explanation cannot disagree with the decision; the values are
read here, in the order of the checks, under the names that the sentences of the reasons use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tallystick.core.ids import format_day_id
from tallystick.core.machine import Explanation, ValueRead
from tallystick.core.money import format_money
from tallystick.core.schema import Record, schema_of
from tallystick.ledger.events import LotType, Side
from tallystick.risk.gate import kernels
from tallystick.risk.gate.allowances import missing_rules
from tallystick.risk.gate.events import (
    CancelOrder,
    EndOrder,
    OrderType,
    SetKillSwitch,
    SubmitOrder,
    TimeInForce,
    TradingPermission,
)
from tallystick.risk.gate.standing import status_of
from tallystick.risk.gate.state import kernels as at
from tallystick.risk.gate.state.kernels import find_order, find_position

if TYPE_CHECKING:
    from tallystick.market import FeeTerms
    from tallystick.risk.gate.machine import GateMachine

__all__ = ["amount_text", "explain", "mask_of"]

TRADING_STATUSES = ("normal", "halted", "disposition", "full delivery")
ORDER_STATES = ("refused", "open", "filled", "ended")
# Where values come from, in words that the catalogs translate.
SWITCH, TERMS, DAY_TERMS, RULES = "kill switch", "account terms", "day terms", "dated rules"
BOOKS, ORDERS, COMMAND = "ledger and today's moves", "orders of the day", "the command"


def explain(machine: GateMachine, record: type[Record], command: Any) -> Explanation:
    """The explanation of a command of one of the gate's kinds in the machine's present state."""
    if record is SubmitOrder:
        values = _order(machine, command)
    elif record in (CancelOrder, EndOrder):
        values = _open_order(machine, command)
    elif record is SetKillSwitch:
        values = _switch(machine, command)
    else:
        values = _terms(machine, command)
    return Explanation(values=values, rule_set=machine.words.rule_set)


def mask_of(machine: GateMachine, command: SubmitOrder) -> int:
    """The mask that an order would get now; nothing is changed."""
    tables = machine.tables
    now = (tables.accounts, tables.instruments, tables.ticks, tables.positions, tables.orders, tables.slots)
    return int(kernels.mask_now(schema_of(SubmitOrder).pack([command]), tables.firm, *now))


def amount_text(amount: int) -> str:
    """An amount or price for people, exact: two decimals, or as many of four as it has.

    >>> amount_text(5850000), amount_text(1234)
    ('585.00', '0.1234')
    """
    text = format_money(int(amount), 4)
    return text[:-2] if text.endswith("00") else text


class _Reading:
    """Collects what is read, with the mask at hand."""

    def __init__(self, mask: int) -> None:
        self.mask = mask
        self.values: list[ValueRead] = []

    def read(self, name: str, value: Any, source: str) -> None:
        """A value that a check uses."""
        self.values.append(ValueRead(name, value, source=source))

    def check(self, bit: int, name: str, value: Any, threshold: Any, source: str) -> None:
        """A comparison that has a bit of its own."""
        self.values.append(ValueRead(name, value, threshold, source, not self.mask & bit))


def _order(machine: GateMachine, command: SubmitOrder) -> list[ValueRead]:
    tables = machine.tables
    reading = _Reading(mask_of(machine, command))
    has_account = not reading.mask & at.UNKNOWN_ACCOUNT
    has_terms = not reading.mask & at.UNKNOWN_INSTRUMENT
    account = tables.accounts[command.account] if has_account else None
    terms = tables.instruments[command.instrument] if has_terms else None
    _read_account(reading, machine, command, account)
    symbol = machine.market.instruments[command.instrument].symbol if has_terms else str(command.instrument)
    reading.check(at.UNKNOWN_INSTRUMENT, "instrument", symbol, None, DAY_TERMS)
    if terms is not None:
        status = TRADING_STATUSES[terms[at.TERMS_STATUS]]
        reading.check(at.HALTED, "trading_status", status, "not halted", DAY_TERMS)
    row = find_order(command.order_id, tables.slots)
    earlier = "not used today" if row < 0 else "used today: an equal order gets the same answer"
    reading.check(at.ID_REUSED, "order_id", format_day_id("O", command.order_id), earlier, ORDERS)
    charges = None
    if terms is not None:
        _read_price(reading, machine, command, terms)
        charges = machine.market.fee_terms(
            machine.market.instruments[command.instrument], machine.business_date
        )
        missing = ", ".join(missing_rules(charges, is_sale=command.side == Side.SELL))
        reading.check(at.NO_CHARGE_RULE, "missing", missing, "", RULES)
    _read_type(reading, command, terms)
    if account is not None:
        _read_means(reading, machine, command, account, terms, charges)
    reading.check(at.MALFORMED, "fields", _fields(command, machine), "in range", COMMAND)
    day = machine.business_date.isoformat() if tables.firm[at.BUSINESS_DATE] else "none"
    state = "open" if tables.firm[at.IS_OPEN] else "not open"
    reading.check(at.DAY_NOT_OPEN, "business_date", day, state, "journal")
    return reading.values


def _read_account(reading: _Reading, machine: GateMachine, command: SubmitOrder, account: Any) -> None:
    """The switch, the account, its status and its permission for the lot type."""
    stops = machine.words.stops
    reason = stops.get("firm", stops.get(f"account:{command.account}", ""))
    reading.check(at.KILL_SWITCH, "stop_reason", reason, "no stop", SWITCH)
    reading.check(
        at.UNKNOWN_ACCOUNT, "account", _account_number(machine, command.account), "open, with terms", TERMS
    )
    if account is None:
        return
    status = status_of(int(account[at.STANDING]))
    permissions = TradingPermission(int(account[at.PERMISSIONS]))
    needed = TradingPermission.ODD_LOTS if command.lot_type == LotType.ODD else TradingPermission.BOARD_LOTS
    words = _words(status) + ("" if needed in permissions else f", no {_words(needed)}")
    reading.read("permissions", _words(permissions) or "none", TERMS)
    reading.check(at.ACCOUNT_BLOCKED, "status", words, f"normal, {_words(needed)}", TERMS)


def _read_price(reading: _Reading, machine: GateMachine, command: SubmitOrder, terms: Any) -> None:
    """The day's band, the tick at the price, the lot."""
    tick = kernels.tick_size(command.price, int(terms[at.TICK_TABLE]), machine.tables.ticks)
    price = amount_text(command.price)
    up, down = (amount_text(terms[c]) if terms[c] else "no limit" for c in (at.LIMIT_UP, at.LIMIT_DOWN))
    reading.read("limit_up", up, DAY_TERMS)
    reading.check(at.ABOVE_LIMIT, "price", price, up, DAY_TERMS)
    reading.read("limit_down", down, DAY_TERMS)
    reading.check(at.BELOW_LIMIT, "price", price, down, DAY_TERMS)
    reading.read("tick_table", int(terms[at.TICK_TABLE]), DAY_TERMS)
    reading.read("tick", amount_text(tick), RULES)
    reading.check(at.OFF_TICK, "price", price, f"× {amount_text(tick)}", RULES)
    lot = int(terms[at.LOT])
    reading.read("lot", lot, DAY_TERMS)
    expected = f"1 to {lot - 1}" if command.lot_type == LotType.ODD else f"× {lot}"
    reading.check(at.BAD_LOT, "quantity", command.quantity, expected, DAY_TERMS)


def _read_type(reading: _Reading, command: SubmitOrder, terms: Any) -> None:
    """The order type and time in force, and what the rules allow in this way of trading now."""
    kinds = (
        (OrderType, command.order_type),
        (TimeInForce, command.time_in_force),
        (LotType, command.lot_type),
    )
    words = ", ".join(_words(kind(value)) if value in set(kind) else str(value) for kind, value in kinds)
    allowed = "known instrument"
    if terms is not None:
        way, first = "call", at.IN_CALL
        if command.lot_type == LotType.ODD:
            way, first = "odd lot", at.IN_ODD_LOTS
        elif command.lot_type == LotType.BOARD and kernels.is_continuous(terms, command.received_at):
            way, first = "continuous", at.IN_CONTINUOUS
        reading.read("way_of_trading", way, RULES)
        allowed = _allowed(int(terms[at.ORDER_TYPES]) >> first)
    reading.check(at.BAD_ORDER_TYPE, "order_type", words, allowed, RULES)


def _allowed(bits: int) -> str:
    """Order types and times in force of a set of six bits."""
    pairs = [(kind, force) for kind in OrderType for force in TimeInForce]
    return ", ".join(f"{_words(k)} {f.name}" for place, (k, f) in enumerate(pairs) if bits >> place & 1)


def _read_means(
    reading: _Reading,
    machine: GateMachine,
    command: SubmitOrder,
    account: Any,
    terms: Any,
    charges: FeeTerms | None,
) -> None:
    """Buying power of a buyer, the position of a seller, the limit of one order."""
    tables = machine.tables
    limit_up = int(terms[at.LIMIT_UP]) if terms is not None else 0
    value = int(kernels.order_value(command.order_type, command.price, command.quantity, limit_up))
    slow = terms is not None and terms[at.TERMS_STATUS] != at.NORMAL_TRADING
    if command.side == Side.SELL and terms is not None:
        pairs = kernels.pairs_in_day(command.lot_type, terms, tables.firm)
        may = bool(account[at.PERMISSIONS] & at.MAY_DAY_TRADE) and pairs
        place = find_position(command.account, command.instrument, tables.positions)
        position = tables.positions[place] if place >= 0 else np.zeros(at.POSITION_WIDTH, np.int64)
        sellable = int(kernels.sellable_quantity(position, may))
        reading.read("held_by_orders", int(position[at.HELD]), ORDERS)
        reading.read("bought_today", int(position[at.BOUGHT_TODAY]), BOOKS)
        reading.read("sellable", sellable, BOOKS)
        reading.check(at.SHORT_OF_SELLABLE, "quantity", command.quantity, sellable, BOOKS)
    elif command.side == Side.BUY and value:
        cash_only = bool(account[at.PERMISSIONS] & at.PRE_COLLECTION) or slow
        fee = 0 if terms is None else int(kernels.charge_on(value, terms, at.COMMISSION))
        free = amount_text(kernels.free_amount(account, cash_only))
        for name, column in (("cash", at.CASH), ("reserved", at.RESERVED), ("bought", at.BOUGHT)):
            reading.read(name, amount_text(account[column]), BOOKS)
        if not cash_only:
            reading.read("sold", amount_text(account[at.SOLD]), BOOKS)
            reading.read("daily_limit", amount_text(account[at.DAILY_LIMIT]), TERMS)
        source = (
            charges.commission.source if charges is not None and charges.commission is not None else RULES
        )
        reading.read("fee", amount_text(fee), source)
        reading.read("available", free, "cash only" if cash_only else "cash, today's sales and daily limit")
        reading.check(at.SHORT_OF_BUYING_POWER, "needed", amount_text(value + fee), free, BOOKS)
    limit = amount_text(account[at.VALUE_LIMIT])
    reading.read("limit", limit, TERMS)
    reading.check(at.VALUE_ABOVE_LIMIT, "value", amount_text(value), limit, TERMS)


def _fields(command: SubmitOrder, machine: GateMachine) -> str:
    """The fields as text, for the check of their ranges."""
    names = ("side", "order_type", "time_in_force", "lot_type", "capacity", "price", "quantity")
    fields = ", ".join(f"{name} {int(getattr(command, name))}" for name in names)
    return f"{fields}, id of {command.order_id // at.NUMBERS_A_DAY}"


def _open_order(machine: GateMachine, command: Any) -> list[ValueRead]:
    """The order that a cancel or end names: whether it is open and whose it is."""
    tables = machine.tables
    row = find_order(command.order_id, tables.slots)
    state = ORDER_STATES[tables.orders[row, at.STATE]] if row >= 0 else "not of today"
    order_id = format_day_id("O", command.order_id)
    values = [ValueRead("order_id", order_id, source="journal"),
              ValueRead("state", state, "open", ORDERS, state == "open")]  # fmt: skip
    if isinstance(command, CancelOrder) and row >= 0:
        owner = int(tables.orders[row, at.ORDER_ACCOUNT])
        own = _account_number(machine, command.account)
        passed = owner == command.account
        values.append(ValueRead("account", own, _account_number(machine, owner), ORDERS, passed))
    return values


def _terms(machine: GateMachine, command: Any) -> list[ValueRead]:
    """What an account may do now, beside what the command would allow."""
    accounts = machine.tables.accounts
    known = 0 <= command.account < len(accounts) and bool(accounts[command.account, at.STANDING] & at.OPENED)
    values = [ValueRead("account", _account_number(machine, command.account), "open", "ledger", known)]
    present = accounts[command.account if known else 0]
    for name, column in (("daily_limit", at.DAILY_LIMIT), ("order_value_limit", at.VALUE_LIMIT)):
        values.append(
            ValueRead(name, amount_text(getattr(command, name)), amount_text(present[column]), TERMS)
        )
    values.append(ValueRead("status", command.status, int(present[at.STANDING]) >> 3 & 3, TERMS))
    values.append(ValueRead("permissions", command.permissions, int(present[at.PERMISSIONS]), TERMS))
    approval = getattr(command, "approval", "")
    passed = bool(approval) and machine.is_approved(command)
    values.append(ValueRead("approval", approval, "for looser terms", "approvals", passed))
    return values


def _switch(machine: GateMachine, command: SetKillSwitch) -> list[ValueRead]:
    mask = machine.switch_mask(command)
    return [
        ValueRead("scope", command.scope, "firm, or an account that is open", "ledger", not mask & 2),
        ValueRead("approval", command.approval, "for lifting a stop", "approvals", not mask & 1),
    ]


def _account_number(machine: GateMachine, code: int) -> str:
    """The number that clients see, or the code of an account that is not open."""
    return str(machine.ledger.account(code).number) if 0 <= code < machine.ledger.account_count else str(code)


def _words(member: Any) -> str:
    """A member of an enumeration in words."""
    return (member.name or "").lower().replace("_", " ").replace("|", ", ")
