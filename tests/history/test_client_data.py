"""What other systems know: exports with optional times, words of their own, marks, ends; reports with twin headers."""

from __future__ import annotations

import datetime

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.time import parse_time
from tallystick.history.datasets import find_dataset
from tallystick.history.loading import sources
from tallystick.history.loading.columns import known_columns, vendor_mapping
from tallystick.history.loading.operations import LoadRequest, load

KNOWN = "2026-11-20"
ZONE = "Asia/Taipei"


@pytest.fixture(params=["exactly", "by the kernel"])
def way(request, monkeypatch):
    """Both ways in which lines are read."""
    if request.param == "by the kernel":
        monkeypatch.setattr(sources, "FAST_BYTES", 1)


def faults(report):
    return [(reason.row, reason.column, reason.code) for reason in report.reasons]


CONTACTS = (
    "contact,client,branch,channel,kind,ts,closed,satisfaction",
    "C1,K1,9801,phone,question,2026-11-16 09:10:00,2026-11-16 09:40:00,5",
    "C2,K2,9801,app,complaint,2026-11-17 23:30:00,,",
    "C3,K2,9801,app,,2026-11-18 10:00:00,2026-11-18 09:59:59,4",
    "C4,K2,9801,app,grumble,2026-11-18 10:00:00,,",
    "C5,K3,9802,app,request,2026-11-18 10:00:00,,6",
    "C6,K3,9802,app,request,2026-11-18 10:00:00,,0",
    "C7,K3,9802,app,request,,,3",
    "C8,K3,9802,app,request,2026-11-18 10:00:00,soon,3",
    "C9,K3,9802,app,,2026-11-18 10:00:00,,3",
)


def test_contacts_may_wait_and_those_that_cannot_be_right_are_set_aside(context, write, way):
    path = write("contacts.csv", *CONTACTS)
    report = load(context, LoadRequest(files=[path], dataset="client_contacts", known_at=KNOWN))
    assert report.loaded == 3
    assert faults(report) == [
        (4, "closed", "history.before_start"), (5, "kind", "history.word_unknown"),
        (6, "satisfaction", "history.outside_marks"), (7, "satisfaction", "history.outside_marks"),
        (8, "ts", "history.empty"), (9, "closed", "history.not_a_time"),
    ]  # fmt: skip
    first, waiting, late = context.lake.scan("history.client_contacts", order=["contact"]).to_pylist()
    assert first["closed"].value == parse_time("2026-11-16 09:40:00", ZONE)
    assert (first["event_time"].value, first["satisfaction"]) == (parse_time("2026-11-16 09:10:00", ZONE), 5)
    assert (waiting["closed"], waiting["satisfaction"], waiting["date"]) == (
        None,
        None,
        datetime.date(2026, 11, 17),
    )
    assert (late["contact"], late["kind"]) == ("C9", "request")


def test_fresh_export_adds_only_what_changed(context, write):
    asked = {"dataset": "client_contacts"}
    load(context, LoadRequest(files=[write("a.csv", *CONTACTS[:3])], known_at="2026-11-18", **asked))
    closed = CONTACTS[2].replace(",,", ",2026-11-19 10:00:00,4")
    report = load(
        context, LoadRequest(files=[write("b.csv", *CONTACTS[:2], closed)], known_at=KNOWN, **asked)
    )
    assert (report.loaded, report.duplicates) == (1, 1)
    now = context.lake.scan("history.client_contacts", order=["contact"]).to_pylist()
    assert [row["satisfaction"] for row in now] == [5, 4]


def test_contract_does_not_end_before_it_starts(context, write):
    path = write(
        "contracts.csv",
        "contract,product,kind,client,start,end,amount,outcome,ended_on,paid_back",
        "N1,A,note,K1,2026-01-05,2026-07-05,1000.5,renewed,2026-07-05,1010",
        "N2,A,note,K1,2026-01-05,2025-07-05,1000,,,",
        "N3,A,note,K1,2026-01-05,2026-07-05,1000,left,2026-01-04,",
        "N4,A,note,K1,2026-01-05,2026-07-05,1000,gone,2026-02-04,",
        "N5,A,note,K1,2026-01-05,2026-07-05,-1,,,",
        "N6,A,note,K1,2026-11-30,2027-07-05,1,,,",
    )
    report = load(context, LoadRequest(files=[path], dataset="product_terms", known_at=KNOWN))
    assert report.loaded == 2
    assert faults(report) == [
        (3, "end", "history.before_start"), (4, "ended_on", "history.before_start"),
        (5, "outcome", "history.word_unknown"), (6, "amount", "history.negative"),
    ]  # fmt: skip
    first = context.lake.scan("history.product_terms", order=["contract"]).to_pylist()[0]
    assert (first["amount"], first["paid_back"], first["outcome"]) == (1000_5000, 1010_0000, "renewed")


