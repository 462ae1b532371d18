"""Which contents were loaded: the same bytes come into a dataset once."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.core.plain import PlainMachine
from tallystick.core.schema import Record
from tallystick.history.events import DatasetLoaded

__all__ = ["HistoryMachine"]


class HistoryState(msgspec.Struct):
    """The loads by dataset and hash, in the order of the journal."""

    loads: dict[str, DatasetLoaded] = {}


class HistoryMachine(PlainMachine[HistoryState]):
    """Accepts each content once for a dataset.

    >>> machine = HistoryMachine()
    >>> load = DatasetLoaded(dataset="history.bars_daily", source="a.csv", sha256=bytes(32), rows=5, quarantined=0,
    ...                      known_time=1)
    >>> machine.decide(DatasetLoaded, [load, load])["mask"].tolist()
    [0, 1]
    >>> machine.loaded("history.bars_daily", bytes(32)).rows
    5
    """

    name = "history"
    decides: tuple[type[Record], ...] = (DatasetLoaded,)

    def __init__(self) -> None:
        super().__init__(HistoryState())

    def mask_of(self, command: Any) -> int:
        """Refuse content that is there."""
        return int(_key(command.dataset, command.sha256) in self.state.loads)

    def accept(self, command: Any) -> None:
        """Remember the load."""
        self.state.loads[_key(command.dataset, command.sha256)] = command

    def loaded(self, dataset: str, sha256: bytes) -> DatasetLoaded | None:
        """The load of a content into a dataset, or None."""
        return self.state.loads.get(_key(dataset, sha256))

    def loads(self, dataset: str = "") -> list[DatasetLoaded]:
        """All loads, or those of one dataset, oldest first."""
        return [load for load in self.state.loads.values() if dataset in ("", load.dataset)]


def _key(dataset: str, sha256: bytes) -> str:
    return f"{dataset} {sha256.hex()}"
