"""Every event and operation is in the glossary, every sentence has its 繁體中文, no file names a machine."""

from __future__ import annotations

import pytest

import reference
from house import text
from house.source import ROOT, Module, modules

GLOSSARY = text.glossary(text.GLOSSARY.read_text(encoding="utf-8"))


def check_none(problems):
    found = list(problems)
    assert not found, "\n" + "\n".join(found)


def test_every_event_and_operation_is_in_the_glossary():
    check_none(problem for module in modules() for problem in text.unnamed(module, GLOSSARY))


def test_every_sentence_is_translated():
    check_none(text.untranslated(text.every_sentence(), text.catalogs()))


def test_translations_keep_their_places():
    check_none(text.misplaced(text.catalogs()))


def test_rooms_agree_on_the_translation_of_a_sentence():
    check_none(text.disputed(text.by_room()))


def test_sentence_that_two_rooms_translate_differently_fails():
    assert list(text.disputed({"console": {"Trading": "交易"}, "simulation": {"Trading": "交易進行中"}}))
    assert not list(text.disputed({"console": {"Trading": "交易"}, "simulation": {"Trading": "交易"}}))


def test_no_file_names_a_machine_path_or_a_registry():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    check_none(problem for path, content in text.tracked() for problem in text.addresses(path, content))


@pytest.mark.parametrize("name", reference.PAGES)
def test_reference_page_is_up_to_date(name):
    written = (reference.FOLDER / name).read_text(encoding="utf-8")
    assert written == reference.PAGES[name](), "run `make docs`"


def test_glossary_has_both_languages_in_every_row():
    for key, (english, chinese, meaning) in GLOSSARY.items():
        assert english, key
        assert chinese, key
        assert meaning, key


DECLARATIONS = Module("risk/events.py", '@event("risk.raise_alert", version=2)\nclass RaiseAlert: ...')


@pytest.mark.parametrize(
    "row",
    [
        "",
        "| `risk.raise_alert` | raise alert | raise alert | no Chinese |",
        "| `risk.raise_alert` | | 發出警示 | no English |",
    ],
)
def test_declaration_without_both_words_fails(row):
    assert list(text.unnamed(DECLARATIONS, text.glossary(row)))


def test_declaration_with_both_words_passes():
    words = text.glossary(
        "| key | English | 繁體中文 | meaning |\n|---|---|---|---|\n| `risk.raise_alert` | alert | 警示 | m |"
    )
    assert not list(text.unnamed(DECLARATIONS, words))


@pytest.mark.parametrize(
    "code",
    [
        '_("Good day.")',
        'translate("Good day.", language)',
        'text.translate("Good day.")',
        'reject(text="Good day.")',
        'reject(remedy="Good day.")',
        '@operation("risk.greet", permission="risk.read", summary="Good day.")\ndef greet(): ...',
        'Reason("risk.greet", "Good day.")',
        'raise TallystickError("risk.greet", "Good day.", "")',
        'class Impolite(TallystickError): ...\nraise Impolite("risk.greet", "Good day.", "")',
    ],
)
def test_marked_sentence_needs_a_translation(code):
    found = list(text.sentences(Module("risk/greeting.py", code)))
    assert [sentence.english for sentence in found] == ["Good day."]
    assert list(text.untranslated(found, {}))
    assert list(text.untranslated(found, {"Good day.": ""}))
    assert not list(text.untranslated(found, {"Good day.": "日安。"}))


@pytest.mark.parametrize(
    "code", ['_(f"Good {time}.")', 'Reason("risk.greet", f"Good {time}.")', 'reject(text=f"{a} is bad.")']
)
def test_sentence_made_at_run_time_fails(code):
    assert list(text.untranslated(text.sentences(Module("risk/greeting.py", code)), {}))


@pytest.mark.parametrize(
    "code", ["subprocess.run(command, text=True)", 'Reason("risk.greet", sentence)', 'greet("Good day.")']
)
def test_unmarked_string_needs_none(code):
    assert not list(text.sentences(Module("risk/greeting.py", code)))


@pytest.mark.parametrize("template", ['{{ _("Good day.") }}', "{% trans %}Good day.{% endtrans %}"])
def test_template_sentence_needs_a_translation(template):
    found = list(text.template_sentences("console/templates/page.html", template))
    assert [sentence.english for sentence in found] == ["Good day."]
    assert list(text.untranslated(found, {}))


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("risk/data/lines.toml", '[[line]]\nkey = "1"\nasks = "Good day."'),
        ("risk/data/lines.toml", 'key = "1"\nasks = "Good day."\nmissing = ""'),
        ("risk/data/lines.csv", "key,asks,missing\n1,Good day.,\n"),
    ],
)
def test_data_sentence_needs_a_translation(path, content):
    found = list(text.data_sentences(path, content, ("asks", "missing")))
    assert [sentence.english for sentence in found] == ["Good day."]
    assert list(text.untranslated(found, {}))


def test_help_of_a_verb_needs_a_translation():
    code = (
        '__all__ = ["make_app"]\ndef make_app():\n    """No help."""\n'
        'def greet():\n    """Good day."""\ndef _greet():\n    """No help either."""\n'
    )
    found = list(text.verb_sentences(Module(text.VERBS, code)))
    assert [sentence.english for sentence in found] == ["Good day."]
    assert list(text.untranslated(found, {}))


def test_sentences_of_verbs_and_data_are_among_all():
    places = {sentence.place.partition(":")[0] for sentence in text.every_sentence()}
    assert {text.VERBS, *text.DATA} <= places


def test_translation_that_loses_a_place_fails():
    assert list(text.misplaced({"Account {account} is closed.": "帳戶已關閉。"}))
    assert not list(text.misplaced({"Account {account} is closed.": "帳戶 {account} 已關閉。"}))


@pytest.mark.parametrize(
    "line",
    [
        "cd /" + "work/main",
        'open("/' + 'tmp/file")',
        "see /" + "home/me",
        "https://pypi" + ".org/simple",
        "https://registry." + "npmjs.org/x",
    ],
)
def test_machine_path_or_registry_fails(line):
    assert list(text.addresses("README.md", line))


@pytest.mark.parametrize(
    "line",
    ["#!/usr/bin/env bash", "journal/" + "tmp/file", "GET /api/" + "work/items", "href=/rooms/risk"],
)
def test_ordinary_path_passes(line):
    assert not list(text.addresses("README.md", line))
