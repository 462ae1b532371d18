"""The HTTP application: routes and tools of all operations, sign-in, the OpenAPI document, and pages if given.

>>> create_api.__name__
'create_api'
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from litestar import Litestar, get, route
from litestar.config.compression import CompressionConfig
from litestar.connection import Request
from litestar.datastructures import State
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from tallystick.core.operations import OPERATIONS, Operation
from tallystick.gateway.desk import Desk
from tallystick.gateway.documents import openapi_document
from tallystick.gateway.failures import HANDLERS
from tallystick.gateway.mcp import mcp_route
from tallystick.gateway.replies import encode
from tallystick.gateway.routes import operation_routes
from tallystick.gateway.sessions import (
    Authentication,
    Tries,
    enter,
    require_actor,
    require_form_key,
    sign_in,
    sign_out,
    start_visit,
)
from tallystick.gateway.surroundings import protect, surroundings

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from tallystick.core.context import House

__all__ = ["create_api"]

BODY_LIMIT_BYTES = 16 * 2**20


def create_api(
    house: House,
    *,
    aside: House | None = None,
    pages: Sequence[ControllerRouterHandler] = (),
    operations: Mapping[str, Operation] | None = None,
) -> Litestar:
    """The application over an opened house, for uvicorn: `/api/…`, `/mcp`, `/session`, and the pages handed in.

    `aside` is a second opening of the same firm; with it, long work does not hold up the pages. `operations` is all
    that are declared unless given; local ones are left out. Every route wants an actor, except those whose `opt` says
    public; replies are compressed, protected by the content policy, and never cached unless they say so.
    """
    known = OPERATIONS if operations is None else operations
    found = {name: operation for name, operation in known.items() if not operation.local}
    desk = Desk(house, aside)
    return Litestar(
        route_handlers=[
            *operation_routes(found),
            mcp_route(found),
            _document_route(found),
            no_route,
            enter,
            sign_in,
            sign_out,
            *pages,
        ],
        middleware=[Authentication],
        guards=[require_actor, require_form_key],
        before_send=[protect, start_visit],
        exception_handlers=HANDLERS,
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=5, exclude=["/static/"]),
        request_max_body_size=BODY_LIMIT_BYTES,
        openapi_config=None,
        logging_config=None,
        on_startup=[desk.warm],
        on_shutdown=[desk.close],
        state=State({"desk": desk, "tries": Tries(), "operations": found}),
    )


@route("/api/{address:path}", http_method=["GET", "POST", "PUT", "PATCH", "DELETE"], name="no route")
async def no_route(address: FromPath[str]) -> Response[bytes]:
    """Any other address of the doors, so that a program is answered as programs are, not with a page."""
    raise NotFoundException


def _document_route(operations: Mapping[str, Operation]) -> HTTPRouteHandler:
    @get("/api/openapi.json", name="openapi")
    async def document(request: Request[Any, Any, Any]) -> Response[bytes]:
        """The OpenAPI document in the caller's language."""
        language = surroundings(request.scope)["language"]
        return Response(
            encode(openapi_document(operations, language=language)), media_type="application/json"
        )

    return document
