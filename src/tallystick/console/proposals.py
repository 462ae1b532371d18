"""What waits for a second person: the open proposals for a page, so that nobody proposes them twice."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tallystick.console.replies import rows_of
from tallystick.console.shell import AnyRequest, Shell

__all__ = ["open_proposals"]

MOST = 1_000


async def open_proposals(
    request: AnyRequest, shell: Shell, kinds: Collection[str], about: str = ""
) -> list[dict[str, Any]]:
    """The open proposals of some kinds of commands whose words name what the page is about, newest first.

    None for who may not see proposals.
    """
    if not kinds:
        return []
    wanted = {"state": "open", "limit": MOST, "sort": "-proposed_at"}
    answer = await shell.attempt(request, "approvals.list", wanted)
    rows = rows_of(answer.value) if answer.value is not None else []
    return [row for row in rows if row["kind"] in kinds and about in row["summary"]]
