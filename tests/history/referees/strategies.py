"""Inputs for the referees and for the code that is compared with them, full of near misses.

Each `<name>_case(choose)` builds one input out of choices `choose(low, high)` between whole numbers, both included.
Two things can choose: a seed (`asof_case(seeded(7))`, for the many cases of a plain loop) and Hypothesis
(`@given(asof_cases)`, which makes a failing case small). Rows have the columns of the datasets, so they can be given
to a lake as they are; times are ns of made-up days. Lists are in the order of commit, and not sorted.

What the cases lean towards: equal timestamps and equal sequences, whole rows doubled, a first quote later than the
first trade, symbols of one side only; an ex-date on the first bar, before it, after the last, on no session; several
actions on one date and several moved to one bar; subscription above the price, splits backwards, reform rows with a
ratio; corrected and undone versions of equal known time; bars of volume 0 and of unknown volume, bars at the very end
of a session and where one session meets the next; rules at the day they change, clocks unknown, 29 February, holds at
the day they are released.
"""

from __future__ import annotations

import datetime
import random

from hypothesis import strategies as st

from referees.retention_referee import later

DAY = datetime.date(2026, 11, 16)
MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
KINDS = ("cash", "stock", "rights", "reduction", "par_change", "reform")
RATIO_ONE = 10**8


def seeded(seed):
    """Choices by a seed.

    >>> seeded(7)(1, 6) == seeded(7)(1, 6)
    True
    """
    return random.Random(seed).randint


def midnight(date):
    """The start of a day in UTC, ns."""
    return (date - datetime.date(1970, 1, 1)).days * 24 * HOUR


def known(step):
    """A known time: few different ones, so that they are often equal."""
    return midnight(DAY) + step * HOUR


def one_of(choose, options):
    """One of a few things."""
    return options[choose(0, len(options) - 1)]


def unless(choose, value, one_in=5):
    """The value, or one time in so many null."""
    return None if choose(1, one_in) == 1 else value


def shuffled(choose, rows):
    """The rows in some order."""
    rows = list(rows)
    for at in range(len(rows) - 1, 0, -1):
        other = choose(0, at)
        rows[at], rows[other] = rows[other], rows[at]
    return rows


# As-of joins


def asof_case(choose):
    """`left` (trades), `right` (quotes), `tolerance` in ns or None."""
    late = choose(0, 1) * choose(0, 8)  # how long after the trades the quotes begin
    left = [_trade(choose, at) for at in range(choose(0, 12))]
    right = [_quote(choose, at, late) for at in range(choose(0, 16))]
    if right and choose(0, 2) == 0:
        again = one_of(choose, right)
        right.append({**again, "bid": again["bid"] + 1})
    return {"left": left, "right": right, "tolerance": one_of(choose, [None, None, 0, 1, 3])}


def _tick(symbol, ts, seq):
    ts = midnight(DAY) + ts
    return {
        "symbol": symbol,
        "instrument": -1,
        "date": DAY,
        "ts": ts,
        "seq": seq,
        "event_time": ts,
        "known_time": known(24),
        "source": "drawn",
    }


def _trade(choose, at):
    row = _tick(one_of(choose, ["A", "A", "B", "LEFT"]), choose(0, 9), choose(0, 3))
    return {**row, "price": 10_0000 + at, "quantity": 1}


def _quote(choose, at, late):
    row = _tick(one_of(choose, ["A", "A", "B", "RIGHT"]), choose(0, 9) + late, choose(0, 3))
    return {**row, "bid": 9_0000 + at, "ask": 11_0000 + at}


# Adjustment


def adjustment_case(choose):
    """`bars` and `actions` of one symbol, all versions, and `known_at` or None."""
    dates = [DAY]
    for _more in range(choose(0, 9)):
        dates.append(dates[-1] + datetime.timedelta(days=one_of(choose, [1, 1, 2, 3])))
    bars = [_daily(choose, date, choose(0, 2)) for date in dates]
    bars += [_daily(choose, one_of(choose, dates), choose(1, 4)) for _again in range(choose(0, 2))]
    span = (dates[-1] - dates[0]).days
    actions = []
    for _action in range(choose(0, 7)):
        if actions and choose(0, 2) == 0:
            ex_date = one_of(choose, actions)["ex_date"]
        else:
            ex_date = DAY + datetime.timedelta(days=choose(-2, span + 2))
        actions.append(_action_of(choose, ex_date, one_of(choose, KINDS), choose(0, 3)))
    if actions and choose(0, 1):
        actions.append(_undone(one_of(choose, actions), choose(0, 1)))
    known_at = unless(choose, known(choose(0, 5)), one_in=2)
    return {"bars": bars, "actions": actions, "known_at": known_at}


