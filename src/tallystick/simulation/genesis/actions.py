"""Corporate actions of the made-up year, and the raw prices that they ask for.

The path that the returns draw is what an investor earns; it stays as it is from the last ex-date on. Before an ex-date
raw prices are the path times a scale, so chosen that the ex-date's reference price comes out where the path closed on
the day before: adjusted raw prices are the path again, but for the rounding to ticks.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from tallystick.simulation.genesis.prices import DailyBars, TermsOf, on_tick

__all__ = ["ACTIONS", "Action", "Actions", "RawYear", "action_rows", "draw_actions", "raw_year"]

Array = np.ndarray[Any, np.dtype[Any]]

ACTIONS = "history.actions"
PURPOSE = 50
RATIO = 10**8
CASH_PAYERS, STOCK_PAYERS = 0.8, 0.05
"""Of the shares, how many pay in cash, and how many in shares; every fund pays twice."""
LEAST_YIELD, MOST_YIELD, CASH_STEP = 0.01, 0.055, 500
STOCK_RATIOS = (3_000_000, 5_000_000, 10_000_000)
KEPT, PAR_RATIO = 80_000_000, 200_000_000
"""The capital reduction keeps 0.8 shares per share and pays nothing back; the change of par gives 2 for 1."""
SEASON = (6, 7, 8, 9)
"""Months in which shares go ex, where the year has such days."""
MARGIN = 12
"""Sessions at both ends of the year without an ex-date."""
QUIET = 0.06
"""The path moves less than this on an ex-date, so that it stays inside the limits of either reference price."""
SPLITS = ("stock", "reduction", "par_change")
ANNOUNCED_BEFORE = (10, 40)
"""Sessions between the announcement and the ex-date, from and to."""


class Action(NamedTuple):
    """One action: the column of its instrument, the session of its ex-date, its kind, money (1e-4) a share, ratio
    (1e-8), and how many sessions before it was announced.
    """

    column: int
    session: int
    kind: str
    cash: int
    ratio: int
    announced: int

    def reference(self, close: int) -> int:
        """The ex-date's reference price from the close before it, 1e-4."""
        if self.kind == "cash":
            return close - self.cash
        parts = self.ratio + (RATIO if self.kind == "stock" else 0)
        return (2 * close * RATIO + parts) // (2 * parts)


class Actions(NamedTuple):
    """All actions of the year, and for each session and instrument what the path is to be multiplied by to be raw
    prices, and how many of today's shares one share of that session is.
    """

    rows: list[Action]
    scales: Array
    shares: Array

    def splits(self) -> Array:
        """Columns whose number of shares changed."""
        return np.unique([row.column for row in self.rows if row.kind in SPLITS]).astype(np.int64)


class RawYear(NamedTuple):
    """Bars as traded, and what each session began with: opening base, close before, limits (0: none)."""

    bars: DailyBars
    references: Array
    previous: Array
    limit_up: Array
    limit_down: Array


def draw_actions(path: DailyBars, sessions: Sequence[datetime.date], stocks: int, seed: int) -> Actions:
    """The actions of a year; its first `stocks` columns are shares, the others funds."""
    random = np.random.default_rng([seed, PURPOSE])
    quiet = _quiet_days(path)
    season = np.array([session.month in SEASON for session in sessions])
    scales, shares = np.ones(path.close.shape), np.ones(path.close.shape)
    rows: list[Action] = []
    for column, kinds in _plan(random, stocks, path.close.shape[1]):
        days = quiet[:, column] & season if len(kinds) == 1 else quiet[:, column]
        days = np.flatnonzero(days if days.any() else quiet[:, column])
        draws = random.random((2, len(kinds)))
        if len(days) < len(kinds):
            continue
        chosen = np.sort(random.permutation(days)[: len(kinds)])[::-1]
        for session, kind, part, ahead in zip(chosen.tolist(), kinds, *draws.tolist(), strict=True):
            close = path.close[session - 1, column] * scales[session - 1, column]
            action = _action(column, session, kind, close, (part, ahead), len(kinds))
            scales[:session, column] *= _close_before(action, close) / close
            if kind in ("stock", "par_change"):
                shares[:session, column] *= RATIO / (action.ratio + (RATIO if kind == "stock" else 0))
            rows.append(action)
    return Actions(sorted(rows, key=lambda row: (row.session, row.column)), scales, shares)


def raw_year(
    path: DailyBars,
    actions: Actions,
    first_prices: Array,
    sessions: Sequence[datetime.date],
    terms_of: TermsOf,
    tick_tables: Sequence[Array],
) -> RawYear:
    """The path as traded: on tick, and inside the limits that each session's own reference prices give."""
    bars = DailyBars(*(field.copy() for field in path))
    shape = path.close.shape
    year = RawYear(bars, *(np.empty(shape, np.int64) for _ in range(4)))
    by_session: dict[int, list[Action]] = {}
    for action in actions.rows:
        by_session.setdefault(action.session, []).append(action)
    previous = np.maximum(np.rint(first_prices * actions.scales[0]), 1).astype(np.int64)
    for day, session in enumerate(sessions):
        year.previous[day] = previous
        bases = previous.copy()
        for action in by_session.get(day, ()):
            bases[action.column] = action.reference(int(bases[action.column]))
        terms = terms_of(session, bases)
        year.references[day] = terms["reference_price"]
        year.limit_up[day], year.limit_down[day] = terms["limit_up"], terms["limit_down"]
        changed = np.flatnonzero(actions.scales[day] != 1)
        if len(changed):
            _scale_day(bars, day, changed, actions, terms[changed], tick_tables)
        previous = bars.close[day]
    return year


