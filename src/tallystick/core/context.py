"""What an operation works with: the firm's folder and its parts, and who calls.

Everything is opened on first use, so that a command pays only for what it touches. `firm.py` fills the ports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tallystick.core.errors import Rejection
from tallystick.core.progress import Progress, Silent

if TYPE_CHECKING:
    from pathlib import Path

    from tallystick.core.access import Access, Actor
    from tallystick.core.engine import Engine
    from tallystick.core.errors import TallystickError
    from tallystick.core.journal import JournalReader
    from tallystick.core.lake import Lake
    from tallystick.core.schema import Record
    from tallystick.core.settings import Settings
    from tallystick.core.vault import Vault

__all__ = ["Context", "Decision", "House", "Writer"]


class Decision(Protocol):
    """The writer's durable answer to commands of one kind."""

    position: int
    """Journal sequence of the batch that holds the first command."""
    verdicts: Any
    """One verdict (`verdict_dtype`) a command."""

    @property
    def accepted(self) -> bool:
        """Whether every command was accepted."""

    @property
    def accepted_each(self) -> Any:
        """Boolean array: which commands were accepted."""

    def rejections(self, values: dict[str, Any] | None = None) -> list[Rejection]:
        """Why the first refused command was refused; empty when all were accepted."""


class Writer(Protocol):
    """The door to the one writer process; answers come only after the batch is on disk."""

    def decide(self, record: type[Record], records: Any, *, actor: str | None = None) -> Decision:
        """Send commands of one kind (a packed array or records), wait for the durable verdicts."""

    def send(self, command: Record, *, actor: str | None = None) -> Decision:
        """Send one command."""


class House(Protocol):
    """The opened firm, as `firm.py` wires it: one for each process, shared by all contexts."""

    path: Path
    settings: Settings

    @property
    def journal(self) -> JournalReader:
        """The journal, read-only."""

    @property
    def lake(self) -> Lake:
        """The lake of open tables."""

    @property
    def vault(self) -> Vault:
        """Personal data and secrets."""

    @property
    def access(self) -> Access:
        """Who may do what."""

    @property
    def writer(self) -> Writer:
        """The door for commands."""

    @property
    def damage(self) -> TallystickError | None:
        """What is wrong with the journal, with batch, day and remedy; None while it is sound as far as it was read.

        The first ask proves the newest day. A damaged firm is read-only, and shows what was proven before the damage.
        """

    def machine(self, name: str) -> Any:
        """A machine's state as of the journal's head, followed read-only in this process."""

    @property
    def snapshots(self) -> Path:
        """Where saved machine states are."""

    def engine(self) -> Engine:
        """All machines, fresh and empty, in house order (for replay and verify)."""

    def engine_at(self, seq: int) -> Engine:
        """All machines as they stood after a batch, for reading."""


class Context:
    """One call's surroundings: the house, the actor, where progress goes, the language of texts."""

    def __init__(
        self, house: House, actor: Actor, *, progress: Progress | None = None, language: str = "en"
    ) -> None:
        self.house = house
        self.actor = actor
        self.progress: Progress = progress or Silent()
        self.language = language

    @property
    def path(self) -> Path:
        """The firm's folder."""
        return self.house.path

    @property
    def settings(self) -> Settings:
        """`firm.toml` and environment, checked."""
        return self.house.settings

    @property
    def journal(self) -> JournalReader:
        """The journal, read-only."""
        return self.house.journal

    @property
    def lake(self) -> Lake:
        """The lake of open tables."""
        return self.house.lake

    @property
    def access(self) -> Access:
        """Who may do what."""
        return self.house.access

    @property
    def writer(self) -> Writer:
        """The door for commands; starts the writer process when none is running."""
        return self.house.writer

    def send(self, command: Record) -> Decision:
        """Send one command as this call's actor."""
        return self.writer.send(command, actor=self.actor.name)

    def machine(self, name: str) -> Any:
        """A machine followed up to the journal's head."""
        return self.house.machine(name)
