"""The order flow: deterministic, possible except where it says otherwise, and of the shape that it promises."""

from __future__ import annotations

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from small_day import (
    BOARD,
    BUY,
    DATE,
    LARGEST_LOTS,
    ODD,
    SELL,
    at,
    clients,
    phases,
    play,
    terms,
    tick_of,
    trading_day,
)

from tallystick.core.ids import day_id
from tallystick.core.time import SECOND
from tallystick.risk.gate.events import SUBMIT_REASONS
from tallystick.simulation.arrivals import draw_arrivals
from tallystick.simulation.flow import FlowSettings, Oddity, OrderFlow
from tallystick.simulation.phases import phases_of

REFERENCES = [12_0000, 33_5000, 48_0500, 97_6000, 100_0000, 250_0000, 615_0000, 1080_0000]
SMALL = FlowSettings(house_orders=4_000, oddity_share=0.02)


@pytest.fixture(scope="module")
def day():
    """A small day of eight instruments: one halted, one in disposition, one without limits."""
    rows = terms([*REFERENCES, 40_0000, 20_0000, 30_0000], statuses={8: 1, 9: 2}, unlimited=(10,))
    targets = np.array([0.02, -0.03, 0.01, 0.0, 0.05, -0.02, 0.1, -0.01, 0.0, 0.01, 0.15])
    return rows, targets, play(rows, clients(400, rows), targets, settings=SMALL)


def limits_of(rows):
    return {int(row["instrument"]): row for row in rows}


def test_same_seed_same_day_and_another_seed_another_day(day) -> None:
    rows, targets, played = day
    again = play(rows, clients(400, rows), targets, settings=SMALL)
    other = play(rows, clients(400, rows), targets, seed=8, settings=SMALL)
    for column in ("orders", "cancels", "street", "executions", "ends"):
        assert getattr(played, column).tobytes() == getattr(again, column).tobytes()
    assert played.orders.tobytes() != other.orders.tobytes()
    assert played.exchange.bars().tobytes() == again.exchange.bars().tobytes()


def test_amounts_are_as_set(day) -> None:
    _, _, played = day
    assert len(played.orders) == pytest.approx(SMALL.house_orders, rel=0.01)
    new = played.street["action"] == 1
    assert new.sum() == pytest.approx(SMALL.street_ratio * SMALL.house_orders, rel=0.06)
    patient = (played.orders["order_type"] == 1) & (played.orders["time_in_force"] == 1)
    assert 0.25 < len(played.cancels) / patient.sum() < 0.45
    assert 0 < (played.orders["order_type"] == 2).mean() < 0.04
    assert 0.05 < (played.orders["lot_type"] == ODD).mean() < 0.2
    assert 0.4 < (played.orders["side"] == BUY).mean() < 0.65


def test_ids_count_up_and_messages_lie_in_their_slots(day) -> None:
    _, _, played = day
    assert played.orders["order_id"].tolist() == [day_id(DATE, n + 1) for n in range(len(played.orders))]
    assert (np.diff(played.orders["received_at"]) >= 0).all()
    before = at(8, 30)
    for until, orders, cancels, executions, ends in played.slots:
        for times in (
            orders["received_at"],
            cancels["received_at"],
            executions["executed_at"],
            ends["received_at"],
        ):
            assert ((times >= before) & (times < until)).all()
        before = until
    executions = played.executions["execution_id"]
    assert executions.tolist() == [day_id(DATE, n + 1) for n in range(len(executions))]


def wrongs_of(order, terms_of, book, holdings, bought, state) -> set[Oddity]:
    """What is wrong with an order, by the rules in plain words."""
    row = terms_of[int(order["instrument"])]
    found = set()
    price, quantity, lot = int(order["price"]), int(order["quantity"]), int(row["lot"])
    if order["order_type"] == 1:
        if row["limit_up"] and price > row["limit_up"]:
            found.add(Oddity.ABOVE_LIMIT)
        if price < row["limit_down"]:
            found.add(Oddity.BELOW_LIMIT)
        if price % tick_of(price):
            found.add(Oddity.OFF_TICK)
    fits = 0 < quantity < lot if order["lot_type"] == ODD else quantity % lot == 0 and quantity > 0
    if not fits:
        found.add(Oddity.BAD_LOT)
    account = int(order["account"])
    if book[account]["status"] == 1:
        found.add(Oddity.BLOCKED_ACCOUNT)
    if order["side"] == BUY:
        needed = cost(price or int(row["limit_up"]), quantity)
        free = state[account]["power"]
        if row["status"] or book[account]["permissions"] & 16:
            free -= book[account]["credit"] + state[account]["sold"]
        if needed > free:
            found.add(Oddity.NO_MONEY)
    elif quantity > holdings[account, int(order["instrument"])] + bought[account, int(order["instrument"])]:
        found.add(Oddity.NO_SHARES)
    return found


