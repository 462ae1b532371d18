"""The consent ledger: the last statement for each client, recipient, purpose, data class and channel."""

from __future__ import annotations

import datetime
from typing import Any

import msgspec

from tallystick.clients.events import ConsentState, RecordConsent
from tallystick.core.plain import PlainMachine
from tallystick.core.schema import Record

__all__ = ["ClientsMachine", "ClientsRoomState", "Consent"]


class Consent(msgspec.Struct, frozen=True):
    """The statement in force."""

    state: ConsentState
    effective_on: datetime.date
    form_version: str


class ClientsRoomState(msgspec.Struct):
    """Consents by `consent_key`."""

    consents: dict[str, Consent] = {}


def consent_key(party: int, recipient: str, purpose: str, data_class: str, channel: str) -> str:
    """The key of one consent in the ledger: a JSON list, so that no text can pass for two."""
    return msgspec.json.encode((party, recipient, purpose, data_class, channel)).decode()


class ClientsMachine(PlainMachine[ClientsRoomState]):
    """Holds consents; silence is no consent."""

    name = "clients"
    decides: tuple[type[Record], ...] = (RecordConsent,)

    def __init__(self) -> None:
        super().__init__(ClientsRoomState())

    def mask_of(self, command: Any) -> int:
        """Statements come in the order they were made."""
        earlier = self.state.consents.get(self._key(command))
        return int(earlier is not None and earlier.effective_on > command.effective_on)

    def accept(self, command: Any) -> None:
        """The new statement replaces the earlier; on one day a refusal beats a grant."""
        earlier = self.state.consents.get(self._key(command))
        refused_today = (
            earlier is not None
            and earlier.effective_on == command.effective_on
            and earlier.state != ConsentState.GRANTED
        )
        if refused_today and command.state == ConsentState.GRANTED:
            return
        self.state.consents[self._key(command)] = Consent(
            command.state, command.effective_on, command.form_version
        )

    def consent(
        self, party: int, recipient: str, purpose: str, data_class: str, channel: str
    ) -> Consent | None:
        """The client's statement in force about a use; None when none was made."""
        return self.state.consents.get(consent_key(party, recipient, purpose, data_class, channel))

    def allows(self, party: int, recipient: str, purpose: str, data_class: str, channel: str) -> bool:
        """Whether the client's last statement grants this use."""
        found = self.consent(party, recipient, purpose, data_class, channel)
        return found is not None and found.state == ConsentState.GRANTED

    @staticmethod
    def _key(command: RecordConsent) -> str:
        return consent_key(
            command.party, command.recipient, command.purpose, command.data_class, command.channel
        )
