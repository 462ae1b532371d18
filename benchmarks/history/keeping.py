"""What keeping costs: a correction with all checks, an archive, its verification, its size.

    python benchmarks/history/keeping.py [--days 10] [--accept]

Made-up minute bars of 1,000 instruments in a firm's own lake. A correction of 1,200 rows goes through the firm's door:
read, checked, compared with what is known, appended, journaled and synced; the view from before must be the same
afterwards. The peers do less: a DuckDB file replaces the same rows by their key and keeps no version; PyArrow rewrites
the same data files with zstd-9 and proves nothing; SHA-256 of the archived bytes is the floor of verifying.
"""

from __future__ import annotations

import datetime
import hashlib
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, at_most, circumstances, keep, timed
from minute_bars import MINUTES, day_of, days_of_bars, moment_of, symbol_of

from tallystick.firm import Firm
from tallystick.history import append_bars

NAME = "history.bars_minute"
INSTRUMENTS = 1_000
CHANGED_ROWS = 1_200


def changed(number: int, change: int) -> pl.DataFrame:
    """Corrected bars: the first 240 minutes of a few instruments, another price each time."""
    places = [(row // MINUTES, row % MINUTES) for row in range(CHANGED_ROWS)]
    prices = {name: [50.0 + change] * CHANGED_ROWS for name in ("open", "high", "low", "close")}
    starts = [moment_of(number, minute) for _, minute in places]
    return pl.DataFrame(
        {
            "symbol": [symbol_of(instrument) for instrument, _ in places],
            "date": [day_of(number)] * CHANGED_ROWS,
            "ts_start": pl.Series(starts).cast(pl.Datetime("ns", "UTC")),
            **prices,
            "volume": [1_000] * CHANGED_ROWS,
        }
    )


class Peer:
    """A DuckDB file with one day's bars under a key."""

    def __init__(self, path: Path, day: Any) -> None:
        self.connection = duckdb.connect(str(path))
        self.connection.register("day", day)
        self.connection.execute(
            "CREATE TABLE bars AS SELECT symbol, date, ts_start, open, high, low, close, volume FROM day"
        )
        self.connection.execute("CREATE UNIQUE INDEX key ON bars (symbol, date, ts_start)")

    def upsert(self, rows: pl.DataFrame) -> None:
        """Replace rows by their key."""
        prices = [(pl.col(name) * 10_000).cast(pl.Int64) for name in ("open", "high", "low", "close")]
        self.connection.register(
            "rows", rows.with_columns(pl.col("ts_start").to_physical(), *prices).to_arrow()
        )
        self.connection.execute("INSERT OR REPLACE INTO bars SELECT * FROM rows")
        self.connection.execute("CHECKPOINT")


def view(firm: Firm, known_at: int | None = None) -> Any:
    """A day of the instruments that are corrected."""
    symbols = [symbol_of(instrument) for instrument in range(CHANGED_ROWS // MINUTES)]
    return firm.context().lake.scan(
        NAME,
        columns=["symbol", "ts_start", "close"],
        within={"symbol": symbols, "date": (day_of(1), day_of(1))},
        known_at=known_at,
        order=["symbol", "ts_start"],
    )


def main() -> int:
    """Fill, correct, archive, verify; print seconds, sizes and ratios."""
    parser = arguments(__doc__)
    parser.add_argument("--days", type=int, default=10)
    given = parser.parse_args()
    found: dict[str, Any] = {}
    print(circumstances("duckdb", "pyarrow", "pyiceberg"))
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with Firm.create(place / "firm", first_day=datetime.date(2026, 11, 19), user="bench") as firm:
            days = days_of_bars(INSTRUMENTS)
            peer = None
            for number in range(given.days):
                bars = next(days)
                append_bars(firm.context(), bars, dataset=NAME, token=str(number))
                peer = Peer(place / "peer.duckdb", bars) if number == 1 else peer
            assert peer is not None, "at least two days"
            before, known_at = view(firm), moment_of(given.days, 0)
            changes = iter(range(1, 1_000))

            def correct() -> None:
                done = firm.history.correct(
                    files=[changed(1, next(changes))], dataset=NAME, reason="benchmark"
                )
                assert (done.rows, done.quarantined) == (CHANGED_ROWS, 0), done

            found["correct 1,200 rows, s"], _ = timed(correct, 7)
            found["duckdb upsert 1,200 rows, s"], _ = timed(lambda: peer.upsert(changed(1, next(changes))), 7)
            assert view(firm, known_at).equals(before), "the view from before has changed"
            firm.history.compact(dataset=NAME)
            assert view(firm, known_at).equals(before), "the view from before has changed"
            lake = firm.context().lake
            root = lake.table_folder(NAME)
            files = [root / file.path for file in lake.state(NAME).plan.files]
            found["files, bytes"] = lake.describe(NAME).bytes

            def rewrite() -> None:
                for file in files:
                    pq.write_table(
                        pq.read_table(file, partitioning=None),
                        place / "aside",
                        compression="zstd",
                        compression_level=9,
                    )

            found["pyarrow zstd-9, s"], _ = timed(rewrite, 1)
            before_date = day_of(given.days)
            found["archive, s"], _ = timed(lambda: firm.history.archive(dataset=NAME, before=before_date), 1)
            found["archive, bytes"] = lake.describe(NAME).bytes
            found["verify, s"], faults = timed(lambda: firm.history.verify_archive(), 5)
            assert faults.passed
            files = [root / file.path for file in lake.state(NAME).plan.files]
            found["sha-256, s"], _ = timed(lambda: [hashlib.sha256(file.read_bytes()) for file in files], 5)
            assert view(firm, known_at).equals(before), "the view from before has changed"
    for what, value in found.items():
        print(f"{what:32} {value if isinstance(value, int) else {k: round(v, 4) for k, v in value.items()}}")
    ratios = {
        "correct / duckdb upsert": found["duckdb upsert 1,200 rows, s"]["best"]
        / found["correct 1,200 rows, s"]["best"],
        "archive / pyarrow": found["pyarrow zstd-9, s"]["best"] / found["archive, s"]["best"],
        "verify / sha-256": found["sha-256, s"]["best"] / found["verify, s"]["best"],
        "size / files": found["files, bytes"] / found["archive, bytes"],
    }
    spent = found["correct 1,200 rows, s"]["best"]
    targets = [
        at_most("correction of 1,200 rows through the door, view from before unchanged", spent, 0.30, "s")
    ]
    return keep("history-keeping", found, ratios, accept=given.accept, targets=targets)


if __name__ == "__main__":
    sys.exit(main())
