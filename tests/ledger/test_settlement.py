"""Settlement days told as business, every amount worked out by hand in the comment beside it."""

from __future__ import annotations

import pytest
from ledger_firm import (
    ANNA,
    BANK,
    BO,
    CHEN,
    CLEARING,
    DEPOSITORY,
    ERROR,
    FEES,
    FRIDAY,
    FUND,
    MONDAY,
    OTHER_STOCK,
    OWN,
    STOCK,
    TAX,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Firm,
    money,
)

from tallystick.core.schema import date_number
from tallystick.ledger.events import CloseTrading, MoveCash, MoveSecurities, RecordOpeningTrade, Side
from tallystick.ledger.states import CASH, Step


@pytest.fixture
def firm():
    return Firm()


def test_buy_and_sell_over_two_days(firm):
    firm.has_cash(ANNA, 200_000)
    firm.buys(ANNA, 1_000, 100)
    assert firm.position(ANNA)["due_in"] == 1_000
    firm.closes_trading()
    # 100,000 × 0.1425 % = 142.5 → 142
    assert firm.obligations()[ANNA, CASH] == (money(-100_142), "DUE")
    assert firm.obligations()[ANNA, STOCK] == (1_000, "DUE")
    firm.sells(ANNA, 1_000, 105, trade_date=TUESDAY)
    firm.closes_trading(TUESDAY, THURSDAY)
    # 105,000 × 0.1425 % = 149.6 → 149; × 0.3 % = 315; 105,000 − 149 − 315
    assert firm.obligations(THURSDAY)[ANNA, CASH] == (money(104_536), "DUE")
    assert firm.dollars(ANNA) == 200_000
    firm.reaches(WEDNESDAY)
    assert firm.dollars(ANNA) == 99_858
    assert firm.shares(ANNA) == 1_000
    firm.reaches(THURSDAY)
    assert firm.dollars(ANNA) == 99_858 + 104_536
    assert firm.shares(ANNA) == 0
    assert (firm.dollars(FEES), firm.dollars(TAX)) == (142 + 149, 315)
    assert firm.dollars(BANK) == -(200_000 - 100_000 + 105_000)
    assert (firm.dollars(CLEARING), firm.shares(CLEARING), firm.shares(DEPOSITORY)) == (0, 0, 0)


def test_nothing_moves_before_the_settlement_date(firm):
    firm.has_cash(ANNA, 200_000)
    firm.buys(ANNA, 1_000, 100)
    firm.closes_trading()
    firm.reaches(TUESDAY)
    assert firm.obligations()[ANNA, CASH] == (money(-100_142), "DUE")
    assert firm.dollars(ANNA) == 200_000


def test_each_deadline_moves_its_own_part(firm):
    firm.has_cash(ANNA, 200_000)
    firm.holds(BO, 1_000)
    firm.buys(ANNA, 1_000, 100)
    firm.sells(BO, 1_000, 100)
    firm.closes_trading()
    firm.reaches(WEDNESDAY, "securities_in")
    assert (firm.shares(BO), firm.shares(CLEARING), firm.shares(ANNA)) == (0, 1_000, 0)
    assert firm.dollars(ANNA) == 200_000
    firm.reaches(WEDNESDAY, "cash_in")
    assert (firm.dollars(ANNA), firm.dollars(CLEARING), firm.dollars(BO)) == (99_858, 100_142, 0)
    firm.reaches(WEDNESDAY, "pay_out")
    assert (firm.shares(CLEARING), firm.shares(ANNA)) == (0, 1_000)
    # 100,000 − 142 − 300
    assert (firm.dollars(CLEARING), firm.dollars(BO)) == (0, 99_558)
    assert firm.ledger.settlement_step(date_number(WEDNESDAY)) == Step.PAY_OUT


