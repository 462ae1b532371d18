"""Real servers for the tests of storage, catalog and cluster, and a small table of rates in a lake on any of them.

`make cluster` installs what is needed. Without it these tests are skipped, except where CI runs.
"""

from __future__ import annotations

import datetime
import importlib.util
import os
import sys
from pathlib import Path

import pyarrow as pa
import pytest

import postgres
from tallystick.core.lake import Lake, TableSpec
from tallystick.core.schema import BusinessDate, Price, Record, Text, Timestamp
from tallystick.core.settings import LakeSettings

sys.path.insert(0, str(Path(__file__).parent))

import servers

NAME = "doctest.rates"
FIRST = datetime.date(2026, 11, 2)
PLACES = ("bucket", "postgres", "both")


class Rate(Record, frozen=True, kw_only=True):
    code: Text
    date: BusinessDate
    minute: int
    rate: Price
    event_time: Timestamp
    known_time: Timestamp
    withdrawn: bool | None = None


SPEC = TableSpec(
    NAME, Rate, ("code", "date", "minute"), ("code", "date", "minute"), ("date", "day"), "doctest"
)


def make_rows(entries):
    """Rows from (code, day number from FIRST, minute, rate, known_time[, withdrawn]) tuples."""
    columns = {
        column: [] for column in ("code", "date", "minute", "rate", "event_time", "known_time", "withdrawn")
    }
    for code, day, minute, rate, known, *withdrawn in entries:
        date = FIRST + datetime.timedelta(day)
        values = (code, date, minute, rate, known, known, *(withdrawn or [None]))
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
    types = {"code": pa.string(), "date": pa.date32(), "withdrawn": pa.bool_()}
    return pa.table({name: pa.array(v, types.get(name, pa.int64())) for name, v in columns.items()})


def needs(*modules):
    """Skip loudly what cannot run here; in CI that is a failure."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    missing += [] if postgres.find() else ["a PostgreSQL server"]
    missing += [] if servers.MOTO.exists() else ["moto"]
    if missing:
        told = f"NOT TESTED: {', '.join(missing)} is not installed. Run `make cluster`."
        assert not os.environ.get("CI"), told
        pytest.skip(told)


@pytest.fixture(autouse=True, scope="session")
def _installed():
    needs("daft", "pg8000", "ray")


@pytest.fixture(scope="session")
def postgres_server(_installed):
    with servers.postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def s3_server(_installed):
    with servers.s3_server() as server:
        yield server


@pytest.fixture(autouse=True)
def _secrets(monkeypatch):
    monkeypatch.setenv("PGPASSWORD", servers.PASSWORD)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_REGION", "us-east-1")


@pytest.fixture
def settings_of(request):
    """Settings for a lake in a new bucket, on a new database, or both."""

    def make(place, **more):
        given = dict(more)
        if place in ("bucket", "both"):
            server = request.getfixturevalue("s3_server")
            given |= {"storage": f"{server.new_bucket()}/firm", "storage_endpoint": server.endpoint}
        if place in ("postgres", "both"):
            given["catalog"] = request.getfixturevalue("postgres_server").new_database()
        return LakeSettings(**given)

    return make


@pytest.fixture(params=PLACES)
def settings(request, settings_of):
    return settings_of(request.param)


@pytest.fixture
def lake(tmp_path, settings):
    with Lake(tmp_path / "lake", settings) as opened:
        opened.create(SPEC)
        yield opened


@pytest.fixture
def rows():
    return make_rows


@pytest.fixture
def spec():
    return SPEC


@pytest.fixture
def facts():
    """The answer of a scan as {(code, day, minute): rate}."""

    def read(table):
        found = {}
        for row in table.to_pylist():
            key = (row["code"], (row["date"] - FIRST).days, row["minute"])
            assert key not in found, f"{key} came twice"
            found[key] = row["rate"]
        return found

    return read
