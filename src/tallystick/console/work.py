"""Work items and approvals: what waits for a person, and for a second one."""

from __future__ import annotations

from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.listing import Action, Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.shell import Answer, AnyRequest, PageShell
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
    record="/approvals/{proposal}",
    filters=(Filter("state", choices=("open", "approved", "refused")),),
    empty=_("Changes that need a second person will be here."),
    command="tally risk kill-switch --stopped true --reason …",
)

FACTS = ("kind", "maker", "proposed_at", "checker", "decided_at", "proposal")


@get("/approvals/{proposal:str}")
async def approval(request: AnyRequest, shell: PageShell, proposal: FromPath[str]) -> Response[str]:
    """One proposal whole: who proposed what and why, and every field of its command beside what is in force."""
    reply = await shell.ask(request, "approvals.show", {"proposal": proposal})
    return await show_page(
        request,
        shell,
        "approval.html",
        title=reply.summary,
        facts=[*((name, getattr(reply, name)) for name in FACTS), ("contents", reply.content)],
        proposed=Answer(value=reply),
    )


HANDLERS = [list_route(WORK), list_route(APPROVALS), approval]
