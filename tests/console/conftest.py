"""A served console and a real Chromium for it.

By default the pages stand on `stand_in`, served by a process of its own. Set CONSOLE_URL, CONSOLE_USER and
CONSOLE_PASSWORD to drive the console of a real firm instead.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

collect_ignore = ["stand_in"]
"""A program that serves a made-up book; it is started, never imported."""

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "tools" / "console" / "node_modules" / "axe-core" / "axe.min.js"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
USER = os.environ.get("CONSOLE_USER", "ann")
PASSWORD = os.environ.get("CONSOLE_PASSWORD", "made-up-password")


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("console")


@pytest.fixture(scope="session")
def console():
    """The address of a served console."""
    if "CONSOLE_URL" in os.environ:
        yield os.environ["CONSOLE_URL"].rstrip("/")
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    server = subprocess.Popen(
        [sys.executable, Path(__file__).parent / "stand_in", str(port)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert server.stdout.readline().strip() == "ready"
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)
        server.stdout.close()


@pytest.fixture(scope="module")
def browser(chromium_path):
    """One Chromium for a module; its driver keeps an event loop running, which later tests may not meet."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium_path, args=ARGUMENTS)
        yield opened
        opened.close()


SIGNED_IN = {}
"""Address and user → the session's cookie."""


class Visitor:
    """A person at a browser: opens pages, and keeps what the browser complained about."""

    def __init__(self, browser, address, *, theme="dark", language="en", user=USER):
        self.address = address
        self.context = browser.new_context(
            viewport={"width": 1440, "height": 900},
            permissions=["clipboard-read", "clipboard-write"],
        )
        for name, value in (("tally_theme", theme), ("tally_language", language)):
            self.context.add_cookies([{"name": name, "value": value, "url": address}])
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        self.page.on("response", self._answered)
        if user:
            self._come_in(user)

    def _heard(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _answered(self, reply):
        if reply.status >= 400:
            self.complaints.append(f"{reply.status}: {reply.url}")

    def _come_in(self, user):
        """Sign in, by the cookies of an earlier time when there was one: checking a password is slow on purpose."""
        known = SIGNED_IN.get((self.address, user))
        if known:
            self.context.add_cookies(known)
            self.page.goto(f"{self.address}/rooms/clients")
            return
        self.sign_in(user)
        SIGNED_IN[self.address, user] = [
            cookie for cookie in self.context.cookies() if cookie["name"] == "tally_session"
        ]

    def sign_in(self, user, password=PASSWORD):
        self.page.goto(f"{self.address}/login")
        self.page.fill("input[name=user]", user)
        self.page.fill("input[name=password]", password)
        self.page.click("button.main-action")
        self.page.wait_for_url(f"{self.address}/")

    def open(self, path):
        self.page.goto(self.address + path)
        self.settle()

    def settle(self):
        """Wait until grids have rows (or say that there are none) and parts that come later are there."""
        self.page.wait_for_function(
            """() => [...document.querySelectorAll('.grid')].every((grid) => grid.closest('[hidden]')
                 || (grid.querySelector('.ag-row') && !grid.querySelector('.skeleton'))
                 || grid.querySelector('.overlay:not([hidden])'))
               && !document.querySelector('.tile .skeleton, .htmx-request')"""
        )

    def until(self, condition):
        """Wait until an expression is true in the page."""
        self.page.wait_for_function(f"() => {condition}")

    def ask(self, path):
        """What the operation's own door gives, with this person's session."""
        return self.page.evaluate("async (path) => (await fetch(path)).json()", path)

    def rows(self, column):
        """The texts of a column of the first grid, from the top."""
        return self.page.evaluate(
            """(column) => [...document.querySelectorAll(`.grid .ag-row [col-id="${column}"]`)]
                 .map((cell) => [Number(cell.closest('.ag-row').getAttribute('row-index')), cell.innerText])
                 .sort((a, b) => a[0] - b[0]).map((pair) => pair[1])""",
            column,
        )


@pytest.fixture
def visit(browser, console):
    """Opens a visitor: `visit(theme=…, language=…, user=…)`; closed at the end of the test."""
    opened = []

    def start(**options):
        opened.append(Visitor(browser, console, **options))
        return opened[-1]

    yield start
    for visitor in opened:
        visitor.context.close()


@pytest.fixture
def ann(visit):
    """The administrator, in the dark theme, in English."""
    return visit()


@pytest.fixture(scope="session")
def axe():
    """The accessibility checker, to be run in a page."""
    assert AXE.exists(), "no axe-core: run `make assets`"
    return AXE.read_text(encoding="utf-8")
