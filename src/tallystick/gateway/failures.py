"""The one shape of everything that goes wrong at the doors, in the caller's language.

422 the rules refused (a Rejection); 400, 403, 404 the caller's fault (a TallystickError); 401 nobody is signed in;
429 too many tries, or a used quota; 500 the program's own fault, whose trace id leads to the traceback in the server's
log.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.response import Response

from tallystick.core.errors import Forbidden, NotFound, Rejection, TallystickError
from tallystick.core.text import render
from tallystick.gateway.replies import encode
from tallystick.gateway.surroundings import surroundings

if TYPE_CHECKING:
    from litestar.connection import Request

__all__ = ["HANDLERS", "Failure", "failure_of", "refuse", "reply_failure", "status_of"]

LOG = logging.getLogger("tallystick.gateway")

NOT_SIGNED_IN = TallystickError(
    "gateway.not_signed_in", "Nobody is signed in.", "Sign in, or send a token as `Authorization: Bearer …`."
)
NO_PAGE = TallystickError(
    "gateway.no_route", "There is nothing at this address.", "The list of routes is at /api/openapi.json."
)
WRONG_METHOD = TallystickError(
    "gateway.wrong_method", "This address does not take this method.", "Read with GET, change with POST."
)
BAD_REQUEST = TallystickError(
    "gateway.bad_request", "The request does not read.", "Compare it with /api/openapi.json."
)
PROGRAM_FAULT = TallystickError(
    "gateway.program_fault",
    "The program failed; nothing was changed by this request unless the journal says so.",
    "Give the trace id to whoever runs the firm's server; its log holds the cause.",
)


STATUSES = {"history.quota_used": 429}
"""Faults of the caller that have a status of their own."""


class Failure(msgspec.Struct, frozen=True):
    """What a door says when it refuses: stable code, what happened, what to do, the values, the trace id."""

    code: str
    text: str
    remedy: str
    values: dict[str, Any]
    trace: str


def failure_of(refused: Rejection | TallystickError, *, language: str, trace: str) -> Failure:
    """A refusal or fault in a language."""
    text, remedy = render(refused, language)
    return Failure(code=refused.code, text=text, remedy=remedy, values=refused.values, trace=trace)


def status_of(refused: Rejection | TallystickError) -> int:
    """The HTTP status that says what kind of failure it is."""
    if isinstance(refused, Rejection):
        return 422
    if isinstance(refused, Forbidden):
        return 403
    return 404 if isinstance(refused, NotFound) else STATUSES.get(refused.code, 400)


def refuse(
    request: Request[Any, Any, Any], refused: Rejection | TallystickError, status: int | None = None
) -> Response[bytes]:
    """The reply to a refused request."""
    state = surroundings(request.scope)
    failure = failure_of(refused, language=state["language"], trace=state["trace"])
    return Response(encode(failure), status_code=status or status_of(refused), media_type="application/json")


def reply_failure(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler: the reply to anything that was raised."""
    if isinstance(error, TallystickError):
        return refuse(request, error)
    if isinstance(error, NotAuthorizedException):
        reply = refuse(request, NOT_SIGNED_IN, 401)
        reply.headers["WWW-Authenticate"] = "Bearer"
        return reply
    if isinstance(error, HTTPException) and error.status_code < 500:
        known = {404: NO_PAGE, 405: WRONG_METHOD}
        return refuse(request, known.get(error.status_code, BAD_REQUEST), error.status_code)
    LOG.error("trace %s", surroundings(request.scope)["trace"], exc_info=error)
    return refuse(request, PROGRAM_FAULT, 500)


HANDLERS: Any = {Exception: reply_failure}
