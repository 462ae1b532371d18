"""Loading a file or frame: read, check, keep what is good, set aside what is not, say both, write it to the journal.

The order makes a kill harmless: quarantine first, then the good rows, then the journal; the two appends carry the
content's hash as token, so that loading again continues instead of doubling.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa

from tallystick.core.errors import TallystickError
from tallystick.core.schema import number_date
from tallystick.history.datasets import QUARANTINE, Dataset, find_dataset, lake_of
from tallystick.history.events import DatasetLoaded
from tallystick.history.loading.checked import Checked, check_rows
from tallystick.history.loading.checks import Circumstances
from tallystick.history.loading.columns import ColumnMapping, find_columns, missing_columns
from tallystick.history.loading.completing import complete
from tallystick.history.loading.csv_lines import BrokenLine
from tallystick.history.loading.filling import append_rows, room_on_disk
from tallystick.history.loading.headers import title_date
from tallystick.history.loading.market_checks import trade_dates
from tallystick.history.loading.opening import hash_file, open_file, open_frame
from tallystick.history.loading.reading import Wanted
from tallystick.history.loading.reasons import sentence
from tallystick.history.loading.reports import FileReport, LoadReport, LoadWarning, RowReason
from tallystick.history.loading.rows import Rows, Warned
from tallystick.history.loading.sources import Places, Source

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake import Lake

__all__ = [
    "Kept",
    "Load",
    "begin",
    "broken_rows",
    "check_source",
    "keep_checked",
    "load_files",
    "load_frame",
    "open_sources",
    "set_aside",
    "summed",
]

REASONS_SHOWN = 100


class Kept(NamedTuple):
    """What became of one source: its report, its first quarantined rows, and what is doubted."""

    report: FileReport
    reasons: list[RowReason]
    warnings: list[LoadWarning] = []


class Load(NamedTuple):
    """What every file of a load shares."""

    context: Context
    lake: Lake
    dataset: Dataset
    mapping: ColumnMapping
    known_time: int
    zone: str
    date: datetime.date | None = None

    @property
    def given(self) -> Circumstances:
        """What the checks may ask."""
        return Circumstances(self.known_time, self.zone, self.context.machine("market"), self.lake)


def load_files(
    context: Context,
    dataset: str,
    files: Sequence[Any],
    mapping: ColumnMapping,
    known_time: int | None = None,
    date: datetime.date | None = None,
) -> LoadReport:
    """Load files (paths) and frames one after another, known at a time (UTC nanoseconds; now when None).

    Each is whole or not at all, so that a stopped load continues where it was. With a `date`, a file that is of another
    one is refused, and rows without a date get it. TallystickError says which file cannot be loaded and why; the files
    before it are loaded then.
    """
    load = begin(context, dataset, mapping, known_time, date)
    kept: list[Kept] = []
    context.progress.start(load.dataset.name, len(files))
    for given in files:
        kept += _load_one(load, given)
        context.progress.step(1, kept[-1].report.file)
    context.progress.finish()
    return summed(load.dataset, kept)


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


def _load_one(load: Load, given: Any) -> Iterator[Kept]:
    """Load the source of a frame, or each of those in a file."""
    digest = hash_file(Path(given)) if isinstance(given, str | Path) else b""
    if digest and (earlier := _earlier(load, digest)):
        yield earlier
        return
    for source in open_sources(load, given, digest):
        yield _load(load, source)


def open_sources(load: Load, given: Any, digest: bytes = b"") -> Iterator[Source]:
    """The source of a frame, or each of those in a file, whose hash may be known already."""
    if not isinstance(given, str | Path):
        yield open_frame("frame", given)
        return

    def missing(names: Sequence[str]) -> int:
        return len(
            missing_columns(
                load.dataset, names, load.mapping, ["date"] if "date" in load.dataset.required else []
            )
        )

    path = Path(given)
    yield from open_file(path, digest or hash_file(path), load.mapping, missing)


def begin(
    context: Context,
    dataset: str,
    mapping: ColumnMapping,
    known_time: int | None,
    date: datetime.date | None = None,
) -> Load:
    """What the files of a load share. TallystickError for a dataset that is not filled from files."""
    found = find_dataset(dataset)
    if not found.required:
        raise TallystickError(
            "history.not_loaded",
            "{dataset} is filled by the house, not from files.",
            "See `tally history datasets` for the others.",
            dataset=found.name,
        )
    lake = lake_of(context, found.spec, QUARANTINE)
    zone = mapping.zone or context.settings.firm.zone
    known = time.time_ns() if known_time is None else known_time
    return Load(context, lake, found, mapping, known, zone, date)


def _earlier(load: Load, digest: bytes) -> Kept | None:
    """The report of the same content's earlier load, from the journal's machine and the quarantine table."""
    name = load.dataset.name
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
    return Kept(report, reasons)


def _load(load: Load, source: Source) -> Kept:
    if earlier := _earlier(load, source.sha256):
        return earlier
    return keep_checked(load, source, *check_source(load, source))


def check_source(load: Load, source: Source) -> tuple[Checked, list[BrokenLine], Places]:
    """A source's rows read and checked, the lines that were cut before they had columns, and where its columns are."""
    date = _date_of(load, source)
    places = find_columns(load.dataset, source.header, load.mapping, source.name, ["date"] if date else [])
    wanted = Wanted(load.dataset, load.mapping, load.zone)
    rows, cut = source.read(wanted, places, date)
    if load.dataset.time != "date" and "date" not in places:
        rows.columns.pop("date", None)  # it was for times of day alone; a row's own time says its date
    market = load.context.machine("market")
    rows = complete(wanted, rows, lambda local, venue, night: trade_dates(market, local, venue, night))
    checked = check_rows(rows, load.given)
    _refuse_other_date(load, source, checked)
    return checked, cut, places


