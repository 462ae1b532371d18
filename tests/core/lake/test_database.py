"""The catalog's database: one SQL for both, and what becomes of a catalog that an earlier release made."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from tallystick.core.lake import Lake
from tallystick.core.lake.database import Sqlite


@pytest.fixture
def database(tmp_path):
    opened = Sqlite(tmp_path / "catalog.sqlite")
    opened.rows("CREATE TABLE notes (word TEXT PRIMARY KEY)")
    yield opened
    opened.close()


def words(database):
    return sorted(word for (word,) in database.rows("SELECT word FROM notes"))


def test_a_transaction_is_whole_or_not_at_all(database):
    with database.transaction() as writing:
        writing.execute("INSERT INTO notes VALUES (?)", ("kept",))
        writing.executemany("INSERT INTO notes VALUES (?)", [("also",), ("too",)])
    with pytest.raises(sqlite3.IntegrityError), database.transaction() as writing:
        writing.executemany("INSERT INTO notes VALUES (?)", [("lost",), ("kept",)])
    assert words(database) == ["also", "kept", "too"]


def test_a_turn_is_given_to_one_after_the_other(database, tmp_path):
    other = Sqlite(tmp_path / "catalog.sqlite")
    order = []

    def wait_for_turn():
        with other.turn("rates"):
            order.append("second")

    with database.turn("rates"):
        waiting = threading.Thread(target=wait_for_turn)
        waiting.start()
        waiting.join(0.2)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]
    other.close()


def test_tables_are_known_by_name(database):
    assert database.has_table("notes")
    assert not database.has_table("iceberg_tables")


def test_a_catalog_without_later_tables_gets_them(lake, rows, facts):
    lake.append("doctest.rates", rows([("a", 0, 1, 10, 5)]))
    lake.close()
    with sqlite3.connect(lake.folder / "catalog.sqlite") as connection:
        connection.execute("DROP TABLE lake_generations")
        connection.execute("UPDATE lake_facts SET value = ? WHERE fact = 'folder'", (str(lake.folder),))
    connection.close()
    with Lake(lake.folder) as again:
        assert facts(again.scan("doctest.rates")) == {("a", 0, 1): 10}
        assert again.publish_hot() == 1
        assert facts(again.scan("doctest.rates")) == {("a", 0, 1): 10}


def test_the_file_has_an_address_whatever_letters_its_path_has(tmp_path):
    from sqlalchemy import create_engine

    folder = tmp_path / "a%41 b#c'd&e;f:g"
    folder.mkdir()
    opened = Sqlite(folder / "catalog.sqlite")
    opened.rows("CREATE TABLE notes (word TEXT PRIMARY KEY)")
    with create_engine(opened.uri).connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM notes").scalar() == 0
    assert [place.name for place in tmp_path.iterdir()] == [folder.name]
    opened.close()
