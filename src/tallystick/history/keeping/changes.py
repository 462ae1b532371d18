"""What a source of corrections is to do: judged against what is known, before anything is done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import polars as pl
import pyarrow as pa

from tallystick.core.errors import TallystickError, mark
from tallystick.core.text import translate
from tallystick.history.datasets import Dataset, with_own_columns
from tallystick.history.keeping.before import Before, as_stored
from tallystick.history.loading.columns import known_columns
from tallystick.history.loading.emptied import emptied_figures
from tallystick.history.loading.read import Load, Read, check_source
from tallystick.history.loading.recorded import REASONS_SHOWN
from tallystick.history.loading.reports import LoadWarning, RowReason
from tallystick.history.loading.setting_aside import Broken, broken_rows
from tallystick.history.loading.sources import Source
from tallystick.history.loading.typed import typed_wrongly

__all__ = [
    "LAST_REVISION",
    "Change",
    "Done",
    "Why",
    "asking_for",
    "judge_correction",
    "judge_withdrawal",
    "mark_of",
    "named",
]

LAST_REVISION = 2**31 - 1
"""The greatest number that the column of revisions takes."""

NOT_THERE = mark("There is nothing to take back: {key}.")


class Why(NamedTuple):
    """Why a correction is made, the source's number of it (0: one more than the last), when known (None: now)."""

    reason: str
    revision: int = 0
    known_time: int | None = None


class Done(NamedTuple):
    """What one source did."""

    rows: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    quarantined: int = 0
    missing: int = 0
    revision: int = 0
    known_time: int = 0
    position: int = 0
    reasons: Sequence[RowReason] = ()
    warnings: Sequence[LoadWarning] = ()


class Change(NamedTuple):
    """What one source is to do, judged before anything is done: rows to set aside, the facts that its sound rows are
    about, and the table to append (None: nothing, or a run that was killed has appended it).
    """

    source: Source
    mark: str
    broken: Broken
    facts: pl.DataFrame
    done: Done
    table: pa.Table | None = None


def asking_for(dataset: Dataset, given: Sequence[str], there: Collection[str] = ()) -> Dataset:
    """The dataset as it is read where only the columns of its key must be there; that nothing was traded can only a
    source say that has all columns for it `there`.
    """
    required = tuple(name for name in dataset.required if name in dataset.spec.key)
    optional = tuple(name for name in given if name not in required)
    traded = dataset.traded if set(dataset.traded) <= set(there) else ()
    return msgspec.structs.replace(dataset, required=required, optional=optional, traded=traded)


def judge_correction(load: Load, source: Source, why: Why) -> Change:
    """Which rows of a source say what is not known yet. TallystickError if one is not later than what it corrects."""
    before = Before(load, load.dataset.required)
    there = known_columns(load.dataset, source.header, load.mapping)
    if not there.keys() <= {*load.dataset.spec.key}:
        load = load._replace(dataset=asking_for(load.dataset, load.dataset.given, there))
    read = check_source(load, source, before.keep)
    broken = broken_rows(load, read)
    rows = as_stored(load, read.checked.table())
    key = list(load.dataset.spec.key)
    told = Done(quarantined=len(broken), reasons=[one.reason for one in broken[:REASONS_SHOWN]])
    change = Change(source, mark_of(load, source, "correct"), broken, rows.select(key), told)
    if found := _stopped(load, change.mark):  # killed before the journal had it
        again = found._replace(withdrawn=0, quarantined=told.quarantined, reasons=told.reasons)
        return change._replace(done=again)
    given = [name for name in rows.columns if name not in key]
    joined = rows.join(before.rows, on=key, how="left", suffix="_before", maintain_order="left")
    changed = joined.filter(
        pl.col("known_time").is_null()
        | ~pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in given)
    )
    early = [fault.place for fault in read.checked.faults if fault.code == "history.future"]
    _require_later(load, source, before.told.filter(pl.col("place").is_in(early)))
    _require_later(load, source, changed)
    told = told._replace(unchanged=rows.height - changed.height, known_time=load.known_time)
    if changed.height == 0:
        return change._replace(done=told)
    new = changed.select(rows.columns)
    if "event_time" in new.columns:
        new = _with_event_times(load, new)
    revision = why.revision or _next_revision(changed)
    emptied = emptied_figures(load, read, before.rows)
    done = told._replace(rows=changed.height, revision=revision, warnings=emptied)
    return change._replace(done=done, table=_finished(load, source, new, why, revision))


