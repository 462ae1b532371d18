"""What was answered about a fact does not change: loads cannot rewrite earlier views, nor be known in the future."""

from __future__ import annotations

import datetime
import zoneinfo

import pytest

from tallystick.core.errors import TallystickError
from tallystick.history import read_bars
from tallystick.history.keeping.operations import correct, withdraw
from tallystick.history.keeping.requests import CorrectRequest, WithdrawRequest
from tallystick.history.keeping.typed_operations import CorrectRowsRequest, correct_rows
from tallystick.history.loading.operations import LoadRequest, ReleaseRequest, load, release
from tallystick.history.requests import known_by, known_time_of

ZONE = "Asia/Taipei"


def bar(close, symbol="A.XTAI", day=7):
    prices = dict.fromkeys(("open", "high", "low"), close)
    return {"symbol": symbol, "date": f"2026-10-{day:02}", **prices, "close": close}


def bring(context, *rows, known_at):
    report = load(context, LoadRequest(files=[list(rows)], known_at=known_at))
    return report.loaded, report.duplicates, [reason.code for reason in report.reasons]


def closes(context, known_at=""):
    found = read_bars(context.lake, known_at=known_time_of(known_at, ZONE))
    return dict(zip(found["symbol"].to_pylist(), found["close"].to_pylist(), strict=True))


REFUSED = (0, 0, ["history.known_otherwise"])


def test_load_does_not_change_what_was_answered(context):
    assert bring(context, bar(101), known_at="2026-10-10") == (1, 0, [])
    assert bring(context, bar(100), known_at="2026-10-10") == REFUSED
    assert bring(context, bar(99), known_at="2026-10-09") == REFUSED
    assert bring(context, bar(101), known_at="2026-10-09") == (0, 1, []), "it says what is known"
    assert closes(context, "2026-10-09") == {}
    assert closes(context, "2026-10-10") == {"A.XTAI": 1_010_000}
    assert bring(context, bar(100) | {"volume": 5}, known_at="2026-10-11") == (1, 0, [])
    assert closes(context, "2026-10-10") == {"A.XTAI": 1_010_000}
    assert closes(context) == {"A.XTAI": 1_000_000}
    reason = load(context, LoadRequest(files=[[bar(98)]], known_at="2026-10-10")).reasons[0].reason
    assert reason.startswith("Other values were known of the fact at that time or later")


def test_facts_of_which_nothing_was_known_come_with_their_own_time(context):
    bring(context, bar(101), known_at="2026-10-20")
    assert bring(context, bar(5, "B.XTAI"), bar(7), known_at="2026-10-10") == (
        1,
        0,
        ["history.known_otherwise"],
    )
    assert closes(context, "2026-10-10") == {"B.XTAI": 50_000}
    assert closes(context) == {"A.XTAI": 1_010_000, "B.XTAI": 50_000}


def test_withdrawn_fact_does_not_come_back_in_an_earlier_view(context):
    bring(context, bar(101), known_at="2026-10-10")
    key = [{"symbol": "A.XTAI", "date": "2026-10-07"}]
    withdraw(context, WithdrawRequest(files=[key], dataset="bars_daily", reason="x", known_at="2026-10-12"))
    assert bring(context, bar(100), known_at="2026-10-11") == REFUSED
    assert closes(context, "2026-10-11") == {"A.XTAI": 1_010_000}
    correct(
        context, CorrectRequest(files=[[bar(100)]], dataset="bars_daily", reason="x", known_at="2026-10-13")
    )
    assert closes(context) == {"A.XTAI": 1_000_000}


def test_released_row_that_would_change_an_earlier_view_waits_on(context):
    bring(context, bar(101), known_at="2026-10-10")
    load(context, LoadRequest(files=[[bar(101) | {"high": 1}]], known_at="2026-10-11"))
    fixed = [bar(100) | {"row": 1}]
    report = release(context, ReleaseRequest(files=[fixed], file="frame", known_at="2026-10-10"))
    assert (report.loaded, report.quarantined) == (0, 1)
    found = context.lake.scan("history.quarantine")["released_by"].to_pylist()
    assert found == [None], "it waits as it was set aside at first"


def test_load_that_was_killed_before_the_journal_goes_on_with_what_it_set_aside(context, house):
    bring(context, bar(101), known_at="2026-10-10")
    send, house.send = house.send, None  # the process dies here
    with pytest.raises(TypeError):
        bring(context, bar(100), bar(3, "C.XTAI"), known_at="2026-10-10")
    house.send = send
    told = bring(context, bar(100), bar(3, "C.XTAI"), known_at="2026-10-09")
    assert told == (1, 0, ["history.known_otherwise"])
    assert closes(context, "2026-10-10") == {"A.XTAI": 1_010_000, "C.XTAI": 30_000}


def test_nothing_is_known_in_the_future(context):
    late = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=3)).date().isoformat()
    rows = "symbol,date,open,high,low,close\nA.XTAI,2026-10-07,1,1,1,1"
    doors = [
        lambda: load(context, LoadRequest(files=[[bar(1)]], known_at=late)),
        lambda: release(context, ReleaseRequest(files=[[bar(1)]], file="f", known_at=late)),
        lambda: correct(
            context, CorrectRequest(files=[[bar(1)]], dataset="bars_daily", reason="x", known_at=late)
        ),
        lambda: withdraw(
            context, WithdrawRequest(files=[[bar(1)]], dataset="bars_daily", reason="x", known_at=late)
        ),
        lambda: correct_rows(
            context, CorrectRowsRequest(dataset="bars_daily", rows=rows, reason="x", known_at=late)
        ),
    ]
    for door in doors:
        with pytest.raises(TallystickError, match="is still to come"):
            door()


def test_today_is_now_and_a_journal_ahead_of_the_clock_is_the_present(context, house):
    zone = context.settings.firm.zone
    now = datetime.datetime.now(datetime.UTC)
    local = now.astimezone(zoneinfo.ZoneInfo(zone))
    known = known_by(context, local.date().isoformat())
    assert abs(known - now.timestamp() * 10**9) < 60 * 10**9
    ahead = int((now.timestamp() + 10 * 86_400) * 10**9)

    class Ahead:
        def head(self):
            return type("Head", (), {"seq": 1})

        def batch(self, seq):
            return type("Batch", (), {"recorded_at": ahead})

    house.journal = Ahead()
    assert known_by(context, (now + datetime.timedelta(days=5)).date().isoformat())
    with pytest.raises(TallystickError, match="is still to come"):
        known_by(context, (now + datetime.timedelta(days=12)).date().isoformat())
