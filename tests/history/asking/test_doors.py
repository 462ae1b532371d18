"""The operations of asking as a caller meets them: every door calls these."""

from __future__ import annotations

import datetime
import typing

import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.lake.maintenance import no_holds
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
    assert len(mine) == 12
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
    put(
        "depth",
        1,
        {"symbol": "A", "ts": OPENING, "seq": 1, "bid_1": 9, "bid_size_1": 3, "bid_2": 8, "ask_1": 11},
    )
    (book,) = doors.depth(context, ask.TicksRequest(instruments=["A"])).arrow.to_pylist()
    assert (book["bid_1"], book["bid_2"], book["ask_1"], book["ask_2"]) == (9, 8, 11, None)
    with pytest.raises(TallystickError, match=r"no column prise\. Did you mean price"):
        doors.ticks(context, ask.TicksRequest(columns=["prise"]))


def test_a_date_as_since_or_until_is_the_whole_of_it(context, put):
    night = parse_time("2026-11-20 23:59:59", "Asia/Taipei")
    put(
        "trades",
        1,
        *(
            {"symbol": "A", "ts": ts, "seq": 1, "price": 1, "quantity": 1}
            for ts in (OPENING, night, night + SECOND)
        ),
    )
    for since, until, count in (
        ("2026-11-20", "2026-11-20", 2),
        ("2026-11-21", "", 1),
        ("", "2026-11-19", 0),
    ):
        assert doors.ticks(context, ask.TicksRequest(since=since, until=until)).total_rows == count
    with pytest.raises(TallystickError, match="soon is neither a date nor a time"):
        doors.ticks(context, ask.TicksRequest(until="soon"))


def test_a_span_that_ends_before_it_begins_is_refused(context):
    first, last = datetime.date(2026, 11, 20), datetime.date(2026, 11, 19)
    for door, request in (
        (doors.bars, ask.BarsRequest),
        (doors.ticks, ask.TicksRequest),
        (doors.actions, ask.ActionsRequest),
        (doors.factors, ask.FactorsRequest),
        (doors.panel, ask.PanelRequest),
        (doors.asof, ask.AsofRequest),
    ):
        with pytest.raises(TallystickError, match="Nothing can be from 2026-11-20 to 2026-11-19"):
            door(context, request(start=first, end=last))
    with pytest.raises(
        TallystickError, match="Nothing can be from 2026-11-20 10:00:00 to 2026-11-20 09:00:00"
    ):
        doors.ticks(context, ask.TicksRequest(since="2026-11-20 10:00:00", until="2026-11-20 09:00:00"))


def test_times_beyond_the_lake_are_its_ends(context, closes):
    closes("A", "11-02", 1)
    assert doors.bars(context, ask.BarsRequest(instruments=["A"], known_at="9999-12-31")).total_rows == 1
    assert doors.bars(context, ask.BarsRequest(instruments=["A"], known_at="0001-01-01")).total_rows == 0
    assert doors.ticks(context, ask.TicksRequest(since="0001-01-01", until="9999-12-31")).total_rows == 0


def test_a_column_that_is_named_twice_comes_once(context, closes):
    closes("A", "11-02", 1)
    for adjust in ("none", "total"):
        found = doors.bars(context, ask.BarsRequest(columns=["close", "close", "date"], adjust=adjust))
        assert found.arrow.column_names == ["close", "date"]
    stream = doors.stream(context, ask.StreamRequest(dataset="bars_daily", columns=["close", "close"]))
    assert stream.arrow.column_names == ["close"]


def test_rows_without_symbols_are_not_asked_by_instruments(context):
    with pytest.raises(TallystickError, match=r"history\.rates cannot be asked by instruments"):
        doors.stream(context, ask.StreamRequest(dataset="rates", instruments=["A"]))


def test_kinds_of_action_are_those_of_the_dataset():
    from tallystick.history.datasets.reference import ACTION_KINDS

    assert typing.get_args(ask.Kind) == ACTION_KINDS


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


def test_without_any_index_the_answer_says_where_to_load_it(context):
    with pytest.raises(NotFound, match=r"Nothing is known of an index X.*Load the members"):
        doors.universe(context, ask.UniverseRequest(name="X", date=datetime.date(2026, 6, 30)))


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


