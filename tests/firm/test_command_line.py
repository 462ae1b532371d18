"""The command line: exit statuses, JSON, who is calling."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallystick.cli import main
from tallystick.core.access import Actor
from tallystick.firm import Firm


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return int(left.value.code or 0)


@pytest.fixture
def folder(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tallystick.firm.system_user", lambda: "mei")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return firm.path


def test_done_is_0_and_json_is_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("access", "whoami", "--firm", str(folder), "--json") == 0
    assert json.loads(capsys.readouterr().out)["user"] == "mei"


def test_rejected_is_1_with_the_reason(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("access", "revoke", "mei", "--role", "administrator", "--firm", str(folder)) == 1
    assert "last administrator" in capsys.readouterr().out


def test_operators_fault_is_2_with_the_remedy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("journal", "head", "--firm", str(tmp_path)) == 2
    assert "tally init" in capsys.readouterr().err


def test_an_unknown_field_of_an_operation_names_the_nearest(folder: Path) -> None:
    with Firm.open(folder) as firm, pytest.raises(Exception, match=r"no field rol.*role"):
        firm.access.grant(user="lin", rol="auditor")


def test_a_token_makes_the_caller(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Firm.open(folder) as firm:
        firm.access.grant(user="lin", role="auditor")
        firm.house.access.set_password("lin", "a long enough secret")
    monkeypatch.setattr("getpass.getpass", lambda: "a long enough secret")
    assert run("sign-in", str(folder), "lin") == 0
    monkeypatch.setenv("TALLYSTICK_TOKEN", capsys.readouterr().out.strip())
    assert run("access", "whoami", "--firm", str(folder), "--json") == 0
    assert json.loads(capsys.readouterr().out)["user"] == "lin"
    monkeypatch.setenv("TALLYSTICK_TOKEN", "made up")
    assert run("access", "whoami", "--firm", str(folder)) == 2


def test_a_wrong_password_opens_no_session(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getpass", lambda: "wrong")
    assert run("sign-in", str(folder), "lin") == 2
    with Firm.open(folder) as firm:
        assert firm.house.access.actor_of("") is None
        assert firm.context(actor=Actor("lin")).actor.name == "lin"
