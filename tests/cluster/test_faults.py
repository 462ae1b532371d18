"""What an operator is told when catalog or storage cannot be used, and that a lake goes on when they come back."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import msgspec
import pytest
import servers

from tallystick.core.errors import TallystickError
from tallystick.core.lake import Lake
from tallystick.core.settings import LakeSettings

NAME = "doctest.rates"


def expect_fault(code, match, settings, folder, spec):
    """The fault of opening a lake and making a table in it."""
    with pytest.raises(TallystickError, match=match) as caught, Lake(folder / "lake", settings) as lake:
        lake.create(spec)
    assert caught.value.code == code
    assert caught.value.remedy
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://tally@localhost/lake",
        "postgresql://localhost/lake",
        "postgresql://tally@localhost/lake?sslmode=maybe",
        "postgresql://tally@localhost/lake?password=made-up",
        "lake.sqlite",
    ],
)
def test_wrong_catalog_url(tmp_path, spec, url):
    expect_fault("lake.catalog_url", "lake.catalog cannot be", LakeSettings(catalog=url), tmp_path, spec)


def test_password_in_the_settings_is_refused_and_not_repeated(tmp_path, spec):
    settings = LakeSettings(catalog="postgresql://tally:made-up-word@localhost/lake")
    words = expect_fault("lake.catalog_password", "PGPASSWORD", settings, tmp_path, spec)
    assert "made-up-word" not in words


def test_no_server_at_the_catalog_url(tmp_path, spec):
    url = f"postgresql://tally@127.0.0.1:{servers.free_port()}/lake"
    expect_fault("lake.catalog_unreachable", "cannot be opened", LakeSettings(catalog=url), tmp_path, spec)
    url = f"postgresql://tally@/lake?host={tmp_path}"
    expect_fault("lake.catalog_unreachable", "cannot be opened", LakeSettings(catalog=url), tmp_path, spec)


def test_wrong_password_and_unknown_database(tmp_path, spec, postgres_server, monkeypatch):
    unknown = LakeSettings(catalog=postgres_server.url("nowhere"))
    expect_fault("lake.catalog_unreachable", "nowhere.* cannot be opened", unknown, tmp_path, spec)
    settings = LakeSettings(catalog=postgres_server.new_database())
    monkeypatch.setenv("PGPASSWORD", "wrong-word")
    words = expect_fault("lake.catalog_unreachable", "cannot be opened", settings, tmp_path, spec)
    assert "wrong-word" not in words
    monkeypatch.delenv("PGPASSWORD")
    expect_fault("lake.catalog_unreachable", "PGPASSWORD", settings, tmp_path, spec)


@pytest.mark.parametrize(
    "url", ["s3://", "s3:bucket", "gs://bucket/firm", "/srv/lake", "s3://key:word@bucket"]
)
def test_wrong_storage_url(tmp_path, spec, url):
    words = expect_fault(
        "lake.storage_url", "lake.storage cannot be", LakeSettings(storage=url), tmp_path, spec
    )
    assert "word@" not in words


def test_no_such_bucket(tmp_path, spec, s3_server):
    settings = LakeSettings(storage="s3://made-up-nowhere/firm", storage_endpoint=s3_server.endpoint)
    expect_fault("lake.storage", "(?i)no.such.bucket", settings, tmp_path, spec)


def test_nobody_at_the_endpoint(tmp_path, spec):
    settings = LakeSettings(
        storage="s3://made-up/firm", storage_endpoint=f"http://127.0.0.1:{servers.free_port()}"
    )
    expect_fault("lake.storage", "(?i)connect", settings, tmp_path, spec)


def test_wrong_keys(tmp_path, spec, monkeypatch):
    with servers.s3_server() as server:
        settings = LakeSettings(storage=server.new_bucket(), storage_endpoint=server.endpoint)
        server.check_keys()
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong-word")
        words = expect_fault("lake.storage_refused", "AWS_SECRET_ACCESS_KEY", settings, tmp_path, spec)
        assert "wrong-word" not in words


def test_what_is_copied_here_is_answered_while_the_bucket_is_away(tmp_path, settings_of, spec, rows, facts):
    settings = settings_of("bucket")
    with Lake(tmp_path / "lake", settings) as lake:
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
    away = msgspec.structs.replace(settings, storage_endpoint=f"http://127.0.0.1:{servers.free_port()}")
    with Lake(tmp_path / "lake", away) as lake:
        assert facts(lake.scan(NAME)) == {("A", 0, 1): 10}
        with pytest.raises(TallystickError, match="failed"):
            lake.append(NAME, rows([("B", 0, 1, 20, 5)]))
    with Lake(tmp_path / "lake", settings) as lake:
        assert facts(lake.scan(NAME)) == {("A", 0, 1): 10}


def test_a_restarted_catalog_is_found_again(spec, rows, facts, tmp_path, request):
    folder = Path(tempfile.mkdtemp(prefix="tally-pg-"))
    request.addfinalizer(lambda: shutil.rmtree(folder))
    server = servers.PostgresServer(folder)
    with server.running():
        lake = Lake(tmp_path / "lake", LakeSettings(catalog=server.new_database()))
        lake.create(spec)
        lake.append(NAME, rows([("A", 0, 1, 10, 5)]))
    with pytest.raises(TallystickError, match="cannot be opened") as caught:
        lake.scan(NAME)
    assert caught.value.code == "lake.catalog_unreachable"
    with server.running(), lake:
        assert facts(lake.scan(NAME)) == {("A", 0, 1): 10}
        lake.append(NAME, rows([("B", 0, 1, 20, 5)]))
        assert facts(lake.scan(NAME)) == {("A", 0, 1): 10, ("B", 0, 1): 20}
