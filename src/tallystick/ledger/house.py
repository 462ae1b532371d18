"""The house's own parties and accounts, which a firm opens before its first client."""

from __future__ import annotations

import datetime

from tallystick.ledger.events import AccountKind, OpenAccount, PartyKind, RegisterParty

__all__ = ["HOUSE_ACCOUNT_COUNT", "house_accounts", "house_parties"]

PARTIES = (
    (PartyKind.FIRM, "firm"),
    (PartyKind.CLEARING_HOUSE, "clearing-house"),
    (PartyKind.DEPOSITORY, "depository"),
    (PartyKind.BANK, "settlement-bank"),
)
ACCOUNTS = (
    (AccountKind.CLEARING, 1, "CLEARING"),
    (AccountKind.CONTROL, 2, "DEPOSITORY"),
    (AccountKind.CONTROL, 3, "BANK"),
    (AccountKind.FEES, 0, "FEES"),
    (AccountKind.TAX, 0, "TAX"),
    (AccountKind.PROPRIETARY, 0, "OWN"),
    (AccountKind.ERROR, 0, "ERROR"),
)
HOUSE_ACCOUNT_COUNT = len(ACCOUNTS)
"""Clients' accounts of a firm that opens these first are numbered from here."""


def house_parties() -> list[RegisterParty]:
    """The firm, its clearing house, depository and settlement bank, as parties 0 to 3."""
    return [
        RegisterParty(party=party, kind=kind, reference=reference)
        for party, (kind, reference) in enumerate(PARTIES)
    ]


def house_accounts(opened_on: datetime.date) -> list[OpenAccount]:
    """Accounts 0 to 6 of those parties: clearing, depository's and bank's control, fees, tax, own, error.

    >>> [row.number for row in house_accounts(datetime.date(2026, 11, 20))][:2]
    ['CLEARING', 'DEPOSITORY']
    """
    return [
        OpenAccount(account=account, party=party, branch=0, kind=kind, opened_on=opened_on, number=number)
        for account, (kind, party, number) in enumerate(ACCOUNTS)
    ]
