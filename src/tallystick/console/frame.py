"""A page in its frame: content from a template, bars with the firm's status, the palette's sources."""

from __future__ import annotations

from typing import Any

from litestar.response import Response

from tallystick.console.palette import palette_sources
from tallystick.console.shell import AnyRequest, Shell
from tallystick.console.status import Status, status_of

__all__ = ["show_page"]


async def show_page(
    request: AnyRequest, shell: Shell, template: str, *, title: str, code: int = 200, **values: Any
) -> Response[str]:
    """The page; `title` is already in the reader's language."""
    part = "part" in request.query_params
    status = Status() if part else await status_of(request, shell)
    sources = [] if part else palette_sources(request, shell)
    return shell.render(request, template, code=code, title=title, status=status, palette=sources, **values)
