"""The ledger as the rules tell it: plain Python, one thing at a time, as slow as it likes.

Written from the text of the rules (settlement in Taiwan, charges per order, first in first out), not from the code.
Dates are dates, an obligation is an object, a lot is a list of what each single unit cost. It referees the machine.
"""

from __future__ import annotations

import datetime
import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from fractions import Fraction

from ledger_firm import ANNA, BANK, CLEARING, DEPOSITORY, ERROR, FEES, OWN, TAX

from tallystick.core.day import DayClosed, DayOpened, TimeReached
from tallystick.ledger.events import (
    Capacity,
    CloseTrading,
    MoveCash,
    MoveSecurities,
    RecordExecution,
    RecordOpeningCash,
    RecordOpeningHolding,
    RecordOpeningTrade,
    Side,
)

MONEY = None
"""Stands where an instrument stands."""
STEPS = ["securities_in", "cash_in", "pay_out", "bank_close"]
OPEN = ("DUE", "LATE", "DEFAULTED", "RETAINED")
LATE = ("LATE", "DEFAULTED")
LARGEST = 2**61


@dataclass
class Fill:
    """A trade."""

    said: object
    fee: int = 0
    tax: int = 0
    paired: int = 0
    is_open: bool = True

    @property
    def value(self):
        return self.said.price * self.said.quantity

    @property
    def is_buy(self):
        return self.said.side == Side.BUY


@dataclass
class Duty:
    """What an account gets (+) or owes (−) on a settlement date, and with whom."""

    account: int
    instrument: int | None
    amount: int
    counter: int = CLEARING
    state: str = "DUE"