def keep_checked(load: Load, source: Source, checked: Checked, cut: list[BrokenLine], places: Places) -> Kept:
    """Quarantine first, then the good rows, then the journal; once for a content."""
    if earlier := _earlier(load, source.sha256):
        return earlier
    name, token = load.dataset.name, f"load {source.sha256.hex()}"
    broken = broken_rows(load, source, checked, cut, places)
    with room_on_disk(source.name):
        set_aside(load, source, broken, token)
        label = load.mapping.source or source.name
        filled = append_rows(load.lake, load.given, checked, label, token)
    fact = DatasetLoaded(
        command_id=f"{name} {token}",
        dataset=name,
        source=source.name,
        sha256=source.sha256,
        rows=filled.rows,
        quarantined=len(broken),
        duplicates=checked.duplicates + len(checked.places) - filled.rows,
        without_trade=checked.without_trade,
        known_time=load.known_time,
    )
    if not load.context.send(fact).accepted and (earlier := _earlier(load, source.sha256)):
        return earlier  # another process loaded the same content at the same time
    used = {place for spot in places.values() for place in spot}
    warnings = [
        _warning(load, source, checked.rows, warned) for warned in (*checked.warnings, *filled.warnings)
    ]
    if not load.mapping.verified:
        warnings.append(_unverified(load, source, filled.rows))
    report = FileReport(
        file=source.name,
        loaded=filled.rows,
        quarantined=len(broken),
        duplicates=fact.duplicates,
        without_trade=checked.without_trade,
        rounded=checked.rows.rounded,
        source_hash=source.sha256.hex(),
        known_time=load.known_time,
        unused_columns=[name for place, name in enumerate(source.header) if name and place not in used],
        encoding=source.encoding,
    )
    return Kept(report, [row for row, _ in broken[:REASONS_SHOWN]], warnings)


def set_aside(load: Load, source: Source, broken: Sequence[tuple[RowReason, str]], token: str) -> None:
    """Put broken rows into quarantine, once for a token."""
    if broken:
        load.lake.append(
            QUARANTINE.name, _as_arrow(load, source, broken), token=f"{load.dataset.name} {token}"
        )


def _date_of(load: Load, source: Source) -> datetime.date | None:
    """The date of rows that have none of their own: the title's, which must be the one asked for; else that one."""
    if "date" not in load.dataset.given:
        return None
    if not missing_columns(load.dataset, source.header, load.mapping) and "date" in load.dataset.required:
        return None
    titled = title_date(source.title)
    if load.date and titled and titled != load.date:
        raise _other_date(load, source, titled)
    return titled or load.date


def _refuse_other_date(load: Load, source: Source, checked: Checked) -> None:
    if load.date is None or "date" not in checked.rows.columns:
        return
    days = checked.rows.columns["date"].values[checked.places]
    others = days[days != (load.date - datetime.date(1970, 1, 1)).days]
    if len(others):
        raise _other_date(load, source, number_date(int(others[0])))


def _other_date(load: Load, source: Source, found: datetime.date) -> TallystickError:
    return TallystickError(
        "history.other_date",
        "{file} is of {found}, not of {date}.",
        "Fetch the file of the date, or name the date that it has; nothing of it was loaded.",
        file=source.name,
        found=found.isoformat(),
        date=str(load.date),
    )


def _unverified(load: Load, source: Source, rows: int) -> LoadWarning:
    code, vendor = "history.unverified", load.mapping.source
    told = sentence(code, "", vendor, load.context.language)
    return LoadWarning(file=source.name, column="", code=code, rows=rows, row=0, warning=told)


def _warning(load: Load, source: Source, rows: Rows, warned: Warned) -> LoadWarning:
    number = int(rows.numbers[warned.place])
    return LoadWarning(
        file=source.name,
        column=warned.column,
        code=warned.code,
        rows=warned.rows,
        row=number,
        warning=sentence(warned.code, warned.column, str(number), load.context.language),
    )


def broken_rows(
    load: Load, source: Source, checked: Checked, cut: list[BrokenLine], places: Places
) -> list[tuple[RowReason, str]]:
    """Every row that is not loaded with its reason and its text, in order of row."""
    found = [(line.row, "", line.code, line.value) for line in cut]
    for fault in checked.faults:
        row = int(checked.rows.numbers[fault.place])
        value = fault.value
        if value is None:
            value = source.cell(row, places[fault.column]) if fault.column in places else ""
        found.append((row, fault.column, fault.code, value))
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
            source.text(row),
        )
        for row, column, code, value in sorted(found)
    ]


def _as_arrow(load: Load, source: Source, broken: Sequence[tuple[RowReason, str]]) -> pa.Table:
    count = len(broken)
    rows = [reason for reason, _ in broken]
    return pa.table(
        {
            "dataset": [load.dataset.name] * count,
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


def summed(dataset: Dataset, kept: Sequence[Kept]) -> LoadReport:
    """What a load did in all."""
    files = [one.report for one in kept]

    def total(name: str) -> int:
        return int(np.sum([getattr(report, name) for report in files], dtype=np.int64))

    return LoadReport(
        dataset=dataset.name,
        loaded=total("loaded"),
        quarantined=total("quarantined"),
        duplicates=total("duplicates"),
        without_trade=total("without_trade"),
        reasons=[reason for one in kept for reason in one.reasons][:REASONS_SHOWN],
        files=files,
        source_hash=files[0].source_hash if len(files) == 1 else "",
        warnings=[warned for one in kept for warned in one.warnings],
    )
