"""Tables are made, filled, rewritten and asked; what comes back is what went in."""

from __future__ import annotations

import datetime
import inspect

import duckdb
import pyarrow as pa
import pytest

from tallystick.core.errors import NotFound, TallystickError
from tallystick.core.lake import Lake, TableSpec
from tallystick.core.schema import (
    BusinessDate,
    FixedText12,
    Flag,
    Float64,
    Hash32,
    Int8,
    Int32,
    Record,
    Text,
    Timestamp,
    UInt64,
    schema_of,
)

DAY = datetime.date(2026, 11, 2)


class Everything(Record, frozen=True, kw_only=True):
    symbol: FixedText12
    side: Int8
    account: Int32
    sequence: UInt64
    ratio: Float64
    open: Flag
    hash: Hash32
    note: Text | None
    count: int | None
    event_time: Timestamp
    known_time: Timestamp


EVERYTHING = TableSpec(
    "doctest.everything", Everything, ("symbol", "event_time"), ("symbol",), ("event_time", "month")
)


def everything(count):
    moment = 1_795_136_400_123_456_789
    return schema_of(Everything).arrow.empty_table().from_pylist(
        [
            {
                "symbol": f"{2330 - n}.XTAI", "side": -n, "account": n, "sequence": n, "ratio": n / 3,
                "open": n % 2 == 0,
                "hash": bytes([n]) * 32, "note": None if n % 3 else "備註", "count": n or None,
                "event_time": moment + n, "known_time": moment + 10 * n,
            }
            for n in range(count)
        ],
        schema=schema_of(Everything).arrow,
    )  # fmt: skip


def test_every_kind_of_column_comes_back_as_it_went_in(lake):
    lake.create(EVERYTHING)
    given = everything(7)
    lake.append(EVERYTHING.name, given)
    found = lake.scan(EVERYTHING.name, order=["-symbol"])
    assert found.schema.equals(given.schema)
    assert found.to_pylist() == given.to_pylist()
    narrow = lake.scan(EVERYTHING.name, within={"symbol": ["2329.XTAI", "2330.XTAI"]}, order=["-symbol"])
    assert (
        narrow.equals(given.slice(0, 2).combine_chunks())
        or narrow.to_pylist() == given.slice(0, 2).to_pylist()
    )
    assert narrow.schema.equals(given.schema)


def test_declaration_is_read_back_from_disk(lake):
    lake.create(EVERYTHING)
    with Lake(lake.folder) as other:
        spec = other.spec(EVERYTHING.name)
        assert other.tables() == ["doctest.everything", "doctest.rates"]
    assert (spec.key, spec.sort, spec.partition) == (EVERYTHING.key, EVERYTHING.sort, EVERYTHING.partition)
    assert schema_of(spec.record).arrow.equals(schema_of(Everything).arrow)


def test_append_is_seen_by_every_open_lake(lake, rows, facts):
    with Lake(lake.folder) as other:
        assert other.scan("doctest.rates").num_rows == 0
        lake.append("doctest.rates", rows([("A", 0, 1, 10, 1)]))
        assert facts(other.scan("doctest.rates")) == {("A", 0, 1): 10}
        other.append("doctest.rates", rows([("B", 1, 1, 20, 1)]))
    assert facts(lake.scan("doctest.rates")) == {("A", 0, 1): 10, ("B", 1, 1): 20}


def test_scan_within_where_order_limit(lake, rows):
    lake.append(
        "doctest.rates", rows([(c, d, m, 10 * d + m, 1) for c in "ABC" for d in range(3) for m in range(4)])
    )
    second = DAY + datetime.timedelta(1)
    name = "doctest.rates"

    def minutes(**question):
        return lake.scan(name, columns=["minute"], **question)["minute"].to_pylist()

    assert minutes(within={"code": "A", "date": second}, order=["minute"]) == [0, 1, 2, 3]
    assert minutes(within={"code": ["A", "Z"], "minute": (2, None)}, order=["-date", "minute"]) == [2, 3] * 3
    assert minutes(within={"code": []}) == []
    assert (
        minutes(
            within={"date": (second, second)}, where="rate >= ?", parameters=[12], order=["code", "minute"]
        )
        == [2, 3] * 3
    )
    assert minutes(order=["-date", "code", "minute"], limit=3, offset=3) == [3, 0, 1]
    assert lake.count(name, within={"date": second}, where="minute = ?", parameters=[0]) == 3


