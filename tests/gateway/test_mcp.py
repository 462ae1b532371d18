"""Tools over the Model Context Protocol, in both of its eras."""

from __future__ import annotations

import json

import pytest

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def ask(client, method, params=None, **headers):
    message = {"jsonrpc": "2.0", "id": 7, "method": method, "params": params or {}}
    return client.post(
        "/mcp", json=message, headers={"Accept": "application/json, text/event-stream", **headers}
    )


def test_handshake_of_2025(trader):
    result = ask(trader, "initialize", {"protocolVersion": "2025-06-18", "capabilities": {}}).json()["result"]
    assert result["protocolVersion"] == "2025-06-18"
    assert result["serverInfo"]["name"] == "tallystick"
    assert "tools" in result["capabilities"]
    newer = ask(trader, "initialize", {"protocolVersion": "2099-01-01"}).json()["result"]
    assert newer["protocolVersion"] == "2025-11-25"


def test_notification_is_accepted_without_a_body(trader):
    reply = trader.post("/mcp", json={"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (reply.status_code, reply.content) == (202, b"")


def test_every_operation_is_a_tool_with_its_schema(trader, shop):
    tools = {tool["name"]: tool for tool in ask(trader, "tools/list").json()["result"]["tools"]}
    assert set(tools) == set(shop)
    assert tools["shop.count"]["inputSchema"]["required"] == ["quantity"]
    assert tools["shop.count"]["inputSchema"]["type"] == "object"
    assert tools["shop.count"]["annotations"]["readOnlyHint"] is False
    assert tools["shop.bars"]["annotations"]["readOnlyHint"] is True


def test_call_gives_text_and_structure(trader):
    result = ask(trader, "tools/call", {"name": "shop.bars", "arguments": {"limit": 1}}).json()["result"]
    assert result["isError"] is False
    assert result["structuredContent"]["total_rows"] == 2
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]


@pytest.mark.parametrize(
    ("arguments", "code"), [({"quantity": 1500}, "shop.lot"), ({"quantty": 1}, "operations.field")]
)
def test_refusal_is_a_result_that_the_model_can_read(trader, arguments, code):
    result = ask(trader, "tools/call", {"name": "shop.count", "arguments": arguments}).json()["result"]
    assert result["isError"] is True
    assert result["structuredContent"]["code"] == code
    assert result["structuredContent"]["remedy"]


def test_call_asks_for_the_permission(client):
    client.headers["Authorization"] = "Bearer token-guest"
    result = ask(client, "tools/call", {"name": "shop.bars"}).json()["result"]
    assert result["isError"] is True
    assert "shop.read" in result["structuredContent"]["text"]


def test_unknown_tool_names_the_nearest(trader):
    error = ask(trader, "tools/call", {"name": "shop.bar"}).json()["error"]
    assert error["code"] == -32602
    assert "shop.bars" in error["message"]


def test_stateless_revision_answers_without_a_handshake(trader):
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "server/discover"}
    result = ask(trader, "server/discover", {"_meta": META}, **headers).json()["result"]
    assert "2026-07-28" in result["supportedVersions"]
    assert result["resultType"] == "complete"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"MCP-Protocol-Version": "2026-07-28"}, -32020),
        ({"MCP-Protocol-Version": "2025-06-18", "Mcp-Method": "tools/list"}, -32020),
    ],
)
def test_stateless_revision_refuses_headers_that_differ(trader, headers, code):
    reply = ask(trader, "tools/list", {"_meta": META}, **headers)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)


def test_unknown_version_is_told_the_known_ones(trader):
    reply = ask(trader, "tools/list", **{"MCP-Protocol-Version": "1999-01-01"})
    assert reply.status_code == 400
    assert reply.json()["error"]["data"]["supported"][0] == "2026-07-28"


def test_unknown_method_of_each_era(trader):
    assert ask(trader, "resources/list").json()["error"]["code"] == -32601
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "resources/list"}
    assert ask(trader, "resources/list", {"_meta": META}, **headers).status_code == 404


def test_page_of_another_site_is_refused(trader):
    assert ask(trader, "tools/list", Origin="https://evil.example").status_code == 403
