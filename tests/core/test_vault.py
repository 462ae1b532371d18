"""Personal data can be erased; secrets are kept as hashes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.vault import Vault


def test_a_reference_is_stable_in_one_vault_and_differs_in_another(tmp_path: Path) -> None:
    first, other = Vault(tmp_path / "a.sqlite"), Vault(tmp_path / "b.sqlite")
    assert first.reference("A123") == first.reference("A123") != first.reference("A124")
    assert first.reference("A123") != other.reference("A123")
    assert len(first.reference("A123")) == 24
    first.close()
    assert Vault(tmp_path / "a.sqlite").reference("A123") != other.reference("A123")


def test_an_erased_person_is_gone_from_the_file_too(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.sqlite")
    vault.keep_persons([("r1", {"name": "Made Up Person"})])
    assert vault.person("r1") == {"name": "Made Up Person"}
    vault.erase_person("r1")
    assert vault.person("r1") == {}
    vault.close()
    assert b"Made Up Person" not in (tmp_path / "vault.sqlite").read_bytes()


def test_passwords_and_sessions(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.sqlite")
    vault.set_password("mei", "a long enough secret")
    assert vault.check_password("mei", "a long enough secret")
    assert not vault.check_password("mei", "another")
    assert not vault.check_password("lin", "a long enough secret")
    token = vault.open_session("mei", expires_at=100)
    assert vault.session_user(token, now=99) == "mei"
    assert vault.session_user(token, now=100) is None
    assert vault.session_user("other", now=1) is None
    vault.close_session(token)
    assert vault.session_user(token, now=99) is None


def test_an_entry_token_opens_once_and_not_after_its_time(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.sqlite")
    token = vault.open_entry("mei", expires_at=100)
    assert vault.take_entry("other", now=1) is None
    assert vault.session_user(token, now=1) is None
    assert vault.take_entry(token, now=99) == "mei"
    assert vault.take_entry(token, now=99) is None
    assert vault.take_entry(vault.open_entry("mei", expires_at=100), now=100) is None
    vault.close()


def test_a_key_is_adopted_before_persons_are_kept_and_not_after(tmp_path: Path) -> None:
    first, other = Vault(tmp_path / "a.sqlite"), Vault(tmp_path / "b.sqlite")
    for vault in (first, other):
        vault.adopt_key(b"k" * 32)
    assert first.reference("A123") == other.reference("A123")
    first.keep_persons([(first.reference("A123"), {"name": "Made Up Person"})])
    first.adopt_key(b"k" * 32)
    with pytest.raises(TallystickError, match="another key"):
        first.adopt_key(b"l" * 32)