def judge_withdrawal(load: Load, source: Source, why: Why) -> Change:
    """Which facts a source takes back. TallystickError if a row names none, or a typed one what is not there."""
    before = Before(load, ())
    read = check_source(load, source, before.keep)
    if broken := broken_rows(load, read):
        first = broken[0].reason
        raise TallystickError(
            "history.withdrawal_unclear",
            "Row {row} of {file} names no fact: {reason}",
            "Correct the row; nothing was withdrawn.",
            row=first.row,
            file=source.name,
            reason=first.reason,
        )
    rows = as_stored(load, read.checked.table())
    key = list(load.dataset.spec.key)
    change = Change(source, mark_of(load, source, "withdraw"), [], rows.select(key), Done())
    if found := _stopped(load, change.mark):
        return change._replace(done=found._replace(rows=0))
    gone = rows.select(key).join(before.rows, on=key, how="inner", maintain_order="left")
    missing = rows.height - gone.height
    reasons = _missing(load, read, before) if missing else []
    if reasons and source.is_typed:
        raise typed_wrongly(reasons, load.context.language)
    done = Done(missing=missing, reasons=reasons, known_time=load.known_time)
    if gone.height == 0:
        return change._replace(done=done)
    _require_later(load, source, gone)
    revision = why.revision or _next_revision(gone)
    rows_of_facts = gone.drop("known_time", "source", "revision", "reason", "withdrawn")
    table = _finished(load, source, rows_of_facts, why, revision, withdrawn=True)
    return change._replace(done=done._replace(withdrawn=gone.height, revision=revision), table=table)


def _missing(load: Load, read: Read, before: Before) -> list[RowReason]:
    """The first rows whose facts are not there."""
    there = pl.col("place").is_in(read.checked.places.tolist())
    absent = before.told.filter(pl.col("known_time").is_null() & there).sort("place").head(REASONS_SHOWN)
    language = load.context.language
    return [
        RowReason(
            file=read.source.name,
            row=int(read.checked.rows.numbers[row["place"]]),
            column="",
            code="history.not_there",
            value=key,
            reason=translate(NOT_THERE, language, key=key),
        )
        for row in absent.iter_rows(named=True)
        for key in [named(load, row)]
    ]


def named(load: Load, row: Mapping[str, Any]) -> str:
    """The key of a fact, for people."""
    return ", ".join(str(row[name]) for name in load.dataset.spec.key)


def _require_later(load: Load, source: Source, rows: pl.DataFrame) -> None:
    """Versions only follow each other: an earlier view must not change."""
    late = rows.filter(pl.col("known_time") >= load.known_time)
    if late.height:
        raise TallystickError(
            "history.correction_not_later",
            "Rows of {file} known already at that time or later: {count}, the first {key}; nothing was changed.",
            "Give a later time of knowing, or leave it out.",
            file=source.name,
            count=late.height,
            key=named(load, late.row(0, named=True)),
        )


def _next_revision(rows: pl.DataFrame) -> int:
    """One more than the last revision of any of the facts; 0 where all are new."""
    known = rows.filter(pl.col("known_time").is_not_null())
    last = known["revision"].fill_null(0).max() if known.height else -1
    return min(int(last if isinstance(last, int) else 0) + 1, LAST_REVISION)


def _with_event_times(load: Load, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with their event time where no version of the fact had one."""
    holes = rows["event_time"].is_null()
    if not holes.any():
        return rows
    filled = with_own_columns(load.dataset, rows.drop("event_time").to_arrow(), "", load.known_time)
    times = pl.Series("event_time", filled["event_time"].to_numpy())
    return rows.with_columns(event_time=pl.when(holes).then(times).otherwise(pl.col("event_time")))


def _finished(
    load: Load, source: Source, rows: pl.DataFrame, why: Why, revision: int, *, withdrawn: bool = False
) -> pa.Table:
    """The rows as new versions, with the house's own columns."""
    if "instrument" in load.dataset.columns and "instrument" not in rows.columns:
        codes = {one.symbol: code for code, one in enumerate(load.context.machine("market").instruments)}
        found = [codes.get(symbol, -1) for symbol in rows["symbol"]]
        rows = rows.with_columns(instrument=pl.Series(found, dtype=pl.Int32))
    own = {"revision": pl.lit(revision, pl.Int32), "reason": pl.lit(why.reason)}
    if withdrawn:
        own["withdrawn"] = pl.lit(value=True)
    arrow = rows.with_columns(**own).to_arrow(compat_level=pl.CompatLevel.oldest())
    return with_own_columns(load.dataset, arrow, load.mapping.source or source.name, load.known_time)


def mark_of(load: Load, source: Source, what: str) -> str:
    """Names this application of a content: a content may be right again after another came between."""
    machine = load.context.machine("history")
    earlier = sum(one.sha256 == source.sha256 for one in machine.corrections(load.dataset.name))
    return f"{what} {source.sha256.hex()} {earlier}"


def _stopped(load: Load, mark: str) -> Done | None:
    """What a run of the same content did that was killed before the journal had it."""
    for version in reversed(load.lake.versions(load.dataset.name)):
        if version.token.startswith(f"{mark} "):
            known_time, revision = version.token.removeprefix(mark).split()
            return Done(
                rows=version.rows, withdrawn=version.rows, revision=int(revision), known_time=int(known_time)
            )
    return None
