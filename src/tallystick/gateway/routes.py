"""One route for each operation: `GET /api/<room>/<verb>` for questions, `POST` for changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from litestar import get, post
from litestar.connection import Request
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response, Stream

from tallystick.core.errors import Rejection
from tallystick.core.operations import Operation, Table
from tallystick.gateway.failures import refuse
from tallystick.gateway.fields import query_fields, read_object
from tallystick.gateway.replies import FORMATS, STREAMED, encode
from tallystick.gateway.surroundings import surroundings

if TYPE_CHECKING:
    from tallystick.gateway.desk import Desk

__all__ = ["operation_routes", "path_of", "reply_of"]


def path_of(found: Operation) -> str:
    """The address of an operation: `/api/history/bars` of `history.bars`."""
    return f"/api/{found.room}/{found.verb.replace('.', '/')}"


def operation_routes(operations: Mapping[str, Operation]) -> list[HTTPRouteHandler]:
    """A route handler for every operation, in order of names."""
    return [_route(operations[name]) for name in sorted(operations)]


def reply_of(request: Request[Any, Any, Any], reply: Any) -> Response[bytes] | Stream:
    """The HTTP reply of an operation: refusal, record, or table in the form asked for (sent as it is read)."""
    if isinstance(reply, Rejection):
        return refuse(request, reply)
    form = "application/json"
    if isinstance(reply, Table):
        form = request.accept.best_match(list(FORMATS), form)
        headers = {"X-Total-Rows": str(reply.total_rows)}
        pieces = FORMATS[form](reply)
        if form in STREAMED:
            return Stream(pieces, media_type=form, headers=headers)
        return Response(b"".join(pieces), media_type=form, headers=headers)
    return Response(encode(reply), media_type=form)


def _route(found: Operation) -> HTTPRouteHandler:
    method = post if found.writes else get

    async def answer(request: Request[Any, Any, Any]) -> Response[bytes] | Stream:
        desk: Desk = request.app.state.desk
        if found.writes:
            fields = read_object(await request.body())
        else:
            fields = query_fields(found, request.query_params.multi_items())
        language = surroundings(request.scope)["language"]
        return reply_of(request, await desk.call(request.user, found.name, fields, language=language))

    return method(path_of(found), name=found.name, status_code=200)(answer)
