"""Made-up figures around the prices: interest rates, companies' accounts, and the settlement of an index future."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from tallystick.core.money import SCALE
from tallystick.core.schema import date_number

__all__ = [
    "FUNDAMENTALS", "FUTURES_SETTLEMENT", "RATES", "fundamental_rows", "future_rows", "index_levels", "rate_rows",
]  # fmt: skip

Array = np.ndarray[Any, np.dtype[Any]]
KnownAt = Callable[[datetime.date], int]
"""When the firm knew what was published on a date, UTC ns."""

RATES, FUNDAMENTALS, FUTURES_SETTLEMENT = (
    "history.rates",
    "history.fundamentals",
    "history.futures_settlement",
)
RATES_PURPOSE, ACCOUNTS_PURPOSE, FUTURES_PURPOSE = 52, 53, 54

POLICY, STEPS = 200, (0.35, 0.8)
"""The policy rate at first, in hundredths of a per cent; it moves an eighth at these parts of the year."""
EIGHTH, BASIS_POINT = 0.125, 10_000
CURVES = (
    ("MADEUP-INTERBANK", "ON", -0.6), ("MADEUP-INTERBANK", "1M", -0.4), ("MADEUP-INTERBANK", "3M", -0.2),
    ("MADEUP-GOVERNMENT", "2Y", -0.5), ("MADEUP-GOVERNMENT", "5Y", -0.35), ("MADEUP-GOVERNMENT", "10Y", -0.2),
)  # fmt: skip
"""Curve, tenor, and its distance to the policy rate in per cent."""
STIR = 0.012
"""Deviation of a rate's daily change, in per cent."""

DEADLINES = {3: (5, 15), 6: (8, 14), 9: (11, 14), 12: (3, 31)}
"""Until when the accounts of the quarter that ends in a month are published (month, day)."""
EARLY_DAYS, QUARTERS = 20, 5
RESTATED, RESTATED_AFTER = 0.03, 25
"""How many figures are told anew, and so many days later at most."""

FUTURE, INDEX, INDEX_START, POINT = "MXF", "MX50", 20_000.0, 10_000
CARRY, BASIS_NOISE = 0.015, 0.0008
CONTRACTS = 2


def rate_rows(sessions: Sequence[datetime.date], seed: int, known_at: KnownAt) -> pa.Table:
    """Rows of `history.rates`: a policy rate that moves twice in the year, and two curves that follow it."""
    random = np.random.default_rng([seed, RATES_PURPOSE])
    count = len(sessions)
    policy = np.full(count, POLICY / 100)
    for part in STEPS:
        policy[int(part * count) :] += EIGHTH
    stirred = np.zeros((count, len(CURVES)))
    noise = STIR * random.standard_normal(stirred.shape)
    for day in range(1, count):
        stirred[day] = 0.97 * stirred[day - 1] + noise[day]
    levels = policy[:, None] + stirred + np.array([distance for _, _, distance in CURVES])
    levels = np.concatenate([policy[:, None], levels], axis=1)
    names = [("MADEUP-POLICY", "spot"), *((curve, tenor) for curve, tenor, _ in CURVES)]
    rates = np.maximum(np.rint(levels * 1_000), 0).astype(np.int64) * 1_000
    known = [known_at(session) for session in sessions]
    return pa.table({
        "curve": pa.array([curve for curve, _ in names] * count),
        "tenor": pa.array([tenor for _, tenor in names] * count),
        "date": pa.array(np.repeat(_numbers(sessions), len(names))).cast(pa.date32()),
        "rate": pa.array(rates.reshape(-1)),
        "currency": pa.array(["TWD"] * rates.size),
        "event_time": pa.array(np.repeat(np.array(known, np.int64), len(names))),
    })  # fmt: skip


def fundamental_rows(
    symbols: Sequence[str],
    codes: Array,
    shares: Array,
    prices: Array,
    last: datetime.date,
    seed: int,
    known_at: KnownAt,
) -> pa.Table:
    """Rows of `history.fundamentals`: the last quarters of each share that were published by `last`.

    `shares` are issued, `prices` (1e-4) a share's at the end. A few figures are told anew some weeks later.
    """
    random = np.random.default_rng([seed, ACCOUNTS_PURPOSE])
    count = len(symbols)
    margin = random.uniform(0.03, 0.25, count)
    multiple = np.exp(random.normal(2.8, 0.4, count))
    earned = shares * (prices / SCALE) / multiple / 4
    parts = []
    for place, (end, deadline) in enumerate(_quarters(last)):
        grown = earned * (1 + 0.02 * place) * np.exp(0.15 * random.standard_normal(count))
        revenue = grown / (margin * np.exp(0.1 * random.standard_normal(count)))
        early = random.integers(0, EARLY_DAYS, count)
        figures = {"revenue": revenue, "net_income": grown, "eps": grown / np.maximum(shares, 1)}
        announced = date_number(deadline) - early
        parts += [_figures(item, end, values, announced) for item, values in figures.items()]
        anew = np.flatnonzero(random.random(count) < RESTATED)
        later = announced[anew] + 1 + random.integers(0, RESTATED_AFTER, len(anew))
        parts.append({**_figures("revenue", end, revenue[anew] * 0.97, later), "column": anew, "revision": 1})
    return _accounts(parts, symbols, codes, date_number(last), known_at)


