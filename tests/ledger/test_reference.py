"""The machine against the plain reference on random histories: every verdict, every balance, every obligation."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from ledger_firm import Firm, PlainMarket, charge, money
from ledger_histories import ACCOUNT_COUNT, CLIENTS, FACTS, history, play
from ledger_reference import MONEY, Reference

from tallystick.core.schema import date_number, number_date
from tallystick.ledger.states import CASH, Obligation


def compare(ledger, reference):
    assert [ledger.cash(a).posted for a in range(ACCOUNT_COUNT)] == [
        reference.cash[a] for a in range(ACCOUNT_COUNT)
    ]
    rows = ledger.positions()
    posted = {(int(r["account"]), int(r["instrument"])): int(r["posted"]) for r in rows if r["posted"]}
    assert posted == {place: quantity for place, quantity in reference.shares.items() if quantity}
    compare_obligations(ledger, reference)
    trading = [a for a in range(ACCOUNT_COUNT) if reference.trading(a)]
    assert ledger.gate_cash().tolist() == [reference.buying_power(a) for a in range(ACCOUNT_COUNT)]
    sellable = {(int(r["account"]), int(r["instrument"])): int(r["sellable"]) for r in ledger.gate_holdings()}
    for account in trading:
        assert ledger.cash(account).free == reference.free_cash(account), account
        for instrument in range(3):
            place = account, instrument
            assert sellable.get(place, 0) == reference.sellable(*place), place


def compare_obligations(ledger, reference):
    dates = {number_date(date) for date in ledger.settlement_dates()}
    assert dates == set(reference.steps)
    for date in dates:
        rows = ledger.obligations(date_number(date))
        clients = [
            (r["account"], MONEY if r["instrument"] == CASH else r["instrument"], r["amount"], r["counter"],
             Obligation(int(r["state"])).name)
            for r in rows if r["tier"] == 1
        ]  # fmt: skip
        assert clients == [
            (d.account, d.instrument, d.amount, d.counter, d.state) for d in reference.duties[date]
        ]
        firm = {
            MONEY if r["instrument"] == CASH else int(r["instrument"]): [
                int(r["amount"]), Obligation(int(r["state"])).name
            ]
            for r in rows if r["tier"] == 2
        }  # fmt: skip
        assert firm == reference.house[date]


def compare_trades(ledger, reference):
    """Fees, taxes and pairs of every trade that the ledger still holds; the lots of every holding."""
    by_id = {fill.said.execution_id: fill for fill in reference.fills}
    for row in ledger.trades():
        fill = by_id[int(row["execution_id"])]
        assert (row["fee"], row["tax"], row["day_traded"]) == (fill.fee, fill.tax, fill.paired), fill
    saved = ledger.books.lots.save()
    lots = {}
    for key, acquired, quantity, cost in zip(
        *(saved[n].tolist() for n in ("key", "acquired", "quantity", "cost")), strict=True
    ):
        lots.setdefault((key >> 32, key & 0xFFFFFFFF), []).append((number_date(acquired), quantity, cost))
    expected = {
        place: [(date, len(units), sum(units)) for date, units in queue]
        for place, queue in reference.lots.items()
        if queue
    }
    assert lots == expected
    owed = dict(zip(saved["owed_key"].tolist(), saved["owed"].tolist(), strict=True))
    assert owed == {a << 32 | i: quantity for (a, i), quantity in reference.owed.items() if quantity}


def market_of(seed):
    """Every third market has the usual charges alike, every third differs by class, every third lacks rules too."""
    market = PlainMarket()
    if seed % 3:
        market.commission["ROCO", "stock"] = charge(2, 1_000, money(35), unit=100, rounding="half_up")
        market.commission["XTAI", "etf"] = charge(1, 1_000, money(1), rounding="ceiling")
        market.transaction_tax["ROCO", "stock"] = charge(4, 1_000, unit=1, rounding="ceiling")
        market.day_trade_tax["ROCO", "stock"] = charge(25, 10_000)
        market.day_trade_tax_proprietary["XTAI", "stock"] = charge(29, 10_000)
        market.day_trade_lots["ROCO", "stock"] = frozenset({1, 2})
        market.day_trade_lots["XTAI", "etf"] = frozenset()
    if seed % 3 == 2:
        charges = (
            market.day_trade_tax,
            market.day_trade_tax_proprietary,
            market.commission,
            market.transaction_tax,
        )
        del charges[seed // 3 % 4]["ROCO", "stock"]
    return market


def check_against_reference(seed, days=5):
    """Play one history on both, comparing after every record; what was met on the way."""
    firm = Firm(market_of(seed), clients=CLIENTS)
    reference = Reference(firm.market, ACCOUNT_COUNT)
    met = Counter()
    for said in history(random.Random(seed), days):
        ((record, _, verdicts),) = play(firm.ledger, [said])
        expected = reference.take(said)
        if record not in FACTS:
            codes = set(firm.codes(record, int(verdicts[0]["mask"])))
            assert (codes, bool(verdicts[0]["flags"])) == (expected or set(), expected is None), said
            met.update(codes or ["repeated" if expected is None else "accepted"])
        compare(firm.ledger, reference)
        duties = [duty for duties in reference.duties.values() for duty in duties]
        met.update(
            {f"{'cash' if duty.instrument is MONEY else 'securities'} {duty.state}" for duty in duties}
        )
        met.update(f"house {state}" for rows in reference.house.values() for _, state in rows.values())
    compare_trades(firm.ledger, reference)
    return met


@pytest.mark.parametrize("seed", range(16))
def test_random_history_agrees_with_reference(seed):
    check_against_reference(seed)


def test_random_histories_meet_what_they_are_for():
    met = sum((check_against_reference(seed) for seed in range(100, 109)), Counter())
    states = {f"{what} {state.name}" for what in ("cash", "securities") for state in Obligation}
    states |= {"house LATE", "house DEFAULTED", "house SETTLED_LATE"}
    reasons = {
        "overdrawn", "short_of_securities", "id_repeated", "not_positive", "too_large", "unknown_account",
        "unknown_instrument", "house_account", "market_not_cleared", "trade_date_closed", "repeated",
    }  # fmt: skip
    assert not (states | reasons) - set(met)


@pytest.mark.lab
@pytest.mark.parametrize("seed", range(1_000, 3_000))
def test_many_random_histories_agree_with_reference(seed):
    check_against_reference(seed, days=9)
