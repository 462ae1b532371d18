"""The order flow of a trading day: what our clients and the rest of the market send, slot by slot, from a seed.

The flow is drawn before the day (`arrivals`) and pulled along a path to a target close (`paths`); in each slot the
kernels give every arrival its side, price and client from the books as they stand. Some orders are wrong on purpose;
`truth` labels each of them, and nothing but tests and scoring may read it.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import msgspec
import numpy as np

from tallystick.core.ids import day_id
from tallystick.core.schema import date_number, schema_of
from tallystick.core.time import SECOND
from tallystick.risk.gate.events import CancelOrder, SubmitOrder
from tallystick.simulation import kernels
from tallystick.simulation.arrivals import draw_arrivals, stream
from tallystick.simulation.clients.book import ClientBook, account_rows, buyer_sums, position_rows
from tallystick.simulation.layout import Array, FlowTables, pending_dtype, street_dtype, truth_dtype
from tallystick.simulation.paths import fair_levels
from tallystick.simulation.phases import TradingPhase, phases_of
from tallystick.simulation.trading_day import TradingDay, instrument_rows

__all__ = ["ClientBook", "FlowSettings", "FlowSlot", "Oddity", "OrderFlow"]

PATH_STEP = 5 * SECOND
HALTED = 1
BLOCKED = 1
FILTER_SIZE = 1 << 22
HOUSE, LABELLED, OUT_ORDERS, OUT_CANCELS, OUT_STREET = 0, 3, 4, 5, 6
START, LAST, SLOT_END = 0, 3, 4


class Oddity(IntEnum):
    """How an order is wrong on purpose; the gate's reason for it is named in `reason`."""

    ABOVE_LIMIT = 1
    BELOW_LIMIT = 2
    OFF_TICK = 3
    BAD_LOT = 4
    NO_MONEY = 5
    NO_SHARES = 6
    BLOCKED_ACCOUNT = 7

    @property
    def reason(self) -> str:
        """The code of the gate's reason that must be among those of the refusal."""
        return REASONS[self]


REASONS = {
    Oddity.ABOVE_LIMIT: "gate.price_above_limit", Oddity.BELOW_LIMIT: "gate.price_below_limit",
    Oddity.OFF_TICK: "gate.off_tick", Oddity.BAD_LOT: "gate.bad_lot", Oddity.NO_MONEY: "gate.short_of_buying_power",
    Oddity.NO_SHARES: "gate.short_of_sellable", Oddity.BLOCKED_ACCOUNT: "gate.account_blocked",
}  # fmt: skip


class FlowSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much flow and of what kind. Shares are of the orders they are named for, between 0 and 1."""

    house_orders: int = 165_000
    """New orders of our clients in the day; cancels come on top."""
    street_ratio: float = 1.6
    """New orders of other brokers for each of ours."""
    opening_share: float = 0.1
    closing_share: float = 0.05
    branching: float = 0.5
    """Followers that each arrival draws on average (below 1)."""
    excitation_seconds: float = 8.0
    """Mean delay of a follower."""
    herding: float = 0.6
    """Share of followers on the side of the order that they follow."""
    behind_share: float = 0.36
    join_share: float = 0.3
    improve_share: float = 0.1
    """What is left of one after behind, join and improve takes the other side's best price."""
    market_share: float = 0.02
    ioc_share: float = 0.02
    fok_share: float = 0.005
    odd_share: float = 0.12
    cancel_share: float = 0.55
    """Share of orders whose client means to cancel them after a while; those filled before are not cancelled."""
    oddity_share: float = 0.004
    opening_quotes: int = 10
    """Street orders on each side of each book before the opening."""
    cost_flat: int = 30_0000
    cost_per_million: int = 5_000
    """Money that clients keep back for fees: flat (1e-4) and per million of the value."""
    volatility: float = 0.012
    """Deviation of an instrument's path between opening and close, as a fraction of its price."""


class FlowSlot(NamedTuple):
    """What one slot brings, each part by time."""

    orders: Array
    """Our clients' orders for the gate, packed `SubmitOrder`; `received_at` is when they come."""
    cancels: Array
    """Our clients' cancels for the gate, packed `CancelOrder`."""
    street: Array
    """Other brokers' messages for the exchange (`street_dtype`)."""


