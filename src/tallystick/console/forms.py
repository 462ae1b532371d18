"""Pages of kind FORM: one for every operation that changes something, made from the fields of its request."""

from __future__ import annotations

import datetime
import typing
from typing import Any

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.asked import asked_field, words_name
from tallystick.console.choices import choices_of, is_several, takes_none
from tallystick.console.doings import doing_of
from tallystick.console.fields import Field, field_of
from tallystick.console.frame import show_page
from tallystick.console.replies import rows_of
from tallystick.console.shell import Answer, AnyRequest, PageShell, Shell
from tallystick.core.errors import NotFound
from tallystick.core.operations import Operation, find_operation

__all__ = ["HANDLERS", "inputs_of", "is_from_files"]

LONG_TEXT = {"reason", "note", "query", "text", "summary", "rows"}
HIDDEN = {"session"}
"""Fields that number a door, not a person's choice; they keep their default."""
MADE = {
    "risk.submit_order": "/risk/orders/{order_id}",
    "risk.cancel_order": "/risk/orders/{order_id}",
    "risk.set_account_terms": "/ledger/accounts/{account}",
    "market.register_instrument": "/approvals/{id}",
    "market.propose_rules": "/approvals/{id}",
    "simulation.run": "/governance/day-report?date={date}",
    "history.archive": "/history/archives?dataset={dataset}",
    "history.close_year": "/approvals/{id}",
    "history.compact": "/history/datasets",
    "history.correct_rows": "/history/loads?dataset={dataset}",
    "history.expire": "/history/datasets",
    "history.place_hold": "/history/holds/{hold}",
    "history.propose_purge": "/approvals/{id}",
    "history.propose_retention": "/approvals/{id}",
    "history.purge": "/history/purges",
    "history.release_hold": "/history/holds/{hold}",
    "history.dismiss_rows": "/history/quarantine?file={file}&released=true",
    "history.release_rows": "/history/quarantine?file={file}",
    "history.seal": "/history/loads?what=sealed",
    "history.set_quota": "/history/quotas",
    "history.unmark_purge": "/history/purges",
    "history.withdraw_rows": "/history/loads?dataset={dataset}",
}
"""Operation → where what it made is seen, its places filled from the reply or the form; else the room's page."""
REPLY_FIELDS = ("id", "order_id", "position")
"""What of a reply is said below the form."""
KNOWN = {
    "role": ("access.roles", "role"),
    "dataset": ("history.datasets", "dataset"),
}
"""Text fields whose values only the firm itself knows: the operation that lists them, and its column."""
FROM_FILES = {"history.correct_rows", "history.dismiss_rows", "history.release_rows", "history.withdraw_rows"}
"""Changes of what came from files: the datasets that the house fills itself are no choice for them."""
ROOM_PAGES = {"work": "/work", "approvals": "/approvals", "access": "/access/users"}


@get("/do/{operation:str}")
async def form(request: AnyRequest, shell: PageShell, operation: FromPath[str]) -> Response[str]:
    """The form of a change. What is dangerous is decided by the rules: they ask for a reason and a second person."""
    found = find_operation(operation)
    title, told = shell.say(request, doing_of(found)), shell.say(request, found.summary)
    if found.local:
        fields = [
            f"--{field['name'].replace('_', '-')} {field['name'].upper()}"
            for field in inputs_of(found, {})
            if field["required"]
        ]
        command = " ".join(["tally", found.command, *fields, "--firm", "DIR"])
        return await show_page(
            request, shell, "local.html", title=title, told=told, operation=found, command=command
        )
    if not found.writes:
        raise NotFound(
            "console.no_form", "{operation} changes nothing.", "Ask it at its page.", operation=operation
        )
    shell.house.access.require(request.user, found.permission)
    known = {name: await _known(request, shell, *KNOWN[name]) for name in KNOWN if name in _names(found)}
    if found.name in FROM_FILES:
        known["dataset"] = [name for name in known["dataset"] if is_from_files(name)]
    return await show_page(
        request,
        shell,
        "form.html",
        title=title,
        told=told,
        operation=found,
        inputs=inputs_of(found, dict(request.query_params), known),
        proposed=await _proposed(request, shell, found),
        made=MADE.get(found.name) or ROOM_PAGES.get(found.room, ""),
        titles={name: shell.say(request, field_of(name).title) for name in _said_of(found)},
    )


async def _proposed(request: AnyRequest, shell: Shell, found: Operation) -> Answer | None:
    """The proposal that a form of approvals is about, whole; None for other forms and while none is named."""
    number = request.query_params.get("proposal", "")
    if found.room != "approvals" or not number:
        return None
    return await shell.attempt(request, "approvals.show", {"proposal": number})


def inputs_of(
    found: Operation, given: dict[str, Any], known: dict[str, list[str]] | None = None
) -> list[dict[str, Any]]:
    """The inputs of a form: name, title, control, choices, unit, first value, whether it must be filled.

    `known` gives choices of text fields that only the firm itself knows.
    """
    inputs = []
    for field in msgspec.structs.fields(found.request):
        if field.name in HIDDEN:
            continue
        choices = choices_of(field.name, field.type) or (known or {}).get(field.name, [])
        described = asked_field(found.name, field.name, field.type)
        default = "" if field.required or field.default in (msgspec.NODEFAULT, None) else field.default
        value = given.get(field.name, default)
        if is_several(field.type) and not choices and not isinstance(value, str):
            value = ", ".join(value or ())
        if field.name in given and choices and value not in choices:
            choices = [*choices, value]
        inputs.append(
            {
                "name": field.name,
                "words": words_name(field.name, described, choices),
                "title": described.title,
                "unit": "" if choices else described.unit,
                "control": _control(field.name, field.type, choices, described),
                "choices": choices,
                "blank": takes_none(field.type) or default == "",
                "required": field.required,
                "value": value,
            }
        )
    return inputs


def _said_of(found: Operation) -> list[str]:
    """What of a reply is said below the form: identities and counts."""
    parts = set(typing.get_args(found.reply)) | {found.reply}
    records = [part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct)]
    counts = [
        field.name for record in records for field in msgspec.structs.fields(record) if field.type is int
    ]
    return [*REPLY_FIELDS, *(name for name in counts if name not in REPLY_FIELDS)]


def _names(found: Operation) -> set[str]:
    return {field.name for field in msgspec.structs.fields(found.request)}


def is_from_files(dataset: str) -> bool:
    """Whether a dataset is filled from files.

    >>> is_from_files("history.bars_daily"), is_from_files("history.quarantine")
    (True, False)
    """
    from tallystick.history import DATASETS

    return dataset in DATASETS and bool(DATASETS[dataset].required)


async def _known(request: AnyRequest, shell: Shell, operation: str, column: str) -> list[str]:
    """The values that an operation lists in a column; none for who may not see them."""
    answer = await shell.attempt(request, operation, {"limit": 10_000})
    return sorted({row[column] for row in rows_of(answer.value)}) if answer.value is not None else []


def _control(name: str, kind: Any, choices: list[str], field: Field) -> str:
    if choices:
        return "several" if is_several(kind) else "choice"
    if is_several(kind):
        return "list"
    parts = set(typing.get_args(kind)) | {kind}
    if bool in parts:
        return "flag"
    if datetime.date in parts or field.kind == "date":
        return "date"
    if name in LONG_TEXT:
        return "long"
    return "password" if name == "password" else "text"


HANDLERS = [form]
