"""The gate's loops on arrays: judge an order by every rule, reserve, release. Integers only; no clock, no growth.

State is int64 tables, one row a thing, a cache line where it is read at random:

- `firm`, one vector: the day, the switch, counters;
- `accounts` by account code; `instruments` by instrument code (a row counts only on its own business date), with the
  charges of its class;
- `ticks`: by tick table and step, the pair (lower bound, tick); the last step fills the row;
- `positions`: open addressing by (account, instrument);
- `orders`: today's in order of arrival, found over `slots` (open addressing by order id).

Callers make room before a batch, so that no loop here has to grow a table: `positions` and `slots` stay at most half
full, and `orders` has rows for the batch. A check that lacks what it reads (no such account, no terms, no price) does
not fail: what is missing has a bit of its own. With `is_new` false a loop applies recorded verdicts by the same code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tallystick.market import charge_at
from tallystick.risk.gate.state import kernels as at
from tallystick.risk.gate.state.kernels import find_order, find_position, home_of, open_position, slot_of

__all__ = [
    "cancel_orders",
    "charge_on",
    "end_orders",
    "free_amount",
    "mask_now",
    "order_value",
    "record_executions",
    "sellable_quantity",
    "submit_orders",
    "tick_size",
]

Array = np.ndarray[Any, np.dtype[Any]]


@njit(cache=True, nogil=True)
def charge_on(value: int, terms: Array, first: int) -> int:
    """What the charge whose columns begin at `first` takes of an order's value, as in the ledger; 0 without a rule."""
    if terms[first + 1] == 0:
        return 0
    return int(
        charge_at(value, terms[first], terms[first + 1], terms[first + 2], terms[first + 3], terms[first + 4])
    )


@njit(cache=True, nogil=True)
def order_value(order_type: int, price: int, quantity: int, limit_up: int) -> int:
    """Value of an order, 1e-4 of the currency; a market order counts at the up-limit. 0 if it cannot be told."""
    highest = limit_up if order_type == at.MARKET_ORDER else price
    if (
        order_type < at.LIMIT_ORDER
        or order_type > at.MARKET_ORDER
        or quantity < 1
        or quantity > at.QUANTITY_LIMIT
    ):
        return 0
    if highest < 1 or highest > at.AMOUNT_LIMIT // quantity:
        return 0
    return highest * quantity


@njit(cache=True, nogil=True)
def tick_size(price: int, table: int, ticks: Array) -> int:
    """The tick at a price by a tick table; 0 where there is no step for it."""
    tick = 0
    if 0 <= table < len(ticks):
        for step in range(ticks.shape[1]):
            if price < ticks[table, step, 0]:
                break
            tick = ticks[table, step, 1]
    return tick


@njit(cache=True, nogil=True)
def free_amount(account: Array, cash_only: bool) -> int:
    """What an account can still buy for: cash, and unless only cash counts the daily limit and today's sales."""
    free = account[at.CASH] - account[at.RESERVED] - account[at.BOUGHT]
    return int(free if cash_only else free + account[at.DAILY_LIMIT] + account[at.SOLD])


@njit(cache=True, nogil=True)
def sellable_quantity(position: Array, day_trade: bool) -> int:
    """What of a position can still be sold; a day trader's includes what was bought today."""
    sellable = position[at.SELLABLE] - position[at.HELD]
    return int(sellable + position[at.BOUGHT_TODAY] if day_trade else sellable)


@njit(cache=True, nogil=True)
def judge_account(command: Any, account: Array) -> int:
    """Bits for an account that has terms: its own stop, its status, its permission for the lot type."""
    mask = 0
    standing, needed = account[at.STANDING], at.MAY_ODD if command.lot_type == at.ODD_LOT else at.MAY_BOARD
    if standing & at.STOPPED:
        mask |= at.KILL_SWITCH
    if (
        standing & at.BLOCKED
        or (standing & at.SELL_ONLY and command.side != at.SELL)
        or not account[at.PERMISSIONS] & needed
    ):
        mask |= at.ACCOUNT_BLOCKED
    return mask


