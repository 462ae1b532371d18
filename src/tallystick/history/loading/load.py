"""Loading files and frames: read, check, keep what is good, set aside what is not, say both.

Each is kept as `recorded` says; small ones that tell of different rows share a commit.
"""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.text import render, translate
from tallystick.history.loading.columns import ColumnMapping
from tallystick.history.loading.opening import take_file
from tallystick.history.loading.read import Load, Read, begin, check_source, openings_of
from tallystick.history.loading.recorded import Kept, earlier_load, keep_all, summed
from tallystick.history.loading.reports import LoadFailure, LoadReport

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.history.loading.sources import Source

__all__ = ["load_files", "load_frame"]

ROWS_TOGETHER = 500_000
"""From so many rows on, what waits is committed."""


def load_files(
    context: Context,
    dataset: str,
    files: Sequence[Any],
    mapping: ColumnMapping,
    known_time: int | None = None,
    date: datetime.date | None = None,
) -> LoadReport:
    """Load files (paths) and frames, known at a time (UTC nanoseconds; now when None).

    Each is whole or not at all, so that a stopped load continues where it was; small ones that tell of different rows
    are committed together. With a `date`, a file that is of another one is refused, and rows without a date get it.
    A file that cannot be read is told among the report's `failures` and the others are loaded; TallystickError when it
    is the only one, when the disk is full, or when the dataset or the time of knowing is not right.
    """
    load = begin(context, dataset, mapping, known_time, date)
    together = Together(load)
    failures: list[tuple[str, TallystickError]] = []
    sizes = [_kilobytes(given) for given in files]
    what = translate("Loading into {dataset}, in kB", context.language, dataset=load.dataset.name)
    context.progress.start(what, sum(sizes))
    try:
        for given, size in zip(files, sizes, strict=True):
            name = Path(given).name if isinstance(given, str | Path) else "frame"
            for found in _read(load, given, together):
                if isinstance(found, TallystickError):
                    failures.append((str(found.values.get("file", name)), found))
                else:
                    together.add(found)
            # A file is half done when it is read and checked, and done when it is in the lake.
            together.owed += size - size // 2
            context.progress.step(size // 2, name)
    finally:
        together.keep()
    context.progress.finish()
    if failures and not together.kept and len(files) == 1:
        raise failures[0][1]
    report = summed(load, together.kept)
    told = [(name, failure.code, *render(failure, context.language)) for name, failure in failures]
    return msgspec.structs.replace(
        report,
        failures=[LoadFailure(file=f, code=c, failure=text, remedy=r) for f, c, text, r in told],
    )


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


class Together:
    """Sources of a load that are kept in one commit, while they are small and none tells of a row of another."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.kept: list[Kept] = []
        self.owed = 0
        """Kilobytes that progress is told of when they are in the lake."""
        self._reads: list[Read] = []

    def add(self, found: Read | Kept) -> None:
        """Take a source; an earlier load's report goes to its place among the others."""
        if isinstance(found, Kept):
            self.keep()
            self.kept.append(found)
            return
        if any(found.meets(read) for read in self._reads):
            self.keep()
        self._reads.append(found)
        if sum(read.checked.rows.height for read in self._reads) >= ROWS_TOGETHER:
            self.keep()

    def holds(self, digest: bytes) -> bool:
        """Whether a content waits here."""
        return any(read.source.sha256 == digest for read in self._reads)

    def keep(self) -> None:
        """Keep what waits."""
        reads, self._reads = self._reads, []
        if reads:
            self.kept += keep_all(self.load, reads)
        owed, self.owed = self.owed, 0
        self.load.context.progress.step(owed)


def _kilobytes(given: Any) -> int:
    """The size of a file for progress, at least 1; of a frame 1, since it lies in memory."""
    try:
        return max(1, Path(given).stat().st_size // 1000) if isinstance(given, str | Path) else 1
    except OSError:
        return 1  # reading it says what is wrong


def _read(load: Load, given: Any, together: Together) -> Iterator[Read | Kept | TallystickError]:
    """Read the source of a frame, or each of those in a file; what was loaded before is not read again. What cannot be
    read is given as why.
    """
    if isinstance(given, str | Path):
        given = _tried(functools.partial(take_file, Path(given)))
        if isinstance(given, TallystickError):
            yield given
            return
        if together.holds(given.sha256):
            together.keep()
        if earlier := earlier_load(load, given.sha256):
            yield earlier
            return
    for source in _opened(load, given):
        if isinstance(source, TallystickError):
            yield source
            continue
        if together.holds(source.sha256):
            together.keep()
        yield earlier_load(load, source.sha256) or _tried(functools.partial(check_source, load, source))


def _opened(load: Load, given: Any) -> Iterator[Source | TallystickError]:
    """The sources in a file, or why one of them cannot be opened."""
    try:
        for opening in openings_of(load, given):
            yield _tried(opening)
    except TallystickError as error:
        yield error


def _tried(read: Callable[[], Any]) -> Any:
    """What reading gives, or why nothing could be read."""
    try:
        return read()
    except TallystickError as error:
        return error
