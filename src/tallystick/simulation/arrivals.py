"""When orders come and what they are like, drawn for a whole day before it begins.

Arrivals in continuous trading are a Hawkes process in its cluster form: first comers by a U-shaped intensity, each
followed by a Poisson number of others in the same instrument after exponential delays, mostly on the same side.
Sizes and distances from the best price are heavy-tailed, with round sizes preferred. Quantiles come from integer
tables and uniform draws only, so that the same seed gives the same day on every machine.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tallystick.simulation.layout import Array, arrival_dtype
from tallystick.simulation.phases import TradingPhase

if TYPE_CHECKING:
    from tallystick.simulation.flow import FlowSettings

__all__ = ["draw_arrivals", "stream"]

MILLISECOND = 1_000_000
QUANTILES = 4096
BEHIND, JOIN, IMPROVE, TAKE, QUOTE = range(5)
OPENING_CALL, CONTINUOUS, LATER_CALL = range(3)
SIDES = 65_536
GENERATIONS = 40


def stream(seed: int, date_number: int, name: str) -> np.random.Generator:
    """The random numbers of one named part of one day: the same for the same seed, date and name, whatever else is
    drawn elsewhere.
    """
    return np.random.Generator(
        np.random.PCG64(np.random.SeedSequence([seed, date_number, zlib.crc32(name.encode())]))
    )


def draw_arrivals(
    settings: FlowSettings, phases: Sequence[TradingPhase], activity: Array, seed: int, date_number: int
) -> Array:
    """All orders to come in a day (`arrival_dtype`), by time.

    Args:
        settings: how many, and the shares of each kind.
        phases: the board lots' phases in order of time: calls and continuous trading.
        activity: int64 weight of each instrument, 0 for none.
        seed: the firm's seed.
        date_number: the business date as days since 1970-01-01.
    """
    rng = stream(seed, date_number, "arrivals")
    total = round(settings.house_orders * (1 + settings.street_ratio))
    calls = [phase for phase in phases if phase.mode == "call"]
    in_opening = round(total * settings.opening_share) if calls else 0
    in_closing = round(total * settings.closing_share) if len(calls) > 1 else 0
    parts = [_continuous(rng, settings, phases, activity, total - in_opening - in_closing)]
    for phase, count in zip(calls, (in_opening, in_closing), strict=False):
        parts.append(_call(rng, phase, OPENING_CALL if phase is calls[0] else LATER_CALL, activity, count))
    rows = np.concatenate(parts)
    _mark(stream(seed, date_number, "marks"), rows, settings)
    if calls:
        rows = np.concatenate(
            [rows, _quotes(stream(seed, date_number, "quotes"), settings, calls[0], activity)]
        )
    return rows[np.argsort(rows["time"], kind="stable")]


def _continuous(
    rng: np.random.Generator,
    settings: FlowSettings,
    phases: Sequence[TradingPhase],
    activity: Array,
    count: int,
) -> Array:
    """Clustered arrivals on the clock of trading time, then put into the day."""
    spans = [(phase.opens, phase.closes) for phase in phases if phase.mode != "call"]
    length = sum(closes - opens for opens, closes in spans)
    if length == 0:
        return np.zeros(0, arrival_dtype)
    first = max(1, round(count * (1 - settings.branching) * 1.04))
    times = [_u_shaped(rng, first, length)]
    instruments = [_weighted(rng, activity, first)]
    sides = [rng.integers(0, SIDES, first)]
    followers = _poisson_table(settings.branching)
    delays = _delay_table(round(settings.excitation_seconds * 1_000) * MILLISECOND)
    for _ in range(GENERATIONS):
        parents = np.repeat(np.arange(len(times[-1])), np.searchsorted(followers, rng.random(len(times[-1]))))
        if len(parents) == 0:
            break
        times.append(times[-1][parents] + delays[rng.integers(0, QUANTILES, len(parents))])
        instruments.append(instruments[-1][parents])
        alike = rng.random(len(parents)) < settings.herding
        sides.append(np.where(alike, sides[-1][parents], rng.integers(0, SIDES, len(parents))))
    time, instrument, side = np.concatenate(times), np.concatenate(instruments), np.concatenate(sides)
    inside = np.flatnonzero(time < length)
    chosen = rng.permutation(inside)[:count]
    missing = count - len(chosen)
    rows = np.zeros(count, arrival_dtype)
    rows["time"] = _day_time(np.concatenate([time[chosen], _u_shaped(rng, missing, length)]), spans)
    rows["instrument"] = np.concatenate([instrument[chosen], _weighted(rng, activity, missing)])
    rows["side_draw"] = np.concatenate([side[chosen], rng.integers(0, SIDES, missing)])
    rows["phase"] = CONTINUOUS
    return rows


def _call(rng: np.random.Generator, phase: TradingPhase, number: int, activity: Array, count: int) -> Array:
    """Arrivals of a call auction, more and more towards its end."""
    rows = np.zeros(count, arrival_dtype)
    late = np.maximum(rng.random(count), np.where(rng.random(count) < 0.7, rng.random(count), 0))
    rows["time"] = phase.opens + (late * (phase.closes - phase.opens)).astype(np.int64)
    rows["instrument"] = _weighted(rng, activity, count)
    rows["side_draw"] = rng.integers(0, SIDES, count)
    rows["phase"] = number
    return rows


def _quotes(rng: np.random.Generator, settings: FlowSettings, phase: TradingPhase, activity: Array) -> Array:
    """Orders of the street on both sides of each traded instrument before the opening, so that no book starts thin."""
    traded = np.flatnonzero(activity > 0)
    per_side = settings.opening_quotes
    rows = np.zeros(len(traded) * 2 * per_side, arrival_dtype)
    rows["instrument"] = np.repeat(traded, 2 * per_side)
    rows["depth"] = np.tile(np.repeat(np.arange(per_side), 2), len(traded))
    rows["side_draw"] = np.tile([0, SIDES - 1], len(traded) * per_side)
    rows["time"] = phase.opens + rng.integers(0, max(1, phase.closes - phase.opens), len(rows))
    rows["draw"] = rng.integers(0, 2**62, len(rows))
    rows["size"] = _from_table(rng, _lot_sizes(), len(rows))
    rows["lifetime"] = _lifetimes()[rng.integers(0, QUANTILES, len(rows))]
    rows["style"], rows["kind"], rows["validity"], rows["phase"] = QUOTE, 1, 1, OPENING_CALL
    return rows


def _mark(rng: np.random.Generator, rows: Array, settings: FlowSettings) -> None:
    """Draw what each arrival is like: whose, how large, how placed, for how long, wrong or not."""
    count = len(rows)
    rows["draw"] = rng.integers(0, 2**62, count)
    ours = rng.permutation(count)[: settings.house_orders]
    rows["house"][ours] = 1
    continuous = rows["phase"] == CONTINUOUS
    rows["odd"] = (rng.random(count) < settings.odd_share) & (rows["phase"] != OPENING_CALL)
    rows["size"] = np.where(
        rows["odd"] == 1, _from_table(rng, _odd_sizes(), count), _from_table(rng, _lot_sizes(), count)
    )
    rows["depth"] = _from_table(rng, _depths(), count)
    styles = np.cumsum([settings.behind_share, settings.join_share, settings.improve_share])
    rows["style"] = np.searchsorted(styles, rng.random(count), side="right")
    rows["kind"] = np.where(continuous & (rng.random(count) < settings.market_share), 2, 1)
    at_once = np.cumsum([1 - settings.ioc_share - settings.fok_share, settings.ioc_share])
    rows["validity"] = np.where(continuous, 1 + np.searchsorted(at_once, rng.random(count), side="right"), 1)
    lives = _lifetimes()[rng.integers(0, QUANTILES, count)]
    rows["lifetime"] = np.where(rng.random(count) < settings.cancel_share, lives, 0)
    able = np.flatnonzero((rows["house"] == 1) & (rows["odd"] == 0))
    wrong = rng.permutation(able)[: round(settings.oddity_share * settings.house_orders)]
    rows["label"][wrong] = 1 + np.arange(len(wrong)) % 7


def _u_shaped(rng: np.random.Generator, count: int, length: int) -> Array:
    """Instants of trading time: busy after the opening, quiet at noon, busier towards the close."""
    x = np.linspace(0, 1, 1001)
    weight = (
        0.8
        + 1.6 * (2 * x - 1) ** 2
        + 3 * np.clip(1 - x / 0.05, 0, 1)
        + 1.5 * np.clip((x - 0.94) / 0.06, 0, 1)
    )
    mass = np.concatenate([[0], np.cumsum((weight[1:] + weight[:-1]) / 2)])
    part = np.interp(rng.random(count) * mass[-1], mass, x)
    times: Array = (part * (length - 1)).astype(np.int64)
    return times


def _day_time(trading: Array, spans: Sequence[tuple[int, int]]) -> Array:
    """Trading time (ns since the first opening, pauses left out) as UTC ns."""
    lengths = np.array([closes - opens for opens, closes in spans], np.int64)
    before = np.cumsum(lengths) - lengths
    part = np.searchsorted(before, trading, side="right") - 1
    return np.array([opens for opens, _ in spans], np.int64)[part] + trading - before[part]


def _weighted(rng: np.random.Generator, weights: Array, count: int) -> Array:
    """Row numbers drawn by integer weights."""
    sums = np.cumsum(weights)
    return np.searchsorted(sums, rng.integers(0, max(1, int(sums[-1])), count), side="right").astype(np.int64)


def _from_table(rng: np.random.Generator, table: tuple[Array, Array], count: int) -> Array:
    """Values drawn by a table of values and integer weights."""
    values, weights = table
    return values[_weighted(rng, weights, count)]


def _lot_sizes() -> tuple[Array, Array]:
    """Lots of an order: a power tail up to 400, with one, five, ten and their multiples preferred."""
    lots = np.arange(1, 401)
    liked = np.where(
        lots % 100 == 0,
        60,
        np.where(lots % 50 == 0, 40, np.where(lots % 10 == 0, 12, np.where(lots % 5 == 0, 5, 1))),
    )
    return lots, np.array(
        [round(1e9 * int(k) * float(n) ** -2.3) for n, k in zip(lots, liked, strict=True)], np.int64
    )


def _odd_sizes() -> tuple[Array, Array]:
    """Units of an odd-lot order: 1 to 999, hundreds and tens preferred."""
    units = np.arange(1, 1000)
    liked = np.where(
        units % 100 == 0,
        80,
        np.where(units % 50 == 0, 30, np.where(units % 10 == 0, 10, np.where(units <= 5, 8, 1))),
    )
    return units, np.array(
        [round(1e9 * int(k) * float(n) ** -0.8) for n, k in zip(units, liked, strict=True)], np.int64
    )


def _depths() -> tuple[Array, Array]:
    """Levels behind the best price: P(d) falls as d^−1.6 (Bouchaud, Mézard, Potters 2002, Statistical properties of
    stock order books).
    """
    levels = np.arange(0, 61)
    return levels, np.array([round(1e9 * float(d + 1) ** -1.6) for d in levels], np.int64)


def _poisson_table(mean: float) -> Array:
    """The Poisson distribution function at 0, 1, 2 and so on."""
    terms = [math.exp(-mean)]
    for k in range(1, 30):
        terms.append(terms[-1] * mean / k)
    return np.cumsum(terms)[:-1]


def _delay_table(mean: int) -> Array:
    """Quantiles of exponential delays with a mean in ns, to the millisecond and at least one."""
    draws = [-math.log(1 - (k + 0.5) / QUANTILES) * mean for k in range(QUANTILES)]
    return np.array([max(1, round(d / MILLISECOND)) * MILLISECOND for d in draws], np.int64)


def _lifetimes() -> Array:
    """Quantiles of how long an order lives before its client cancels it: log-uniform, 10 s to 2 h."""
    shortest, longest = 10_000, 7_200_000
    draws = [shortest * (longest / shortest) ** ((k + 0.5) / QUANTILES) for k in range(QUANTILES)]
    return np.array([round(d) * MILLISECOND for d in draws], np.int64)
