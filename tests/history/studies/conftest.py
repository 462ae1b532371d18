"""A house that knows two clients' accounts too, whose reader may read everything."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.context import Context
from tallystick.core.engine import Engine
from tallystick.core.schema import schema_of
from tallystick.ledger import LedgerMachine, house_accounts, house_parties
from tallystick.ledger.events import AccountKind, OpenAccount, PartyKind, RegisterParty

SEVEN, EIGHT = "980100000077", "980200000089"
"""The numbers of the accounts with the codes 7 and 8, the first after the house's own."""


class OpenDoors:
    """Access that keeps a list of what was asked for, and refuses what it is told to."""

    def __init__(self):
        self.asked, self.closed = [], set()

    def require(self, actor, permission):
        self.asked.append(permission)
        if permission in self.closed:
            raise PermissionError(permission)


@pytest.fixture
def context(house, context) -> Context:
    """The context of a house with a ledger."""
    market = house.engine.machines["market"]
    ledger = LedgerMachine(market)
    house.engine = Engine([market, ledger, house.engine.machines["history"]])
    house.access = OpenDoors()
    today = datetime.date(2026, 1, 2)
    parties, accounts = house_parties(), house_accounts(today)
    for number, branch in ((SEVEN, 9801), (EIGHT, 9802)):
        party = RegisterParty(party=len(parties), kind=PartyKind.CLIENT, reference=f"made-up {number}")
        parties.append(party)
        accounts.append(
            OpenAccount(
                account=len(accounts), party=party.party, branch=branch, kind=AccountKind.CLIENT, number=number,
                opened_on=today,
            )
        )  # fmt: skip
    for record, commands in ((RegisterParty, parties), (OpenAccount, accounts)):
        assert not house.engine.decide(record, schema_of(record).pack(commands))["mask"].any()
    assert accounts[7].number == SEVEN
    return context
