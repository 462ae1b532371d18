"""Corrections: late and wrong data become later versions of facts, and facts that should not be are taken back.

Nothing is changed or dropped: every earlier view is asked with its time of knowing, for ever. The order makes a kill
harmless: the rows first, with a token of their content, then the journal; the same correction given again goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import polars as pl
import pyarrow as pa

from tallystick.core.errors import TallystickError
from tallystick.history.datasets import Dataset, with_own_columns
from tallystick.history.events import DatasetCorrected
from tallystick.history.keeping.before import Before, as_stored
from tallystick.history.keeping.requests import CorrectReply
from tallystick.history.loading.columns import ColumnMapping, known_columns
from tallystick.history.loading.emptied import emptied_figures
from tallystick.history.loading.read import Load, begin, check_source, open_sources
from tallystick.history.loading.recorded import REASONS_SHOWN
from tallystick.history.loading.reports import LoadWarning, RowReason
from tallystick.history.loading.setting_aside import broken_rows, set_aside
from tallystick.history.loading.sources import Source

if TYPE_CHECKING:
    from tallystick.core.context import Context

__all__ = ["Why", "correct", "withdraw"]


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


def correct(
    context: Context, dataset: str, files: Sequence[Any], why: Why, mapping: ColumnMapping | None = None
) -> CorrectReply:
    """Bring late and corrected rows into a dataset, with the checks of a load.

    A column that a row does not give keeps what was known of the fact. Rows that say what is known already do nothing.
    TallystickError `history.correction_not_later` if a row is not known later than what it corrects.
    """
    load = _begin(context, dataset, mapping or ColumnMapping(), why)
    done = [_correct(load, source, why) for given in files for source in open_sources(load, given)]
    return _summed(load, done)


def withdraw(context: Context, dataset: str, files: Sequence[Any], why: Why) -> CorrectReply:
    """Take facts back: rows name the columns of the key. From the time of knowing on, the facts are not there."""
    load = _begin(context, dataset, ColumnMapping(), why)
    keys = tuple(name for name in load.dataset.given if name in load.dataset.spec.key)
    load = load._replace(dataset=msgspec.structs.replace(_asking_for(load.dataset, keys), checks=()))
    done = [_withdraw(load, source, why) for one in files for source in open_sources(load, one)]
    return _summed(load, done)


def _begin(context: Context, dataset: str, mapping: ColumnMapping, why: Why) -> Load:
    if not why.reason.strip():
        raise TallystickError(
            "history.correction_without_reason",
            "A correction of {dataset} says no reason.",
            "Say why it is made.",
            dataset=dataset,
        )
    load = begin(context, dataset, mapping, why.known_time)
    if "withdrawn" not in load.dataset.columns:
        raise TallystickError(
            "history.not_corrected",
            "{dataset} has no columns for corrections.",
            "Business history is corrected by the room that owns it; its tables follow the journal.",
            dataset=load.dataset.name,
        )
    return load


def _asking_for(dataset: Dataset, given: Sequence[str], there: Collection[str] = ()) -> Dataset:
    """The dataset as it is read where only the columns of its key must be there; that nothing was traded can only a
    source say that has all columns for it `there`.
    """
    required = tuple(name for name in dataset.required if name in dataset.spec.key)
    optional = tuple(name for name in given if name not in required)
    traded = dataset.traded if set(dataset.traded) <= set(there) else ()
    return msgspec.structs.replace(dataset, required=required, optional=optional, traded=traded)


def _correct(load: Load, source: Source, why: Why) -> Done:
    before = Before(load, load.dataset.required)
    there = known_columns(load.dataset, source.header, load.mapping)
    if not there.keys() <= {*load.dataset.spec.key}:
        load = load._replace(dataset=_asking_for(load.dataset, load.dataset.given, there))
    read = check_source(load, source, before.keep)
    broken = broken_rows(load, read)
    aside = Done(quarantined=len(broken), reasons=[one.reason for one in broken[:REASONS_SHOWN]])
    mark = _mark(load, source, "correct")
    if found := _stopped(load, mark):  # killed before the journal had it
        set_aside(load, [(source, broken)], mark)
        again = found._replace(withdrawn=0, quarantined=aside.quarantined, reasons=aside.reasons)
        return _journal(load, source, why, again)
    rows = as_stored(load, read.checked.table())
    key = list(load.dataset.spec.key)
    given = [name for name in rows.columns if name not in key]
    joined = rows.join(before.rows, on=key, how="left", suffix="_before", maintain_order="left")
    changed = joined.filter(
        pl.col("known_time").is_null()
        | ~pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in given)
    )
    early = [fault.place for fault in read.checked.faults if fault.code == "history.future"]
    _require_later(load, before.told.filter(pl.col("place").is_in(early)))
    _require_later(load, changed)
    set_aside(load, [(source, broken)], mark)
    if changed.height == 0:
        return aside._replace(unchanged=rows.height, known_time=load.known_time)
    emptied = emptied_figures(load, read, before.rows)
    new = changed.select(rows.columns)
    if "event_time" in new.columns:
        new = _with_event_times(load, new)
    revision = why.revision or _next_revision(changed)
    _append(load, _finished(load, source, new, why, revision), mark, revision)
    counts = aside._replace(
        rows=changed.height,
        unchanged=rows.height - changed.height,
        revision=revision,
        warnings=emptied,
    )
    return _journal(load, source, why, counts._replace(known_time=load.known_time))


def _withdraw(load: Load, source: Source, why: Why) -> Done:
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
    mark = _mark(load, source, "withdraw")
    if found := _stopped(load, mark):
        return _journal(load, source, why, found._replace(rows=0))
    rows = as_stored(load, read.checked.table())
    key = list(load.dataset.spec.key)
    gone = rows.select(key).join(before.rows, on=key, how="inner", maintain_order="left")
    missing = rows.height - gone.height
    if gone.height == 0:
        return Done(missing=missing, known_time=load.known_time)
    _require_later(load, gone)
    revision = why.revision or _next_revision(gone)
    rows_of_facts = gone.drop("known_time", "source", "revision", "reason", "withdrawn")
    table = _finished(load, source, rows_of_facts, why, revision, withdrawn=True)
    _append(load, table, mark, revision)
    counts = Done(withdrawn=gone.height, missing=missing, revision=revision, known_time=load.known_time)
    return _journal(load, source, why, counts)


def _require_later(load: Load, rows: pl.DataFrame) -> None:
    """Versions only follow each other: an earlier view must not change."""
    late = rows.filter(pl.col("known_time") >= load.known_time)
    if late.height:
        named = ", ".join(str(late[0, name]) for name in load.dataset.spec.key)
        raise TallystickError(
            "history.correction_not_later",
            "{count} rows are known already at that time or later, the first {key}; nothing was corrected.",
            "Give a later time of knowing, or leave it out.",
            count=late.height,
            key=named,
        )


def _next_revision(rows: pl.DataFrame) -> int:
    """One more than the last revision of any of the facts; 0 where all are new."""
    known = rows.filter(pl.col("known_time").is_not_null())
    last = known["revision"].fill_null(0).max() if known.height else -1
    return int(last if isinstance(last, int) else 0) + 1


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


def _mark(load: Load, source: Source, what: str) -> str:
    """Names this application of a content: a content may be right again after another came between."""
    machine = load.context.machine("history")
    earlier = sum(one.sha256 == source.sha256 for one in machine.corrections(load.dataset.name))
    return f"{what} {source.sha256.hex()} {earlier}"


def _append(load: Load, table: pa.Table, mark: str, revision: int) -> None:
    """Append with a token that keeps what the journal will say: when it was known, and the revision."""
    load.lake.append(load.dataset.name, table, token=f"{mark} {load.known_time} {revision}")


def _stopped(load: Load, mark: str) -> Done | None:
    """What a run of the same content did that was killed before the journal had it."""
    for version in reversed(load.lake.versions(load.dataset.name)):
        if version.token.startswith(f"{mark} "):
            known_time, revision = version.token.removeprefix(mark).split()
            return Done(
                rows=version.rows, withdrawn=version.rows, revision=int(revision), known_time=int(known_time)
            )
    return None


def _journal(load: Load, source: Source, why: Why, done: Done) -> Done:
    decision = load.context.send(
        DatasetCorrected(
            command_id=f"{load.dataset.name} {_mark(load, source, 'correct')}",
            dataset=load.dataset.name,
            source=source.name,
            sha256=source.sha256,
            rows=done.rows,
            withdrawn=done.withdrawn,
            unchanged=done.unchanged,
            quarantined=done.quarantined,
            revision=done.revision,
            reason=why.reason,
            known_time=done.known_time,
        )
    )
    return done._replace(position=decision.position)


def _summed(load: Load, done: Sequence[Done]) -> CorrectReply:
    def total(name: str) -> int:
        return sum(getattr(one, name) for one in done)

    return CorrectReply(
        dataset=load.dataset.name,
        rows=total("rows"),
        withdrawn=total("withdrawn"),
        unchanged=total("unchanged"),
        quarantined=total("quarantined"),
        missing=total("missing"),
        revision=max((one.revision for one in done), default=0),
        known_time=max((one.known_time for one in done), default=load.known_time),
        position=max((one.position for one in done), default=0),
        reasons=[reason for one in done for reason in one.reasons][:REASONS_SHOWN],
        warnings=[warned for one in done for warned in one.warnings],
    )