def action_rows(
    actions: Actions, symbols: Sequence[str], codes: Array, sessions: Sequence[datetime.date], known_at: Any
) -> pa.Table:
    """Rows of `history.actions`, each known on the day of its announcement: `known_at` gives a date's moment."""
    rows = actions.rows
    columns = np.array([row.column for row in rows], np.int64)
    announced = [sessions[max(row.session - row.announced, 0)] for row in rows]
    return pa.table({
        "symbol": pa.array(list(symbols)).take(pa.array(columns)),
        "instrument": pa.array(codes[columns].astype(np.int32)),
        "ex_date": pa.array([sessions[row.session] for row in rows], pa.date32()),
        "kind": pa.array([row.kind for row in rows], pa.string()),
        "cash": pa.array([row.cash or None for row in rows], pa.int64()),
        "ratio": pa.array([row.ratio or None for row in rows], pa.int64()),
        "currency": pa.array(["TWD"] * len(rows), pa.string()),
        "announced": pa.array(announced, pa.date32()),
        "known_time": pa.array([known_at(date) for date in announced], pa.int64()),
    })  # fmt: skip


def _quiet_days(path: DailyBars) -> Array:
    """Sessions and instruments whose prices lie near the close before, away from both ends of the year."""
    quiet = np.zeros(path.close.shape, bool)
    before = path.close[:-1]
    high, low = path.high[1:] / before - 1, path.low[1:] / before - 1
    quiet[1:] = (high < QUIET) & (low > -QUIET)
    quiet[:MARGIN] = quiet[len(quiet) - MARGIN :] = False
    return quiet


def _plan(random: np.random.Generator, stocks: int, count: int) -> list[tuple[int, tuple[str, ...]]]:
    """Which columns have which actions: one reduction and one change of par, some pay shares, most pay cash."""
    order = random.permutation(stocks).tolist()
    free = 2 + max(1, round(STOCK_PAYERS * stocks))
    paid = free + round(CASH_PAYERS * stocks)
    kinds = ["reduction", "par_change"] + ["stock"] * (free - 2) + ["cash"] * (paid - free)
    planned = [(column, (kind,)) for column, kind in zip(order, kinds, strict=False)]
    return [*planned, *((column, ("cash", "cash")) for column in range(stocks, count))]


def _action(
    column: int, session: int, kind: str, close: float, draws: tuple[float, float], times: int
) -> Action:
    """An action that leaves a reference price of `close` (1e-4)."""
    part, ahead = draws
    cash = ratio = 0
    if kind == "cash":
        wanted = close * (LEAST_YIELD + part * (MOST_YIELD - LEAST_YIELD)) / times
        cash = max(round(wanted / CASH_STEP), 1) * CASH_STEP
    elif kind == "stock":
        ratio = STOCK_RATIOS[int(part * len(STOCK_RATIOS))]
    else:
        ratio = KEPT if kind == "reduction" else PAR_RATIO
    least, most = ANNOUNCED_BEFORE
    return Action(column, session, kind, cash, ratio, least + int(ahead * (most - least)))


def _close_before(action: Action, reference: float) -> float:
    """The raw close that gives a reference price."""
    if action.kind == "cash":
        return reference + action.cash
    return reference * (action.ratio + (RATIO if action.kind == "stock" else 0)) / RATIO


def _scale_day(
    bars: DailyBars, day: int, changed: Array, actions: Actions, terms: Array, tick_tables: Sequence[Array]
) -> None:
    """Raw prices, volumes and amounts of one session for the columns whose scale is not 1; changes the bars."""
    for field in (bars.open, bars.high, bars.low, bars.close):
        wanted = np.maximum(np.rint(field[day, changed] * actions.scales[day, changed]), 1).astype(np.int64)
        prices = on_tick(wanted, terms["tick_table"], tick_tables)
        highest = np.where(terms["limit_up"] > 0, terms["limit_up"], prices)
        field[day, changed] = np.clip(prices, np.maximum(terms["limit_down"], 1), highest)
    lot = terms["lot"].astype(np.int64)
    lots = np.rint(bars.volume[day, changed] * actions.shares[day, changed] / lot).astype(np.int64)
    lots = np.maximum(lots, 1)
    first, high, low, close = (field[day, changed] for field in (bars.open, bars.high, bars.low, bars.close))
    bars.volume[day, changed] = lots * lot
    bars.amount[day, changed] = lots * ((first + high + low + 2 * close) * lot // 5)
