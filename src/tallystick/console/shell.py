"""What every page stands in: templates in the reader's language, the rail, the status bar, the way to operations."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jinja2
import msgspec
from litestar.connection import Request
from litestar.di import NamedDependency
from litestar.response import Response

from tallystick.console import codes
from tallystick.console.asked import asked_field
from tallystick.console.assets import Assets
from tallystick.console.doings import DOINGS
from tallystick.console.fields import Field, field_of
from tallystick.console.navigation import RAIL
from tallystick.console.saying import said_in
from tallystick.console.texts import script_texts
from tallystick.console.words import mark as _
from tallystick.console.writing import with_cents, written
from tallystick.core.errors import Forbidden, NotFound, Rejection, TallystickError
from tallystick.core.operations import OPERATIONS
from tallystick.core.text import LANGUAGES, render, translate

if TYPE_CHECKING:
    from tallystick.core.context import House

__all__ = ["Answer", "AnyRequest", "PageShell", "Problem", "Refused", "Shell", "say_in"]

AnyRequest = Request[Any, Any, Any]
TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_TAGS = {"en": "en", "zh_Hant": "zh-Hant-TW"}
THEME_COOKIE = "tally_theme"
PROPOSED_WORDS = (_("yes"), _("no"), _("no limit"))
THEMES = ("dark", "light")


class Problem(msgspec.Struct, frozen=True):
    """A failure as a page shows it: stable code, what happened, what to do, the trace id to copy."""

    code: str
    text: str
    remedy: str
    trace: str
    kind: str = "error"


class Answer(msgspec.Struct, frozen=True):
    """What an operation gave to one tile of a page: its reply, or the problem that stands in its place."""

    value: Any = None
    problem: Problem | None = None


class Refused(Exception):
    """An operation that a page rests on gave a Rejection."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.message)
        self.rejection = rejection


def _kind(failure: Rejection | TallystickError) -> str:
    if isinstance(failure, Forbidden):
        return "forbidden"
    return "missing" if isinstance(failure, NotFound) else "error"


def _titles(failure: Rejection | TallystickError) -> dict[str, str]:
    """What people call the operation and the field that a fault names; nothing for other faults."""
    found, field = OPERATIONS.get(str(failure.values.get("name"))), failure.values.get("field")
    kinds = {each.name: each.type for each in msgspec.structs.fields(found.request)} if found else {}
    if found is None or field not in kinds:
        return {}
    title = asked_field(found.name, field, kinds[field]).title
    return {"name": DOINGS.get(found.name, found.name), "field": title}


def say_in(shell: Shell, request: AnyRequest) -> Callable[[str], str]:
    """The translation into a reader's language, as a function."""
    return lambda sentence: shell.say(request, sentence)


