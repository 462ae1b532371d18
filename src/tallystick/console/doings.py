"""What forms are called: a few words for each change, which stand above the form, on its button, and to be typed."""

from __future__ import annotations

from tallystick.console.words import mark as _
from tallystick.core.operations import Operation

__all__ = ["DOINGS", "doing_of"]

DOINGS = {
    "access.grant": _("Give a role"),
    "access.revoke": _("Take a role away"),
    "access.set_password": _("Set a password"),
    "approvals.approve": _("Approve it"),
    "approvals.refuse": _("Refuse it"),
    "governance.export_books": _("Write the books out"),
    "governance.onboard": _("Take a firm over"),
    "governance.onboard_advance": _("Go to the next stage"),
    "governance.onboard_compare": _("Compare a day"),
    "governance.onboard_day": _("Follow a day"),
    "history.archive": _("Archive"),
    "history.close_year": _("Close a year"),
    "history.compact": _("Compact"),
    "history.copy_archive": _("Copy the archives"),
    "history.correct": _("Correct"),
    "history.correct_rows": _("Correct"),
    "history.expire": _("Expire"),
    "history.load": _("Load"),
    "history.mapping": _("Propose a mapping"),
    "history.place_hold": _("Place a hold"),
    "history.propose_purge": _("Propose a purge"),
    "history.propose_retention": _("Propose a change"),
    "history.purge": _("Delete what is due"),
    "history.release": _("Release rows"),
    "history.release_hold": _("Propose its release"),
    "history.release_rows": _("Release rows"),
    "history.dismiss_rows": _("Dismiss rows"),
    "history.restore": _("Bring back"),
    "history.seal": _("Seal business days"),
    "history.set_quota": _("Set a quota"),
    "history.unmark_purge": _("Take a mark back"),
    "history.withdraw": _("Withdraw"),
    "history.withdraw_rows": _("Withdraw"),
    "market.propose_rules": _("Propose a change"),
    "market.register_instrument": _("Register an instrument"),
    "risk.cancel_order": _("Cancel the order"),
    "risk.kill_switch": _("Stop or resume"),
    "risk.set_account_terms": _("Set the terms"),
    "risk.submit_order": _("Send the order"),
    "simulation.build": _("Fill a made-up firm"),
    "simulation.run": _("Run a day"),
    "work.assign": _("Assign"),
    "work.close": _("Close the work item"),
    "work.note": _("Add a note"),
    "work.open": _("Open a work item"),
}
"""Operation → what it is called where people do it."""


def doing_of(found: Operation) -> str:
    """The English words for a change; of an operation without words its summary."""
    return DOINGS.get(found.name) or found.summary.rstrip(".")
