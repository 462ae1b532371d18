"""Default deny, sign-in, the form key of changes sent by a browser, and the headers of every reply."""

from __future__ import annotations

import pytest


def sign_in(client, user="trader", password=None):
    client.cookies.set("tally_visit", "a-visit")
    return client.post(
        "/session",
        json={"user": user, "password": password or f"{user}-pass"},
        headers={"X-Form-Key": key("a-visit")},
    )


def key(secret):
    from tallystick.gateway.sessions import form_key

    return form_key(secret)


@pytest.mark.parametrize("address", ["/api/shop/bars", "/api/openapi.json"])
@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Basic dG9rZW4="}]
)
def test_nobody_gets_nothing(client, address, header):
    reply = client.get(address, headers=header)
    assert reply.status_code == 401
    assert reply.json()["code"] == "gateway.not_signed_in"
    assert reply.headers["www-authenticate"] == "Bearer"


def test_nobody_changes_nothing(client):
    assert client.post("/api/shop/count", json={"quantity": 1000}).status_code == 401
    assert client.post("/mcp", json={"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).status_code == 401


def test_permission_is_asked_for_each_operation(client):
    client.headers["Authorization"] = "Bearer token-reader"
    assert client.get("/api/shop/bars").status_code == 200
    reply = client.post("/api/shop/count", json={"quantity": 1000})
    assert reply.status_code == 403
    assert "shop.trade" in reply.json()["text"]


def test_sign_in_sets_a_cookie_that_scripts_cannot_read(client):
    reply = sign_in(client)
    assert reply.json() == {"actor": "trader", "token": "token-trader"}
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/api/shop/bars").status_code == 200


def test_sign_in_with_wrong_password_is_refused(client):
    reply = sign_in(client, password="wrong")
    assert (reply.status_code, reply.json()["code"]) == (401, "gateway.wrong_password")
    assert client.get("/api/shop/bars").status_code == 401


def test_many_failed_sign_ins_stop_further_ones(client):
    statuses = [sign_in(client, password="wrong").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert sign_in(client, user="reader").status_code == 200


def test_address_with_an_entry_token_signs_in_once(client):
    reply = client.get("/enter", params={"token": "entry-trader"}, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, "/")
    assert "tally_session=token-trader" in reply.headers["set-cookie"]
    assert client.get("/api/shop/bars").status_code == 200
    again = client.get("/enter", params={"token": "entry-trader"}, follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, "/")
    client.cookies.clear()
    again = client.get("/enter", params={"token": "entry-trader"}, follow_redirects=False)
    assert (again.status_code, again.headers["location"]) == (303, "/login?entry=used")
    assert client.get("/api/shop/bars").status_code == 401


@pytest.mark.parametrize("token", ["", "nonsense", "token-trader"])
def test_address_with_a_wrong_token_leads_to_the_sign_in_page(client, token):
    reply = client.get("/enter", params={"token": token}, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"].partition("?")[0]) == (303, "/login")
    assert "tally_session" not in reply.headers.get("set-cookie", "")


def test_sign_out_forgets_the_session(client):
    sign_in(client)
    assert client.post("/session/end", headers={"X-Form-Key": key("token-trader")}).status_code == 200
    assert client.get("/api/shop/bars").status_code == 401
    assert client.get("/api/shop/bars", headers={"Authorization": "Bearer token-trader"}).status_code == 401


def test_change_by_cookie_needs_the_form_key(client):
    sign_in(client)
    without = client.post("/api/shop/count", json={"quantity": 1000})
    assert (without.status_code, without.json()["code"]) == (403, "gateway.form_key")
    wrong = client.post("/api/shop/count", json={"quantity": 1000}, headers={"X-Form-Key": key("other")})
    assert wrong.status_code == 403
    right = {"X-Form-Key": key("token-trader")}
    assert client.post("/api/shop/count", json={"quantity": 1000}, headers=right).status_code == 200
    foreign = right | {"Origin": "https://evil.example"}
    assert client.post("/api/shop/count", json={"quantity": 1000}, headers=foreign).status_code == 403


def test_sign_in_without_the_form_key_of_the_visit_is_refused(client):
    reply = client.post("/session", json={"user": "trader", "password": "trader-pass"})
    assert reply.status_code == 403


@pytest.mark.parametrize("address", ["/api/shop/bars", "/nothing", "/api/shop/stumble"])
def test_every_reply_carries_the_strict_policy(trader, address):
    headers = trader.get(address).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


def test_nonce_and_trace_are_new_for_each_reply(trader):
    first, second = (trader.get("/api/shop/bars").headers for _ in range(2))
    assert first["content-security-policy"] != second["content-security-policy"]
    assert first["x-trace-id"] != second["x-trace-id"]
