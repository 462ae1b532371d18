"""Where versions are from: each is matched to what really wrote it, though several came in at the same time."""

from __future__ import annotations

import datetime

import polars as pl

DAY = datetime.date(2025, 12, 1)
FIRST, SECOND = "2026-01-05", "2026-01-06"


def bars(*symbols, price=10.0):
    prices = dict.fromkeys(("open", "high", "low", "close"), price)
    return pl.DataFrame([{"symbol": symbol, "date": DAY, **prices} for symbol in symbols])


def versions(firm, symbol):
    rows = firm.history.versions(symbol=symbol, date=DAY).rows()
    return [(row["what"], row["position"], row["seq"], row["reason"], row["withdrawn"]) for row in rows]


def batch(reply):
    return f"{reply.position}.0", reply.position


def test_versions_of_one_time_are_told_apart_by_what_wrote_them(firm):
    firm.history.load(files=[bars("9901.XTAI", "9902.XTAI")], known_at=FIRST)
    given = {"dataset": "bars_daily", "known_at": SECOND}
    notice = firm.history.correct(files=[bars("9901.XTAI", price=11.0)], reason="vendor notice 12", **given)
    other = firm.history.correct(files=[bars("9903.XTAI", price=7.0)], reason="late", **given)
    key = pl.DataFrame([{"symbol": "9902.XTAI", "date": DAY}])
    halted = firm.history.withdraw(files=[key], reason="halted all day", **given)
    corrected, first = versions(firm, "9901.XTAI")
    assert corrected == ("corrected", *batch(notice), "vendor notice 12", False)
    assert (first[0], first[3]) == ("loaded", "")
    assert versions(firm, "9903.XTAI")[0] == ("corrected", *batch(other), "late", False)
    gone, _ = versions(firm, "9902.XTAI")
    assert gone == ("corrected", *batch(halted), "halted all day", True)


def test_of_several_that_fit_all_are_named_or_none(firm):
    symbols = [f"990{number}.XTAI" for number in range(1, 5)]
    for symbol in symbols[:2]:
        firm.history.load(files=[bars(symbol)], known_at=FIRST)
    ((what, position, seq, _, _),) = versions(firm, symbols[0])
    assert (what, len(position.split(", ")), seq) == ("loaded", 2, 0)
    for symbol in symbols[2:]:
        firm.history.load(files=[bars(symbol)], known_at=FIRST)
    assert versions(firm, symbols[0]) == [("loaded", "", 0, "", False)]
