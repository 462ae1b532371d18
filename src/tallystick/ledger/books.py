"""The books: cash and securities of every account, each posting in a pair, every book summing to zero.

`pay` and `deliver` move what is there; `pend` writes what is promised. Clients stand against the clearing account,
and what comes from or goes to the outside stands against the control accounts of bank and depository.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import numpy as np

from tallystick.ledger.columns import Array, grown
from tallystick.ledger.holdings import Holdings
from tallystick.ledger.lots import Lots
from tallystick.ledger.obligations import SettlementDay, load_days, save_days
from tallystick.ledger.register import Register
from tallystick.ledger.states import CASH, OPEN_STATES
from tallystick.ledger.trades import Trades

__all__ = ["CASH_AMOUNTS", "Books"]

CASH_AMOUNTS = ("posted", "kept", "bought_today", "sold_today")
"""Of one account, in 1e-4: `posted` at the bank, of which `kept` for late accounts; the value of today's trades."""


class Heads(msgspec.Struct):
    """The odd parts of the state: dates as numbers, 0 before any."""

    business_date: int = 0
    begun: int = 0
    """The last date whose settlement has begun."""
    closed: dict[int, int] = {}
    """Trade date → settlement date of every closed trade date."""


class Books:
    """Everything that the ledger holds."""

    def __init__(self) -> None:
        self.register = Register()
        self.holdings = Holdings()
        self.lots = Lots(self.holdings)
        self.trades = Trades()
        self.days: dict[int, SettlementDay] = {}
        self.heads = Heads()
        self.gross: Array = np.zeros(2, dtype=np.int64)
        """Totals of money and units that were let in, checked against 2^61 so that no sum can overflow."""
        self._cash: dict[str, Array] = {name: np.zeros(0, dtype=np.int64) for name in CASH_AMOUNTS}

    @property
    def account_count(self) -> int:
        """How many accounts are open."""
        return len(self.register.accounts)

    def role(self, name: str) -> int:
        """The account of a role of the house, e.g. `clearing`."""
        return self.register.role(name)

    def cash(self, name: str) -> Array:
        """One cash amount of all accounts, writable."""
        if len(self._cash[name]) < self.account_count:
            self._cash = {key: grown(amounts, self.account_count) for key, amounts in self._cash.items()}
        return self._cash[name][: self.account_count]

    def pay(self, giver: Array | int, taker: Array | int, amounts: Array) -> None:
        """Move cash in pairs; either side may be one account for all."""
        posted = self.cash("posted")
        np.subtract.at(posted, np.broadcast_to(giver, amounts.shape), amounts)
        np.add.at(posted, np.broadcast_to(taker, amounts.shape), amounts)

    def deliver(self, giver: Array | int, taker: Array | int, instruments: Array, units: Array) -> None:
        """Move securities in pairs; either side may be one account for all."""
        self.holdings.add("posted", self.holdings.rows(giver, instruments), -units)
        self.holdings.add("posted", self.holdings.rows(taker, instruments), units)

    def pend(self, accounts: Array, instruments: Array, amounts: Array, *, undo: bool = False) -> Array:
        """Write (or undo) securities that accounts will receive (+) or deliver (−), against the clearing account.

        Returns the accounts' rows of holdings.
        """
        clearing = self.holdings.rows(self.role("clearing"), instruments)
        rows = self.holdings.rows(accounts, instruments)
        coming, going = np.maximum(amounts, 0), np.maximum(-amounts, 0)
        if undo:
            coming, going = -coming, -going
        for name, place, units in (
            ("incoming", rows, coming),
            ("held_out", clearing, coming),
            ("held_out", rows, going),
            ("incoming", clearing, going),
        ):
            self.holdings.add(name, place, units)
        return rows

    def free_cash(self, account: int) -> int:
        """What may leave an account: posted, less what is kept for others, what it owes on settlement dates not
        settled yet, and what it bought today net of sold.
        """
        owed = 0
        for day in self.days.values():
            place = day.cash_row(account)
            if place >= 0 and day.rows["amount"][place] < 0 and day.rows["state"][place] in OPEN_STATES:
                owed -= int(day.rows["amount"][place])
        today = int(self.cash("bought_today")[account]) - int(self.cash("sold_today")[account])
        return int(self.cash("posted")[account]) - int(self.cash("kept")[account]) - owed - max(0, today)

    def settlement_day(self, date: int) -> SettlementDay:
        """The obligations of a settlement date, begun empty."""
        if date not in self.days:
            self.days[date] = SettlementDay(date, self.role("clearing"))
        return self.days[date]

    def oblige(self, date: int, accounts: Array, instruments: Array, amounts: Array) -> None:
        """Net obligations of accounts into a settlement date, securities pending against the clearing account."""
        day = self.settlement_day(date)
        for undo in (True, False):
            securities = day.rows[day.rows["instrument"] != CASH]
            self.pend(securities["account"], securities["instrument"], securities["amount"], undo=undo)
            if undo:
                day.add(accounts, instruments, amounts)

    def recount(self) -> None:
        """Set the gross totals to what the books hold now."""
        money = int(np.maximum(self.cash("posted"), 0).sum()) + int(self.lots.costs().sum())
        money += int(self.cash("bought_today").sum()) + int(self.cash("sold_today").sum())
        for day in self.days.values():
            due = (day.rows["instrument"] == CASH) & np.isin(day.rows["state"], OPEN_STATES)
            money += int(np.abs(day.rows["amount"][due]).sum())
        units = int(np.maximum(self.holdings["posted"], 0).sum()) + int(self.holdings["incoming"].sum())
        self.gross[:] = money, units

    def check(self) -> None:
        """Assert that every book sums to zero: cash, securities that are there, securities that are promised."""
        assert int(self.cash("posted").sum()) == 0, "cash does not sum to zero"
        instruments = (self.holdings.keys & 0xFFFFFFFF).astype(np.int64)
        for terms in ({"posted": 1}, {"incoming": 1, "held_out": -1, "kept": -1}):
            sums = np.zeros(int(instruments.max(initial=-1)) + 1, dtype=np.int64)
            for name, sign in terms.items():
                np.add.at(sums, instruments, sign * self.holdings[name])
            assert not sums.any(), f"securities do not sum to zero: {', '.join(terms)}"

    def save(self) -> dict[str, Any]:
        """The whole state in canonical form: equal books give equal arrays."""
        parts: dict[str, dict[str, Any]] = {
            "register": self.register.save(),
            "holdings": self.holdings.save(),
            "lots": self.lots.save(),
            "trades": self.trades.save(),
            "days": save_days(self.days),
            "cash": {name: self.cash(name).copy() for name in CASH_AMOUNTS},
            "heads": {
                "dates": np.array([self.heads.business_date, self.heads.begun], dtype=np.int64),
                "closed": np.array(sorted(self.heads.closed.items()), dtype=np.int64).reshape(-1, 2),
                "gross": self.gross.copy(),
            },
        }
        return {f"{part}.{name}": value for part, values in parts.items() for name, value in values.items()}

    def load(self, saved: dict[str, Any]) -> None:
        """Take what `save` gave."""

        def part(name: str) -> dict[str, Any]:
            return {
                key.partition(".")[2]: value for key, value in saved.items() if key.startswith(f"{name}.")
            }

        self.register.load(part("register"))
        self.holdings.load(part("holdings"))
        self.lots.load(part("lots"))
        self.trades.load(part("trades"))
        self.days = load_days(part("days"), self.register.roles.get("clearing", -1))
        self._cash = {name: np.array(values) for name, values in part("cash").items()}
        heads = part("heads")
        business_date, begun = heads["dates"].tolist()
        self.heads = Heads(business_date=business_date, begun=begun, closed=dict(heads["closed"].tolist()))
        self.gross = np.array(heads["gross"])

    def digest(self) -> bytes:
        """SHA-256 over the saved state; the lots enter with their own digest."""
        whole = hashlib.sha256()
        saved = {name: value for name, value in self.save().items() if not name.startswith("lots.")}
        for name, value in sorted((saved | {"lots": self.lots.digest()}).items()):
            octets = value if isinstance(value, bytes) else np.ascontiguousarray(value).tobytes()
            whole.update(f"{name}\0{len(octets)}\0".encode() + octets)
        return whole.digest()
