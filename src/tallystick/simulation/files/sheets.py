"""One file of a day before it is written: its columns by layout, so that oddities can be put in by row."""

from __future__ import annotations

import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from tallystick.wire import find_layout, write_file

__all__ = ["Sheet"]


class Sheet(NamedTuple):
    """A file of one source: where it goes in the inbox, by which layout, header and rows.

    `keys` names the column by which outsiders know a row; `stated` are the rows that the trailer counts, when they are
    not the ones written (a file that was cut).
    """

    source: str
    name: str
    layout: str
    header: dict[str, Any]
    rows: pa.Table
    keys: str
    stated: pa.Table | None = None

    def data(self, date: datetime.date) -> bytes:
        """The file's bytes."""
        layout = find_layout(self.layout, date)
        written = write_file(layout, self.rows, header=self.header)
        if self.stated is None:
            return written
        whole = write_file(layout, self.stated, header=self.header)
        end = layout.line_end.encode("ascii")
        return (
            written[: written.rindex(end, 0, -len(end)) + len(end)]
            + whole[whole.rindex(end, 0, -len(end)) + len(end) :]
        )
