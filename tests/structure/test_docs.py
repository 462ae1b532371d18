"""The docs name what is there: every page is in the index, links lead somewhere, commands exist."""

from __future__ import annotations

import re
import tomllib

import msgspec
import pytest

import reference
from house import text
from house.source import ROOT
from tallystick.cli import commands
from tallystick.core.operations import OPERATIONS
from tallystick.core.settings import Settings
from tallystick.firm import load_operations
from tallystick.governance import founding_lines
from tallystick.governance.onboarding.layout import DAY_FILES, FILES

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"(?:^|[\s`])tally ([a-z][a-z-]*)(?: ([a-z][a-z-]*))?")


def named(page):
    return str(page.relative_to(DOCS))


def links(page):
    return LINK.findall(page)


def unknown_commands(words):
    """Commands in a text that the command line does not have."""
    load_operations()
    verbs = {operation.name.replace(".", " ").replace("_", "-") for operation in OPERATIONS.values()}
    for room, verb in COMMAND.findall(words):
        if room not in commands.TOP_VERBS and f"{room} {verb}" not in verbs:
            yield f"tally {room} {verb}"


def test_every_page_is_in_the_index():
    index = DOCS / "index.md"
    listed = {(DOCS / link).resolve() for link in links(index.read_text(encoding="utf-8"))}
    missing = [named(page) for page in PAGES if page != index and page.resolve() not in listed]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_lead_somewhere(page):
    broken = [
        link
        for link in links(page.read_text(encoding="utf-8"))
        if not (page.parent / link).resolve().exists()
    ]
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_commands_exist(page):
    assert not list(unknown_commands(page.read_text(encoding="utf-8")))


def test_commands_that_sentences_name_exist():
    unknown = {
        f"{place}: {command}"
        for place, english in text.every_sentence()
        for command in unknown_commands(english or "")
    }
    assert not unknown


def test_unknown_command_is_found():
    assert list(unknown_commands("see `tally market rulez`")) == ["tally market rulez"]
    assert list(unknown_commands("see `tally verify firm`, `tally market rule --symbol X`")) == []


def test_founding_document_names_operations_that_exist():
    load_operations()
    commands_named = {command for line in founding_lines() for command in line.commands}
    assert commands_named <= set(OPERATIONS)


def test_words_of_generated_pages_have_no_leftovers():
    words = tomllib.loads(reference.WORDS.read_text(encoding="utf-8"))
    sections = {found.name: found.type for found in msgspec.structs.fields(Settings)}
    assert {name: set(found) for name, found in words["settings"].items()} == {
        name: {key.name for key in msgspec.structs.fields(section)} for name, section in sections.items()
    }
    assert {name: set(found) for name, found in words["files"].items()} == {
        file.name: {"about", *file.columns} for file in (*FILES, *DAY_FILES)
    }
