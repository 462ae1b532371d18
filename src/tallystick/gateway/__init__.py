"""The firm's doors for programs: HTTP and MCP, made from the operations.

Words: a *route* is an operation at `/api/<room>/<verb>`; a *tool* is the same operation at `/mcp`; the *desk* is
where operations run, away from the event loop; the *surroundings* of a request are its trace id, style nonce and
language.

Guarantees: a route answers only to a known actor (default deny) who holds the operation's permission; a change sent
with a browser's cookie needs the form key; a refusal, an operator's fault and a program's fault have one shape
(`code`, `text`, `remedy`, `values`, `trace`) in the caller's language; every reply carries the strict content
policy; nothing is loaded from outside.

The console stands beside this room and is handed in by the composition root:
`create_api(house, pages=create_pages(house))`. Its pages read what the gateway puts on each request: `request.user`
(the actor or None), `scope["state"]` (`trace`, `nonce`, `language`, `form_key`) and `app.state.desk`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tallystick.gateway.http import create_api
    from tallystick.gateway.replies import encode

__all__ = ["create_api", "encode"]

_LAZY = {"create_api": "http", "encode": "replies"}


def __getattr__(name: str) -> Any:
    """Import a door on first use, so that naming the room stays light."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(f"{__name__}.{_LAZY[name]}"), name)
    raise AttributeError(name)
