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


def test_verify_says_what_it_does_not_cover(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify", str(folder)) == 0
    told = capsys.readouterr().out
    assert "tally history verify-sealed" in told
    assert run("verify", str(folder), "--json") == 0
    assert json.loads(capsys.readouterr().out)["chain"]["sound"] is True


def test_verbs_find_the_folder_as_the_rooms_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ways = (["verify", str(folder)], ["verify", "--firm", str(folder)], ["verify"])
    asked = (
        ["why", str(folder), "O20261120-42"],
        ["why", "O20261120-42", "--firm", str(folder)],
        ["why", "O20261120-42"],
    )
    told = set()
    for way in (*ways, *asked):
        if len(way) == 1 or way[1:] == ["O20261120-42"]:
            monkeypatch.setenv("TALLYSTICK_FIRM", str(folder))
        assert run(*way, "--json") == (0 if way[0] == "verify" else 2)
        told.add(capsys.readouterr().err)
        monkeypatch.delenv("TALLYSTICK_FIRM", raising=False)
    assert len(told) == 2  # what verify says of its progress, and that there is no such order
    assert any("with id O20261120-42" in one for one in told)


def test_lists_take_commas_as_over_http(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["history", "actions", "--firm", str(folder)]
    assert run(*words, "--kinds", "cash,stock", "--kinds", "rights", "--instruments", "") == 0
    assert run(*words, "--columns", "symbol,ex_date") == 0
    capsys.readouterr()
    assert run(*words, "--kinds", "cash,stok") == 2
    assert "Choose one of cash, stock" in capsys.readouterr().err
    assert run("history", "bars", "--firm", str(folder), "--instruments", "1.XTAI,2.XTAI") == 2
    assert "There is no instrument 1.XTAI" in capsys.readouterr().err
    assert run("history", "load", "a,b.csv", "--firm", str(folder)) == 2
    assert "a,b.csv" in capsys.readouterr().err


def test_rejected_is_1_with_the_reason(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("access", "revoke", "mei", "--role", "administrator", "--firm", str(folder)) == 1
    assert "last administrator" in capsys.readouterr().out


def test_a_load_of_which_a_file_failed_is_1(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = "symbol,date,open,high,low,close,volume\n"
    (tmp_path / "good.csv").write_text(f"{header}9901.XTAI,2026-11-16,100,102,99,101,5000\n")
    (tmp_path / "page.csv").write_text("<html>no</html>")
    files = [str(tmp_path / name) for name in ("page.csv", "good.csv")]
    assert run("history", "load", *files, "--firm", str(folder)) == 1
    told = capsys.readouterr()
    assert "page.csv" in told.out + told.err
    assert "web page" in told.out + told.err
    assert run("history", "load", files[1], "--firm", str(folder)) == 0


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


def test_a_descending_sort_needs_no_equals_sign(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--sort", "-dataset"], ["--sort=-dataset"]):
        assert run("history", "datasets", *words, "--firm", str(folder), "--json") == 0
        names = [row["dataset"] for row in json.loads(capsys.readouterr().out)]
        assert names == sorted(names, reverse=True)


@pytest.mark.parametrize(
    ("words", "english", "chinese"),
    [
        (
            "history bars --freq 15m",
            "--freq cannot be 15m.\n       Choose one of 1m, 5m, 1d",
            "--freq 不可為 15m。",
        ),
        (
            "history bars --start soon",
            "--start cannot be soon.\n       Write a date as 2026-11-20.",
            "日期請寫成",
        ),
        ("history bars --strat x", "has no field --strat.\n       Did you mean --start?", "沒有欄位 --strat"),
        ("history brs", "tally history has no command brs.\n       Did you mean bars?", "沒有指令 brs"),
        (
            "history load",
            "needs --files.\n       Name at least one file, such as prices.csv.",
            "請至少指定一個檔案",
        ),
        ("history universe", "tally history universe needs --name.", "需要 --name。"),
        ("history bars --limit 1 --limit 2", "--limit is given twice.", "--limit 給了兩次"),
        ("history sql a b", "has no place for b.", "沒有 b 的位置"),
    ],
)
def test_words_that_do_not_read_are_told_with_what_would_be_right(
    words: str,
    english: str,
    chinese: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for locale, told in (("C.UTF-8", english), ("zh_TW.UTF-8", chinese)):
        monkeypatch.setenv("LC_ALL", locale)
        assert run(*words.split()) == 2
        assert told in capsys.readouterr().err
