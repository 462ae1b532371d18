"""Clients: who they are to the firm and what they agreed to.

The first slice holds the consent ledger that onboarding fills; identity, profile, suitability, models, offers and
branches come later. Personal data is in the vault; here and in the journal are keyed references only.
"""

from __future__ import annotations

from tallystick.clients.events import ConsentState, RecordConsent
from tallystick.clients.machine import ClientsMachine
from tallystick.clients.tables import event_rows

__all__ = ["ClientsMachine", "ConsentState", "RecordConsent", "event_rows"]
