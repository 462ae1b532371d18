"""Pages of kind FORM: one for every operation that changes something, made from the fields of its request."""

from __future__ import annotations

import typing
from typing import Any

import msgspec
from litestar import get
from litestar.response import Response

from tallystick.console.codes import CODES
from tallystick.console.fields import field_of
from tallystick.console.frame import show_page
from tallystick.console.shell import AnyRequest, Shell
from tallystick.core.errors import NotFound
from tallystick.core.operations import Operation, find_operation

__all__ = ["HANDLERS", "inputs_of"]

LONG_TEXT = {"reason", "note", "text", "summary"}


@get("/do/{operation:str}")
async def form(request: AnyRequest, shell: Shell, operation: str) -> Response[str]:
    """The form of a change. What is dangerous is decided by the rules: they ask for a reason and a second person."""
    found = find_operation(operation)
    if not found.writes:
        raise NotFound(
            "console.no_form", "{operation} changes nothing.", "Ask it at its page.", operation=operation
        )
    return await show_page(
        request,
        shell,
        "form.html",
        title=shell.say(request, found.summary).rstrip(".。"),
        operation=found,
        inputs=inputs_of(found, dict(request.query_params)),
    )


def inputs_of(found: Operation, given: dict[str, Any]) -> list[dict[str, Any]]:
    """The inputs of a form: name, title, control, unit, first value, whether it must be filled."""
    inputs = []
    for field in msgspec.structs.fields(found.request):
        described = field_of(field.name)
        default = "" if field.required or field.default in (msgspec.NODEFAULT, None) else field.default
        inputs.append(
            {
                "name": field.name,
                "title": described.title,
                "unit": described.unit,
                "control": _control(field.name, field.type),
                "choices": sorted(CODES.get(field.name, {})) if field.name in ("severity", "side") else [],
                "required": field.required,
                "value": given.get(field.name, default),
            }
        )
    return inputs


def _control(name: str, kind: Any) -> str:
    parts = set(typing.get_args(kind)) | {kind}
    if bool in parts:
        return "flag"
    if field_of(name).kind == "date":
        return "date"
    if name in LONG_TEXT:
        return "long"
    return "password" if name == "password" else "text"


HANDLERS = [form]