@njit(cache=True, nogil=True)
def judge_terms(command: Any, terms: Array, ticks: Array) -> int:
    """Bits for an instrument with terms today: halt, band and tick of a limit price, lot, rules for its charges."""
    mask = at.HALTED if terms[at.TERMS_STATUS] == at.HALTED_TRADING else 0
    price, quantity, lot = command.price, command.quantity, terms[at.LOT]
    if command.order_type == at.LIMIT_ORDER and price >= 1:
        if 0 < terms[at.LIMIT_UP] < price:
            mask |= at.ABOVE_LIMIT
        if terms[at.LIMIT_DOWN] > price:
            mask |= at.BELOW_LIMIT
        tick = tick_size(price, terms[at.TICK_TABLE], ticks)
        if tick == 0 or price % tick:
            mask |= at.OFF_TICK
    if command.lot_type == at.ODD_LOT:
        fits = quantity < lot
    else:
        fits = lot >= 1 and quantity % lot == 0 and quantity >= terms[at.ORDER_MINIMUM]
    if quantity >= 1 and not fits:
        mask |= at.BAD_LOT
    if terms[at.COMMISSION + 1] == 0 or (command.side == at.SELL and terms[at.SALE_TAX + 1] == 0):
        mask |= at.NO_CHARGE_RULE
    return mask


@njit(cache=True, nogil=True)
def is_continuous(terms: Array, moment: int) -> bool:
    """Whether an instrument trades continuously at a moment, by its status and the hours of its class."""
    if terms[at.TERMS_STATUS] != at.NORMAL_TRADING:
        return False
    return bool(
        terms[at.FROM] <= moment < terms[at.UNTIL] or terms[at.LATER_FROM] <= moment < terms[at.LATER_UNTIL]
    )


@njit(cache=True, nogil=True)
def judge_type(command: Any, account: Array, has_account: bool, terms: Array, has_terms: bool) -> int:
    """The bit for a combination of order type and time in force that is not allowed in this lot type at this time.

    A market order needs a band too, since it is reserved at the up-limit, and the account's permission.
    """
    kind, force, lot_type = command.order_type, command.time_in_force, command.lot_type
    if not (at.LIMIT_ORDER <= kind <= at.MARKET_ORDER and at.REST_OF_DAY <= force <= at.FILL_OR_KILL):
        return 0
    if kind == at.MARKET_ORDER and has_account and not account[at.PERMISSIONS] & at.MAY_MARKET:
        return at.BAD_ORDER_TYPE
    if not has_terms:
        return 0
    if kind == at.MARKET_ORDER and (terms[at.LIMIT_UP] < 1 or terms[at.LIMIT_DOWN] < 1):
        return at.BAD_ORDER_TYPE
    first = at.IN_CALL
    if lot_type == at.ODD_LOT:
        first = at.IN_ODD_LOTS
    elif lot_type == at.BOARD_LOT and is_continuous(terms, command.received_at):
        first = at.IN_CONTINUOUS
    allowed = (terms[at.ORDER_TYPES] >> (first + 3 * (kind - 1) + force - 1)) & 1
    return 0 if allowed else at.BAD_ORDER_TYPE


@njit(cache=True, nogil=True)
def pairs_in_day(lot_type: int, terms: Array, firm: Array) -> bool:
    """Whether trades in this lot type of this instrument can pair to a day trade today."""
    return bool(
        terms[at.TERMS_DATE] == firm[at.BUSINESS_DATE]
        and terms[at.TERMS_STATUS] == at.NORMAL_TRADING
        and at.BOARD_LOT <= lot_type <= at.FIXED_PRICE
        and (terms[at.DAY_TRADE_LOTS] >> lot_type) & 1
    )


@njit(cache=True, nogil=True)
def judge_fields(command: Any, is_todays: bool, standing: int, has_account: bool, limit_up: int) -> int:
    """The bit for fields out of their range; the capacity must be that of the account, the value fit int64."""
    quantity, price = command.quantity, command.price
    sound = is_todays and at.BUY <= command.side <= at.SELL and 1 <= quantity <= at.QUANTITY_LIMIT
    sound = sound and at.REST_OF_DAY <= command.time_in_force <= at.FILL_OR_KILL
    sound = sound and at.BOARD_LOT <= command.lot_type <= at.FIXED_PRICE
    if sound and command.order_type == at.LIMIT_ORDER:
        sound = 1 <= price <= at.AMOUNT_LIMIT // quantity
    else:
        sound = sound and command.order_type == at.MARKET_ORDER and price == 0
        sound = sound and limit_up <= at.AMOUNT_LIMIT // quantity
    if has_account:
        sound = sound and command.capacity == (
            at.OWN_CAPACITY if standing & at.OWN_ACCOUNT else at.CASH_CAPACITY
        )
    else:
        sound = sound and (command.capacity == at.CASH_CAPACITY or command.capacity == at.OWN_CAPACITY)
    return 0 if sound else at.MALFORMED


