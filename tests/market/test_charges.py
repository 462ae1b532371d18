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
    RuleRow,
    charge_at,
    commission_terms,
    seed_rules,
    tax_terms,
)
from tallystick.market.charges import Charge, charge_of, fee_terms, futures_tax_terms, transfer_fee_terms

RULES = seed_rules()
DAY = datetime.date
TODAY = DAY(2026, 11, 20)
LOT_TYPES = "day_trade.lot_types"


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


def row(field, value, unit="percent", *, venue="XTAI", board="*", product="stock", side="", **dates):
    return RuleRow(
        market="TW", venue=venue, board=board, product=product, field=field, side=side, value=value, unit=unit,
        source="made up", status="unverified", **dates,
    )  # fmt: skip


def test_fee_terms_of_a_class():
    terms = fee_terms(RULES, key(), TODAY)
    assert terms.commission.numbers == (57, 40_000, 200_000, 10_000, 0)
    assert terms.day_trade_tax.denominator == 2_000
    assert terms.day_trade_lots == {1, 3}
    assert terms.absent == {}
    leveraged = fee_terms(RULES, key("etf_leveraged_2"), TODAY)
    assert leveraged.transaction_tax == fee_terms(RULES, key("etf"), TODAY).transaction_tax
    assert fee_terms(RULES, key(), DAY(2013, 1, 4)).day_trade_lots == frozenset()


def test_fee_terms_leave_out_what_has_expired():
    assert fee_terms(RULES, key("etf_bond"), DAY(2027, 1, 4)).transaction_tax is None
    later = fee_terms(RULES, key(), DAY(2028, 1, 3))
    assert later.transaction_tax is not None
    assert later.day_trade_tax is None
    assert later.absent["day_trade_tax"] == "day_trade_tax (TW/XTAI/main/stock)"


@pytest.mark.parametrize(
    "classified",
    [
        key("future_index", venue="XTAF", board="TXF"), key("stock", venue="XNYS", market="US"),
        key("convertible", venue="ROCO"), key("fund", venue=""),
    ],
    ids=lambda classified: f"{classified.venue} {classified.product}",
)  # fmt: skip
def test_class_without_commission_says_so_and_does_not_fail(classified):
    terms = fee_terms(RULES, classified, TODAY)
    assert terms.commission is None
    assert terms.absent["commission"].startswith("commission_rate (")


def test_change_of_one_class_leaves_the_others():
    rules = RULES.adopt([
        row("commission_rate", "0.05"), row("commission_minimum", "1", "currency"),
        row("commission_rate", "0.07", board="innovation"),
        row("transaction_tax", "0.2", venue="ROCO", side="sell"),
    ])  # fmt: skip
    assert not rules.problems()
    expected = {
        key(): ((1, 2_000, 10_000), (3, 1_000)),
        key(board="innovation"): ((7, 10_000, 10_000), (3, 1_000)),
        key("etf"): ((57, 40_000, 200_000), (1, 1_000)),
        key(venue="ROCO"): ((57, 40_000, 200_000), (1, 500)),
    }
    for classified, (commission, tax) in expected.items():
        terms = fee_terms(rules, classified, TODAY)
        assert (terms.commission.numbers[:3], terms.transaction_tax.numbers[:2]) == (commission, tax)


def test_source_names_the_rows_of_rate_and_minimum_of_the_class():
    source = fee_terms(RULES, key(venue="ROCO", product="etf"), TODAY).commission.source
    assert "commission_rate of TW/ROCO/etf" in source
    assert "commission_minimum of TW/ROCO" in source
    assert "step" not in source
    assert "XTAI" not in source


def test_cap_bounds_the_rate_of_its_class():
    rules = RULES.adopt([row("commission_rate_cap", "0.1", product="etf")])
    capped = fee_terms(rules, key("etf"), TODAY).commission
    assert capped.numbers[:2] == (1, 1_000)
    assert "commission_rate_cap" in capped.source
    assert fee_terms(rules, key(), TODAY).commission.numbers[:2] == (57, 40_000)
    clients_own = commission_terms(rules, key("etf"), TODAY, Fraction("0.0005"))
    assert clients_own.numbers[:2] == (1, 2_000)


@pytest.mark.parametrize(
    ("name", "change", "field"),
    [
        ("commission", row("commission_rate", "150"), "commission_rate"),
        ("commission", row("commission_rate", "0.12345678901"), "commission_rate"),
        ("commission", row("commission_minimum", "900000000000000", "currency"), "commission_rate"),
        ("commission", row("commission_rounding", "inward", "rounding"), "commission_rounding"),
        ("commission", row("commission_step", "0", "currency"), "commission_rate"),
        ("transaction_tax", row("tax_rounding", "inward", "rounding"), "tax_rounding"),
        ("day_trade_lots", row(LOT_TYPES, "board,blocks", "list"), LOT_TYPES),
        ("day_trade_lots", row(LOT_TYPES, "board", "list", valid_to=DAY(2026, 1, 1)), LOT_TYPES),
    ],
)  # fmt: skip
def test_rule_that_cannot_be_computed_is_absent_for_its_class_only(name, change, field):
    rules = RULES.adopt([change])
    assert not rules.problems()
    terms = fee_terms(rules, key(), TODAY)
    assert terms.absent[name] == f"{field} (TW/XTAI/main/stock)"
    assert not getattr(terms, name)
    assert fee_terms(rules, key("etf"), TODAY).absent == {}
    assert fee_terms(rules, key(venue="ROCO"), TODAY).absent == {}


def test_rates_that_differ_by_side_are_no_commission():
    sides = [
        row("commission_rate", value, board="main", side=side)
        for side, value in (("buy", "0.1"), ("sell", "0.2"))
    ]
    terms = fee_terms(RULES.adopt(sides), key(), TODAY)
    assert terms.absent["commission"] == "commission_rate (TW/XTAI/main/stock)"


@pytest.mark.parametrize(
    "bad",
    [
        (-1, 2, 0, 1), (3, 2, 0, 1), (1, 0, 0, 1), (1, 2, 0, 0), (2**40, 2**41, 0, 10_000), (1, 2, -1, 1),
        (1, 2, 2**62, 1), (0, 1, 0, 2**62),
    ],
)  # fmt: skip
def test_charge_that_is_no_share_or_not_exact_is_not_computable(bad):
    assert not Charge(*bad, "floor", ()).is_computable


def test_charge_at_its_edges_is_computable():
    assert Charge(1, 1, 2**61, 2**61, "ceiling", ()).is_computable
    assert Charge(0, 1, 0, 1, "floor", ()).is_computable


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
