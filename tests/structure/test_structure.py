"""Sizes, names, docstrings, types and forbidden deeds: the rules hold on the package, and each can fail."""

from __future__ import annotations

import pytest

from house import structure
from house.source import Module, modules


@pytest.mark.parametrize("rule", structure.RULES, ids=lambda rule: rule.__name__)
def test_package_keeps_the_rule(rule):
    problems = [problem for module in modules() for problem in rule(module)]
    assert not problems, "\n" + "\n".join(problems)


def problems(rule, text, path="market/ticks.py"):
    return list(rule(Module(path, text)))


def function_of(lines, docstring_lines=0):
    docstring = '    """' + "Say.\n" * docstring_lines + '    """\n' if docstring_lines else ""
    return "def work() -> None:\n" + docstring + "    value = 1\n" * lines


def test_size_with_500_lines_passes_and_with_501_fails():
    assert not problems(structure.size, "a = 1\n" * 500)
    assert problems(structure.size, "a = 1\n" * 501) == ["market/ticks.py: 501 lines, more than 500"]


def test_size_of_function_does_not_count_the_docstring():
    assert not problems(structure.size, function_of(70, docstring_lines=30))
    assert "work: 71 lines" in problems(structure.size, function_of(71, docstring_lines=30))[0]


@pytest.mark.parametrize("path", ["risk/utils.py", "common/ticks.py", "core/base.py", "helpers/__init__.py"])
def test_banned_name_fails(path):
    assert problems(structure.names, "", path)


def test_name_that_only_contains_a_banned_word_passes():
    assert not problems(structure.names, "", "risk/base_rates.py")


@pytest.mark.parametrize(
    "text",
    [
        "def work() -> None: ...",
        "async def work() -> None: ...",
        "class Work: ...",
        'class Work:\n    """A work."""\n    def do(self) -> None: ...',
        'class Work:\n    """A work."""\n    @property\n    def size(self) -> int: ...',
    ],
)
def test_public_name_without_docstring_fails(text):
    assert problems(structure.docstrings, text)
    assert not problems(
        structure.docstrings, text.replace("work", "_work").replace("class Work", "class _Work")
    )


def test_setter_and_overload_need_no_docstring():
    text = (
        'class Work:\n    """A work."""\n    @size.setter\n    def size(self, size: int) -> None: ...\n'
        "@overload\ndef work(a: int) -> int: ..."
    )
    assert not problems(structure.docstrings, text)


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("def work(a) -> None: ...", "a"),
        ("def work(a: int): ...", "return"),
        ("def work(*a, **b) -> None: ...", "a, b"),
        ("def work(*, a) -> None: ...", "a"),
        ("class Work:\n    def do(self, a) -> None: ...", "a"),
    ],
)
def test_missing_type_fails(text, missing):
    assert problems(structure.types, text)[0].endswith(f"no type for {missing}")


def test_self_and_cls_need_no_type():
    assert not problems(structure.types, "class Work:\n    @classmethod\n    def make(cls) -> int: ...")


@pytest.mark.parametrize("caught", ["", " Exception", " BaseException as error", " (ValueError, Exception)"])
def test_swallowed_exception_fails(caught):
    text = f"try:\n    work()\nexcept{caught}:\n    "
    assert problems(structure.exceptions, text + "pass")
    assert problems(structure.exceptions, text + "def later():\n        raise")
    assert not problems(structure.exceptions, text + "undo()\n    raise")


def test_named_exception_may_be_handled():
    assert not problems(structure.exceptions, "try:\n    work()\nexcept KeyError:\n    pass")


def test_print_outside_cli_fails():
    assert problems(structure.prints, "print(1)")
    assert not problems(structure.prints, "print(1)", "cli.py")
    assert not problems(structure.prints, "table.print(1)")
