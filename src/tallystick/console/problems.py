"""What a page shows when it cannot be shown: forbidden, missing, refused, failed; nobody is sent to sign in."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from litestar import Request
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.response import Redirect, Response

from tallystick.console.shell import AnyRequest, Problem, Refused, Shell
from tallystick.console.status import Status
from tallystick.console.words import mark as _
from tallystick.core.errors import Forbidden, NotFound, TallystickError

__all__ = ["problem_handlers"]

LOG = logging.getLogger("tallystick.console")
NO_PAGE = NotFound(
    "console.no_page", "There is no page at this address.", "Press Ctrl-K and type what you look for."
)
PROGRAM_FAULT = TallystickError(
    "console.program_fault",
    "The page failed by a fault of the program.",
    "Give the trace id to whoever runs the firm's server; its log holds the cause.",
)
TITLES = {"forbidden": _("You may not see this"), "missing": _("Not found"), "error": _("This did not work")}


def problem_handlers(shell: Shell) -> dict[Any, Any]:
    """Litestar's exception handlers for all pages."""

    def answer(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        if isinstance(error, NotAuthorizedException):
            return _to_sign_in(request)
        code, problem = _problem(request, shell, error)
        title = shell.say(request, TITLES[problem.kind])
        status = Status(damage=shell.problem(request, shell.damage) if shell.damage else None)
        return shell.render(
            request, "problem.html", code=code, title=title, problem=problem, status=status, palette=[]
        )

    return {Exception: answer}


def _problem(request: AnyRequest, shell: Shell, error: Exception) -> tuple[int, Problem]:
    if isinstance(error, Refused):
        return 422, shell.problem(request, error.rejection)
    if isinstance(error, HTTPException) and error.status_code == 404:
        error = NO_PAGE
    if isinstance(error, TallystickError):
        if isinstance(error, Forbidden):
            return 403, shell.problem(request, error)
        if isinstance(error, NotFound):
            return 404, shell.problem(request, error)
        return 400, shell.problem(request, error)
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.status_code, shell.problem(request, NO_PAGE)
    LOG.error("trace %s", request.scope["state"].get("trace"), exc_info=error)
    return 500, shell.problem(request, PROGRAM_FAULT)


def _to_sign_in(request: AnyRequest) -> Response[Any]:
    """To the sign-in page and back here afterwards; what a script asked for gets a plain 401."""
    if request.headers.get("hx-request"):
        return Response("", status_code=401, media_type="text/html")
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return Redirect(f"/login?next={quote(address)}")
