"""The simulated exchange: one trading day of matching, phase by phase, with the reports that its members get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tallystick.core.ids import day_id
from tallystick.core.schema import date_number, schema_of
from tallystick.ledger.events import LotType, RecordExecution
from tallystick.market import matching
from tallystick.risk.gate.events import DoneReason, EndOrder, SubmitOrder
from tallystick.simulation.bars.recorder import BarRecorder
from tallystick.simulation.layout import Array, closing_dtype
from tallystick.simulation.phases import TradingPhase
from tallystick.simulation.ticks import TickRecorder
from tallystick.simulation.trading_day import TradingDay

__all__ = ["Exchange", "SlotReport"]

LIMIT_KINDS = matching.kind_mask(*((matching.Kind.LIMIT, validity) for validity in matching.Validity))
NO_BOOK = -1
NO_ORDER = -1
STREET = -1


class SlotReport(NamedTuple):
    """What the exchange reports to our firm for one slot, in order of happening."""

    executions: Array
    """Packed `RecordExecution`, one a side: an order of ours meeting another of ours gives two."""
    ends: Array
    """Packed `EndOrder`: cancels confirmed, expiries, ends of immediate orders, refusals."""
    cancels_too_late: int
    """Cancels of ours that found their order gone."""
    messages: int
    """Messages handled, street included."""
    fills: int
    """Matches, street included."""


class Exchange:
    """A venue that trades for one day.

    Args:
        day: what trades and when; halted instruments (status 1) take no orders.
        largest_lots: lots in the largest order.
        salt: decides the random priority of orders entered before the opening; from the day's seed.
        ticked: rows of the instruments whose trades, quotes and books are kept.

    Time only goes forward: `run(until)` handles what comes before `until`. The same calls give the same reports.
    """

    def __init__(
        self, day: TradingDay, *, largest_lots: int, salt: int, ticked: Array | Sequence[int] = ()
    ) -> None:
        self.date, self.terms = day.date, day.terms.copy()
        self.phases = sorted(day.phases, key=lambda phase: (phase.opens, phase.lot_type))
        self.now = min((phase.opens for phase in self.phases), default=0)
        """Up to when messages were handled, UTC ns."""
        self._salt = salt
        terms, ladders = self.terms, day.ladders()
        count = len(terms)
        self.matcher = matching.Matcher(
            ladders * 2,
            bases=np.tile(terms["reference_price"], 2),
            lots=np.concatenate([terms["lot"], np.ones(count, np.int64)]),
            largest=np.concatenate([terms["lot"] * largest_lots, np.maximum(terms["lot"] - 1, 1)]),
        )
        self._book_of = _book_table(terms["instrument"])
        self._book_phase = np.full(2 * count, -1, np.int32)
        self._phase_books = [self._books_in(phase) for phase in self.phases]
        self._bars = BarRecorder(terms["instrument"], self.phases)
        self.ticks = TickRecorder(np.asarray(ticked, np.int64), count)
        """The trades, quotes and books of the instruments that are kept."""
        self._is_continuous = np.array([phase.mode == "continuous" for phase in self.phases] + [False])
        self._timeline = _timeline(self.phases)
        self._next = 0
        self._orders = np.zeros(0, schema_of(SubmitOrder).dtype)
        self._order_count = 0
        self._rows: dict[int, int] = {}
        """Matcher's order number of each of our order ids."""
        self._house = np.full(1024, STREET, np.int32)
        """Place in `_orders` of each of the matcher's order numbers."""
        self._street_rows = np.full(1024, NO_ORDER, np.int32)
        self._row_count = 0
        self._executions = 0
        self._closing = np.zeros(count, closing_dtype)
        self._closing["instrument"] = terms["instrument"]

    def top(self) -> tuple[Array, Array]:
        """Best bid and ask [instruments, 2] and last trade prices [instruments] of the board lots, 0 where none."""
        prices, _, lasts = self.matcher.top()
        count = len(self.terms)
        return prices[:count], lasts[:count]

    def phase_of(self, instrument: int, lot_type: int = LotType.BOARD) -> str:
        """The name of the phase that an instrument's book is in, empty when it is shut or there is none."""
        book = self._book(instrument, lot_type)
        phase = int(self._book_phase[book]) if book != NO_BOOK else -1
        return self.phases[phase].name if phase >= 0 else ""

    def indicative(self, instrument: int, lot_type: int = LotType.BOARD) -> tuple[int, int]:
        """Price and volume at which the instrument's call auction would match now; (0, 0) if nothing would."""
        book = self._book(instrument, lot_type)
        return self.matcher.indicative(book) if book != NO_BOOK else (0, 0)

    def depth(self, instrument: int, lot_type: int = LotType.BOARD, levels: int = 5) -> tuple[Array, Array]:
        """The instrument's best price levels, as `Matcher.depth`; zeros when it has no book."""
        book = self._book(instrument, lot_type)
        if book == NO_BOOK:
            return np.zeros((2, levels), np.int64), np.zeros((2, levels), np.int64)
        return self.matcher.depth(book, levels)

    def run(self, until: int, orders: Array, cancels: Array, street: Array) -> SlotReport:
        """Handle the messages and the phase changes of the time from the last call up to `until`.

        Args:
            until: UTC ns, excluded.
            orders: our orders that the gate accepted, packed `SubmitOrder`; their exchange time is `received_at`.
            cancels: our cancels that the gate accepted, packed `CancelOrder`, time as above.
            street: other brokers' messages (`street_dtype`).

        Times outside the slot count as its first or last instant. Messages of one instant: orders, cancels, street.
        """
        assert until >= self.now, "time goes forward"
        ours = len(orders) + len(cancels)
        messages = np.zeros(ours + len(street), matching.message_dtype)
        self._orders_in(orders, messages[: len(orders)])
        self._cancels_in(cancels, messages[len(orders) : ours])
        self._street_in(street, messages[ours:])
        messages["time"] = np.maximum(np.minimum(messages["time"], until - 1), self.now)
        order = np.argsort(messages["time"], kind="stable")
        house_cancel = (order >= len(orders)) & (order < ours)
        messages = messages[order]
        parts, at = [], 0
        while self._next < len(self._timeline) and self._timeline[self._next][0] < until:
            time = self._timeline[self._next][0]
            upto = int(np.searchsorted(messages["time"], time))
            parts.append(self._submit(messages[at:upto]))
            parts += self._change()
            at = upto
        parts.append(self._submit(messages[at:]))
        self.now = until
        prices, quantities, _ = self.matcher.top()
        trading = self._is_continuous[self._book_phase]
        self.ticks.look(until, prices, quantities, trading)
        self.ticks.snap(until, self.matcher.depth, trading)
        outcomes = np.concatenate([part.outcomes for part in parts])
        fills, ends = _joined([part.fills for part in parts]), _joined([part.ends for part in parts])
        late = int(((outcomes == matching.Outcome.NOT_OPEN) & house_cancel).sum())
        return SlotReport(self._executions_of(fills), self._ends_of(ends), late, len(messages), len(fills))

    def bars(self) -> Array:
        """Minute bars and auction prints of the board lots so far (`bar_dtype`), street volume included."""
        return self._bars.bars()

    def days(self) -> Array:
        """Each instrument's day so far (`day_bar_dtype`), street volume included."""
        return self._bars.days()

    def closing(self) -> Array:
        """Closing price (0 without a trade), best bid and ask at the close, and the next day's opening base
        (`closing_dtype`); filled when the board lots' session has ended.
        """
        return self._closing.copy()

    # entry

    def _books(self, instruments: Array, lot_types: Array) -> Array:
        """The matcher's book of each message; NO_BOOK where there is none."""
        known = np.maximum(np.minimum(instruments, self._book_of.shape[1] - 1), -1)
        books: Array = self._book_of[lot_types & 3, known]
        return books

    def _book(self, instrument: int, lot_type: int) -> int:
        return int(self._books(np.array([instrument]), np.array([lot_type]))[0])

    def _orders_in(self, orders: Array, messages: Array) -> None:
        rows = np.arange(self._row_count, self._row_count + len(orders), dtype=np.int32)
        fresh = dict(zip(orders["order_id"].tolist(), rows.tolist(), strict=True))
        assert len(fresh) == len(orders), "an order id is sent once"
        assert self._rows.keys().isdisjoint(fresh), "an order id is sent once"
        self._rows.update(fresh)
        self._row_count += len(orders)
        count = self._order_count + len(orders)
        self._house = _room(self._house, self._row_count, STREET)
        self._house[rows] = np.arange(self._order_count, count)
        self._orders = _room(self._orders, count)
        self._orders[self._order_count : count] = orders
        self._order_count = count
        messages["time"], messages["order"], messages["action"] = (
            orders["received_at"],
            rows,
            matching.Action.NEW,
        )
        self._describe(orders, messages)

    def _cancels_in(self, cancels: Array, messages: Array) -> None:
        messages["time"], messages["action"] = cancels["received_at"], matching.Action.CANCEL
        messages["order"] = [self._rows.get(identity, NO_ORDER) for identity in cancels["order_id"].tolist()]

    def _street_in(self, street: Array, messages: Array) -> None:
        new = street["number"][street["action"] == matching.Action.NEW]
        self._street_rows = _room(self._street_rows, int(street["number"].max(initial=-1)) + 1, NO_ORDER)
        self._street_rows[new] = np.arange(self._row_count, self._row_count + len(new))
        self._row_count += len(new)
        self._house = _room(self._house, self._row_count, STREET)
        messages["time"], messages["action"] = street["time"], street["action"]
        messages["order"] = self._street_rows[street["number"]]
        self._describe(street, messages)

    def _describe(self, orders: Array, messages: Array) -> None:
        messages["book"] = self._books(orders["instrument"], orders["lot_type"])
        for name, column in COLUMNS.items():
            messages[name] = orders[column]

    def _submit(self, messages: Array) -> matching.Matched:
        matched = self.matcher.submit(messages)
        self._bars.record(matched.fills, self._book_phase)
        self.ticks.record(matched.fills, self._book_phase)
        return matched

    # phases

    def _change(self) -> list[matching.Matched]:
        """The next event of the timeline: a phase opens, a periodic call matches, a phase closes."""
        time, _, index, what = self._timeline[self._next]
        self._next += 1
        phase = self.phases[index]
        books = self._phase_books[index]
        if what == "opens":
            self._open(books, index)
            return []
        parts = []
        if phase.mode != "continuous":
            if phase.random_priority and (
                what == "closes" if phase.mode == "call" else time == phase.first_match
            ):
                self.matcher.shuffle(books, self._salt)
            parts.append(self.matcher.auction(books, time))
            self._bars.record(parts[0].fills, self._book_phase)
            self.ticks.record(parts[0].fills, self._book_phase)
        if what == "closes":
            if phase.ends_session:
                self._note_closing(phase, books)
                parts.append(self.matcher.expire(books, time))
            self.matcher.set_mode(books, matching.BookMode.CLOSED)
            self._book_phase[books] = -1
        return parts

    def _books_in(self, phase: TradingPhase) -> Array:
        rows = np.flatnonzero(np.isin(self.terms["status"], phase.statuses))
        return rows + (len(self.terms) if phase.lot_type == LotType.ODD else 0)

    def _open(self, books: Array, index: int) -> None:
        """Begin a phase; securities without limits take no market orders (TWSE art. 58-8)."""
        phase = self.phases[index]
        mode = matching.BookMode.CONTINUOUS if phase.mode == "continuous" else matching.BookMode.CALL
        limited = self.terms["limit_up"][books % len(self.terms)] > 0
        self.matcher.set_mode(books[limited], mode, kinds=phase.kinds, cancels=phase.cancels)
        self.matcher.set_mode(books[~limited], mode, kinds=phase.kinds & LIMIT_KINDS, cancels=phase.cancels)
        self._book_phase[books] = index

    def _note_closing(self, phase: TradingPhase, books: Array) -> None:
        """The close, and the next base: the close; without a trade the best bid above the base or the best ask below
        it, else the base (TWSE art. 58-3).
        """
        if phase.lot_type != LotType.BOARD:
            return
        prices, lasts = self.top()
        base, bid, ask = self.terms["reference_price"][books], prices[books, 0], prices[books, 1]
        untraded = np.where(bid > base, bid, np.where((ask > 0) & (ask < base), ask, base))
        rows = self._closing[books]
        rows["close"], rows["best_bid"], rows["best_ask"] = lasts[books], bid, ask
        rows["next_base"] = np.where(lasts[books] > 0, lasts[books], untraded)
        self._closing[books] = rows

    # reports

    def _executions_of(self, fills: Array) -> Array:
        """One execution for each side that is ours, the maker's first, numbered through the day."""
        ours = self._house[np.stack([fills["maker"], fills["taker"]], axis=1)].reshape(-1)
        fill = np.repeat(np.arange(len(fills)), 2)[ours != STREET]
        order = self._orders[ours[ours != STREET]]
        executions = np.zeros(len(order), schema_of(RecordExecution).dtype)
        for name in ("order_id", "account", "instrument", "side", "lot_type", "capacity"):
            executions[name] = order[name]
        executions["price"], executions["quantity"] = fills["price"][fill], fills["quantity"][fill]
        executions["executed_at"] = executions["received_at"] = fills["time"][fill]
        executions["trade_date"] = date_number(self.date)
        executions["execution_id"] = day_id(self.date, self._executions + 1) + np.arange(len(order))
        self._executions += len(order)
        return executions

    def _ends_of(self, ends: Array) -> Array:
        ours = self._house[ends["order"]]
        ends, ours = ends[ours != STREET], ours[ours != STREET]
        packed = np.zeros(len(ends), schema_of(EndOrder).dtype)
        packed["received_at"], packed["order_id"] = ends["time"], self._orders["order_id"][ours]
        packed["quantity_left"], packed["done_reason"] = ends["quantity"], DONE_REASONS[ends["reason"]]
        return packed


