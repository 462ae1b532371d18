"""Forms: made from an operation's fields, confirmed by a typed word, refused with a remedy."""

from __future__ import annotations

import pytest

from tallystick.history.keeping.retention import COLUMNS


def test_form_is_sent_only_after_the_word_is_typed(ann):
    ann.open("/do/work.open")
    button = ann.page.locator("form[data-operation] button")
    assert button.is_disabled()
    ann.page.select_option("select[name=room]", "risk")
    ann.page.fill("input[name=title]", "Ask the branch")
    ann.page.fill("[data-confirm]", "opne")
    assert button.is_disabled()
    ann.page.fill("[data-confirm]", "Open a work item")
    button.click()
    ann.page.wait_for_selector(".result:not([hidden])")
    assert "Done." in ann.page.inner_text(".result")
    assert ann.page.locator(".result.refused").count() == 0
    assert ann.page.input_value("input[name=title]") == ""
    assert button.is_disabled()
    ann.page.click(".result >> text=Show it")
    ann.page.wait_for_url("**/work")
    ann.settle()
    assert "Ask the branch" in ann.rows("title")


def test_form_in_a_drawer_can_be_sent(ann):
    ann.open("/work")
    ann.page.click('.grid .ag-row [col-id="title"]')
    ann.page.wait_for_selector(".drawer form[data-ready]")
    ann.page.fill(".drawer textarea[name=text]", "asked again")
    ann.page.fill(".drawer [data-confirm]", "Add a note")
    ann.page.click(".drawer form button")
    ann.page.wait_for_selector(".drawer .result:not([hidden])")
    assert "Done." in ann.page.inner_text(".drawer .result")


def test_several_choices_are_sent_as_a_list(ann):
    ann.open("/do/risk.set_account_terms?account=17")
    asked = []
    ann.page.route(
        "**/api/risk/set_account_terms",
        lambda route: (asked.append(route.request.post_data_json), route.abort()),
    )
    ann.page.check("input[value=odd_lots]")
    ann.page.check("input[value=day_trade]")
    ann.page.fill("[data-confirm]", "Set the terms")
    ann.page.click("form[data-operation] button")
    ann.page.wait_for_selector(".result:not([hidden])")
    assert asked == [{"account": "17", "permissions": ["odd_lots", "day_trade"]}]


def test_correction_that_says_what_is_known_changes_nothing_and_says_so(ann):
    ann.open("/do/history.correct_rows?dataset=history.bars_daily")
    for told in ("Done.", "Nothing was changed: all of it is known already."):
        ann.page.fill(
            "textarea[name=rows]", "symbol,date,open,high,low,close\n7703.XTAI,2026-11-16,21,22,20,20.5"
        )
        ann.page.fill("textarea[name=reason]", "The source printed it anew")
        ann.page.fill("[data-confirm]", "Correct")
        ann.page.click("form[data-operation] button")
        ann.page.wait_for_selector(f".result:not([hidden]) >> text={told}")


def test_change_of_retention_begins_with_the_names_of_its_columns(ann):
    ann.open("/history/retention")
    ann.page.click("text=Propose a change")
    ann.page.wait_for_selector("textarea[name=rows]")
    assert ann.page.input_value("textarea[name=rows]").strip() == ",".join(COLUMNS)


def test_refusal_stands_below_the_form_with_its_remedy(ann):
    ann.open("/do/work.close?work=none")
    assert ann.page.input_value("input[name=work]") == "none"
    ann.page.fill("textarea[name=text]", "done")
    ann.page.fill("[data-confirm]", "Close the work item")
    ann.page.click("form[data-operation] button")
    ann.page.wait_for_selector(".result.refused")
    assert "core.unknown_work" in ann.page.inner_text(".result")


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Place a hold: First date cannot be 2026-13-01."),
        ("zh_Hant", "設定保全：首日 不可為 2026-13-01。"),
    ],
)
def test_refusal_of_a_field_names_it_as_the_form_does(visit, language, told):
    visitor = visit(language=language)
    visitor.open("/do/history.place_hold")
    visitor.page.fill("input[name=hold]", "CASE-13")
    visitor.page.fill("textarea[name=reason]", "A made-up order")
    visitor.page.fill("input[name=first]", "2026-13-01")
    visitor.page.fill("[data-confirm]", visitor.page.inner_text("h1"))
    visitor.page.click("form[data-operation] button")
    visitor.page.wait_for_selector(".result.refused")
    assert told in visitor.page.inner_text(".result")


