"""What a commit names is on the disk before: files by content and name, checked by what was synced."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from synced_files import SyncedFiles


@pytest.fixture
def synced(monkeypatch):
    return SyncedFiles(monkeypatch)


def files(lake, *suffixes):
    found = [path for path in lake.folder.rglob("*") if path.is_file() and path.name.endswith(suffixes)]
    assert found
    return found


def test_files_of_an_append_are_on_the_disk(lake, rows, synced):
    lake.append("doctest.rates", rows([("a", day, 1, 10, 5) for day in range(3)]))
    assert len(files(lake, ".parquet")) == 3
    assert not synced.lost(files(lake, ".parquet"))


def test_metadata_of_a_commit_is_on_the_disk(lake, rows, synced):
    before = set(files(lake, ".metadata.json"))
    lake.append("doctest.rates", rows([("a", 0, 1, 10, 5)]))
    new = set(files(lake, ".metadata.json", ".avro")) - before
    assert {path.suffix for path in new} == {".json", ".avro"}
    assert not synced.lost(new)


def test_hot_generation_is_on_the_disk(lake, rows, synced):
    lake.append("doctest.rates", rows([("a", 0, 1, 10, 5)]))
    lake.publish_hot()
    assert not synced.lost(files(lake, ".duckdb"))


def test_compacted_files_are_on_the_disk(lake, rows, synced):
    for minute in (1, 2):
        lake.append("doctest.rates", rows([("a", 0, minute, 10, 5)]))
    before = set(files(lake, ".parquet"))
    assert lake.compact("doctest.rates")
    new = set(files(lake, ".parquet")) - before
    assert new
    assert not synced.lost(new)
