"""An auditor's click verifies archives and sealed days, and says what was compared and what differs."""

from __future__ import annotations

import datetime
import json

import pyarrow as pa
import pytest
from litestar.testing import TestClient

from tallystick.console import create_pages
from tallystick.core.access import Actor
from tallystick.core.lake.archiving import archive_folder
from tallystick.core.operations import OPERATIONS
from tallystick.core.text import translate
from tallystick.gateway import create_api
from tallystick.history import append_bars

NAME = "history.bars_daily"
ARCHIVES = "/parts/verified/history.verify_archive"
SEALED = "/parts/verified/history.verify_sealed"


@pytest.fixture
def archived(firm):
    prices = {name: pa.array([100_000], pa.int64()) for name in ("open", "high", "low", "close", "volume")}
    date = pa.array([datetime.date(2016, 3, 1)], pa.date32())
    append_bars(firm.context(), pa.table({"symbol": ["M0001.XTAI"], "date": date, **prices}))
    firm.history.archive(dataset="bars_daily", before=datetime.date(2020, 1, 1))
    return firm


@pytest.fixture
def visitor(archived):
    with TestClient(create_api(archived.house, pages=create_pages(archived.house))) as client:
        client.headers["Authorization"] = f"Bearer {archived.house.access.session(Actor('mei'))}"
        yield client


def test_pages_of_archives_and_sealed_days_offer_it(visitor):
    for page, part in (("/history/archives", ARCHIVES), ("/history/sealed", SEALED)):
        text = visitor.get(page).text
        assert f'hx-get="{part}"' in text
        assert 'id="verified"' in text
        assert 'href="/history/sealed"' in text, "it stands in the rail"
    assert "what" in visitor.get("/history/sealed").text.partition('"fixed"')[2][:40]


def test_what_was_compared_is_told(visitor):
    reply = visitor.get(ARCHIVES)
    assert reply.headers["hx-trigger-after-settle"] == "verified", "the list is asked again"
    assert "Nothing differs." in reply.text
    for title in ("Archives", "Files", "Rows", "Size"):
        assert f"<dt>{title}</dt>" in reply.text
    sealed = visitor.get(SEALED).text
    assert "Nothing differs." in sealed
    assert "<dt>Days</dt>" in sealed
    assert "compared with the seals on the journal" in sealed


@pytest.mark.parametrize(
    ("language", "differs", "problem", "state"),
    [("en", "Differences: 1", "Other bytes", "Damaged"), ("zh_Hant", "不符：1 項", "位元組不符", "已損毀")],
)
def test_what_differs_is_named_and_the_list_shows_it(archived, visitor, language, differs, problem, state):
    (file,) = archive_folder(archived.house.lake, NAME, "2016").glob("*.parquet")
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    visitor.cookies.set("tally_language", language)
    text = visitor.get(ARCHIVES, params={"dataset": NAME}).text
    assert 'role="alert"' in text
    for words in (differs, problem, file.name):
        assert words in text
    listed = visitor.get("/api/history/archives").json()
    line = dict(zip([column["name"] for column in listed["columns"]], listed["rows"][0], strict=True))
    assert line["state"] == "damaged"
    assert line["verified_at"]
    assert json.dumps(state)[1:-1] in visitor.get("/history/archives").text


def test_other_operations_are_not_verifications(visitor):
    assert visitor.get("/parts/verified/history.purge").status_code == 404


def test_dataset_page_tells_columns_checks_and_how_long(visitor):
    text = visitor.get(f"/history/datasets/{NAME}").text
    for words in ("Columns and checks", "ten-thousandths of the currency", "The high is not below the low",
                  "Row versions", "Hot from", "kept for ever"):  # fmt: skip
        assert words in text, words


def test_form_is_called_shortly_and_says_what_it_does(visitor):
    for language, doing in (("en", "Expire"), ("zh_Hant", "清除過期快照")):
        visitor.cookies.set("tally_language", language)
        text = visitor.get("/do/history.expire").text
        assert f"<h1>{doing}</h1>" in text
        assert f'data-confirm="{doing}"' in text
        assert f"disabled>{doing}</button>" in text
        assert summary(language) in text.partition('class="text told"')[2][:200]


def summary(language):
    return translate(OPERATIONS["history.expire"].summary, language)
