"""Reading quotas: how many rows and bytes a person may take out of history in a day.

Limits are journaled and approved; what was used is kept beside the journal, in one small file of the firm's folder, for
it is no decision. A day is a day of the firm's zone.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import sqlite3
import typing
import zoneinfo
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.operations import Table
from tallystick.core.schema import Record
from tallystick.core.time import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

    from tallystick.core.context import Context
    from tallystick.history.machine import Quota

__all__ = ["QuotaLine", "charge", "counted", "counted_as_matrix", "quota_lines"]

AnyDoor = TypeVar("AnyDoor", bound=Callable[..., Any])

FILE = "quotas.sqlite"
KEPT_DAYS = 400
TABLE = """
CREATE TABLE IF NOT EXISTS used
(day TEXT, user TEXT, rows INTEGER, bytes INTEGER, PRIMARY KEY (day, user)) WITHOUT ROWID
"""
SECOND_NS = 1_000_000_000


class QuotaLine(Record, frozen=True, kw_only=True):
    """A quota: whose (`role` or `user`), the limits of a day (none: without), and of a user what is used today.

    A user without a quota of the user's own has a line once something was read today, with the limits of the roles;
    `by_roles` names them. The line of a role has in `readers` who read today under it, the one who read most first, and
    how many rows each; the limits are those of each reader alone.
    """

    holder: str
    name: str
    rows_per_day: int | None
    bytes_per_day: int | None
    rows_used: int | None
    bytes_used: int | None
    by_roles: str = ""
    readers: str = ""


def charge(context: Context, rows: int, size: int, *, kept: bool = True) -> None:
    """Count rows and bytes that the caller is about to be given, and refuse what is over the quota of the day.

    TallystickError `history.quota_used` says what is left and when the day ends; nothing is counted then, nor when it
    is not to be `kept`. Doors that give rows out of history call this once for each answer, or for each batch of a
    stream.
    """
    quota = _quota_of(context)
    if quota is None:
        return
    zone = zoneinfo.ZoneInfo(context.settings.firm.zone)
    now = datetime.datetime.fromtimestamp(SystemClock().now() / SECOND_NS, zone)
    user, day = context.actor.name, now.date().isoformat()
    with _opened(context.path) as connection:
        used_rows, used_bytes = _used(connection, day, user)
        over = _is_over(used_rows + rows, quota.rows_per_day) or _is_over(
            used_bytes + size, quota.bytes_per_day
        )
        if over:
            raise _refusal(quota, used_rows, used_bytes, rows, size, now)
        if not kept:
            return
        connection.execute(
            "INSERT INTO used VALUES (?, ?, ?, ?) ON CONFLICT (day, user) DO UPDATE "
            "SET rows = rows + excluded.rows, bytes = bytes + excluded.bytes",
            (day, user, rows, size),
        )
        connection.execute(
            "DELETE FROM used WHERE day < ?", ((now.date() - datetime.timedelta(KEPT_DAYS)).isoformat(),)
        )


def counted(door: AnyDoor) -> AnyDoor:
    """Count what a door of history gives against its caller's quota; for the functions under `@operation`.

    A stream is counted batch by batch; one of more rows than are left is refused before its first.
    """

    @functools.wraps(door)
    def within_quota(context: Context, request: Any) -> Any:
        return _metered(context, door(context, request))

    return typing.cast("AnyDoor", within_quota)


def counted_as_matrix(door: AnyDoor) -> AnyDoor:
    """Count as `counted` does, of an answer whose columns after the first each stand for rows: rows times columns."""

    @functools.wraps(door)
    def within_quota(context: Context, request: Any) -> Any:
        reply: Table = door(context, request)
        found = reply.arrow
        charge(context, found.num_rows * (found.num_columns - 1), found.nbytes)
        return reply

    return typing.cast("AnyDoor", within_quota)


def _metered(context: Context, reply: Any) -> Any:
    if not isinstance(reply, Table) or _quota_of(context) is None:
        return reply
    if not reply.is_stream:
        charge(context, reply.arrow.num_rows, reply.arrow.nbytes)
        return reply
    import pyarrow as pa

    charge(context, reply.total_rows, 0, kept=False)

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in reply.batches():
            charge(context, batch.num_rows, batch.nbytes)
            yield batch

    reader = pa.RecordBatchReader.from_batches(reply.schema, batches())
    return Table(reader, total_rows=reply.total_rows, title=reply.title)


def quota_lines(context: Context) -> list[QuotaLine]:
    """Every quota, with what its user has used today, or who has read under that of a role."""
    quotas: dict[str, Quota] = context.machine("history").state.quotas
    read = _read_today(context)
    under = {user: _limiting_roles(context, user) for user in read if f"user {user}" not in quotas}
    lines = [_line(key, quotas[key], read, under) for key in sorted(quotas)]
    for user, roles in under.items():
        limit = _quota_of_user(context, user)
        line = _line(f"user {user}", limit, read, under)
        lines.append(msgspec.structs.replace(line, by_roles=", ".join(roles)))
    return lines


def _line(
    key: str, quota: Quota | None, read: dict[str, tuple[int, int]], under: dict[str, list[str]]
) -> QuotaLine:
    holder, _, name = key.partition(" ")
    used = read.get(name, (0, 0)) if holder == "user" else (None, None)
    readers = [user for user, roles in under.items() if holder == "role" and name in roles]
    readers.sort(key=lambda user: -read[user][0])
    return QuotaLine(
        holder=holder,
        name=name,
        rows_per_day=quota.rows_per_day if quota else None,
        bytes_per_day=quota.bytes_per_day if quota else None,
        rows_used=used[0],
        bytes_used=used[1],
        readers="; ".join(f"{user} {read[user][0]:,}" for user in readers),
    )


def _read_today(context: Context) -> dict[str, tuple[int, int]]:
    """User → rows and bytes that were read today, by name."""
    zone = zoneinfo.ZoneInfo(context.settings.firm.zone)
    day = datetime.datetime.fromtimestamp(SystemClock().now() / SECOND_NS, zone).date().isoformat()
    with _opened(context.path) as connection:
        rows = connection.execute(
            "SELECT user, rows, bytes FROM used WHERE day = ? ORDER BY user", (day,)
        ).fetchall()
    return {user: (int(count), int(size)) for user, count, size in rows}


def _limiting_roles(context: Context, user: str) -> list[str]:
    """The roles of a user that have a quota."""
    quotas = context.machine("history").state.quotas
    return [role for role in context.machine("access").state.grants.get(user, []) if f"role {role}" in quotas]


def _quota_of(context: Context) -> Quota | None:
    """The caller's quota; None where nothing limits the caller."""
    return _quota_of_user(context, context.actor.name)