@njit(cache=True, nogil=True)
def judge_means(
    command: Any,
    value: int,
    fee: int,
    account: Array,
    terms: Array,
    has_terms: bool,
    positions: Array,
    firm: Array,
) -> int:
    """Bits for a known account: value of one order, buying power, sellable quantity."""
    mask = 0
    slow = has_terms and terms[at.TERMS_STATUS] != at.NORMAL_TRADING
    if value > account[at.VALUE_LIMIT]:
        mask |= at.VALUE_ABOVE_LIMIT
    if command.side == at.BUY and value > 0:
        cash_only = slow or account[at.PERMISSIONS] & at.PRE_COLLECTION != 0
        if value + fee > free_amount(account, cash_only):
            mask |= at.SHORT_OF_BUYING_POWER
    elif command.side == at.SELL and has_terms:
        may = account[at.PERMISSIONS] & at.MAY_DAY_TRADE != 0
        day_trade = may and pairs_in_day(command.lot_type, terms, firm)
        place = find_position(command.account, command.instrument, positions)
        if command.quantity > (sellable_quantity(positions[place], day_trade) if place >= 0 else 0):
            mask |= at.SHORT_OF_SELLABLE
    return mask


@njit(cache=True, nogil=True)
def judge(
    command: Any,
    is_todays: bool,
    firm: Array,
    accounts: Array,
    instruments: Array,
    ticks: Array,
    positions: Array,
) -> tuple[int, int]:
    """All bits of a new order but the one for a reused id, and what it reserves if there are none."""
    mask = (at.KILL_SWITCH if firm[at.IS_STOPPED] else 0) | (0 if firm[at.IS_OPEN] else at.DAY_NOT_OPEN)
    ready = at.OPENED | at.HAS_TERMS
    has_account = (
        0 <= command.account < len(accounts) and accounts[command.account, at.STANDING] & ready == ready
    )
    account = accounts[command.account if has_account else 0]
    has_terms = (
        0 <= command.instrument < len(instruments)
        and instruments[command.instrument, at.TERMS_DATE] == firm[at.BUSINESS_DATE] > 0
    )
    terms = instruments[command.instrument if has_terms else 0]
    limit_up = terms[at.LIMIT_UP] if has_terms else 0
    value = order_value(command.order_type, command.price, command.quantity, limit_up)
    fee = charge_on(value, terms, at.COMMISSION) if has_terms and command.side == at.BUY else 0
    mask |= judge_fields(command, is_todays, account[at.STANDING], has_account, limit_up)
    mask |= judge_type(command, account, has_account, terms, has_terms)
    mask |= judge_terms(command, terms, ticks) if has_terms else at.UNKNOWN_INSTRUMENT
    if has_account:
        mask |= judge_account(command, account)
        mask |= judge_means(command, value, fee, account, terms, has_terms, positions, firm)
    else:
        mask |= at.UNKNOWN_ACCOUNT
    return mask, value + fee if mask == 0 and command.side == at.BUY else 0


@njit(cache=True, nogil=True)
def mask_now(
    commands: Array, firm: Array, accounts: Array, instruments: Array, ticks: Array, positions: Array,
    orders: Array, slots: Array,
) -> int:  # fmt: skip
    """Bits that the first of `commands` would get now (a repeated one has those it got); nothing is changed."""
    command = commands[0]
    row = find_order(command.order_id, slots)
    if row >= 0 and is_same(command, orders[row]):
        return int(orders[row, at.MASK])
    is_todays = firm[at.DAY_BASE] > 0 and 0 <= command.order_id - firm[at.DAY_BASE] < at.NUMBERS_A_DAY
    mask, _reservation = judge(command, is_todays, firm, accounts, instruments, ticks, positions)
    return mask | at.ID_REUSED if row >= 0 else mask


@njit(cache=True, nogil=True)
def form_of(command: Any) -> int:
    """Side, order type, time in force, lot type and capacity in one number, for comparing and for people's views."""
    form = (int(command.capacity) & 255) << 32 | (int(command.lot_type) & 255) << 24
    form |= (int(command.time_in_force) & 255) << 16 | (int(command.order_type) & 255) << 8
    return form | (int(command.side) & 255)


