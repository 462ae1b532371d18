"""The gate's referee: the rule text of docs/explanation/gate.md in slow, plain Python.

Names and sets instead of bits and rows; nothing here is imported from the gate but the declared reasons.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

from tallystick.core.ids import day_of_id
from tallystick.ledger.events import AccountKind
from tallystick.risk.gate.events import SUBMIT_REASONS, SubmitOrder

CODES = [reason.code.removeprefix("gate.") for reason in SUBMIT_REASONS]


def mask_of(failures):
    return sum(1 << CODES.index(code) for code in failures)


@dataclass
class Account:
    kind: int
    cash: int = 0
    reserved: int = 0
    bought: int = 0
    sold: int = 0
    terms: object = None
    stopped: bool = False


@dataclass
class Holding:
    sellable: int = 0
    held: int = 0
    bought_today: int = 0


@dataclass
class Order:
    command: SubmitOrder
    mask: int
    reservation: int
    left: int
    reserved: int
    open: bool
    fills: list = field(default_factory=list)


class Referee:
    """Decides one message at a time by the text."""

    def __init__(self):
        self.day, self.is_open, self.stopped = None, False, False
        self.accounts, self.holdings, self.orders, self.terms = {}, {}, {}, {}
        self.ticks, self.commissions, self.taxes = [], {}, {}
        self.unknown_fills = 0
        self.order_types = {"continuous": set(), "call": {"limit ROD"}, "odd_lot": set()}
        self.hours, self.day_trade_lots = (0, 0), {}

    # what it is told

    def open_day(self, day, cash, holdings, terms, ticks, commissions, taxes):
        """`terms` by instrument: limits, lot, order minimum, tick table, status. Charges by instrument too: numerator,
        denominator, minimum, unit and rounding, or None.
        """
        self.day, self.is_open, self.orders, self.terms = day, True, {}, terms
        self.ticks, self.commissions, self.taxes = ticks, commissions, taxes
        self.holdings = {key: Holding(sellable=quantity) for key, quantity in holdings.items()}
        for code, account in self.accounts.items():
            account.cash, account.reserved, account.bought, account.sold = cash.get(code, 0), 0, 0, 0

    def holding(self, account, instrument):
        return self.holdings.setdefault((account, instrument), Holding())

    # amounts

    def value(self, order):
        price = order.price if order.order_type == 1 else None
        if order.order_type == 2 and order.instrument in self.terms:
            price = self.terms[order.instrument].limit_up
        if (
            price is None
            or price <= 0
            or not 1 <= order.quantity <= 2**31 - 1
            or price * order.quantity > 2**61
        ):
            return None
        return price * order.quantity

    def charge(self, charge, value):
        """The charge on an order's value: its share on the unit by the rounding, at least the minimum."""
        if charge is None or not value:
            return 0
        exact = Fraction(value * charge.numerator, charge.denominator * charge.unit)
        rounded = {
            "floor": math.floor(exact), "ceiling": math.ceil(exact), "half_up": math.floor(exact + Fraction(1, 2)),
        }[charge.rounding]  # fmt: skip
        return max(charge.minimum, rounded * charge.unit)

    def fee(self, instrument, value):
        return self.charge(self.commissions.get(instrument), value)

    def tick(self, price, table):
        if not 0 <= table < len(self.ticks):
            return None
        steps = [tick for bound, tick in self.ticks[table] if bound <= price]
        return steps[-1] if steps else None

    def is_slow(self, instrument):
        return instrument in self.terms and self.terms[instrument].status != 0

    def buying_power(self, account, instrument):
        free = account.cash - account.reserved - account.bought
        if account.terms.permissions & 16 or self.is_slow(instrument):
            return free
        return free + account.sold + account.terms.daily_limit

    def sellable(self, order, account):
        holding = self.holdings.get((order.account, order.instrument), Holding())
        day_trades = account.terms.permissions & 8 and self.pairs(order)
        return holding.sellable - holding.held + (holding.bought_today if day_trades else 0)

    def pairs(self, trade):
        """Whether a trade can be half of a day trade."""
        known = trade.instrument in self.terms and not self.is_slow(trade.instrument)
        return known and trade.lot_type in self.day_trade_lots.get(trade.instrument, ())

    # the checks, in the order of the table

    def failures(self, order):
        account = self.accounts.get(order.account)
        if account is not None and account.terms is None:
            account = None
        terms = self.terms.get(order.instrument)
        yield from self.account_failures(order, account)
        if terms is None:
            yield "unknown_instrument"
        else:
            yield from self.price_failures(order, terms)
        if order.order_id in self.orders and not self.same(order):
            yield "id_reused"
        if self.bad_type(order, account, terms):
            yield "bad_order_type"
        value = self.value(order)
        if account is not None:
            if (
                order.side == 1
                and value
                and value + self.fee(order.instrument, value) > self.buying_power(account, order.instrument)
            ):
                yield "short_of_buying_power"
            if order.side == 2 and terms is not None and order.quantity > self.sellable(order, account):
                yield "short_of_sellable"
            if value and value > account.terms.order_value_limit:
                yield "value_above_limit"
        if self.malformed(order, account, terms):
            yield "malformed"
        if not self.is_open:
            yield "day_not_open"
        if terms is not None:
            needed = [self.commissions] + [self.taxes] * (order.side == 2)
            if any(charges.get(order.instrument) is None for charges in needed):
                yield "no_charge_rule"

    def account_failures(self, order, account):
        if self.stopped or (account is not None and account.stopped):
            yield "kill_switch"
        if account is None:
            yield "unknown_account"
            return
        status, permission = account.terms.status, 2 if order.lot_type == 2 else 1
        if status == 1 or (status == 2 and order.side != 2) or not account.terms.permissions & permission:
            yield "account_blocked"

    def price_failures(self, order, terms):
        if terms.status == 1:
            yield "halted"
        if order.order_type == 1 and order.price > 0:
            if terms.limit_up and order.price > terms.limit_up:
                yield "price_above_limit"
            if terms.limit_down and order.price < terms.limit_down:
                yield "price_below_limit"
            tick = self.tick(order.price, terms.tick_table)
            if not tick or order.price % tick:
                yield "off_tick"
        if order.quantity > 0:
            if order.lot_type == 2:
                if not order.quantity < terms.lot:
                    yield "bad_lot"
            elif terms.lot <= 0 or order.quantity % terms.lot or order.quantity < terms.order_minimum:
                yield "bad_lot"

    def bad_type(self, order, account, terms):
        if order.order_type not in (1, 2) or order.time_in_force not in (1, 2, 3):
            return False
        if order.order_type == 2 and account is not None and not account.terms.permissions & 4:
            return True
        if terms is None:
            return False
        if order.order_type == 2 and not (terms.limit_up and terms.limit_down):
            return True
        opens, closes = self.hours
        if order.lot_type == 2:
            way = "odd_lot"
        elif order.lot_type == 1 and terms.status == 0 and opens <= order.received_at < closes:
            way = "continuous"
        else:
            way = "call"
        words = (
            f"{['limit', 'market'][order.order_type - 1]} {['ROD', 'IOC', 'FOK'][order.time_in_force - 1]}"
        )
        return words not in self.order_types[way]

    def malformed(self, order, account, terms):
        declared = (
            order.side in (1, 2)
            and order.order_type in (1, 2)
            and order.time_in_force in (1, 2, 3)
            and order.lot_type in (1, 2, 3)
        )
        if not declared or not 1 <= order.quantity <= 2**31 - 1:
            return True
        if order.order_type == 1 and (order.price <= 0 or order.price * order.quantity > 2**61):
            return True
        if order.order_type == 2 and order.price != 0:
            return True
        if order.order_type == 2 and terms is not None and terms.limit_up * order.quantity > 2**61:
            return True
        capacities = {1, 4}
        if account is not None:
            capacities = {4} if account.kind in (AccountKind.PROPRIETARY, AccountKind.ERROR) else {1}
        return not self.is_todays(order) or order.capacity not in capacities

    def is_todays(self, order):
        if self.day is None or order.order_id < 10_000_101 * 10**9 or order.order_id >= 10**17:
            return False
        date = str(order.order_id // 10**9)
        return date == self.day.strftime("%Y%m%d") and day_of_id(order.order_id) == self.day

    def same(self, order):
        earlier = self.orders[order.order_id].command
        return all(
            getattr(order, n) == getattr(earlier, n) for n in order.__struct_fields__ if n != "received_at"
        )

    # messages

    def submit(self, order):
        """Mask, reservation, whether a repetition."""
        if order.order_id in self.orders and self.same(order):
            earlier = self.orders[order.order_id]
            return earlier.mask, earlier.reservation, True
        mask = mask_of(self.failures(order))
        reservation = 0
        if not mask and order.side == 1:
            reservation = self.value(order) + self.fee(order.instrument, self.value(order))
            self.accounts[order.account].reserved += reservation
        if not mask and order.side == 2:
            self.holding(order.account, order.instrument).held += order.quantity
        if self.is_todays(order) and order.order_id not in self.orders:
            self.orders[order.order_id] = Order(
                order, mask, reservation, order.quantity, reservation, not mask
            )
        return mask, reservation, False

    def cancel(self, order_id, account):
        order = self.orders.get(order_id)
        unknown = order is None or not order.open
        return unknown | (order is not None and order.command.account != account) << 1

    def end(self, order_id):
        order = self.orders.get(order_id)
        if order is None or not order.open:
            return 1
        order.open = False
        self.release(order, order.left)
        return 0

    def release(self, order, quantity):
        command = order.command
        if command.side == 2:
            self.holding(command.account, command.instrument).held -= quantity
        else:
            freed = order.reserved if quantity == order.left else order.reserved * quantity // order.left
            order.reserved -= freed
            self.accounts[command.account].reserved -= freed

    def execute(self, fill):
        account, order = self.accounts.get(fill.account), self.orders.get(fill.order_id)
        fits = order is not None and not order.mask and (
            order.command.account, order.command.instrument, order.command.side
        ) == (fill.account, fill.instrument, fill.side)  # fmt: skip
        value, before = fill.price * fill.quantity, 0
        if fits:
            before = sum(order.fills)
            order.fills.append(value)
            if order.open:
                part = min(fill.quantity, order.left)
                self.release(order, part)
                order.left -= part
                order.open = order.left > 0
        else:
            self.unknown_fills += 1
        fee = self.fee(fill.instrument, before + value) - self.fee(fill.instrument, before)
        tax = self.taxes.get(fill.instrument)
        holding = self.holding(fill.account, fill.instrument)
        if fill.side == 2:
            holding.sellable -= fill.quantity
            account.sold += value - fee - self.charge(tax, before + value) + self.charge(tax, before)
        else:
            account.bought += value + fee
            if self.pairs(fill):
                holding.bought_today += fill.quantity
