"""Quality in numbers: of what came for a dataset, how much is in the lake and how much stands in quarantine, and why.

The score of any part is rows taken / (rows taken + rows that wait in quarantine): taken are rows that were loaded, that
were there already, that say that nothing was traded, and those of corrections. A row that is released counts as taken,
by the content that brought it in corrected.
"""

from __future__ import annotations

import datetime
import re
import zoneinfo
from typing import TYPE_CHECKING, Any

from tallystick.history.datasets import QUARANTINE, is_there
from tallystick.history.keeping.described import QualityLine
from tallystick.history.loading.reasons import sentence

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.history.machine import HistoryMachine

__all__ = ["quality_lines", "score"]

SECOND_NS = 1_000_000_000

WAITING = """
SELECT dataset, file, reason, "column", event_time // 1000000000 AS second,
       released_by IS NOT NULL AS gone, count(*) AS n
FROM history.quarantine GROUP BY ALL
"""


def quality_lines(context: Context, dataset: str, by: str) -> list[QualityLine]:
    """A line for each part of one dataset, or of each: by `dataset`, `day`, `source` or `reason`."""
    counts: dict[tuple[str, str, str], list[int]] = {}

    def count(name: str, part: str, place: int, rows: int, column: str = "") -> None:
        if dataset in ("", name):
            counts.setdefault((name, part, column), [0, 0, 0, 0])[place] += rows

    zone = zoneinfo.ZoneInfo(context.settings.firm.zone)
    if by != "reason":
        machine: HistoryMachine = context.machine("history")
        for load in machine.loads():
            rows = load.rows + load.duplicates + load.without_trade
            count(load.dataset, _part(by, load.source, load.known_time // SECOND_NS, zone), 0, rows)
        for one in machine.corrections():
            part = _part(by, one.source, one.known_time // SECOND_NS, zone)
            count(one.dataset, part, 0, one.rows + one.unchanged)
            count(one.dataset, part, 1, one.rows + one.unchanged)
    for row in _set_aside(context):
        part = row["reason"] if by == "reason" else _part(by, row["file"], row["second"], zone)
        column = row["column"] if by == "reason" else ""
        count(row["dataset"], part, 3 if row["gone"] else 2, row["n"], column)
    return [
        QualityLine(
            dataset=name,
            part=part,
            column=column,
            reason=_sentence(part, column, context.language) if by == "reason" else "",
            taken=taken,
            corrected=corrected,
            waiting_rows=waiting,
            released_rows=released,
            quality=score(taken, waiting) if by != "reason" else None,
        )
        for (name, part, column), (taken, corrected, waiting, released) in sorted(counts.items())
    ]


def _part(by: str, source: str, second: int, zone: zoneinfo.ZoneInfo) -> str:
    if by == "dataset":
        return ""
    if by == "day" and not second:
        return ""  # the rows of one load were known at times of their own
    return source if by == "source" else datetime.datetime.fromtimestamp(second, zone).date().isoformat()


def _set_aside(context: Context) -> list[dict[str, Any]]:
    """Rows that were set aside, counted by all that tells them apart."""
    lake = context.lake
    if not is_there(lake, QUARANTINE):
        return []
    query = WAITING
    if "released_by" not in lake.state(QUARANTINE.name).layout.kinds:
        query = query.replace("released_by IS NOT NULL", "false")
    rows: list[dict[str, Any]] = lake.sql(query, engine="local").to_pylist()
    return rows


def _sentence(code: str, column: str, language: str) -> str:
    """The reason without the value that a row had.

    >>> _sentence("history.negative", "volume", "en"), _sentence("history.not_a_session", "date", "en")
    ('volume is negative', '… is no session of the venue')
    """
    return re.sub(r"([:：,，]? ?…)?[.。]$", "", sentence(code, column, "…", language))


def score(taken: int, waiting: int) -> float | None:
    """The share taken in percent, rounded down: 100 means that nothing waits. None where nothing came.

    >>> score(3, 1), score(200_000, 1), score(0, 0)
    (75.0, 99.99, None)
    """
    return 10_000 * taken // (taken + waiting) / 100 if taken + waiting else None