def test_several_partitions_are_rewritten_in_one_snapshot(lake, rows, facts):
    lake.append("doctest.rates", rows([("A", d, 1, d, 1) for d in range(3)]))
    lake.append("doctest.rates", rows([("B", d, 1, 7, 1) for d in range(2)]))
    before = len(lake.versions("doctest.rates"))
    expected = facts(lake.scan("doctest.rates"))
    commit = lake.compact("doctest.rates")
    assert (commit.version, commit.rows, commit.files) == (before + 1, 5, 3)
    assert len(lake.versions("doctest.rates")) == before + 1
    assert facts(lake.scan("doctest.rates")) == expected
    assert facts(lake.scan("doctest.rates", version=before)) == expected


def test_lake_has_no_door_that_takes_rows_away():
    """Rows go only by a purge, which the history room decides; what drops files asks the holds."""
    assert not {"overwrite", "delete", "remove", "drop", "replace", "purge"} & set(dir(Lake))
    assert inspect.signature(Lake.maintain).parameters["holds"].default is inspect.Parameter.empty


def test_token_makes_an_append_happen_once(lake, rows):
    given = rows([("A", 0, 1, 10, 1)])
    first = lake.append("doctest.rates", given, token="file-1")
    again = lake.append("doctest.rates", given, token="file-1")
    assert not first.repeated
    assert again.repeated
    assert (again.version, again.rows) == (first.version, 1)


def test_token_is_found_when_the_writer_died_before_its_own_note(lake, rows):
    """A kill between Iceberg's commit and the version map: the snapshot itself knows the token."""
    lake.append("doctest.rates", rows([("A", 0, 1, 10, 1)]), token="file-1")
    with lake.catalog.transaction() as connection:
        connection.execute("DELETE FROM lake_versions")
        connection.execute("DELETE FROM lake_plans")
    with Lake(lake.folder) as other:
        assert other.append("doctest.rates", rows([("A", 0, 1, 10, 1)]), token="file-1").repeated
        assert [v.version for v in other.versions("doctest.rates")] == [1]
        assert other.append("doctest.rates", rows([("B", 0, 1, 10, 1)])).version == 2


def test_older_business_version_is_read(lake, rows, facts):
    lake.append("doctest.rates", rows([("A", 0, 1, 10, 1)]))
    lake.append("doctest.rates", rows([("A", 0, 1, 11, 2)]))
    assert facts(lake.scan("doctest.rates", version=1)) == {("A", 0, 1): 10}
    assert facts(lake.scan("doctest.rates", version=2)) == {("A", 0, 1): 11}
    with pytest.raises(NotFound, match="Version 9"):
        lake.scan("doctest.rates", version=9)


def test_describe_counts(lake, rows):
    empty = lake.describe("doctest.rates")
    assert (empty.rows, empty.files, empty.version, empty.first_date) == (0, 0, 0, None)
    lake.append("doctest.rates", rows([("A", 0, 1, 1, 1), ("A", 4, 1, 1, 1)]))
    told = lake.describe("doctest.rates")
    assert (told.title, told.owner, told.rows, told.files, told.snapshots) == ("Rates", "doctest", 2, 2, 1)
    assert (told.first_date, told.last_date) == (DAY, DAY + datetime.timedelta(4))
    assert told.bytes == sum(path.stat().st_size for path in lake.folder.rglob("data/*/*.parquet"))


def test_rows_that_do_not_fit_are_refused(lake, rows):
    given = rows([("A", 0, 1, 1, 1)])
    with pytest.raises(TallystickError, match=r"no column rte.*Did you mean rate"):
        lake.append("doctest.rates", given.append_column("rte", pa.array([1])))
    with pytest.raises(TallystickError, match="lack the column rate"):
        lake.append("doctest.rates", given.drop_columns(["rate"]))
    with pytest.raises(TallystickError, match=r"1 rows for doctest.rates have no rate"):
        lake.append("doctest.rates", given.set_column(3, "rate", pa.array([None], pa.int64())))
    with pytest.raises(TallystickError, match=r"no column cod.*Did you mean code"):
        lake.scan("doctest.rates", columns=["cod"])
    with pytest.raises(NotFound, match=r"no table doctest.rate\. Did you mean doctest.rates"):
        lake.scan("doctest.rate")
    assert lake.scan("doctest.rates").num_rows == 0


class Grown(Record, frozen=True, kw_only=True):
    code: Text
    date: BusinessDate
    minute: int
    rate: int
    event_time: Timestamp
    known_time: Timestamp


class GrownMore(Grown, frozen=True, kw_only=True):
    venue: Text | None = None