class Reference:
    """Everything as dictionaries and lists."""

    def __init__(self, market, accounts):
        self.market = market
        self.accounts = accounts
        self.cash, self.kept_cash = Counter(), Counter()
        self.shares, self.kept_shares = Counter(), Counter()
        self.fills, self.used = [], {}
        self.duties = defaultdict(list)
        self.house = defaultdict(dict)
        self.steps = {}
        self.closed = {}
        self.begun = datetime.date.min
        self.today = datetime.date(1970, 1, 1)
        self.lots, self.owed = defaultdict(list), Counter()

    def take(self, said):
        """Do what a record says; the codes of the reasons against it, or None if it repeats an earlier one."""
        name = {
            RecordExecution: "trade", RecordOpeningTrade: "trade", RecordOpeningCash: "opening_cash",
            RecordOpeningHolding: "opening_holding", MoveCash: "move", MoveSecurities: "move",
            CloseTrading: "close", TimeReached: "deadline", DayOpened: "morning", DayClosed: "evening",
        }[type(said)]  # fmt: skip
        return getattr(self, name)(said)

    # what is refused

    def trading(self, account):
        return account in (OWN, ERROR) or ANNA <= account < self.accounts

    def wrong_place(self, said):
        wrong = set()
        if not 0 <= said.account < self.accounts:
            wrong.add("unknown_account")
        elif not self.trading(said.account):
            wrong.add("house_account")
        if not 0 <= said.instrument < len(self.market.instruments):
            wrong.add("unknown_instrument")
        elif self.market.instruments[said.instrument].market != "TW":
            wrong.add("market_not_cleared")
        return wrong

    def trade(self, said):
        bare = {name: getattr(said, name) for name in said.__struct_fields__ if name != "received_at"}
        content = (type(said), tuple(sorted(bare.items())))
        if self.used.get(said.execution_id) == content:
            return None
        wrong = self.wrong_place(said)
        if said.execution_id in self.used:
            wrong.add("id_repeated")
        if said.price <= 0 or said.quantity <= 0:
            wrong.add("not_positive")
        elif said.price * said.quantity > LARGEST:
            wrong.add("too_large")
        if isinstance(said, RecordExecution) and said.trade_date in self.closed:
            wrong.add("trade_date_closed")
        if isinstance(said, RecordOpeningTrade) and said.settlement_date <= self.begun:
            wrong.add("settlement_begun")
        if wrong:
            return wrong
        self.used[said.execution_id] = content
        fill = Fill(said)
        self.fills.append(fill)
        if isinstance(said, RecordOpeningTrade):
            fill.fee, fill.tax, fill.is_open = said.fee, said.tax, False
            self.oblige([fill], said.settlement_date)
            if fill.is_buy:
                self.acquire(
                    said.account, said.instrument, said.trade_date, fill.value + fill.fee, said.quantity
                )
            else:
                self.dispose(said.account, said.instrument, said.quantity)
        return set()

    def opening_cash(self, said):
        if not 0 <= said.account < self.accounts:
            return {"unknown_account"}
        if said.account in (CLEARING, BANK, DEPOSITORY):
            return {"house_account"}
        self.pay(BANK, said.account, said.amount)
        return set()

    def opening_holding(self, said):
        wrong = self.wrong_place(said)
        if said.quantity <= 0 or said.cost < 0:
            wrong.add("not_positive")
        if not wrong:
            self.give(DEPOSITORY, said.account, said.instrument, said.quantity)
            self.acquire(said.account, said.instrument, said.acquired_on, said.cost, said.quantity)
        return wrong

    def move(self, said):
        if not 0 <= said.account < self.accounts:
            return {"unknown_account"}
        if isinstance(said, MoveCash):
            if said.account in (CLEARING, BANK, DEPOSITORY):
                return {"house_account"}
            if said.amount < 0 and self.free_cash(said.account) < -said.amount:
                return {"overdrawn"}
            self.pay(BANK, said.account, said.amount)
            came = said.amount > 0
        else:
            wrong = self.wrong_place(said)
            for code in ("unknown_instrument", "market_not_cleared", "house_account"):
                if code in wrong:
                    return {code}
            if said.quantity < 0 and self.free_shares(said.account, said.instrument) < -said.quantity:
                return {"short_of_securities"}
            self.give(DEPOSITORY, said.account, said.instrument, said.quantity)
            came = said.quantity > 0
            if came:
                self.acquire(said.account, said.instrument, self.today, 0, said.quantity)
            else:
                self.dispose(said.account, said.instrument, -said.quantity)
        late = {
            d.account
            for date in self.duties
            if date <= self.begun
            for d in self.duties[date]
            if d.state in LATE
        }
        if came and late and (said.account in late or said.account in (ERROR, OWN)):
            self.settle()
        return set()

    # what is there, and what is free

    def pay(self, giver, taker, amount):
        self.cash[giver] -= amount
        self.cash[taker] += amount

    def give(self, giver, taker, instrument, quantity):
        self.shares[giver, instrument] -= quantity
        self.shares[taker, instrument] += quantity

    def transfer(self, giver, taker, instrument, amount):
        if instrument is MONEY:
            self.pay(giver, taker, amount)
        else:
            self.give(giver, taker, instrument, amount)

    def owes(self, account, instrument):
        return sum(
            -duty.amount
            for duties in self.duties.values()
            for duty in duties
            if (duty.account, duty.instrument) == (account, instrument)
            and duty.amount < 0
            and duty.state in OPEN
        )

    def today_net(self, account, instrument, worth):
        mine = [f for f in self.fills if f.is_open and f.said.account == account]
        mine = [f for f in mine if instrument is MONEY or f.said.instrument == instrument]
        return sum(worth(f) if f.is_buy else -worth(f) for f in mine)

    def free_cash(self, account):
        today = max(0, self.today_net(account, MONEY, lambda f: f.value))
        return self.cash[account] - self.kept_cash[account] - self.owes(account, MONEY) - today

    def free_shares(self, account, instrument):
        today = max(0, -self.today_net(account, instrument, lambda f: f.said.quantity))
        there = self.shares[account, instrument] - self.kept_shares[account, instrument]
        return there - self.owes(account, instrument) - today

    def at_hand(self, account, instrument):
        """What can be delivered or paid this moment."""
        if instrument is MONEY:
            return self.cash[account] - self.kept_cash[account]
        return self.shares[account, instrument] - self.kept_shares[account, instrument]

    # lots

    def acquire(self, account, instrument, date, cost, quantity):
        whole, rest = divmod(cost, quantity)
        units = [whole + (place < rest) for place in range(quantity)]
        met = min(self.owed[account, instrument], quantity)
        self.owed[account, instrument] -= met
        if units[met:]:
            self.lots[account, instrument].append((date, units[met:]))
            self.lots[account, instrument].sort(key=lambda lot: lot[0])

    def dispose(self, account, instrument, quantity):
        lots = self.lots[account, instrument]
        while quantity and lots:
            date, units = lots.pop(0)
            taken = min(quantity, len(units))
            quantity -= taken
            if units[taken:]:
                lots.insert(0, (date, units[taken:]))
        self.owed[account, instrument] += quantity

    # the close of a trade date

    def close(self, said):
        if said.market != "TW":
            return {"other_market"}
        if said.trade_date in self.closed:
            return {"trading_closed"}
        if said.settlement_date <= self.begun:
            return {"settlement_begun"}
        fills = [f for f in self.fills if f.is_open and f.said.trade_date == said.trade_date]
        self.pair(fills)
        if any(self.lacks_a_rule(f) for f in fills):
            for fill in fills:
                fill.paired = 0
            return {"no_fee_terms"}
        self.charge(fills)
        for fill in fills:
            fill.is_open = False
        self.oblige(fills, said.settlement_date)
        for buys in (True, False):
            for fill in (f for f in fills if f.is_buy == buys and f.said.quantity > f.paired):
                self.carry(fill)
        self.closed[said.trade_date] = said.settlement_date
        return set()

    def carry(self, fill):
        said, rest = fill.said, fill.said.quantity - fill.paired
        if fill.is_buy:
            whole, extra = divmod(fill.fee, said.quantity)
            cost = said.price * rest + sum(whole + (place < extra) for place in range(rest))
            self.acquire(said.account, said.instrument, said.trade_date, cost, rest)
        else:
            self.dispose(said.account, said.instrument, rest)

    def terms(self, fill):
        """The charges of the class of the fill's instrument."""
        return self.market.fee_terms(self.market.instruments[fill.said.instrument], fill.said.trade_date)

    def day_tax(self, fill):
        terms = self.terms(fill)
        return terms.day_trade_tax if fill.said.account >= ANNA else terms.day_trade_tax_proprietary

    def lacks_a_rule(self, fill):
        terms = self.terms(fill)
        if fill.said.account >= ANNA and terms.commission is None:
            return True
        if fill.is_buy:
            return False
        return (
            terms.transaction_tax is None
            or "day_trade_lots" in terms.absent
            or (fill.paired > 0 and self.day_tax(fill) is None)
        )

    def pair(self, fills):
        """Day trades: bought and sold the same day, own cash and shares, in the books that count; earliest first."""
        places = {(f.said.account, f.said.instrument) for f in fills}
        for place in places:
            mine = [
                f
                for f in fills
                if (f.said.account, f.said.instrument) == place
                and f.said.capacity in (Capacity.CASH, Capacity.PROPRIETARY)
                and f.said.lot_type in self.terms(f).day_trade_lots
            ]
            sides = [[f for f in mine if f.is_buy], [f for f in mine if not f.is_buy]]
            left = [min(sum(f.said.quantity for f in side) for side in sides)] * 2
            for n, side in enumerate(sides):
                for fill in side:
                    fill.paired = min(left[n], fill.said.quantity)
                    left[n] -= fill.paired

    def charge(self, fills):
        """Commission and tax grow with the order; a fill bears what they grew by."""
        orders = defaultdict(list)
        for fill in fills:
            said = fill.said
            orders[said.account, said.order_id, said.instrument, said.side].append(fill)
        for order in orders.values():
            value = paired = rest = paid = 0
            for fill in order:
                value += fill.value
                terms = self.terms(fill)
                if fill.said.account >= ANNA:
                    now = max(self.dollars(value, terms.commission), terms.commission.minimum)
                    fill.fee, paid = now - paid, now
                if not fill.is_buy:
                    ordinary, day = terms.transaction_tax, self.day_tax(fill)
                    before = self.dollars(paired, day) + self.dollars(rest, ordinary)
                    apart = 0 if day is not None and same_rate(ordinary, day) else fill.paired
                    paired += fill.said.price * apart
                    rest += fill.said.price * (fill.said.quantity - apart)
                    fill.tax = self.dollars(paired, day) + self.dollars(rest, ordinary) - before

    def dollars(self, value, charge):
        """The charge on its unit: fractions dropped, or brought up, or to the nearest."""
        if charge is None:
            assert value == 0
            return 0
        exact = Fraction(value * charge.numerator, charge.denominator * charge.unit)
        rounded = {
            "floor": math.floor(exact), "ceiling": math.ceil(exact), "half_up": math.floor(exact + Fraction(1, 2)),
        }[charge.rounding]  # fmt: skip
        return rounded * charge.unit

    def oblige(self, fills, date):
        """Add trades to the net duties of a settlement date, of every account and of the house."""
        if not fills:
            return
        clients, house = Counter(), Counter()
        for duty in self.duties[date]:
            clients[duty.account, duty.instrument] += duty.amount
        for instrument, (amount, _) in self.house[date].items():
            house[instrument] += amount
        for fill in fills:
            sign, said = 1 if fill.is_buy else -1, fill.said
            clients[said.account, said.instrument] += sign * said.quantity
            clients[said.account, MONEY] -= sign * fill.value + fill.fee + fill.tax
            clients[FEES, MONEY] += fill.fee
            clients[TAX, MONEY] += fill.tax
            house[said.instrument] += sign * said.quantity
            house[MONEY] -= sign * fill.value
        order = sorted(clients, key=lambda key: (key[0], -1 if key[1] is MONEY else key[1]))
        self.duties[date] = [Duty(*key, clients[key]) for key in order if clients[key]]
        self.house[date] = {key: [amount, "DUE"] for key, amount in house.items() if amount}
        self.steps.setdefault(date, 0)

    # settlement

    def morning(self, said):
        self.today = said.business_date

    def evening(self, said):
        """Settled days older than two weeks are forgotten."""
        edge = said.business_date - datetime.timedelta(days=14)
        for date in [d for d in self.duties if d < edge]:
            done = ("SETTLED", "SETTLED_LATE")
            states = [d.state for d in self.duties[date]] + [state for _, state in self.house[date].values()]
            if all(state in done for state in states):
                del self.duties[date], self.house[date], self.steps[date]

    def deadline(self, said):
        if said.deadline.removeprefix("TW.settlement.") not in STEPS:
            return
        step = STEPS.index(said.deadline.removeprefix("TW.settlement.")) + 1
        self.begun = max(self.begun, said.business_date)
        dates = [date for date in sorted(self.steps) if date <= said.business_date]
        for date in dates:
            while self.steps[date] < step:
                self.steps[date] += 1
                if self.steps[date] <= 2:
                    self.collect(date, securities=self.steps[date] == 1)
        self.settle()
        for date in dates:
            for instrument, row in self.house[date].items():
                if row[0] < 0 and row[1] == "DUE" and self.steps[date] >= (2 if instrument is MONEY else 1):
                    row[1] = "LATE"
            if self.steps[date] == 4:
                for duty in (d for d in self.duties[date] if d.state == "LATE"):
                    duty.state = "DEFAULTED"
                for row in (r for r in self.house[date].values() if r[1] == "LATE"):
                    row[1] = "DEFAULTED"

    def collect(self, date, securities):
        for duty in self.duties[date]:
            if duty.amount < 0 and duty.state == "DUE" and (duty.instrument is not MONEY) == securities:
                if self.at_hand(duty.account, duty.instrument) >= -duty.amount:
                    self.transfer(duty.account, CLEARING, duty.instrument, -duty.amount)
                    duty.state = "SETTLED"
                else:
                    duty.state = "LATE"

    def settle(self):
        moved = True
        while moved:
            moved = False
            for date in sorted(self.steps):
                if date <= self.begun and self.steps[date]:
                    for part in (self.make_good, self.stand_in, self.perform, self.pay_out):
                        moved = part(date) or moved

    def make_good(self, date):
        moved = False
        for duty in self.duties[date]:
            if duty.state in LATE and self.at_hand(duty.account, duty.instrument) >= -duty.amount:
                self.transfer(duty.account, duty.counter, duty.instrument, -duty.amount)
                duty.state, moved = "SETTLED_LATE", True
        late = {d.account for d in self.duties[date] if d.state in LATE}
        for duty in self.duties[date]:
            if duty.state == "RETAINED" and duty.account not in late:
                self.transfer(duty.counter, duty.account, duty.instrument, duty.amount)
                if duty.instrument is MONEY:
                    self.kept_cash[duty.counter] -= duty.amount
                else:
                    self.kept_shares[duty.counter, duty.instrument] -= duty.amount
                duty.state, moved = "SETTLED_LATE", True
        return moved

    def stand_in(self, date):
        moved = False
        for duty in self.duties[date]:
            if duty.state not in LATE or duty.counter != CLEARING:
                continue
            for cover in (ERROR, OWN):
                is_cash = duty.instrument is MONEY
                free = self.free_cash(cover) if is_cash else self.free_shares(cover, duty.instrument)
                if cover != duty.account and free >= -duty.amount:
                    self.transfer(cover, CLEARING, duty.instrument, -duty.amount)
                    duty.counter, moved = cover, True
                    break
        return moved

    def perform(self, date):
        """The firm hands the clearing house what it owes, once enough came in; the clearing house comes first."""
        moved = False
        for instrument, row in self.house[date].items():
            amount, state = row
            if amount > 0 or state not in OPEN or self.steps[date] < (2 if instrument is MONEY else 1):
                continue
            came = sum(
                -duty.amount
                for duty in self.duties[date]
                if duty.instrument == instrument
                and duty.amount < 0
                and not (duty.state in LATE and duty.counter == CLEARING)
            )
            if came >= -amount:
                self.transfer(CLEARING, BANK if instrument is MONEY else DEPOSITORY, instrument, -amount)
                row[1], moved = "SETTLED" if state == "DUE" else "SETTLED_LATE", True
        return moved

    def pay_out(self, date):
        behind = any(amount < 0 and state in OPEN for amount, state in self.house[date].values())
        if self.steps[date] < 3 or behind:
            return False
        moved = False
        for instrument, row in self.house[date].items():
            if row[0] > 0 and row[1] == "DUE":
                self.transfer(BANK if instrument is MONEY else DEPOSITORY, CLEARING, instrument, row[0])
                row[1], moved = "SETTLED", True
        late = [d for d in self.duties[date] if d.state in LATE]
        stuck = {d.instrument for d in late if d.counter == CLEARING}
        for duty in self.duties[date]:
            if duty.state != "DUE" or duty.amount < 0 or duty.instrument in stuck:
                continue
            if duty.account not in {d.account for d in late}:
                self.transfer(CLEARING, duty.account, duty.instrument, duty.amount)
                duty.state, moved = "SETTLED", True
                continue
            keepers = [d.counter for d in late if d.account == duty.account and d.counter != CLEARING]
            if keepers:
                self.transfer(CLEARING, keepers[0], duty.instrument, duty.amount)
                if duty.instrument is MONEY:
                    self.kept_cash[keepers[0]] += duty.amount
                else:
                    self.kept_shares[keepers[0], duty.instrument] += duty.amount
                duty.state, duty.counter, moved = "RETAINED", keepers[0], True
        return moved

    # what the gate is told

    def buying_power(self, account):
        if not self.trading(account):
            return 0
        coming = sum(
            d.amount
            for duties in self.duties.values()
            for d in duties
            if d.account == account and d.instrument is MONEY and d.state in ("DUE", *LATE)
        )
        return self.cash[account] - self.kept_cash[account] + coming

    def sellable(self, account, instrument):
        coming = sum(
            d.amount
            for duties in self.duties.values()
            for d in duties
            if (d.account, d.instrument) == (account, instrument) and d.state in ("DUE", *LATE)
        )
        return self.shares[account, instrument] - self.kept_shares[account, instrument] + coming


def same_rate(one, other):
    """Whether two charges take the same of everything."""
    return all(
        getattr(one, part) == getattr(other, part)
        for part in ("numerator", "denominator", "unit", "rounding")
    )
