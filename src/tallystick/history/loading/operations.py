"""The doors of loading: load files, see what stands in quarantine."""

from __future__ import annotations

from typing import Any

from tallystick.core.context import Context
from tallystick.core.errors import TallystickError
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.history.loading.reports import LoadReport
from tallystick.history.requests import as_table, known_time_of, sort_columns

__all__ = ["LoadRequest", "QuarantineRequest"]


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

    from tallystick.history.loading.columns import read_mapping, vendor_mapping
    from tallystick.history.loading.load import load_files

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
    "history.quarantine",
    permission="history.read",
    summary="Rows that could not be loaded, with row number and reason.",
)
def quarantine(context: Context, request: QuarantineRequest) -> Table:
    """A row for each, its reason in words."""
    from tallystick.history.loading.quarantine import QuarantineLine, list_quarantine

    names = {"dataset", "file", "row", "column", "value", "text", "known_time"}
    lines, total = list_quarantine(
        context.lake,
        context.language,
        dataset=request.dataset,
        file=request.file,
        limit=request.limit,
        offset=max(request.offset, 0),
        order=list(sort_columns(request.sort, names)),
    )
    return as_table(QuarantineLine, lines, total, translate("Quarantine", context.language))
