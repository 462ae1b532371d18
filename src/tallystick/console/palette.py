"""What Ctrl-K searches besides pages: which operations, by which field, and where a found row leads."""

from __future__ import annotations

from typing import Any

import msgspec

from tallystick.console.shell import AnyRequest, Shell
from tallystick.console.words import mark as _
from tallystick.core.operations import OPERATIONS

__all__ = ["SOURCES", "palette_sources"]


class Source(msgspec.Struct, frozen=True):
    """One kind of thing to find; `fields` are the request fields that can hold what was typed, the best first."""

    operation: str
    fields: tuple[str, ...]
    title: str
    label: str
    detail: str
    go: str


SOURCES = (
    Source(
        operation="ledger.accounts",
        fields=("search", "number", "account_number"),
        title=_("Accounts"),
        label="{number}",
        detail="{name}",
        go="/ledger/accounts/{account}",
    ),
    Source(
        operation="market.instruments",
        fields=("text", "search", "symbol"),
        title=_("Instruments"),
        label="{symbol}",
        detail="{name} {name_zh}",
        go="/market/instruments/{symbol}",
    ),
)


def palette_sources(request: AnyRequest, shell: Shell) -> list[dict[str, Any]]:
    """The sources whose operation is there and takes one of the fields."""
    found = []
    for source in SOURCES:
        operation = OPERATIONS.get(source.operation)
        known = {field.name for field in msgspec.structs.fields(operation.request)} if operation else set()
        name = next((field for field in source.fields if field in known), None)
        if name:
            found.append(
                {
                    "address": "/api/" + source.operation.replace(".", "/"),
                    "field": name,
                    "title": shell.say(request, source.title),
                    "label": source.label,
                    "detail": source.detail,
                    "go": source.go,
                }
            )
    return found