def cost(price: int, quantity: int) -> int:
    value = price * quantity
    return value + max(value * 1425 // 1_000_000 + 1, 20_0000)


def play_gate(rows, made, played) -> None:
    """The gate in plain Python: money and shares held for open orders, released by ends, used by fills. Every labelled
    order must be wrong as labelled, every other one right."""
    book, state = {}, {}
    for place, account in enumerate(made.accounts.tolist()):
        book[account] = {
            name: int(getattr(made, name)[place]) for name in ("status", "credit", "permissions")
        }
        state[account] = {"power": int(made.power[place]), "sold": 0}
    holdings, bought, reserved = defaultdict(int), defaultdict(int), {}
    for account, instrument, quantity in zip(
        made.holding_account.tolist(),
        made.holding_instrument.tolist(),
        made.holding_quantity.tolist(),
        strict=True,
    ):
        holdings[account, instrument] += quantity
    labels = dict(played.flow.truth().tolist())
    terms_of = limits_of(rows)
    for _, orders, _, executions, ends in played.slots:
        for order in orders:
            identity, account, instrument = (
                int(order["order_id"]),
                int(order["account"]),
                int(order["instrument"]),
            )
            wrong = wrongs_of(order, terms_of, book, holdings, bought, state)
            if identity in labels:
                assert labels[identity] in wrong
                continue
            assert not wrong
            if order["side"] == BUY:
                price = int(order["price"]) or int(terms_of[instrument]["limit_up"])
                held = cost(price, int(order["quantity"]))
                reserved[identity] = [held, int(order["quantity"]), account]
                state[account]["power"] -= held
            else:
                holdings[account, instrument] -= int(order["quantity"])
        settle(orders, executions, ends, played, reserved, state, holdings, bought)


def test_every_labelled_order_is_wrong_as_labelled_and_no_other_is(day) -> None:
    rows, _, played = day
    assert set(played.flow.truth()["label"].tolist()) == set(Oddity)
    play_gate(rows, clients(400, rows), played)


def test_clients_without_much_money_spend_only_what_they_have() -> None:
    """Thirty clients use up a small daily limit; half of them have no other money and must collect first."""
    rows = terms(REFERENCES)
    rich = clients(30, rows, holdings=30)
    limit = np.full(30, 400_000_0000)
    cash = np.where(np.arange(30) % 2, 0, 60_000_0000)
    poor = rich._replace(
        power=limit + cash,
        credit=limit,
        permissions=np.where(np.arange(30) % 2, 23, 7),
        status=np.zeros(30, np.int64),
    )
    settings = FlowSettings(house_orders=2_000, oddity_share=0.02)
    played = play(rows, poor, np.zeros(8), settings=settings)
    assert (played.orders["side"] == BUY).sum() > 100
    play_gate(rows, poor, played)


def settle(orders, executions, ends, played, reserved, state, holdings, bought) -> None:
    first = int(played.orders["order_id"][0])
    for fill in executions:
        account, instrument, quantity = int(fill["account"]), int(fill["instrument"]), int(fill["quantity"])
        if fill["side"] == BUY:
            held = reserved[int(fill["order_id"])]
            part = held[0] * quantity // held[1]
            held[0], held[1] = held[0] - part, held[1] - quantity
            state[account]["power"] += part - cost(int(fill["price"]), quantity)
            bought[account, instrument] += quantity
        else:
            value = int(fill["price"]) * quantity
            proceeds = value - (cost(int(fill["price"]), quantity) - value) - value * 3 // 1_000
            state[account]["power"] += proceeds
            state[account]["sold"] += proceeds
    for end in ends:
        order = played.orders[int(end["order_id"]) - first]
        assert order["order_id"] == end["order_id"]
        if order["side"] == BUY:
            state[int(order["account"])]["power"] += reserved[int(end["order_id"])][0]
        else:
            holdings[int(order["account"]), int(order["instrument"])] += int(end["quantity_left"])


def test_each_order_is_filled_or_ended_in_full(day) -> None:
    _, _, played = day
    left = {int(row["order_id"]): int(row["quantity"]) for row in played.orders}
    for report in (played.executions[["order_id", "quantity"]], played.ends[["order_id", "quantity_left"]]):
        for identity, quantity in report.tolist():
            left[identity] -= quantity
    wrong = set(played.flow.truth()["order_id"].tolist())
    assert all((quantity == 0) != (identity in wrong) for identity, quantity in left.items())


def test_instruments_trade_as_their_terms_say(day) -> None:
    _, _, played = day
    halted, slow, unlimited = 108, 109, 110
    assert not (played.orders["instrument"] == halted).any()
    for code in (slow, unlimited):
        mine = played.orders[played.orders["instrument"] == code]
        assert len(mine)
        assert (mine["order_type"] == 1).all()
        assert (mine["time_in_force"] == 1).all()
    assert not ((played.orders["instrument"] == slow) & (played.orders["lot_type"] == ODD)).any()
    whole = played.orders["lot_type"] == BOARD
    assert (played.orders["quantity"][whole] <= LARGEST_LOTS * 1_000).all()


def test_days_close_near_their_targets(day) -> None:
    rows, targets, played = day
    closing = played.exchange.closing()
    traded = closing["close"] > 0
    returns = closing["close"][traded] / rows["reference_price"][traded] - 1
    assert traded.sum() >= 10
    assert np.median(np.abs(returns - targets[traded])) < 0.006
    assert closing["close"][6] == pytest.approx(rows["limit_up"][6], rel=0.01)


def test_clients_are_unlike_each_other_and_sells_come_from_holders(day) -> None:
    rows, _, played = day
    counts = np.sort(np.bincount(played.orders["account"]))[::-1]
    assert counts[:40].sum() > 0.2 * counts.sum()
    made = clients(400, rows)
    held = set(zip(made.holding_account.tolist(), made.holding_instrument.tolist(), strict=True))
    sells = played.orders[
        (played.orders["side"] == SELL) & ~np.isin(played.orders["order_id"], played.flow.truth()["order_id"])
    ]
    assert all((int(row["account"]), int(row["instrument"])) in held for row in sells)


def test_first_number_starts_the_ids_elsewhere() -> None:
    rows = terms(REFERENCES)
    flow = OrderFlow(
        trading_day(rows), clients(50, rows), np.zeros(8), seed=1, settings=SMALL, first_number=501
    )
    nothing = np.zeros((8, 2), np.int64)
    orders = flow.slot(at(8, 45), nothing, nothing[:, 0]).orders
    assert orders["order_id"][0] == day_id(DATE, 501)


def test_a_refused_order_gives_back_what_it_held(day) -> None:
    rows, day = terms(REFERENCES), day[2]
    flow = OrderFlow(trading_day(rows), clients(50, rows), np.zeros(8), seed=1, settings=SMALL)
    held = flow._tables.positions["available"].copy()
    nothing = np.zeros((8, 2), np.int64)
    orders = flow.slot(at(8, 59), nothing, nothing[:, 0]).orders
    assert (flow._tables.positions["available"] < held).any()
    flow.observe(day.executions[:0], day.ends[:0], orders["order_id"])
    assert (flow._tables.positions["available"] == held).all()
    assert not flow._tables.pending["left"].any()


# the shape of the arrivals


def arrivals(**changes):
    settings = FlowSettings(house_orders=30_000, street_ratio=1.0, **changes)
    weights = np.full(4, 100, np.int64)
    return draw_arrivals(settings, phases_of(phases()), weights, seed=3, date_number=20_000)


def test_arrivals_are_u_shaped_over_the_day_and_pile_up_before_the_open() -> None:
    rows = arrivals()
    counts = np.histogram(rows["time"], bins=[at(9), at(9, 15), at(11), at(11, 15), at(13, 10), at(13, 25)])[
        0
    ]
    assert counts[0] > 2 * counts[2]
    assert counts[4] > 1.3 * counts[2]
    early, late = np.histogram(rows["time"], bins=[at(8, 30), at(8, 45), at(9)])[0]
    assert late > 2 * early


def test_arrivals_excite_each_other() -> None:
    """Counts of ten seconds spread wider than a Poisson process of the same intensity."""
    spreads = []
    for branching in (0.0, 0.6):
        rows = arrivals(branching=branching)
        mine = rows["time"][(rows["instrument"] == 1) & (rows["phase"] == 1)]
        counts = np.histogram(mine, bins=np.arange(at(10), at(12), 10 * SECOND))[0]
        spreads.append(counts.var() / counts.mean())
    assert spreads[0] == pytest.approx(1, abs=0.2)
    assert spreads[1] > 2


def test_sizes_are_heavy_tailed_and_round() -> None:
    rows = arrivals()
    lots = rows["size"][rows["odd"] == 0]
    counts = np.bincount(lots, minlength=401)
    assert 0.4 < counts[1] / len(lots) < 0.8
    assert counts[10] > 3 * max(counts[9], counts[11])
    assert counts[100:].sum() > 0
    assert lots.max() > 50 * np.median(lots)


def test_settings_unknown_are_refused() -> None:
    with pytest.raises(TypeError, match="house_messages"):
        FlowSettings(house_messages=5)


def test_oddities_name_reasons_of_the_gate() -> None:
    codes = {reason.code for reason in SUBMIT_REASONS}
    assert {oddity.reason for oddity in Oddity} <= codes
