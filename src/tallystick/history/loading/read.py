"""What a load works with: its circumstances, and its sources once they are opened, read and checked."""

from __future__ import annotations

import contextlib
import datetime
import functools
import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tallystick.core.errors import TallystickError
from tallystick.core.lake.places import alone
from tallystick.core.schema import number_date
from tallystick.history.datasets import QUARANTINE, Dataset, find_dataset, lake_of
from tallystick.history.loading.checked import Checked, check_rows
from tallystick.history.loading.checks import Circumstances
from tallystick.history.loading.columns import (
    ColumnMapping,
    find_columns,
    missing_columns,
    shared_headers,
    with_title,
)
from tallystick.history.loading.completing import complete
from tallystick.history.loading.csv_lines import BrokenLine
from tallystick.history.loading.frames import FRAME, in_python, open_frame
from tallystick.history.loading.header_units import with_stated
from tallystick.history.loading.headers import title_adjustment, title_date
from tallystick.history.loading.hours import note_own_date, warn_label, with_nights
from tallystick.history.loading.opening import Opening, WholeFile, openings, take_file
from tallystick.history.loading.reading import Wanted
from tallystick.history.loading.rows import Rows, Warned
from tallystick.history.loading.sources import Doubt, Places, Source
from tallystick.history.loading.typed import TYPED, TypedRows
from tallystick.history.loading.venue_days import trade_dates
from tallystick.history.requests import latest_time, require_not_future

if TYPE_CHECKING:
    from tallystick.core.context import Context
    from tallystick.core.lake import Lake

__all__ = ["Load", "Read", "begin", "check_source", "open_sources", "openings_of"]


class Load(NamedTuple):
    """What every file of a load shares."""

    context: Context
    lake: Lake
    dataset: Dataset
    mapping: ColumnMapping
    known_time: int
    zone: str
    date: datetime.date | None = None
    stated: int | None = None
    """The time of knowing as it was given; None when it is the time of the load."""

    def read_by(self, content: bytes) -> str:
        """SHA-256 of how a content (by its hash) is read, in hex: another mapping or date makes other rows of the same
        bytes; a stated time of knowing says them anew where they were loaded as known at another one.
        """
        told: tuple[Any, ...] = (self.mapping, self.date)
        plain = _hashed(told)
        before = self.context.machine("history").loaded(self.dataset.name, content, plain)
        if self.stated is None or before is None or before.known_time == self.stated:
            return plain
        return _hashed((*told, self.stated))

    def turn(self) -> contextlib.AbstractContextManager[None]:
        """Wait for one's turn in comparing rows with what is known of the dataset and adding them: two that do it at
        once would each miss what the other says.
        """
        return alone(self.lake.folder, f"{self.dataset.name}.turn")

    @property
    def given(self) -> Circumstances:
        """What the checks may ask."""
        return Circumstances(self.known_time, self.zone, self.context.machine("market"), self.lake)


def _hashed(told: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()


class Read(NamedTuple):
    """A source whose rows were read and checked: the good and the faulty ones, the lines that were cut before they had
    columns, where its columns are.
    """

    source: Source
    checked: Checked
    cut: list[BrokenLine]
    places: Places

    def meets(self, other: Read) -> bool:
        """Whether both may tell of the same row: they have dates and symbols in common."""
        if not len(self.checked.places) or not len(other.checked.places):
            return False
        (low, high), (first, last) = self.checked.dates, other.checked.dates
        if low > last or first > high:
            return False
        ours, theirs = self.checked.first_words, other.checked.first_words
        return not ours or not theirs or not ours.isdisjoint(theirs)


def begin(
    context: Context,
    dataset: str,
    mapping: ColumnMapping,
    known_time: int | None,
    date: datetime.date | None = None,
) -> Load:
    """What the files of a load share. TallystickError for a dataset that is not filled from files, and for a
    time of knowing that is still to come.
    """
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
    latest = latest_time(context)
    if known_time is not None:
        require_not_future(known_time, latest, context.settings.firm.zone)
    known = latest if known_time is None else known_time
    return Load(context, lake, found, mapping, known, zone, date, known_time)


def openings_of(load: Load, given: Any) -> Iterator[Opening]:
    """What opens the source of a frame, or each of those in a file: a path, or one that was read already."""
    if not isinstance(given, str | Path | WholeFile):
        yield functools.partial(open_frame, TYPED if isinstance(given, TypedRows) else FRAME, given)
        return

    def missing(names: Sequence[str]) -> int:
        return len(
            missing_columns(
                load.dataset, names, load.mapping, ["date"] if "date" in load.dataset.required else []
            )
        )

    whole = given if isinstance(given, WholeFile) else take_file(Path(given))
    yield from openings(whole, load.mapping, missing)


def open_sources(load: Load, given: Any) -> Iterator[Source]:
    """The source of a frame, or each of those in a file. TallystickError for the first that does not open."""
    return (opened() for opened in openings_of(load, given))


def check_source(load: Load, source: Source, made_whole: Callable[[Rows], Rows] | None = None) -> Read:
    """Read and check a source's rows; `made_whole` adds what rows of a correction leave out."""
    load = load._replace(mapping=with_title(load.mapping, source.title))
    date = _date_of(load, source)
    places = _places_in(load, source, ["date"] if date else [])
    mapping, stated = with_stated(load.dataset, load.mapping, source.name, source.header, places)
    source.doubts += [Doubt("history.unit_stated", name, f"{factor:,}") for name, factor in stated.items()]
    shared = shared_headers(source.header, places)
    source.doubts += [Doubt("history.one_header", names, header) for header, names in shared.items()]
    if load.dataset.traded and (adjusted := title_adjustment(source.title)):
        source.doubts.append(Doubt("history.adjusted_title", "", adjusted))
    wanted = Wanted(load.dataset, mapping, load.zone)
    rows, cut = source.read(wanted, places, date)
    if load.dataset.time != "date" and "date" not in places:
        rows.columns.pop("date", None)  # it was for times of day alone; a row's own time says its date
    market = load.context.machine("market")
    rows = complete(wanted, rows, lambda local, venue, night: trade_dates(market, local, venue, night))
    if load.dataset.time in ("interval", "instant") and "date" not in places and not mapping.night:
        rows = with_nights(rows, load.given)
    rows = made_whole(rows) if made_whole else rows
    if not rows.height and not cut:
        rows.notes.warnings.append(Warned("history.header_only", "", 0, 0))
    if rows.height and load.dataset.time != "date" and "date" in places:
        note_own_date(rows, load.given)
    if rows.height and mapping.label == "end" and "ts_end" not in places:
        warn_label(rows, load.given)
    checked = check_rows(rows, load.given)
    _refuse_other_date(load, source, checked)
    return Read(source, checked, cut, places)


def _places_in(load: Load, source: Source, given: Sequence[str]) -> Places:
    """Where the dataset's columns stand in a source; what is missing of a frame is told as a program would mend it."""
    try:
        return find_columns(load.dataset, source.header, load.mapping, source.name, given)
    except TallystickError as error:
        raise (in_python(error) if source.name == FRAME else error) from None


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
