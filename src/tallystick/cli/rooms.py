"""Every operation as a command: `history.bars` is `tally history bars`, its request's fields are the options."""

from __future__ import annotations

import getpass
import inspect
import os
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts
import msgspec

from tallystick.cli.show import TerminalProgress, language, show, tell_damage
from tallystick.console import asked_field
from tallystick.core.errors import TallystickError
from tallystick.core.operations import OPERATIONS, Operation, call
from tallystick.core.text import translate

if TYPE_CHECKING:
    from tallystick.core.access import Access, Actor

__all__ = [
    "DEFAULT_FOLDER",
    "FirmFolder",
    "FirmOption",
    "add_rooms",
    "run_operation",
]

DEFAULT_FOLDER = Path("firm")
VARIABLE = "TALLYSTICK_FIRM"
FirmOption = Annotated[Path, cyclopts.Parameter(name=["--firm"], env_var=VARIABLE)]
FirmFolder = Annotated[Path, cyclopts.Parameter(name=["--firm", "--folder"], env_var=VARIABLE)]
"""The folder of a verb that also takes it as its first word."""
PAGING = {
    "limit": "Most rows to show", "offset": "Rows to skip", "sort": "Column to sort by, with - before it descending",
}  # fmt: skip
"""What these mean in every list."""


def add_rooms(app: cyclopts.App, only: str | None) -> None:
    """Add a group of commands for each room; with `only`, the
    commands of that room and just the names of the others.
    """
    from tallystick.firm import load_operations

    load_operations()
    for room in sorted({operation.room for operation in OPERATIONS.values()}):
        verbs = [operation for operation in OPERATIONS.values() if operation.room == room]
        names = ", ".join(_word(operation) for operation in verbs)
        group = cyclopts.App(name=room, help=names, group_parameters=app.group_parameters)
        if only is None or only == room:
            for operation in verbs:
                group.command(_command(operation), name=_word(operation), help=_help(operation))
        app.command(group)


def run_operation(folder: Path, name: str, fields: dict[str, Any], *, as_json: bool) -> int:
    """Open the firm, call the operation as this user, print the reply; the exit status."""
    from tallystick.firm import Firm

    with Firm.open(folder) as firm:
        actor = _signed_in(firm.house.access)
        context = firm.context(actor=actor, progress=TerminalProgress(), language=language())
        reply = call(context, name, fields)
        if damage := firm.house.journal.damage:
            tell_damage(damage)
        return show(reply, as_json=as_json, operation=name, zone=firm.settings.firm.zone)


def _signed_in(access: Access) -> Actor | None:
    """Who signed in with `tally sign-in`; None when the operating system's account is meant."""
    token = os.environ.get("TALLYSTICK_TOKEN", "")
    actor = access.actor_of(token) if token else None
    if token and actor is None:
        raise TallystickError(
            "cli.token_over",
            "The token in TALLYSTICK_TOKEN is unknown or over.",
            "Sign in again with `tally sign-in`, or unset it.",
        )
    return actor


def _command(operation: Operation) -> Any:
    """A function whose signature is the request's fields, for cyclopts to read."""
    parameters = []
    for field in msgspec.structs.fields(operation.request):
        default = inspect.Parameter.empty
        if field.default is not msgspec.NODEFAULT:
            default = field.default
        elif field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        asked = asked_field(operation.name, field.name, field.type)
        words = translate(PAGING.get(field.name) or asked.title, language())
        taken = _parts if _word_kind(field.type) else None
        annotation: Any = Annotated[field.type, cyclopts.Parameter(help=words, converter=taken)]
        parameters.append(
            inspect.Parameter(
                field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
            )
        )
    parameters.sort(key=lambda parameter: parameter.default is not inspect.Parameter.empty)
    leading = [
        inspect.Parameter(p.name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=p.annotation)
        for p in parameters[:1]
        if p.default is inspect.Parameter.empty
    ]
    parameters = leading + parameters[len(leading) :]
    parameters += [
        inspect.Parameter(
            "firm", inspect.Parameter.KEYWORD_ONLY, default=DEFAULT_FOLDER, annotation=FirmOption
        ),
        inspect.Parameter(
            "json",
            inspect.Parameter.KEYWORD_ONLY,
            default=False,
            annotation=Annotated[bool, cyclopts.Parameter(negative="")],
        ),
    ]
    signature = inspect.Signature(parameters, return_annotation=int)

    def command(*positional: Any, **named: Any) -> int:
        fields = dict(signature.bind(*positional, **named).arguments)
        folder, as_json = fields.pop("firm", DEFAULT_FOLDER), fields.pop("json", False)
        if "password" in signature.parameters and not fields.get("password"):
            # Asked for at the terminal: an argument would stay in the shell's history.
            fields["password"] = getpass.getpass()
        return run_operation(folder, operation.name, fields, as_json=as_json)

    command.__signature__ = signature  # type: ignore[attr-defined]
    command.__annotations__ = {p.name: p.annotation for p in parameters} | {"return": int}
    command.__name__ = operation.verb
    return command


def _word_kind(kind: Any) -> Any:
    """What the words of a field that takes a list of them may be: text, or choices. None for a field that takes no such
    list; names of files are none, as they may have commas.
    """
    lists = [one for one in (kind, *typing.get_args(kind)) if typing.get_origin(one) is list]
    words = [typing.get_args(one)[0] for one in lists]
    return next((one for one in words if one is str or typing.get_origin(one) is typing.Literal), None)


def _parts(kind: Any, tokens: Sequence[cyclopts.Token]) -> list[str]:
    """The words of an option that may be repeated, or have several with commas, as over HTTP."""
    found = [(part, token) for token in tokens for part in token.value.split(",") if part]
    word = _word_kind(kind)
    for part, token in found:
        if word is not str and part not in typing.get_args(word):
            wrong = cyclopts.Token(keyword=token.keyword, value=part)
            raise cyclopts.CoercionError(token=wrong, target_type=word)
    return [part for part, _ in found]


def _word(operation: Operation) -> str:
    """The operation's verb as it is typed: `day-report` of `governance.day_report`."""
    return operation.verb.replace("_", "-")


def _help(operation: Operation) -> str:
    """The summary; in English also what the request says about its fields."""
    summary = translate(operation.summary, language())
    fields = inspect.getdoc(operation.request) if msgspec.structs.fields(operation.request) else ""
    return f"{summary}\n\n{fields}" if fields and language() == "en" else summary
