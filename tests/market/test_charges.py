"""Commission, taxes and fees worked out by hand, on both sides of their changes."""

from __future__ import annotations

import datetime
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tallystick.market import (
    ExpiredRule,
    MissingRule,
    RuleKey,
    charge_at,
    commission_terms,
    seed_rules,
    tax_terms,
)
from tallystick.market.charges import Charge, charge_of, fee_terms, futures_tax_terms, transfer_fee_terms

RULES = seed_rules()
DAY = datetime.date
TODAY = DAY(2026, 11, 20)


def key(product="stock", venue="XTAI", board="main", market="TW"):
    return RuleKey(market=market, venue=venue, board=board, product=product)


def dollars(value):
    return int(Fraction(value) * 10_000)


def charged(terms, amount):
    return Fraction(charge_of(dollars(amount), terms), 10_000)


def test_commission_drops_fractions_and_has_a_minimum():
    terms = commission_terms(RULES, key(), TODAY)
    assert charged(terms, 580_000) == 826  # 826.5
    assert charged(terms, 10_000) == 20  # 14.25
    assert charged(terms, 14_035) == 20  # 19.999…
    assert charged(terms, 14_737) == 21  # 21.000225
    assert charged(terms, 0) == 0
    assert terms.rows[0].status == "unverified"
    assert "commission_rate" in terms.source


def test_commission_at_the_clients_own_rate():
    terms = commission_terms(RULES, key(), TODAY, Fraction("0.001425") * Fraction("0.28"))
    assert charged(terms, 580_000) == 231  # 231.42


def test_commission_in_china_needs_the_brokers_rate():
    china = key(venue="XSHG", market="CN")
    with pytest.raises(MissingRule):
        commission_terms(RULES, china, TODAY)
    terms = commission_terms(RULES, china, TODAY, Fraction("0.00025"))
    assert charged(terms, 10_000) == 5
    assert charged(terms, 100_001) == Fraction("25")
    assert charged(terms, 100_020) == Fraction("25.01")  # 25.005, half up


@pytest.mark.parametrize(
    ("product", "date", "day_trade", "proprietary", "rate"),
    [
        ("stock", TODAY, False, False, "0.003"),
        ("stock", TODAY, True, False, "0.0015"),
        ("stock", DAY(2017, 4, 27), True, False, "0.003"),
        ("stock", DAY(2017, 4, 28), True, False, "0.0015"),
        ("stock", DAY(2018, 4, 27), True, True, "0.003"),
        ("stock", DAY(2018, 4, 28), True, True, "0.0015"),
        ("stock", DAY(2013, 1, 4), True, False, "0.003"),
        ("etf", TODAY, False, False, "0.001"),
        ("etf", TODAY, True, False, "0.001"),
        ("etf_leveraged_2", TODAY, True, True, "0.001"),
        ("etf_bond", TODAY, False, False, "0"),
        ("etf_bond", DAY(2016, 12, 30), False, False, "0.001"),
        ("warrant", TODAY, False, False, "0.001"),
        ("reit", TODAY, False, False, "0"),
        ("bond_government", TODAY, False, False, "0"),
    ],
)
def test_transaction_tax_of_a_sale_in_taiwan(product, date, day_trade, proprietary, rate):
    terms = tax_terms(RULES, key(product), date, "sell", day_trade=day_trade, proprietary=proprietary)
    assert Fraction(terms.numerator, terms.denominator) == Fraction(rate)
    assert terms.minimum == 0


def test_buyer_pays_no_transaction_tax_in_taiwan():
    for day_trade in (False, True):
        assert tax_terms(RULES, key(), TODAY, "buy", day_trade=day_trade).numerator == 0


def test_tax_drops_fractions():
    assert charged(tax_terms(RULES, key(), TODAY, "sell"), "333.5") == 1
    assert charged(tax_terms(RULES, key(), TODAY, "sell", day_trade=True), 580_999) == 871  # 871.4985


