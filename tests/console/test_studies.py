"""A study's page: the question, the chart, the same numbers as a table, and where they are from."""

from __future__ import annotations

import csv
import io

import pytest

from tallystick.console.history.studies import series
from tallystick.history import find_study


def test_study_draws_what_its_table_says(ann):
    ann.open("/history/studies/market_turnover")
    page = ann.page
    assert page.locator("[data-series] canvas").count() == 1
    page.locator("#tab-rows").click()
    page.wait_for_selector("#panel-rows .ag-row")
    asked = ann.ask("/api/history/study?study=market_turnover")["rows"]
    assert [row[0] for row in asked] == ann.rows("month")
    assert page.locator("[data-do=csv]").is_visible()
    assert page.locator("[data-do=tsv]").is_visible()
    page.locator("#tab-query").click()
    assert "FROM history.bars_daily" in page.locator("#panel-query").inner_text()


@pytest.mark.parametrize("tab", ["chart", "rows", "query"])
def test_answer_is_saved_from_every_tab_with_amounts_written_out(ann, tab):
    ann.open(f"/history/studies/market_turnover?tab={tab}")
    with ann.page.expect_download() as waiting:
        ann.page.click("[data-do=csv]")
    text = waiting.value.path().read_text(encoding="utf-8-sig")
    saved = list(csv.DictReader(io.StringIO(text)))
    answer = ann.ask("/api/history/study?study=market_turnover")
    place = [column["name"] for column in answer["columns"]].index("turnover")
    assert len(saved) == answer["total_rows"]
    assert saved[0]["turnover"] == f"{int(answer['rows'][0][place]) / 10_000:.4f}"


def test_rows_are_copied_while_the_chart_is_shown(ann):
    ann.open("/history/studies/market_turnover")
    ann.page.click("[data-do=copy]")
    ann.page.wait_for_selector("#notice:not([hidden])")
    copied = ann.page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(copied) == 1 + ann.ask("/api/history/study?study=market_turnover")["total_rows"]


def test_study_is_asked_for_a_span(ann):
    ann.open("/history/studies/market_turnover")
    ann.page.locator("input[name=start]").fill("2026-11-01")
    ann.page.locator("form.filters button").click()
    ann.page.locator("#tab-rows").click()
    ann.until("document.querySelectorAll('#panel-rows .ag-row').length == 1")
    assert ann.rows("month") == ["2026-11"]


def test_study_says_its_venues_and_their_currency(ann):
    ann.open("/history/studies/market_turnover")
    assert "Turnover of the market: XTAI, ROCO, XTAF, TWD" in ann.page.locator(".text").first.inner_text()
    ann.open("/history/studies/market_turnover?venue=XNAS")
    assert "Nothing fits what was asked" in ann.page.locator(".state").inner_text()
    ann.open("/history/studies/market_turnover?venue=XNAX")
    assert "There is no venue XNAX" in ann.page.locator(".state[role=alert]").inner_text()


def test_bad_date_is_answered_on_the_page(ann):
    ann.open("/history/studies/market_turnover?known_at=yesterday")
    assert ann.page.locator(".state[role=alert]").is_visible()


@pytest.mark.parametrize("name", ["volume_curve"])
def test_study_without_data_says_how_to_load_it(ann, name):
    ann.open(f"/history/studies/{name}")
    assert "--dataset history.bars_minute" in ann.page.locator(".state").inner_text()


def test_tooltip_has_value_and_unit_and_breaks_no_policy(ann):
    ann.open("/history/studies/market_turnover")
    box = ann.page.locator("[data-series] canvas").bounding_box()
    ann.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    ann.page.wait_for_timeout(200)
    assert ann.complaints == []
    assert ann.page.locator("[data-series] > div").count() == 1  # the canvas alone, no box of HTML
    assert "Turnover" in ann.page.inner_text(".chart-title")
    assert "TWD" in ann.page.inner_text(".chart-title")


def test_unknown_instrument_is_said_and_not_that_nothing_is_loaded(ann):
    ann.open("/history/studies/liquidity?instrument=2330")
    assert "There is no instrument 2330" in ann.page.locator(".state[role=alert]").inner_text()
    ann.open("/history/studies/market_turnover?start=2031-01-01")
    assert "Nothing fits what was asked" in ann.page.locator(".state").inner_text()


def test_query_is_shown_as_it_runs(ann):
    ann.open("/history/studies/market_turnover?start=2026-11-01")
    ann.page.locator("#tab-query").click()
    query = ann.page.locator("#panel-query pre").inner_text()
    assert "$" not in query
    asked = ann.ask("/api/history/study?study=market_turnover&start=2026-11-01")["rows"]
    told = ann.page.evaluate(
        """async (query) => (await fetch("/api/history/sql?" + new URLSearchParams({ query }))).json()""",
        query,
    )
    assert told["rows"] == asked


def test_over_time_every_month_is_drawn():
    months = [f"{year}-{month:02d}" for year in range(2020, 2026) for month in range(1, 13)]
    rows = [
        {"month": month, "bought_value": 10_000, "sold_value": 10_000}
        for month in months
        if month != "2024-05"
    ]
    drawn = series(find_study("client_trades"), rows, str)
    assert drawn["x"] == months
    assert drawn["series"][0]["values"][months.index("2024-05")] is None
    assert "total" not in drawn


def test_many_categories_say_how_many_are_drawn():
    rows = [{"symbol": f"{n}.XTAI", "turnover_a_session": n * 10_000} for n in range(200)]
    drawn = series(find_study("liquidity"), rows, str)
    assert (drawn["shown"], drawn["total"], drawn["summed"]) == (40, 200, False)
    assert drawn["x"] == [f"{n}.XTAI" for n in range(40)]


def test_what_clients_hold_is_drawn_by_what_it_is_worth_and_not_by_what_did_best():
    rows = [
        {"symbol": f"{n}.XTAI", "market_value": (200 - n) * 10_000, "total_return": n} for n in range(200)
    ]
    study = find_study("product_performance")
    assert "ORDER BY market_value DESC" in study.sql
    drawn = series(study, rows, str)
    assert drawn["x"] == [f"{n}.XTAI" for n in range(40)]
    assert drawn["series"][0]["values"][0] == 0.0


def test_series_are_the_largest_few_in_words():
    study = find_study("market_composition")
    rows = [
        {"month": month, "industry": f"industry {n}", "turnover_share": n * 100}
        for month in ("2026-01", "2026-02")
        for n in range(1, 9)
    ]
    drawn = series(study, rows[:-1], str)
    assert drawn["x"] == ["2026-01", "2026-02"]
    assert [each["title"] for each in drawn["series"]] == [
        "industry 7",
        "industry 6",
        "industry 5",
        "industry 4",
        "industry 8",
        "others",
    ]
    unknown = series(study, [row | {"turnover_share": None} for row in rows], str)
    assert unknown["series"][-1]["values"] == [None, None]
    assert drawn["series"][-1]["values"] == [6.0, 6.0]  # industries 1, 2 and 3
    assert (drawn["shown"], drawn["total"], drawn["summed"]) == (5, 8, True)
    assert drawn["series"][0]["values"] == [7.0, 7.0]
    assert drawn["series"][-2]["values"] == [8.0, None]
