"""What the command line's parser refuses, told in the reader's language as every other door tells it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import cyclopts

from tallystick.core.errors import TallystickError, suggestion
from tallystick.core.requested import field_missing, wrong_value

if TYPE_CHECKING:
    from cyclopts.exceptions import CycloptsError

__all__ = ["run_app"]

OPTION = re.compile(r"--[a-z][a-z-]*")
VALUE = re.compile(r"-[A-Za-z0-9_][A-Za-z0-9_,.-]+")
"""A value that begins with a dash; options of one letter are no such."""

MADE_UP = ("--empty-", "--no-")
"""Options that the parser adds by itself; nobody means them."""


def run_app(app: cyclopts.App, words: list[str]) -> Any:
    """Run the command that the words name. TallystickError when they name none, or one of them is wrong."""
    try:
        return app(_with_dashes(words), exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as error:
        raise _refused(error) from None


def _with_dashes(words: list[str]) -> list[str]:
    """The words, a value that begins with a dash put to the option before it, where the parser would take it for one.

    >>> _with_dashes(["history", "bars", "--sort", "-date", "--limit", "5", "-h"])
    ['history', 'bars', '--sort=-date', '--limit', '5', '-h']
    """
    found: list[str] = []
    for word in words:
        if VALUE.fullmatch(word) and found and OPTION.fullmatch(found[-1]):
            found[-1] = f"{found[-1]}={word}"
        else:
            found.append(word)
    return found


def _refused(error: CycloptsError) -> TallystickError:
    name = " ".join(["tally", *(error.command_chain or ())])
    token = getattr(error, "token", None)
    if isinstance(error, cyclopts.UnknownCommandError) and error.unused_tokens:
        return _unknown_command(error, name, error.unused_tokens[0])
    if isinstance(error, cyclopts.UnknownOptionError):
        return _unknown_option(error, name)
    if isinstance(error, cyclopts.MissingArgumentError) and error.argument is not None:
        return field_missing(name, error.keyword or error.argument.name, error.argument.hint)
    if isinstance(error, cyclopts.CoercionError) and token is not None:
        return wrong_value(name, token.keyword or _option(error), error.target_type, token.value)
    if isinstance(error, cyclopts.RepeatArgumentError):
        return TallystickError(
            "gateway.field_twice",
            "The field {field} is given twice.",
            "Give it once.",
            field=error.token.keyword or "",
        )
    if isinstance(error, cyclopts.UnusedCliTokensError) and error.unused_tokens:
        return TallystickError(
            "cli.word",
            "{name} has no place for {word}.",
            "Name the option it belongs to: `{name} --help` lists them.",
            name=name,
            word=" ".join(error.unused_tokens),
        )
    error.verbose = False
    return TallystickError(
        "cli.words",
        "{name}: {problem}.",
        "See `{name} --help`.",
        name=name,
        problem=str(error).rstrip("."),
    )


def _unknown_command(error: CycloptsError, name: str, word: str) -> TallystickError:
    known = [one for one in (error.app or ()) if not one.startswith("-")]
    remedy, near = suggestion(word, known)
    return TallystickError(
        "cli.command", "{name} has no command {word}.", remedy, name=name, word=word, **near
    )


def _unknown_option(error: cyclopts.UnknownOptionError, name: str) -> TallystickError:
    known = [one for argument in error.argument_collection for one in argument.names]
    word = error.token.keyword or error.token.value
    remedy, near = suggestion(word, [one for one in known if not one.startswith(MADE_UP)])
    return TallystickError(
        "operations.field", "{name} has no field {field}.", remedy, name=name, field=word, **near
    )


def _option(error: CycloptsError) -> str:
    return error.argument.name if error.argument is not None else ""
