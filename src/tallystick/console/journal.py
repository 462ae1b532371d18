"""The journal: its batches, the check of its hash chain, a batch with its commands, why a command was decided so."""

from __future__ import annotations

from typing import Any

from litestar import get
from litestar.response import Redirect, Response

from tallystick.console.frame import show_page
from tallystick.console.listing import Column, Filter, ListPage
from tallystick.console.lists import list_route
from tallystick.console.replies import plain_of
from tallystick.console.shell import AnyRequest, Shell
from tallystick.console.words import mark as _

__all__ = ["BATCHES", "HANDLERS"]

COMMANDS_SHOWN = 100
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
async def batch(request: AnyRequest, shell: Shell, seq: int, first: int = 0) -> Response[str]:
    """One batch: where it stands in the chain, and its commands with their verdicts."""
    reply = await shell.ask(request, "journal.batch", {"seq": seq, "first": first, "limit": COMMANDS_SHOWN})
    rows = [_command_row(command) for command in reply.commands]
    columns = list(dict.fromkeys(name for row in rows for name in row))[:COMMAND_WIDTH]
    return await show_page(
        request,
        shell,
        "batch.html",
        title=shell.say(request, _("Batch {seq}"), seq=f"{seq:,}"),
        batch=reply,
        rows=rows,
        columns=columns,
        first=first,
        shown=COMMANDS_SHOWN,
    )


@get("/parts/chain")
async def chain(request: AnyRequest, shell: Shell) -> Response[str]:
    """Check every hash now; the outcome for the bar of the journal's page."""
    answer = await shell.attempt(request, "journal.check")
    return shell.render(request, "parts/chain.html", answer=answer)


@get("/parts/why/{identity:str}")
async def why(request: AnyRequest, shell: Shell, identity: str) -> Response[str]:
    """Where a decision comes from: values read, thresholds compared, rule set, journal position."""
    answer = await shell.attempt(request, "journal.why", {"id": identity})
    return shell.render(
        request, "parts/why.html", answer=answer, why=plain_of(answer.value) if answer.value else {}
    )


def _command_row(command: dict[str, Any]) -> dict[str, Any]:
    """A command's place and verdict before its own fields; empty fields are left out."""
    said = {name: _short(value) for name, value in command["command"].items() if value not in ("", None)}
    verdict = {
        name: command[name] for name in ("index", "accepted", "reasons", "reservation") if name in command
    }
    return verdict | said


@get("/journal")
async def front() -> Redirect:
    """The room's own address leads to its batches."""
    return Redirect("/journal/batches")


def _short(value: Any) -> Any:
    """A value as a cell can hold it: long texts (packed bytes, whole rule sets) are cut."""
    text = str(value)
    return value if len(text) <= TEXT_SHOWN else f"{text[:TEXT_SHOWN]}… ({len(text):,})"


HANDLERS = [front, list_route(BATCHES, template="journal.html"), batch, chain, why]
