"""The layout of the gate's int64 tables, and the loops that find rows, fill tables anew, and set account terms.

Others name columns and bits as `at.CASH` (`from tallystick.risk.gate.state import kernels as at`). They stand here, in
a file of kernels, because they are compiled in: the cache of compiled kernels is named by the hash of such files.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = [
    "add_holdings",
    "find_order",
    "find_position",
    "open_position",
    "refill_positions",
    "refill_slots",
    "set_terms",
    "slot_of",
]

Array = np.ndarray[Any, np.dtype[Any]]

# What the fields can hold, not rules: every product of what they allow fits int64.
AMOUNT_LIMIT = 2**61
QUANTITY_LIMIT = 2**31 - 1
NUMBERS_A_DAY = 1_000_000_000

# So many orders' rows are read at once: their ways from memory overlap, which doubles the rate on many accounts.
TOUCHED_AHEAD = 32

# Columns of `firm`.
BUSINESS_DATE, DAY_BASE, IS_OPEN, IS_STOPPED, ORDER_COUNT, POSITION_COUNT, UNKNOWN_EXECUTIONS, RULE_SET = (
    range(8)
)
ACCOUNT_COUNT, INSTRUMENT_COUNT = range(8, 10)
FIRM_WIDTH = 16

# Columns of `accounts`. STANDING and PERMISSIONS are words of the bits below.
STANDING, PERMISSIONS, CASH, DAILY_LIMIT, VALUE_LIMIT, RESERVED, BOUGHT, SOLD = range(8)
ACCOUNT_WIDTH = 8
OPENED, HAS_TERMS, STOPPED, BLOCKED, SELL_ONLY, OWN_ACCOUNT = 1, 2, 4, 8, 16, 32
MAY_BOARD, MAY_ODD, MAY_MARKET, MAY_DAY_TRADE, PRE_COLLECTION = 1, 2, 4, 8, 16
ALL_PERMISSIONS = 31

# Columns of `instruments`: first those of the day's terms, then what the rules of the day make of the class.
# ORDER_TYPES holds three sets of six bits, order type by time in force. Continuous trading runs from FROM until UNTIL,
# a second part (after a noon break) from LATER_FROM. DAY_TRADE_LOTS has a bit for each lot type that may pair to a day
# trade. COMMISSION and SALE_TAX are the first of five: numerator, denominator (0: no rule gives the charge), minimum,
# unit, code of the rounding.
TERMS_DATE, REFERENCE, LIMIT_UP, LIMIT_DOWN, LOT, TICK_TABLE, TERMS_STATUS, ORDER_MINIMUM = range(8)
ORDER_TYPES, FROM, UNTIL, LATER_FROM, LATER_UNTIL, DAY_TRADE_LOTS = range(8, 14)
COMMISSION, SALE_TAX, INSTRUMENT_WIDTH = 14, 19, 24
NORMAL_TRADING, HALTED_TRADING = 0, 1
IN_CONTINUOUS, IN_CALL, IN_ODD_LOTS = 0, 8, 16

# Columns of `positions`. SELLABLE is net of today's sales, HELD is under open sell orders.
KEY, SELLABLE, HELD, BOUGHT_TODAY = range(4)
POSITION_WIDTH = 4
EMPTY = -1

# Columns of `orders`, and the states of an order.
ORDER_ID, ORDER_ACCOUNT, ORDER_INSTRUMENT, PRICE, QUANTITY, SESSION, FORM, MASK = range(8)
RESERVATION, ORDER_RULE_SET, STATE, RESERVED_LEFT, FILLED, FILLED_VALUE, CANCEL_ASKED, DONE = range(8, 16)
ORDER_WIDTH = 16
REFUSED, OPEN, FILLED_WHOLE, ENDED = 0, 1, 2, 3

# Values of the fields of an order, as `events.py` and the ledger's events declare them.
BUY, SELL = 1, 2
LIMIT_ORDER, MARKET_ORDER = 1, 2
REST_OF_DAY, FILL_OR_KILL = 1, 3
BOARD_LOT, ODD_LOT, FIXED_PRICE = 1, 2, 3
CASH_CAPACITY, OWN_CAPACITY = 1, 4

# Mask bits of an order, in the order in which SUBMIT_REASONS declares them.
KILL_SWITCH, UNKNOWN_ACCOUNT, ACCOUNT_BLOCKED, UNKNOWN_INSTRUMENT = 1, 2, 4, 8
HALTED, ID_REUSED, ABOVE_LIMIT, BELOW_LIMIT = 16, 32, 64, 128
OFF_TICK, BAD_LOT, BAD_ORDER_TYPE, SHORT_OF_BUYING_POWER = 256, 512, 1024, 2048
SHORT_OF_SELLABLE, VALUE_ABOVE_LIMIT, MALFORMED, DAY_NOT_OPEN = 4096, 8192, 16384, 32768
NO_CHARGE_RULE = 65536

# Mask bits of a cancel or end of order, and of account terms.
NOT_OPEN, NOT_YOURS = 1, 2
TERMS_UNKNOWN_ACCOUNT, TERMS_MALFORMED, TERMS_UNAPPROVED = 1, 2, 4


@njit(cache=True, nogil=True)
def mixed(key: int) -> int:
    """A number of 63 well-stirred bits from a key."""
    stirred = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return int(np.int64((stirred ^ (stirred >> np.uint64(29))) >> np.uint64(1)))


@njit(cache=True, nogil=True)
def slot_of(order_id: int, slots: Array) -> int:
    """Where an order id stands in `slots`, or would; neighbours in number are neighbours in memory."""
    last = len(slots) - 1
    place = ((mixed(order_id >> 3) << 3) | (order_id & 7)) & last
    while slots[place, 0] != EMPTY and slots[place, 0] != order_id:
        place = (place + 1) & last
    return place


@njit(cache=True, nogil=True)
def find_order(order_id: int, slots: Array) -> int:
    """The row of an order of today in `orders`, or -1."""
    return int(slots[slot_of(order_id, slots), 1])


@njit(cache=True, nogil=True)
def refill_slots(orders: Array, count: int, slots: Array) -> None:
    """Enter the first `count` orders into empty `slots` (key -1, row -1)."""
    for row in range(count):
        place = slot_of(orders[row, ORDER_ID], slots)
        slots[place, 0] = orders[row, ORDER_ID]
        slots[place, 1] = row


@njit(cache=True, nogil=True)
def home_of(account: int, instrument: int, positions: Array) -> int:
    """Where the search for a position begins."""
    return mixed((int(account) << 32) | int(instrument)) & (len(positions) - 1)


@njit(cache=True, nogil=True)
def place_of(key: int, positions: Array) -> int:
    """Where a key stands in `positions`, or would."""
    last = len(positions) - 1
    place = mixed(key) & last
    while positions[place, KEY] != EMPTY and positions[place, KEY] != key:
        place = (place + 1) & last
    return place


@njit(cache=True, nogil=True)
def find_position(account: int, instrument: int, positions: Array) -> int:
    """The row of an account's position in an instrument, or -1."""
    place = place_of((int(account) << 32) | int(instrument), positions)
    return place if positions[place, KEY] != EMPTY else -1