def test_past_trade_takes_a_side_that_the_house_knows(context, write):
    path = write(
        "earlier.csv",
        "trade,account,symbol,date,side,quantity,amount",
        "T1,980100000077,9901.XTAI,2024-03-04,buy,1000,100000",
        "T2,980100000077,9901.XTAI,2024-03-04,B,1000,100000",
    )
    report = load(context, LoadRequest(files=[path], dataset="past_trades", known_at=KNOWN))
    assert faults(report) == [(3, "side", "history.word_unknown")]
    (row,) = context.lake.scan("history.past_trades").to_pylist()
    assert (row["account"], row["instrument"], row["fee"]) == ("980100000077", 0, None)


NETTED = ("買進股數", "賣出股數", "買賣超股數")
T86 = (
    "證券代號", "證券名稱", *(f"外陸資{what}(不含外資自營商)" for what in NETTED),
    *(f"外資自營商{what}" for what in NETTED), *(f"投信{what}" for what in NETTED), "自營商買賣超股數",
    *(f"自營商{what}({which})" for which in ("自行買賣", "避險") for what in NETTED), "三大法人買賣超股數",
)  # fmt: skip


def lines(title, header, *rows, note="說明:"):
    return [title, *(",".join(f'"{cell}"' for cell in row) + "," for row in (header, *rows)), f'"{note}"']


@pytest.mark.parametrize("encoding", ["utf-8", "big5"])
def test_twse_report_of_investors_tells_dealers_from_their_hedges(context, write, encoding):
    row = (
        "9901",
        "範例",
        "1,400",
        "200",
        "1,200",
        "7",
        "8",
        "-1",
        "30",
        "0",
        "30",
        "4",
        "5",
        "6",
        "-1",
        "15",
        "10",
        "5",
        "1",
    )
    path = write("t86.csv", *lines('"115年11月19日 三大法人買賣超日報"', T86, row), encoding=encoding)
    report = load(context, LoadRequest(files=[path], vendor="twse_investors", known_at=KNOWN))
    assert (report.dataset, report.loaded, report.quarantined) == ("history.investor_flows", 1, 0)
    assert [warned.code for warned in report.warnings] == ["history.unverified"]
    (flow,) = context.lake.scan("history.investor_flows").to_pylist()
    assert (flow["symbol"], flow["instrument"], flow["date"]) == ("9901.XTAI", 0, datetime.date(2026, 11, 19))
    names = ("foreign", "foreign_dealer", "trust", "dealer", "hedge")
    assert [(flow[f"{name}_bought"], flow[f"{name}_sold"]) for name in names] == [
        (1400, 200), (7, 8), (30, 0), (5, 6), (15, 10),
    ]  # fmt: skip


def test_twse_report_of_before_2014_has_dealers_without_hedges(context, write):
    header = (
        "證券代號",
        "證券名稱",
        "外資買進股數",
        "外資賣出股數",
        "投信買進股數",
        "投信賣出股數",
        "自營商買進股數",
        "自營商賣出股數",
    )
    path = write(
        "old.csv", *lines('"102年11月19日 三大法人買賣超日報"', header, ("9901", "範例", 1, 2, 3, 4, 5, 6))
    )
    load(context, LoadRequest(files=[path], vendor="twse_investors", known_at=KNOWN))
    (flow,) = context.lake.scan("history.investor_flows").to_pylist()
    assert (flow["foreign_bought"], flow["dealer_bought"], flow["hedge_bought"]) == (1, 5, None)


TPEX_KINDS = (
    "外資及陸資(不含外資自營商)", "外資自營商", "外資及陸資", "投信", "自營商(自行買賣)", "自營商(避險)", "自營商",
)  # fmt: skip
TPEX = ("代號", "名稱", *(f"{who}-{what}" for who in TPEX_KINDS for what in NETTED))


def test_tpex_report_of_investors_has_brackets_in_the_middle():
    places = known_columns(find_dataset("investor_flows"), TPEX, vendor_mapping("tpex_investors"))
    assert {name: TPEX[place] for name, (place,) in places.items()} == {
        "symbol": "代號",
        "foreign_bought": "外資及陸資(不含外資自營商)-買進股數", "foreign_sold": "外資及陸資(不含外資自營商)-賣出股數",
        "foreign_dealer_bought": "外資自營商-買進股數", "foreign_dealer_sold": "外資自營商-賣出股數",
        "trust_bought": "投信-買進股數", "trust_sold": "投信-賣出股數",
        "dealer_bought": "自營商(自行買賣)-買進股數", "dealer_sold": "自營商(自行買賣)-賣出股數",
        "hedge_bought": "自營商(避險)-買進股數", "hedge_sold": "自營商(避險)-賣出股數",
    }  # fmt: skip


def test_report_without_a_column_that_the_vendor_has_is_refused(context, write):
    header = tuple(name for name in T86 if name != "投信買進股數")
    path = write("cut.csv", *lines('"115年11月19日 三大法人買賣超日報"', header, ("9901", *["1"] * 17)))
    with pytest.raises(TallystickError, match="投信買進股數"):
        load(context, LoadRequest(files=[path], vendor="twse_investors", known_at=KNOWN))
