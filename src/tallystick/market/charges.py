"""Commission, transaction tax and fees of a trade by the dated rules. Integers only, money in 1e-4.

A `Charge` is what a kernel needs to compute one kind of charge for many amounts; it carries the rows it comes from.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

from tallystick.core.money import Rounding, round_ratio
from tallystick.market.rule_rows import RuleRow, name_row
from tallystick.market.rules import Classified, ExpiredRule, MissingRule, RuleKey, RuleTable

__all__ = [
    "Charge", "FeeTerms", "charge_of", "commission_terms", "fee_terms", "futures_tax_terms", "tax_terms",
    "transfer_fee_terms",
]  # fmt: skip

LOT_TYPES = {"board": 1, "odd": 2, "fixed_price": 3}
"""The books of a venue as rules name them, and their codes in orders and executions."""

ROUNDING_CODES = {"floor": 0, "ceiling": 1, "half_up": 2}
"""The roundings as kernels know them."""


class Charge(NamedTuple):
    """A share `numerator / denominator` of an amount, put on a multiple of `unit` by `rounding`, at least `minimum`.

    `minimum` and `unit` are int64 in 1e-4. The minimum is meant for each order: carry it over the fills of one order,
    never apply it to each fill.
    """

    numerator: int
    denominator: int
    minimum: int
    unit: int
    rounding: Rounding
    rows: tuple[RuleRow, ...]

    @property
    def source(self) -> str:
        """The rule, its span, source and status, for people."""
        return "; ".join(f"{name_row(row)} ({row.status})" for row in self.rows[:1])

    @property
    def rounding_code(self) -> int:
        """The rounding as `charge_at` takes it."""
        return ROUNDING_CODES[self.rounding]


def charge_of(amount: int, charge: Charge) -> int:
    """The charge on an amount (int64, 1e-4); nothing on nothing.

    >>> taiwan = Charge(57, 40_000, 200_000, 10_000, "floor", ())
    >>> charge_of(5_800_000_000, taiwan), charge_of(100_000_000, taiwan)
    (8260000, 200000)
    """
    if amount == 0:
        return 0
    steps = round_ratio(amount * charge.numerator, charge.denominator * charge.unit, charge.rounding)
    return max(steps * charge.unit, charge.minimum)


def commission_terms(
    rules: RuleTable, classified: Classified, date: datetime.date, rate: Fraction | None = None
) -> Charge:
    """The broker's commission. `rate` is the client's own; without it the customary list rate of the market.

    MissingRule where a market has no customary rate (China has only a cap: give the rate of the schedule).
    """
    rows = []
    if rate is None:
        row = rules.row("commission_rate", classified, date)
        rate = row.rate
        rows.append(row)
    return _charge(rules, classified, date, rate, "commission", rows, ("commission_minimum",))


def tax_terms(
    rules: RuleTable,
    classified: Classified,
    date: datetime.date,
    side: str,
    *,
    day_trade: bool = False,
    proprietary: bool = False,
) -> Charge:
    """The transaction tax of one side (`buy` or `sell`); Taiwan: Securities Transaction Tax Act arts. 2, 2-1, 2-2.

    `day_trade` is known at the end of the day, when buys and sells pair; `proprietary` is the broker's own account.
    """
    fields = ["transaction_tax"]
    if day_trade and side == "sell":
        fields = ["day_trade_tax", *fields]
        if proprietary:
            fields = ["day_trade_tax_proprietary", *fields]
    found = next(filter(None, (rules.find(field, classified, date, side) for field in fields)), ())
    row = found[0] if found else rules.row("transaction_tax", classified, date, side)
    return _charge(rules, classified, date, row.rate, "tax", [row], ())


def futures_tax_terms(rules: RuleTable, classified: Classified, date: datetime.date) -> Charge:
    """The futures transaction tax of each contract and side, on its value (Futures Transaction Tax Act art. 2)."""
    row = rules.row("futures_tax", classified, date)
    return _charge(rules, classified, date, row.rate, "futures_tax", [row], ("futures_tax_minimum",))


def transfer_fee_terms(rules: RuleTable, classified: Classified, date: datetime.date) -> Charge:
    """The transfer fee (过户费) of each side, as a share of the amount."""
    row = rules.row("transfer_fee", classified, date)
    return _charge(rules, classified, date, row.rate, "tax", [row], ())


def _charge(
    rules: RuleTable,
    classified: Classified,
    date: datetime.date,
    rate: Fraction,
    prefix: str,
    rows: list[RuleRow],
    minimum_fields: tuple[str, ...],
) -> Charge:
    """A rate with the step, the rounding and the minimum that stand under the same prefix."""
    step = rules.row(f"{prefix}_step", classified, date)
    rounding = rules.row(f"{prefix}_rounding", classified, date)
    minimum = 0
    for field in minimum_fields:
        found = rules.find(field, classified, date)
        minimum = found[0].amount if found else 0
        rows = [*rows, *found[:1]]
    names: dict[str, Rounding] = {"floor": "floor", "ceiling": "ceiling", "half_up": "half_up"}
    return Charge(
        numerator=rate.numerator, denominator=rate.denominator, minimum=minimum, unit=step.amount,
        rounding=names[rounding.value], rows=(*rows, step, rounding),
    )  # fmt: skip


class FeeTerms(NamedTuple):
    """A market's commission and sellers' taxes in force on one date; classes that have no rule are absent.

    `day_trade_lots` holds the lot types (1 board, 2 odd, 3 fixed price) that may pair to a day trade.
    """

    commission: Charge
    transaction_tax: dict[str, Charge]
    day_trade_tax: dict[str, Charge]
    day_trade_lots: frozenset[int]


def fee_terms(rules: RuleTable, market: str, date: datetime.date, products: Iterable[str] = ()) -> FeeTerms:
    """Commission and taxes of a market on a date, for the product classes of its tax rules and the given ones.

    The commission is the customary rate of stocks. MissingRule or ExpiredRule when there is none; a class whose tax
    rule has expired is absent, so that nothing is booked at a rate that no longer holds.
    """
    venue = min(
        (row.venue for row in rules.rows if row.market == market and row.field == "commission_rate"),
        default="*",
    )
    stock = RuleKey(market=market, venue=venue, product="stock")
    taxed = {row.product for row in rules.rows if row.market == market and row.field == "transaction_tax"} - {
        "*"
    }
    ordinary: dict[str, Charge] = {}
    day_trade: dict[str, Charge] = {}
    for product in sorted(taxed | set(products)):
        key = RuleKey(market=market, venue=venue, product=product)
        try:
            ordinary[product] = tax_terms(rules, key, date, "sell")
            day_trade[product] = tax_terms(rules, key, date, "sell", day_trade=True)
        except (MissingRule, ExpiredRule):
            continue
    lots = rules.find("day_trade.lot_types", stock, date)
    names = lots[0].value.split(",") if lots and lots[0].unit == "list" else []
    return FeeTerms(
        commission=commission_terms(rules, stock, date),
        transaction_tax=ordinary,
        day_trade_tax=day_trade,
        day_trade_lots=frozenset(LOT_TYPES[name] for name in names),
    )
