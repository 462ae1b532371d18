"""What pages are made of: hashed and compressed files, no inline code, nothing from outside."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tallystick.console
from tallystick.console.assets import Assets
from tallystick.core.errors import TallystickError

FOLDER = Path(tallystick.console.__file__).parent
TEMPLATES = sorted((FOLDER / "templates").rglob("*.html"))
SCRIPTS = sorted((FOLDER / "static").glob("*/*.*"))
OUTSIDE = re.compile(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\"' ]*")
ALLOWED = {"https://www.tradingview.com/", "http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_template_has_no_inline_code_or_style(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=|javascript:", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or 'type="application/json"' in script
    assert "<style" not in text


def test_nothing_points_outside():
    for path in [*TEMPLATES, *(p for p in SCRIPTS if "vendor" not in p.parts)]:
        found = set(OUTSIDE.findall(path.read_text(encoding="utf-8")))
        assert found <= ALLOWED, path


def test_version_follows_the_content(tmp_path):
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / "manifest.json").write_text("{}")
    (tmp_path / "a.css").write_text("a{}")
    first = Assets(tmp_path).version
    assert Assets(tmp_path).version == first
    (tmp_path / "a.css").write_text("b{}")
    assert Assets(tmp_path).version != first


def test_scripts_that_were_not_built_are_an_operators_fault(tmp_path):
    with pytest.raises(TallystickError) as fault:
        Assets(tmp_path)
    assert fault.value.remedy == "Run `make assets`."


def test_files_are_compressed_and_cached_for_ever(ann):
    address = ann.page.get_attribute('link[rel="stylesheet"]', "href")
    reply = ann.page.request.get(ann.address + address)
    assert reply.headers["content-encoding"] == "gzip"
    assert "immutable" in reply.headers["cache-control"]
    assert reply.headers["content-type"].startswith("text/css")
    other = re.sub(r"/static/\w+/", "/static/older/", address)
    assert ann.page.request.get(ann.address + other).headers["cache-control"] == "no-cache"
    assert ann.page.request.get(f"{ann.address}/static/x/../shell.py").status == 404


def test_pages_are_never_cached_and_carry_the_policy(ann):
    reply = ann.page.request.get(f"{ann.address}/work")
    assert reply.headers["cache-control"] == "no-store"
    policy = reply.headers["content-security-policy"]
    assert "unsafe" not in policy
    nonce = re.search(r"'nonce-([^']+)'", policy).group(1)
    assert f'nonce="{nonce}"' in reply.text()
