"""Every command that a message or a page names can be typed: room, verb and options exist."""

from __future__ import annotations

import re
import shlex

import pytest

from house import text
from house.source import ROOT, modules
from tallystick.cli.commands import make_app

APP = make_app([])
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")])
QUOTED = re.compile(r"`+(tally [^`]*)`+")
TYPED = re.compile(r"^(?:\$ )?(tally [a-z-].*)$", re.MULTILINE)
PLACE = re.compile(r"\{\w+\}|[A-Z]{2,}")
EVERYWHERE = {"--help", "-h", "--version"}


def wrong(command):
    """What of a command the command line does not have; None when all is there."""
    words = shlex.split(re.split(r"\s(?:#|\||>|&&)", command.replace("…", "WORD"))[0])[1:]
    found = APP
    while words and not words[0].startswith("-"):
        if PLACE.fullmatch(words[0]) and found.default_command is None:
            return None  # a place for any command
        try:
            found = found[words[0]]
        except KeyError:
            break
        words = words[1:]
    if found.default_command is None:
        return words[0] if words and words[0] not in EVERYWHERE else None
    known = {name for argument in found.assemble_argument_collection() for name in argument.names}
    known |= {name for argument in found.assemble_argument_collection() for name in argument.negatives}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    return next(iter(sorted(given - known - EVERYWHERE)), None)


def problems(commands):
    return [f"{command}: no {part}" for command in commands if (part := wrong(command))]


def test_commands_in_messages_and_sources_exist():
    sentences = [sentence for pair in text.catalogs().items() for sentence in pair]
    sentences += [module.text for module in modules()]
    found = [command for sentence in sentences for command in QUOTED.findall(sentence)]
    assert len(found) > 80
    assert not problems(found)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_on_pages_exist(page):
    content = page.read_text(encoding="utf-8")
    assert not problems(QUOTED.findall(content) + TYPED.findall(content))


@pytest.mark.parametrize(
    ("command", "part"),
    [
        ("tally risk submit_order --help", "submit_order"),
        ("tally governance day_report", "day_report"),
        ("tally journal repair {day} --backup FILE", "repair"),
        ("tally rsik orders", "rsik"),
        ("tally risk orders --statuses refused", "--statuses"),
        ("tally init DIR --begin 2026-11-20", "--begin"),
    ],
)
def test_a_command_that_is_not_there_is_found(command, part):
    assert wrong(command) == part


@pytest.mark.parametrize(
    "command",
    [
        "tally risk submit-order --help", "tally {command} --help", "tally ROOM VERB", "tally demo OTHER",
        "tally --help",
        "tally risk kill-switch --no-stopped", "tally risk orders --status refused --firm firm  # a remark",
        "tally repair DIR --day {day} --backup FILE",
    ],
)  # fmt: skip
def test_a_command_that_is_there_passes(command):
    assert wrong(command) is None
