"""What corporate actions do to a price: exact fractions, from the exchanges' reference prices.

Taiwan and the mainland write the reference price alike. With the previous raw close P, cash C per share, free shares
F per share, and S new shares per share at the price A, all in exact fractions and not rounded:

    reference = (P - C + A x S) / (1 + F + S)

A capital reduction that keeps K shares per share and pays back R per share gives (P - R) / K, a change of par with N
new shares per old gives P / N. Actions of one ex-date make one reference price, in that order. The factor is
reference / P. A share-reform compensation (`reform`) does not adjust prices. A term of 0 undoes its part; one that is
missing counts as 0, and the ex-date is marked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["RATIO", "ActionTerms", "Step", "step_of"]

RATIO = 10**8
"""One whole of a ratio, which is kept in 1e-8."""

PLAUSIBLE = 20
"""A factor from 1/20 to 20 is within the expected range; one outside is used, and shown as unusual."""

PLAUSIBLE_CASH = 2
"""Cash alone is expected to leave at least half of the price."""

MARKS = ("incomplete", "unusual", "reform")
"""What is said of an ex-date when several of these hold: the first."""


class ActionTerms(NamedTuple):
    """One action: its kind and its terms as its record has them, None where it has none."""

    kind: str
    cash: int | None = None
    ratio: int | None = None
    subscription_price: int | None = None
    subscription_ratio: int | None = None


class Step(NamedTuple):
    """What actions of one ex-date do: numerator and denominator of the reference price (1e-4), of the factor of
    prices, of prices without what is not a change in the number of shares, and of the number of shares.

    `mark` says what a reader should know: empty, `reform`, `incomplete`, `impossible` or `unusual`.
    """

    reference: tuple[int, int]
    total: tuple[int, int]
    split: tuple[int, int]
    shares: tuple[int, int]
    mark: str


def step_of(actions: Sequence[ActionTerms], close: int, over: int = 1) -> Step:
    """What a symbol's actions of one ex-date do to prices, given the price before them: `close` (1e-4) / `over`.

    >>> step_of([ActionTerms("cash", cash=20_000)], 1_000_000).total
    (980000, 1000000)
    >>> step = step_of([ActionTerms("par_change", ratio=4 * RATIO)], 1_000_000)
    >>> [top / bottom for top, bottom in (step.total, step.split, step.shares)], step.mark
    ([0.25, 0.25, 4.0], '')
    """
    marks: set[str] = set()
    cash = free = paid = subscribed = 0
    split, shares = (1, 1), (1, 1)
    later = []
    for action in actions:
        if action.kind == "cash":
            cash += _given(action.cash, marks)
        elif action.kind == "stock" and (ratio := _given(action.ratio, marks)):
            free += ratio
            shares = (shares[0] * (RATIO + ratio), shares[1] * RATIO)
        elif action.kind == "rights":
            price, ratio = _given(action.subscription_price, marks), _given(action.subscription_ratio, marks)
            subscribed, paid = subscribed + ratio, paid + price * ratio
        elif action.kind == "reform":
            marks.add("reform")
        else:
            later.append(action)
    top, bottom = close - cash * over, over
    if free or subscribed:
        top, bottom = top * RATIO + paid * over, (RATIO + free + subscribed) * over
        split = (RATIO, RATIO + free)
    for action in sorted(later, key=lambda one: one.kind != "reduction"):
        if not (parts := _parts(action, marks)):
            continue
        refund = (action.cash or 0) if action.kind == "reduction" else 0
        top, bottom = (top - refund * bottom) * RATIO, bottom * parts
        split = (split[0] * RATIO, split[1] * parts)
        if action.kind == "par_change":
            shares = (shares[0] * parts, shares[1] * RATIO)
    if top <= 0 or close <= 0:
        return Step((top, bottom), (1, 1), split, shares, "impossible")
    only_cash = bool(cash) and not (free or subscribed or later)
    total = (top * over, bottom * close)
    if not _is_plausible(*total, only_cash):
        marks.add("unusual")
    mark = next((one for one in MARKS if one in marks), "") if marks else ""
    return Step((top, bottom), total, split, shares, mark)


def _is_plausible(top: int, bottom: int, only_cash: bool) -> bool:
    """Whether a factor is within the expected range."""
    return top * (PLAUSIBLE_CASH if only_cash else PLAUSIBLE) >= bottom and bottom * PLAUSIBLE >= top


def _given(value: int | None, marks: set[str]) -> int:
    """A term that must be there; one that is missing or below 0 counts as 0, and that is marked."""
    if value is None or value < 0:
        marks.add("incomplete")
        return 0
    return value


def _parts(action: ActionTerms, marks: set[str]) -> int:
    """How many shares stand for one afterwards; 0, and marked, when that is not said or the kind is not known."""
    if action.kind not in ("reduction", "par_change") or not action.ratio or action.ratio < 0:
        marks.add("incomplete")
        return 0
    return action.ratio
