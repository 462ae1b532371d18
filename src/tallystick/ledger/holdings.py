"""Securities by (account, instrument): what is there, what is owed, what is to come."""

from __future__ import annotations

import numpy as np

from tallystick.ledger.columns import Array, Index, grown

__all__ = ["AMOUNTS", "Holdings", "account_of", "instrument_of", "key_of"]

AMOUNTS = ("posted", "kept", "held_out", "incoming", "retained", "bought_today", "sold_today")
"""Of one holding, in units: `posted` at the depository, of which `kept` for late accounts that have not paid;
`held_out` owed and `incoming` receivable for unsettled trades, of which `retained` waits for a late account;
`bought_today` and `sold_today` are the parts of those two whose trade date is not closed."""


def key_of(account: Array | int, instrument: Array | int) -> Array:
    """The int64 key of a holding: account in the high half, instrument in the low."""
    return (np.asarray(account, dtype=np.int64) << 32) | np.asarray(instrument, dtype=np.int64)


def account_of(keys: Array) -> Array:
    """The account codes of keys, int32."""
    return (keys >> 32).astype(np.int32)


def instrument_of(keys: Array) -> Array:
    """The instrument codes of keys, int32."""
    return (keys & 0xFFFFFFFF).astype(np.int32)


class Holdings:
    """One row of int64 amounts for each (account, instrument) that was ever touched."""

    def __init__(self) -> None:
        self.index = Index()
        self._amounts: dict[str, Array] = {name: np.zeros(0, dtype=np.int64) for name in AMOUNTS}

    def __len__(self) -> int:
        return self.index.count

    def __getitem__(self, name: str) -> Array:
        """One amount of all rows, writable."""
        return self._amounts[name][: self.index.count]

    @property
    def keys(self) -> Array:
        """The key of each row."""
        return self.index.keys[: self.index.count]

    def rows(self, account: Array | int, instrument: Array | int, *, add: bool = True) -> Array:
        """The row of each pair (either may be one number for all); a new pair gets a row unless `add` is false."""
        keys = np.atleast_1d(key_of(account, instrument))
        rows = self.index.rows(keys, add=add)
        if add:
            for name, amounts in self._amounts.items():
                self._amounts[name] = grown(amounts, self.index.count)
        return rows

    def add(self, name: str, rows: Array, amounts: Array) -> None:
        """Add amounts to one column; a row may come many times."""
        np.add.at(self._amounts[name], rows, amounts)

    def free(self, account: int, instruments: Array) -> Array:
        """What an account may let go of each instrument: posted, less what is kept for others, what it owes for closed
        trade dates, and what it sold today net of bought. Below zero when more is owed than is there.
        """
        rows = self.rows(account, instruments, add=False)
        amounts = {
            name: np.where(rows >= 0, self._amounts[name][rows], 0) if len(self) else 0 for name in AMOUNTS
        }
        owed = amounts["held_out"] - amounts["sold_today"]
        owed = owed + np.maximum(amounts["sold_today"] - amounts["bought_today"], 0)
        return np.asarray(amounts["posted"] - amounts["kept"] - owed + np.zeros_like(rows))

    def used(self) -> Array:
        """The rows that hold anything, in order of account and instrument."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        anything = np.logical_or.reduce([self[name] != 0 for name in AMOUNTS])
        rows = np.flatnonzero(anything)
        return rows[np.argsort(self.keys[rows], kind="stable")]

    def save(self) -> dict[str, Array]:
        """The rows that hold anything, in order of their keys: equal holdings give equal arrays."""
        rows = self.used()
        return {"key": self.keys[rows]} | {name: self[name][rows] for name in AMOUNTS}

    def load(self, saved: dict[str, Array]) -> None:
        """Take what `save` gave."""
        self.index.rebuild(saved["key"])
        self._amounts = {name: np.array(saved[name], dtype=np.int64) for name in AMOUNTS}
