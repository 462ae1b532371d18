"""Work items and approvals: what waits for a person, and for a second one."""

from __future__ import annotations

from tallystick.console.listing import Action, Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.words import mark as _

__all__ = ["APPROVALS", "HANDLERS", "WORK"]

WORK = ListPage(
    name="work",
    address="/work",
    title=_("Work items"),
    operation="work.list",
    columns=(
        Column("severity", width=92),
        Column("title", grow=True),
        Column("subject", width=108),
        Column("owner", width=88),
        Column("due", width=92),
        Column("state", width=88),
        Column("opened_at"),
        Column("opened_by", width=90),
        Column("outcome", width=134),
        Column("room", width=76),
        Column("work", width=74),
    ),
    key=("work",),
    record="/do/work.note?work={work}",
    filters=(Filter("state", choices=("open", "closed")),),
    empty=_("Work that waits for a person will be here, with owner and deadline."),
    command="tally work open --room risk --title …",
    actions=(Action(_("Open a work item"), "/do/work.open"),),
)

APPROVALS = ListPage(
    name="approvals",
    address="/approvals",
    title=_("Approvals"),
    operation="approvals.list",
    columns=(
        Column("state", width=92),
        Column("summary", grow=True),
        Column("reason", width=172),
        Column("maker", width=96),
        Column("proposed_at"),
        Column("checker", width=96),
        Column("decided_at"),
        Column("kind", width=130),
        Column("proposal", width=80),
    ),
    key=("proposal",),
    record="/do/approvals.approve?proposal={proposal}",
    filters=(Filter("state", choices=("open", "approved", "refused")),),
    empty=_("Changes that need a second person will be here."),
    command="tally risk kill-switch --stopped true --reason …",
)

HANDLERS = [list_route(WORK), list_route(APPROVALS)]