def test_universe_lists_a_symbol_once_where_reviews_end_nothing(context, put):
    row = {"index": "TW50", "symbol": "A", "valid_from": "01-01", "weight": 10}
    put("index_members", 1, row, {**row, "symbol": "B"}, {**row, "valid_from": "06-01", "weight": 20})
    put("index_members", 1, {**row, "valid_from": "09-01", "valid_to": "09-30", "weight": 30})

    def weights(date):
        asked = ask.UniverseRequest(name="TW50", date=datetime.date.fromisoformat(date))
        found = doors.universe(context, asked).arrow
        return list(zip(found["symbol"].to_pylist(), found["weight"].to_pylist(), strict=True))

    assert weights("2026-05-31") == [("A", 10), ("B", 10)]
    assert weights("2026-06-01") == [("A", 20), ("B", 10)]
    assert [weights(date)[0] for date in ("2026-09-30", "2026-10-01")] == [("A", 30), ("A", 20)]


def test_panel_asof_and_resample_through_their_doors(context, put, closes):
    closes("A", "11-02", 1, 2, 3)
    page = doors.panel(context, ask.PanelRequest(limit=1, offset=1))
    assert (page.arrow["A"].to_pylist(), page.total_rows) == ([20_000], 3)
    put("trades", 1, {"symbol": "A", "ts": OPENING + 5 * SECOND, "seq": 1, "price": 1, "quantity": 1})
    put("quotes", 1, {"symbol": "A", "ts": OPENING, "seq": 1, "bid": 7, "ask": 8})
    for tolerance, bid in (("5s", 7), ("4s", None), ("", 7)):
        found = doors.asof(context, ask.AsofRequest(columns=["bid"], tolerance=tolerance))
        assert found.arrow["bid"].to_pylist() == [bid]
    with pytest.raises(TallystickError, match="Bars of 5m cannot be made of daily ones"):
        doors.resample(context, ask.ResampleRequest(every="5m", dataset="bars_daily"))
    week = doors.resample(context, ask.ResampleRequest(every="1w", dataset="bars_daily"))
    assert week.arrow["close"].to_pylist() == [30_000]


def test_instants_that_are_no_part_of_a_key_are_streamed_and_joined(context):
    from tallystick.history import load_frame
    from tallystick.history.loading.columns import ColumnMapping

    contact = {"client": "K-1", "channel": "phone", "kind": "complaint", "topic": "made up"}
    rows = [{"contact": f"C-{n}", "ts": f"2026-11-02 09:1{n}:00", **contact} for n in (1, 2)]
    known = parse_time("2026-11-03 00:00:00", "Asia/Taipei")
    load_frame(context, rows, dataset="client_contacts", mapping=ColumnMapping(), known_time=known)
    first = datetime.date(2026, 11, 2)
    stream = doors.stream(context, ask.StreamRequest(dataset="client_contacts", start=first, end=first))
    assert sum(batch.num_rows for batch in stream.batches()) == 2
    asked = ask.AsofRequest(left="client_contacts", right="client_contacts", by="client", columns=["contact"])
    assert doors.asof(context, asked).arrow["contact_right"].to_pylist() == ["C-1", "C-2"]


def test_longer_bars_are_adjusted_before_they_are_put_together(context, put, closes):
    closes("A", "11-02", 10, 8)
    put("actions", 1, {"symbol": "A", "ex_date": "11-03", "kind": "cash", "cash": 20_000})
    minutes = [{"symbol": "A", "ts_start": OPENING + n * 60 * SECOND, "open": 10_000 * n} for n in (1, 2)]
    for date in ("11-02", "11-03"):
        put("bars_minute", 1, *({**minute, "date": date, "close": minute["open"]} for minute in minutes))

    def closing(dataset, every, **more):
        asked = ask.ResampleRequest(every=every, dataset=dataset, **more)
        return doors.resample(context, asked).arrow["close"].to_pylist()

    assert closing("bars_daily", "1d") == [100_000, 80_000]
    assert closing("bars_daily", "1d", adjust="total") == [80_000, 80_000]
    assert closing("bars_daily", "1mo", adjust="total", anchor="series_start") == [100_000]
    assert closing("bars_minute", "1d", adjust="total") == [16_000, 20_000]
    with pytest.raises(TallystickError, match="Trades are not adjusted"):
        closing("trades", "5m", adjust="total")


def test_sql_sees_what_was_known(context, closes):
    closes("A", "11-02", 1, known=parse_time("2026-11-03 00:00:00", "Asia/Taipei"))
    closes("A", "11-02", 2, known=parse_time("2026-11-05 00:00:00", "Asia/Taipei"))
    query = "SELECT close FROM history.bars_daily UNION ALL SELECT 0 ORDER BY 1"
    assert doors.sql(context, ask.SqlRequest(query=query)).arrow["close"].to_pylist() == [0, 20_000]
    then = doors.sql(context, ask.SqlRequest(query=query, known_at="2026-11-04", offset=1))
    assert (then.arrow["close"].to_pylist(), then.total_rows) == ([10_000], 2)
    with pytest.raises(TallystickError, match="cannot be answered"):
        doors.sql(context, ask.SqlRequest(query="DROP TABLE history.bars_daily"))