COLUMNS = {
    "side": "side",
    "kind": "order_type",
    "validity": "time_in_force",
    "price": "price",
    "quantity": "quantity",
}
"""The matcher's columns and what they are called in orders."""

DONE_REASONS = np.zeros(max(matching.EndReason) + 1, np.int8)
"""The gate's reason of each of the matcher's."""
DONE_REASONS[[matching.EndReason.CANCELLED, matching.EndReason.REMAINDER, matching.EndReason.KILLED]] = (
    DoneReason.CANCELLED
)
DONE_REASONS[matching.EndReason.EXPIRED] = DoneReason.EXPIRED
DONE_REASONS[matching.EndReason.REFUSED] = DoneReason.REFUSED_BY_EXCHANGE

Moment = tuple[int, int, int, str]
"""Time, order among events of one time, index of the phase, what happens."""


def _timeline(phases: Sequence[TradingPhase]) -> list[Moment]:
    """All that happens by the clock. At one time phases close first, then periodic calls match, then phases open."""
    moments: list[Moment] = []
    for index, phase in enumerate(phases):
        moments += [(phase.opens, 2, index, "opens"), (phase.closes, 0, index, "closes")]
        if phase.mode == "periodic":
            assert phase.interval > 0, f"{phase.name} has no interval"
            times = range(phase.first_match, phase.closes, phase.interval)
            moments += [(time, 1, index, "matches") for time in times]
    return sorted(moments)


def _book_table(instruments: Array) -> Array:
    """The book of each lot type and instrument code; the last column, of no instrument, is NO_BOOK."""
    count = len(instruments)
    table = np.full((4, int(instruments.max(initial=-1)) + 2), NO_BOOK, np.int32)
    table[LotType.BOARD, instruments] = np.arange(count)
    table[LotType.ODD, instruments] = np.arange(count, 2 * count)
    return table


def _joined(parts: list[Array]) -> Array:
    """Arrays of one record type as one (NumPy's own concatenation is slow for records)."""
    rows = np.empty(sum(map(len, parts)), parts[0].dtype)
    at = 0
    for part in parts:
        rows[at : at + len(part)] = part
        at += len(part)
    return rows


def _room(rows: Array, needed: int, empty: int = 0) -> Array:
    """The same rows with room for `needed`, at least doubled when it grows."""
    if needed <= len(rows):
        return rows
    grown = np.zeros(max(needed, 2 * len(rows), 1024), rows.dtype)
    if empty:
        grown[len(rows) :] = empty
    grown[: len(rows)] = rows
    return grown
