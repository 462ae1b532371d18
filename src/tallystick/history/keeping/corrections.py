"""Corrections: late and wrong data become later versions of facts, and facts that should not be are taken back.

Nothing is changed or dropped: every earlier view is asked with its time of knowing, for ever. The order makes a kill
harmless: the rows first, with a token of their content, then the journal; the same correction given again goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl
import pyarrow as pa

from tallystick.core.errors import TallystickError
from tallystick.history.events import DatasetCorrected
from tallystick.history.keeping.changes import (
    LAST_REVISION,
    Change,
    Done,
    Why,
    asking_for,
    judge_correction,
    judge_withdrawal,
    mark_of,
    named,
)
from tallystick.history.keeping.requests import CorrectReply
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.read import Load, begin, open_sources
from tallystick.history.loading.recorded import REASONS_SHOWN
from tallystick.history.loading.setting_aside import set_aside
from tallystick.history.loading.sources import Source

if TYPE_CHECKING:
    from tallystick.core.context import Context

__all__ = ["Why", "correct", "withdraw"]


def correct(
    context: Context, dataset: str, files: Sequence[Any], why: Why, mapping: ColumnMapping | None = None
) -> CorrectReply:
    """Bring late and corrected rows into a dataset, with the checks of a load.

    A column that a row does not give keeps what was known of the fact. Rows that say what is known already do nothing.
    TallystickError, and nothing is corrected, if a row of any file is not known later than what it corrects, or two
    files speak of one fact.
    """
    load = _begin(context, dataset, mapping or ColumnMapping(), why)
    return _done(load, files, why, judge_correction)


def withdraw(context: Context, dataset: str, files: Sequence[Any], why: Why) -> CorrectReply:
    """Take facts back: rows name the columns of the key. From the time of knowing on, the facts are not there.

    The reply says which were not there; typed rows are refused then, all of them.
    """
    load = _begin(context, dataset, ColumnMapping(), why)
    keys = tuple(name for name in load.dataset.given if name in load.dataset.spec.key)
    load = load._replace(dataset=msgspec.structs.replace(asking_for(load.dataset, keys), checks=()))
    return _done(load, files, why, judge_withdrawal)


def _done(
    load: Load, files: Sequence[Any], why: Why, judge: Callable[[Load, Source, Why], Change]
) -> CorrectReply:
    """Judge every source, and only then do what they say."""
    with load.turn():
        changes = [judge(load, source, why) for given in files for source in open_sources(load, given)]
        _require_apart(load, changes)
        return _summed(load, [_apply(load, change, why) for change in changes])


def _apply(load: Load, change: Change, why: Why) -> Done:
    set_aside(load, [(change.source, change.broken)], change.mark)
    done = change.done
    if change.table is not None:
        _append(load, change.table, change.mark, done.revision)
    return _journal(load, change.source, why, done) if done.rows or done.withdrawn else done


def _begin(context: Context, dataset: str, mapping: ColumnMapping, why: Why) -> Load:
    if not why.reason.strip():
        raise TallystickError(
            "history.correction_without_reason",
            "A correction of {dataset} says no reason.",
            "Say why it is made.",
            dataset=dataset,
        )
    if why.revision and not 1 <= why.revision <= LAST_REVISION:
        raise TallystickError(
            "history.revision_outside",
            "{revision} is no number of a correction: it counts a source's own corrections of a fact, 1 to {last}.",
            "Leave it out to count on from the last one; put a vendor's notice number into the reason.",
            revision=why.revision,
            last=f"{LAST_REVISION:,}",
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


def _require_apart(load: Load, changes: Sequence[Change]) -> None:
    """Two files may not speak of one fact: nobody could say which of them is right."""
    if len(changes) < 2:
        return
    key = list(load.dataset.spec.key)
    facts = pl.concat([one.facts.with_columns(_file=pl.lit(place)) for place, one in enumerate(changes)])
    twice = facts.filter(facts.select(key).is_duplicated()).sort(*key, "_file").head(2)
    if twice.height:
        first, second = (changes[place].source.name for place in twice["_file"])
        raise TallystickError(
            "history.corrected_twice",
            "{file} and {other} speak of the same fact, {key}; nothing was changed.",
            "Give each fact in one of the files only, or the files one after the other.",
            file=first,
            other=second,
            key=named(load, twice.row(0, named=True)),
        )


def _append(load: Load, table: pa.Table, mark: str, revision: int) -> None:
    """Append with a token that keeps what the journal will say: when it was known, and the revision."""
    load.lake.append(load.dataset.name, table, token=f"{mark} {load.known_time} {revision}")


def _journal(load: Load, source: Source, why: Why, done: Done) -> Done:
    decision = load.context.send(
        DatasetCorrected(
            command_id=f"{load.dataset.name} {mark_of(load, source, 'correct')}",
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
