"""Money and shares that clients bring and take during a day, over their bank and the depository."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import numpy as np

from tallystick.core.money import SCALE
from tallystick.core.schema import Record, date_number
from tallystick.ledger.events import MoveCash, MoveSecurities
from tallystick.simulation.arrivals import stream
from tallystick.simulation.clients.book import ClientBook

__all__ = ["Movement", "movements_of"]

Array = np.ndarray[Any, np.dtype[Any]]

DEPOSIT_SHARE, WITHDRAWAL_SHARE, TRANSFER_SHARE = 0.01, 0.004, 0.001


class Movement(NamedTuple):
    """A movement and when it comes, UTC ns."""

    time: int
    kind: type[Record]
    command: Any


def movements_of(
    clients: ClientBook, free_cash: Array, date: datetime.date, opens: int, closes: int, seed: int
) -> list[Movement]:
    """The movements of a day between two moments (UTC ns), by time. `free_cash` (1e-4) is of the same clients.

    Withdrawals take a tenth of the free cash, a quarter of what can be sold leaves; there are at least two of each.
    Equal arguments, equal movements.
    """
    random = stream(seed, date_number(date), "movements")
    found: list[Movement] = []
    count = len(clients.accounts)
    deposits, withdrawals, transfers = (
        max(2, round(count * share)) for share in (DEPOSIT_SHARE, WITHDRAWAL_SHARE, TRANSFER_SHARE)
    )

    def moment() -> int:
        return int(opens + random.random() * (closes - opens))

    for number, row in enumerate(random.permutation(count)[: deposits + withdrawals].tolist()):
        amount = int(random.integers(1, 60)) * 5_000 * SCALE
        if number >= deposits:
            amount = -(int(free_cash[row]) // (10 * SCALE) * SCALE)
        if amount:
            found.append(Movement(moment(), MoveCash, _cash(clients, row, amount, date, number)))
    for number, row in enumerate(random.permutation(len(clients.holding_account))[:transfers].tolist()):
        units = 1_000 * int(random.integers(1, 9))
        if number % 2:
            units = -max(int(clients.holding_quantity[row]) // 4, 1)
        found.append(Movement(moment(), MoveSecurities, _shares(clients, row, units, date, number)))
    return sorted(found, key=lambda movement: movement.time)


def _cash(clients: ClientBook, row: int, amount: int, date: datetime.date, number: int) -> MoveCash:
    reference = f"B{date:%y%m%d}{number:06d}"
    return MoveCash(
        command_id=f"simulation-{reference}",
        account=int(clients.accounts[row]),
        amount=amount,
        bank_reference=reference,
    )


def _shares(clients: ClientBook, row: int, units: int, date: datetime.date, number: int) -> MoveSecurities:
    reference = f"D{date:%y%m%d}{number:06d}"
    return MoveSecurities(
        command_id=f"simulation-{reference}",
        account=int(clients.holding_account[row]),
        instrument=int(clients.holding_instrument[row]),
        quantity=units,
        depository_reference=reference,
    )
