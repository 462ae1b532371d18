"""What was put in on purpose: one row for each oddity of a day, in a table that no room of the product reads.

It stands in `simulation/truth/<date>.parquet` of the firm, outside the inbox; only tests and scoring open it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tallystick.core.schema import Record, schema_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["TruthRow", "read_truth", "write_truth"]


class TruthRow(Record, frozen=True, kw_only=True):
    """One oddity: its kind, the source and file that show it, the thing it happened to, what is right and what is told.

    `key` is the id that both sides know (order, execution, reference); `strength` how plain it is, 1 plain to 3 fine.
    """

    kind: str
    source: str
    file: str = ""
    key: str = ""
    account: int = -1
    instrument: int = -1
    field: str = ""
    right: str = ""
    wrong: str = ""
    strength: int = 1


def write_truth(folder: Path, date: datetime.date, rows: Sequence[TruthRow]) -> Path:
    """Write a day's truth table into a firm's folder, replacing an earlier one; gives its path."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / "simulation" / "truth" / f"{date}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    names = list(schema_of(TruthRow).columns)
    columns = {name: [getattr(row, name) for row in rows] for name in names}
    pq.write_table(pa.table(columns, schema=schema_of(TruthRow).arrow), path)
    return path


def read_truth(folder: Path, date: datetime.date) -> pa.Table:
    """A day's truth table, for tests and scoring alone. FileNotFoundError when the day was not simulated."""
    import pyarrow.parquet as pq

    return pq.read_table(folder / "simulation" / "truth" / f"{date}.parquet")
