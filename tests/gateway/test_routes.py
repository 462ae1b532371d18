"""Every operation has its route; what goes in is checked, what comes out has the form asked for."""

from __future__ import annotations

import io

import pyarrow as pa
import pytest
from pyarrow import parquet


def test_every_operation_has_its_route(trader, shop):
    for name, found in shop.items():
        room, _, verb = name.partition(".")
        send = trader.post if found.writes else trader.get
        assert send(f"/api/{room}/{verb}").status_code != 404 or name == "shop.find"
        other = trader.get if found.writes else trader.post
        assert other(f"/api/{room}/{verb}").status_code == 405


def test_table_as_json_keeps_large_ids_and_nanoseconds(trader):
    reply = trader.get("/api/shop/bars", params={"limit": 1, "offset": 1}).json()
    assert reply["total_rows"] == 2
    assert reply["rows"] == [["2317.XTAI", "20261120000000043", 5805001, "2026-11-20T01:00:00.000000123Z"]]
    assert reply["columns"][2] == {"name": "close", "type": "int64", "unit": "1e-4 of the currency"}


def test_table_as_csv_gives_decimals(trader):
    reply = trader.get("/api/shop/bars", headers={"Accept": "text/csv"})
    assert reply.headers["content-type"].startswith("text/csv")
    assert reply.headers["x-total-rows"] == "2"
    assert reply.text.splitlines()[1] == "2330.XTAI,20261120000000042,580.5000,2026-11-20T01:00:00.000000123Z"


def test_text_that_a_spreadsheet_would_run_is_made_harmless(trader):
    names = ["=1+1", "+A1", "@SUM", "-cmd", "-12.5", "plain"]
    reply = trader.get("/api/shop/bars", params={"instruments": names}, headers={"Accept": "text/csv"})
    first = [line.partition(",")[0] for line in reply.text.splitlines()[1:]]
    assert first == ["'=1+1", "'+A1", "'@SUM", "'-cmd", "-12.5", "plain"]


def test_table_as_tsv(trader):
    reply = trader.get("/api/shop/bars", headers={"Accept": "text/tab-separated-values"})
    assert reply.text.splitlines()[0] == "instrument\torder_id\tclose\tat"


def test_table_as_arrow_and_parquet_keep_types(trader):
    arrow = trader.get("/api/shop/bars", headers={"Accept": "application/vnd.apache.arrow.stream"})
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert table.schema.field("close").type == pa.int64()
    assert table.schema.field("close").metadata == {b"unit": b"1e-4 of the currency"}
    stored = trader.get("/api/shop/bars", headers={"Accept": "application/vnd.apache.parquet"})
    assert parquet.read_table(io.BytesIO(stored.content)).equals(table)


@pytest.mark.parametrize(
    "parameters",
    [[("instruments", "A,B")], [("instruments", "A"), ("instruments", "B")]],
    ids=["commas", "repeated"],
)
def test_list_field_takes_commas_and_repetition(trader, parameters):
    rows = trader.get("/api/shop/bars", params=parameters).json()["rows"]
    assert [row[0] for row in rows] == ["A", "B"]


def test_single_field_given_twice_is_refused(trader):
    reply = trader.get("/api/shop/bars", params=[("limit", 1), ("limit", 2)])
    assert (reply.status_code, reply.json()["code"]) == (400, "gateway.field_twice")


def test_empty_value_means_not_given_except_for_text(trader):
    assert trader.get("/api/shop/bars", params={"limit": "", "start": "", "note": ""}).status_code == 200


def test_change_takes_a_json_object(trader):
    reply = trader.post("/api/shop/count", json={"quantity": 2000})
    assert reply.json() == {
        "order_id": "20261120000000042",
        "hash": "0f" * 32,
        "on": "2026-11-20",
        "language": "en",
        "actor": "trader",
        "note": "",
    }


def test_language_of_the_caller_reaches_the_operation(trader):
    reply = trader.post(
        "/api/shop/count", json={"quantity": 1000}, headers={"Accept-Language": "zh-TW,en;q=0.5"}
    )
    assert reply.json()["language"] == "zh_Hant"
