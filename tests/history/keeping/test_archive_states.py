"""The list of archives says what is missing and what a verification found, until it is mended."""

from __future__ import annotations

import datetime
import sqlite3

import pytest

from tallystick.core.lake.archiving import archive_folder
from tallystick.history.keeping import findings

NAME = "history.bars_daily"


@pytest.fixture
def archived(filled, tmp_path):
    filled.history.archive(dataset="bars_daily", before=datetime.date(2026, 1, 1))
    filled.history.copy_archive(target=str(tmp_path / "tape"))
    return filled


def states(firm):
    return {row["partition"]: row["state"] for row in firm.history.archives().rows()}


def file_of(firm, partition, ending="parquet"):
    (found,) = archive_folder(firm.context().lake, NAME, partition).glob(f"*.{ending}")
    return found


@pytest.mark.parametrize("ending", ["parquet", "json"])
def test_missing_file_is_seen_at_once_and_after_its_return_no_more(archived, tmp_path, ending):
    file = file_of(archived, "2016", ending)
    file.rename(tmp_path / "away")
    assert states(archived) == {"2016": "missing", "2025": "archived"}
    assert archived.history.archives().rows()[0]["verified_at"] is None
    archived.history.restore(source=str(tmp_path / "tape"))
    assert states(archived) == {"2016": "archived", "2025": "archived"}


def test_cut_file_is_seen_at_once(archived):
    file = file_of(archived, "2016")
    file.write_bytes(file.read_bytes()[:-1])
    assert states(archived)["2016"] == "damaged"


def test_changed_bytes_are_known_from_a_verification_until_they_are_mended(archived, tmp_path):
    file = file_of(archived, "2025")
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 1
    file.write_bytes(body)
    assert states(archived)["2025"] == "archived", "nobody has read it"
    assert not archived.history.verify_archive().passed
    assert states(archived) == {"2016": "archived", "2025": "damaged"}
    assert all(row["verified_at"] for row in archived.history.archives().rows())
    archived.history.restore(source=str(tmp_path / "tape"))
    assert states(archived)["2025"] == "archived"
    assert archived.history.verify_archive().passed


def test_fault_that_is_mended_by_hand_is_forgotten_by_the_next_verification(archived):
    file = file_of(archived, "2016")
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    archived.history.verify_archive(dataset="bars_daily")
    file.write_bytes(whole)
    assert states(archived)["2016"] == "damaged"
    assert archived.history.verify_archive().passed
    assert states(archived)["2016"] == "archived"


def test_verification_does_not_need_to_write(archived, monkeypatch):
    def refuse(*_, **__):
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr(findings.sqlite3, "connect", refuse)
    assert archived.history.verify_archive().passed


def test_what_was_archived_now_says_so(filled):
    (line,) = filled.history.archive(dataset="bars_daily", before=datetime.date(2020, 1, 1)).rows()
    assert line["state"] == "archived"
