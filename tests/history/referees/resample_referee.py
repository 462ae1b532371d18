"""Longer bars out of shorter ones: minutes into 5, 15 or 60 minutes, days into weeks or months.

Rule text: buckets are half-open, `[start, end)`, and anchored at the opening of the session; rows of other phases
(auctions) stay rows of their own; a bar that begins at the session's end is merged into its last bucket. Open is the
first, high the largest, low the smallest, close the last; volume, amount and trade count are sums.

Sessions are pairs (opening, closing) of continuous trading in ns, of one instrument, over all dates of the bars.

Where the text is silent:

- R1. Only rows of phase `continuous` are put together; every other row is given back unchanged, one for one.
- R2. Each session has its own grid: after a lunch break the buckets begin anew. The last bucket of a session is cut at
  the closing and may be shorter; buckets never span two sessions or two trade dates.
- R3. A bar belongs to the bucket in which its `ts_start` lies, whatever its `ts_end`.
- R4. A bar that begins exactly at a closing goes into the last bucket of that session, whose `ts_end` stays the
  closing; but where another session opens at that instant, it is that session's first bar.
- R5. A continuous bar in no session is refused (ValueError): no bucket is made up for it.
- R6. A bucket is labelled by its grid, `ts_start` (and `ts_end`) of the bucket, not by its first bar. A bucket without
  bars gives no row.
- R7. First and last go by `ts_start`, not by the order given. Bars of volume 0 or of unknown volume count for open,
  high, low and close like any other.
- R8. Sums leave nulls out; a sum over nulls only is null, never 0 (as SQL's SUM does). Each column by itself.
- R9. `event_time` is the bucket's end (days: the last bar's); `known_time` is the latest of its bars': the bucket was
  not known before.
- R10. Weeks are Monday to Monday, months are calendar months, both of the trade date; a make-up session on a Saturday
  belongs to the week that ends with it. The row says `start` (of the grid), `end` (excluded), `first_date` and
  `last_date` (of the bars).
- R11. Symbols are never mixed. Rows come in the order of (symbol, date, ts_start, phase), or (symbol, start); phases
  in the course of a day: an opening auction first, a closing one last, others between them by name.
- R12. Adjusting comes before resampling: an ex-date inside a week changes the bars before it.

>>> bar = {"symbol": "A", "date": 1, "phase": "continuous", "open": 3, "high": 5, "low": 2, "close": 4, "volume": 10,
...        "amount": None, "trade_count": 2, "known_time": 0}
>>> bars = [{**bar, "ts_start": 0, "ts_end": 1}, {**bar, "ts_start": 1, "ts_end": 2, "close": 9, "volume": None}]
>>> row, = resample_ns(bars, sessions=[(0, 4)], width=2)
>>> row["ts_start"], row["ts_end"], row["open"], row["close"], row["volume"], row["amount"], row["trade_count"]
(0, 2, 3, 9, 10, None, 4)
"""

from __future__ import annotations

import datetime

MINUTE = 60 * 10**9
SUMS = ("volume", "amount", "trade_count")


def course(phase):
    """The place of a phase in the course of a day."""
    if phase in ("open_auction", "opening_call"):
        return 0, phase
    return (2 if phase in ("close_auction", "closing_call") else 1), phase


def resample_minutes(bars, sessions, minutes):
    """Bars of so many minutes from shorter bars of one or more symbols that share the sessions."""
    return resample_ns(bars, sessions, minutes * MINUTE)


def resample_ns(bars, sessions, width):
    """The same with the width in the unit of the times."""
    buckets = {}
    rows = []
    for bar in bars:
        if bar["phase"] != "continuous":
            rows.append(bar)
            continue
        start, end = bucket_of(bar["ts_start"], sessions, width)
        buckets.setdefault((bar["symbol"], bar["date"], start, end), []).append(bar)
    for (symbol, date, start, end), members in buckets.items():
        members = sorted(members, key=lambda bar: bar["ts_start"])
        label = {"symbol": symbol, "date": date, "ts_start": start, "ts_end": end, "phase": "continuous"}
        rows.append({**label, **together(members), "event_time": end})
    return sorted(rows, key=lambda row: (row["symbol"], row["date"], row["ts_start"], *course(row["phase"])))


def bucket_of(ts_start, sessions, width):
    """Start and end of the bucket of a bar.

    >>> [bucket_of(at, [(0, 5), (7, 10)], 2) for at in (0, 1, 2, 4, 5, 7, 10)]
    [(0, 2), (0, 2), (2, 4), (4, 5), (4, 5), (7, 9), (9, 10)]
    """
    for opening, closing in sessions:
        if opening <= ts_start < closing:
            start = opening + (ts_start - opening) // width * width
            return start, min(start + width, closing)
    for opening, closing in sessions:
        if ts_start == closing:
            return bucket_of(closing - 1, [(opening, closing)], width)
    raise ValueError(f"no session holds {ts_start}")


def resample_days(bars, freq):
    """Weekly (`1w`) or monthly (`1mo`) bars from daily ones."""
    periods = {}
    for bar in bars:
        periods.setdefault((bar["symbol"], *period_of(bar["date"], freq)), []).append(bar)
    rows = []
    for (symbol, start, end), members in sorted(periods.items()):
        members = sorted(members, key=lambda bar: bar["date"])
        first, last = members[0], members[-1]
        label = {"symbol": symbol, "start": start, "end": end}
        label |= {
            "first_date": first["date"],
            "last_date": last["date"],
            "event_time": last.get("event_time"),
        }
        rows.append({**label, **together(members)})
    return rows


def period_of(date, freq):
    """Start and excluded end of the week or month of a date.

    >>> [str(day) for freq in ("1w", "1mo") for day in period_of(datetime.date(2026, 12, 31), freq)]
    ['2026-12-28', '2027-01-04', '2026-12-01', '2027-01-01']
    """
    if freq == "1w":
        monday = date - datetime.timedelta(days=date.weekday())
        return monday, monday + datetime.timedelta(days=7)
    if freq == "1mo":
        first = date.replace(day=1)
        return first, (first + datetime.timedelta(days=31)).replace(day=1)
    raise ValueError(f"no period {freq}")


def together(bars):
    """Prices, sums and known time of bars in the order of time."""
    row = {
        "open": bars[0]["open"],
        "high": max(bar["high"] for bar in bars),
        "low": min(bar["low"] for bar in bars),
        "close": bars[-1]["close"],
        "known_time": max(bar["known_time"] for bar in bars),
    }
    return row | {name: total([bar[name] for bar in bars]) for name in SUMS}


def total(values):
    """The sum of what is known.

    >>> total([1, None, 2]), total([None, None]), total([0, None])
    (3, None, 0)
    """
    known = [value for value in values if value is not None]
    return sum(known) if known else None
