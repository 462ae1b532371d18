"""The order flow's loops over arrays: what clients and the street send in one slot (see `flow`).

Integers only. Prices are levels of an instrument's ladder, 1 … count; `fair` is in 1/256 levels.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from tallystick.simulation.clients.kernels import (
    find_buyer,
    find_seller,
    find_unable,
    mixed,
    release,
    reserve,
)
from tallystick.simulation.layout import Array, FlowTables

__all__ = ["due_cancels", "fill_slot", "observe_ends", "observe_executions", "observe_refusals", "refresh"]

BUY, SELL = 1, 2
NEW, CANCEL = 1, 2
LIMIT, MARKET, ROD = 1, 2, 1
BOARD, ODD = 1, 2
CASH = 1
NORMAL, SELL_ONLY = 0, 2
MAY_BOARD, MAY_ODD, MAY_MARKET = 1, 2, 4
OPENING_CALL, CONTINUOUS = 0, 1
BEHIND, JOIN, IMPROVE, TAKE, QUOTE = 0, 1, 2, 3, 4
ABOVE_LIMIT, BELOW_LIMIT, OFF_TICK, BAD_LOT, NO_MONEY, NO_SHARES, BLOCKED = 1, 2, 3, 4, 5, 6, 7
START, STEP, ID, LAST, SLOT_END, FLAT, PER_MILLION = 0, 1, 2, 3, 4, 5, 6
HOUSE, STREET, OWED, LABELLED, OUT_ORDERS, OUT_CANCELS, OUT_STREET = 0, 1, 2, 3, 4, 5, 6
SALE_COST = 100
"""One part in so many of a sale's value is not counted on, for fee and tax."""
SECOND = 1_000_000_000
CHASED = 4
"""Levels between best and fair price from which on waiting orders chase it."""
NONE = -1


@njit(cache=True, nogil=True)
def refresh(t: FlowTables, best_prices: Array, last_prices: Array) -> None:
    """Put best bids, asks and last trades into the instruments' rows as levels; a last level stays until the next."""
    for i in range(len(t.instruments)):
        m = t.instruments[i]
        ladder = t.ladders[m.first + 1 : m.first + 1 + m.count]
        m.bid = np.searchsorted(ladder, best_prices[i, 0]) + 1 if best_prices[i, 0] > 0 else 0
        m.ask = np.searchsorted(ladder, best_prices[i, 1]) + 1 if best_prices[i, 1] > 0 else 0
        if last_prices[i] > 0:
            m.last = np.searchsorted(ladder, last_prices[i]) + 1


@njit(cache=True, nogil=True)
def fill_slot(t: FlowTables, begin: int, end: int, orders: Array, street: Array) -> None:
    """Turn the arrivals of a slot into orders of ours (packed `SubmitOrder`) and of the street.

    An arrival of ours that no client can pay for or deliver goes to the street, and a later one of the street to us.
    """
    for k in range(begin, end):
        side, level = _wish(t, k)
        ours = t.arrivals[k].house == 1
        if (ours or t.counts[OWED] > 0) and _client_order(t, k, side, level, orders):
            if not ours:
                t.counts[OWED] -= 1
        else:
            if ours:
                t.counts[OWED] += 1
            _street_order(t, k, side, level, street)


