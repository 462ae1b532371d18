"""What every request carries besides its content: trace id, style nonce, language; and the headers of every reply.

They are made on first use and kept in the request's `scope["state"]`, since errors can arise before any route runs.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, cast

from litestar.connection import Request
from litestar.datastructures import MutableScopeHeaders

from tallystick.core.text import LANGUAGES

if TYPE_CHECKING:
    from litestar.types import Message, Scope

__all__ = ["LANGUAGE_COOKIE", "language_of", "policy", "protect", "surroundings"]

LANGUAGE_COOKIE = "tally_language"
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def surroundings(scope: Scope) -> dict[str, str]:
    """The request's `trace`, `nonce` and `language`, made on first use."""
    state = cast("dict[str, str]", scope.setdefault("state", {}))
    if "trace" not in state:
        request: Request[Any, Any, Any] = Request(scope)
        state["trace"] = secrets.token_hex(8)
        state["nonce"] = secrets.token_urlsafe(16)
        state["language"] = _chosen(request.cookies.get(LANGUAGE_COOKIE, "")) or language_of(
            request.headers.get("accept-language", "")
        )
    return state


def language_of(accepted: str) -> str:
    """The best language we have for an `Accept-Language` header; English when none fits.

    >>> language_of("zh-TW,zh;q=0.9,en;q=0.8"), language_of("de, zh-Hant;q=0.5"), language_of("fr")
    ('zh_Hant', 'zh_Hant', 'en')
    """
    ranked: list[tuple[float, str]] = []
    for part in accepted.split(","):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        ranked.append((-weight, tag.strip().lower()))
    for weight, tag in sorted(ranked, key=lambda item: item[0]):
        if weight and (found := "zh_Hant" if tag.startswith("zh") else _chosen(tag.partition("-")[0])):
            return found
    return "en"


def policy(nonce: str) -> str:
    """The content policy: everything from this process, no inline code, styles only from files or with the nonce."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data:",  # the grid draws its icons from its own style sheet
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


async def protect(message: Message, scope: Scope) -> None:
    """Litestar's hook before each send: put the trace id, the policy and the other safe headers on the reply."""
    if message["type"] != "http.response.start":
        return
    state = surroundings(scope)
    headers = MutableScopeHeaders.from_message(message)
    for name, value in SAFE_HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", policy(state["nonce"]))
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Trace-Id"] = state["trace"]


def _chosen(language: str) -> str:
    return language if language in LANGUAGES else ""
