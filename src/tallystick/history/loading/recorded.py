"""Keeping what was read: broken rows set aside, good ones in the lake, what became of both in the journal.

The order makes a kill harmless: quarantine first, then the good rows, then the journal; the two appends carry the
content's hash as token, so that loading again continues instead of doubling.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from tallystick.history.datasets import QUARANTINE
from tallystick.history.events import DatasetLoaded
from tallystick.history.loading.earlier_views import without_rewriting
from tallystick.history.loading.emptied import emptied_figures
from tallystick.history.loading.filling import Filled, Part, append_all, room_on_disk
from tallystick.history.loading.known import known_facts, without_undoing
from tallystick.history.loading.purged import purged_since, without_purged
from tallystick.history.loading.read import Load, Read
from tallystick.history.loading.reasons import sentence
from tallystick.history.loading.reports import FileReport, LoadReport, LoadWarning, ReasonCount, RowReason
from tallystick.history.loading.rows import Rows, Warned
from tallystick.history.loading.setting_aside import Broken, broken_rows, release_own, set_aside
from tallystick.history.loading.sources import Source

__all__ = ["REASONS_SHOWN", "Kept", "earlier_load", "keep_all", "summed", "told_again"]

REASONS_SHOWN = 100
EXAMPLES = 5
"""Rows that are told of each reason and column."""

NAMED_FILES = 3


class Kept(NamedTuple):
    """What became of one source: its report, its first quarantined rows, and what is doubted."""

    report: FileReport
    reasons: list[RowReason]
    warnings: list[LoadWarning] = []
    counts: list[ReasonCount] = []


def keep_all(load: Load, reads: Sequence[Read], *, sets_aside: bool = True) -> list[Kept]:
    """Quarantine first, then the good rows, then the journal; once for a content. No two of the sources may meet.

    Unless it `sets_aside`, faulty rows are told and not put into quarantine: they stand there as they were at first.
    """
    with load.turn():
        return _keep_all(load, reads, sets_aside=sets_aside)


def _keep_all(load: Load, reads: Sequence[Read], *, sets_aside: bool) -> list[Kept]:
    before = [earlier_load(load, read.source.sha256) for read in reads]
    fresh = [read for read, earlier in zip(reads, before, strict=True) if earlier is None]
    if not fresh:
        return [earlier for earlier in before if earlier is not None]
    hashes = [read.source.sha256 for read in fresh]
    whole = hashes[0] if len(hashes) == 1 else hashlib.sha256(b"".join(hashes)).digest()
    ways = {load.read_by(one) for one in hashes}
    token = f"load {whole.hex()} {' '.join(sorted(ways))}"
    known = [known_facts(load, read) for read in fresh]
    fresh = [without_rewriting(load, read, token) for read in fresh]
    if not load.lake.committed(load.dataset.name, token):
        fresh = [without_undoing(load, read, facts) for read, facts in zip(fresh, known, strict=True)]
    purged = [without_purged(load, read) for read in fresh]
    fresh = [read for read, _ in purged]
    broken = [broken_rows(load, read) for read in fresh]
    with room_on_disk(", ".join(read.source.name for read in fresh[:NAMED_FILES])):
        aside = list(zip((read.source for read in fresh), broken, strict=True))
        if sets_aside:
            set_aside(load, aside, token)
        parts = [
            Part(read.checked, load.mapping.source or read.source.name, facts)
            for read, facts in zip(fresh, known, strict=True)
        ]
        filled = append_all(load.lake, load.given, parts, token)
        release_own(load, aside)
    told = [
        _tell(load, read, rows, done, [*gone, *emptied_figures(load, read, facts)], sets_aside=sets_aside)
        for (read, gone), rows, done, facts in zip(purged, broken, filled, known, strict=True)
    ]
    kept = iter(told)
    return [earlier or next(kept) for earlier in before]


def _tell(
    load: Load,
    read: Read,
    broken: Broken,
    filled: Filled,
    doubts: Sequence[LoadWarning],
    *,
    sets_aside: bool,
) -> Kept:
    """Write to the journal what became of a source, and report it."""
    source, checked = read.source, read.checked
    fact = DatasetLoaded(
        dataset=load.dataset.name,
        source=source.name,
        sha256=source.sha256,
        rows=filled.rows,
        quarantined=len(broken) if sets_aside else 0,
        duplicates=checked.duplicates + len(checked.places) - filled.rows,
        without_trade=checked.without_trade,
        known_time=load.known_time,
        read_by=load.read_by(source.sha256),
    )
    if not load.context.send(fact).accepted and (earlier := earlier_load(load, source.sha256)):
        return earlier  # another process loaded the same content at the same time
    used = {place for spot in read.places.values() for place in spot}
    warnings = [
        _warning(load, source, checked.rows, warned) for warned in (*checked.warnings, *filled.warnings)
    ]
    warnings += doubts
    if not load.mapping.verified:
        warnings.append(_unverified(load, source, filled.rows))
    report = FileReport(
        file=source.name,
        loaded=filled.rows,
        changed=filled.changed,
        quarantined=len(broken),
        duplicates=fact.duplicates,
        without_trade=checked.without_trade,
        rounded=checked.rows.rounded,
        source_hash=source.sha256.hex(),
        known_time=load.known_time,
        unused_columns=[name for place, name in enumerate(source.header) if name and place not in used],
        encoding=source.encoding,
    )
    return told_again(Kept(report, [], warnings), broken)


def told_again(kept: Kept, broken: Broken) -> Kept:
    """What became of a source, with the rows of it that were not loaded."""
    reasons = [row.reason for row in broken]
    report = msgspec.structs.replace(kept.report, quarantined=len(broken))
    return Kept(report, _examples(reasons), kept.warnings, _counted(reasons))


def earlier_load(load: Load, digest: bytes) -> Kept | None:
    """The report of a content that was loaded before and read the same, from the journal's machine and the quarantine
    table: its rows are there already, and those that were set aside then still tell why.
    """
    name = load.dataset.name
    before = load.context.machine("history").loaded(name, digest, load.read_by(digest))
    if before is None:
        return None
    rows = load.lake.scan(
        QUARANTINE.name,
        within={"dataset": name, "sha256": digest},
        where="released_by IS NULL",
        order=["row"],
    )
    reasons = [
        RowReason(
            file=row["file"],
            row=row["row"],
            column=row["column"],
            code=row["reason"],
            value=row["value"],
            reason=sentence(row["reason"], row["column"], row["value"], load.context.language),
        )
        for row in rows.select(["file", "row", "column", "reason", "value"]).to_pylist()
    ]
    report = FileReport(
        file=before.source,
        loaded=0,
        quarantined=rows.num_rows,
        duplicates=before.rows + before.duplicates,
        without_trade=before.without_trade,
        rounded=0,
        source_hash=digest.hex(),
        known_time=before.known_time,
        repeated=True,
    )
    gone = purged_since(load, before.source, before.received_at)
    return Kept(report, _examples(reasons), gone, _counted(reasons))


def _examples(reasons: Sequence[RowReason]) -> list[RowReason]:
    """The first rows of each reason and column, so that one that comes often does not hide another."""
    seen: Counter[tuple[str, str]] = Counter()
    found = []
    for reason in reasons:
        seen[reason.code, reason.column] += 1
        if seen[reason.code, reason.column] <= EXAMPLES:
            found.append(reason)
    return found[:REASONS_SHOWN]


def _counted(reasons: Sequence[RowReason]) -> list[ReasonCount]:
    """How many rows each reason and column has, and the first of them."""
    rows = Counter((reason.code, reason.column) for reason in reasons)
    first = {(reason.code, reason.column): reason for reason in reversed(reasons)}
    return [
        ReasonCount(
            code=code, column=column, rows=count, file=first[code, column].file, row=first[code, column].row
        )
        for (code, column), count in rows.items()
    ]


def _together(counts: Iterable[ReasonCount]) -> list[ReasonCount]:
    """Counts of several files as one, most first."""
    found: dict[tuple[str, str], ReasonCount] = {}
    for one in counts:
        before = found.get((one.code, one.column))
        whole = one if before is None else msgspec.structs.replace(before, rows=before.rows + one.rows)
        found[one.code, one.column] = whole
    return sorted(found.values(), key=lambda one: -one.rows)


def _warning(load: Load, source: Source, rows: Rows, warned: Warned) -> LoadWarning:
    number = int(rows.numbers[warned.place]) if rows.height else 0
    return LoadWarning(
        file=source.name,
        column=warned.column,
        code=warned.code,
        rows=warned.rows,
        row=number,
        warning=sentence(warned.code, warned.column, warned.value or str(number), load.context.language),
    )


def _repeated(load: Load, files: Sequence[FileReport]) -> list[LoadWarning]:
    """That contents were not read again, where others came after them: what these said since stays."""
    machine = load.context.machine("history")
    loads, corrections = machine.loads(load.dataset.name), machine.corrections(load.dataset.name)
    last = max((one.received_at for one in (*loads, *corrections)), default=0)
    came = {one.sha256.hex(): one.received_at for one in loads}
    old = [one for one in files if one.repeated and came.get(one.source_hash, last) < last]
    if not old:
        return []
    code = "history.read_before"
    told = sentence(code, "", str(len(old)), load.context.language)
    return [LoadWarning(file=old[0].file, column="", code=code, rows=0, row=0, warning=told)]


def _unverified(load: Load, source: Source, rows: int) -> LoadWarning:
    code, vendor = "history.unverified", load.mapping.source
    told = sentence(code, "", vendor, load.context.language)
    return LoadWarning(file=source.name, column="", code=code, rows=rows, row=0, warning=told)


def summed(load: Load, kept: Sequence[Kept]) -> LoadReport:
    """What a load did in all. Rows that were set aside are counted once for a content, also when it was named twice."""
    files = [one.report for one in kept]
    once = list({one.report.source_hash: one for one in reversed(kept)}.values())[::-1]

    def total(name: str, counted: Sequence[Kept] = kept) -> int:
        return int(np.sum([getattr(one.report, name) for one in counted], dtype=np.int64))

    return LoadReport(
        dataset=load.dataset.name,
        loaded=total("loaded"),
        changed=total("changed"),
        quarantined=total("quarantined", once),
        duplicates=total("duplicates"),
        without_trade=total("without_trade", once),
        reasons=_examples([reason for one in once for reason in one.reasons]),
        files=files,
        source_hash=files[0].source_hash if len(files) == 1 else "",
        warnings=[*_repeated(load, files), *(warned for one in kept for warned in one.warnings)],
        reason_counts=_together(count for one in once for count in one.counts),
    )
