"""The doors of studies: which there are, and the answer of one."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from tallystick.core.context import Context
from tallystick.core.errors import TallystickError
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record, Text
from tallystick.core.text import translate
from tallystick.history.asking.known import require_known
from tallystick.history.keeping.quotas import counted
from tallystick.history.requests import as_table, known_time_of, require_readable, sort_columns

if TYPE_CHECKING:
    from tallystick.history.studies.where import Where

__all__ = ["StudiesRequest", "StudyRequest"]

LARGEST = 10
"""How many of the largest count as large unless it is said."""


class StudiesRequest(Record, frozen=True, kw_only=True):
    """Which part of the list; `sort` names a column, `-` before it for descending."""

    limit: int = 100
    offset: int = 0
    sort: str = ""


class StudyLine(Record, frozen=True, kw_only=True):
    """A study: its question, the datasets that it reads, and which fields of the request it looks at."""

    study: Text
    title: Text
    question: Text
    tables: Text
    asks: Text


class StudyRequest(Record, frozen=True, kw_only=True):
    """One study by name, from `start` to `end` (both included), of one instrument or account where it asks for one.

    Amounts of an answer are of one currency: those of a `venue`, or of an instrument's own, else of the venues of the
    firm's home market; contracts are those in a `currency`, else the firm's. `account` is its number, or the house's
    code. `top` is how many of the largest count as large, 10 unless it is given. `known_at` asks what was known then;
    `limit` of 0 gives all rows.
    """

    study: str
    start: datetime.date | None = None
    end: datetime.date | None = None
    instrument: str = ""
    account: str = ""
    venue: str = ""
    currency: str = ""
    top: int | None = None
    known_at: str = ""
    limit: int = 0
    offset: int = 0
    sort: str = ""


@operation(
    "history.studies", permission="history.read", summary="The questions that history answers by name."
)
def list_studies(context: Context, request: StudiesRequest) -> Table:
    """A row for each study."""
    from tallystick.history.studies.study import studies

    lines = [
        StudyLine(
            study=study.name,
            title=translate(study.title, context.language),
            question=translate(study.question, context.language),
            tables=", ".join(study.tables),
            asks=", ".join(study.asks),
        )
        for study in studies().values()
    ]
    for name in reversed(list(sort_columns(request.sort, StudyLine.__struct_fields__))):
        lines.sort(key=lambda line: str(getattr(line, name.removeprefix("-"))), reverse=name[0] == "-")
    page = lines[max(request.offset, 0) :][: request.limit or None]
    return as_table(StudyLine, page, len(lines), translate("Studies", context.language))


@operation(
    "history.study", permission="history.read", summary="The answer of one study, as known at any time."
)
@counted
def study(context: Context, request: StudyRequest) -> Table:
    """The rows of the study's query in its own order, unless `sort` says otherwise.

    Fields say their unit in their metadata, the schema's says the query as it can be typed; the title of a study of
    venues says which, and their currency.

    TallystickError for a field that the study does not look at, and for a `top` below 1; no rows, and no columns
    either, while nothing is loaded. NotFound for an instrument of which nothing is found and that the market does not
    know.
    """
    import pyarrow as pa

    from tallystick.history.studies.given import GIVEN, tables_of
    from tallystick.history.studies.study import find_study, measured
    from tallystick.history.studies.where import where_of

    found = find_study(request.study)
    _check_asked(found.name, found.asks, request)
    require_readable(context, found.tables)
    title = translate(found.title, context.language)
    there = {*context.lake.tables(), *GIVEN}
    if not {*found.tables} <= {*there, *found.optional}:
        return Table(pa.table({}), title=title)
    known_at = known_time_of(request.known_at, context.settings.firm.zone)
    where = where_of(context, request.venue, request.instrument)
    values = _values(context, request, where)
    query, places = found.query(values)
    rows = context.lake.sql(
        query, parameters=places, known_at=known_at, given=tables_of(context, found.tables, known_at)
    )
    rows = measured(rows).replace_schema_metadata({"query": found.written(values)})
    if "venue" in found.asks:
        title = translate(
            "{title}: {venues}, {currency}",
            context.language,
            title=title,
            venues=", ".join(where.venues),
            currency=where.currency,
        )
    if request.instrument and not rows.num_rows:
        require_known(context, [request.instrument])
    order = list(sort_columns(request.sort, rows.column_names))
    if order:
        directions = [
            (name.removeprefix("-"), "descending" if name[0] == "-" else "ascending") for name in order
        ]
        rows = rows.sort_by(directions)
    page = rows.slice(max(request.offset, 0), request.limit or None)
    return Table(page, total_rows=rows.num_rows, title=title)


def _values(context: Context, request: StudyRequest, where: Where) -> dict[str, Any]:
    """What stands in the places of a study's query."""
    from tallystick.history.studies.given import account_number

    firm = context.settings.firm
    return {
        "start": request.start,
        "end": request.end,
        "instrument": request.instrument,
        "account": account_number(context, request.account),
        "top": LARGEST if request.top is None else request.top,
        "venues": where.venues,
        "home": firm.home_calendar,
        "zone": where.zone,
        "currency": request.currency or where.currency,
        "own": firm.currency,
    }


def _check_asked(name: str, asks: tuple[str, ...], request: StudyRequest) -> None:
    for field in ("start", "end", "instrument", "account", "venue", "currency", "top"):
        if getattr(request, field) not in (None, "") and field not in asks:
            raise TallystickError(
                "history.study_field",
                "The study {study} does not look at {field}.",
                "Leave it out; this study looks at {asks}.",
                study=name,
                field=field,
                asks=", ".join(asks),
            )
    if request.top is not None and request.top < 1:
        raise TallystickError(
            "history.study_top",
            "A study cannot tell the largest {top}.",
            "Ask for the largest 1 or more, or leave `top` out: then it is {largest}.",
            top=request.top,
            largest=LARGEST,
        )
