"""How long the ledger keeps what is settled: two weeks to read, the id for ever."""

from __future__ import annotations

import datetime

import pytest
from ledger_firm import ANNA, BO, MONDAY, WEDNESDAY, Firm, execution

from tallystick.core.schema import date_number
from tallystick.ledger.events import Side

REPEATED = 1


def settled():
    """Anna bought of Bo; everything was settled on Wednesday."""
    firm = Firm()
    firm.has_cash(ANNA, 1_000_000)
    firm.holds(BO, 1_000)
    firm.accept(execution(1, ANNA, Side.BUY, 1_000, 100))
    firm.accept(execution(2, BO, Side.SELL, 1_000, 100))
    firm.closes_trading()
    firm.reaches(WEDNESDAY)
    assert {state for _, state in firm.obligations().values()} == {"SETTLED"}
    return firm


def after(days):
    firm = settled()
    firm.close_day(WEDNESDAY + datetime.timedelta(days=days))
    return firm


@pytest.mark.parametrize(("days", "kept"), [(0, True), (13, True), (14, True), (15, False), (400, False)])
def test_trades_and_obligations_are_there_for_two_weeks(days, kept):
    firm = after(days)
    assert (len(firm.ledger.trades(date_number(MONDAY))) == 2) == kept
    assert bool(firm.obligations()) == kept


def test_a_trade_that_left_is_repeated_and_never_taken_again():
    firm = after(15)
    before = firm.ledger.digest()
    assert firm.decide(execution(1, ANNA, Side.BUY, 1_000, 100))["flags"].tolist() == [REPEATED]
    assert firm.refused(execution(1, ANNA, Side.BUY, 1_000, 101))[0] == "id_repeated"
    assert firm.ledger.digest() == before


def test_what_is_in_default_stays_whatever_its_age():
    firm = Firm()
    firm.holds(BO, 1_000)
    firm.accept(execution(1, ANNA, Side.BUY, 1_000, 100))
    firm.accept(execution(2, BO, Side.SELL, 1_000, 100))
    firm.closes_trading()
    firm.reaches(WEDNESDAY)
    firm.close_day(WEDNESDAY + datetime.timedelta(days=400))
    assert "DEFAULTED" in {state for _, state in firm.obligations().values()}
    firm.pays_in(ANNA, 200_000)
    assert firm.shares(ANNA) == 1_000