@njit(cache=True, nogil=True)
def is_same(command: Any, order: Array) -> bool:
    """Whether a command says what an earlier one with its id said (all but when it came)."""
    return bool(
        order[at.ORDER_ACCOUNT] == command.account and order[at.ORDER_INSTRUMENT] == command.instrument
        and order[at.PRICE] == command.price and order[at.QUANTITY] == command.quantity
        and order[at.SESSION] == command.session and order[at.FORM] == form_of(command)
    )  # fmt: skip


@njit(cache=True, nogil=True)
def enter_order(command: Any, verdict: Any, place: int, orders: Array, slots: Array, firm: Array) -> None:
    """Remember an order with its verdict, refused ones too: the same id gets the same answer."""
    row = firm[at.ORDER_COUNT]
    order = orders[row]
    order[at.ORDER_ID], order[at.SESSION], order[at.FORM] = (
        command.order_id,
        command.session,
        form_of(command),
    )
    order[at.ORDER_ACCOUNT], order[at.ORDER_INSTRUMENT] = command.account, command.instrument
    order[at.PRICE], order[at.QUANTITY] = command.price, command.quantity
    order[at.MASK], order[at.RESERVATION] = verdict.mask, verdict.reservation
    order[at.ORDER_RULE_SET], order[at.STATE] = verdict.rule_set, at.REFUSED if verdict.mask else at.OPEN
    order[at.RESERVED_LEFT] = verdict.reservation
    order[at.FILLED :] = 0
    slots[place, 0], slots[place, 1] = command.order_id, row
    firm[at.ORDER_COUNT] = row + 1


@njit(cache=True, nogil=True)
def touch(commands: Array, first: int, accounts: Array, positions: Array) -> int:
    """Read the rows that a block of orders will need, so that their ways from memory overlap.

    The number it returns means nothing; it keeps the compiler from leaving the reading out.
    """
    touched = 0
    for index in range(first, min(first + at.TOUCHED_AHEAD, len(commands))):
        command = commands[index]
        if 0 <= command.account < len(accounts):
            touched ^= accounts[command.account, at.STANDING]
            if command.side == at.SELL:
                touched ^= positions[home_of(command.account, command.instrument, positions), at.KEY]
    return touched


@njit(cache=True, nogil=True)
def submit_orders(
    commands: Array, verdicts: Array, is_new: bool, firm: Array, accounts: Array, instruments: Array, ticks: Array,
    positions: Array, orders: Array, slots: Array,
) -> int:  # fmt: skip
    """Judge orders in turn, write their verdicts, reserve for the accepted; or apply the verdicts given.

    Returns what `touch` does.
    """
    touched = 0
    for index in range(len(commands)):
        if index % at.TOUCHED_AHEAD == 0:
            touched ^= touch(commands, index, accounts, positions)
        command, verdict = commands[index], verdicts[index]
        place = slot_of(command.order_id, slots)
        row = slots[place, 1]
        number = command.order_id - firm[at.DAY_BASE]
        is_todays = firm[at.DAY_BASE] > 0 and 0 <= number < at.NUMBERS_A_DAY
        if is_new and row >= 0 and is_same(command, orders[row]):
            order = orders[row]
            verdict.mask, verdict.reservation = order[at.MASK], order[at.RESERVATION]
            verdict.rule_set, verdict.flags = order[at.ORDER_RULE_SET], 1
        elif is_new:
            mask, reservation = judge(command, is_todays, firm, accounts, instruments, ticks, positions)
            verdict.mask = mask | at.ID_REUSED if row >= 0 else mask
            verdict.reservation = reservation if row < 0 else 0
            verdict.rule_set, verdict.flags = firm[at.RULE_SET], 0
        if row >= 0 or not is_todays:
            continue
        enter_order(command, verdict, place, orders, slots, firm)
        if verdict.mask == 0 and command.side == at.SELL:
            place = open_position(command.account, command.instrument, positions, firm)
            positions[place, at.HELD] += command.quantity
        elif verdict.mask == 0:
            accounts[command.account, at.RESERVED] += verdict.reservation
    return touched