def test_partial_fills_pay_one_minimum(firm):
    for quantity in (1_000, 1_000, 5_000):
        firm.buys(ANNA, quantity, 5, order_id=77)
    firm.closes_trading()
    fills = firm.ledger.trades(date_number(MONDAY))
    # running value 5,000 → 7.1 → 20; 10,000 → 14.2 → 20; 35,000 → 49.8 → 49
    assert (fills["fee"] // 10_000).tolist() == [20, 0, 29]
    orders = firm.ledger.fees(date_number(MONDAY))
    assert orders[["order_id", "fills", "quantity"]].tolist() == [(77, 3, 7_000)]
    assert orders["fee"].tolist() == [money(49)]
    assert firm.obligations()[ANNA, CASH] == (money(-35_049), "DUE")


def test_day_trade_pays_half_the_tax_on_what_pairs(firm):
    firm.holds(ANNA, 1_000)
    firm.buys(ANNA, 2_000, 50)
    firm.sells(ANNA, 1_000, 52)
    firm.sells(ANNA, 2_000, 53)
    firm.closes_trading()
    fills = firm.ledger.trades(date_number(MONDAY))
    assert fills["day_traded"].tolist() == [2_000, 1_000, 1_000]
    # 52,000 × 0.15 % = 78; 53,000 × 0.15 % = 79.5 → 79 and 53,000 × 0.3 % = 159
    assert (fills["tax"] // 10_000).tolist() == [0, 78, 238]
    # 100,000 → 142; 52,000 → 74; 106,000 → 151
    assert (fills["fee"] // 10_000).tolist() == [142, 74, 151]
    assert firm.obligations()[ANNA, CASH] == (money(158_000 - 100_000 - 142 - 74 - 151 - 78 - 238), "DUE")
    assert firm.obligations()[ANNA, STOCK] == (-1_000, "DUE")


def test_day_trade_of_a_fund_pays_the_ordinary_rate(firm):
    firm.buys(ANNA, 1_000, 50, instrument=FUND)
    firm.sells(ANNA, 1_000, 51, instrument=FUND)
    firm.closes_trading()
    assert firm.ledger.fees(date_number(MONDAY))["tax"].tolist() == [0, money(51)]
    assert (ANNA, FUND) not in firm.obligations()
    # 51,000 − 50,000 − 71 − 72 − 51
    assert firm.obligations()[ANNA, CASH] == (money(806), "DUE")


def test_margin_and_odd_lots_do_not_pair(firm):
    firm.buys(ANNA, 1_000, 50, capacity=2)
    firm.sells(ANNA, 1_000, 52)
    firm.buys(BO, 100, 50, lot_type=2)
    firm.sells(BO, 1_000, 52)
    firm.closes_trading()
    assert not firm.ledger.trades(date_number(MONDAY))["day_traded"].any()
    assert firm.ledger.fees(date_number(MONDAY))["tax"].tolist() == [0, money(156), 0, money(156)]


def test_own_trades_pay_tax_and_no_commission(firm):
    firm.holds(OWN, 1_000)
    firm.sells(OWN, 1_000, 100, capacity=4)
    firm.closes_trading()
    assert firm.obligations()[OWN, CASH] == (money(99_700), "DUE")
    assert (FEES, CASH) not in firm.obligations()


def test_clients_net_towards_the_clearing_house(firm):
    firm.has_cash(ANNA, 400_000)
    firm.has_cash(CHEN, 500_000)
    firm.holds(BO, 2_000)
    firm.holds(CHEN, 3_000, OTHER_STOCK)
    firm.buys(ANNA, 3_000, 100)
    firm.sells(BO, 2_000, 101)
    firm.buys(CHEN, 500, 102)
    firm.sells(CHEN, 3_000, 20, instrument=OTHER_STOCK)
    firm.closes_trading()
    # stock 3,000 + 500 − 2,000; other stock −3,000; cash −300,000 + 202,000 − 51,000 + 60,000
    assert firm.with_clearing_house() == {
        CASH: (money(-89_000), "DUE"),
        STOCK: (1_500, "DUE"),
        OTHER_STOCK: (-3_000, "DUE"),
    }
    firm.reaches(WEDNESDAY)
    assert {state for _, state in firm.with_clearing_house().values()} == {"SETTLED"}
    assert {state for _, state in firm.obligations().values()} == {"SETTLED"}
    assert (firm.shares(ANNA), firm.shares(BO), firm.shares(CHEN)) == (3_000, 0, 500)
    # 400,000 − 300,000 − 427; 202,000 − 287 − 606; 500,000 − 51,000 − 72 + 60,000 − 85 − 180
    assert [firm.dollars(a) for a in (ANNA, BO, CHEN)] == [99_573, 201_107, 508_663]
    assert (firm.dollars(FEES), firm.dollars(TAX)) == (427 + 287 + 72 + 85, 606 + 180)
    assert firm.shares(DEPOSITORY) == -3_500
    assert firm.report(STOCK) == {
        "instrument": STOCK, "due_in": 3_500, "due_out": 2_000, "firm_net": 1_500, "firm_state": 2,
        "delivered": 2_000, "delivered_late": 0, "late": 0, "covered": 0, "paid_out": 3_500, "retained": 0,
        "waiting": 0,
    }  # fmt: skip


@pytest.fixture
def late(firm):
    """Anna buys for 100,142 with 50,000 at hand and sells other stock for 19,912; Bo sells her the shares."""
    firm.has_cash(ANNA, 50_000)
    firm.holds(ANNA, 1_000, OTHER_STOCK)
    firm.holds(BO, 1_000)
    firm.buys(ANNA, 1_000, 100)
    firm.sells(BO, 1_000, 100)
    firm.closes_trading()
    return firm


def test_late_payer_is_covered_by_the_error_account_and_cured(late):
    late.has_cash(ERROR, 500_000)
    late.reaches(WEDNESDAY, "securities_in", "cash_in")
    assert late.obligations()[ANNA, CASH] == (money(-100_142), "LATE")
    assert (late.dollars(ANNA), late.dollars(ERROR)) == (50_000, 399_858)
    late.reaches(WEDNESDAY, "pay_out")
    # Bo is paid as if nothing had happened; Anna's shares stay with the account that paid for her
    assert late.dollars(BO) == 99_558
    assert (late.shares(ANNA), late.shares(ERROR)) == (0, 1_000)
    assert late.obligations()[ANNA, STOCK] == (1_000, "RETAINED")
    assert late.position(ANNA)["retained"] == 1_000
    assert late.position(ANNA)["sellable"] == late.position(ERROR)["sellable"] == 0
    assert late.ledger.late_accounts() == [ANNA]
    assert late.obligations()[ANNA, CASH] == (money(-100_142), "LATE")
    late.reaches(WEDNESDAY, "bank_close")
    assert late.obligations()[ANNA, CASH] == (money(-100_142), "DEFAULTED")
    assert late.refused(MoveCash(account=ANNA, amount=money(-1), bank_reference="r")) == ["overdrawn"]
    late.pays_in(ANNA, 50_141)
    assert late.obligations()[ANNA, CASH] == (money(-100_142), "DEFAULTED")
    late.pays_in(ANNA, 1)
    assert late.obligations()[ANNA, CASH] == (money(-100_142), "SETTLED_LATE")
    assert late.obligations()[ANNA, STOCK] == (1_000, "SETTLED_LATE")
    assert (late.dollars(ANNA), late.dollars(ERROR)) == (0, 500_000)
    assert (late.shares(ANNA), late.shares(ERROR)) == (1_000, 0)
    assert late.ledger.late_accounts() == []


def test_own_account_covers_when_the_error_account_cannot(late):
    late.has_cash(ERROR, 100_000)
    late.has_cash(OWN, 100_142)
    late.reaches(WEDNESDAY)
    assert (late.dollars(ERROR), late.dollars(OWN), late.shares(OWN)) == (100_000, 0, 1_000)
    assert late.report()["covered"] == money(100_142)


def test_late_payer_whom_nobody_covers_stops_the_cash(late):
    late.reaches(WEDNESDAY)
    assert late.obligations()[ANNA, CASH] == (money(-100_142), "DEFAULTED")
    # Bo's cash waits; the shares have gone from him and wait with the clearing account for Anna
    assert late.obligations()[BO, CASH] == (money(99_558), "DUE")
    assert late.obligations()[ANNA, STOCK] == (1_000, "DUE")
    assert (late.shares(BO), late.shares(CLEARING)) == (0, 1_000)
    late.pays_in(ERROR, 100_142)
    assert late.dollars(BO) == 99_558
    assert late.obligations()[ANNA, STOCK] == (1_000, "RETAINED")


def test_late_payment_before_pay_out_is_as_good_as_on_time(late):
    late.has_cash(ERROR, 500_000)
    late.reaches(WEDNESDAY, "securities_in", "cash_in")
    late.pays_in(ANNA, 60_000)
    assert late.obligations()[ANNA, CASH] == (money(-100_142), "SETTLED_LATE")
    late.reaches(WEDNESDAY, "pay_out")
    assert late.obligations()[ANNA, STOCK] == (1_000, "SETTLED")
    assert (late.dollars(ANNA), late.dollars(ERROR), late.shares(ANNA)) == (9_858, 500_000, 1_000)


def test_late_payer_is_cured_by_the_proceeds_of_another_day(late):
    late.has_cash(ERROR, 500_000)
    late.sells(ANNA, 1_000, 60, instrument=OTHER_STOCK, trade_date=TUESDAY)
    late.closes_trading(TUESDAY, THURSDAY)
    late.reaches(WEDNESDAY)
    assert late.obligations()[ANNA, STOCK] == (1_000, "RETAINED")
    late.reaches(THURSDAY)
    # 50,000 + (60,000 − 85 − 180) − 100,142
    assert late.dollars(ANNA) == 9_593
    assert late.obligations()[ANNA, STOCK] == (1_000, "SETTLED_LATE")


def sell_short(firm):
    """Anna sells 1,000 shares that she has not got; Bo buys 400 of them, the rest goes to the clearing house."""
    firm.has_cash(BO, 100_000)
    firm.sells(ANNA, 1_000, 100)
    firm.buys(BO, 400, 100)
    firm.closes_trading()
    return firm


@pytest.fixture
def short(firm):
    return sell_short(firm)


def test_late_deliverer_is_covered_and_her_proceeds_are_kept_back(short):
    short.delivers_in(ERROR, 1_000)
    short.reaches(WEDNESDAY)
    assert short.obligations()[ANNA, STOCK] == (-1_000, "DEFAULTED")
    # 100,000 − 142 − 300
    assert short.obligations()[ANNA, CASH] == (money(99_558), "RETAINED")
    assert (short.dollars(ANNA), short.dollars(ERROR), short.shares(BO)) == (0, 99_558, 400)
    assert short.refused(MoveCash(account=ERROR, amount=money(-1), bank_reference="r")) == ["overdrawn"]
    assert short.position(ERROR)["sellable"] == 0
    short.delivers_in(ANNA, 1_000)
    assert short.obligations()[ANNA, CASH] == (money(99_558), "SETTLED_LATE")
    assert (short.dollars(ANNA), short.dollars(ERROR)) == (99_558, 0)
    assert (short.shares(ANNA), short.shares(ERROR)) == (0, 1_000)
    assert short.position(ERROR)["sellable"] == 1_000
    assert short.ledger.cash(ERROR).free == 0


def test_what_is_kept_for_a_client_is_not_the_firms_to_give(short):
    short.delivers_in(ERROR, 1_000)
    short.reaches(WEDNESDAY)
    short.buys(ERROR, 500, 100, trade_date=TUESDAY, instrument=OTHER_STOCK)
    short.closes_trading(TUESDAY, THURSDAY)
    short.reaches(THURSDAY)
    # the error account has 99,558 there, all of it Anna's
    assert short.obligations(THURSDAY)[ERROR, CASH] == (money(-50_000), "DEFAULTED")
    assert short.dollars(ERROR) == 99_558


def test_shares_kept_for_a_client_are_not_the_firms_to_deliver(late):
    late.has_cash(ERROR, 500_000)
    late.reaches(WEDNESDAY)
    late.sells(ERROR, 1_000, 100, trade_date=TUESDAY)
    late.closes_trading(TUESDAY, THURSDAY)
    late.reaches(THURSDAY)
    assert late.obligations(THURSDAY)[ERROR, STOCK] == (-1_000, "DEFAULTED")
    assert late.shares(ERROR) == 1_000


def test_firm_without_the_shares_is_late_with_the_clearing_house(firm):
    firm.has_cash(CHEN, 100_000)
    firm.buys(CHEN, 1_000, 50, instrument=OTHER_STOCK)
    short = sell_short(firm)
    short.reaches(WEDNESDAY, "securities_in")
    assert short.with_clearing_house()[STOCK] == (-600, "LATE")
    short.reaches(WEDNESDAY, "cash_in", "pay_out")
    # the clearing house keeps back what the firm is to receive, so nobody gets anything
    assert short.obligations()[BO, STOCK] == (400, "DUE")
    assert short.obligations()[CHEN, OTHER_STOCK] == (1_000, "DUE")
    assert short.obligations()[FEES, CASH][1] == "DUE"
    assert short.dollars(BO) == 100_000 - 40_057
    short.reaches(WEDNESDAY, "bank_close")
    assert short.with_clearing_house()[STOCK] == (-600, "DEFAULTED")
    short.delivers_in(ERROR, 1_000)
    assert short.with_clearing_house()[STOCK] == (-600, "SETTLED_LATE")
    assert (short.shares(BO), short.shares(CHEN, OTHER_STOCK)) == (400, 1_000)
    assert short.obligations()[ANNA, CASH] == (money(99_558), "RETAINED")


def test_shortage_inside_the_firm_waits_without_stopping_the_others(firm):
    """Anna fails to deliver, but the firm as a whole is to receive: only the buyers of that stock wait."""
    firm.has_cash(BO, 200_000)
    firm.has_cash(CHEN, 200_000)
    firm.sells(ANNA, 1_000, 100)
    firm.buys(BO, 1_500, 100)
    firm.buys(CHEN, 1_000, 100, instrument=OTHER_STOCK)
    firm.closes_trading()
    firm.reaches(WEDNESDAY)
    assert firm.with_clearing_house()[STOCK] == (500, "SETTLED")
    assert firm.obligations()[BO, STOCK] == (1_500, "DUE")
    assert firm.shares(CLEARING) == 500
    assert firm.shares(CHEN, OTHER_STOCK) == 1_000
    assert firm.obligations()[FEES, CASH][1] == "SETTLED"
    firm.delivers_in(ANNA, 1_000)
    assert (firm.shares(BO), firm.shares(CLEARING)) == (1_500, 0)
    assert firm.obligations()[ANNA, CASH] == (money(99_558), "SETTLED")


def test_opening_trades_settle_with_the_fees_of_the_books_before(firm):
    firm.has_cash(ANNA, 30_000)
    firm.holds(BO, 1_000)
    firm.brings(ANNA, Side.BUY, 500, 50, TUESDAY, fee=35)
    firm.brings(BO, Side.SELL, 1_000, 51, TUESDAY, fee=70, tax=153)
    firm.brings(BO, Side.SELL, 200, 10, WEDNESDAY, fee=20, tax=6, instrument=FUND)
    assert firm.obligations(TUESDAY)[ANNA, CASH] == (money(-25_035), "DUE")
    assert firm.with_clearing_house(TUESDAY) == {CASH: (money(26_000), "DUE"), STOCK: (-500, "DUE")}
    firm.reaches(TUESDAY)
    assert (firm.dollars(ANNA), firm.dollars(BO)) == (4_965, 50_777)
    assert (firm.dollars(FEES), firm.dollars(TAX)) == (105, 153)
    late = RecordOpeningTrade(
        execution_id=99, account=ANNA, instrument=STOCK, trade_date=MONDAY, settlement_date=TUESDAY, price=1,
        quantity=1, fee=0, tax=0, side=Side.BUY, capacity=1,
    )  # fmt: skip
    assert firm.refused(late) == ["settlement_begun"]
    assert firm.obligations()[BO, FUND] == (-200, "DUE")


def test_opening_trade_and_trade_of_today_settle_net(firm):
    firm.has_cash(ANNA, 100_000)
    firm.brings(ANNA, Side.BUY, 1_000, 50, WEDNESDAY, fee=71)
    firm.sells(ANNA, 400, 60)
    firm.closes_trading()
    assert firm.obligations()[ANNA, STOCK] == (600, "DUE")
    # −50,071 + 24,000 − 34 − 72
    assert firm.obligations()[ANNA, CASH] == (money(-26_177), "DUE")
    assert (firm.position(ANNA)["due_in"], firm.position(ANNA)["due_out"]) == (600, 0)


def test_money_in_and_out(firm):
    firm.pays_in(ANNA, 1_000)
    assert firm.refused(MoveCash(account=ANNA, amount=money(-1_000.0001), bank_reference="r")) == [
        "overdrawn"
    ]
    firm.pays_in(ANNA, -400)
    assert (firm.dollars(ANNA), firm.dollars(BANK)) == (600, -600)
    firm.buys(ANNA, 10, 50)
    assert firm.ledger.cash(ANNA).free == money(100)
    assert firm.refused(MoveCash(account=ANNA, amount=money(-101), bank_reference="r")) == ["overdrawn"]


def test_refusal_of_too_much_money_out_says_what_is_free(firm):
    firm.pays_in(ANNA, 1_000)
    command = MoveCash(account=ANNA, amount=money(-2_000), bank_reference="r")
    values = {value.name: value.value for value in firm.ledger.explain(MoveCash, command).values}
    assert values["free"] == "1,000.00"


def test_securities_in_and_out(firm):
    firm.delivers_in(ANNA, 1_000)
    firm.sells(ANNA, 400, 50)
    out = MoveSecurities(account=ANNA, instrument=STOCK, quantity=-601, depository_reference="r")
    assert firm.refused(out) == ["short_of_securities"]
    firm.delivers_in(ANNA, -600)
    assert (firm.shares(ANNA), firm.shares(DEPOSITORY)) == (400, -400)


def test_shares_bought_yesterday_may_be_sold_today_but_not_moved(firm):
    firm.has_cash(ANNA, 200_000)
    firm.buys(ANNA, 1_000, 100)
    assert firm.ledger.gate_holdings()["sellable"].tolist() == [0]
    firm.closes_trading()
    assert firm.ledger.gate_holdings().tolist() == [(ANNA, STOCK, 1_000)]
    assert firm.ledger.gate_cash()[ANNA] == money(99_858)
    out = MoveSecurities(account=ANNA, instrument=STOCK, quantity=-1, depository_reference="r")
    assert firm.refused(out) == ["short_of_securities"]


def test_trade_date_closes_once(firm):
    firm.closes_trading()
    assert firm.refused(CloseTrading(trade_date=MONDAY, settlement_date=THURSDAY)) == ["trading_closed"]
    firm.reaches(THURSDAY, "securities_in")
    assert firm.refused(CloseTrading(trade_date=TUESDAY, settlement_date=THURSDAY)) == ["settlement_begun"]
    assert firm.refused(CloseTrading(trade_date=TUESDAY, settlement_date=FRIDAY, market="CN")) == [
        "other_market"
    ]


def test_close_without_a_rule_is_refused_and_names_it(firm):
    firm.sells(ANNA, 1_000, 10, instrument=FUND)
    del firm.market.transaction_tax["XTAI", "etf"]
    command = CloseTrading(trade_date=MONDAY, settlement_date=WEDNESDAY)
    assert firm.refused(command) == ["no_fee_terms"]
    values = {value.name: value.value for value in firm.ledger.explain(CloseTrading, command).values}
    assert values["missing"] == "transaction_tax XTAI/etf"


def test_missed_deadlines_are_made_up_in_their_order(firm):
    firm.has_cash(ANNA, 200_000)
    firm.buys(ANNA, 1_000, 100)
    firm.closes_trading()
    firm.reaches(THURSDAY, "pay_out")
    assert (firm.dollars(ANNA), firm.shares(ANNA)) == (99_858, 1_000)


def test_deadlines_of_others_are_not_the_ledgers(firm):
    firm.buys(ANNA, 1_000, 100)
    firm.closes_trading()
    before = firm.ledger.digest()
    for deadline in ("CN.settlement.cash_in", "TW.trading.close", "TW.settlement.noon"):
        from tallystick.core.day import TimeReached

        firm.observe(TimeReached(deadline=deadline, business_date=WEDNESDAY, at=0))
    assert firm.ledger.digest() == before


def test_settled_days_leave_after_two_weeks_and_late_ones_stay(late):
    import datetime

    late.has_cash(ERROR, 500_000)
    late.reaches(WEDNESDAY)
    late.has_cash(CHEN, 200_000)
    late.buys(CHEN, 1_000, 100, trade_date=TUESDAY)
    late.closes_trading(TUESDAY, THURSDAY)
    late.reaches(THURSDAY)
    late.close_day(THURSDAY + datetime.timedelta(days=15))
    assert late.ledger.settlement_dates() == [date_number(WEDNESDAY)]
    assert len(late.ledger.trades()) == 0
    late.pays_in(ANNA, 60_000)
    assert late.shares(ANNA) == 1_000
    late.close_day(THURSDAY + datetime.timedelta(days=16))
    assert late.ledger.settlement_dates() == []


def test_trades_that_nobody_closed_stay_until_someone_does(firm):
    firm.has_cash(ANNA, 200_000)
    firm.buys(ANNA, 1_000, 100)
    firm.close_day(FRIDAY)
    assert len(firm.ledger.trades()) == 1
    firm.closes_trading()
    assert firm.obligations()[ANNA, STOCK] == (1_000, "DUE")


def test_only_what_comes_in_tries_again_what_is_late(late):
    late.has_cash(OWN, 1)
    late.reaches(WEDNESDAY)
    late.has_cash(ANNA, 100_000)
    late.pays_in(OWN, -1)
    assert late.obligations()[ANNA, CASH] == (money(-100_142), "DEFAULTED")
    late.pays_in(OWN, 1)
    assert late.obligations()[ANNA, CASH] == (money(-100_142), "SETTLED_LATE")
