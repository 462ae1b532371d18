"""Commission, transaction tax and fees of a trade by the dated rules. Integers only, money in 1e-4.

A `Charge` is what a kernel needs to compute one kind of charge for many amounts; it carries the rows it comes from.
Charges belong to a class of instruments (market, venue, board, product), like all rules.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from tallystick.core.errors import TallystickError
from tallystick.core.money import LIMIT, Rounding, round_ratio
from tallystick.market.rule_rows import RuleRow, name_row
from tallystick.market.rules import Classified, ExpiredRule, RuleTable

__all__ = [
    "Charge", "FeeTerms", "charge_of", "commission_terms", "fee_terms", "futures_tax_terms", "tax_terms",
    "transfer_fee_terms",
]  # fmt: skip

LOT_TYPES = {"board": 1, "odd": 2, "fixed_price": 3}
"""The books of a venue as rules name them, and their codes in orders and executions."""

LOT_TYPES_FIELD = "day_trade.lot_types"

ROUNDING_CODES = {"floor": 0, "ceiling": 1, "half_up": 2}
"""The roundings as kernels know them."""

ROUNDINGS: dict[str, Rounding] = {"floor": "floor", "ceiling": "ceiling", "half_up": "half_up"}


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
        """The rules of rate, cap and minimum with span, source and status, for people."""
        named = [row for row in self.rows if not row.field.endswith(("_step", "_rounding"))]
        return "; ".join(f"{name_row(row)} ({row.status})" for row in named)

    @property
    def rounding_code(self) -> int:
        """The rounding as `charge_at` takes it."""
        return ROUNDING_CODES[self.rounding]

    @property
    def numbers(self) -> tuple[int, int, int, int, int]:
        """Numerator, denominator, minimum, unit and code of the rounding, in the order in which `charge_at` takes them.

        >>> Charge(57, 40_000, 200_000, 10_000, "floor", ()).numbers
        (57, 40000, 200000, 10000, 0)
        """
        return (self.numerator, self.denominator, self.minimum, self.unit, self.rounding_code)

    @property
    def is_computable(self) -> bool:
        """Whether it takes a share from none to the whole, and `charge_at` is exact for every amount up to 2^61."""
        whole = self.denominator * self.unit
        is_share = self.denominator > 0 and 0 <= self.numerator <= self.denominator
        fits = (
            0 < self.unit <= LIMIT and 0 <= self.minimum <= LIMIT and whole * max(self.numerator, 1) < 2**63
        )
        return is_share and fits


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
    """The broker's commission. `rate` is the client's own; without it the customary list rate of the class.

    A rate above the class's cap is brought down to it. MissingRule where a class has no customary rate (China has only
    a cap: give the rate of the schedule).
    """
    rows = []
    if rate is None:
        row = rules.row("commission_rate", classified, date)
        rate = row.rate
        rows.append(row)
    for cap in rules.find("commission_rate_cap", classified, date)[:1]:
        if rate > cap.rate:
            rate = cap.rate
            rows.append(cap)
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
    if rounding.value not in ROUNDINGS:
        raise TallystickError(
            "market.charge_rounding",
            "The rule {field} says {value}, which rounds no charge.",
            "Propose floor, ceiling or half_up.",
            field=rounding.field, value=rounding.value,
        )  # fmt: skip
    minimum = 0
    for field in minimum_fields:
        found = rules.find(field, classified, date)
        minimum = found[0].amount if found else 0
        rows = [*rows, *found[:1]]
    return Charge(
        numerator=rate.numerator, denominator=rate.denominator, minimum=minimum, unit=step.amount,
        rounding=ROUNDINGS[rounding.value], rows=(*rows, step, rounding),
    )  # fmt: skip


class FeeTerms(NamedTuple):
    """What trades of one class of instruments are charged on one date: commission, and the seller's taxes.

    A charge is None where the rules in force give none that can be computed; `absent` then says under the charge's
    name which rule is missing, for which class. `day_trade_lots` holds the lot types (1 board, 2 odd, 3 fixed price)
    that may pair to a day trade, none where `absent` names it.
    """

    commission: Charge | None
    transaction_tax: Charge | None
    day_trade_tax: Charge | None
    day_trade_tax_proprietary: Charge | None
    day_trade_lots: frozenset[int]
    absent: dict[str, str]


def fee_terms(rules: RuleTable, classified: Classified, date: datetime.date) -> FeeTerms:
    """Commission and taxes of a class of instruments on a date. Never fails: what is missing matters when it trades.

    >>> from tallystick.market.rules import RuleKey
    >>> from tallystick.market.seed import seed_rules
    >>> day = datetime.date(2026, 11, 20)
    >>> terms = fee_terms(seed_rules(), RuleKey(market="TW", venue="XTAI", product="etf"), day)
    >>> terms.commission.numbers, terms.transaction_tax.numbers
    ((57, 40000, 200000, 10000, 0), (1, 1000, 0, 10000, 0))
    >>> fee_terms(seed_rules(), RuleKey(market="TW", venue="XTAF", product="future_index"), day).absent["commission"]
    'commission_rate (TW/XTAF/*/future_index)'
    """
    absent: dict[str, str] = {}
    place = "/".join((classified.market, classified.venue, classified.board, classified.product))

    def known(name: str, terms: Callable[[], Charge]) -> Charge | None:
        try:
            charge = terms()
        except TallystickError as error:
            absent[name] = f"{error.values['field']} ({place})"
            return None
        if not charge.is_computable:
            absent[name] = f"{charge.rows[0].field} ({place})"
        return charge if charge.is_computable else None

    def tax(**kind: bool) -> Callable[[], Charge]:
        return lambda: tax_terms(rules, classified, date, "sell", **kind)

    charges = {
        "commission": known("commission", lambda: commission_terms(rules, classified, date)),
        "transaction_tax": known("transaction_tax", tax()),
        "day_trade_tax": known("day_trade_tax", tax(day_trade=True)),
        "day_trade_tax_proprietary": known(
            "day_trade_tax_proprietary", tax(day_trade=True, proprietary=True)
        ),
    }
    lots = _day_trade_lots(rules, classified, date)
    if lots is None:
        absent["day_trade_lots"] = f"{LOT_TYPES_FIELD} ({place})"
    return FeeTerms(**charges, day_trade_lots=lots or frozenset(), absent=absent)


def _day_trade_lots(rules: RuleTable, classified: Classified, date: datetime.date) -> frozenset[int] | None:
    """The lot types that may pair to a day trade, none where no row is about it; None where it does not read."""
    try:
        rows = [row for row in rules.find(LOT_TYPES_FIELD, classified, date) if row.unit == "list"]
    except ExpiredRule:
        return None
    names = {name.strip() for row in rows for name in row.value.split(",")}
    return frozenset(LOT_TYPES[name] for name in names) if names <= LOT_TYPES.keys() else None
