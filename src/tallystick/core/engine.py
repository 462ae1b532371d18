"""All machines of a firm in house order: who decides a kind, who watches it, and their state as one thing.

The writer, the followers and the replay drive the same engine, so that there is one way a batch changes the state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tallystick.core.errors import TallystickError
from tallystick.core.events import event_of
from tallystick.core.machine import Machine, Records, State
from tallystick.core.schema import Record

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Engine"]


class Engine:
    """Routes each kind to its one deciding machine, then to the machines that observe it, in house order."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self.machines = {machine.name: machine for machine in machines}
        self._deciders: dict[type[Record], Machine] = {}
        self._observers: dict[type[Record], list[Machine]] = {}
        for machine in machines:
            for record in machine.decides:
                assert record not in self._deciders, f"{record.__name__} has two deciding machines"
                self._deciders[record] = machine
            for record in machine.observes:
                self._observers.setdefault(record, []).append(machine)

    def decider(self, record: type[Record]) -> Machine:
        """The machine that decides a kind; TallystickError when this firm has none."""
        found = self._deciders.get(record)
        if found is None:
            raise TallystickError(
                "engine.no_machine",
                "No machine of this firm decides {kind}.",
                "Send it to a firm whose version has it.",
                kind=event_of(record).kind,
            )
        return found

    def decide(self, record: type[Record], records: Records) -> np.ndarray[Any, np.dtype[Any]]:
        """Judge commands of one kind in order, apply them everywhere, return a verdict each."""
        verdicts = self.decider(record).decide(record, records)
        for machine in self._observers.get(record, ()):
            machine.apply(record, records, verdicts)
        return verdicts

    def apply(self, record: type[Record], records: Records, verdicts: np.ndarray[Any, np.dtype[Any]]) -> None:
        """Apply commands with verdicts already recorded."""
        self.decider(record).apply(record, records, verdicts)
        for machine in self._observers.get(record, ()):
            machine.apply(record, records, verdicts)

    def digests(self) -> dict[str, bytes]:
        """The digest of each machine by name."""
        return {name: machine.digest() for name, machine in self.machines.items()}

    def digest(self) -> bytes:
        """One SHA-256 over all machines' names and digests."""
        whole = hashlib.sha256()
        for name, digest in self.digests().items():
            whole.update(name.encode() + b"\0" + digest)
        return whole.digest()

    def snapshot(self) -> dict[str, State]:
        """Each machine's state by name."""
        return {name: machine.snapshot() for name, machine in self.machines.items()}

    def restore(self, states: dict[str, State]) -> None:
        """Take the states that `snapshot` gave, in house order."""
        for name, machine in self.machines.items():
            machine.restore(states[name])
