"""Who and what the ledger keeps books for: parties, accounts, and which accounts are the house's own."""

from __future__ import annotations

from typing import Any

import numpy as np

from tallystick.ledger.columns import Array, Columns
from tallystick.ledger.events import AccountKind, PartyKind

__all__ = ["HOUSE_ROLES", "Register"]

HOUSE_ROLES = ("clearing", "fees", "tax", "bank", "depository")
"""The accounts that every posting of a client needs on its other side, so they are opened first."""

COVER_ROLES = ("error", "proprietary")
"""The firm's accounts that stand in for a late client towards the clearing house, asked in this order."""

TRADING_KINDS = (AccountKind.CLIENT, AccountKind.PROPRIETARY, AccountKind.ERROR)
"""Accounts that hold securities and trade."""

TRADES_BY_KIND = np.array([kind in TRADING_KINDS for kind in range(max(AccountKind) + 1)])

CONTROLLED = {PartyKind.BANK: "bank", PartyKind.DEPOSITORY: "depository"}
ROLE_OF_KIND = {
    AccountKind.CLEARING: "clearing",
    AccountKind.FEES: "fees",
    AccountKind.TAX: "tax",
    AccountKind.ERROR: "error",
    AccountKind.PROPRIETARY: "proprietary",
}


class Register:
    """Parties and accounts by number, and the first account of each role."""

    def __init__(self) -> None:
        self.parties = Columns(kind="i1", reference="S24")
        self.accounts = Columns(party="<i4", branch="<i2", kind="i1", opened_on="<i4", number="S12")
        self.roles: dict[str, int] = {}

    @property
    def missing(self) -> list[str]:
        """Roles of the house that no account has yet."""
        return [role for role in HOUSE_ROLES if role not in self.roles]

    @property
    def covers(self) -> list[int]:
        """The firm's accounts that cover late clients, in the order in which they are asked."""
        return [self.roles[role] for role in COVER_ROLES if role in self.roles]

    def role(self, name: str) -> int:
        """The account of a role. KeyError before it is opened."""
        return self.roles[name]

    def trades(self, accounts: Array) -> Array:
        """For known accounts: whether each may trade and hold securities."""
        return TRADES_BY_KIND[self.accounts["kind"][accounts]]

    def role_of(self, kind: int, party_kind: int) -> str:
        """The role that an account of this kind and party would have, empty for clients' and stray control accounts."""
        if kind == AccountKind.CONTROL:
            return CONTROLLED.get(PartyKind(party_kind), "")
        return ROLE_OF_KIND.get(AccountKind(kind), "")

    def register_parties(self, rows: Array) -> None:
        """Enter accepted `RegisterParty` rows."""
        self.parties.append(len(rows), kind=rows["kind"], reference=rows["reference"])

    def open_accounts(self, rows: Array) -> None:
        """Enter accepted `OpenAccount` rows and note new roles."""
        first = len(self.accounts)
        self.accounts.append(len(rows), **{name: rows[name] for name in self.accounts.names})
        self._note_roles(first)

    def find_account(self, number: str) -> int:
        """The code of the account that clients know by this number, or -1."""
        found = np.flatnonzero(self.accounts["number"] == number.encode())
        return int(found[0]) if len(found) else -1

    def save(self) -> dict[str, Any]:
        """The whole register as arrays."""
        parties = {f"parties.{name}": array for name, array in self.parties.save().items()}
        return parties | {f"accounts.{name}": array for name, array in self.accounts.save().items()}

    def load(self, saved: dict[str, Any]) -> None:
        """Take what `save` gave."""
        self.parties.load({name: saved[f"parties.{name}"] for name in self.parties.names})
        self.accounts.load({name: saved[f"accounts.{name}"] for name in self.accounts.names})
        self.roles = {}
        self._note_roles(0)

    def _note_roles(self, first: int) -> None:
        """The first account of a role has it; clients' accounts, the most, have none."""
        kinds = self.accounts["kind"][first:]
        for place in np.flatnonzero(kinds != AccountKind.CLIENT).tolist():
            account = first + place
            party_kind = int(self.parties["kind"][self.accounts["party"][account]])
            role = self.role_of(int(kinds[place]), party_kind)
            if role:
                self.roles.setdefault(role, account)
