"""Machines of general commands with small states: the loops that they would all write the same.

A `PlainMachine` judges commands one by one (`mask_of`), applies accepted ones (`accept`) and keeps its whole state in
one record, whose msgpack bytes are its snapshot and whose SHA-256 is its digest. Fields are lists, numbers and dicts
whose order of insertion follows the journal.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec

from tallystick.core.events import verdict_dtype
from tallystick.core.machine import Explanation, Records, State, ValueRead
from tallystick.core.ready import ready
from tallystick.core.schema import Record

if TYPE_CHECKING:
    import numpy as np

__all__ = ["PlainMachine"]

AnyState = TypeVar("AnyState", bound=msgspec.Struct)


SHOWN_BYTES = 32
"""Of what is longer than a hash, so much is shown where a decision is explained."""


class PlainMachine(Generic[AnyState]):
    """Base of the machines whose commands are rare; the hot ones (gate, ledger, market) work on arrays instead."""

    name: str
    decides: tuple[type[Record], ...]
    observes: tuple[type[Record], ...] = ()

    def __init__(self, state: AnyState) -> None:
        self.state = state

    def mask_of(self, command: Any) -> int:
        """The reasons against a command as mask bits in order of declaration; 0 accepts."""
        raise AssertionError(f"{self.name} must judge {type(command).__name__}")

    def accept(self, command: Any) -> None:
        """Change the state by an accepted command."""
        raise AssertionError(f"{self.name} must accept {type(command).__name__}")

    def decide(self, record: type[Record], records: Records) -> np.ndarray[Any, np.dtype[Any]]:
        """Judge in order, each command seeing the state that the one before left."""
        import numpy as np

        verdicts = np.zeros(len(records), dtype=verdict_dtype())
        for index, command in enumerate(records):
            mask = self.mask_of(command)
            verdicts[index]["mask"] = mask
            if not mask:
                self.accept(command)
        return verdicts

    def apply(self, record: type[Record], records: Records, verdicts: np.ndarray[Any, np.dtype[Any]]) -> None:
        """Accept what was recorded as accepted."""
        for command, mask in zip(records, verdicts["mask"].tolist(), strict=True):
            if not mask:
                self.accept(command)

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """The command's own fields, each with whether the whole was accepted."""
        passed = self.mask_of(command) == 0
        fields = msgspec.structs.asdict(command)
        return Explanation(
            values=[ValueRead(name=key, value=_told(value), passed=passed) for key, value in fields.items()]
        )

    def digest(self) -> bytes:
        """SHA-256 of the state's bytes."""
        return hashlib.sha256(msgspec.msgpack.encode(self.state)).digest()

    def snapshot(self) -> State:
        """The state as msgpack."""
        return {"state": msgspec.msgpack.encode(self.state)}

    def restore(self, state: State) -> None:
        """Take a saved state."""
        self.state = msgspec.msgpack.decode(state["state"], type=ready(type(self.state)))


def _told(value: Any) -> str:
    """A field's value as text; hashes in hex, of longer bytes the beginning."""
    if not isinstance(value, bytes):
        return str(value)
    return value.hex() if len(value) <= SHOWN_BYTES else f"{value[:SHOWN_BYTES].hex()}… ({len(value):,} B)"