def index_levels(closes: Array, sizes: Array) -> Array:
    """An index of prices [sessions, shares] as adjusted, weighted by size at the start, in points."""
    weights = sizes / sizes.sum()
    levels: Array = INDEX_START * (closes / closes[0] * weights).sum(axis=1)
    return levels


def future_rows(levels: Array, sessions: Sequence[datetime.date], seed: int, known_at: KnownAt) -> pa.Table:
    """Rows of `history.futures_settlement`: the two nearest months of a future on the made-up index, whole points."""
    random = np.random.default_rng([seed, FUTURES_PURPOSE])
    noise = random.standard_normal((len(sessions), CONTRACTS, 3))
    rows: list[tuple[Any, ...]] = []
    for day, session in enumerate(sessions):
        known = known_at(session)
        for place, expiry in enumerate(_expiries(session)):
            left = (expiry - session).days
            basis = CARRY * left / 365 + (BASIS_NOISE * noise[day, place, 0] if left else 0)
            interest = (
                60_000 * np.exp(-1.6 * place) * min(1, (left + 3) / 25) * np.exp(0.1 * noise[day, place, 1])
            )
            volume = 90_000 * np.exp(-2.2 * place + 0.25 * noise[day, place, 2])
            price = round(levels[day] * (1 + basis)) * POINT
            symbol = f"{FUTURE}{expiry:%Y%m}.XTAF"
            rows.append((symbol, session, price, int(interest), int(volume), str(expiry), known))
    names = ("symbol", "date", "settlement", "open_interest", "volume", "expiry", "event_time")
    kinds = (pa.string(), pa.date32(), pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.int64())
    columns = {
        name: pa.array([row[place] for row in rows], kind)
        for place, (name, kind) in enumerate(zip(names, kinds, strict=True))
    }
    return pa.table({**columns, "underlying": pa.array([INDEX] * len(rows), pa.string())})


def _numbers(sessions: Sequence[datetime.date]) -> Array:
    return np.array([date_number(session) for session in sessions], np.int32)


def _quarters(last: datetime.date) -> list[tuple[datetime.date, datetime.date]]:
    """The ends of the last quarters before a date, and when their accounts are due, in order of time."""
    found: list[tuple[datetime.date, datetime.date]] = []
    year, month = last.year, (last.month - 1) // 3 * 3
    while len(found) < QUARTERS:
        if month == 0:
            year, month = year - 1, 12
        end = datetime.date(year, month, 31 if month in (3, 12) else 30)
        due = datetime.date(year + (month == 12), *DEADLINES[month])
        found.append((end, due))
        month -= 3
    return found[::-1]


def _figures(item: str, end: datetime.date, values: Array, announced: Array) -> dict[str, Any]:
    scaled = np.rint(values * SCALE).astype(np.int64)
    if item != "eps":
        scaled = scaled // (1_000 * SCALE) * (1_000 * SCALE)
    else:
        scaled = scaled // 100 * 100
    column = np.arange(len(values))
    return {
        "item": item,
        "end": end,
        "value": scaled,
        "announced": announced,
        "column": column,
        "revision": 0,
    }


def _accounts(
    parts: list[dict[str, Any]], symbols: Sequence[str], codes: Array, last: int, known_at: KnownAt
) -> pa.Table:
    """The parts as one table, without what was not published by `last` (a date's number)."""
    sizes = [len(part["value"]) for part in parts]
    value, announced, column = (
        np.concatenate([part[name] for part in parts]) for name in ("value", "announced", "column")
    )
    revision = np.repeat(np.array([part["revision"] for part in parts], np.int32), sizes)
    ends = np.repeat(_numbers([part["end"] for part in parts]), sizes)
    item = np.repeat(np.array([part["item"] for part in parts]), sizes)
    kept = np.flatnonzero(announced <= last)
    moments = {
        day: known_at(datetime.date(1970, 1, 1) + datetime.timedelta(days=day))
        for day in np.unique(announced[kept]).tolist()
    }
    return pa.table({
        "symbol": pa.array(list(symbols)).take(pa.array(column[kept])),
        "instrument": pa.array(codes[column[kept]].astype(np.int32)),
        "item": pa.array(item[kept].tolist(), pa.string()),
        "period_end": pa.array(ends[kept]).cast(pa.date32()),
        "period": pa.array(["quarter"] * len(kept), pa.string()),
        "value": pa.array(value[kept]),
        "currency": pa.array(["TWD"] * len(kept), pa.string()),
        "announced": pa.array(announced[kept].astype(np.int32)).cast(pa.date32()),
        "known_time": pa.array([moments[day] for day in announced[kept].tolist()], pa.int64()),
        "revision": pa.array(revision[kept]),
        "reason": pa.array(["restated" if number else None for number in revision[kept].tolist()], pa.string()),
    })  # fmt: skip


def _expiries(session: datetime.date) -> list[datetime.date]:
    """The third Wednesdays of the nearest months that have not passed."""
    found: list[datetime.date] = []
    first = session.replace(day=1)
    while len(found) < CONTRACTS:
        expiry = first + datetime.timedelta(days=(2 - first.weekday()) % 7 + 14)
        if expiry >= session:
            found.append(expiry)
        first = (first + datetime.timedelta(days=32)).replace(day=1)
    return found
