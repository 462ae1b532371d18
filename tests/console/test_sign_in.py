"""Signing in and out, and what a person without a permission sees."""

from __future__ import annotations

import pytest


def test_page_asked_for_comes_after_signing_in(visit):
    visitor = visit(user="")
    visitor.page.goto(f"{visitor.address}/risk/orders?side=1")
    assert "/login?next=" in visitor.page.url
    visitor.page.fill("input[name=user]", "ann")
    visitor.page.fill("input[name=password]", "made-up-password")
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(f"{visitor.address}/risk/orders?side=1")


def test_wrong_password_says_so_in_the_readers_language(visit):
    visitor = visit(user="", language="zh_Hant")
    visitor.page.goto(f"{visitor.address}/login")
    visitor.page.fill("input[name=user]", "ann")
    visitor.page.fill("input[name=password]", "wrong")
    visitor.page.click("button.main-action")
    visitor.page.wait_for_selector("#login-problem:not([hidden])")
    assert "密碼錯誤" in visitor.page.inner_text("#login-problem")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
def test_sign_in_never_leads_to_another_site(visit, elsewhere):
    visitor = visit(user="")
    visitor.page.goto(f"{visitor.address}/login?next={elsewhere}")
    assert visitor.page.get_attribute("#login", "data-next") == "/"


def test_sign_out_ends_the_session(visit):
    ann = visit(user="")
    ann.sign_in("ann")
    ann.open("/work")
    ann.page.click("#sign-out")
    ann.page.wait_for_url("**/login")
    ann.page.goto(f"{ann.address}/work")
    assert "/login" in ann.page.url


def test_person_without_permission_is_told_which(visit):
    clerk = visit(user="cat")
    clerk.open("/market/rules")
    clerk.page.goto(f"{clerk.address}/governance/day-report")
    text = clerk.page.inner_text("main")
    assert "You may not see this" in text
    assert "governance.read" in text
    clerk.open("/risk/orders")
    assert "risk.read" in clerk.page.inner_text(".overlay")


def test_language_and_theme_stay_chosen(visit):
    visitor = visit()
    visitor.open("/work")
    visitor.page.click("#switch-language")
    visitor.page.wait_for_selector("html[lang=zh-Hant-TW]")
    visitor.page.click("#switch-theme")
    visitor.page.wait_for_selector("html[data-theme=light]")
    visitor.open("/ledger/accounts")
    assert visitor.page.get_attribute("html", "lang") == "zh-Hant-TW"
    assert visitor.page.get_attribute("html", "data-theme") == "light"
