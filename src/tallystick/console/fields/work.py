"""Work items, approvals, users and roles."""

from __future__ import annotations

from tallystick.console.fields.field import Field
from tallystick.console.words import mark as _

__all__ = ["WORK"]

WORK = {
    "work": Field(_("Work item"), width=120),
    "room": Field(_("Room"), width=100),
    "subject": Field(_("Subject"), width=140),
    "severity": Field(_("Severity"), "code", width=100),
    "due": Field(_("Due by"), "date", width=96),
    "opened_at": Field(_("Opened"), "stamp", width=174),
    "opened_by": Field(_("Opened by"), width=120),
    "outcome": Field(_("Outcome"), width=220),
    "note": Field(_("Note"), width=260),
    "closed_at": Field(_("Closed"), "stamp", width=174),
    "proposal": Field(_("Proposal"), width=140),
    "summary": Field(_("Summary"), width=320),
    "changes": Field(_("What is proposed")),
    "steps": Field(_("Steps")),
    "in_force": Field(_("In force"), width=220),
    "proposed": Field(_("Proposed value"), width=220),
    "waits": Field(_("Waits for a second person"), "flag"),
    "maker": Field(_("Maker"), width=120),
    "checker": Field(_("Checker"), width=120),
    "proposed_at": Field(_("Proposed"), "stamp", width=174),
    "decided_at": Field(_("Decided"), "stamp", width=174),
    "user": Field(_("User"), width=120),
    "role": Field(_("Role"), width=140),
    "operation": Field(_("Operation"), width=200),
    "password": Field(_("Password")),
    "permission": Field(_("Permission"), width=140),
}
