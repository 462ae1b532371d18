"""Parties and accounts: numbered without gaps, the house before the clients, control accounts for whom they mirror."""

from __future__ import annotations

import datetime
from types import SimpleNamespace

import pytest
from ledger_firm import ANNA, FOUNDED, Firm, PlainMarket, money

from tallystick.core.schema import schema_of
from tallystick.ledger import HOUSE_ACCOUNT_COUNT, LedgerMachine, house_accounts, house_parties
from tallystick.ledger.events import (
    AccountKind,
    MoveCash,
    OpenAccount,
    PartyKind,
    RecordOpeningCash,
    RegisterParty,
)
from tallystick.ledger.register import HOUSE_ROLES


@pytest.fixture
def firm():
    return Firm()


@pytest.fixture
def empty():
    """A firm before its house accounts are open."""
    firm = Firm.__new__(Firm)
    firm.market = PlainMarket()
    firm.ledger = LedgerMachine(firm.market)
    firm.accept(*house_parties())
    return firm


def account(code, **changes):
    fields = {
        "account": code,
        "party": 4,
        "branch": 1,
        "kind": AccountKind.CLIENT,
        "opened_on": FOUNDED,
        "number": "9",
    }
    return OpenAccount(**fields | changes)


def test_numbers_without_gaps_are_taken(firm):
    firm.accept(RegisterParty(party=7, kind=PartyKind.CLIENT, reference="x"))
    assert firm.refused(RegisterParty(party=9, kind=PartyKind.CLIENT, reference="x")) == [
        "party_out_of_order"
    ]
    assert firm.refused(account(99)) == ["account_out_of_order"]
    firm.accept(account(HOUSE_ACCOUNT_COUNT + 3))


def test_repeated_opening_gets_the_earlier_answer_and_another_is_refused(firm):
    same = OpenAccount(
        account=ANNA, party=4, branch=1, kind=AccountKind.CLIENT, opened_on=FOUNDED, number="9800000"
    )
    verdict = firm.decide(same)[0]
    assert (int(verdict["mask"]), int(verdict["flags"])) == (0, 1)
    assert firm.refused(account(ANNA)) == ["account_out_of_order"]
    assert firm.refused(RegisterParty(party=0, kind=PartyKind.FIRM, reference="other")) == [
        "party_out_of_order"
    ]
    assert firm.ledger.account_count == HOUSE_ACCOUNT_COUNT + 3


def test_account_of_unknown_party_is_refused(firm):
    assert firm.refused(account(HOUSE_ACCOUNT_COUNT + 3, party=70)) == ["unknown_party"]
    assert firm.refused(account(HOUSE_ACCOUNT_COUNT + 3, party=-1)) == ["unknown_party"]


def test_kind_out_of_range_is_refused(firm):
    packed = schema_of(OpenAccount).pack([account(HOUSE_ACCOUNT_COUNT + 3)])
    packed["kind"] = 99
    assert firm.codes(OpenAccount, int(firm.ledger.decide(OpenAccount, packed)["mask"][0])) == ["malformed"]


def test_client_before_the_house_is_refused(empty):
    assert empty.refused(account(0, party=0)) == ["house_incomplete"]
    explained = empty.ledger.explain(OpenAccount, account(0, party=0)).values
    assert {v.name: v.value for v in explained}["missing"] == ", ".join(HOUSE_ROLES)
    empty.accept(*house_accounts(FOUNDED))
    empty.accept(account(HOUSE_ACCOUNT_COUNT, party=0))


def test_whole_firm_opens_in_one_batch(empty):
    empty.accept(RegisterParty(party=4, kind=PartyKind.CLIENT, reference="x"))
    empty.accept(*house_accounts(FOUNDED), account(HOUSE_ACCOUNT_COUNT), account(HOUSE_ACCOUNT_COUNT + 1))
    assert empty.ledger.account_count == HOUSE_ACCOUNT_COUNT + 2


def test_many_at_once_are_as_good_as_one_by_one():
    parties = [RegisterParty(party=7 + n, kind=PartyKind.CLIENT, reference=f"r{n}") for n in range(300)]
    first = HOUSE_ACCOUNT_COUNT + 3
    accounts = [account(first + n, party=7 + n, number=f"77{n}") for n in range(300)]
    at_once, one_by_one = Firm(), Firm()
    at_once.accept(*parties)
    at_once.accept(*accounts)
    for command in (*parties, *accounts):
        one_by_one.accept(command)
    assert at_once.ledger.digest() == one_by_one.ledger.digest()
    mixed = [*accounts[-1:], account(first + 300, party=9999), account(first + 300), account(first + 302)]
    verdicts = at_once.decide(*mixed)
    assert verdicts["flags"].tolist() == [1, 0, 0, 0]
    assert (verdicts["mask"] > 0).tolist() == [False, True, False, True]


def test_cash_before_the_house_is_refused(empty):
    empty.accept(account(0, party=0, kind=AccountKind.FEES))
    assert empty.refused(RecordOpeningCash(account=0, amount=1)) == ["house_account"]
    assert empty.refused(MoveCash(account=0, amount=1, bank_reference="r")) == ["house_account"]


def test_control_account_mirrors_a_bank_or_depository(empty):
    assert empty.refused(account(0, party=0, kind=AccountKind.CONTROL)) == ["control_of_whom"]
    empty.accept(account(0, party=3, kind=AccountKind.CONTROL))


def test_account_is_found_by_number_and_shown(firm):
    code = firm.ledger.find_account("9800001")
    view = firm.ledger.account(code)
    assert (view.number, view.kind, view.branch, view.reference) == (
        "9800001",
        AccountKind.CLIENT,
        2,
        "made-up-1",
    )
    assert view.opened_on == datetime.date(2026, 1, 5)
    assert firm.ledger.find_account("nobody") == -1
    with pytest.raises(IndexError):
        firm.ledger.account(99)


def test_taxes_are_paid_on_from_the_tax_account(firm):
    from ledger_firm import TAX

    firm.has_cash(TAX, 100)
    firm.pays_in(TAX, -100)
    assert firm.refused(MoveCash(account=TAX, amount=money(-1), bank_reference="r")) == ["overdrawn"]


def test_instruments_registered_later_are_known(firm):
    firm.market.instruments.append(SimpleNamespace(symbol="9901.XTAI", market="TW", product="stock"))
    firm.buys(ANNA, 1_000, 10, instrument=4)


def test_second_account_of_a_role_leaves_it_with_the_first(firm):
    from ledger_firm import FEES, MONDAY, TUESDAY

    firm.accept(account(HOUSE_ACCOUNT_COUNT + 3, party=0, kind=AccountKind.FEES))
    firm.has_cash(ANNA, 200_000)
    firm.buys(ANNA, 1_000, 100)
    firm.closes_trading(MONDAY, TUESDAY)
    firm.reaches(TUESDAY)
    assert firm.dollars(FEES) == 142
