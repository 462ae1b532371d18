"""The history room's doors: load files, ask for bars, see datasets and quarantine."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Literal

from tallystick.core.context import Context
from tallystick.core.errors import TallystickError, suggestion
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.history.reports import LoadReport

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BarsRequest", "DatasetsRequest", "LoadRequest", "QuarantineRequest"]


class LoadRequest(Record, frozen=True, kw_only=True):
    """Files for a dataset; in Python also frames of Polars, pandas or Arrow, and lists of objects.

    `vendor` names how the files are written, `mapping` a TOML file of one's own instead. `known_at` is when the firm
    knew the rows (`2026-11-20`, its end, or a time of the firm's zone); now when empty.
    """

    files: list[str | Any]
    dataset: str = "history.bars_daily"
    vendor: str = ""
    mapping: str = ""
    known_at: str = ""


class BarsRequest(Record, frozen=True, kw_only=True):
    """Bars of some symbols (all when none is named) from `start` to `end`, both included.

    `known_at` asks what was known then. `limit` of 0 gives all; `sort` names columns, `-` before one for descending.
    """

    instruments: list[str] = []
    start: datetime.date | None = None
    end: datetime.date | None = None
    freq: Literal["1d", "1m"] = "1d"
    known_at: str = ""
    columns: list[str] = []
    limit: int = 0
    offset: int = 0
    sort: str = ""


class DatasetsRequest(Record, frozen=True, kw_only=True):
    """Which part of the list; `sort` names a column, `-` before it for descending."""

    limit: int = 100
    offset: int = 0
    sort: str = ""


class QuarantineRequest(Record, frozen=True, kw_only=True):
    """Quarantined rows of a dataset or a file, newest first."""

    dataset: str = ""
    file: str = ""
    limit: int = 100
    offset: int = 0
    sort: str = ""


@operation(
    "history.load",
    permission="history.manage",
    summary="Load prices from files; broken rows are set aside with row number and reason, the good ones are loaded.",
    writes=True,
    local=True,
)
def load(context: Context, request: LoadRequest) -> LoadReport:
    """Load files or rows into a dataset. The same content is loaded once: a second time gives the first report."""
    from pathlib import Path

    from tallystick.history.asking import known_time_of
    from tallystick.history.columns import read_mapping, vendor_mapping
    from tallystick.history.loading import load_files

    mapping = (
        read_mapping(Path(request.mapping))
        if request.mapping
        else vendor_mapping(request.vendor or "generic")
    )
    known_time = known_time_of(request.known_at, context.settings.firm.zone)
    if not request.files:
        raise TallystickError(
            "history.no_files", "No file is named.", "Name at least one, e.g. `tally history load FILE`."
        )
    return load_files(context, request.dataset, request.files, mapping, known_time)


@operation(
    "history.bars",
    permission="history.read",
    summary="Daily or minute bars of instruments, as known at any time.",
)
def bars(context: Context, request: BarsRequest) -> Table:
    """A row for each bar, prices in 1e-4 as traded; by symbol and time unless `sort` says otherwise."""
    from tallystick.history.asking import count_bars, known_time_of, read_bars

    known_at = known_time_of(request.known_at, context.settings.firm.zone)
    span = (request.instruments, request.start, request.end)
    order = [name.strip() for name in request.sort.split(",") if name.strip()]
    found = read_bars(
        context.lake,
        *span,
        freq=request.freq,
        known_at=known_at,
        columns=request.columns,
        order=order,
        limit=request.limit or None,
        offset=max(request.offset, 0),
    )
    whole = not request.limit and not request.offset
    total = found.num_rows if whole else count_bars(context.lake, *span, request.freq, known_at)
    return Table(found, total_rows=total, title=translate("Bars", context.language))


@operation(
    "history.datasets",
    permission="history.read",
    summary="What the lake holds: rows, size, dates, owner, quarantine.",
)
def datasets(context: Context, request: DatasetsRequest) -> Table:
    """A row for each table of the lake and each dataset that can be loaded."""
    from tallystick.history.asking import DatasetLine, as_table, list_datasets

    lines = list_datasets(context.lake, context.language)
    names = list(DatasetLine.__struct_fields__)
    for name in reversed(list(_sorts(request.sort, names))):
        column = name.removeprefix("-")
        lines.sort(
            key=lambda line: (getattr(line, column) is not None, getattr(line, column)),
            reverse=name[0] == "-",
        )
    page = lines[max(request.offset, 0) :][: request.limit]
    return as_table(DatasetLine, page, len(lines), translate("Datasets", context.language))


@operation(
    "history.quarantine",
    permission="history.read",
    summary="Rows that could not be loaded, with row number and reason.",
)
def quarantine(context: Context, request: QuarantineRequest) -> Table:
    """A row for each, its reason in words."""
    from tallystick.history.asking import QuarantineLine, as_table, list_quarantine

    names = {"dataset", "file", "row", "column", "value", "text", "known_time"}
    lines, total = list_quarantine(
        context.lake,
        context.language,
        dataset=request.dataset,
        file=request.file,
        limit=request.limit,
        offset=max(request.offset, 0),
        order=list(_sorts(request.sort, names)),
    )
    return as_table(QuarantineLine, lines, total, translate("Quarantine", context.language))


def _sorts(sort: str, names: Iterable[str]) -> Iterable[str]:
    """The columns to sort by. TallystickError names the nearest column to an unknown one."""
    known = sorted(names)
    for name in filter(None, map(str.strip, sort.split(","))):
        if name.removeprefix("-") not in known:
            remedy, near = suggestion(name.removeprefix("-"), known)
            raise TallystickError(
                "history.sort", "There is no column {column} to sort by.", remedy, column=name, **near
            )
        yield name
