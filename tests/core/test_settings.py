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
    assert load_settings(tmp_path, {"TALLYSTICK_CONSOLE_PORT": "9001"}).console.port == 9001
    with pytest.raises(TallystickError, match=r"TALLYSTICK_CONSOLE_PROT.*TALLYSTICK_CONSOLE_PORT"):
        load_settings(tmp_path, {"TALLYSTICK_CONSOLE_PROT": "1"})


def test_the_folder_and_the_token_are_known_variables(tmp_path: Path) -> None:
    write_settings(tmp_path, Settings())
    others = {"TALLYSTICK_FIRM": "firm", "TALLYSTICK_TOKEN": "t", "TALLYSTICK_FIRM_NAME": "Elsewhere"}
    assert load_settings(tmp_path, others).firm.name == "Elsewhere"
    with pytest.raises(TallystickError, match=r"TALLYSTICK_TOKN.*Did you mean TALLYSTICK_TOKEN\?"):
        load_settings(tmp_path, {"TALLYSTICK_TOKN": "t"})


@pytest.mark.parametrize(
    ("section", "line"),
    [
        ("lake", "hot_days = -5"),
        ("lake", "hot_days = 0"),
        ("console", "port = 70000"),
        ("console", "port = 0"),
        ("console", 'host = ""'),
        ("console", 'language = "fr"'),
        ("journal", "max_batch_records = 0"),
        ("journal", "wal_presize_bytes = -1"),
        ("journal", "checkpoint_bytes = -1"),
        ("journal", "digest_every_records = 0"),
        ("firm", "seed = -1"),
        ("firm", 'name = ""'),
        ("firm", 'currency = "dollars"'),
        ("firm", 'zone = "Taipei"'),
    ],
)
def test_a_value_out_of_its_range_names_file_key_and_value(tmp_path: Path, section: str, line: str) -> None:
    (tmp_path / "firm.toml").write_text(f"[{section}]\n{line}\n")
    key, _, value = line.partition(" = ")
    with pytest.raises(TallystickError, match=rf"firm\.toml: {section}\.{key} cannot be") as refused:
        load_settings(tmp_path, {})
    assert value.strip('"') in str(refused.value)


def test_a_variable_out_of_its_range_is_named_itself(tmp_path: Path) -> None:
    write_settings(tmp_path, Settings())
    with pytest.raises(TallystickError, match=r"TALLYSTICK_LAKE_HOT_DAYS: lake\.hot_days cannot be '-5'"):
        load_settings(tmp_path, {"TALLYSTICK_LAKE_HOT_DAYS": "-5"})


def test_what_is_out_of_its_range_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(TallystickError, match="port"):
        write_settings(tmp_path, Settings(console=ConsoleSettings(port=0)))
    assert not (tmp_path / "firm.toml").exists()


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
