"""firm.toml and environment: checked, unknown keys refused with the nearest."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.core.errors import TallystickError
from tallystick.core.settings import ConsoleSettings, Settings, load_settings, write_settings


def test_written_settings_read_back(tmp_path: Path) -> None:
    settings = Settings(console=ConsoleSettings(port=9000, language="zh_Hant"))
    write_settings(tmp_path, settings)
    assert load_settings(tmp_path, {}) == settings


def test_an_unknown_key_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "firm.toml").write_text("[console]\nprot = 1\n")
    with pytest.raises(TallystickError, match=r"console\.prot.*port"):
        load_settings(tmp_path, {})


def test_an_unknown_section_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "firm.toml").write_text("[jornal]\n")
    with pytest.raises(TallystickError, match=r"jornal.*journal"):
        load_settings(tmp_path, {})


def test_environment_wins_over_the_file_and_unknown_variables_are_refused(tmp_path: Path) -> None:
    write_settings(tmp_path, Settings())
    assert load_settings(tmp_path, {"TALLY_CONSOLE_PORT": "9001"}).console.port == 9001
    with pytest.raises(TallystickError, match=r"TALLY_CONSOLE_PROT.*TALLY_CONSOLE_PORT"):
        load_settings(tmp_path, {"TALLY_CONSOLE_PROT": "1"})


def test_a_wrong_value_and_a_broken_file_name_the_place(tmp_path: Path) -> None:
    (tmp_path / "firm.toml").write_text('[console]\nport = "many"\n')
    with pytest.raises(TallystickError, match="port"):
        load_settings(tmp_path, {})
    (tmp_path / "firm.toml").write_text("[console\n")
    with pytest.raises(TallystickError, match="does not parse"):
        load_settings(tmp_path, {})


def test_a_folder_without_a_firm_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(TallystickError, match="tally init"):
        load_settings(tmp_path, {})
