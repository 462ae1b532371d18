"""Loading a file or frame: read, check, keep what is good, set aside what is not, say both, write it to the journal.

The order makes a kill harmless: quarantine first, then the good rows, then the journal; the two appends carry the
content's hash as token, so that loading again continues instead of doubling.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from tallystick.history.datasets import QUARANTINE, Dataset, find_dataset, lake_of, with_own_columns
from tallystick.history.events import DatasetLoaded
from tallystick.history.loading.checks import Checked, check
from tallystick.history.loading.columns import ColumnMapping, find_columns
from tallystick.history.loading.reasons import sentence
from tallystick.history.loading.reports import FileReport, LoadReport, RowReason
from tallystick.history.loading.sources import Source, hash_file, open_file, open_frame

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake import Lake

__all__ = ["load_files", "load_frame"]

REASONS_SHOWN = 100


class Load(NamedTuple):
    """What every file of a load shares."""

    context: Context
    lake: Lake
    dataset: Dataset
    mapping: ColumnMapping
    known_time: int
    zone: str


def load_files(
    context: Context,
    dataset: str,
    files: Sequence[Any],
    mapping: ColumnMapping,
    known_time: int | None = None,
) -> LoadReport:
    """Load files (paths) and frames one after another, known at a time (UTC nanoseconds; now when None).

    Each is whole or not at all, so that a stopped load continues where it was.
    """
    load = _begin(context, dataset, mapping, known_time)
    reports: list[FileReport] = []
    reasons: list[RowReason] = []
    context.progress.start(load.dataset.spec.name, len(files))
    for given in files:
        report, broken = _load_one(load, given)
        reports.append(report)
        reasons += broken[: REASONS_SHOWN - len(reasons)]
        context.progress.step(1, report.file)
    context.progress.finish()
    return _summed(load.dataset, reports, reasons)


def load_frame(
    context: Context,
    frame: Any,
    *,
    dataset: str = "history.bars_daily",
    mapping: ColumnMapping | None = None,
    known_time: int | None = None,
) -> LoadReport:
    """Load a Polars, pandas or Arrow table, or a list of objects, as if it were a file; rows count from 1."""
    return load_files(context, dataset, [frame], mapping or ColumnMapping(), known_time)


def _load_one(load: Load, given: Any) -> tuple[FileReport, list[RowReason]]:
    if isinstance(given, str | Path):
        digest = hash_file(Path(given))
        return _earlier(load, digest) or _load(load, open_file(Path(given), digest))
    source = open_frame("frame", given)
    return _earlier(load, source.sha256) or _load(load, source)


def _begin(context: Context, dataset: str, mapping: ColumnMapping, known_time: int | None) -> Load:
    found = find_dataset(dataset)
    lake = lake_of(context, found.spec, QUARANTINE)
    zone = mapping.zone or context.settings.firm.zone
    return Load(context, lake, found, mapping, time.time_ns() if known_time is None else known_time, zone)


def _earlier(load: Load, digest: bytes) -> tuple[FileReport, list[RowReason]] | None:
    """The report of the same content's earlier load, from the journal's machine and the quarantine table."""
    name = load.dataset.spec.name
    before = load.context.machine("history").loaded(name, digest)
    if before is None:
        return None
    rows = load.lake.scan(
        QUARANTINE.name, within={"dataset": name, "sha256": digest}, order=["row"], limit=REASONS_SHOWN
    )
    language = load.context.language
    reasons = [
        RowReason(
            file=row["file"],
            row=row["row"],
            column=row["column"],
            code=row["reason"],
            value=row["value"],
            reason=sentence(row["reason"], row["column"], row["value"], language),
        )
        for row in rows.to_pylist()
    ]
    report = FileReport(
        file=before.source,
        loaded=before.rows,
        quarantined=before.quarantined,
        duplicates=before.duplicates,
        without_trade=before.without_trade,
        rounded=0,
        source_hash=digest.hex(),
        known_time=before.known_time,
        repeated=True,
    )
    return report, reasons


def _load(load: Load, source: Source) -> tuple[FileReport, list[RowReason]]:
    dataset = load.dataset
    places = find_columns(dataset, source.header, load.mapping, source.name)
    raw = {column: source.frame.to_series(place) for column, place in places.items()}
    checked = check(dataset, raw, source.rows, load.mapping, load.zone, load.known_time)
    token = f"load {source.sha256.hex()}"
    broken = _broken_rows(load, source, checked)
    if broken:
        load.lake.append(
            QUARANTINE.name, _as_arrow(load, source, broken), token=f"{dataset.spec.name} {token}"
        )
    rows = _append(load, source, checked.good, token)
    fact = DatasetLoaded(
        command_id=f"{dataset.spec.name} {token}",
        dataset=dataset.spec.name,
        source=source.name,
        sha256=source.sha256,
        rows=rows,
        quarantined=len(broken),
        duplicates=checked.duplicates + checked.good.height - rows,
        without_trade=checked.without_trade,
        known_time=load.known_time,
    )
    if not load.context.send(fact).accepted and (earlier := _earlier(load, source.sha256)):
        return earlier  # another process loaded the same content at the same time
    unused = [name for place, name in enumerate(source.header) if name and place not in places.values()]
    report = FileReport(
        file=source.name,
        loaded=rows,
        quarantined=len(broken),
        duplicates=fact.duplicates,
        without_trade=checked.without_trade,
        rounded=checked.rounded,
        source_hash=source.sha256.hex(),
        known_time=load.known_time,
        unused_columns=unused,
    )
    return report, [row for row, _ in broken[:REASONS_SHOWN]]


def _append(load: Load, source: Source, good: pl.DataFrame, token: str) -> int:
    """Append the rows that are not there yet, once for a content; gives how many these are."""
    name = load.dataset.spec.name
    if done := load.lake.committed(name, token):  # killed before the journal had it
        return done.rows
    fresh = _not_there_yet(load, good)
    if fresh.height == 0:
        return 0
    commit = load.lake.append(name, _with_own(load, source, fresh), token=token)
    done = load.lake.committed(name, token) if commit.repeated else None
    return done.rows if done else fresh.height


def _broken_rows(load: Load, source: Source, checked: Checked) -> list[tuple[RowReason, str]]:
    """Every row that is not loaded with its reason and its text, in order of row."""
    found = [(line.row, "", line.code, line.value, line.row) for line in source.broken]
    for fault in checked.faults:
        row = int(source.rows[fault.place])
        found.append((row, fault.column, fault.code, fault.value, row))
    language = load.context.language
    return [
        (
            RowReason(
                file=source.name,
                row=row,
                column=column,
                code=code,
                value=value,
                reason=sentence(code, column, value, language),
            ),
            source.text(number),
        )
        for row, column, code, value, number in sorted(found)
    ]


def _as_arrow(load: Load, source: Source, broken: Sequence[tuple[RowReason, str]]) -> pa.Table:
    count = len(broken)
    rows = [reason for reason, _ in broken]
    return pa.table(
        {
            "dataset": [load.dataset.spec.name] * count,
            "file": [source.name] * count,
            "sha256": pa.array([source.sha256] * count, pa.binary(32)),
            "row": [reason.row for reason in rows],
            "column": [reason.column for reason in rows],
            "reason": [reason.code for reason in rows],
            "value": [reason.value[:500] for reason in rows],
            "text": [text for _, text in broken],
            "event_time": pa.array([load.known_time] * count, pa.int64()),
            "known_time": pa.array([load.known_time] * count, pa.int64()),
        }
    )


def _not_there_yet(load: Load, good: pl.DataFrame) -> pl.DataFrame:
    """The good rows without those whose every value is known already; a changed value stays, as a later version."""
    spec = load.dataset.spec
    if good.height == 0 or load.lake.describe(spec.name).rows == 0:
        return good
    symbols = good["symbol"].unique().to_list()
    within: dict[str, Any] = {"date": (good["date"].min(), good["date"].max())}
    if len(symbols) <= 1_000:
        within["symbol"] = symbols
    there = load.lake.scan(spec.name, columns=list(good.columns), within=within, known_at=load.known_time)
    if there.num_rows == 0:
        return good
    known = pl.DataFrame(there).with_columns(
        pl.col(name).cast(good[name].dtype)
        if good[name].dtype != pl.Int64
        else pl.col(name).to_physical().cast(pl.Int64)
        for name in good.columns
    )
    return good.join(known, on=good.columns, how="anti", nulls_equal=True, maintain_order="left")


def _with_own(load: Load, source: Source, good: pl.DataFrame) -> pa.Table:
    codes = {one.symbol: code for code, one in enumerate(load.context.machine("market").instruments)}
    symbols = good["symbol"].unique()
    known = pl.DataFrame(
        {"symbol": symbols, "instrument": [codes.get(symbol, -1) for symbol in symbols]},
        schema={"symbol": pl.String, "instrument": pl.Int32},
    )
    frame = good.join(known, on="symbol", how="left", maintain_order="left")
    arrow = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    return with_own_columns(load.dataset, arrow, load.mapping.source or source.name, load.known_time)


def _summed(dataset: Dataset, files: list[FileReport], reasons: list[RowReason]) -> LoadReport:
    def total(name: str) -> int:
        return int(np.sum([getattr(report, name) for report in files], dtype=np.int64))

    return LoadReport(
        dataset=dataset.spec.name,
        loaded=total("loaded"),
        quarantined=total("quarantined"),
        duplicates=total("duplicates"),
        without_trade=total("without_trade"),
        reasons=reasons,
        files=files,
        source_hash=files[0].source_hash if len(files) == 1 else "",
    )
