"""The interfaces: every operation with its route, tool, command, permission and fields, from the registry itself."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import get
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.shell import AnyRequest, PageShell
from tallystick.console.words import mark as _
from tallystick.core.operations import OPERATIONS, Operation
from tallystick.core.schema import schema_of

__all__ = ["HANDLERS"]


@get("/interfaces")
async def interfaces(request: AnyRequest, shell: PageShell) -> Response[str]:
    """All operations by room; the machine-readable document is at `/api/openapi.json`."""
    rooms: dict[str, list[dict[str, Any]]] = {}
    for name in sorted(OPERATIONS):
        found = OPERATIONS[name]
        rooms.setdefault(found.room, []).append(_described(found))
    return await show_page(
        request, shell, "interfaces.html", title=shell.say(request, _("Interfaces")), rooms=rooms
    )


def _described(found: Operation) -> dict[str, Any]:
    columns = schema_of(found.request).columns
    fields = [
        {
            "name": field.name,
            "type": _type_name(field.type),
            "required": field.required,
            "unit": column.unit if (column := columns.get(field.name)) is not None else "",
        }
        for field in msgspec.structs.fields(found.request)
    ]
    return {
        "name": found.name,
        "summary": found.summary,
        "permission": found.permission,
        "writes": found.writes,
        "personal": found.personal,
        "method": "POST" if found.writes else "GET",
        "path": f"/api/{found.room}/{found.verb.replace('.', '/')}",
        "local": found.local,
        "command": f"tally {found.command}",
        "fields": fields,
    }


def _type_name(kind: Any) -> str:
    """A type as people write it: `date | None`, `list[str]`."""
    text = str(getattr(kind, "__name__", kind)) if isinstance(kind, type) else str(kind)
    return text.replace("typing.", "").replace("datetime.", "").partition("Annotated[")[2].partition(",")[
        0
    ] or text.replace("datetime.", "")


HANDLERS = [interfaces]