def test_tax_that_has_expired_is_loud():
    with pytest.raises(ExpiredRule):
        tax_terms(RULES, key(), DAY(2028, 1, 3), "sell", day_trade=True)
    with pytest.raises(ExpiredRule):
        tax_terms(RULES, key("etf_bond"), DAY(2027, 1, 4), "sell")
    with pytest.raises(MissingRule):
        tax_terms(RULES, key(market="US", venue="XNYS"), TODAY, "sell")


@pytest.mark.parametrize(
    ("date", "buy", "sell"),
    [
        (DAY(2007, 5, 29), "0.001", "0.001"),
        (DAY(2007, 5, 30), "0.003", "0.003"),
        (DAY(2008, 4, 24), "0.001", "0.001"),
        (DAY(2008, 9, 19), "0", "0.001"),
        (DAY(2023, 8, 27), "0", "0.001"),
        (DAY(2023, 8, 28), "0", "0.0005"),
    ],
)
def test_stamp_duty_in_china(date, buy, sell):
    for side, rate in (("buy", buy), ("sell", sell)):
        terms = tax_terms(RULES, key(market="CN", venue="XSHE"), date, side)
        assert Fraction(terms.numerator, terms.denominator) == Fraction(rate)


def test_transfer_fee_and_futures_tax():
    china = key(market="CN", venue="XSHG")
    assert charged(transfer_fee_terms(RULES, china, DAY(2022, 4, 28)), 100_000) == 2
    assert charged(transfer_fee_terms(RULES, china, DAY(2022, 4, 29)), 100_000) == 1
    txf = RuleKey(market="TW", venue="XTAF", board="TXF", product="future_index")
    terms = futures_tax_terms(RULES, txf, TODAY)
    assert charged(terms, 4_600_000) == 92  # 23,000 points × 200 × 0.002 %
    assert charged(terms, 10_000) == 1


def test_fee_terms_of_a_market():
    terms = fee_terms(RULES, "TW", TODAY, ["etf_leveraged_2", "future_index"])
    assert (terms.commission.numerator, terms.commission.denominator) == (57, 40_000)
    assert (terms.commission.minimum, terms.commission.unit) == (200_000, 10_000)
    assert terms.day_trade_tax["stock"].denominator == 2_000
    assert terms.transaction_tax["etf_leveraged_2"] == terms.transaction_tax["etf"]
    assert "future_index" not in terms.transaction_tax
    assert terms.day_trade_lots == {1, 3}
    assert fee_terms(RULES, "TW", DAY(2013, 1, 4)).day_trade_lots == frozenset()


def test_fee_terms_leave_out_what_has_expired():
    terms = fee_terms(RULES, "TW", DAY(2027, 1, 4))
    assert "etf_bond" not in terms.transaction_tax
    assert "stock" in terms.transaction_tax
    assert "stock" not in fee_terms(RULES, "TW", DAY(2028, 1, 3)).day_trade_tax


@given(
    st.integers(0, 2**61), st.integers(0, 10_000), st.integers(1, 10_000), st.integers(0, 10**8),
    st.sampled_from([1, 100, 10_000]), st.sampled_from(["floor", "ceiling", "half_up"]),
)  # fmt: skip
@settings(deadline=None)
def test_kernel_charges_the_same(amount, numerator, denominator, minimum, unit, rounding):
    charge = Charge(min(numerator, denominator), denominator, minimum, unit, rounding, ())
    exact = Fraction(amount * charge.numerator, denominator * unit)
    whole = exact.__floor__()
    expected = {"floor": whole, "ceiling": exact.__ceil__(), "half_up": (exact + Fraction(1, 2)).__floor__()}[
        rounding
    ]
    expected = max(expected * unit, minimum) if amount else 0
    assert charge_of(amount, charge) == expected
    found = charge_at(amount, charge.numerator, denominator, minimum, unit, charge.rounding_code)
    assert found == expected