class Shell:
    """Renders the pages of one house. One for the process."""

    def __init__(self, house: House, assets: Assets) -> None:
        self.house = house
        self.assets = assets
        self.firm = house.settings.firm
        self.damage: TallystickError | None = None
        """What is wrong with the journal, as the last page found it."""
        self.names: dict[str, tuple[dict[int, str], dict[int, str]]] = {}
        """User → numbers of accounts and symbols of instruments by their codes, as the user may see them."""
        self.counted: dict[str, tuple[int, list[tuple[str, int]]]] = {}
        """User → journal sequence and the open work that was counted at it."""
        self.calendar: dict[datetime.date, str] = {}
        """Business date → the phases of the home market, as its calendar tells them."""
        self.reports: dict[tuple[str, str], tuple[int, float, Answer]] = {}
        """User and language → journal sequence, time and the day report that was made then."""
        self._environments = {language: self._environment(language) for language in LANGUAGES}

    def _environment(self, language: str) -> jinja2.Environment:
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

        def say(sentence: str, **values: Any) -> str:
            return translate(sentence, language, **values)

        def address(pattern: str, row: Mapping[str, Any]) -> str:
            """An address with its places filled from a row; ids as people write them. None where no batch is meant."""
            if "{seq}" in pattern and not row.get("seq"):
                return ""
            said = {name: written(value, field_of(name), zone="UTC") if field_of(name).kind == "id" else value
                    for name, value in row.items()}  # fmt: skip
            return pattern.format(**{name: quote(str(value), safe="") for name, value in said.items()})

        def said(value: Any) -> str:
            """A value that a decision read: words of the catalogs where it has them, whole or part by part."""
            return said_in(language, value)

        def unit_of(field: Field, currency: str = "") -> str:
            return say(field.unit).replace("{currency}", currency or self.firm.currency)

        def word(name: str, value: Any) -> tuple[str, str]:
            english, mark = codes.word_of(name, value)
            return say(english), mark

        def proposed_value(name: str, text: str) -> str:
            """A value of a proposed command: the word of a code, figures as elsewhere, the rest as it was sent."""
            field = field_of(name)
            if text and field.kind in ("code", "list"):
                return "; ".join(word(field.words or name, each)[0] for each in text.split(", "))
            return say(text) if text in PROPOSED_WORDS else written(text, field, zone=self.firm.zone)

        environment.globals.update(
            proposed_value=proposed_value,
            _=say,
            say=say,
            said=said,
            address=address,
            asset=self.assets.address,
            rail=RAIL,
            firm=self.firm,
            rise=codes.rise_of(self.firm.home_calendar),
            rise_of=codes.rise_of,
            field_of=field_of,
            unit_of=unit_of,
            word_of=word,
            written=lambda value, field: written(value, field, zone=self.firm.zone),
            with_cents=with_cents,
            language=language,
            languages=LANGUAGES,
            language_tag=LANGUAGE_TAGS[language],
            script_texts=script_texts(language),
        )
        environment.filters["fill"] = lambda sentence, **values: sentence.format(**values)
        environment.globals["m"] = environment.get_template("parts/macros.html").module
        return environment

    def language(self, request: AnyRequest) -> str:
        """The reader's language, as the gateway found it."""
        return str(request.scope["state"].get("language", "en"))

    def say(self, request: AnyRequest, sentence: str, **values: Any) -> str:
        """A sentence in the reader's language."""
        return translate(sentence, self.language(request), **values)

    def may(self, request: AnyRequest, address: str) -> bool:
        """Whether the reader may do what a form's address leads to; other addresses are open to everyone."""
        name = address.removeprefix("/do/").partition("?")[0]
        found = OPERATIONS.get(name) if address.startswith("/do/") else None
        return found is None or self.house.access.allows(request.user, found.permission)

    async def ask(self, request: AnyRequest, operation: str, fields: Mapping[str, Any] | None = None) -> Any:
        """An operation's reply, as the reader; Refused when the rules refuse, TallystickErrors as raised."""
        desk = request.app.state.desk
        reply = await desk.call(request.user, operation, dict(fields or {}), language=self.language(request))
        if isinstance(reply, Rejection):
            raise Refused(reply)
        return reply

    async def attempt(
        self, request: AnyRequest, operation: str, fields: Mapping[str, Any] | None = None
    ) -> Answer:
        """The same for one tile of a page: a problem fills the tile, not the page."""
        try:
            return Answer(value=await self.ask(request, operation, fields))
        except TallystickError as error:
            return Answer(problem=self.problem(request, error))
        except Refused as error:
            return Answer(problem=self.problem(request, error.rejection))

    def problem(self, request: AnyRequest, failure: Rejection | TallystickError) -> Problem:
        """A refusal or fault in the reader's language; a field is named as pages name it."""
        text, remedy = render(failure, self.language(request))
        if titles := _titles(failure):
            said = failure.values | {place: self.say(request, title) for place, title in titles.items()}
            text, _remedy = render(
                TallystickError(failure.code, failure.text, "", **said), self.language(request)
            )
        trace = str(request.scope["state"].get("trace", ""))
        return Problem(code=failure.code, text=text, remedy=remedy, trace=trace, kind=_kind(failure))

    def render(self, request: AnyRequest, template: str, *, code: int = 200, **values: Any) -> Response[str]:
        """A template in the reader's language and theme; for a drawer (`?part=1`) only the page's content."""
        state = request.scope["state"]
        theme = request.cookies.get(THEME_COOKIE, self.house.settings.console.theme)
        user = request.scope.get("user")
        found = self._environments[self.language(request)].get_template(template)
        text = found.render(
            theme=theme if theme in THEMES else THEMES[0],
            nonce=state.get("nonce", ""),
            form_key=state.get("form_key", ""),
            path=request.url.path,
            user=user.name if user else "",
            may=lambda address: self.may(request, address),
            query=request.query_params,
            part="part" in request.query_params,
            **values,
        )
        return Response(text, status_code=code, media_type="text/html")


PageShell = NamedDependency[Shell]
"""The shell as a page gets it: Litestar hands it to every handler of the console under this name."""
