"""The doors of asking: prices and other series, as known at any time."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tallystick.core.context import Context
from tallystick.core.errors import TallystickError, mark
from tallystick.core.operations import Table, operation
from tallystick.core.text import translate
from tallystick.history.asking.known import DAILY, require_known
from tallystick.history.asking.questions import (
    ActionsRequest,
    AsofRequest,
    BarsRequest,
    FactorsRequest,
    PanelRequest,
    ResampleRequest,
    SqlRequest,
    StreamRequest,
    TicksRequest,
    UniverseRequest,
)
from tallystick.history.keeping.quotas import counted, counted_as_matrix
from tallystick.history.requests import (
    known_time_of,
    no_span,
    page_of,
    require_readable,
    sort_columns,
    time_span_of,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from tallystick.history.asking.rows import Span

__all__: list[str] = []

_ = mark

READ = "history.read"


@operation(
    "history.bars",
    permission=READ,
    summary="Bars of instruments, as traded or adjusted, as known at any time.",
)
@counted
def bars(context: Context, request: BarsRequest) -> Table:
    """A row for each bar, prices in 1e-4; by symbol and time unless `sort` says otherwise.

    NotFound for an instrument of which nothing is found, nothing was ever loaded, and that the market does not know.

    The schema of an adjusted answer says in its metadata how it was made, and each row its `factor`.
    """
    from tallystick.history.asking.bars import View, find_bars
    from tallystick.history.asking.sessions import Sessions

    sessions = Sessions(context.machine("market")) if request.freq == "5m" else None
    view = View(request.freq, request.adjust, request.anchor, sessions)
    found, total = find_bars(
        context.lake,
        _span(request),
        view,
        known_at=_known_at(context, request),
        columns=request.columns,
        order=_order(request.sort),
        limit=request.limit or None,
        offset=request.offset,
    )
    _require_known(context, request, total)
    title = _adjusted_title(context, translate("Bars", context.language), request)
    return Table(found, total_rows=total, title=_titled(context, title, request, found))


@operation(
    "history.ticks",
    permission=READ,
    summary="Trades of instruments one by one, as known at any time.",
)
@counted
def ticks(context: Context, request: TicksRequest) -> Table:
    """A row for each trade; by symbol, time and sequence unless `sort` says otherwise."""
    return _ticks(context, request, "history.trades", translate("Trades", context.language))


@operation(
    "history.quotes",
    permission=READ,
    summary="Best bids and asks of instruments, as known at any time.",
)
@counted
def quotes(context: Context, request: TicksRequest) -> Table:
    """A row for each change of the best quote; by symbol, time and sequence unless `sort` says otherwise."""
    return _ticks(context, request, "history.quotes", translate("Best quotes", context.language))


@operation(
    "history.depth",
    permission=READ,
    summary="Book snapshots of instruments, as known at any time.",
)
@counted
def depth(context: Context, request: TicksRequest) -> Table:
    """The five best prices of each side at a time, with their quantities; by symbol, time and sequence unless `sort`
    says otherwise.
    """
    return _ticks(context, request, "history.depth", translate("Book snapshots", context.language))


@operation(
    "history.actions",
    permission=READ,
    summary="Corporate actions of instruments, as known at any time.",
)
@counted
def actions(context: Context, request: ActionsRequest) -> Table:
    """A row for each action; by symbol and ex-date unless `sort` says otherwise."""
    within = {"kind": request.kinds} if request.kinds else None
    title = translate("Corporate actions", context.language)
    return _page(context, request, "history.actions", _span(request), title, within)


@operation(
    "history.factors",
    permission=READ,
    summary="What corporate actions do to prices: reference price and factor of each ex-date.",
)
@counted
def factors(context: Context, request: FactorsRequest) -> Table:
    """A row for each ex-date; one that is outside the expected range is marked, never left out."""
    from tallystick.history.asking.adjusting import find_ex_dates
    from tallystick.history.asking.factors import FactorLine, factor_lines

    known_at = _known_at(context, request)
    listed = find_ex_dates(
        context.lake, _span(request)._replace(start=None, end=None), "latest_bar", known_at
    )
    lines = [line for line in factor_lines(listed) if _is_within(line.ex_date, request.start, request.end)]
    return page_of(context, FactorLine, lines, request, _("Adjustment factors"))


@operation(
    "history.universe",
    permission=READ,
    summary="Who belonged to an index on a date, delisted ones included.",
)
@counted
def universe(context: Context, request: UniverseRequest) -> Table:
    """A row for each membership that holds on the date, by symbol."""
    from tallystick.history.asking.universe import read_universe

    date = request.date or context.journal.head().day
    assert date, "a firm has a business date from its making on"
    found = read_universe(context.lake, request.name, date, known_at=_known_at(context, request))
    names = [
        (one.removeprefix("-"), "descending" if one[0] == "-" else "ascending")
        for one in sort_columns(request.sort, found.column_names)
    ]
    if names:
        found = found.sort_by(names)
    title = translate("{index} on {date}", context.language, index=request.name, date=str(date))
    return _sliced(found, request, title)


@operation(
    "history.panel",
    permission=READ,
    summary="One figure of many instruments by date: a column for each instrument.",
)
@counted_as_matrix
def panel(context: Context, request: PanelRequest) -> Table:
    """A row for each date on which one of the instruments has a bar; empty where one has none."""
    from tallystick.history.asking.panel import read_panel

    found = read_panel(
        context.lake,
        request.field,
        _span(request),
        adjust=request.adjust,
        anchor=request.anchor,
        known_at=_known_at(context, request),
    )
    _require_known(context, request, found.num_rows)
    missing = [name for name in request.instruments if found[name].null_count == found.num_rows]
    title = translate("Panel of {field}", context.language, field=request.field)
    title = _adjusted_title(context, title, request)
    return _sliced(found, request, _with_missing(context, title, missing))


@operation(
    "history.asof",
    permission=READ,
    summary="Each row of one dataset with the last row of another that is not later.",
)
@counted
def asof(context: Context, request: AsofRequest) -> Table:
    """The left rows in their order; without a match the right columns are empty."""
    from tallystick.history.asking.asof import asof_datasets, asof_frames
    from tallystick.history.datasets import find_dataset

    if not (isinstance(request.left, str) and isinstance(request.right, str)):
        return _sliced(asof_frames(request), request, translate("As-of join", context.language))
    require_readable(context, [find_dataset(name).name for name in (request.left, request.right)])
    found = asof_datasets(
        context.lake,
        request.left,
        request.right,
        _span(request),
        by=request.by,
        left_on=request.left_on,
        right_on=request.right_on,
        tolerance=request.tolerance,
        lookback_days=request.lookback,
        columns=request.columns,
        known_at=_known_at(context, request),
    )
    return _sliced(found, request, translate("As-of join", context.language))


@operation(
    "history.resample",
    permission=READ,
    summary="Bars of any length from shorter bars or trades, by the venue's sessions.",
)
@counted
def resample(context: Context, request: ResampleRequest) -> Table:
    """A row for each bar, half-open [start, end), auctions apart, night sessions by trade date.

    TallystickError for trades that are to be adjusted.
    """
    from tallystick.history.asking import resample as bars_of
    from tallystick.history.asking.bars import View, rows_to_merge
    from tallystick.history.asking.rows import read_rows
    from tallystick.history.asking.sessions import Sessions

    span, known_at = _span(request), _known_at(context, request)
    if request.dataset != "trades":
        view = View(request.every, request.adjust, request.anchor)
        rows = rows_to_merge(context.lake, f"history.{request.dataset}", span, view, known_at)
    elif request.adjust == "none":
        rows = read_rows(context.lake, request.dataset, span, known_at=known_at)
    else:
        raise TallystickError(
            "history.trades_unadjusted",
            "Trades are not adjusted.",
            "Make the bars of shorter ones, `--dataset bars_minute`, or leave `adjust` out.",
        )
    _require_known(context, request, rows.num_rows, request.dataset)
    found = bars_of.resample(rows, request.every, Sessions(context.machine("market")))
    return _sliced(found, request, translate("Bars", context.language))


@operation(
    "history.sql",
    permission=READ,
    summary="The answer to one SELECT over the tables of the lake, as known at any time.",
)
@counted
def sql(context: Context, request: SqlRequest) -> Table:
    """The rows that the query gives; of columns of one name the later ones are numbered (`close`, `close_1`).

    Business tables ask for the reading right of their own room too; of the quarantine, rows of a dataset that the actor
    may not read are not there. A dataset that nothing was loaded into has no rows.
    """
    from tallystick.history.asking.sql import (
        empty_tables,
        named_as_declared,
        readable_quarantine,
        refuse_asof_join,
    )

    lake, query, known_at = context.lake, request.query, _known_at(context, request)
    tables = lake.engine.tables_of(query)
    require_readable(context, tables)
    refuse_asof_join(lake, query)
    given = empty_tables(lake, tables) | readable_quarantine(context, tables, known_at)
    found = lake.sql(query, known_at=known_at, given=given, engine=request.engine)
    found = named_as_declared(lake, query, found)
    return _sliced(found.rename_columns(_told_apart(found.column_names)), request, "")


@operation(
    "history.stream",
    permission=READ,
    summary="All rows of a dataset as batches, for answers larger than memory.",
)
@counted
def stream(context: Context, request: StreamRequest) -> Table:
    """The rows by day (month, year: as the dataset is partitioned) and in each as they are sorted.

    `batches()` of the reply gives them one batch after the other; over HTTP an Arrow stream or Parquet does.
    """
    from tallystick.history.asking.rows import count_rows, stream_rows
    from tallystick.history.datasets import find_dataset

    require_readable(context, [find_dataset(request.dataset).name])
    known_at, span = _known_at(context, request), _span(request)
    reader = stream_rows(context.lake, request.dataset, span, known_at=known_at, columns=request.columns)
    total = count_rows(context.lake, request.dataset, span, known_at=known_at)
    title = translate(find_dataset(request.dataset).spec.title, context.language)
    return Table(reader, total_rows=total, title=title)


def _ticks(context: Context, request: TicksRequest, name: str, title: str) -> Table:
    since, until = time_span_of(request.since, request.until, context.settings.firm.zone)
    found = _page(context, request, name, _span(request)._replace(since=since, until=until), title)
    _require_known(context, request, found.total_rows, name)
    return found


def _require_known(context: Context, request: Any, rows: int, dataset: str = DAILY) -> None:
    """Refuse unheard-of symbols where an answer has no row."""
    if not rows:
        require_known(context, request.instruments, dataset)


def _page(
    context: Context,
    request: TicksRequest | ActionsRequest,
    name: str,
    span: Span,
    title: str,
    within: dict[str, Any] | None = None,
) -> Table:
    """A page of a dataset's rows."""
    from tallystick.history.asking.rows import count_rows, read_rows

    known_at = _known_at(context, request)
    found = read_rows(
        context.lake,
        name,
        span,
        known_at=known_at,
        columns=request.columns,
        order=_order(request.sort) or None,
        within=within,
        limit=request.limit or None,
        offset=request.offset,
    )
    whole = not request.limit and not request.offset
    total = (
        found.num_rows if whole else count_rows(context.lake, name, span, known_at=known_at, within=within)
    )
    return Table(found, total_rows=total, title=_titled(context, title, request, found))


