"""Verifying on the auditor's click: archives byte by byte, sealed days row by row; and the list of sealed days."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.history.links import BY_DATASET, DATASET_LINK
from tallystick.console.listing import Action, Column, ListPage
from tallystick.console.lists import list_route
from tallystick.console.replies import plain_of
from tallystick.console.shell import AnyRequest, PageShell
from tallystick.console.words import mark as _
from tallystick.core.errors import NotFound

__all__ = ["HANDLERS", "SEALED"]

SEALED = ListPage(
    name="sealed",
    address="/history/sealed",
    title=_("Sealed business days"),
    operation="history.loads",
    columns=(
        Column("source", title=_("Business date"), width=110),
        Column("dataset", link=DATASET_LINK, width=206, grow=True),
        Column("rows"),
        Column("sha256", title=_("Hash of the proof"), width=150),
        Column("recorded_at", title=_("Sealed at"), kind="stamp", width=174),
        Column("verified_at", width=124),
        Column("seal_problem", width=150),
        Column("by", width=120),
        Column("position", link="/journal/batches/{seq}", kind="text", width=90),
    ),
    key=("position", "dataset", "source"),
    record="/journal/batches/{seq}",
    filters=(BY_DATASET,),
    empty=_(
        "Business days that were moved from the journal into the lake will be here, each with the hash of its proof."
    ),
    command="tally history seal",
    actions=(Action(_("Seal business days"), "/do/history.seal"),),
    fixed={"what": "sealed"},
    verifies="history.verify_sealed",
)

SHOWN = {
    "history.verify_archive": (("archives", "files", "rows", "bytes"), "archive_problem"),
    "history.verify_sealed": (
        ("days", "partitions", "files", "rows", "bytes", "by_sums", "purged"),
        "seal_problem",
    ),
}
"""Operation → the counts of its reply that say what was compared, and the words of its faults."""

TOLD = {
    "history.verify_archive": _("Every byte was compared with the manifests and the journal."),
    "history.verify_sealed": _("Every row was read again and compared with the seals on the journal."),
}


@get("/parts/verified/{operation:str}")
async def verified(request: AnyRequest, shell: PageShell, operation: FromPath[str]) -> Response[str]:
    """Verify now, all or the dataset that is chosen: what was compared, and what differs."""
    if operation not in SHOWN:
        raise NotFound(
            "console.no_verification",
            "{operation} verifies nothing.",
            "Ask it at its page.",
            operation=operation,
        )
    counts, words = SHOWN[operation]
    answer = await shell.attempt(request, operation, {"dataset": request.query_params.get("dataset", "")})
    faults = [_fault(fault, words) for fault in answer.value.faults] if answer.value is not None else []
    reply = shell.render(
        request,
        "parts/verified.html",
        answer=answer,
        told=shell.say(request, TOLD[operation]),
        facts=[(name, getattr(answer.value, name)) for name in counts] if answer.value is not None else [],
        faults=faults,
        columns=list(faults[0]) if faults else [],
        advice=getattr(answer.value, "advice", ""),
    )
    reply.headers["HX-Trigger-After-Settle"] = "verified"
    return reply


def _fault(fault: msgspec.Struct, words: str) -> dict[str, Any]:
    """A fault as a row, its problem under the field that has the words for it."""
    return {words if name == "problem" else name: value for name, value in plain_of(fault).items()}


HANDLERS = [list_route(SEALED), verified]
