"""Who is calling: a browser's session cookie or a program's bearer token; signing in and out.

A change sent with the cookie must carry the *form key*, which only our own pages know: it is derived from the
session (before sign-in: from a cookie of the login page), so nothing is kept for it on the server.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from litestar import get, post
from litestar.connection import ASGIConnection, Request
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult
from litestar.response import Redirect, Response

from tallystick.core.errors import Forbidden, TallystickError
from tallystick.gateway.failures import refuse
from tallystick.gateway.fields import read_object
from tallystick.gateway.replies import encode
from tallystick.gateway.surroundings import surroundings

if TYPE_CHECKING:
    from litestar.handlers import BaseRouteHandler
    from litestar.types import Message, Scope

    from tallystick.core.access import Actor
    from tallystick.gateway.desk import Desk

__all__ = [
    "PUBLIC",
    "Authentication",
    "Tries",
    "enter",
    "form_key",
    "require_actor",
    "require_form_key",
    "sign_in",
    "sign_out",
    "start_visit",
]

SESSION_COOKIE = "tally_session"
VISIT_COOKIE = "tally_visit"
FORM_KEY_HEADER = "X-Form-Key"
PUBLIC = {"public": True}
"""The `opt` of the few routes that answer to nobody in particular: login page, static files."""
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}


def form_key(secret: str) -> str:
    """The form key of a session or visit."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()[:32]


class Authentication(AbstractAuthenticationMiddleware):
    """Puts the actor (or None) on the request as `user`, and `bearer`, `cookie` or "" as `auth`."""

    async def authenticate_request(
        self, connection: ASGIConnection[Any, Any, Any, Any]
    ) -> AuthenticationResult:
        """Find the actor of the token, if there is one; who may do what is decided later."""
        state = surroundings(connection.scope)
        scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
        session = connection.cookies.get(SESSION_COOKIE, "")
        visit = connection.cookies.get(VISIT_COOKIE, "")
        if not session and not visit:
            visit = state["new_visit"] = secrets.token_urlsafe(24)
        state["form_key"] = form_key(session or visit)
        if scheme.lower() == "bearer":
            return AuthenticationResult(user=await self._actor(connection, bearer.strip()), auth="bearer")
        return AuthenticationResult(
            user=await self._actor(connection, session), auth="cookie" if session else ""
        )

    async def _actor(self, connection: ASGIConnection[Any, Any, Any, Any], token: str) -> Actor | None:
        desk: Desk = connection.app.state.desk
        return await desk.run(desk.house.access.actor_of, token) if token else None


def require_actor(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard of every route: an actor must be known, unless the route says it is public."""
    if connection.scope.get("user") is None and not handler.opt.get("public"):
        raise NotAuthorizedException


def require_form_key(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of every route: a change that a browser sends comes from our own pages. Forbidden otherwise."""
    if connection.scope.get("method") in SAFE_METHODS or connection.scope.get("auth") == "bearer":
        return
    origin = connection.headers.get("origin", "")
    foreign = bool(origin) and urlsplit(origin).netloc != connection.headers.get("host", "")
    given = connection.headers.get(FORM_KEY_HEADER, "")
    if foreign or not hmac.compare_digest(given, surroundings(connection.scope).get("form_key", "")):
        raise Forbidden(
            "gateway.form_key",
            "The change does not come from a page of this console.",
            "Load the page again and repeat.",
        )


class Tries:
    """Counts failed sign-ins of a user from an address: after `limit` within `window` seconds no more are taken.

    >>> tries = Tries(limit=2, window=60)
    >>> [tries.allowed(("ann", "here"), now) for now in (0, 1, 2, 70)]
    [True, True, False, True]
    """

    def __init__(self, limit: int = 5, window: float = 60.0) -> None:
        self._limit = limit
        self._window = window
        self._seen: dict[tuple[str, str], deque[float]] = defaultdict(deque)

    def allowed(self, who: tuple[str, str], now: float) -> bool:
        """Whether one more try is taken; it is counted."""
        if len(self._seen) > 10_000:  # a flood of made-up names must not fill the memory
            self._seen.clear()
        seen = self._seen[who]
        while seen and seen[0] <= now - self._window:
            seen.popleft()
        if len(seen) >= self._limit:
            return False
        seen.append(now)
        return True

    def forget(self, who: tuple[str, str]) -> None:
        """A sign-in that succeeded clears the count."""
        self._seen.pop(who, None)


@post("/session", opt=PUBLIC, status_code=200)
async def sign_in(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Sign in with `{user, password}`: gives `{actor, token}` and sets the session cookie."""
    desk: Desk = request.app.state.desk
    tries: Tries = request.app.state.tries
    fields = read_object(await request.body())
    user, password = str(fields.get("user", "")), str(fields.get("password", ""))
    who = (user, request.client.host if request.client else "")
    if not tries.allowed(who, time.monotonic()):
        return refuse(request, TOO_MANY_TRIES, 429)
    actor = await desk.run(desk.house.access.authenticate, user, password)
    if actor is None:
        return refuse(request, WRONG_PASSWORD, 401)
    tries.forget(who)
    token = await desk.run(desk.house.access.session, actor)
    reply = Response(encode({"actor": actor.name, "token": token}), media_type="application/json")
    reply.set_cookie(_cookie(request, SESSION_COOKIE, token))
    return reply


@get("/enter", opt=PUBLIC)
async def enter(request: Request[Any, Any, Any]) -> Response[Any]:
    """Sign in by an address with an entry token in it, as `tally demo` prints: it opens the door once, within minutes.

    The session that begins has a token of its own, so that what stays in the browser's history opens nothing. Who opens
    the address again is led in while signed in, else told why it does not open.
    """
    desk: Desk = request.app.state.desk
    entry = request.query_params.get("token", "")
    actor = await desk.run(desk.house.access.enter, entry) if entry else None
    if actor is None:
        shut = "/login?entry=used" if entry else "/login"
        return Redirect(shut if request.user is None else "/", status_code=303)
    reply: Response[Any] = Redirect("/", status_code=303)
    reply.set_cookie(_cookie(request, SESSION_COOKIE, await desk.run(desk.house.access.session, actor)))
    return reply


@post("/session/end", status_code=200)
async def sign_out(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Sign out: the session ends, and the browser forgets it."""
    desk: Desk = request.app.state.desk
    if token := request.cookies.get(SESSION_COOKIE, ""):
        await desk.run(desk.house.access.end_session, token)
    reply = Response(b"{}", media_type="application/json")
    reply.delete_cookie(SESSION_COOKIE)
    return reply


async def start_visit(message: Message, scope: Scope) -> None:
    """Litestar's hook before each send: a page shown to nobody in particular brings the cookie of its form key."""
    if message["type"] == "http.response.start" and (secret := surroundings(scope).get("new_visit")):
        headers = MutableScopeHeaders.from_message(message)
        if headers.get("content-type", "").startswith("text/html"):
            headers.add("Set-Cookie", _cookie(Request(scope), VISIT_COOKIE, secret).to_header(header=""))


WRONG_PASSWORD = TallystickError("gateway.wrong_password", "Name or password is wrong.", "Try again.")
TOO_MANY_TRIES = TallystickError(
    "gateway.too_many_tries", "Too many sign-ins failed for this name.", "Wait one minute, then try again."
)


def _cookie(request: Request[Any, Any, Any], name: str, value: str) -> Cookie:
    return Cookie(
        key=name, value=value, httponly=True, samesite="lax", path="/", secure=request.url.scheme == "https"
    )
