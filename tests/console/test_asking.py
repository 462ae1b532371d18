"""The page of questions: what history's operations answer, as a table, and the same question at other doors."""

from __future__ import annotations

import html
import json
import re
import shlex
from pathlib import Path

import pytest
from litestar.testing import TestClient

from tallystick.cli import main
from tallystick.console import create_pages
from tallystick.console.history.asking import QUESTIONS
from tallystick.core.access import Actor
from tallystick.core.operations import OPERATIONS
from tallystick.firm import load_operations
from tallystick.gateway import create_api

QUERY = "SELECT symbol, max(close) AS highest FROM history.bars_daily WHERE close > 0 GROUP BY symbol ORDER BY symbol"


def test_query_is_answered_and_a_price_is_a_price(ann):
    ann.open("/history/ask")
    page = ann.page
    assert "The answer will be here." in page.locator(".state").inner_text()
    page.locator("textarea[name=query]").fill(QUERY)
    page.locator("form.asking button").click()
    page.wait_for_selector("#panel-answer table")
    asked = ann.ask("/api/history/sql?query=" + page.evaluate("q => encodeURIComponent(q)", QUERY))["rows"]
    shown = page.locator("#panel-answer tbody tr").all_inner_texts()
    assert [line.split("\t") for line in shown] == [
        [symbol, f"{price / 10_000:,.2f}"] for symbol, price in asked
    ]
    assert page.locator("textarea[name=query]").input_value() == QUERY
    assert f"{len(asked)} rows" in page.locator("#panel-answer").inner_text()


def test_answer_is_exported_whole(ann):
    ann.open("/history/ask/panel?field=close&instruments=7701.XTAI, 7702.XTAI")
    assert ann.page.locator("#panel-answer thead").inner_text().split() == [
        "Date",
        "7701.XTAI",
        "7702.XTAI",
    ]
    with ann.page.expect_download() as saved:
        ann.page.locator("[data-save]").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
    assert len(text.splitlines()) - 1 == ann.page.locator("#panel-answer tbody tr").count()


def test_what_cannot_be_answered_says_so_and_keeps_the_question(ann):
    ann.open("/history/ask?query=DELETE FROM history.bars_daily")
    assert "it is not one SELECT" in ann.page.locator(".state[role=alert]").inner_text()
    assert ann.page.locator("textarea[name=query]").input_value() == "DELETE FROM history.bars_daily"
    ann.open("/history/ask/bars?instruments=7701.XTAI&known_at=yesterday")
    assert ann.page.locator(".state[role=alert]").is_visible()
    assert ann.page.locator("input[name=known_at]").input_value() == "yesterday"


def test_question_runs_as_it_is_said_for_the_command_line_python_and_http(firm, monkeypatch, capsys):
    row = {"symbol": "7701.XTAI", "open": 20, "high": 22, "low": 19, "close": 21}
    days = [{**row, "date": f"2026-11-{day}"} for day in (17, 18, 19)]
    firm.history.load(files=[[*days, {**days[0], "symbol": "7702.XTAI"}]], dataset="bars_daily")
    asked = "instruments=7701.XTAI, 7702.XTAI&columns=symbol,close&freq=1w&end=2026-11-18"
    with TestClient(create_api(firm.house, pages=create_pages(firm.house))) as client:
        client.headers["Authorization"] = f"Bearer {firm.house.access.session(Actor('mei'))}"
        page = client.get(f"/history/ask/bars?{asked}").text
        said = [
            html.unescape(text) for text in re.findall(r'<pre class="query">(.*?)</pre>', page, re.DOTALL)
        ]
        command, python, http = said
        rows = client.get(http.removeprefix("GET ")).json()["rows"]
    assert rows == [["7701.XTAI", 21_0000], ["7702.XTAI", 21_0000]]
    assert [list(row.values()) for row in eval(python, {"firm": firm}).rows()] == rows
    monkeypatch.setattr("tallystick.firm.system_user", lambda: "mei")
    words = [*shlex.split(command)[1:], "--firm", str(firm.path), "--json"]
    with pytest.raises(SystemExit, match="0"):
        main(words)
    told = json.loads(capsys.readouterr().out)
    assert [list(row.values()) for row in told] == rows


def test_every_question_is_an_operation_that_reads():
    load_operations()
    assert all(not OPERATIONS[f"history.{verb}"].writes for verb in QUESTIONS)
