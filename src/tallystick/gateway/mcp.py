"""The Model Context Protocol at `POST /mcp`: every operation is a tool, with the JSON Schema of its request.

Streamable HTTP, one JSON reply a request. Both eras of the protocol are spoken: the handshake (`initialize`) of the
revisions of 2025, and the stateless revision of 2026-07-28 (`server/discover`, version in `_meta` and headers).
No state is kept between requests. The official SDK was left out: it brings a second web framework and validator for
five methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec
from litestar import post
from litestar.connection import Request
from litestar.handlers import HTTPRouteHandler
from litestar.response import Response

import tallystick
from tallystick.core.errors import Forbidden, Rejection, TallystickError, fill, suggestion
from tallystick.core.operations import Operation
from tallystick.core.text import translate
from tallystick.gateway.documents import input_schema
from tallystick.gateway.failures import failure_of
from tallystick.gateway.fields import read_object
from tallystick.gateway.replies import encode, plain
from tallystick.gateway.surroundings import surroundings

if TYPE_CHECKING:
    from tallystick.gateway.desk import Desk

__all__ = ["VERSIONS", "mcp_route"]

STATELESS = "2026-07-28"
VERSIONS = (STATELESS, "2025-11-25", "2025-06-18", "2025-03-26")
VERSION_KEY = "io.modelcontextprotocol/protocolVersion"
LIST_LIFETIME_MS = 300_000
INVALID_REQUEST, UNKNOWN_METHOD, INVALID_PARAMETERS = -32600, -32601, -32602
HEADER_MISMATCH, UNSUPPORTED_VERSION = -32020, -32022


class Fault(Exception):
    """A JSON-RPC error with the HTTP status it goes out with."""

    def __init__(self, code: int, message: str, *, status: int = 200, data: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"code": code, "message": message} | ({"data": data} if data is not None else {})


def mcp_route(operations: Mapping[str, Operation]) -> HTTPRouteHandler:
    """The route handler that answers for these operations."""

    @post("/mcp", name="mcp", status_code=200)
    async def answer(request: Request[Any, Any, Any]) -> Response[bytes]:
        """One JSON-RPC message in, one reply out (202 without a body for a notification)."""
        message = read_object(await request.body())
        identity = message.get("id")
        try:
            if "method" not in message:
                raise Fault(INVALID_REQUEST, "A JSON-RPC request with a method is needed.", status=400)
            stateless = _check_version(request, message)
            if identity is None:
                return Response(b"", status_code=202)
            result = await _result(request, operations, message)
        except Fault as fault:
            return _send({"jsonrpc": "2.0", "id": identity, "error": fault.error}, fault.status)
        if stateless:
            result["resultType"] = "complete"
        return _send({"jsonrpc": "2.0", "id": identity, "result": result})

    return answer


async def _result(
    request: Request[Any, Any, Any], operations: Mapping[str, Operation], message: dict[str, Any]
) -> dict[str, Any]:
    parameters = message.get("params") or {}
    language = surroundings(request.scope)["language"]
    match message["method"]:
        case "initialize":
            wanted = parameters.get("protocolVersion")
            older = [version for version in VERSIONS if version != STATELESS]
            return _about() | {"protocolVersion": wanted if wanted in older else older[0]}
        case "server/discover":
            return _about() | {"supportedVersions": list(VERSIONS)} | _lifetime()
        case "ping":
            return {}
        case "tools/list":
            return {"tools": [_tool(operations[name], language) for name in sorted(operations)]} | _lifetime()
        case "tools/call":
            return await _call(request, operations, parameters)
        case unknown:
            raise Fault(
                UNKNOWN_METHOD,
                f"There is no method {unknown}.",
                status=404 if _is_stateless(message) else 200,
            )


async def _call(
    request: Request[Any, Any, Any], operations: Mapping[str, Operation], parameters: dict[str, Any]
) -> dict[str, Any]:
    """Call an operation; a refusal or fault is a result with `isError`, so that the model can read and mend it."""
    desk: Desk = request.app.state.desk
    state = surroundings(request.scope)
    name = str(parameters.get("name", ""))
    if name not in operations:
        remedy, near = suggestion(name, operations)
        raise Fault(INVALID_PARAMETERS, f"There is no tool {name}. {fill(remedy, near)}")
    try:
        reply = await desk.call(
            request.user, name, parameters.get("arguments") or {}, language=state["language"]
        )
    except TallystickError as error:
        reply = error
    refused = isinstance(reply, Rejection | TallystickError)
    content = plain(failure_of(reply, language=state["language"], trace=state["trace"]) if refused else reply)
    return {
        "content": [{"type": "text", "text": msgspec.json.encode(content).decode()}],
        "structuredContent": content if isinstance(content, dict) else {"result": content},
        "isError": refused,
    }


def _tool(found: Operation, language: str) -> dict[str, Any]:
    return {
        "name": found.name,
        "title": translate(found.summary, language),
        "description": f"{translate(found.summary, language)} ({found.permission})",
        "inputSchema": input_schema(found),
        "annotations": {"readOnlyHint": not found.writes, "openWorldHint": False},
    }


def _about() -> dict[str, Any]:
    return {
        "capabilities": {"tools": {}},
        "serverInfo": {"name": "tallystick", "title": "Tallystick", "version": tallystick.__version__},
        "instructions": "One tool for each operation of a securities firm. Amounts are in 1e-4 of the currency.",
    }


def _lifetime() -> dict[str, Any]:
    return {"ttlMs": LIST_LIFETIME_MS, "cacheScope": "private"}


def _is_stateless(message: dict[str, Any]) -> bool:
    return VERSION_KEY in ((message.get("params") or {}).get("_meta") or {})


def _check_version(request: Request[Any, Any, Any], message: dict[str, Any]) -> bool:
    """Refuse a foreign page, an unknown version, headers that differ from the body; True for a stateless request."""
    origin = request.headers.get("origin", "")
    if origin and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise Forbidden(
            "gateway.foreign_origin", "The request comes from another site's page.", "Call from a program."
        )
    stateless = _is_stateless(message)
    header = request.headers.get("mcp-protocol-version", "")
    wanted = message["params"]["_meta"][VERSION_KEY] if stateless else header or VERSIONS[-1]
    if wanted not in VERSIONS:
        data = {"supported": list(VERSIONS), "requested": wanted}
        raise Fault(
            UNSUPPORTED_VERSION, "This version of the protocol is not spoken here.", status=400, data=data
        )
    if stateless:
        name = (message.get("params") or {}).get("name", "") if message["method"] == "tools/call" else ""
        expected = {"mcp-protocol-version": wanted, "mcp-method": message["method"], "mcp-name": name}
        for key, value in expected.items():
            if value and request.headers.get(key, "") != value:
                raise Fault(HEADER_MISMATCH, f"The header {key} does not say {value}.", status=400)
    return stateless


def _send(message: dict[str, Any], status: int = 200) -> Response[bytes]:
    return Response(encode(message), status_code=status, media_type="application/json")
