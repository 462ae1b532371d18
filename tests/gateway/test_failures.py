"""Everything that goes wrong has one shape: code, text, remedy, values, trace."""

from __future__ import annotations

import pytest

from tallystick.gateway.failures import NOT_SIGNED_IN, PROGRAM_FAULT


def shape(reply):
    body = reply.json()
    assert set(body) == {"code", "text", "remedy", "values", "trace"}
    assert body["trace"] == reply.headers["x-trace-id"]
    return body


def test_refusal_by_the_rules(trader):
    reply = trader.post("/api/shop/count", json={"quantity": 1500})
    assert reply.status_code == 422
    assert shape(reply)["text"] == "Quantity 1500 is no multiple of 1000."


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "gateway.not_json"), (b"[1]", "gateway.not_an_object"), (b"{}", "operations.request")],
)
def test_body_that_does_not_read(trader, body, code):
    reply = trader.post("/api/shop/count", content=body)
    assert reply.status_code == 400
    assert shape(reply)["code"] == code


def test_unknown_field_names_the_nearest(trader):
    for reply in (
        trader.post("/api/shop/count", json={"quantty": 1}),
        trader.get("/api/shop/bars", params={"limits": 1}),
    ):
        assert reply.status_code == 400
        assert shape(reply)["remedy"] in ("Did you mean quantity?", "Did you mean limit?")


def test_thing_that_does_not_exist(trader):
    reply = trader.post("/api/shop/find", json={"quantity": 1})
    assert (reply.status_code, shape(reply)["code"]) == (404, "shop.not_found")


def test_address_that_does_not_exist(trader):
    reply = trader.get("/api/nothing/here")
    assert (reply.status_code, shape(reply)["code"]) == (404, "gateway.no_route")


def test_fault_of_the_program_tells_a_trace_and_no_inside(trader, caplog):
    reply = trader.get("/api/shop/stumble")
    body = shape(reply)
    assert (reply.status_code, body["text"]) == (500, PROGRAM_FAULT.text)
    assert "secret" not in reply.text
    assert body["trace"] in caplog.text
    assert "the secret inside" in caplog.text


def test_text_comes_in_the_callers_language(client):
    reply = client.get("/api/shop/bars", headers={"Accept-Language": "zh-Hant"})
    body = shape(reply)
    assert body["text"] != NOT_SIGNED_IN.text
    assert any("\u4e00" <= letter <= "\u9fff" for letter in body["text"])