@njit(cache=True, nogil=True)
def open_position(account: int, instrument: int, positions: Array, firm: Array) -> int:
    """The row of a position, entered with zeros if there was none."""
    key = (int(account) << 32) | int(instrument)
    place = place_of(key, positions)
    if positions[place, KEY] == EMPTY:
        positions[place, KEY] = key
        firm[POSITION_COUNT] += 1
    return place


@njit(cache=True, nogil=True)
def refill_positions(rows: Array, positions: Array) -> None:
    """Enter rows of positions (distinct keys; -1 is skipped) into an empty table (keys -1)."""
    for row in range(len(rows)):
        if rows[row, KEY] != EMPTY:
            place = place_of(rows[row, KEY], positions)
            positions[place, :] = rows[row, :]


@njit(cache=True, nogil=True)
def add_holdings(
    accounts: Array, instruments: Array, quantities: Array, positions: Array, firm: Array
) -> None:
    """Add sellable quantities (negative takes away), given as columns of codes and units."""
    for index in range(len(quantities)):
        place = open_position(accounts[index], instruments[index], positions, firm)
        positions[place, SELLABLE] += quantities[index]


@njit(cache=True, nogil=True)
def set_terms(commands: Array, approved: Array, verdicts: Array, is_new: bool, accounts: Array) -> None:
    """Judge and set account terms. Tightening takes effect at once; loosening needs `approved` (one flag a command)."""
    for index in range(len(commands)):
        command, verdict = commands[index], verdicts[index]
        is_opened = 0 <= command.account < len(accounts) and accounts[command.account, STANDING] & OPENED != 0
        if is_new and not is_opened:
            verdict.mask = TERMS_UNKNOWN_ACCOUNT
        elif is_new:
            sound = 0 <= command.status <= 2 and 0 <= command.permissions <= ALL_PERMISSIONS
            sound = (
                sound
                and 0 <= command.daily_limit <= AMOUNT_LIMIT
                and 0 <= command.order_value_limit <= AMOUNT_LIMIT
            )
            account = accounts[command.account]
            needs_approval = account[STANDING] & HAS_TERMS != 0 and is_looser(command, account)
            verdict.mask = (0 if sound else TERMS_MALFORMED) | (
                TERMS_UNAPPROVED if needs_approval and not approved[index] else 0
            )
        if verdict.mask == 0:
            account = accounts[command.account]
            status = (0, BLOCKED, SELL_ONLY)[command.status]
            account[STANDING] = (account[STANDING] & ~(BLOCKED | SELL_ONLY)) | HAS_TERMS | status
            account[DAILY_LIMIT], account[VALUE_LIMIT] = command.daily_limit, command.order_value_limit
            account[PERMISSIONS] = command.permissions


@njit(cache=True, nogil=True)
def is_looser(command: Any, account: Array) -> bool:
    """Whether terms allow anything that the account's present ones do not."""
    strictness = (0, 2, 1)
    before = 2 if account[STANDING] & BLOCKED else (1 if account[STANDING] & SELL_ONLY else 0)
    status = strictness[command.status] if 0 <= command.status <= 2 else 0
    gained = command.permissions & ~account[PERMISSIONS] & ~PRE_COLLECTION
    freed = account[PERMISSIONS] & ~command.permissions & PRE_COLLECTION
    return (
        status < before or gained != 0 or freed != 0
        or command.daily_limit > account[DAILY_LIMIT] or command.order_value_limit > account[VALUE_LIMIT]
    )  # fmt: skip
