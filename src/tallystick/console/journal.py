"""The journal: its batches, the check of its hash chain, a batch with its commands, why a command was decided so."""

from __future__ import annotations

import re
from typing import Any

from litestar import get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from tallystick.console.frame import show_page
from tallystick.console.listing import Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.replies import plain_of
from tallystick.console.sections import sections_of
from tallystick.console.shell import AnyRequest, PageShell, Shell
from tallystick.console.words import mark as _
from tallystick.core.events import Reason, event_type
from tallystick.core.operations import OPERATIONS
from tallystick.core.text import translate

__all__ = ["BATCHES", "HANDLERS"]

COMMANDS_SHOWN = 100
EVERY = 10_000_000
PLACE = re.compile(r"{\w+}")
HOUSE_CODES = {"account": "account_number", "instrument": "symbol"}
"""Codes of the house → the names that people use."""
COMMAND_WIDTH = 12
TEXT_SHOWN = 100

BATCHES = ListPage(
    name="batches",
    address="/journal/batches",
    title=_("Journal"),
    operation="journal.batches",
    columns=(
        Column("seq", link="/journal/batches/{seq}"),
        Column("day"),
        Column("recorded_at"),
        Column("actor"),
        Column("kind", width=240, grow=True),
        Column("version"),
        Column("count"),
        Column("hash", width=150),
    ),
    key=("seq",),
    record="/journal/batches/{seq}",
    filters=(Filter("kind", size="wide"), Filter("day")),
    empty=_("Everything that the firm decides or does will be here, in order, chained by hashes."),
    command="tally run DIR --date 2026-11-20",
)


@get("/journal/batches/{seq:int}")
async def batch(
    request: AnyRequest, shell: PageShell, seq: FromPath[int], first: FromQuery[int] = 0
) -> Response[str]:
    """One batch: where it stands in the chain, and its commands with their verdicts."""
    reply = await shell.ask(request, "journal.batch", {"seq": seq, "first": first, "limit": COMMANDS_SHOWN})
    accounts, symbols = await names_of(request, shell, reply.commands)
    language = shell.language(request)
    texts = {reason.code: short(reason, language) for reason in event_type(reply.kind, reply.version).reasons}
    rows = [named(_command_row(command), accounts, symbols, texts) for command in reply.commands]
    blocks = [block for command in reply.commands for block in sections_of(command["command"])]
    columns = [
        name for name in dict.fromkeys(name for row in rows for name in row) if not _has_name(name, rows)
    ]
    return await show_page(
        request,
        shell,
        "batch.html",
        title=shell.say(request, _("Batch {seq}"), seq=seq),
        batch=reply,
        rows=rows,
        columns=columns[:COMMAND_WIDTH],
        blocks=blocks,
        first=first,
        shown=COMMANDS_SHOWN,
    )


def short(reason: Reason, language: str) -> str:
    """A reason in a language without values: its short name, else its sentence with `…` for them."""
    return translate(reason.name, language) or PLACE.sub("…", translate(reason.text, language))


async def names_of(
    request: AnyRequest, shell: Shell, commands: list[dict[str, Any]]
) -> tuple[dict[int, str], dict[int, str]]:
    """Account numbers and symbols by the codes that commands carry, as far as the reader may see them.

    Codes are given in order and never again, so what was read once is kept until a higher code is met.
    """
    known = shell.names.get(request.user.name, ({}, {}))
    found = []
    for place, (name, operation, column) in enumerate(
        (("account", "ledger.accounts", "number"), ("instrument", "market.instruments", "symbol"))
    ):
        codes = {command["command"].get(name) for command in commands} - {None}
        names = known[place]
        if any(isinstance(code, int) and code not in names for code in codes) and operation in OPERATIONS:
            answer = await shell.attempt(request, operation, {"limit": EVERY})
            if answer.value is not None:
                arrow = answer.value.arrow
                key = "account" if name == "account" else "code"
                names = dict(zip(arrow[key].to_pylist(), arrow[column].to_pylist(), strict=True))
        found.append(names)
    shell.names[request.user.name] = (found[0], found[1])
    return found[0], found[1]


def named(
    row: dict[str, Any], accounts: dict[int, str], symbols: dict[int, str], texts: dict[str, str]
) -> dict[str, Any]:
    """A row of a batch with what people call its account, instrument and reasons, codes kept for links.

    >>> named({"account": 7, "reasons": ["gate.x"]}, {7: "9812"}, {}, {"gate.x": "Off"})
    {'account_number': '9812', 'reasons': ['Off'], 'account': 7}
    """
    said: dict[str, Any] = {}
    for name, value in row.items():
        if name == "account" and value in accounts:
            said["account_number"] = accounts[value]
        elif name == "instrument" and value in symbols:
            said["symbol"] = symbols[value]
        elif name == "reasons":
            said[name] = [texts.get(code, code) for code in value]
        else:
            said[name] = value
    hidden = {code: row[code] for code, name in HOUSE_CODES.items() if name in said and code in row}
    return said | hidden


@get("/parts/chain")
async def chain(request: AnyRequest, shell: PageShell) -> Response[str]:
    """Check every hash now; the outcome for the bar of the journal's page."""
    answer = await shell.attempt(request, "journal.check")
    return shell.render(request, "parts/chain.html", answer=answer)


@get("/parts/why/{identity:str}")
async def why(request: AnyRequest, shell: PageShell, identity: FromPath[str]) -> Response[str]:
    """Where a decision comes from: values read, thresholds compared, rule set, journal position; of a proposal what it
    asks and every step, with `steps` in the address these alone.
    """
    answer = await shell.attempt(request, "journal.why", {"id": identity})
    told = plain_of(answer.value) if answer.value else {}
    steps = [
        plain_of(step) | {"reasons": _shorts(step, shell.language(request))} for step in told.get("steps", [])
    ]
    bare = "steps" in request.query_params
    return shell.render(request, "parts/why.html", answer=answer, why=told, steps=steps, bare=bare)


def _shorts(step: Any, language: str) -> list[str]:
    """The reasons of a refused step in words."""
    texts = {reason.code: short(reason, language) for reason in event_type(step.kind).reasons}
    return [texts.get(code, code) for code in step.reasons]


def _command_row(command: dict[str, Any]) -> dict[str, Any]:
    """A command's place and verdict before its own fields; empty fields are left out, nested rows are counted."""
    said = {name: _short(value) for name, value in command["command"].items() if value not in ("", None)}
    said |= {block.name: len(block.rows) for block in sections_of(command["command"])}
    verdict = {
        name: command[name] for name in ("index", "accepted", "reasons", "reservation") if name in command
    }
    return verdict | said


def _has_name(name: str, rows: list[dict[str, Any]]) -> bool:
    """Whether a column is a code of the house whose name stands beside it in every row."""
    return name in HOUSE_CODES and all(HOUSE_CODES[name] in row or name not in row for row in rows)


@get("/journal")
async def front() -> Redirect:
    """The room's own address leads to its batches."""
    return Redirect("/journal/batches")


def _short(value: Any) -> Any:
    """A value as a cell can hold it: long texts (packed bytes, whole rule sets) are cut."""
    text = str(value)
    return value if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN]}… ({len(text):,})"


HANDLERS = [front, list_route(BATCHES, template="journal.html"), batch, chain, why]