@njit(cache=True, nogil=True)
def _wish(t: FlowTables, k: int) -> tuple[int, int]:
    """Side and level that an arrival wants: pulled to the fair level, placed by its style.

    A sell is a buy in the mirror: levels are turned round, placed, and turned back.
    """
    a = t.arrivals[k]
    m = t.instruments[a.instrument]
    fair = t.fair[a.instrument, (a.time - t.numbers[START]) // t.numbers[STEP]]
    bid, ask = m.bid, m.ask
    pull = 0
    if a.phase == CONTINUOUS:
        middle = m.last * 256
        if bid > 0 and ask > 0:
            middle = (bid + ask) * 128
        pull = max(-24_000, min(24_000, (fair - middle) * 24))
    side = BUY if a.side_draw < 32_768 + pull else SELL
    if side == SELL:
        fair = (m.count + 1) * 256 - fair
        bid, ask = (m.count + 1 - ask if ask > 0 else 0), (m.count + 1 - bid if bid > 0 else 0)
    if a.phase != CONTINUOUS:
        level = _call_level(t, k, fair)
    elif a.odd == 1:
        level = ((fair + 128) >> 8) + mixed(a.draw, 1) % 4 - 1
    else:
        level = _placed_level(t, k, fair, bid, ask)
    level = max(1, min(m.count, level))
    return side, level if side == BUY else m.count + 1 - level


@njit(cache=True, nogil=True)
def _call_level(t: FlowTables, k: int, fair: int) -> int:
    """Where a buy for a call auction stands: some above the fair level to be sure, most below, a few at the limit."""
    a = t.arrivals[k]
    reach = (fair + 128) >> 8
    if a.style == QUOTE:
        return int(reach - 1 - a.depth)
    if a.phase == OPENING_CALL:
        if mixed(a.draw, 2) % 64 == 0:
            return int(t.instruments[a.instrument].count)
        return int(reach - a.depth + mixed(a.draw, 3) % 5)
    return int(reach - a.depth // 2 + mixed(a.draw, 3) % 3)


@njit(cache=True, nogil=True)
def _placed_level(t: FlowTables, k: int, fair: int, bid: int, ask: int) -> int:
    """Where a buy in continuous trading stands: takes the ask when that is near the fair level, and often when the fair
    level has run away; else waits inside the spread, at the best bid, or behind it.
    """
    a = t.arrivals[k]
    reach = (fair + 128) >> 8
    chases = ask > 0 and ask + CHASED <= reach and mixed(a.draw, 11) % 2 == 0
    if a.style == TAKE or chases:
        if ask > 0 and ask <= reach + mixed(a.draw, 4) % 3:
            return ask + max(0, reach - ask) * (mixed(a.draw, 5) % 4) // 4
        return reach if ask == 0 else min(reach, ask - 1)
    best = max(bid, reach - 3)
    if ask > 0:
        best = min(best, ask - 1)
    level = best
    if a.style == IMPROVE:
        level = best + 1 if ask == 0 or best + 1 < ask else best
    elif a.style == BEHIND:
        level = best - a.depth
    return min(level, reach + 1)


@njit(cache=True, nogil=True)
def _street_order(t: FlowTables, k: int, side: int, level: int, street: Array) -> None:
    """Write an order of another broker, and when it will be cancelled."""
    a = t.arrivals[k]
    m = t.instruments[a.instrument]
    number = t.counts[STREET]
    t.counts[STREET] += 1
    row = street[t.counts[OUT_STREET]]
    t.counts[OUT_STREET] += 1
    day_only = a.odd == 1 or m.day_only == 1
    row.time = a.time
    row.number = number
    row.instrument = m.code
    row.action = NEW
    row.side = side
    row.order_type = LIMIT if day_only else a.kind
    row.time_in_force = ROD if day_only else a.validity
    row.lot_type = ODD if a.odd == 1 else BOARD
    row.price = t.ladders[m.first + level] if row.order_type == LIMIT else 0
    row.quantity = a.size if a.odd == 1 else a.size * m.lot
    t.street_cancels[number] = 0
    if a.lifetime > 0 and row.time_in_force == ROD:
        _plan_cancel(t, a.time + a.lifetime, number, t.street_cancels, t.street_next, t.street_schedule)


@njit(cache=True, nogil=True)
def _plan_cancel(t: FlowTables, at: int, number: int, times: Array, links: Array, schedule: Array) -> None:
    """Put an order into the schedule of cancels, after this slot and before the last phase ends."""
    at = max(at, t.numbers[SLOT_END])
    if at >= t.numbers[LAST]:
        return
    second = (at - t.numbers[START]) // SECOND
    times[number] = at
    links[number] = schedule[second]
    schedule[second] = number


@njit(cache=True, nogil=True)
def _client_order(t: FlowTables, k: int, side: int, level: int, orders: Array) -> bool:
    """Find a client who can do it and write the order, or the wrong order that its label asks for."""
    a = t.arrivals[k]
    m = t.instruments[a.instrument]
    kind, validity = (LIMIT, ROD) if a.odd == 1 or m.day_only == 1 else (a.kind, a.validity)
    limit = t.ladders[m.first + level]
    price = t.ladders[m.first + m.count] if kind == MARKET else limit
    if a.label >= NO_MONEY:
        account, quantity, side = find_unable(t, k, price)
        if account != NONE:
            _write(t, k, orders, account, side, limit, quantity, LIMIT, ROD)
            _label(t, a.label)
            return True
    position = NONE
    if side == BUY:
        account, quantity = find_buyer(t, k, price, kind)
    else:
        position, quantity = find_seller(t, k, price, kind)
        account = t.positions[position].account if position != NONE else NONE
    if account == NONE:
        return False
    if 0 < a.label < NO_MONEY:
        limit, quantity, spoiled = _spoiled(t, k, level, side, quantity)
        if spoiled:
            _write(t, k, orders, account, side, limit, quantity, LIMIT, ROD)
            _label(t, a.label)
            return True
    number = _write(t, k, orders, account, side, limit if kind == LIMIT else 0, quantity, kind, validity)
    reserve(t, k, number, account, position, quantity, price)
    if a.lifetime > 0 and validity == ROD:
        _plan_cancel(t, a.time + a.lifetime, number, t.pending["cancel_at"], t.pending["next"], t.schedule)
    return True


@njit(cache=True, nogil=True)
def _spoiled(t: FlowTables, k: int, level: int, side: int, quantity: int) -> tuple[int, int, bool]:
    """Price and quantity made wrong as the label asks; False where the instrument does not allow it."""
    a = t.arrivals[k]
    m = t.instruments[a.instrument]
    price = t.ladders[m.first + level]
    if a.label == ABOVE_LIMIT and m.above > 0:
        return m.above, quantity, True
    if a.label == BELOW_LIMIT and m.below > 0:
        return m.below, quantity, True
    if a.label == OFF_TICK and level < m.count:
        tick = t.ladders[m.first + level + 1] - price
        return price + (100 if tick > 100 else tick // 2), quantity, tick > 1
    if a.label == BAD_LOT and m.lot > 1:
        return price, quantity - 1 - mixed(a.draw, 6) % (m.lot - 1), True
    return price, quantity, False


@njit(cache=True, nogil=True)
def _write(
    t: FlowTables,
    k: int,
    orders: Array,
    account: int,
    side: int,
    price: int,
    quantity: int,
    kind: int,
    validity: int,
) -> int:
    """Write an order of ours; its number."""
    a = t.arrivals[k]
    number = t.counts[HOUSE]
    t.counts[HOUSE] += 1
    row = orders[t.counts[OUT_ORDERS]]
    t.counts[OUT_ORDERS] += 1
    row.received_at = a.time
    row.order_id = t.numbers[ID] + number + 1
    row.account = t.accounts[account].code
    row.instrument = t.instruments[a.instrument].code
    row.price = price
    row.quantity = quantity
    row.session = 1 + mixed(a.draw, 9) % 4
    row.side = side
    row.order_type = kind
    row.time_in_force = validity
    row.lot_type = ODD if a.odd == 1 else BOARD
    row.capacity = CASH
    t.pending[number].left = 0
    return int(number)


@njit(cache=True, nogil=True)
def _label(t: FlowTables, label: int) -> None:
    """Note that the order just written is wrong on purpose."""
    truth = t.truth[t.counts[LABELLED]]
    truth.order_id = t.numbers[ID] + t.counts[HOUSE]
    truth.label = label
    t.counts[LABELLED] += 1


@njit(cache=True, nogil=True)
def due_cancels(t: FlowTables, begin: int, end: int, cancels: Array, street: Array) -> None:
    """Write the cancels whose time lies in the slot: ours of orders still open, the street's of all."""
    first = (begin - t.numbers[START]) // SECOND
    last = (end - 1 - t.numbers[START]) // SECOND
    for second in range(first, min(last + 1, len(t.schedule))):
        number, kept = t.schedule[second], NONE
        while number != NONE:
            pending = t.pending[number]
            following = pending.next
            if pending.cancel_at >= end:
                pending.next, kept = kept, number
            elif pending.left > 0:
                _write_cancel(t, number, cancels)
            number = following
        t.schedule[second] = kept
        number, kept = t.street_schedule[second], NONE
        while number != NONE:
            following = t.street_next[number]
            if t.street_cancels[number] >= end:
                t.street_next[number], kept = kept, number
            else:
                row = street[t.counts[OUT_STREET]]
                t.counts[OUT_STREET] += 1
                row.time = t.street_cancels[number]
                row.number = number
                row.action = CANCEL
                row.price = row.quantity = row.instrument = 0
                row.side = row.order_type = row.time_in_force = row.lot_type = 0
            number = following
        t.street_schedule[second] = kept


@njit(cache=True, nogil=True)
def _write_cancel(t: FlowTables, number: int, cancels: Array) -> None:
    """Write the cancel of an order of ours."""
    pending = t.pending[number]
    row = cancels[t.counts[OUT_CANCELS]]
    t.counts[OUT_CANCELS] += 1
    row.received_at = pending.cancel_at
    row.order_id = t.numbers[ID] + number + 1
    row.account = t.accounts[pending.account].code
    row.session = 1 + mixed(number, 9) % 4


@njit(cache=True, nogil=True)
def observe_executions(t: FlowTables, executions: Array) -> None:
    """Take fills off our orders: what buys had reserved is spent, what sales bring can buy, but counts as no cash."""
    for execution in executions:
        number = execution.order_id - t.numbers[ID] - 1
        if number < 0 or number >= t.counts[HOUSE]:
            continue
        pending = t.pending[number]
        pending.left -= execution.quantity
        if execution.side == SELL:
            account = t.accounts[pending.account]
            value = execution.price * execution.quantity
            proceeds = value - value // SALE_COST
            account.power += proceeds
            account.credit += proceeds
            account.funds += value


@njit(cache=True, nogil=True)
def observe_ends(t: FlowTables, ends: Array) -> None:
    """Give back what ended orders had reserved."""
    for end in ends:
        release(t, end.order_id - t.numbers[ID] - 1)


@njit(cache=True, nogil=True)
def observe_refusals(t: FlowTables, order_ids: Array) -> None:
    """Give back what orders refused by the gate had reserved."""
    for order_id in order_ids:
        release(t, order_id - t.numbers[ID] - 1)
