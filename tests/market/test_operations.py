"""The doors: what a caller reads, in both languages, with sources, warnings and faults."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from market_rooms import DAY, registration, seeded

from tallystick.core.context import Context
from tallystick.core.day import DayMachine, DayOpened
from tallystick.core.errors import NotFound, Rejection, TallystickError
from tallystick.core.operations import OPERATIONS, find_operation
from tallystick.core.text import catalog, render
from tallystick.market import ExpiredRule, day_terms
from tallystick.market.events import RegisterInstrument, SetDayTerms
from tallystick.market.operations import instruments
from tallystick.market.seed import COLUMNS, field_labels, read_rows, seed_rules

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "correct-a-rule.md"


@pytest.fixture(scope="module")
def context():
    market = seeded(
        registration(1, name="Alpha Test", name_zh="測試甲"),
        registration(2, product="etf"),
        registration(3, venue="ROCO", symbol="9003.ROCO"),
    )
    market.decide(SetDayTerms, day_terms(market, [0, 1], [5_800_000, 300_000], DAY))
    days = DayMachine()
    days.decide(DayOpened, [DayOpened(business_date=DAY, code_version="test")])
    return with_machines(market=market, day=days)


def with_machines(**machines):
    return Context(SimpleNamespace(machine=machines.__getitem__), actor=None)


def call(context, name, /, **fields):
    found = find_operation(name)
    return found.function(context, found.request(**fields))


def rows(context, name, /, **fields):
    return call(context, name, **fields).rows()


def test_every_operation_of_the_room_is_there():
    names = {name for name in OPERATIONS if name.startswith("market.")}
    verbs = ("instruments", "instrument", "venues", "calendar", "rule", "rules", "day_terms")
    verbs += ("propose_rules", "register_instrument")
    assert names == {f"market.{verb}" for verb in verbs}
    assert {OPERATIONS[name].permission for name in names} == {"market.read", "market.manage"}
    assert instruments is OPERATIONS["market.instruments"].function


def test_instruments_are_found_sorted_and_paged(context):
    assert [row["symbol"] for row in rows(context, "market.instruments", text="測試")] == ["9001.XTAI"]
    assert [row["symbol"] for row in rows(context, "market.instruments", venue="ROCO")] == ["9003.ROCO"]
    table = call(context, "market.instruments", sort="-symbol", limit=1, offset=1)
    assert [row["symbol"] for row in table.rows()] == ["9002.XTAI"]
    assert table.total_rows == 3
    with pytest.raises(TallystickError, match="symbol"):
        call(context, "market.instruments", sort="symbl")


def test_instrument_comes_with_its_terms(context):
    reply = call(context, "market.instrument", symbol="9001.XTAI")
    assert (reply.instrument.name_zh, reply.terms.limit_up, reply.terms.tick) == ("測試甲", 6_380_000, 10_000)
    assert call(context, "market.instrument", symbol="9003.ROCO").terms is None
    with pytest.raises(NotFound, match=r"9001\.XTAI"):
        call(context, "market.instrument", symbol="9001.XTAL")


def test_venues_name_the_span_of_their_calendars(context):
    found = {row["venue"]: row for row in rows(context, "market.venues")}
    assert len(found) == 13
    assert found["XTAI"]["name_zh"] == "臺灣證券交易所"
    assert found["BJSE"]["known_to"] == datetime.date(2026, 12, 31)
    assert [row["venue"] for row in rows(context, "market.venues", market="TW")] == ["ROCO", "XTAF", "XTAI"]


def test_calendar_shows_days_with_reasons(context):
    february = {
        row["date"].day: row
        for row in rows(
            context, "market.calendar", first=datetime.date(2026, 2, 1), last=datetime.date(2026, 2, 28)
        )
    }
    assert february[11]["settles_on"] == datetime.date(2026, 2, 13)
    assert "13:25-13:30 closing_call" in february[11]["phases"]
    assert (february[12]["kind"], february[12]["settles_on"]) == ("settlement_only", None)
    assert february[17]["source"].startswith("exchange_calendars")
    assert len(rows(context, "market.calendar")) == 30
    assert rows(context, "market.calendar", kind="closed", first=DAY, last=DAY) == []
    assert rows(context, "market.calendar", venue="XNYS", first=DAY, last=DAY)[0]["settles_on"] is None
    with pytest.raises(ExpiredRule):
        call(context, "market.calendar", venue="XSHG", first=datetime.date(2027, 1, 1))


def test_rule_answers_every_field_with_source_and_status(context):
    found = rows(context, "market.rule", symbol="9001.XTAI")
    assert {"tick", "price_limit", "lot", "transaction_tax", "settlement_cycle"} <= {
        row["field"] for row in found
    }
    assert all(row["source"] and row["status"] and row["label"] for row in found)
    ticks = rows(context, "market.rule", symbol="9001.XTAI", field="tick")
    assert [(row["lower_bound"], row["value"]) for row in ticks][:2] == [("", "0.01"), ("10.00", "0.05")]
    older = rows(
        context, "market.rule", symbol="9001.XTAI", field="price_limit", date=datetime.date(2015, 5, 29)
    )
    assert {row["value"] for row in older} == {"7"}


def test_rule_answers_for_a_class_without_instrument(context):
    found = rows(
        context, "market.rule", venue="XTAF", board="TXF", product="future_index", field="multiplier"
    )
    assert [row["value"] for row in found] == ["200"]
    with pytest.raises(NotFound):
        rows(context, "market.rule", venue="XLON")


def test_rule_names_what_has_expired_first(context):
    found = rows(context, "market.rule", symbol="9001.XTAI", date=datetime.date(2028, 1, 3))
    assert [row["warning"] for row in found[:3]] == ["expired"] * 3
    assert found[1]["field"] == "day_trade_tax"
    assert found[1]["days_left"] == -3


def test_rules_put_expiring_rows_first(context):
    found = rows(context, "market.rules", market="TW", date=datetime.date(2026, 12, 1))
    assert [row["warning"] for row in found[:4]] == ["expiring"] * 4
    assert found[0]["days_left"] == 30
    assert not found[5]["warning"]
    only = rows(context, "market.rules", expiring=True)
    assert {row["field"] for row in only} == {"transaction_tax", "day_trade_tax", "calendar_known"}
    assert all(row["warning"] == "expiring" and row["days_left"] == 41 for row in only)


def test_rules_are_filtered(context):
    assert {row["value"] for row in rows(context, "market.rules", field="futures_tax", all_dates=True)} >= {
        "0.05"
    }
    unverified = call(context, "market.rules", status="unverified", limit=5)
    assert len(unverified.rows()) == 5 < unverified.total_rows
    days = rows(context, "market.rules", field="session_day", venue="XTAI", all_dates=True, limit=1000)
    assert len(days) > 300
    assert "session_day" not in {
        row["field"] for row in rows(context, "market.rules", limit=5000, all_dates=True)
    }


def test_day_terms_are_those_of_the_date(context):
    found = rows(context, "market.day_terms")
    assert [(row["symbol"], row["limit_down"]) for row in found] == [
        ("9001.XTAI", 5_220_000),
        ("9002.XTAI", 270_000),
    ]
    assert rows(context, "market.day_terms", text="9002")[0]["tick"] == 100
    assert rows(context, "market.day_terms", date=datetime.date(2026, 11, 19)) == []


def test_date_is_asked_for_before_the_first_day():
    context = with_machines(market=seeded(registration(1)), day=DayMachine())
    with pytest.raises(TallystickError, match="Say the date"):
        call(context, "market.day_terms")
    assert call(context, "market.rule", symbol="9001.XTAI", date=DAY).total_rows > 50


def test_labels_and_sentences_come_in_chinese(context):
    chinese = Context(context.house, actor=None, language="zh_Hant")
    assert rows(chinese, "market.rule", symbol="9001.XTAI", field="tick")[0]["label"] == "升降單位"
    missing = [label for label in field_labels().values() if label not in catalog("zh_Hant")]
    assert missing == []


def test_proposal_that_does_not_fit_is_refused_before_it_is_sent(context):
    change = ",".join(COLUMNS) + "\nTW,XTAI,*,stock,lot,,,500,units,2026-12-01,,a page,,verified,"
    reply = call(context, "market.propose_rules", rows=change, reason="test")
    assert isinstance(reply, Rejection)
    assert "overlap" in reply.message


@pytest.fixture
def sent():
    return []


@pytest.fixture
def writing(context, sent):
    """A context whose commands go to the list `sent`."""

    def send(command):
        sent.append(command)
        return SimpleNamespace(accepted=True, position=7)

    writing = Context(context.house, actor=None)
    writing.send = send
    return writing


def register(context, **fields):
    said = {"symbol": "9009.ROCO", "name": "Made Up Nine", "reason": "listed today"}
    return call(context, "market.register_instrument", **(said | fields))


def test_registration_is_proposed_with_what_its_venue_says(writing, sent):
    reply = register(writing, isin="TW0002330008", product="etf", shares_issued=5)
    assert reply.position == 7
    (proposal,) = sent
    assert (proposal.kind, proposal.reason) == ("market.register_instrument", "listed today")
    command = msgspec.msgpack.decode(proposal.payload, type=RegisterInstrument)
    assert (command.venue, command.market, command.currency) == ("ROCO", "TW", "TWD")
    assert (command.product, command.shares_issued, command.approval) == ("etf", 5, "")


@pytest.mark.parametrize(
    ("fields", "code", "remedy"),
    [
        ({"symbol": "9001.XTAI"}, "symbol_taken", "Use the instrument"),
        ({"symbol": "9009.XLON"}, "unknown_venue", "tally market venues"),
        ({"symbol": "9009"}, "bad_symbol", "2330.XTAI"),
        ({"symbol": "90 09.XTAI"}, "bad_symbol", "2330.XTAI"),
        ({"isin": "TW0002330009"}, "bad_isin", "Correct the ISIN"),
        ({"product": "stok"}, "unknown_product", "etf, "),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh_Hant"])
def test_registration_that_does_not_fit_is_refused_with_its_remedy(
    writing, sent, fields, code, remedy, language
):
    reply = register(writing, **fields)
    assert isinstance(reply, Rejection)
    assert reply.code == f"market.{code}"
    what, todo = render(reply, language)
    assert "…" not in what + todo
    assert language != "en" or remedy in todo
    assert not sent


def test_proposal_that_fits_is_sent(writing, sent):
    change = re.search(r"```csv\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    assert change is not None
    reply = call(writing, "market.propose_rules", rows=change[1], reason="Act amended")
    assert reply.position == 7
    assert sent[0].kind == "market.adopt_rules"
    assert "transaction_tax" in sent[0].summary


def test_example_of_the_how_to_fits_the_shipped_rules():
    text = HOW_TO.read_text(encoding="utf-8")
    change = re.search(r"```csv\n(.*?)```", text, re.DOTALL)
    assert change is not None
    header = change[1].splitlines()[0]
    inline = [line for line in re.findall(r"`(\w\w,X[^`]*)`", text) if line.count(",") == 14]
    assert len(inline) == 2
    for example in (change[1], *(f"{header}\n{line}" for line in inline)):
        assert seed_rules().adopt(read_rows(example)).problems() == []


def test_room_is_light_to_import():
    code = "import sys, tallystick.market.operations; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "numba", "polars", "pyarrow", "duckdb"} & set(found.stdout.split())
