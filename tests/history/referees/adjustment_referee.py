"""Adjusted daily bars of one instrument, from raw bars and typed corporate actions as known at a time.

Rule text: the factor of an event is its reference price over the previous raw close. The reference is
`(P - cash + subscription_price x subscription_ratio) / (1 + free_ratio + subscription_ratio)`; after a capital
reduction `(P - refund) / shares kept per share`; after a change of par `P / new shares per old` (TWSE Operating Rules
art. 67-1 and 67-2). A share reform does not adjust. Several actions on one ex-date combine; those of different
ex-dates follow one another, the reference of one being the P of the next where no bar is between; an action whose
ex-date is no session applies at the next bar; actions before the first bar or after the last do nothing. `latest_bar`
leaves the last bar as traded, `series_start` the first. The volume has a factor of its own, for splits and stock
dividends only.

Prices, cash and subscription prices are integers in 1e-4 of currency, ratios integers in 1e-8, as in the records.
Every answer is an exact Fraction; `half_up` gives the stored price.

Where the text is silent:

- A1. Nothing is rounded on the way: neither the reference (to a cent or a tick, as an exchange publishes it) nor a
  factor. Only a price that is stored is, once, half up to 1e-4.
- A2. P is the raw close of the bar just before the bar at which the action applies, whatever its volume and however
  long ago; after corrections, its version as known at the time asked.
- A3. Actions of one ex-date combine: first one formula over the sums of cash, free ratios and subscriptions; then the
  reduction on that reference (its refund is per share before the reduction); then the change of par on that. Ex-dates
  that were moved to the same bar are walked through by date: terms are per share as it is on their own ex-date.
- A4. `split` keeps the parts that only change the number of shares: stock, reduction (ratio), par change. Cash, the
  refund of a reduction and rights are left out of its formula. `total` takes all parts.
- A5. Volume: a stock dividend multiplies earlier volumes by 1 + free ratio, a change of par (a split, also backwards)
  by new shares per old. Cash and rights leave the volume alone, and so does a reduction: the text says "only" and does
  not name it, although its price factor is above 1. The volume factor is the same for `split` and `total`, and
  1 for `none`.
- A6. The anchor is the instrument's first or last bar known at the time asked, not the first or last of the dates
  asked for: dates are cut after adjusting, so two questions about one day agree.
- A7. An action applies at the first bar whose date is not before its ex-date. If that is the first bar of all, there
  is no previous close and it does nothing, on either anchor.
- A8. Each kind reads only its own columns (cash: `cash`; stock: `ratio`; rights: `subscription_price` and
  `subscription_ratio`; reduction: `ratio` and `cash` as the refund; par_change: `ratio`; reform: none). Null is 0, but
  a reduction or change of par must have a ratio above 0, else ValueError. The currency is taken to be the price's.
- A9. A reference or previous close not above 0 is a ValueError: no factor is made up. Where the reference is only
  negative by its cash, `split` still answers.
- A10. Known at T: actions by (symbol, ex_date, kind), bars by (symbol, date), each the version with the latest
  `known_time` <= T, ties by later in the list. `announced`, `event_time` and `revision` decide nothing. An action is
  undone by a version with zeros (reduction and change of par: ratio 1, no refund); a moved ex-date is a new key, so the
  old one must be undone as well.
- A11. Open, high, low and close take the same factor. Amount and trade count are never adjusted; an unknown volume
  stays unknown; the adjusted volume is not rounded.
- A12. Minute bars take the factor of their trade date, worked out from the daily bars (`factors_on`).

>>> bar = {"symbol": "A", "date": 1, "known_time": 0, "open": 100, "high": 100, "low": 100, "close": 100, "volume": 7}
>>> bars = [bar, {**bar, "date": 2, "open": 90, "high": 99, "low": 90, "close": 99}]
>>> action = {"symbol": "A", "ex_date": 2, "kind": "cash", "cash": 10, "known_time": 0}
>>> [str(bar["close"]) for bar in adjusted_bars(bars, [action], "total", "latest_bar")]
['90', '99']
>>> [str(bar["close"]) for bar in adjusted_bars(bars, [action], "total", "series_start")]
['100', '110']
"""

from __future__ import annotations

import itertools
from fractions import Fraction

from referees.known_at_referee import as_known_at

PRICES = ("open", "high", "low", "close")
RATIO_ONE = 10**8