def test_columns_of_one_name_are_told_apart(context, closes):
    closes("A", "11-02", 1)
    query = "SELECT b.close AS a, b.open AS a_1, b.high AS a, b.*, c.* FROM history.bars_daily b, history.bars_daily c"
    found = doors.sql(context, ask.SqlRequest(query=query))
    assert found.arrow.column_names[:4] == ["a", "a_1", "a_2", "symbol"]
    assert "known_time_1" in found.to_polars().columns
    assert len(set(found.arrow.column_names)) == found.arrow.num_columns


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
    wrong = [("bars", {"freq": "2d"}), ("bars", {"adjust": "all"}), ("bars", {"anchor": "end"})]
    for verb, fields in [*wrong, ("actions", {"kinds": ["dividend"]})]:
        with pytest.raises(TallystickError, match=r"cannot be .+\. Choose one of "):
            call(context, f"history.{verb}", fields)


QUESTIONS = (
    "SELECT symbol, date, close FROM history.bars_daily",
    "WITH b AS (WITH c AS (FROM history.bars_daily) SELECT * FROM c) SELECT symbol, date, close FROM b",
    "SELECT a.symbol, a.date, b.close FROM history.bars_daily a JOIN history.bars_daily b USING (symbol, date)",
    "SELECT symbol, date, (SELECT max(close) FROM history.bars_daily c WHERE c.symbol = b.symbol AND c.date = b.date)"
    " AS close FROM history.bars_daily b",
    "SELECT a.symbol, a.date, x.close FROM history.bars_daily a, LATERAL"
    " (SELECT close FROM history.bars_daily c WHERE c.symbol = a.symbol AND c.date = a.date) x",
)


def test_sql_of_any_shape_sees_what_was_known_after_compaction_and_expiry_too(context, closes):
    known = [parse_time(f"2026-11-{10 + n} 12:00:00") for n in range(4)]
    closes("A", "11-02", 10, 11, 12, known=known[0])
    closes("B", "11-03", 20, known=known[1])
    closes("A", "11-03", 13, known=known[2])
    closes("A", "11-03", 14, 15, known=known[3])
    expected = [[10, 11, 12], [10, 11, 12, 20], [10, 13, 12, 20], [10, 14, 15, 20]]

    def check():
        for day, closed in enumerate(expected):
            for query in QUESTIONS:
                asked = ask.SqlRequest(query=f"{query} ORDER BY symbol, date", known_at=f"2026-11-{10 + day}")
                found = doors.sql(context, asked).arrow["close"].to_pylist()
                assert found == [price * 10_000 for price in closed], (day, query)

    check()
    context.lake.compact("history.bars_daily")
    check()
    assert context.lake.maintain(keep_days=0, grace_seconds=600, holds=no_holds).snapshots >= 4
    check()


@pytest.mark.parametrize(("loaded", "asked"), [("2330.XTAI", "2330"), ("2330", "2330.XTAI")])
def test_symbol_of_the_same_code_is_suggested(context, closes, loaded, asked):
    """Also where nobody registered it: a file whose codes got no venue is found so."""
    closes(loaded, "11-02", 10)
    for door, request in ((doors.bars, ask.BarsRequest), (doors.panel, ask.PanelRequest)):
        with pytest.raises(NotFound, match=f"no instrument {asked}. Did you mean {loaded}"):
            door(context, request(instruments=[asked]))


def test_unheard_of_instrument_is_told_and_one_with_bars_answers_empty(context, closes):
    closes("9901.XTAI", "11-02", 10)
    for door, request in (
        (doors.bars, ask.BarsRequest(instruments=["NOPE.XTAI"])),
        (doors.ticks, ask.TicksRequest(instruments=["NOPE.XTAI"])),
        (doors.panel, ask.PanelRequest(instruments=["NOPE.XTAI"])),
        (doors.resample, ask.ResampleRequest(every="1h", instruments=["NOPE.XTAI"])),
    ):
        with pytest.raises(NotFound, match=r"NOPE\.XTAI"):
            door(context, request)
    assert doors.ticks(context, ask.TicksRequest(instruments=["9901.XTAI"])).total_rows == 0
    early = ask.BarsRequest(instruments=["9901.XTAI"], end=datetime.date(2020, 1, 1))
    assert doors.bars(context, early).total_rows == 0