def test_table_grows_by_optional_columns_only(lake, rows, facts):
    old = TableSpec("doctest.grown", Grown, ("code", "date", "minute"), ("code", "date"), ("date", "day"))
    new = TableSpec("doctest.grown", GrownMore, old.key, old.sort, old.partition)
    given = rows([("A", 0, 1, 1, 1)])
    lake.create(old)
    lake.append(old.name, given)
    lake.create(new)
    lake.append(old.name, rows([("B", 0, 1, 2, 1)]).append_column("venue", pa.array(["XTAI"])))
    lake.append(old.name, rows([("C", 1, 1, 3, 1)]))
    for question in ({}, {"within": {"code": ["A", "B", "C"]}}):
        found = lake.scan(old.name, order=["code"], **question)
        assert found["venue"].to_pylist() == [None, "XTAI", None]
    assert lake.compact(old.name).files == 2
    assert lake.scan(old.name, order=["code"])["venue"].to_pylist() == [None, "XTAI", None]
    with pytest.raises(TallystickError, match="kept with another declaration"):
        lake.create(TableSpec("doctest.grown", GrownMore, ("code", "date"), ("code",), ("date", "day")))
    with pytest.raises(TallystickError, match="a column of sort is not in key"):
        lake.create(TableSpec("doctest.other", Grown, ("code",), ("code", "date")))


def test_sql_sees_the_tables_by_name_and_nothing_else(lake, rows):
    lake.append("doctest.rates", rows([("A", 0, 1, 10, 1), ("A", 0, 1, 11, 5), ("B", 0, 1, 20, 1)]))
    query = "WITH r AS (SELECT * FROM doctest.rates) SELECT sum(rate)::BIGINT AS total FROM r WHERE rate > ?"
    assert lake.sql(query, parameters=[0])["total"].to_pylist() == [31]
    assert lake.sql(query, parameters=[0], known_at=4)["total"].to_pylist() == [30]
    for bad in (
        "SELECT 1; SELECT 2",
        "COPY (SELECT 1) TO 'x.csv'",
        "ATTACH 'x.db'",
        "DELETE FROM doctest.rates",
        "",
    ):
        with pytest.raises(TallystickError, match="cannot be answered: it is not one SELECT"):
            lake.sql(bad)
    for bad in (
        "SELECT * FROM read_text('catalog.sqlite')",
        "SELECT * FROM (SELECT * FROM glob('*'))",
        "SELECT * FROM doctest.rates WHERE nothing = 1",
        "SELEC 1",
    ):
        with pytest.raises(TallystickError, match="cannot be answered"):
            lake.sql(bad)
    with pytest.raises(
        TallystickError, match=r'column "rat" not found in FROM clause! Candidate bindings: "rate"'
    ):
        lake.sql("SELECT rat FROM doctest.rates")
    for bad in ("SHOW TABLES", "SHOW DATABASES", "SHOW ALL TABLES"):
        with pytest.raises(
            TallystickError, match=r"SHOW lists nothing here\. Ask one SELECT over the tables that `tally"
        ):
            lake.sql(bad)
    assert "rate" in lake.sql("DESCRIBE doctest.rates")["column_name"].to_pylist()
    for bad in ("SELECT * FROM 'catalog.sqlite'", "SELECT * FROM facts", "SELECT * FROM duckdb_settings"):
        with pytest.raises(NotFound, match="no table"):
            lake.sql(bad)
    assert lake.sql("SELECT count(*) AS n FROM doctest.rates")["n"].to_pylist() == [2]


def test_other_readers_find_plain_iceberg(lake, rows):
    """What is on disk is an Iceberg table of format 2, sorted and partitioned, that PyIceberg reads by itself."""
    lake.append("doctest.rates", rows([("B", 0, 1, 20, 1), ("A", 0, 2, 11, 1), ("A", 0, 1, 10, 1)]))
    lake.append("doctest.rates", rows([("C", 1, 1, 5, 1)]))
    table = lake.tables_writer.load("doctest.rates")
    assert table.format_version == 2
    assert [field.name for field in table.spec().fields] == ["date_day"]
    found = table.scan(row_filter=f"date == '{DAY}'").to_arrow()
    assert found["code"].to_pylist() == ["A", "A", "B"]
    assert found["rate"].to_pylist() == [10, 11, 20]
    path = next(lake.folder.rglob("data/2026-11-02/*.parquet"))
    layout = duckdb.sql(f"SELECT DISTINCT compression FROM parquet_metadata('{path}')").fetchall()
    assert layout == [("ZSTD",)]
