"""The gate's tables with their growth, snapshot and digest. Rows change only in the kernels and in the machine."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from tallystick.core.machine import State
from tallystick.risk.gate.state import kernels as at
from tallystick.risk.gate.state.kernels import refill_positions, refill_slots

__all__ = ["Tables"]

Array = np.ndarray[Any, np.dtype[Any]]

FEWEST_ROWS = 64


class Tables:
    """All arrays of the gate, made room in before every batch; see `state.kernels` for the columns."""

    def __init__(self) -> None:
        self.firm = np.zeros(at.FIRM_WIDTH, np.int64)
        self.accounts = np.zeros((FEWEST_ROWS, at.ACCOUNT_WIDTH), np.int64)
        self.instruments = np.zeros((FEWEST_ROWS, at.INSTRUMENT_WIDTH), np.int64)
        self.ticks = np.zeros((0, 1, 2), np.int64)
        self.positions = _no_positions(FEWEST_ROWS)
        self.orders = np.zeros((FEWEST_ROWS, at.ORDER_WIDTH), np.int64)
        self.slots = np.full((2 * FEWEST_ROWS, 2), at.EMPTY, np.int64)

    def has_account(self, code: int) -> None:
        """Make sure that the accounts up to a code have rows."""
        self.accounts = _grown(self.accounts, code + 1)
        self.firm[at.ACCOUNT_COUNT] = max(self.firm[at.ACCOUNT_COUNT], code + 1)

    def has_instrument(self, code: int) -> None:
        """Make sure that the instruments up to a code have rows."""
        self.instruments = _grown(self.instruments, code + 1)
        self.firm[at.INSTRUMENT_COUNT] = max(self.firm[at.INSTRUMENT_COUNT], code + 1)

    def make_room_for_orders(self, count: int) -> None:
        """Room for `count` more orders."""
        needed = self.firm.item(at.ORDER_COUNT) + count
        if needed > len(self.orders):
            self.orders = _grown(self.orders, needed)
        if 2 * needed > len(self.slots):
            self.slots = np.full((_power_of_two(4 * needed), 2), at.EMPTY, np.int64)
            refill_slots(self.orders, int(self.firm[at.ORDER_COUNT]), self.slots)

    def make_room_for_positions(self, count: int) -> None:
        """Room for `count` more positions."""
        needed = int(self.firm[at.POSITION_COUNT]) + count
        if 2 * needed > len(self.positions):
            rows, self.positions = self.positions, _no_positions(_power_of_two(4 * needed))
            refill_positions(rows, self.positions)

    def forget_day(self, holdings: int) -> None:
        """Drop all orders and positions; room for `holdings` positions and as many orders as there were."""
        self.slots.fill(at.EMPTY)
        self.firm[at.ORDER_COUNT] = 0
        self.firm[at.POSITION_COUNT] = 0
        self.positions = _no_positions(_power_of_two(4 * holdings))
        self.accounts[:, at.RESERVED : at.SOLD + 1] = 0

    def snapshot(self) -> State:
        """The rows in use: positions by key, orders in order of arrival."""
        used = self.positions[self.positions[:, at.KEY] != at.EMPTY]
        return {
            "firm": self.firm.copy(),
            "accounts": self.accounts[: self.firm[at.ACCOUNT_COUNT]].copy(),
            "instruments": self.instruments[: self.firm[at.INSTRUMENT_COUNT]].copy(),
            "ticks": self.ticks.copy(),
            "positions": used[np.argsort(used[:, at.KEY])],
            "orders": self.orders[: self.firm[at.ORDER_COUNT]].copy(),
        }

    def restore(self, state: State) -> None:
        """Take a snapshot."""
        self.firm = np.array(state["firm"])
        self.accounts = _grown(np.array(state["accounts"]), FEWEST_ROWS)
        self.instruments = _grown(np.array(state["instruments"]), FEWEST_ROWS)
        self.ticks = np.array(state["ticks"])
        self.positions = _no_positions(_power_of_two(4 * len(state["positions"])))
        refill_positions(np.array(state["positions"]), self.positions)
        self.orders = _grown(np.array(state["orders"]), FEWEST_ROWS)
        self.slots = np.full((_power_of_two(4 * len(state["orders"])), 2), at.EMPTY, np.int64)
        refill_slots(self.orders, int(self.firm[at.ORDER_COUNT]), self.slots)

    def digest(self, texts: bytes) -> bytes:
        """SHA-256 over the snapshot, each array with its name and shape, and over `texts`."""
        digest = hashlib.sha256(texts)
        for name, array in self.snapshot().items():
            digest.update(f"{name}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array, dtype="<i8").data)
        return digest.digest()


def _grown(table: Array, rows: int) -> Array:
    """The table itself if it has so many rows, else a copy with at least twice its rows, new ones zero."""
    if rows <= len(table):
        return table
    grown = np.zeros((max(rows, 2 * len(table)), *table.shape[1:]), np.int64)
    grown[: len(table)] = table
    return grown


def _no_positions(rows: int) -> Array:
    positions = np.zeros((rows, at.POSITION_WIDTH), np.int64)
    positions[:, at.KEY] = at.EMPTY
    return positions


def _power_of_two(rows: int) -> int:
    """The power of two at or above `rows`, at least the fewest."""
    return max(FEWEST_ROWS, 1 << max(0, rows - 1).bit_length())