def _quota_of_user(context: Context, user: str) -> Quota | None:
    """A user's own quota, or the widest of the user's roles; None where nothing limits the user."""
    from tallystick.history.machine import Quota

    quotas: dict[str, Quota] = context.machine("history").state.quotas
    if not quotas:
        return None
    own = quotas.get(f"user {user}")
    if own is not None:
        return own
    found = [quotas[f"role {role}"] for role in _limiting_roles(context, user)]
    if not found:
        return None
    return Quota(_widest([one.rows_per_day for one in found]), _widest([one.bytes_per_day for one in found]))


def _widest(limits: list[int | None]) -> int | None:
    known = [limit for limit in limits if limit is not None]
    return max(known) if len(known) == len(limits) else None


def _is_over(used: int, limit: int | None) -> bool:
    return limit is not None and used > limit


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """The file of what was used, in one transaction that excludes others."""
    connection = sqlite3.connect(folder / FILE, timeout=30, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute(TABLE)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
    finally:
        connection.close()


def _used(connection: sqlite3.Connection, day: str, user: str) -> tuple[int, int]:
    found = connection.execute(
        "SELECT rows, bytes FROM used WHERE day = ? AND user = ?", (day, user)
    ).fetchone()
    return (int(found[0]), int(found[1])) if found else (0, 0)


def _refusal(
    quota: Quota, used_rows: int, used_bytes: int, rows: int, size: int, now: datetime.datetime
) -> TallystickError:
    following = datetime.datetime.combine(now.date() + datetime.timedelta(1), datetime.time(), now.tzinfo)

    def left(limit: int | None, used: int) -> str:
        return "∞" if limit is None else f"{max(limit - used, 0):,}"

    return TallystickError(
        "history.quota_used",
        "The answer has {rows} rows, {bytes} bytes; left of today's quota are {rows_left} rows, {bytes_left} bytes.",
        "Ask for less, wait until {resets}, or let an officer propose a wider quota with `tally history set-quota`.",
        rows=f"{rows:,}",
        bytes=f"{size:,}",
        rows_left=left(quota.rows_per_day, used_rows),
        bytes_left=left(quota.bytes_per_day, used_bytes),
        resets=following.isoformat(timespec="minutes"),
    )
