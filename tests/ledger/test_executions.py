"""Which executions and opening books are taken, which are refused and why, and that an id counts once for ever."""

from __future__ import annotations

import datetime

import msgspec
import numpy as np
import pytest
from ledger_firm import (
    ANNA,
    CLEARING,
    FEES,
    FOREIGN,
    FOUNDED,
    FRIDAY,
    MONDAY,
    OWN,
    STOCK,
    TUESDAY,
    Firm,
    execution,
    money,
)

from tallystick.core.money import LIMIT
from tallystick.core.schema import schema_of
from tallystick.ledger.events import (
    CloseTrading,
    RecordExecution,
    RecordOpeningCash,
    RecordOpeningHolding,
    RecordOpeningTrade,
    Side,
)


@pytest.fixture
def firm():
    return Firm()


def fill(**changes):
    return msgspec.structs.replace(execution(1, ANNA, Side.BUY, 1_000, 100), **changes)


def opening_trade(**changes):
    fields = {
        "execution_id": 1, "account": ANNA, "instrument": STOCK, "trade_date": MONDAY, "settlement_date": FRIDAY,
        "price": money(10), "quantity": 10, "fee": 0, "tax": 0, "side": Side.SELL, "capacity": 1,
    }  # fmt: skip
    return RecordOpeningTrade(**fields | changes)


def holding(**changes):
    fields = {"account": ANNA, "instrument": STOCK, "quantity": 1, "cost": 0, "acquired_on": FOUNDED}
    return RecordOpeningHolding(**fields | changes)


@pytest.mark.parametrize(
    ("command", "reasons"),
    [
        (fill(account=99), ["unknown_account"]),
        (fill(account=-1), ["unknown_account"]),
        (fill(account=CLEARING), ["house_account"]),
        (fill(instrument=4), ["unknown_instrument"]),
        (fill(instrument=-1), ["unknown_instrument"]),
        (fill(instrument=FOREIGN), ["market_not_cleared"]),
        (fill(account=99, instrument=99), ["unknown_account", "unknown_instrument"]),
        (fill(quantity=0), ["not_positive"]),
        (fill(price=-1), ["not_positive"]),
        (fill(price=LIMIT, quantity=2), ["too_large"]),
        (fill(price=2**62, quantity=2**62), ["too_large"]),
        (opening_trade(fee=-1), ["not_positive"]),
        (opening_trade(tax=-1), ["not_positive"]),
        (opening_trade(fee=2**62), ["too_large"]),
        (opening_trade(instrument=FOREIGN), ["market_not_cleared"]),
        (RecordOpeningCash(account=99, amount=1), ["unknown_account"]),
        (RecordOpeningCash(account=CLEARING, amount=1), ["house_account"]),
        (RecordOpeningCash(account=ANNA, amount=LIMIT + 1), ["too_large"]),
        (RecordOpeningCash(account=ANNA, amount=-(2**63)), ["too_large"]),
        (holding(quantity=-1), ["not_positive"]),
        (holding(cost=-1), ["not_positive"]),
        (holding(quantity=LIMIT + 1), ["too_large"]),
        (holding(account=FEES), ["house_account"]),
        (holding(instrument=FOREIGN), ["market_not_cleared"]),
    ],
)
def test_bad_record_is_refused_and_changes_nothing(firm, command, reasons):
    before = firm.ledger.digest()
    assert firm.refused(command) == reasons
    assert firm.ledger.digest() == before


def test_side_out_of_range_is_refused(firm):
    packed = schema_of(RecordExecution).pack([fill()])
    packed["side"] = 3
    verdict = firm.ledger.decide(RecordExecution, packed)[0]
    assert firm.codes(RecordExecution, int(verdict["mask"])) == ["malformed"]


def test_good_records_between_bad_ones_are_taken(firm):
    rows = [fill(execution_id=n, quantity=n % 3) for n in range(1, 10)]
    verdicts = firm.decide(*rows)
    assert (verdicts["mask"] == 0).tolist() == [n % 3 > 0 for n in range(1, 10)]
    assert firm.position(ANNA)["due_in"] == sum(n % 3 for n in range(1, 10))


def test_same_id_and_content_gets_the_earlier_answer(firm):
    firm.accept(fill())
    before = firm.ledger.digest()
    verdict = firm.decide(fill(received_at=99))[0]
    assert (int(verdict["mask"]), int(verdict["flags"])) == (0, 1)
    assert firm.ledger.digest() == before


def test_same_id_and_other_content_is_refused(firm):
    firm.accept(fill())
    assert firm.refused(fill(quantity=2_000)) == ["id_repeated"]
    assert firm.refused(opening_trade()) == ["id_repeated"]


def test_ids_repeat_inside_one_batch(firm):
    verdicts = firm.decide(fill(), fill(), fill(price=1), fill(execution_id=2))
    assert verdicts["flags"].tolist() == [0, 1, 0, 0]
    assert [firm.codes(RecordExecution, int(m)) for m in verdicts["mask"]] == [[], [], ["id_repeated"], []]
    assert firm.position(ANNA)["due_in"] == 2_000


