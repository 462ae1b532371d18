"""Questions to history: each way to ask as a form, its answer as a table, and how the same is asked at other doors."""

from __future__ import annotations

import shlex
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.choices import is_several
from tallystick.console.forms import inputs_of
from tallystick.console.frame import show_page
from tallystick.console.meanings import columns_in
from tallystick.console.replies import rows_of
from tallystick.console.shell import AnyRequest, PageShell
from tallystick.console.words import mark as _
from tallystick.core.errors import NotFound
from tallystick.core.operations import Operation, find_operation

__all__ = ["HANDLERS", "QUESTIONS"]

ROWS_SHOWN = 500
PAGING = {"limit", "offset", "sort"}
"""Fields that say which part of an answer is meant, not what is asked."""

QUESTIONS = {
    "sql": _("SQL"),
    "bars": _("Bars"),
    "panel": _("Panel"),
    "resample": _("Longer bars"),
    "ticks": _("Trades"),
    "quotes": _("Best quotes"),
    "depth": _("Book snapshots"),
    "asof": _("As-of join"),
    "actions": _("Corporate actions"),
    "universe": _("Members of an index"),
}
"""Verb of the room's operation → what its question is called."""


@get(["/history/ask", "/history/ask/{verb:str}"])
async def ask(request: AnyRequest, shell: PageShell, verb: FromPath[str] = "sql") -> Response[str]:
    """The form of one question; when it was sent, the answer's first rows and the same question at other doors."""
    if verb not in QUESTIONS:
        raise NotFound(
            "console.no_question",
            "{question} is no question of this page.",
            "Choose one of those above.",
            question=verb,
        )
    found = find_operation(f"history.{verb}")
    given = _given(request, found)
    answer = None
    if given and "part" not in request.query_params:
        answer = await shell.attempt(request, found.name, {**given, "limit": ROWS_SHOWN})
    reply = answer.value if answer else None
    title = shell.say(request, QUESTIONS[verb])
    return await show_page(
        request,
        shell,
        "ask.html",
        title=title,
        verb=verb,
        questions=QUESTIONS,
        told=found.summary,
        inputs=[each for each in inputs_of(found, given) if each["name"] not in PAGING],
        answer=answer,
        rows=rows_of(reply) if reply is not None else [],
        total_rows=reply.total_rows if reply is not None else 0,
        columns=columns_in(found.name, reply.schema) if reply is not None else {},
        doors=_doors(found, given) if given else {},
        export=urlencode(given, doseq=True),
    )


def _given(request: AnyRequest, found: Operation) -> dict[str, Any]:
    """The fields of the question that the reader filled in."""
    given: dict[str, Any] = {}
    for field in msgspec.structs.fields(found.request):
        texts = [text.strip() for text in request.query_params.getall(field.name, [])]
        if field.name in PAGING or not any(texts):
            continue
        several = is_several(field.type)
        parts = [part.strip() for text in texts for part in text.replace("\n", ",").split(",")]
        given[field.name] = [part for part in parts if part] if several else texts[-1]
    return given


def _doors(found: Operation, given: dict[str, Any]) -> dict[str, str]:
    """The same question for the command line, Python and HTTP."""
    words = ["tally", found.command]
    for name, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            words += [f"--{name.replace('_', '-')}", shlex.quote(each)]
    fields = ", ".join(f"{name}={value!r}" for name, value in given.items())
    address = f"/api/{found.name.replace('.', '/')}"
    return {
        "tally": " ".join(words),
        "Python": f"firm.{found.name}({fields})",
        "HTTP": f"GET {address}?{urlencode(given, doseq=True)}",
    }


HANDLERS = [ask]