def adjusted_bars(bars, actions, adjust="none", anchor="latest_bar", known_at=None):
    """The bars known at a time, in the order of dates, prices and volume as exact Fractions."""
    if anchor not in ("latest_bar", "series_start"):
        raise ValueError(f"no anchor {anchor}")
    bars = as_known_at(bars, ("symbol", "date"), known_at)
    actions = as_known_at(actions, ("symbol", "ex_date", "kind"), known_at)
    events = events_of(bars, actions, adjust)
    answer = []
    for bar in bars:
        price_factor, volume_factor = factors_on(bar["date"], events, anchor)
        adjusted = {**bar, **{name: bar[name] * price_factor for name in PRICES}}
        adjusted["volume"] = None if bar["volume"] is None else bar["volume"] * volume_factor
        answer.append(adjusted)
    return answer


def events_of(bars, actions, adjust):
    """What changes the price: (date of the bar at which it applies, price factor, volume factor), by date.

    `bars` and `actions` are versions that hold, of one instrument, bars in the order of dates.
    """
    if adjust not in ("none", "split", "total"):
        raise ValueError(f"no adjustment {adjust}")
    if len({row["symbol"] for row in [*bars, *actions]}) > 1:
        raise ValueError("one instrument at a time")
    if adjust == "none":
        return []
    events = []
    for before, bar in itertools.pairwise(bars):
        here = [action for action in actions if before["date"] < action["ex_date"] <= bar["date"]]
        if here:
            factor = reference_of_dates(before["close"], here, adjust) / before["close"]
            events.append((bar["date"], factor, volume_multiple(here)))
    return events


def reference_of_dates(previous_close, actions, adjust="total"):
    """The reference after all ex-dates between two bars, one after the other.

    >>> split = {"ex_date": 1, "kind": "par_change", "ratio": 10 * RATIO_ONE}
    >>> reference_of_dates(100_000, [{"ex_date": 2, "kind": "cash", "cash": 5_000}, split])
    Fraction(5000, 1)
    """
    price = Fraction(previous_close)
    for ex_date in sorted({action["ex_date"] for action in actions}):
        price = reference(price, [action for action in actions if action["ex_date"] == ex_date], adjust)
    return price


def factors_on(date, events, anchor):
    """The factors (price, volume) of a trade date."""
    price_factor, volume_factor = Fraction(1), Fraction(1)
    for applies, price, volume in events:
        if anchor == "latest_bar" and applies > date:
            price_factor *= price
            volume_factor *= volume
        if anchor == "series_start" and applies <= date:
            price_factor /= price
            volume_factor /= volume
    return price_factor, volume_factor


def reference(previous_close, actions, adjust="total"):
    """The price at which the holder of one share before and of what it became are as rich.

    >>> reference(100, [{"kind": "cash", "cash": 10}, {"kind": "stock", "ratio": 20_000_000}])
    Fraction(75, 1)
    """
    whole = adjust == "total"
    price, shares = Fraction(previous_close), Fraction(1)
    for action in actions:
        if action["kind"] == "cash" and whole:
            price -= action.get("cash") or 0
        if action["kind"] == "stock":
            shares += ratio_of(action, "ratio")
        if action["kind"] == "rights" and whole:
            subscribed = ratio_of(action, "subscription_ratio")
            price += (action.get("subscription_price") or 0) * subscribed
            shares += subscribed
    price /= shares
    for action in actions:
        if action["kind"] == "reduction":
            refund = (action.get("cash") or 0) if whole else 0
            price = (price - refund) / positive_ratio(action)
    for action in actions:
        if action["kind"] == "par_change":
            price /= positive_ratio(action)
    if previous_close <= 0 or price <= 0:
        raise ValueError(f"the reference of {previous_close} is {price}")
    return price


def volume_multiple(actions):
    """How many shares after stand for one share before, as far as the volume is concerned."""
    multiple = Fraction(1)
    for action in actions:
        if action["kind"] == "stock":
            multiple *= 1 + ratio_of(action, "ratio")
        if action["kind"] == "par_change":
            multiple *= positive_ratio(action)
    return multiple


def ratio_of(action, column):
    """A ratio of an action as a fraction, 0 where it is null."""
    return Fraction(action.get(column) or 0, RATIO_ONE)


def positive_ratio(action):
    """The ratio of a reduction or change of par."""
    ratio = ratio_of(action, "ratio")
    if ratio <= 0:
        raise ValueError(f"a {action['kind']} needs a ratio above 0")
    return ratio


def half_up(value):
    """The nearest whole number, a half going away from zero.

    >>> half_up(Fraction(5, 2)), half_up(Fraction(7, 2)), half_up(Fraction(249, 100)), half_up(Fraction(-5, 2))
    (3, 4, 2, -3)
    """
    size = (abs(value) * 2 + 1) // 2
    return int(size) if value >= 0 else -int(size)
