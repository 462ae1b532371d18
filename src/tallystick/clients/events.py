"""What the clients room writes to the journal: consents."""

from __future__ import annotations

from enum import StrEnum

from tallystick.core.events import Command, Reason, event
from tallystick.core.schema import BusinessDate, Int32, Text

__all__ = ["ConsentState", "RecordConsent"]


class ConsentState(StrEnum):
    """Where a consent stands; a refusal beats a grant."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    RELATION_ENDED = "relation_ended"


@event(
    "clients.record_consent",
    reasons=(
        Reason(
            "clients.consent_backwards",
            "A later statement of {effective_on} is on record already.",
            "Send statements in the order they were made.",
        ),
    ),
)
class RecordConsent(Command, frozen=True, kw_only=True):
    """What a client allowed or refused: which recipient may use which data for what, over which channel.

    Source: Personal Data Protection Act (個人資料保護法) §7, §19, §20; the firm bears the proof, hence the form and the
    evidence's hash.
    """

    party: Int32
    recipient: Text
    purpose: Text
    data_class: Text
    channel: Text
    state: ConsentState
    effective_on: BusinessDate
    form_version: Text = ""
    evidence_sha256: Text = ""
