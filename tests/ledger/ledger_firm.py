"""A made-up firm for the tests: a plain market with Taiwan's customary charges, and short verbs for what happens."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import numpy as np

from tallystick.core.day import DayClosed, DayOpened, TimeReached
from tallystick.core.events import event_of, verdict_dtype
from tallystick.core.schema import date_number, schema_of
from tallystick.ledger import HOUSE_ACCOUNT_COUNT, LedgerMachine, house_accounts, house_parties
from tallystick.ledger.events import (
    AccountKind,
    Capacity,
    CloseTrading,
    LotType,
    MoveCash,
    MoveSecurities,
    OpenAccount,
    PartyKind,
    RecordExecution,
    RecordOpeningCash,
    RecordOpeningHolding,
    RecordOpeningTrade,
    RegisterParty,
    Side,
)
from tallystick.ledger.states import CASH, Obligation
from tallystick.market import Charge, FeeTerms, RuleRow

CLEARING, DEPOSITORY, BANK, FEES, TAX, OWN, ERROR = range(HOUSE_ACCOUNT_COUNT)
ANNA, BO, CHEN = HOUSE_ACCOUNT_COUNT, HOUSE_ACCOUNT_COUNT + 1, HOUSE_ACCOUNT_COUNT + 2
STOCK, OTHER_STOCK, FUND, FOREIGN = range(4)

MONDAY = datetime.date(2026, 11, 16)
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + datetime.timedelta(days=n) for n in range(1, 5))
FOUNDED = datetime.date(2026, 1, 5)
ACCEPTED = np.zeros(1, verdict_dtype())
MADE_UP = RuleRow(
    market="TW",
    field="made_up_rate",
    value="1",
    unit="percent",
    source="made-up schedule",
    status="unverified",
)


def money(dollars):
    """Dollars to 1e-4."""
    return round(dollars * 10_000)


def charge(numerator, denominator, minimum=0, *, unit=10_000, rounding="floor"):
    """A rate; its result drops fractions of a dollar unless told otherwise."""
    return Charge(numerator, denominator, minimum, unit, rounding, (MADE_UP,))


class PlainMarket:
    """Four instruments and the charges of Taiwan as the tests need them, by class: (venue, product)."""

    rule_set = "f00d"
    rule_set_number = 3

    def __init__(self):
        listed = (("1101.XTAI", "TW", "stock"), ("6488.ROCO", "TW", "stock"), ("0050.XTAI", "TW", "etf"))
        listed += (("600000.XSHG", "CN", "stock"),)
        self.instruments = [
            SimpleNamespace(symbol=s, market=m, venue=s[-4:], board="main", product=p) for s, m, p in listed
        ]
        classes = [("XTAI", "stock"), ("ROCO", "stock"), ("XTAI", "etf")]
        self.commission = dict.fromkeys(classes, charge(1_425, 1_000_000, money(20)))
        stock, fund = charge(3, 1_000), charge(1, 1_000)
        self.transaction_tax = dict(zip(classes, (stock, stock, fund), strict=True))
        day_trade = charge(15, 10_000)
        self.day_trade_tax = dict(zip(classes, (day_trade, day_trade, fund), strict=True))
        self.day_trade_tax_proprietary = dict(self.day_trade_tax)
        self.day_trade_lots = dict.fromkeys(classes, frozenset({1, 3}))

    def code_of(self, symbol):
        return [instrument.symbol for instrument in self.instruments].index(symbol)

    def fee_terms(self, classified, date):
        assert isinstance(date, datetime.date)
        place = classified.venue, classified.product
        names = ("commission", "transaction_tax", "day_trade_tax", "day_trade_tax_proprietary")
        charges = {name: getattr(self, name).get(place) for name in names}
        absent = {name: f"{name} {'/'.join(place)}" for name, found in charges.items() if found is None}
        if place not in self.day_trade_lots:
            absent["day_trade_lots"] = f"day_trade_lots {'/'.join(place)}"
        lots = self.day_trade_lots.get(place, frozenset())
        return FeeTerms(**charges, day_trade_lots=lots, absent=absent)


def execution(number, account, side, quantity, price, **changes):
    """A fill of an order of its own unless told otherwise; price in dollars."""
    fields = {
        "execution_id": number, "order_id": number, "account": account, "instrument": STOCK, "trade_date": MONDAY,
        "price": money(price), "quantity": quantity, "executed_at": number, "side": side, "lot_type": LotType.BOARD,
        "capacity": Capacity.CASH,
    }  # fmt: skip
    return RecordExecution(**fields | changes)


class Firm:
    """A ledger with the house's accounts and three clients."""

    def __init__(self, market=None, clients=3):
        self.market = market or PlainMarket()
        self.ledger = LedgerMachine(self.market)
        self.numbers = iter(range(1, 1_000_000))
        self.accept(*house_parties())
        self.accept(*house_accounts(FOUNDED))
        parties = len(house_parties())
        self.accept(
            *(
                RegisterParty(party=parties + n, kind=PartyKind.CLIENT, reference=f"made-up-{n}")
                for n in range(clients)
            )
        )
        self.accept(
            *(
                OpenAccount(
                    account=HOUSE_ACCOUNT_COUNT + n, party=parties + n, branch=1 + n % 2, kind=AccountKind.CLIENT,
                    opened_on=FOUNDED, number=f"98{n:05d}",
                )
                for n in range(clients)
            )
        )  # fmt: skip

    # sending

    def decide(self, *commands):
        """Verdicts of commands of one kind."""
        record = type(commands[0])
        rows = schema_of(record).pack(commands) if event_of(record).fixed else list(commands)
        return self.ledger.decide(record, rows)

    def accept(self, *commands):
        """Send commands that must be accepted."""
        verdicts = self.decide(*commands)
        assert not verdicts["mask"].any(), self.codes(type(commands[0]), int(verdicts["mask"].max()))

    def refused(self, command):
        """The codes of the reasons for which one command is refused."""
        verdict = self.decide(command)[0]
        return self.codes(type(command), int(verdict["mask"]))

    def codes(self, record, mask):
        return [reason.code.partition(".")[2] for reason in event_of(record).reasons_in(mask)]

    def observe(self, fact):
        self.ledger.apply(type(fact), [fact], ACCEPTED)

    # what happens to a firm

    def open_day(self, day):
        self.observe(DayOpened(business_date=day, code_version="test"))

    def close_day(self, day):
        self.observe(DayClosed(business_date=day))

    def has_cash(self, account, dollars):
        self.accept(RecordOpeningCash(account=account, amount=money(dollars)))

    def holds(self, account, quantity, instrument=STOCK, cost=0, acquired_on=FOUNDED):
        self.accept(
            RecordOpeningHolding(
                account=account,
                instrument=instrument,
                quantity=quantity,
                cost=money(cost),
                acquired_on=acquired_on,
            )
        )

    def buys(self, account, quantity, price, **changes):
        self.accept(execution(next(self.numbers), account, Side.BUY, quantity, price, **changes))

    def sells(self, account, quantity, price, **changes):
        self.accept(execution(next(self.numbers), account, Side.SELL, quantity, price, **changes))

    def brings(self, account, side, quantity, price, settlement_date, fee, tax=0, instrument=STOCK):
        self.accept(
            RecordOpeningTrade(
                execution_id=next(self.numbers), account=account, instrument=instrument, trade_date=MONDAY,
                settlement_date=settlement_date, price=money(price), quantity=quantity, fee=money(fee),
                tax=money(tax), side=side, capacity=Capacity.CASH,
            )
        )  # fmt: skip

    def closes_trading(self, trade_date=MONDAY, settlement_date=WEDNESDAY):
        self.accept(CloseTrading(trade_date=trade_date, settlement_date=settlement_date))

    def pays_in(self, account, dollars):
        self.accept(MoveCash(account=account, amount=money(dollars), bank_reference="made-up"))

    def delivers_in(self, account, quantity, instrument=STOCK):
        self.accept(
            MoveSecurities(
                account=account, instrument=instrument, quantity=quantity, depository_reference="made-up"
            )
        )

    def reaches(self, day, *steps):
        for step in steps or ("securities_in", "cash_in", "pay_out", "bank_close"):
            self.observe(TimeReached(deadline=f"TW.settlement.{step}", business_date=day, at=0))

    # looking

    def dollars(self, account):
        return self.ledger.cash(account).posted / 10_000

    def shares(self, account, instrument=STOCK):
        rows = self.ledger.positions(account)
        return int(rows["posted"][rows["instrument"] == instrument].sum())

    def position(self, account, instrument=STOCK):
        rows = self.ledger.positions(account)
        row = rows[rows["instrument"] == instrument]
        return {name: int(row[name].sum()) for name in row.dtype.names}

    def obligations(self, date=WEDNESDAY):
        """(account, instrument) → (amount, state) of the clients' tier; money in 1e-4."""
        rows = self.ledger.obligations(date_number(date))
        return {
            (int(row["account"]), int(row["instrument"])): (
                int(row["amount"]),
                Obligation(int(row["state"])).name,
            )
            for row in rows
            if row["tier"] == 1
        }

    def with_clearing_house(self, date=WEDNESDAY):
        """instrument → (amount, state) of the firm's tier; + receives."""
        rows = self.ledger.obligations(date_number(date))
        return {
            int(row["instrument"]): (int(row["amount"]), Obligation(int(row["state"])).name)
            for row in rows
            if row["tier"] == 2
        }

    def report(self, instrument=CASH, date=WEDNESDAY):
        rows = self.ledger.settlement_report(date_number(date))
        row = rows[rows["instrument"] == instrument][0]
        return {name: int(row[name]) for name in rows.dtype.names}