def _daily(choose, date, step):
    low, spread = choose(50_0000, 500_0000), choose(0, 20_0000)
    return {
        "symbol": "9901.XTAI",
        "instrument": -1,
        "date": date,
        "open": low + choose(0, spread),
        "high": low + spread,
        "low": low,
        "close": low + choose(0, spread),
        "volume": one_of(choose, [0, None, 1, 7, 1000]),
        "amount": one_of(choose, [None, 0, 5_0000]),
        "trade_count": one_of(choose, [None, 0, 3]),
        "event_time": midnight(date) + 24 * HOUR,
        "known_time": known(step),
        "source": "drawn",
    }


def _action_of(choose, ex_date, kind, step):
    """Cash stays below any price, so that no reference is negative."""
    cash = one_of(choose, [0, 1, 2_5000, 5_0000])
    ratio = one_of(choose, [0, 1, 3_333_333, RATIO_ONE // 10, RATIO_ONE])
    row = {
        "symbol": "9901.XTAI",
        "instrument": -1,
        "ex_date": ex_date,
        "kind": kind,
        "cash": None,
        "ratio": None,
        "subscription_price": None,
        "subscription_ratio": None,
        "currency": "TWD",
        "announced": None,
        "event_time": midnight(ex_date),
        "known_time": known(step),
        "source": "drawn",
    }
    if kind == "cash":
        row["cash"] = cash
    if kind in ("stock", "reform"):
        row["ratio"] = ratio
    if kind == "rights":
        row["subscription_price"] = one_of(choose, [1, 30_0000, 600_0000])
        row["subscription_ratio"] = ratio
    if kind == "reduction":
        row["ratio"] = one_of(choose, [RATIO_ONE, RATIO_ONE * 9 // 10, 66_666_667, RATIO_ONE // 4])
        row["cash"] = unless(choose, cash, one_in=2)
    if kind == "par_change":
        row["ratio"] = one_of(choose, [RATIO_ONE, 10 * RATIO_ONE, 4 * RATIO_ONE, RATIO_ONE // 5])
    return row


def _undone(action, hours):
    """The same action with no effect, known at the same time or later."""
    must_be_one = action["kind"] in ("reduction", "par_change")
    nothing = {"cash": 0, "ratio": RATIO_ONE if must_be_one else 0, "subscription_ratio": 0}
    values = {name: value for name, value in nothing.items() if action[name] is not None}
    return {**action, **values, "known_time": action["known_time"] + hours * HOUR}


# Resampling

SESSIONS = {
    "one": [(60, 325)],
    "lunch": [(90, 210), (300, 417)],
    "adjacent": [(60, 97), (97, 120)],
    "overnight": [(420, 1260)],
}
"""Minutes after midnight UTC at which continuous trading opens and closes; `overnight` runs past 16:00 UTC, Taipei's
midnight, and its minutes belong to the next trade date."""


def minutes_case(choose):
    """Minute `bars` of up to two symbols and dates, their `sessions` in ns, and `minutes` of the longer bars."""
    shape = one_of(choose, sorted(SESSIONS))
    bars, sessions = {}, []
    for day in range(choose(1, 2)):
        date = DAY + datetime.timedelta(days=day)
        start = midnight(date)
        here = [(start + opens * MINUTE, start + closes * MINUTE) for opens, closes in SESSIONS[shape]]
        sessions += here
        trade_date = date + datetime.timedelta(days=shape == "overnight")
        for _bar in range(choose(0, 14)):
            bar = _minute(choose, trade_date, here)
            bars[(bar["symbol"], bar["ts_start"], bar["phase"])] = bar
    rows = shuffled(choose, bars.values())
    return {"bars": rows, "sessions": sessions, "minutes": one_of(choose, [5, 15, 60])}


def _minute(choose, date, sessions):
    opening, closing = one_of(choose, sessions)
    last = (closing - opening) // MINUTE
    inside = [0, 1, 4, 5, 14, 15, 16, last - 1, last, choose(0, last)]
    ts_start, length, phase = opening + one_of(choose, inside) * MINUTE, MINUTE, "continuous"
    if choose(0, 6) == 0:
        ts_start, length, phase = opening, 0, "open_auction"
    elif choose(0, 6) == 0:
        ts_start, length, phase = closing, 5 * MINUTE, "close_auction"
    row = _daily(choose, date, choose(0, 3))
    times = {"ts_start": ts_start, "ts_end": ts_start + length, "event_time": ts_start + length}
    return {**row, **times, "symbol": one_of(choose, ["A", "A", "B"]), "phase": phase}


def days_case(choose):
    """Daily `bars` of up to two symbols around ends of weeks, months and a year, and `freq`."""
    first = one_of(
        choose, [datetime.date(2026, 12, 24), datetime.date(2024, 2, 20), datetime.date(2026, 10, 30)]
    )
    bars = {}
    for _bar in range(choose(0, 12)):
        bar = _daily(choose, first + datetime.timedelta(days=choose(0, 14)), choose(0, 3))
        bar["symbol"] = one_of(choose, ["A", "A", "B"])
        bars[(bar["symbol"], bar["date"])] = bar
    return {"bars": shuffled(choose, bars.values()), "freq": one_of(choose, ["1w", "1mo"])}


# Known at


def store_case(choose):
    """`batches` of rows with key (symbol, date) in the order of commit, and `questions`, times or None."""
    batches = []
    for batch in range(choose(0, 5)):
        step = choose(0, 6)
        batches.append([_version(choose, batch, at, step) for at in range(choose(1, 5))])
    questions = [unless(choose, known(choose(-1, 8)) + choose(-1, 1)) for _question in range(5)]
    return {"batches": batches, "questions": questions}


def _version(choose, batch, at, step):
    row = _daily(choose, DAY + datetime.timedelta(days=choose(0, 2)), step)
    row["symbol"] = one_of(choose, ["A", "B"])
    row["volume"] = batch * 100 + at  # so that every version can be told from every other
    return {**row, "withdrawn": choose(0, 5) == 0}


# Retention

CLASSES = ("orders", "orders", "vouchers")
CLOCKS = ("event", "year_end", "relationship_end")
DATES = [
    datetime.date(2019, 12, 31),
    datetime.date(2020, 1, 1),
    datetime.date(2020, 2, 29),
    datetime.date(2020, 8, 31),
    datetime.date(2024, 12, 31),
    datetime.date(2025, 1, 1),
]


def retention_case(choose):
    """`rows`, `rules`, `holds`, and `asked`, a day that is often the first or last of something."""
    rows = [_kept_row(choose) for _row in range(choose(1, 3))]
    rules = [_rule(choose) for _rule_number in range(choose(0, 4))]
    holds = [_hold(choose) for _hold_number in range(choose(0, 3))]
    asked = _near(choose, one_of(choose, _days_that_count(choose, rows, rules, holds)))
    return {"rows": rows, "rules": rules, "holds": holds, "asked": asked}


def _days_that_count(choose, rows, rules, holds):
    """Ends of keeping; or days on which a hold, or a rule, begins or ends; or two days far from all."""
    ends = [
        later(row["clocks"][rule["clock"]], rule["years"], rule["months"])
        for rule in rules
        for row in rows
        if row["clocks"][rule["clock"]] and row["record_class"] == rule["record_class"]
    ]
    changes = [rule[name] for rule in rules for name in ("valid_from", "valid_to") if rule[name]]
    held = [hold[name] for hold in holds for name in ("opened", "released") if hold[name]]
    far = [datetime.date(2021, 6, 1), datetime.date(2050, 1, 1)]
    return one_of(choose, [ends, ends, held, changes, far]) or far


def _near(choose, date):
    return date + datetime.timedelta(days=one_of(choose, [-1, 0, 0, 1]))


def _kept_row(choose):
    event_date = one_of(choose, DATES)
    clocks = {"event": event_date, "year_end": event_date.replace(month=12, day=31)}
    clocks["relationship_end"] = unless(choose, one_of(choose, DATES), one_in=4)
    return {
        "market": unless(choose, one_of(choose, ["TW", "TW", "CN"]), one_in=8),
        "record_class": one_of(choose, CLASSES),
        "event_date": unless(choose, event_date, one_in=8),
        "clocks": clocks,
        "dataset": one_of(choose, ["ledger.orders", "ledger.cash"]),
        "symbol": unless(choose, one_of(choose, ["A", "B"]), one_in=6),
        "date": event_date,
    }


def _rule(choose):
    start, end = sorted([one_of(choose, DATES), one_of(choose, DATES)])
    return {
        "market": one_of(choose, ["TW", "TW", "CN", "*"]),
        "record_class": one_of(choose, CLASSES),
        "clock": one_of(choose, CLOCKS),
        "years": one_of(choose, [0, 1, 5, 10]),
        "months": one_of(choose, [0, 0, 2, 6]),
        "valid_from": unless(choose, _near(choose, start), one_in=3),
        "valid_to": unless(choose, _near(choose, end) + datetime.timedelta(days=3), one_in=2),
    }


def _hold(choose):
    opened = _near(choose, one_of(choose, DATES))
    days = one_of(choose, [0, 1, 1]) * choose(1, 4000)
    low, high = sorted([one_of(choose, DATES), one_of(choose, DATES)])
    conditions = [{}, {"symbol": ("values", ["A"])}, {"date": ("range", low, high)}]
    conditions.append(conditions[1] | conditions[2])
    return {
        "opened": opened,
        "released": opened + datetime.timedelta(days=days) if days else None,
        "dataset": one_of(choose, [None, "ledger.orders"]),
        "within": one_of(choose, conditions),
    }


@st.composite
def _drawn(draw, case):
    return case(lambda low, high: draw(st.integers(low, high)))


asof_cases = _drawn(asof_case)
adjustment_cases = _drawn(adjustment_case)
minutes_cases = _drawn(minutes_case)
days_cases = _drawn(days_case)
store_cases = _drawn(store_case)
retention_cases = _drawn(retention_case)
