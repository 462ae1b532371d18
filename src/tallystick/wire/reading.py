"""What reading a file gives: the good rows, the bad ones with their number, what is unknown, and the proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import Rejection

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["FileRead", "LineFault", "Proof", "Unknown"]


class LineFault(msgspec.Struct, frozen=True):
    """A line that does not read: its number in the file (from 1), the field, and why."""

    line: int
    field: str
    reason: Rejection


class Unknown(msgspec.Struct, frozen=True):
    """Something that the file holds and the layout does not know: what, at which line first, how often."""

    what: str
    line: int
    count: int = 1


class Proof(msgspec.Struct, frozen=True):
    """A control total: what it proves, what the file states (None if it states none) and what its rows give."""

    name: str
    stated: int | None
    computed: int

    @property
    def holds(self) -> bool:
        """Whether both agree."""
        return self.stated == self.computed


class FileRead:
    """One file as read: `header` and `trailer` by field name, the good rows, and what is to be said about the rest.

    `lines` holds the line number of each good row.
    """

    def __init__(
        self,
        *,
        rows: pa.Table,
        lines: list[int],
        header: dict[str, Any],
        trailer: dict[str, Any],
        faults: list[LineFault],
        unknown: list[Unknown],
        proofs: list[Proof],
    ) -> None:
        self.rows = rows
        self.lines = lines
        self.header = header
        self.trailer = trailer
        self.faults = faults
        self.unknown = unknown
        self.proofs = proofs

    @property
    def is_proved(self) -> bool:
        """Whether every control total holds; a source that fails is quarantined whole."""
        return all(proof.holds for proof in self.proofs)