@pytest.mark.parametrize(
    ("language", "told"), [("en", "history.study: From cannot be"), ("zh_Hant", "history.study：起")]
)
def test_refusal_of_a_page_names_the_field_as_the_page_does(visit, language, told):
    visitor = visit(language=language)
    visitor.open("/history/studies/market_turnover?start=2026-13-01")
    assert told in visitor.page.inner_text(".state[role=alert]")


def test_maker_cannot_approve_and_a_second_person_can(visit):
    ben, ann = visit(user="ben"), visit(user="ann")
    ben.open("/do/risk.kill_switch")
    ben.page.fill("input[name=scope]", "firm")
    ben.page.select_option("select[name=stopped]", "false")
    ben.page.fill("textarea[name=reason]", "The fault is mended")
    ben.page.fill("[data-confirm]", "stop or resume")
    ben.page.click("form[data-operation] button")
    ben.page.wait_for_selector(".result:not([hidden])")
    listed = ben.ask("/api/approvals/list?state=open&sort=-proposed_at")
    names = [column["name"] for column in listed["columns"]]
    proposal = dict(zip(names, listed["rows"][0], strict=True))["proposal"]
    for person, outcome in ((ben, "core.same_person"), (ann, "Done.")):
        person.open(f"/do/approvals.approve?proposal={proposal}")
        person.page.fill("[data-confirm]", "Approve it")
        person.page.click("form[data-operation] button")
        person.page.wait_for_selector(".result:not([hidden])")
        assert outcome in person.page.inner_text(".result")


def test_proposal_says_that_it_waits_and_leads_to_itself(visit):
    ben = visit(user="ann")
    ben.open("/do/market.register_instrument")
    ben.page.fill("input[name=symbol]", "7799.XTAI")
    ben.page.fill("input[name=name]", "Made-up Ltd")
    ben.page.fill("textarea[name=reason]", "It is new")
    ben.page.fill("[data-confirm]", "Register an instrument")
    ben.page.click("form[data-operation] button")
    ben.page.wait_for_selector(".result:not([hidden])")
    assert "second person" in ben.page.inner_text(".result")
    ben.page.locator(".result .made a").first.click()
    ben.page.wait_for_selector(".proposed")
    assert "7799.XTAI" in ben.page.inner_text(".proposed")


def test_who_may_not_sees_no_button_and_no_form(visit):
    cat = visit(user="cat")
    cat.open("/work")
    assert cat.page.locator("a[href='/do/work.open']").count() == 0
    cat.page.goto(f"{cat.address}/do/work.open")
    assert "work.manage" in cat.page.inner_text("main")
    assert cat.page.locator("form[data-operation]").count() == 0


def test_hold_of_no_class_is_of_every_class(ann):
    ann.open("/do/history.place_hold")
    assert "every one" in ann.page.locator("fieldset legend").first.inner_text()


def test_checker_sees_the_whole_command_before_and_after(ann):
    """On the proposal's own page, and above the form that approves it."""
    for address in ("/approvals/p2", "/do/approvals.approve?proposal=p2"):
        ann.open(address)
        rows = ann.page.locator(".proposed tbody tr").all_inner_texts()
        assert ["Hold", "CASE-1", "CASE-1"] in [row.split("\t") for row in rows]
        assert ["Reason", "A made-up order", "The case is closed"] in [row.split("\t") for row in rows]
    ann.open("/approvals")
    ann.page.locator(".ag-row [col-id=summary]").filter(has_text="CASE-1").click()
    ann.page.wait_for_selector(".proposed")


def test_operation_that_changes_nothing_has_no_form(ann):
    ann.page.goto(f"{ann.address}/do/risk.orders")
    assert "console.no_form" in ann.page.inner_text("main")
