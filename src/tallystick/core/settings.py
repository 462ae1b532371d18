"""Settings of a firm: `firm.toml` plus environment (`TALLY_<SECTION>_<KEY>`), checked, unknown keys refused.

What an officer may change while the firm runs (limits, fees, thresholds) is not here but in journaled events.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from tallystick.core.errors import TallystickError, nearest

__all__ = [
    "ConsoleSettings",
    "FirmSettings",
    "JournalSettings",
    "LakeSettings",
    "Settings",
    "load_settings",
    "write_settings",
]


class FirmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[firm]`: what the firm is called, its home market's calendar and zone, and where the writer's time comes from
    (`commands`: a simulated day brings its own time).
    """

    name: str = "Made-up Securities"
    home_calendar: str = "XTAI"
    zone: str = "Asia/Taipei"
    currency: str = "TWD"
    clock: Literal["system", "commands"] = "system"
    seed: int = 7


class JournalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[journal]`: batching and durability."""

    max_batch_records: int = 8_192
    wal_presize_bytes: int = 16_777_216
    checkpoint_bytes: int = 67_108_864
    digest_every_records: int = 1_000_000


class LakeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[lake]`: how many recent days stay hot."""

    hot_days: int = 20


class ConsoleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[console]`: where the pages are served and how they first look."""

    host: str = "127.0.0.1"
    port: int = 8321
    language: Literal["en", "zh_Hant"] = "en"
    theme: Literal["dark", "light"] = "dark"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sections of `firm.toml`."""

    firm: FirmSettings = FirmSettings()
    journal: JournalSettings = JournalSettings()
    lake: LakeSettings = LakeSettings()
    console: ConsoleSettings = ConsoleSettings()


def load_settings(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a firm folder; TallystickError names an unknown key and the nearest valid one."""
    path = folder / "firm.toml"
    if not path.exists():
        raise TallystickError(
            "settings.no_firm",
            "{folder} is no firm folder (it has no firm.toml).",
            "Make one with `tally init {folder}`.",
            folder=str(folder),
        )
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise TallystickError(
            "settings.toml",
            "{path} does not parse: {problem}.",
            "Mend the line it names.",
            path=str(path),
            problem=str(error),
        ) from None
    _refuse_unknown(document, path)
    _overlay(document, os.environ if environment is None else environment)
    try:
        return msgspec.convert(document, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise TallystickError(
            "settings.value",
            "{path}: {problem}.",
            "See docs/reference/settings.md.",
            path=str(path),
            problem=str(error),
        ) from None


def write_settings(folder: Path, settings: Settings) -> None:
    """Write `firm.toml` with every key and its value."""
    lines = []
    for section, values in msgspec.to_builtins(settings).items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in values.items()]
        lines.append("")
    (folder / "firm.toml").write_text("\n".join(lines), encoding="utf-8")


def _sections() -> dict[str, dict[str, Any]]:
    return {
        section.name: {field.name: field.type for field in msgspec.structs.fields(section.type)}
        for section in msgspec.structs.fields(Settings)
    }


def _refuse_unknown(document: dict[str, Any], path: Path) -> None:
    sections = _sections()
    for section, values in document.items():
        keys = sections.get(section)
        for key in (
            [section]
            if keys is None or not isinstance(values, dict)
            else [k for k in values if k not in keys]
        ):
            valid = list(sections) if key == section else list(keys or ())
            raise TallystickError(
                "settings.unknown",
                "{path}: unknown setting {key}.",
                "Did you mean {near}?",
                path=str(path),
                key=key if key == section else f"{section}.{key}",
                near=nearest(key, valid) or ", ".join(valid),
            )


def _overlay(document: dict[str, Any], environment: Mapping[str, str]) -> None:
    """Put `TALLY_SECTION_KEY` variables over the file's values; an unknown one is refused like a key."""
    sections = _sections()
    known = {
        f"TALLY_{section}_{key}".upper(): (section, key) for section, keys in sections.items() for key in keys
    }
    for name in sorted(environment):
        if name.startswith("TALLY_"):
            if name not in known:
                raise TallystickError(
                    "settings.unknown_variable",
                    "Unknown environment variable {key}.",
                    "Did you mean {near}?",
                    key=name,
                    near=nearest(name, known) or "none",
                )
            section, key = known[name]
            document.setdefault(section, {})[key] = environment[name]