@njit(cache=True, nogil=True)
def cancel_orders(commands: Array, verdicts: Array, is_new: bool, orders: Array, slots: Array) -> None:
    """Judge wishes to cancel and mark the orders; what they reserve stays until the exchange ends them."""
    for index in range(len(commands)):
        command, verdict = commands[index], verdicts[index]
        row = find_order(command.order_id, slots)
        if is_new:
            is_open = row >= 0 and orders[row, at.STATE] == at.OPEN
            is_theirs = row < 0 or orders[row, at.ORDER_ACCOUNT] == command.account
            verdict.mask = (0 if is_open else at.NOT_OPEN) | (0 if is_theirs else at.NOT_YOURS)
        if verdict.mask == 0:
            orders[row, at.CANCEL_ASKED] = 1


@njit(cache=True, nogil=True)
def release(order: Array, quantity: int, accounts: Array, positions: Array) -> None:
    """Give back what an open order holds for `quantity` of what is left: pro rata of cash, all with the last."""
    left = order[at.QUANTITY] - order[at.FILLED]
    part = min(quantity, left)
    if order[at.FORM] & 255 == at.SELL:
        place = find_position(order[at.ORDER_ACCOUNT], order[at.ORDER_INSTRUMENT], positions)
        positions[place, at.HELD] -= part
        return
    held = order[at.RESERVED_LEFT]
    freed = held // left * part + held % left * part // left
    order[at.RESERVED_LEFT] -= freed
    accounts[order[at.ORDER_ACCOUNT], at.RESERVED] -= freed


@njit(cache=True, nogil=True)
def end_orders(
    commands: Array,
    verdicts: Array,
    is_new: bool,
    accounts: Array,
    positions: Array,
    orders: Array,
    slots: Array,
) -> None:
    """Judge reports that orders are out of the book, and release what the rest of them held."""
    for index in range(len(commands)):
        command, verdict = commands[index], verdicts[index]
        row = find_order(command.order_id, slots)
        if is_new:
            verdict.mask = 0 if row >= 0 and orders[row, at.STATE] == at.OPEN else at.NOT_OPEN
        if verdict.mask == 0:
            order = orders[row]
            release(order, order[at.QUANTITY], accounts, positions)
            order[at.STATE], order[at.DONE] = at.ENDED, command.done_reason


@njit(cache=True, nogil=True)
def record_executions(
    commands: Array, verdicts: Array, firm: Array, accounts: Array, instruments: Array, positions: Array,
    orders: Array, slots: Array,
) -> None:  # fmt: skip
    """Take in fills that the ledger accepted: release pro rata, use buying power, move quantities.

    A fill that fits no accepted order of today binds the firm all the same: it is used in full and counted.
    """
    for index in range(len(commands)):
        command, verdict = commands[index], verdicts[index]
        if verdict.mask != 0 or verdict.flags & 1:
            continue
        if not 0 <= command.account < len(accounts) or not 0 <= command.instrument < len(instruments):
            firm[at.UNKNOWN_EXECUTIONS] += 1
            continue
        account, value, before = accounts[command.account], command.price * command.quantity, 0
        row = find_order(command.order_id, slots)
        if (
            row >= 0 and orders[row, at.MASK] == 0 and orders[row, at.ORDER_ACCOUNT] == command.account
            and orders[row, at.ORDER_INSTRUMENT] == command.instrument and orders[row, at.FORM] & 255 == command.side
        ):  # fmt: skip
            order, before = orders[row], orders[row, at.FILLED_VALUE]
            if order[at.STATE] == at.OPEN:
                release(order, command.quantity, accounts, positions)
            order[at.FILLED] += command.quantity
            order[at.FILLED_VALUE] += value
            if order[at.STATE] == at.OPEN and order[at.FILLED] >= order[at.QUANTITY]:
                order[at.STATE] = at.FILLED_WHOLE
        else:
            firm[at.UNKNOWN_EXECUTIONS] += 1
        terms = instruments[command.instrument]
        fee = charge_on(before + value, terms, at.COMMISSION) - charge_on(before, terms, at.COMMISSION)
        position = positions[open_position(command.account, command.instrument, positions, firm)]
        if command.side == at.SELL:
            position[at.SELLABLE] -= command.quantity
            tax = charge_on(before + value, terms, at.SALE_TAX) - charge_on(before, terms, at.SALE_TAX)
            account[at.SOLD] += value - fee - tax
        else:
            account[at.BOUGHT] += value + fee
            if pairs_in_day(command.lot_type, terms, firm):
                position[at.BOUGHT_TODAY] += command.quantity