class OrderFlow:
    """The order flow of one day.

    Args:
        day: what trades and when; halted instruments get no orders.
        clients: our clients.
        targets: the return that each instrument should close near, as a fraction of its reference price.
        seed: the firm's seed; the same seed, date and inputs give the same flow.
        settings: how much and of what kind; a mid-size broker's busy day when left out.
        activity: integer weight of each instrument; heavy-tailed by seed when left out.
        first_number: number of our first order in the day's ids.
    """

    def __init__(
        self,
        day: TradingDay,
        clients: ClientBook,
        targets: Array,
        *,
        seed: int,
        settings: FlowSettings | None = None,
        activity: Array | None = None,
        first_number: int = 1,
    ) -> None:
        self._at = 0
        settings = settings or FlowSettings()
        self._tables = _tables(day, clients, targets, seed, settings, activity, first_number)
        self.now = int(self._tables.numbers[START])
        """Up to when the flow was taken, UTC ns."""
        self.ends = int(self._tables.numbers[LAST])
        """When the last phase closes, UTC ns."""
        most = len(self._tables.arrivals)
        self._room = (
            np.zeros(most, schema_of(SubmitOrder).dtype),
            np.zeros(most, schema_of(CancelOrder).dtype),
            np.zeros(2 * most, street_dtype),
        )

    @property
    def orders_sent(self) -> int:
        """Orders of ours so far."""
        return int(self._tables.counts[HOUSE])

    def slot(self, until: int, best_prices: Array, last_prices: Array) -> FlowSlot:
        """What comes from the last slot's end up to `until` (UTC ns, excluded).

        Args:
            until: end of the slot; slots of a few seconds let the flow see its own effect.
            best_prices: best bid and ask of each instrument [instruments, 2] in 1e-4, 0 where none (`Exchange.top`).
            last_prices: the day's last trade price of each instrument, 0 where none.
        """
        assert until >= self.now, "time goes forward"
        t = self._tables
        kernels.refresh(t, best_prices, last_prices)
        end = int(np.searchsorted(t.arrivals["time"], until))
        orders, cancels, street = self._room
        t.counts[OUT_ORDERS:] = 0
        t.numbers[SLOT_END] = until
        kernels.due_cancels(t, self.now, until, cancels, street)
        kernels.fill_slot(t, self._at, end, orders, street)
        self.now, self._at = until, end
        return FlowSlot(
            orders[: t.counts[OUT_ORDERS]].copy(),
            _by_time(cancels[: t.counts[OUT_CANCELS]], "received_at"),
            _by_time(street[: t.counts[OUT_STREET]], "time"),
        )

    def observe(self, executions: Array, ends: Array, refused: Array) -> None:
        """Tell the flow what became of our orders, so that clients spend only what they have.

        Args:
            executions: packed `RecordExecution`.
            ends: packed `EndOrder`.
            refused: ids of the orders that the gate refused.
        """
        kernels.observe_refusals(self._tables, np.asarray(refused, np.int64))
        kernels.observe_executions(self._tables, executions)
        kernels.observe_ends(self._tables, ends)

    def truth(self) -> Array:
        """The orders so far that are wrong on purpose (`truth_dtype`: order id and `Oddity`)."""
        return self._tables.truth[: self._tables.counts[LABELLED]].copy()


def _tables(
    day: TradingDay,
    clients: ClientBook,
    targets: Array,
    seed: int,
    settings: FlowSettings,
    activity: Array | None,
    first_number: int,
) -> FlowTables:
    """The flow's arrays at the start of the day."""
    number, terms, ladders = date_number(day.date), day.terms, day.ladders()
    board = phases_of(day.phases)
    start, last = board[0].opens, board[-1].closes
    arrivals = _arrivals(day, settings, activity, seed)
    opening = next((phase.opens for phase in board if phase.mode != "call"), start)
    columns = [(time - start) // PATH_STEP for time in (last + PATH_STEP, opening, board[-1].opens)]
    paths = stream(seed, number, "paths")
    accounts = account_rows(clients, stream(seed, number, "clients"))
    positions, holders = position_rows(clients, terms["instrument"], accounts)
    costs = (settings.cost_flat, settings.cost_per_million)
    seconds, most = (last - start) // SECOND + 1, len(arrivals)
    return FlowTables(
        arrivals=arrivals,
        ladders=np.concatenate([np.append(0, ladder) for ladder in ladders]),
        fair=fair_levels(paths, ladders, terms["reference_price"], targets, settings.volatility, *columns),
        instruments=instrument_rows(day, ladders),
        accounts=accounts,
        buyers=buyer_sums(accounts),
        blocked=np.flatnonzero(accounts["status"] == BLOCKED),
        positions=positions,
        holders=holders,
        bought=np.zeros(FILTER_SIZE, np.int8),
        pending=np.zeros(most, pending_dtype),
        schedule=np.full(seconds, -1, np.int32),
        street_cancels=np.zeros(most, np.int64),
        street_next=np.zeros(most, np.int32),
        street_schedule=np.full(seconds, -1, np.int32),
        truth=np.zeros(int((arrivals["label"] > 0).sum()), truth_dtype),
        numbers=np.array(
            [start, PATH_STEP, day_id(day.date, first_number) - 1, last, start, *costs], np.int64
        ),
        counts=np.zeros(7, np.int64),
    )


def _arrivals(day: TradingDay, settings: FlowSettings, activity: Array | None, seed: int) -> Array:
    """The day's arrivals, of instruments that trade."""
    number, status = date_number(day.date), day.terms["status"]
    if activity is None:
        activity = _heavy_tailed(stream(seed, number, "activity"), len(status))
    weights = np.where(status == HALTED, 0, activity).astype(np.int64)
    arrivals = draw_arrivals(settings, phases_of(day.phases), weights, seed, number)
    _keep_odd(arrivals, phases_of(day.phases, lot_type=2, status=None), status)
    return arrivals


def _keep_odd(arrivals: Array, odd: list[TradingPhase], status: Array) -> None:
    """Odd-lot arrivals outside the odd lots' hours, or where there is no such book, become orders of one lot."""
    kept = np.zeros(len(arrivals), np.bool_)
    for phase in odd:
        inside = (arrivals["time"] >= phase.opens) & (arrivals["time"] < phase.closes)
        kept |= inside & np.isin(status, phase.statuses)[arrivals["instrument"]]
    dropped = (arrivals["odd"] == 1) & ~kept
    arrivals["odd"][dropped], arrivals["size"][dropped] = 0, 1


def _heavy_tailed(rng: np.random.Generator, count: int) -> Array:
    """Activity of instruments: falls with about the 0.9th power of a random rank."""
    weights = np.array([round(1e6 * float(rank + 3) ** -0.9) for rank in range(count)], np.int64)
    return weights[rng.permutation(count)]


def _by_time(rows: Array, column: str) -> Array:
    return rows[np.argsort(rows[column], kind="stable")]