def _adjusted_title(context: Context, title: str, request: BarsRequest | PanelRequest) -> str:
    """The title with how the answer was adjusted, if it was."""
    if request.adjust == "none":
        return title
    return translate(
        "{title}, adjusted ({adjust}), anchored at {anchor}",
        context.language,
        title=title,
        adjust=request.adjust,
        anchor=request.anchor,
    )


def _titled(context: Context, title: str, request: Any, found: pa.Table) -> str:
    """The title of a whole answer, with the symbols asked for that it has nothing of."""
    if request.limit or request.offset or "symbol" not in found.column_names:
        return title
    import pyarrow.compute as pc

    there = set(pc.unique(found["symbol"]).to_pylist()) if request.instruments else set()
    return _with_missing(context, title, [one for one in request.instruments if one not in there])


def _with_missing(context: Context, title: str, missing: Sequence[str]) -> str:
    if not missing:
        return title
    return translate(
        "{title}; nothing for {symbols}", context.language, title=title, symbols=", ".join(missing)
    )


def _told_apart(names: Sequence[str]) -> list[str]:
    """The names, numbered where one stood before, so that every form of a reply can hold them."""
    taken = set(names)
    found: list[str] = []
    for name in names:
        free = name
        if name in found:
            free = next(one for n in itertools.count(1) if (one := f"{name}_{n}") not in taken)
        taken.add(free)
        found.append(free)
    return found


def _sliced(found: pa.Table, request: Any, title: str) -> Table:
    """A page of rows that were made whole."""
    page = found.slice(request.offset, request.limit or None)
    return Table(page, total_rows=found.num_rows, title=title)


def _span(request: Any) -> Span:
    """Which rows a request is about. TallystickError when its dates end before they begin."""
    from tallystick.history.asking.rows import Span

    if request.start and request.end and request.end < request.start:
        raise no_span(request.start, request.end)
    return Span(request.instruments, request.start, request.end)


def _known_at(context: Context, request: Any) -> int | None:
    return known_time_of(request.known_at, context.settings.firm.zone)


def _order(sort: str) -> Sequence[str]:
    return [name.strip() for name in sort.split(",") if name.strip()]


def _is_within(date: datetime.date, start: datetime.date | None, end: datetime.date | None) -> bool:
    return (start is None or date >= start) and (end is None or date <= end)
