"""Stand-ins for the two machines below the gate: plain objects with what `inputs.py` asks for, nothing clever."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from tallystick.core.day import DayClosed, DayOpened
from tallystick.core.events import verdict_dtype
from tallystick.core.ids import day_id
from tallystick.core.schema import date_number, schema_of
from tallystick.core.time import market_time
from tallystick.ledger.events import (
    AccountKind,
    Capacity,
    LotType,
    MoveCash,
    MoveSecurities,
    OpenAccount,
    RecordExecution,
    Side,
)
from tallystick.market import Charge, FeeTerms, RuleRow
from tallystick.market.events import AdoptRules, SetDayTerms
from tallystick.risk.gate.events import (
    CancelOrder,
    DoneReason,
    EndOrder,
    OrderType,
    SetAccountTerms,
    SubmitOrder,
    TimeInForce,
)
from tallystick.risk.gate.machine import GateMachine

DAY = datetime.date(2026, 11, 20)
STOCK_TICKS = [0, 100, 100_000, 500, 500_000, 1_000, 1_000_000, 5_000, 5_000_000, 10_000, 10_000_000, 50_000]
FUND_TICKS = [0, 100, 500_000, 500]
MADE_UP = RuleRow(
    market="TW",
    field="made_up_rate",
    value="1",
    unit="percent",
    source="made-up schedule",
    status="unverified",
)

TERMS = np.dtype(
    [
        ("business_date", "<i4"),
        ("reference_price", "<i8"),
        ("limit_up", "<i8"),
        ("limit_down", "<i8"),
        ("lot", "<i8"),
        ("tick_table", "<i4"),
        ("status", "i1"),
        ("order_minimum", "<i8"),
    ]
)


def money(dollars):
    return round(dollars * 10_000)


def at_clock(text, day=DAY):
    """UTC nanoseconds of a Taipei clock time."""
    return market_time(day, datetime.time.fromisoformat(text), "Asia/Taipei")


def product_of(symbol):
    return {"00": "etf", "99": "fund"}.get(symbol[:2], "stock")


def charge(numerator, denominator, minimum=0, *, unit=1, rounding="ceiling"):
    """A made-up charge; its result is brought up to 1e-4 unless told otherwise."""
    return Charge(numerator, denominator, minimum, unit, rounding, (MADE_UP,))


@dataclass
class PlainMarket:
    """Terms and charges as the market machine shows them; charges by class: (venue, product). Funds have none."""

    symbols: list[str]
    day_terms: np.ndarray = field(default_factory=lambda: np.zeros(0, TERMS))
    tick_arrays: list[np.ndarray] = field(
        default_factory=lambda: [np.array(STOCK_TICKS), np.array(FUND_TICKS)]
    )
    commissions: dict[tuple[str, str], Charge] = field(
        default_factory=lambda: {
            ("XTAI", "stock"): charge(1_425, 1_000_000, money(20)),
            ("XTAI", "etf"): charge(1, 1_000, money(15), unit=10_000, rounding="floor"),
            ("ROCO", "stock"): charge(2, 1_000, money(30), unit=10_000, rounding="half_up"),
        }
    )
    taxes: dict[tuple[str, str], Charge] = field(
        default_factory=lambda: {
            ("XTAI", "stock"): charge(3, 1_000),
            ("XTAI", "etf"): charge(1, 1_000, unit=10_000, rounding="floor"),
            ("ROCO", "stock"): charge(4, 1_000, unit=10_000),
        }
    )
    day_trade_lots: dict[str, frozenset[int]] = field(
        default_factory=lambda: {"XTAI": frozenset({1, 3}), "ROCO": frozenset({1, 2})}
    )

    def __post_init__(self):
        self.instruments = [
            SimpleNamespace(symbol=s, market="TW", venue=s[-4:], board="main", product=product_of(s))
            for s in self.symbols
        ]
        self.order_types = {
            "order_types.continuous": "limit ROD,limit IOC,limit FOK,market ROD,market IOC,market FOK",
            "order_types.call": "limit ROD",
            "order_types.odd_lot": "limit ROD",
        }
        self.rules = SimpleNamespace(find=self.find_rows)

    def find_rows(self, field, key, date):
        assert key in self.instruments
        return [SimpleNamespace(value=self.order_types[field])] if field in self.order_types else []

    def calendar(self, venue):
        assert venue in ("XTAI", "ROCO")
        hours = [("08:30", "09:00", "entry"), ("09:00", "13:25", "continuous"), ("13:25", "13:30", "call")]
        clock = datetime.time.fromisoformat
        phases = [SimpleNamespace(opens=clock(a), closes=clock(b), mode=mode) for a, b, mode in hours]
        return SimpleNamespace(zone="Asia/Taipei", phases=lambda date, classified: phases)

    def fee_terms(self, classified, date):
        assert isinstance(date, datetime.date)
        place = classified.venue, classified.product
        charges = {"commission": self.commissions.get(place), "transaction_tax": self.taxes.get(place)}
        absent = {name: f"{name} {'/'.join(place)}" for name, found in charges.items() if found is None}
        return FeeTerms(
            **charges, day_trade_tax=None, day_trade_tax_proprietary=None,
            day_trade_lots=self.day_trade_lots[classified.venue], absent=absent,
        )  # fmt: skip


HOLDINGS = np.dtype([("account", "<i4"), ("instrument", "<i4"), ("sellable", "<i8")])


@dataclass
class PlainLedger:
    """Cash and holdings as the ledger machine shows them when a day opens."""

    cash: dict[int, int] = field(default_factory=dict)
    holdings: dict[tuple[int, int], int] = field(default_factory=dict)
    account_count: int = 0

    def gate_cash(self):
        return np.array([self.cash.get(code, 0) for code in range(self.account_count)], np.int64)

    def gate_holdings(self):
        rows = [(account, instrument, quantity) for (account, instrument), quantity in self.holdings.items()]
        return np.array(rows, HOLDINGS)

    def account(self, code):
        return SimpleNamespace(number=f"98{code:05d}")


ACCEPTED = np.zeros(1, verdict_dtype())


class Room:
    """A gate over plain inputs, and short ways to send it things."""

    def __init__(
        self, symbols=("1101.XTAI", "0050.XTAI", "2330.XTAI"), approved=lambda proposal, content: False
    ):
        self.market = PlainMarket(list(symbols))
        self.ledger = PlainLedger()
        self.gate = GateMachine(self.market, self.ledger, approved)
        self.observe(AdoptRules(rule_set="f00d", rows=b""))

    def observe(self, *facts):
        """Apply facts that other machines accepted."""
        record = type(facts[0])
        rows = list(facts)
        if record in (OpenAccount, SetDayTerms, RecordExecution):
            rows = schema_of(record).pack(facts)
        self.gate.apply(record, rows, np.zeros(len(facts), verdict_dtype()))

    def decide(self, *commands):
        """Verdicts of commands of one kind."""
        record = type(commands[0])
        fixed = record in (SubmitOrder, CancelOrder, EndOrder, SetAccountTerms)
        return self.gate.decide(record, schema_of(record).pack(commands) if fixed else list(commands))

    def masks(self, *commands):
        return self.decide(*commands)["mask"].tolist()

    def open_account(self, code, *, cash=0, kind=AccountKind.CLIENT, **terms):
        self.ledger.account_count = max(self.ledger.account_count, code + 1)
        self.ledger.cash[code] = cash
        self.observe(
            OpenAccount(account=code, party=0, branch=1, kind=kind, opened_on=DAY, number=f"98{code:05d}")
        )
        assert self.masks(account_terms(code, **terms)) == [0]

    def open_day(self, day=DAY, **statuses):
        """Terms for every symbol around 100 dollars (the fund around 50), then the opening."""
        self.set_terms(day, **statuses)
        self.open_day_with_present_terms(day)

    def open_day_with_present_terms(self, day=DAY):
        self.observe(DayOpened(business_date=day, code_version="test", rule_set="f00d"))

    def set_terms(self, day=DAY, status=(0, 0, 0), limits=True):
        rows = []
        for code, symbol in enumerate(self.market.symbols):
            reference = money(50) if symbol.startswith("00") else money(100)
            up, down = (reference * 11 // 10, reference * 9 // 10) if limits else (0, 0)
            table = int(symbol.startswith("00"))
            rows.append((date_number(day), reference, up, down, 1_000, table, status[code % len(status)], 0))
        self.market.day_terms = np.array(rows, TERMS)

    def close_day(self, day=DAY):
        self.observe(DayClosed(business_date=day))

    def fill(self, order, quantity, price=None, number=1, **changes):
        """The exchange fills some of an order."""
        fields = {
            "execution_id": day_id(DAY, number), "order_id": order.order_id, "account": order.account,
            "instrument": order.instrument, "trade_date": DAY, "price": price or order.price, "quantity": quantity,
            "executed_at": 0, "side": order.side, "lot_type": order.lot_type, "capacity": order.capacity,
        }  # fmt: skip
        self.observe(RecordExecution(**fields | changes))

    def end(self, order, left, reason=DoneReason.CANCELLED):
        return self.masks(EndOrder(order_id=order.order_id, quantity_left=left, done_reason=reason))

    def cancel(self, order, account=None):
        code = order.account if account is None else account
        return self.masks(CancelOrder(order_id=order.order_id, account=code, session=1))

    def move_cash(self, account, amount):
        self.observe(MoveCash(account=account, amount=amount, bank_reference="made up"))

    def move_securities(self, account, instrument, quantity):
        self.observe(
            MoveSecurities(
                account=account, instrument=instrument, quantity=quantity, depository_reference="made up"
            )
        )

    def means(self, code):
        """Reserved, bought, sold of an account, in 1e-4."""
        return self.gate.tables.accounts[code, 5:8].tolist()


ORDER_VALUE_LIMIT = money(50_000_000)


def account_terms(
    code, *, status=0, daily_limit=0, order_value_limit=ORDER_VALUE_LIMIT, permissions=1 | 2 | 4
):
    return SetAccountTerms(
        account=code,
        status=status,
        daily_limit=daily_limit,
        order_value_limit=order_value_limit,
        permissions=permissions,
    )


def order(number, side="buy", price=100, quantity=1_000, *, account=0, instrument=0, day=DAY, **changes):
    """A limit order for the day in board lots."""
    fields = {
        "order_id": day_id(day, number), "account": account, "instrument": instrument, "price": money(price),
        "quantity": quantity, "session": 1, "side": Side[side.upper()], "order_type": OrderType.LIMIT,
        "time_in_force": TimeInForce.ROD, "lot_type": LotType.BOARD, "capacity": Capacity.CASH,
        "received_at": at_clock("10:00"),
    }  # fmt: skip
    return SubmitOrder(**fields | changes)
