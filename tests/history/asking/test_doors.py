"""The operations of asking as a caller meets them: every door calls these."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.operations import OPERATIONS, call
from tallystick.core.time import parse_time
from tallystick.history.asking import operations as doors
from tallystick.history.asking import questions as ask
from tallystick.history.asking.terms import RATIO

OPENING = parse_time("2026-11-20 09:00:00", "Asia/Taipei")
SECOND = 10**9


@pytest.fixture
def lake(house):
    return house.lake


def test_every_question_needs_leave_to_read_and_changes_nothing():
    mine = [one for one in OPERATIONS.values() if one.function.__module__ == doors.__name__]
    assert len(mine) == 11
    assert {(one.permission, one.writes) for one in mine} == {("history.read", False)}


def test_ticks_by_date_and_by_time(context, put):
    rows = [
        {"symbol": "A", "ts": OPENING + n * SECOND, "seq": 1, "price": 10 + n, "quantity": 1}
        for n in range(4)
    ]
    put("trades", 1, *rows, {**rows[0], "seq": 2, "price": 99})
    found = doors.ticks(context, ask.TicksRequest(instruments=["A"], columns=["price"]))
    assert found.arrow["price"].to_pylist() == [10, 99, 11, 12, 13]
    inside = ask.TicksRequest(since="2026-11-20 09:00:01", until="2026-11-20 09:00:02", limit=1, sort="-ts")
    page = doors.ticks(context, inside)
    assert (page.arrow["price"].to_pylist(), page.total_rows) == ([12], 2)
    assert doors.ticks(context, ask.TicksRequest(start=datetime.date(2026, 11, 21))).total_rows == 0
    assert doors.quotes(context, ask.TicksRequest()).total_rows == 0
    with pytest.raises(TallystickError, match=r"no column prise\. Did you mean price"):
        doors.ticks(context, ask.TicksRequest(columns=["prise"]))


def test_actions_and_their_factors(context, put, closes):
    closes("A", "11-02", 100, 50)
    put("actions", 1, {"symbol": "A", "ex_date": "11-03", "kind": "par_change", "ratio": 2 * RATIO})
    put("actions", 1, {"symbol": "A", "ex_date": "11-02", "kind": "cash", "cash": 1})
    assert doors.actions(context, ask.ActionsRequest(kinds=["cash"])).arrow["cash"].to_pylist() == [1]
    found = doors.factors(context, ask.FactorsRequest(sort="-ex_date", limit=1))
    assert (found.rows()[0]["reference_price"], found.total_rows) == (500_000, 2)
    late = doors.factors(context, ask.FactorsRequest(start=datetime.date(2026, 11, 3)))
    assert [row["mark"] for row in late.rows()] == [""]


def test_bars_say_how_they_were_adjusted(context, put, closes):
    closes("A", "11-02", 100, 60)
    put("actions", 1, {"symbol": "A", "ex_date": "11-03", "kind": "par_change", "ratio": 2 * RATIO})
    found = doors.bars(context, ask.BarsRequest(adjust="total", sort="-date", limit=1, offset=1))
    assert (found.rows()[0]["close"], found.total_rows) == (500_000, 2)
    assert found.title == "Bars, adjusted (total), anchored at latest_bar"
    panel = doors.panel(context, ask.PanelRequest(adjust="split", instruments=["A", "B"]))
    assert panel.title == "Panel of close, adjusted (split), anchored at latest_bar; nothing for B"
    with pytest.raises(TallystickError, match=r"The answer has no column cloze\. Did you mean close"):
        doors.bars(context, ask.BarsRequest(adjust="total", columns=["cloze"]))


def test_symbols_without_rows_are_named(context, closes):
    closes("A", "11-02", 100)
    asked = ["A", "B", "C"]
    assert doors.bars(context, ask.BarsRequest(instruments=asked)).title == "Bars; nothing for B, C"
    assert doors.bars(context, ask.BarsRequest(instruments=["A"])).title == "Bars"
    assert doors.ticks(context, ask.TicksRequest(instruments=["A"])).title == "Trades; nothing for A"
    assert (
        doors.panel(context, ask.PanelRequest(instruments=asked)).title == "Panel of close; nothing for B, C"
    )


def test_universe_keeps_those_that_left_and_those_that_are_delisted(context, put):
    row = {"index": "TW50", "symbol": "A", "valid_from": "01-01"}
    put(
        "index_members",
        1,
        {**row, "valid_to": "06-30"},
        {**row, "symbol": "B"},
        {**row, "symbol": "C", "valid_from": "07-01"},
    )
    put("index_members", 9, {**row, "symbol": "B", "valid_to": "11-01"})

    def members(date, known_at=None):
        from tallystick.history import read_universe

        found = read_universe(context.lake, "TW50", datetime.date.fromisoformat(date), known_at=known_at)
        return found["symbol"].to_pylist()

    assert members("2025-12-31") == []
    assert members("2026-06-30") == ["A", "B"]
    assert members("2026-07-01") == ["B", "C"]
    assert (members("2026-11-02"), members("2026-11-02", 5)) == (["C"], ["B", "C"])
    asked = ask.UniverseRequest(name="TW50", date=datetime.date(2026, 6, 30), sort="-symbol")
    assert doors.universe(context, asked).arrow["symbol"].to_pylist() == ["B", "A"]
    with pytest.raises(NotFound, match=r"index TW5O\. Did you mean TW50"):
        doors.universe(context, ask.UniverseRequest(name="TW5O", date=datetime.date(2026, 6, 30)))


def test_panel_asof_and_resample_through_their_doors(context, put, closes):
    closes("A", "11-02", 1, 2, 3)
    page = doors.panel(context, ask.PanelRequest(limit=1, offset=1))
    assert (page.arrow["A"].to_pylist(), page.total_rows) == ([20_000], 3)
    put("trades", 1, {"symbol": "A", "ts": OPENING + 5 * SECOND, "seq": 1, "price": 1, "quantity": 1})
    put("quotes", 1, {"symbol": "A", "ts": OPENING, "seq": 1, "bid": 7, "ask": 8})
    for tolerance, bid in (("5s", 7), ("4s", None), ("", 7)):
        found = doors.asof(context, ask.AsofRequest(columns=["bid"], tolerance=tolerance))
        assert found.arrow["bid"].to_pylist() == [bid]
    week = doors.resampled(context, ask.ResampleRequest(every="1w", dataset="bars_daily"))
    assert week.arrow["close"].to_pylist() == [30_000]


def test_sql_sees_what_was_known(context, closes):
    closes("A", "11-02", 1, known=parse_time("2026-11-03 00:00:00", "Asia/Taipei"))
    closes("A", "11-02", 2, known=parse_time("2026-11-05 00:00:00", "Asia/Taipei"))
    query = "SELECT close FROM history.bars_daily UNION ALL SELECT 0 ORDER BY 1"
    assert doors.sql(context, ask.SqlRequest(query=query)).arrow["close"].to_pylist() == [0, 20_000]
    then = doors.sql(context, ask.SqlRequest(query=query, known_at="2026-11-04", offset=1))
    assert (then.arrow["close"].to_pylist(), then.total_rows) == ([10_000], 2)
    with pytest.raises(TallystickError, match="cannot be answered"):
        doors.sql(context, ask.SqlRequest(query="DROP TABLE history.bars_daily"))


def test_stream_gives_batches_in_order(context, closes):
    for symbol in ("B", "A"):
        closes(symbol, "2025-12-30", 1, 2, 3, 4)
    reply = doors.stream(context, ask.StreamRequest(dataset="bars_daily", columns=["symbol", "close"]))
    assert (reply.total_rows, reply.schema.names) == (8, ["symbol", "close"])
    batches = [batch.to_pydict() for batch in reply.batches()]
    assert [batch["symbol"] for batch in batches] == [["A", "A", "B", "B"]] * 2
    assert batches[1]["close"] == [30_000, 40_000] * 2
    again = doors.stream(context, ask.StreamRequest(dataset="bars_daily", start=datetime.date(2026, 1, 2)))
    assert again.arrow["close"].to_pylist() == again.arrow["close"].to_pylist() == [40_000, 40_000]
    nothing = doors.stream(context, ask.StreamRequest(dataset="quotes"))
    assert (nothing.total_rows, nothing.arrow.num_rows) == (0, 0)


def test_stream_shows_the_table_as_it_was_when_asked(context, closes):
    closes("A", "11-02", 1)
    reply = doors.stream(context, ask.StreamRequest(dataset="bars_daily"))
    closes("A", "11-02", 2, 3, known=5)
    assert reply.arrow["close"].to_pylist() == [10_000]


def test_a_wrong_choice_names_the_right_ones(context, monkeypatch):
    class Open:
        def require(self, actor, permission):
            """Everyone may."""

    monkeypatch.setattr(type(context), "access", Open())
    for fields in ({"freq": "2d"}, {"adjust": "all"}, {"anchor": "end"}):
        with pytest.raises(TallystickError, match="Invalid enum value"):
            call(context, "history.bars", fields)
