"""What a machine is: deterministic state that decides commands and can be digested, saved and restored.

The writer runs machines in one thread. `decide` judges commands *and* changes the state for the accepted ones;
`apply` changes the state by verdicts already recorded (opening a firm, following it, watching another machine's
facts). Neither reads a clock, randomness, the environment, or the order of an unsorted set. A decider never reads
the state of a machine that observes the decider's own kinds, so that the size of a batch cannot change a verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from tallystick.core.schema import Record

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Explanation", "Machine", "Records", "State", "ValueRead"]

Records = Any
"""Commands of one kind: a structured array for fixed kinds, a list of records for the others."""

State = dict[str, Any]
"""A saved state: names to NumPy arrays or bytes (msgpack for the odd parts)."""


class ValueRead(msgspec.Struct, frozen=True):
    """One value that a decision read: its name, what it was, what it was compared with, and where that comes from."""

    name: str
    value: Any
    threshold: Any = None
    source: str = ""
    passed: bool = True


class Explanation(msgspec.Struct, frozen=True):
    """Why a command was decided so: the values read and the thresholds compared, in the order of the checks."""

    values: list[ValueRead]
    rule_set: str = ""


class Machine(Protocol):
    """The interface of every machine; `name` is its key in digests and snapshots."""

    name: str
    decides: tuple[type[Record], ...]
    observes: tuple[type[Record], ...]

    def decide(self, record: type[Record], records: Records) -> np.ndarray[Any, np.dtype[Any]]:
        """Judge commands of one kind in order and apply the accepted; returns one verdict (`verdict_dtype`) each."""

    def apply(self, record: type[Record], records: Records, verdicts: np.ndarray[Any, np.dtype[Any]]) -> None:
        """Apply commands with their recorded verdicts (refused ones may still count, e.g. in rate limits)."""

    def explain(self, record: type[Record], command: Any) -> Explanation:
        """The values and thresholds that `decide` would read for this command in the present state."""

    def digest(self) -> bytes:
        """SHA-256 over the whole state in canonical form: equal states, equal bytes."""

    def snapshot(self) -> State:
        """The whole state as arrays and bytes."""

    def restore(self, state: State) -> None:
        """Take the state that `snapshot` gave; the digest is the same afterwards."""
