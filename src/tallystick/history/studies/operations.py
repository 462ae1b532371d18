"""The doors of studies: which there are, and the answer of one."""

from __future__ import annotations

import datetime

from tallystick.core.context import Context
from tallystick.core.errors import TallystickError
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record, Text
from tallystick.core.text import translate
from tallystick.history.keeping.quotas import counted
from tallystick.history.requests import as_table, known_time_of, require_readable, sort_columns

__all__ = ["StudiesRequest", "StudyRequest"]


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

    `account` is its number, or the house's code. `top` is how many of the largest count as large. `known_at` asks what
    was known then.
    """

    study: str
    start: datetime.date | None = None
    end: datetime.date | None = None
    instrument: str = ""
    account: str = ""
    top: int = 10
    known_at: str = ""
    limit: int = 100
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
    page = lines[max(request.offset, 0) :][: request.limit]
    return as_table(StudyLine, page, len(lines), translate("Studies", context.language))


@operation(
    "history.study", permission="history.read", summary="The answer of one study, as known at any time."
)
@counted
def study(context: Context, request: StudyRequest) -> Table:
    """The rows of the study's query in its own order, unless `sort` says otherwise.

    TallystickError for a field that the study does not look at; no rows, and no columns either, while nothing is
    loaded. NotFound for an instrument of which nothing is found and that the market does not know.
    """
    import pyarrow as pa

    from tallystick.history.studies.given import GIVEN, account_number, tables_of
    from tallystick.history.studies.study import find_study

    found = find_study(request.study)
    _check_asked(found.name, found.asks, request)
    require_readable(context, found.tables)
    title = translate(found.title, context.language)
    there = {*context.lake.tables(), *GIVEN}
    if not {*found.tables} <= {*there, *found.optional}:
        return Table(pa.table({}), title=title)
    zone = context.settings.firm.zone
    known_at = known_time_of(request.known_at, zone)
    query, values = found.query(
        {
            "start": request.start,
            "end": request.end,
            "instrument": request.instrument,
            "account": account_number(context, request.account),
            "top": request.top,
            "zone": zone,
        }
    )
    rows = context.lake.sql(
        query, parameters=values, known_at=known_at, given=tables_of(context, found.tables, known_at)
    )
    if request.instrument and not rows.num_rows:
        context.machine("market").code_of(request.instrument)
    order = list(sort_columns(request.sort, rows.column_names))
    if order:
        directions = [
            (name.removeprefix("-"), "descending" if name[0] == "-" else "ascending") for name in order
        ]
        rows = rows.sort_by(directions)
    return Table(rows.slice(max(request.offset, 0), request.limit), total_rows=rows.num_rows, title=title)


def _check_asked(name: str, asks: tuple[str, ...], request: StudyRequest) -> None:
    for field in ("start", "end", "instrument", "account"):
        if getattr(request, field) not in (None, "") and field not in asks:
            raise TallystickError(
                "history.study_field",
                "The study {study} does not look at {field}.",
                "Leave it out; this study looks at {asks}.",
                study=name,
                field=field,
                asks=", ".join(asks),
            )
