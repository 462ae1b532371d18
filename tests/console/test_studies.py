"""A study's page: the question, the chart, the same numbers as a table, and where they are from."""

from __future__ import annotations

import pytest

from tallystick.console.history.studies import series
from tallystick.history import find_study


def test_study_draws_what_its_table_says(ann):
    ann.open("/history/studies/market_turnover")
    page = ann.page
    assert page.locator("[data-series] canvas").count() == 1
    page.locator("#tab-rows").click()
    shown = page.locator("#panel-rows tbody tr")
    asked = ann.ask("/api/history/study?study=market_turnover")["rows"]
    assert [row[0] for row in asked] == shown.locator("td:first-child").all_inner_texts()
    page.locator("#tab-query").click()
    assert "FROM history.bars_daily" in page.locator("#panel-query").inner_text()


def test_study_is_asked_for_a_span(ann):
    ann.open("/history/studies/market_turnover")
    ann.page.locator("input[name=start]").fill("2026-11-01")
    ann.page.locator("form.filters button").click()
    ann.page.locator("#tab-rows").click()
    assert ann.page.locator("#panel-rows tbody tr").count() == 1


def test_bad_date_is_answered_on_the_page(ann):
    ann.open("/history/studies/market_turnover?known_at=yesterday")
    assert ann.page.locator(".state[role=alert]").is_visible()


@pytest.mark.parametrize("name", ["volume_curve"])
def test_study_without_data_says_how_to_load_it(ann, name):
    ann.open(f"/history/studies/{name}")
    assert "--dataset history.bars_minute" in ann.page.locator(".state").inner_text()


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
        "industry 3",
    ]
    assert drawn["series"][0]["values"] == [7.0, 7.0]
    assert drawn["series"][-2]["values"] == [8.0, None]
