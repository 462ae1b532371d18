"""The as-of join of trades with quotes against Polars, DuckDB and chDB, on the same rows.

    python benchmarks/history/asof.py [--trades 6000000] [--quotes 14000000] [--accept]

Made-up trades and quotes of 1,000 instruments in one session, in order by instrument and time; some quotes share their
time, and then the larger sequence number counts. All join bid and ask to every trade. Every row is compared with a slow
reference in plain Python, and with Polars, which takes the last of equal quotes as we do; DuckDB and chDB take any of
them, so of these only the number of rows that match is. They count in place of giving the joined rows, which leaves
them less work. Peers that need codes get them ready.

The limit: 20 M rows x 12 bytes read and 6 M x 8 bytes written are 0.29 GB, 0.04 s at 8 GB/s of one core.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measured import arguments, at_most, circumstances, installed, keep, timed

from tallystick.history import asof
from tallystick.history.asking.asof import match_rows

INSTRUMENTS = 1_000
SESSION_NS = 16_200 * 10**9
OPENING = 1_795_136_400 * 10**9


def side(random, rows):
    """Instrument codes and times in order; times are whole microseconds, so that some are equal."""
    codes = np.sort(random.integers(0, INSTRUMENTS, rows)).astype(np.int32)
    times = OPENING + random.integers(0, SESSION_NS // 100_000, rows) * 100_000
    order = np.lexsort((times, codes))
    return codes, times[order]


def tables(trades, quotes):
    """Trades and quotes with texts and with codes, as they come from files: in a few chunks."""
    random = np.random.default_rng(7)
    names = pa.array([f"{1000 + n}.XTAI" for n in range(INSTRUMENTS)])
    made = []
    for rows, prices in ((trades, ("price",)), (quotes, ("bid", "ask"))):
        codes, times = side(random, rows)
        columns = {"symbol": names.take(pa.array(codes)), "instrument": codes, "ts": times}
        if rows is quotes:
            columns["seq"] = np.arange(rows)
        columns |= {name: random.integers(100_000, 9_000_000, rows) for name in prices}
        made.append(pa.table(columns))
    return made


def slow_matches(trades, quotes):
    """The reference: for each trade the row of its quote, or -1, one after the other."""
    matches, row = [], 0
    left = np.searchsorted(trades["instrument"], np.arange(INSTRUMENTS + 1))
    right = np.searchsorted(quotes["instrument"], np.arange(INSTRUMENTS + 1))
    for code in range(INSTRUMENTS):
        row, end = int(right[code]), int(right[code + 1])
        first, times = row, [*quotes["ts"][row:end].to_pylist(), 2**63]
        for moment in trades["ts"][int(left[code]) : int(left[code + 1])].to_pylist():
            while times[row - first] <= moment:
                row += 1
            matches.append(row - 1 if row > first else -1)
    return np.array(matches)


def chdb_seconds(trades, quotes, matched):
    """chDB's time on the same tables; None when it is not installed."""
    if not installed("chDB", "chdb"):
        return None
    import chdb

    query = (
        "SELECT count() FROM Python(trades) AS l ASOF JOIN Python(quotes) AS r "
        "ON l.instrument = r.instrument AND l.ts >= r.ts WHERE r.bid + r.ask > 0"
    )
    told, answer = timed(lambda: chdb.query(query, "CSV"), 2)
    assert int(str(answer)) == matched, "chDB matches other rows"
    return told["best"]


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--trades", type=int, default=6_000_000)
    parser.add_argument("--quotes", type=int, default=14_000_000)
    given = parser.parse_args()
    print(circumstances("polars", "duckdb", "pyarrow"))
    start = time.perf_counter()
    asof(pa.table({"symbol": ["A"], "ts": [1]}), pa.table({"symbol": ["A"], "ts": [1], "seq": [1]}))
    found = {"compile or load the kernels, s": time.perf_counter() - start}
    trades, quotes = tables(given.trades, given.quotes)
    arrays = [
        table[name].to_numpy()
        for table, names in ((trades, ("instrument", "ts")), (quotes, ("instrument", "ts", "seq")))
        for name in names
    ]
    wanted = ["bid", "ask"]
    ours = {
        "rows matched, codes ready": timed(lambda: match_rows(*arrays, codes=INSTRUMENTS), 7),
        "joined, codes ready": timed(lambda: asof(trades, quotes, by="instrument", columns=wanted), 5),
        "joined, from texts": timed(lambda: asof(trades, quotes, columns=wanted), 5),
    }
    rows = ours["rows matched, codes ready"][1]
    assert np.array_equal(rows, slow_matches(trades, quotes)), "the reference differs"
    print(f"all {len(rows):,} rows are those of the reference in plain Python")
    left, right = pl.from_arrow(trades), pl.from_arrow(quotes)
    left, right = left.set_sorted("ts"), right.set_sorted("ts")
    peers = {
        f"Polars, {what}": timed(
            lambda by=by: left.join_asof(right, on="ts", by=by, check_sortedness=False), 2
        )
        for what, by in (("from codes", "instrument"), ("from texts", "symbol"))
    }
    joined = ours["joined, from texts"][1]
    for name in wanted:
        assert joined[name].equals(ours["joined, codes ready"][1][name]), f"texts and codes differ in {name}"
        assert pl.from_arrow(joined[name]).equals(peers["Polars, from codes"][1][name]), (
            f"Polars differs in {name}"
        )
    with duckdb.connect() as database:
        matched = given.trades - joined["bid"].null_count
        query = (
            "SELECT count(*) FROM trades l ASOF LEFT JOIN quotes r ON l.instrument = r.instrument AND l.ts >= r.ts "
            "WHERE bid + ask > 0"
        )
        database.register("trades", trades)
        database.register("quotes", quotes)
        peers["DuckDB, from codes"] = timed(lambda: database.execute(query).fetchone()[0], 1)
        assert peers["DuckDB, from codes"][1] == matched, "DuckDB matches other rows"
    seconds = {what: told["best"] for what, (told, _) in {**ours, **peers}.items()}
    if (chdb := chdb_seconds(trades, quotes, matched)) is not None:
        seconds["chDB, from codes"] = chdb
    for what, spent in seconds.items():
        print(f"{what:<28} {spent:7.3f} s")
    found |= {f"{what}, s": round(spent, 4) for what, spent in seconds.items()}
    ratios = {
        f"{what} / ours": spent / seconds["joined, from texts" if "texts" in what else "joined, codes ready"]
        for what, spent in seconds.items()
        if what.split(",")[0] in ("Polars", "DuckDB", "chDB")
    }
    size = f"{given.trades / 1e6:g} M x {given.quotes / 1e6:g} M"
    targets = [
        at_most(f"as-of join {size}, codes ready", seconds["joined, codes ready"], 0.15, "s"),
        at_most(f"as-of join {size}, from texts", seconds["joined, from texts"], 0.50, "s"),
    ]
    return keep("history-asof", found, ratios, accept=given.accept, targets=targets)


if __name__ == "__main__":
    sys.exit(main())
