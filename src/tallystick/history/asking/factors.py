"""What each ex-date does to prices, listed: so that an adjusted price can be traced to its actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from tallystick.core.schema import BusinessDate, Column, Price, Record, number_date
from tallystick.history.asking.adjustment import ExDate

__all__ = ["FactorLine", "factor_lines"]

Ratio = Annotated[float, Column("float64", unit="ratio")]


class FactorLine(Record, frozen=True, kw_only=True):
    """One ex-date of a symbol: kinds of its actions, raw close before, reference price (half up to 1e-4), factors.

    `factor` is of prices with all actions, `split_factor` of prices with those that change the number of shares,
    `volume_factor` of volumes; each of rows before the ex-date, seen from it, as the nearest
    float. `mark` is empty, or says what to know:
    `unusual` (outside the expected range, used), `incomplete` (a term is missing, left out), `impossible` (the
    reference price is not above 0, not used), `reform` (does not adjust), `no_bar_before`, `no_bar_since` (nothing to
    adjust yet).
    """

    symbol: str
    ex_date: BusinessDate
    kinds: str
    previous_close: Price | None
    reference_price: Price | None
    factor: Ratio | None
    split_factor: Ratio | None
    volume_factor: Ratio | None
    mark: str


def factor_lines(listed: Iterable[ExDate]) -> list[FactorLine]:
    """The lines of some ex-dates."""
    return [_line(one) for one in listed]


def _line(one: ExDate) -> FactorLine:
    step = one.step
    mark = "no_bar_before" if step is None else step.mark or ("" if one.reached else "no_bar_since")
    return FactorLine(
        symbol=one.symbol,
        ex_date=number_date(one.date),
        kinds=",".join(one.kinds),
        previous_close=one.close,
        reference_price=None if step is None else _rounded(*step.reference),
        factor=None if step is None else step.total[0] / step.total[1],
        split_factor=None if step is None else step.split[0] / step.split[1],
        volume_factor=None if step is None else step.shares[0] / step.shares[1],
        mark=mark,
    )


def _rounded(top: int, bottom: int) -> int:
    """A fraction as a whole number, half up."""
    return (2 * top + bottom) // (2 * bottom)
