"""The doors of loading: load files, see what stands in quarantine, release what was corrected."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.context import Context
from tallystick.core.errors import TallystickError
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.history.keeping.quotas import counted
from tallystick.history.loading.reports import LoadReport, MappingProposal
from tallystick.history.requests import (
    as_table,
    known_by,
    require_readable,
    sort_columns,
    unreadable_datasets,
)

if TYPE_CHECKING:
    from tallystick.history.loading.columns import ColumnMapping

__all__ = ["LoadRequest", "MappingRequest", "QuarantineRequest", "ReleaseRequest"]

DEFAULT_DATASET = "history.bars_daily"
"""Where rows go for which nothing else is said; as in `columns`, which is not needed to see what doors there are."""


class LoadRequest(Record, frozen=True, kw_only=True):
    """Files for a dataset; in Python also frames of Polars, pandas or Arrow, and lists of objects.

    `vendor` names how the files are written, `mapping` a TOML file of one's own instead; without `dataset` the rows go
    where the vendor's belong, else to the daily bars. `known_at` is when the firm knew the rows (`2026-11-20`, its end,
    or a time of the firm's zone); now when empty. A file that is of another date than `date` is refused. `symbol` is
    that of every row, for a file about one instrument.
    """

    files: list[str | Any]
    dataset: str = ""
    vendor: str = ""
    mapping: str = ""
    known_at: str = ""
    date: datetime.date | None = None
    symbol: str = ""


class ReleaseRequest(Record, frozen=True, kw_only=True):
    """Corrected rows of `file`'s quarantine, as files or frames with a column `row`; where several contents of that
    name wait, `sha256` is the beginning of the hash of the one that is meant. The rest is as in loading.
    """

    files: list[str | Any]
    file: str
    sha256: str = ""
    dataset: str = ""
    vendor: str = ""
    mapping: str = ""
    known_at: str = ""


class MappingRequest(Record, frozen=True, kw_only=True):
    """A file that is to be loaded into a dataset; the daily bars unless it is said."""

    file: str
    dataset: str = DEFAULT_DATASET


class QuarantineRequest(Record, frozen=True, kw_only=True):
    """Quarantined rows of a dataset or a file, newest first: those that wait, or with `released` those that went; all
    of them with `limit` 0. `text` is looked for in the rows as they came, as a whole word: `6205.XTAI` is not found in
    `006205.XTAI`.
    """

    dataset: str = ""
    file: str = ""
    text: str = ""
    released: bool = False
    limit: int = 100
    offset: int = 0
    sort: str = ""


@operation(
    "history.load",
    permission="history.manage",
    summary="Load files: prices, actions, client data; broken rows are set aside with row number and reason.",
    writes=True,
    local=True,
)
def load(context: Context, request: LoadRequest) -> LoadReport:
    """Load files or rows into a dataset. The same content is loaded once: a second time gives the first report."""
    from tallystick.history.loading.load import load_files

    if not request.files or "" in [given for given in request.files if isinstance(given, str)]:
        raise TallystickError(
            "history.no_files", "No file is named.", "Name at least one, e.g. `tally history load FILE`."
        )
    mapped = _mapping_of(request)
    if request.symbol:
        mapped = msgspec.structs.replace(mapped, constants=mapped.constants | {"symbol": request.symbol})
    known_time = known_by(context, request.known_at)
    dataset = request.dataset or mapped.dataset or DEFAULT_DATASET
    return load_files(context, dataset, request.files, mapped, known_time, request.date)


@operation(
    "history.release",
    permission="history.manage",
    summary="Load corrected rows of a file's quarantine; those that pass the checks are marked as released.",
    writes=True,
    local=True,
)
def release(context: Context, request: ReleaseRequest) -> LoadReport:
    """Corrected rows come in by the same checks; the row that was set aside stays, marked with what released it.

    Forbidden when the actor may not read the dataset, as the quarantined rows are compared with.
    """
    from tallystick.history.datasets import find_dataset
    from tallystick.history.loading.releasing import release_rows

    mapped = _mapping_of(request)
    dataset = find_dataset(request.dataset or mapped.dataset or DEFAULT_DATASET).name
    require_readable(context, [dataset])
    return release_rows(
        context,
        request.files,
        dataset=dataset,
        file=request.file,
        mapping=mapped,
        known_time=known_by(context, request.known_at),
        sha256=request.sha256,
    )


@operation(
    "history.mapping",
    permission="history.manage",
    summary="Propose a mapping for a file from its header and first rows.",
    local=True,
)
def mapping(context: Context, request: MappingRequest) -> MappingProposal:
    """What is known by name or by its values, and a line to fill in for what is not. Nothing is loaded."""
    from tallystick.history.loading.proposing import propose_mapping

    return propose_mapping(context, request.file, dataset=request.dataset)


def _mapping_of(request: LoadRequest | ReleaseRequest) -> ColumnMapping:
    from pathlib import Path

    from tallystick.history.loading.columns import read_mapping, vendor_mapping

    if request.mapping and request.vendor:
        raise TallystickError(
            "history.vendor_and_mapping",
            "Both a vendor, {vendor}, and a mapping are named.",
            "Name one of them; a mapping says by itself how files are written.",
            vendor=request.vendor,
        )
    return (
        read_mapping(Path(request.mapping), request.dataset)
        if request.mapping
        else vendor_mapping(request.vendor or "generic")
    )


@operation(
    "history.quarantine",
    permission="history.read",
    summary="Rows that could not be loaded, with row number and reason.",
)
@counted
def quarantine(context: Context, request: QuarantineRequest) -> Table:
    """A row for each, its reason in words; rows of a dataset that the actor may not read are not among them.

    Forbidden when such a dataset is named.
    """
    from tallystick.history.datasets import find_dataset
    from tallystick.history.loading.quarantine import QuarantineLine, list_quarantine

    if request.dataset:
        require_readable(context, [find_dataset(request.dataset).name])
    names = {"dataset", "file", "row", "column", "value", "text", "sha256", "known_time", "released_by"}
    lines, total = list_quarantine(
        context.lake,
        context.language,
        dataset=request.dataset,
        file=request.file,
        text=request.text.strip(),
        released=request.released,
        unreadable=unreadable_datasets(context),
        limit=request.limit or None,
        offset=max(request.offset, 0),
        order=list(sort_columns(request.sort, names)),
    )
    return as_table(QuarantineLine, lines, total, translate("Quarantine", context.language))
