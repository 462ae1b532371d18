"""The doors of keeping: what the lake holds."""

from __future__ import annotations

from tallystick.core.context import Context
from tallystick.core.operations import Table, operation
from tallystick.core.schema import Record
from tallystick.core.text import translate
from tallystick.history.requests import as_table, sort_columns

__all__ = ["DatasetsRequest"]


class DatasetsRequest(Record, frozen=True, kw_only=True):
    """Which part of the list; `sort` names a column, `-` before it for descending."""

    limit: int = 100
    offset: int = 0
    sort: str = ""


@operation(
    "history.datasets",
    permission="history.read",
    summary="What the lake holds: rows, size, dates, owner, quarantine.",
)
def datasets(context: Context, request: DatasetsRequest) -> Table:
    """A row for each table of the lake and each dataset that can be loaded."""
    from tallystick.history.keeping.catalog import DatasetLine, list_datasets

    lines = list_datasets(context.lake, context.language)
    names = list(DatasetLine.__struct_fields__)
    for name in reversed(list(sort_columns(request.sort, names))):
        column = name.removeprefix("-")
        lines.sort(
            key=lambda line: (getattr(line, column) is not None, getattr(line, column)),
            reverse=name[0] == "-",
        )
    page = lines[max(request.offset, 0) :][: request.limit]
    return as_table(DatasetLine, page, len(lines), translate("Datasets", context.language))
