"""A panel of adjusted daily closes out of the lake, against Polars and DuckDB pivoting plain files without adjusting.

    python benchmarks/history/panel.py [--instruments 1000] [--years 10] [--accept]

Made-up daily bars, a file for each year as the lake has them, and one corporate action a year and instrument. The peers
read the same rows from sorted zstd-3 Parquet and pivot them; they know no actions, no known time and no versions, so
what we are held to is the plain panel, and what adjusting costs is told beside it. The peers' panels are compared.
"""

from __future__ import annotations

import datetime
import sys
import tempfile
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, at_most, circumstances, keep, timed

from tallystick.core.lake import Lake
from tallystick.history import Span, append_bars, read_panel

SESSIONS_A_YEAR = 243
LAST_YEAR = 2025
KNOWN = 10**18


def fill(lake, folder, instruments, years):
    """The same bars into the lake and into plain files, and actions into the lake."""
    random = np.random.default_rng(7)
    names = pa.array([f"{1000 + n}.XTAI" for n in range(instruments)])
    price = random.integers(100_000, 9_000_000, (instruments, 1))
    for year in range(LAST_YEAR + 1 - years, LAST_YEAR + 1):
        first = datetime.date(year, 1, 1).toordinal() - 719_163
        days = [day for day in range(first, first + 365) if (day + 3) % 7 < 5][:SESSIONS_A_YEAR]
        moves = np.cumsum(random.integers(-3, 4, (instruments, len(days))) * 1_000, axis=1)
        close = np.maximum(price + moves, 10_000).ravel()
        codes, dates = (
            np.repeat(np.arange(instruments), len(days)),
            np.tile(np.array(days, dtype=np.int32), instruments),
        )
        rows = pa.table(
            {
                "symbol": names.take(pa.array(codes)),
                "date": pa.array(dates).cast(pa.date32()),
                "open": close,
                "high": close + 500,
                "low": close - 500,
                "close": close,
                "volume": close // 7,
            }
        )
        append_bars(lake, rows, known_time=KNOWN)
        pq.write_table(
            rows, folder / f"{year}.parquet", compression="zstd", compression_level=3, row_group_size=61_440
        )
        ex_dates = first + random.integers(160, 240, instruments)
        cash = random.random(instruments) < 0.8
        actions = {
            "symbol": names,
            "ex_date": pa.array(ex_dates.astype(np.int32)).cast(pa.date32()),
            "kind": pa.array(np.where(cash, "cash", "stock")),
            "cash": pa.array(random.integers(1_000, 50_000, instruments), mask=~cash),
            "ratio": pa.array(random.integers(10**6, 2 * 10**7, instruments), mask=cash),
        }
        append_bars(lake, pa.table(actions), dataset="history.actions", known_time=KNOWN)


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--instruments", type=int, default=1_000)
    parser.add_argument("--years", type=int, default=10)
    given = parser.parse_args()
    print(circumstances("polars", "duckdb", "pyarrow"))
    with tempfile.TemporaryDirectory() as name, Lake(Path(name) / "lake") as lake:
        folder = Path(name)
        fill(lake, folder, given.instruments, given.years)

        def pivot():
            frame = pl.scan_parquet(folder / "*.parquet").select("date", "symbol", "close").collect()
            return frame.pivot("symbol", index="date", values="close", maintain_order=True)

        kinds = {
            "as traded": {},
            "adjusted, latest bar": {"adjust": "total"},
            "adjusted, series start": {"adjust": "total", "anchor": "series_start"},
            "adjusted, 50 instruments": {"adjust": "total"},
        }
        few = Span([f"{1000 + n}.XTAI" for n in range(50)])
        found, seconds = {}, {}
        for what, how in kinds.items():
            span = few if "50" in what else Span()
            told, answer = timed(lambda how=how, span=span: read_panel(lake, "close", span, **how), 7)
            seconds[what] = told["best"]
            found[f"{what}, first, s"] = round(told["first"], 4)
            if not how:
                plain = answer
        told, pivoted = timed(pivot, 5)
        seconds["Polars, as traded"] = told["best"]
        assert pl.from_arrow(plain).equals(pivoted.select(plain.column_names)), "Polars' panel differs"
        query = (
            f"PIVOT (SELECT date, symbol, close FROM '{folder}/*.parquet') ON symbol USING first(close) "
            "GROUP BY date ORDER BY date"
        )
        told, pivoted = timed(lambda: duckdb.sql(query).to_arrow_table(), 5)
        seconds["DuckDB, as traded"] = told["best"]
        assert pivoted.select(plain.column_names).cast(plain.schema).equals(plain), "DuckDB's panel differs"
    for what, spent in seconds.items():
        print(f"{what:<28} {spent:7.3f} s  {plain.num_rows} dates")
    found |= {f"{what}, s": round(spent, 4) for what, spent in seconds.items()}
    ratios = {
        f"{peer} / ours": seconds[peer] / seconds["as traded"]
        for peer in ("Polars, as traded", "DuckDB, as traded")
    }
    size = f"{given.instruments:,} instruments x {given.years} years"
    targets = [
        at_most(f"panel of closes, {size}, {what}", seconds[what], 0.3, "s")
        for what in kinds
        if what.startswith("adjusted") and "50" not in what
    ]
    return keep("history-panel", found, ratios, accept=given.accept, targets=targets)


if __name__ == "__main__":
    sys.exit(main())
