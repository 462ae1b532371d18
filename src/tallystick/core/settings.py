"""Settings of a firm: `firm.toml` plus environment (`TALLYSTICK_<SECTION>_<KEY>`), checked, unknown keys refused.

What an officer may change while the firm runs (limits, fees, thresholds) is not here but in journaled events.
"""

from __future__ import annotations

import os
import tomllib
import zoneinfo
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tallystick.core.disk import sync_file
from tallystick.core.errors import TallystickError, suggestion

__all__ = [
    "ConsoleSettings",
    "FirmSettings",
    "JournalSettings",
    "LakeSettings",
    "Settings",
    "load_settings",
    "write_settings",
]

PREFIX = "TALLYSTICK_"
OTHER_VARIABLES = {f"{PREFIX}FIRM", f"{PREFIX}TOKEN"}
"""Variables with our prefix that are no settings: the command line's folder, and the token of who signed in."""

Text = Annotated[str, Meta(min_length=1)]
Bytes = Annotated[int, Meta(ge=0, le=2**40)]


class FirmSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[firm]`: what the firm is called, its home market's calendar and zone, and where the writer's time comes from
    (`commands`: a simulated day brings its own time).
    """

    name: Text = "Made-up Securities"
    home_calendar: Text = "XTAI"
    zone: Text = "Asia/Taipei"
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "TWD"
    clock: Literal["system", "commands"] = "system"
    seed: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 7


class JournalSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[journal]`: batching and durability."""

    max_batch_records: Annotated[int, Meta(ge=1, le=262_144)] = 8_192
    wal_presize_bytes: Bytes = 16_777_216
    checkpoint_bytes: Bytes = 67_108_864
    digest_every_records: Annotated[int, Meta(ge=1)] = 1_000_000


class LakeSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[lake]`: how many recent days, and at the most how many rows of a table, stay hot; how long a person's SQL may
    take; where tables and catalog are (empty: in the firm's folder), how much of a bucket is copied here; what answers
    SQL, and where its Ray cluster is. Secrets are in the environment.
    """

    hot_days: Annotated[int, Meta(ge=1, le=3_660)] = 20
    hot_rows: Annotated[int, Meta(ge=0, le=10_000_000_000)] = 100_000_000
    question_seconds: Annotated[int, Meta(ge=1, le=86_400)] = 600
    storage: str = ""
    storage_endpoint: str = ""
    cache_bytes: Bytes = 68_719_476_736
    catalog: str = ""
    engine: Literal["local", "cluster"] = "local"
    cluster: Text = "auto"


class ConsoleSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[console]`: where the pages are served and how they first look."""

    host: Text = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535)] = 8321
    language: Literal["en", "zh_Hant"] = "en"
    theme: Literal["dark", "light"] = "dark"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All sections of `firm.toml`."""

    firm: FirmSettings = FirmSettings()
    journal: JournalSettings = JournalSettings()
    lake: LakeSettings = LakeSettings()
    console: ConsoleSettings = ConsoleSettings()


def load_settings(folder: Path, environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of a firm folder.

    Errors: TallystickError names an unknown key and the nearest valid one, or a value out of its range.
    """
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
    variables = _overlay(document, os.environ if environment is None else environment)
    return _checked(document, path, variables)


def write_settings(folder: Path, settings: Settings) -> None:
    """Write `firm.toml` with every key and its value, whole or not at all. TallystickError when a value is out of its
    range.
    """
    _checked(msgspec.to_builtins(settings), folder / "firm.toml", {})
    lines = []
    for section, values in msgspec.to_builtins(settings).items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in values.items()]
        lines.append("")
    aside = folder / "firm.toml.new"
    try:
        aside.write_text("\n".join(lines), encoding="utf-8")
        sync_file(aside)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    aside.replace(folder / "firm.toml")


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
            remedy, near = suggestion(key, valid)
            raise TallystickError(
                "settings.unknown",
                "{path}: unknown setting {key}.",
                remedy,
                path=str(path),
                key=key if key == section else f"{section}.{key}",
                **near,
            )


def _overlay(document: dict[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """Put `TALLYSTICK_SECTION_KEY` variables over the file's values; an unknown one is refused like a key.

    Gives the variable of each setting (`section.key`) that one has set.
    """
    sections = _sections()
    known = {
        f"{PREFIX}{section}_{key}".upper(): (section, key)
        for section, keys in sections.items()
        for key in keys
    }
    taken = {}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in OTHER_VARIABLES:
            if name not in known:
                remedy, near = suggestion(name, [*known, *sorted(OTHER_VARIABLES)])
                raise TallystickError(
                    "settings.unknown_variable",
                    "Unknown environment variable {key}.",
                    remedy,
                    key=name,
                    **near,
                )
            section, key = known[name]
            document.setdefault(section, {})[key] = environment[name]
            taken[f"{section}.{key}"] = name
    return taken


def _checked(document: dict[str, Any], path: Path, variables: Mapping[str, str]) -> Settings:
    """The settings of a document; TallystickError names file or variable, key, value and what it must be."""
    try:
        settings = msgspec.convert(document, Settings, strict=False)
        zoneinfo.ZoneInfo(settings.firm.zone)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$.")
        key = place.rstrip("`")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        problem, key = "Expected a time zone such as `Asia/Taipei`", "firm.zone"
    else:
        return settings
    section, _, name = key.partition(".")
    values = document.get(section)
    raise TallystickError(
        "settings.value",
        "{path}: {key} cannot be {value}. {problem}.",
        "Its meaning and range are in docs/reference/settings.md.",
        path=variables.get(key, str(path)),
        key=key,
        value=repr(values.get(name) if isinstance(values, dict) else values),
        problem=problem,
    ) from None
