"""Every page opens without a complaint of the browser, in both themes and languages, and is accessible."""

from __future__ import annotations

import re

import pytest

PAGES = (
    "/",
    "/journal/batches",
    "/journal/batches/{batch}",
    "/work",
    "/approvals",
    "/market/instruments",
    "/market/instruments/{symbol}",
    "/market/rules",
    "/history/datasets",
    "/history/quarantine",
    "/history/quarantine/row?dataset=history.bars_daily&file=made-up.csv&row=2",
    "/history/quality",
    "/history/quality/history.bars_daily",
    "/history/instruments",
    "/history/instruments/{symbol}",
    "/history/instruments/{symbol}?tab=bars&adjust=total",
    "/history/instruments/{symbol}?tab=actions",
    "/history/instruments/{symbol}?tab=versions&date=2026-11-20",
    "/history/instruments/7702.XTAI?tab=quality",
    "/history/holds/CASE-1",
    "/do/history.place_hold",
    "/do/history.restore",
    "/history/datasets/history.bars_daily",
    "/history/loads",
    "/history/archives",
    "/history/holds",
    "/history/retention",
    "/history/purges",
    "/history/quotas",
    "/history/ask",
    "/history/ask?query=SELECT symbol, max(close) AS highest FROM history.bars_daily GROUP BY symbol ORDER BY symbol",
    "/history/ask/panel?instruments={symbol}&adjust=total",
    "/history/studies",
    "/history/studies/market_composition",
    "/history/studies/volume_curve",
    "/ledger/accounts",
    "/ledger/accounts/{account}",
    "/ledger/positions",
    "/ledger/trades",
    "/ledger/obligations",
    "/ledger/settlement",
    "/risk/orders",
    "/risk/orders/{order}",
    "/governance/day-report",
    "/governance/tour",
    "/access/users",
    "/access/roles",
    "/interfaces",
    "/do/work.open",
    "/do/risk.kill_switch",
    "/rooms/clients",
    "/rooms/quant",
    "/rooms/advisory",
)
NAMED = ("/market/instruments/", "/history/instruments/", "/history/holds/", "/do/")
"""Pages whose heading may be a name that is the same in every language."""
CHINESE = re.compile(r"[\u4e00-\u9fff]")
GRAVE = ("serious", "critical")


def addresses(visitor):
    """The pages with real things in their places."""
    visitor.open("/risk/orders")
    order = visitor.page.locator('.grid [col-id="order_id"] a').first.inner_text()
    places = {
        "order": order,
        "symbol": visitor.ask("/api/market/instruments?limit=1")["rows"][0][1],
        "account": visitor.ask("/api/ledger/accounts?limit=20")["rows"][19][0],
        "batch": visitor.ask("/api/journal/batches?limit=1")["rows"][0][0],
    }
    return [path.format(**places) for path in PAGES]


def violations(visitor, axe):
    """What axe-core finds serious, one line each."""
    visitor.page.evaluate(axe)
    found = visitor.page.evaluate("async () => (await axe.run(document)).violations")
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in found if each["impact"] in GRAVE]


def foreign(asked, address):
    """Requests that left the process."""
    return [f"asks {url}" for url in asked if not url.startswith((address, "data:", "blob:"))]


@pytest.mark.parametrize(("theme", "language"), [("dark", "en"), ("light", "zh_Hant")])
def test_every_page_opens_without_complaint_and_is_accessible(visit, axe, theme, language):
    visitor = visit(theme=theme, language=language)
    asked, problems = [], {}
    visitor.page.on("request", lambda request: asked.append(request.url))
    for path in addresses(visitor):
        visitor.complaints.clear()
        asked.clear()
        visitor.open(path)
        problems[path] = [*visitor.complaints, *foreign(asked, visitor.address), *violations(visitor, axe)]
        heading = visitor.page.locator("h1").first.inner_text()
        if language == "zh_Hant" and not path.startswith(NAMED):
            problems[path] += [] if CHINESE.search(heading) else [f"heading is {heading}"]
        lang = visitor.page.get_attribute("html", "lang")
        problems[path] += (
            [] if lang == {"en": "en", "zh_Hant": "zh-Hant-TW"}[language] else [f"lang is {lang}"]
        )
    assert len(problems) == len(PAGES)
    assert not {path: found for path, found in problems.items() if found}


@pytest.mark.parametrize(("theme", "language"), [("dark", "zh_Hant"), ("light", "en")])
def test_each_kind_of_page_opens_in_the_other_themes_and_languages(visit, theme, language):
    visitor = visit(theme=theme, language=language)
    found = addresses(visitor)
    for path in (found[0], found[2], found[6], found[18]):
        visitor.open(path)
    assert visitor.complaints == []


def test_sign_in_page_is_accessible(visit, axe):
    visitor = visit(user="")
    visitor.page.goto(f"{visitor.address}/login")
    assert violations(visitor, axe) == []
    assert visitor.complaints == []


def test_page_works_at_double_zoom(visit):
    visitor = visit()
    visitor.page.set_viewport_size({"width": 720, "height": 450})
    visitor.open("/risk/orders")
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert len(visitor.rows("order_id")) > 5