def test_refused_id_stays_free_for_the_mended_record(firm):
    assert firm.refused(fill(account=99)) == ["unknown_account"]
    firm.accept(fill())


def test_id_counts_for_ever_even_when_its_trade_has_left(firm):
    firm.has_cash(ANNA, 200_000)
    firm.accept(fill())
    firm.closes_trading(MONDAY, TUESDAY)
    firm.reaches(TUESDAY)
    firm.close_day(TUESDAY + datetime.timedelta(days=30))
    assert len(firm.ledger.trades()) == 0
    assert firm.decide(fill())[0]["flags"] == 1
    assert firm.refused(fill(price=1)) == ["id_repeated", "trade_date_closed"]
    assert firm.ledger.explain(RecordExecution, fill()).values[-2].value == 1
    restored = Firm()
    restored.ledger.restore(firm.ledger.snapshot())
    assert restored.decide(fill())[0]["flags"] == 1
    for number in range(2, 200):
        restored.accept(fill(execution_id=number, trade_date=TUESDAY))
    assert restored.decide(fill())[0]["flags"] == 1


def test_execution_of_a_closed_trade_date_may_come_as_opening_trade(firm):
    firm.closes_trading(MONDAY, FRIDAY)
    assert firm.refused(fill()) == ["trade_date_closed"]
    firm.accept(opening_trade(side=Side.BUY))


def test_totals_over_the_limit_are_refused_in_order(firm):
    half = LIMIT // 2
    rows = [fill(execution_id=n, price=half, quantity=1) for n in range(1, 4)]
    verdicts = firm.decide(*rows, fill(execution_id=9, price=1, quantity=1))
    assert [firm.codes(RecordExecution, int(m)) for m in verdicts["mask"]] == [
        [],
        [],
        ["too_large"],
        ["too_large"],
    ]
    cash = [RecordOpeningCash(account=OWN, amount=amount) for amount in (half, -half, 2, 0)]
    verdicts = Firm().decide(*cash)
    assert (verdicts["mask"] == 0).tolist() == [True, True, False, True]


def test_capacity_of_totals_comes_back_when_trades_settle(firm):
    firm.has_cash(ANNA, 200_000)
    firm.accept(fill())
    firm.accept(fill(execution_id=2, side=Side.SELL))
    assert firm.ledger.books.gross.tolist() == [money(400_000), 2_000]
    firm.closes_trading(MONDAY, TUESDAY)
    firm.reaches(TUESDAY)
    firm.close_day(TUESDAY)
    # Anna lost 142 + 142 + 150, the house has them: what is there is 200,000
    assert firm.ledger.books.gross.tolist() == [money(200_000), 0]


def test_large_batch_grows_everything(firm):
    count = 20_000
    rows = np.zeros(count, schema_of(RecordExecution).dtype)
    rows["execution_id"] = np.arange(count, 0, -1)
    rows["order_id"] = np.arange(count) // 3
    rows["account"], rows["instrument"] = ANNA + np.arange(count) % 3, np.arange(count) % 3
    rows["trade_date"], rows["price"], rows["quantity"] = 20_000, money(10), 1
    rows["side"], rows["lot_type"], rows["capacity"] = 1 + np.arange(count) % 2, 1, 1
    assert not firm.ledger.decide(RecordExecution, rows)["mask"].any()
    assert firm.ledger.decide(RecordExecution, rows)["flags"].all()
    assert len(firm.ledger.trades(20_000)) == count
    date = datetime.date(1970, 1, 1) + datetime.timedelta(days=20_000)
    firm.accept(CloseTrading(trade_date=date, settlement_date=date + datetime.timedelta(days=2)))
    assert firm.ledger.fees(20_000)["fills"].sum() == count


def test_unsettled_trades_count_in_the_totals_overnight(firm):
    firm.has_cash(ANNA, 200_000)
    firm.accept(fill())
    firm.closes_trading(MONDAY, TUESDAY)
    firm.close_day(MONDAY)
    # cash there, the lot's cost, what Anna owes, what the house gets of it
    assert firm.ledger.books.gross.tolist() == [money(200_000 + 100_142 + 100_142 + 142), 1_000]


def test_opening_trades_carry_lots_in_their_order():
    sale = opening_trade(execution_id=1, quantity=60)
    older = opening_trade(execution_id=2, quantity=50, side=Side.BUY, trade_date=FOUNDED)
    lots = []
    for batches in ([[sale, older]], [[sale], [older]]):
        firm = Firm()
        firm.holds(ANNA, 100, cost=10, acquired_on=MONDAY)
        for batch in batches:
            firm.accept(*batch)
        lots.append(firm.ledger.books.lots.save()["quantity"].tolist())
    # the sale took from what was there when it came, not from the older lot that came after it
    assert lots == [[50, 40], [50, 40]]
