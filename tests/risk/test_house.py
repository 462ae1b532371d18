"""The gate over the real market, ledger, journal and desk; amounts by hand."""

from __future__ import annotations

import datetime

from gate_house import CLIENT, DAY, NEXT_DAY, machines
from gate_rooms import at_clock, money, order

from tallystick.core.day import DayClosed, DayOpened
from tallystick.core.engine import Engine
from tallystick.core.follower import Follower
from tallystick.ledger.events import CloseTrading, RecordExecution
from tallystick.risk.gate.events import OrderType, SubmitOrder
from tallystick.risk.gate.state import kernels as at
from tallystick.risk.gate.state.kernels import find_position


def fill(command, number):
    return RecordExecution(
        execution_id=20261120000000000 + number, order_id=command.order_id, account=command.account,
        instrument=command.instrument, trade_date=DAY, price=command.price, quantity=command.quantity,
        executed_at=0, side=command.side, lot_type=1, capacity=1,
    )  # fmt: skip


def masks(house, *commands):
    return house.decide(type(commands[0]), list(commands)).verdicts["mask"].tolist()


def test_day_of_one_account(house):
    """A buy of 1,000 at 100 costs 142 commission; a sale of 3,000 at 50 brings 150,000 less 213 and 450 tax."""
    buy = order(1, account=CLIENT)
    sale = order(2, "sell", price=50, quantity=3_000, account=CLIENT, instrument=1)
    decision = house.decide(SubmitOrder, [buy, sale])
    assert decision.verdicts.tolist() == [(0, money(100_142), 1, 0), (0, 0, 1, 0)]
    house.accept(fill(buy, 1), fill(sale, 2))
    assert house.machine("gate").tables.accounts[CLIENT, 5:8].tolist() == [
        0, money(100_142), money(150_000 - 213 - 450),
    ]  # fmt: skip


def test_next_day_begins_with_the_ledgers_books(house):
    """Bought 1,000 at 100 for 100,142 with the ledger's own fee; sold 1,000 at 50 for 50,000 less 71 and 150."""
    buy, sale = order(1, account=CLIENT), order(2, "sell", price=50, account=CLIENT, instrument=1)
    masks(house, buy, sale)
    house.accept(fill(buy, 1), fill(sale, 2))
    house.accept(CloseTrading(trade_date=DAY, settlement_date=datetime.date(2026, 11, 24)))
    house.accept(DayClosed(business_date=DAY), DayOpened(business_date=NEXT_DAY, code_version="test"))
    tables = house.machine("gate").tables
    assert tables.accounts[CLIENT, [at.CASH, at.RESERVED, at.BOUGHT, at.SOLD]].tolist() == [
        money(300_000 - 100_142 + 49_779), 0, 0, 0,
    ]  # fmt: skip
    sellable = [tables.positions[find_position(CLIENT, i, tables.positions), at.SELLABLE] for i in (0, 1)]
    assert sellable == [1_000, 2_000]


def test_market_order_at_its_hours_by_the_seeded_rules(house):
    orders = [
        order(n, account=CLIENT, price=0, order_type=OrderType.MARKET, received_at=at_clock(clock))
        for n, clock in enumerate(("08:45", "09:00", "13:25"), 1)
    ]
    assert masks(house, *orders) == [1 << 10, 0, 1 << 10]


def test_explanation_names_people_and_papers(house):
    explanation = house.machine("gate").explain(SubmitOrder, order(1, account=CLIENT, price=99.99))
    values = {value.name: value for value in explanation.values}
    assert (values["account"].value, values["instrument"].value) == ("9800007", "9901.XTAI")
    assert explanation.rule_set == house.machine("market").rule_set
    assert "commission" in values["fee"].source


def test_following_the_journal_gives_the_same_state(house):
    buy = order(1, account=CLIENT)
    house.decide(SubmitOrder, [buy, order(2, account=CLIENT, price=120), buy])
    house.accept(fill(buy, 1))
    followed = Engine(machines())
    Follower(house.journal, followed, house.path / "no snapshots").catch_up()
    assert followed.digests() == house.engine.digests()


def test_restored_house_continues(house):
    masks(house, order(1, account=CLIENT))
    again = Engine(machines())
    again.restore(house.engine.snapshot())
    assert again.digests() == house.engine.digests()
    again.decide(SubmitOrder, packed(order(2, account=CLIENT)))
    masks(house, order(2, account=CLIENT))
    assert again.machines["gate"].digest() == house.machine("gate").digest()


def packed(*commands):
    from tallystick.core.schema import schema_of

    return schema_of(SubmitOrder).pack(commands)
