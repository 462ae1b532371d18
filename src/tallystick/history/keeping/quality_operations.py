"""The doors of quality: scores and what they are made of, gaps, and where a fact is from."""

from __future__ import annotations

import datetime
from typing import Literal

from tallystick.core.context import Context
from tallystick.core.errors import mark
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.core.time import parse_time
from tallystick.history.keeping.asked import full_name
from tallystick.history.keeping.described import QualityLine
from tallystick.history.keeping.gaps import GapLine
from tallystick.history.keeping.quotas import counted
from tallystick.history.keeping.requests import PageRequest, page_of
from tallystick.history.requests import known_time_of, require_readable

__all__ = ["GapsRequest", "QualityRequest", "VersionsRequest"]

_ = mark


class QualityRequest(PageRequest, frozen=True, kw_only=True):
    """Of one dataset or all; in parts by what it is asked: whole datasets, days on which rows were known, sources
    (files and frames), or reasons of rows that were set aside.
    """

    dataset: str = ""
    by: Literal["dataset", "day", "source", "reason"] = "dataset"


class GapsRequest(PageRequest, frozen=True, kw_only=True):
    """Of some instruments (all when none is named), within a span; `known_at` asks what was known then."""

    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    known_at: str = ""


class VersionsRequest(Record, frozen=True, kw_only=True):
    """Facts of an instrument on a date; of a dataset with times all of the date, unless `time` names one (of the firm's
    zone, unless it says its own).
    """

    symbol: str
    date: datetime.date
    dataset: str = "history.bars_daily"
    time: str = ""


@operation(
    "history.quality",
    permission="history.read",
    summary="How good the data is: scores of datasets, days and sources, and the reasons of what was set aside.",
)
def quality(context: Context, request: QualityRequest) -> Table:
    """A row for each part; rows taken and waiting say what its score is made of."""
    from tallystick.history.keeping.quality import quality_lines

    lines = quality_lines(context, full_name(context, request.dataset), request.by)
    return page_of(context, QualityLine, lines, request, _("Quality"))


@operation(
    "history.gaps",
    permission="history.read",
    summary="Sessions without a daily bar between an instrument's first and last one.",
)
def gaps(context: Context, request: GapsRequest) -> Table:
    """A row for each run of sessions; the title says how many instruments no calendar is known for."""
    from tallystick.history.keeping.gaps import find_gaps

    known_at = known_time_of(request.known_at, context.settings.firm.zone)
    lines, left_out = find_gaps(context, request.instruments, request.start, request.end, known_at)
    found = page_of(context, GapLine, lines, request, _("Gaps"))
    if left_out:
        told = _(
            "Gaps; left out are {n} instruments, as the calendar of their venue is not known for their dates"
        )
        found = Table(
            found.arrow, total_rows=found.total_rows, title=translate(told, context.language, n=left_out)
        )
    return found


@operation(
    "history.versions",
    permission="history.read",
    summary="Where facts of an instrument on a date are from: every version, and what brought it.",
)
@counted
def versions(context: Context, request: VersionsRequest) -> Table:
    """A row for each version, the newest first; at most 500."""
    from tallystick.history.datasets import find_dataset
    from tallystick.history.keeping.origins import Facts, find_versions

    dataset = find_dataset(request.dataset)
    require_readable(context, [dataset.name])
    time = parse_time(request.time, context.settings.firm.zone) if request.time else None
    found = find_versions(context, dataset, Facts(request.symbol, request.date, time))
    return Table(found, title=translate("Versions of a fact", context.language))
