"""What is not a page of a room: signing in, static files, the status bars, rooms still to come, everything else."""

from __future__ import annotations

from litestar import get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from litestar.response import Response

from tallystick.console.frame import show_page
from tallystick.console.navigation import section_of
from tallystick.console.shell import AnyRequest, PageShell
from tallystick.console.status import status_of

__all__ = ["HANDLERS"]

PUBLIC = {"public": True}


@get("/login", opt=PUBLIC)
async def login(request: AnyRequest, shell: PageShell) -> Response[str]:
    """The sign-in page; `next` leads back to where the person came from, never to another site.

    `entry` says that the person came by an address that signs in, and that it did not.
    """
    wanted = request.query_params.get("next", "/")
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    return shell.render(
        request, "login.html", next=wanted if inside else "/", entry="entry" in request.query_params
    )


@get("/static/{version:str}/{name:path}", opt=PUBLIC | {"exclude_from_auth": True})
async def asset(
    request: AnyRequest, shell: PageShell, version: FromPath[str], name: FromPath[str]
) -> Response[bytes]:
    """A file, compressed when the browser takes it; under the version's address it never changes."""
    found = shell.assets.files.get(str(name).lstrip("/"))
    if found is None:
        raise NotFoundException
    lasting = version == shell.assets.version
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable" if lasting else "no-cache",
        "Vary": "Accept-Encoding",
    }
    content = found.content
    if found.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content = found.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=found.media_type, headers=headers)


@get("/parts/status")
async def status(request: AnyRequest, shell: PageShell) -> Response[str]:
    """The status bar anew; with it the top bar when the journal has moved past `seq`."""
    found = await status_of(request, shell)
    moved = request.query_params.get("seq", "") != str(found.seq)
    code = found.damage.code if found.damage else ""
    changed = request.query_params.get("damage", "") != code
    return shell.render(request, "parts/bars.html", status=found, moved=moved, damage_changed=changed)


@get("/rooms/{name:str}")
async def room(request: AnyRequest, shell: PageShell, name: FromPath[str]) -> Response[str]:
    """A room that is still to come: what will be there."""
    section = section_of(name)
    if section is None or section.entries:
        raise NotFoundException
    return await show_page(
        request, shell, "to_come.html", title=shell.say(request, section.title), section=section
    )


def nowhere(addresses: list[str]) -> HTTPRouteHandler:
    """The route of addresses that are no page, so that they get a page of ours that says so."""

    @get(addresses, name="nowhere")
    async def missing() -> Response[str]:
        """There is none."""
        raise NotFoundException

    return missing


HANDLERS = [login, asset, status, room]
