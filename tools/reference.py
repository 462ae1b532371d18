"""Write the pages of docs/ that are made from the source: they cannot go stale, and a test compares them.

python tools/reference.py
"""

from __future__ import annotations

import ast
import csv
import datetime
import functools
import tomllib
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from house import text
from house.source import ROOT, Module, declared, modules

if TYPE_CHECKING:
    from tallystick.governance.onboarding.layout import OnboardingFile

FOLDER = ROOT / "docs"
EXAMPLES = FOLDER / "how-to" / "take-a-firm-over" / "files"
WORDS = Path(__file__).with_name("reference_words.toml")
NOTE = "Written by `make docs` from the declarations in the source."
STATUS = {"answered": "Answered", "partly": "Partly", "to come": "Still to come"}
"""How far a line is answered → the words of the console for it, which its catalog translates."""


def operations() -> str:
    """The page of operations: name, permission, whether it writes, which doors it has, summary, 繁體中文."""
    words = text.glossary(text.GLOSSARY.read_text(encoding="utf-8"))
    rows = []
    for module in modules():
        for name, call, _node in declared(module, "operation"):
            given = _keywords(module, call)
            chinese = words.get(name, ("", "", ""))[1]
            writes = "yes" if given.get("writes") else ""
            doors = "Python, command line" if given.get("local") else "all"
            rows.append((f"`{name}`", chinese, f"`{given['permission']}`", writes, doors, given["summary"]))
    return _page(
        "Operations · 作業",
        "Each is a Python function, a command `tally ROOM VERB`, a route `/api/ROOM/VERB`, an MCP tool, and a form or "
        "page of the console. Those that read or write files of the firm's own machine are for Python and the command "
        "line only.",
        _table(("operation", "繁體中文", "permission", "writes", "doors", "summary"), sorted(rows)),
    )


def events() -> str:
    """The page of events: kind, version, record class, what it says, 繁體中文."""
    words = text.glossary(text.GLOSSARY.read_text(encoding="utf-8"))
    rows = []
    for module in modules():
        for name, call, node in declared(module, "event"):
            first_paragraph = (ast.get_docstring(node) or "").partition("\n\n")[0]
            chinese = words.get(name, ("", "", ""))[1]
            version = _keywords(module, call).get("version", 1)
            rows.append((f"`{name}`", chinese, version, f"`{node.name}`", " ".join(first_paragraph.split())))
    return _page(
        "Events · 事件",
        "What the rooms write to the journal.",
        _table(("kind", "繁體中文", "version", "record", "meaning"), sorted(rows)),
    )


def settings() -> str:
    """The page of settings: every key of `firm.toml` with its default, its environment variable and its meaning."""
    from tallystick.core.settings import Settings

    parts = []
    for section in msgspec.structs.fields(Settings):
        words = _words()["settings"][section.name]
        rows = [
            (
                f"`{key.name}`",
                _choices(key.type),
                f"`{msgspec.json.encode(key.default).decode()}`",
                f"`TALLYSTICK_{section.name}_{key.name}`".upper(),
                *words[key.name],
            )
            for key in msgspec.structs.fields(section.type)
        ]
        head = ("key", "type", "default", "environment", "meaning", "意義")
        parts.append(f"## `[{section.name}]`\n\n{_table(head, rows)}")
    return _page(
        "Settings · 設定",
        "`firm.toml` in the firm's folder; a variable of the environment goes before the file. An unknown key is "
        "refused, and the nearest one is named. What officers change while the firm runs (limits, fees, roles) is "
        "no setting but an event. The command line finds the folder itself in `TALLYSTICK_FIRM` or `--firm`.",
        "\n".join(parts),
    )


def onboarding() -> str:
    """The page of onboarding files: every column with type and meaning, and the first row of the example."""
    from tallystick.governance.onboarding.layout import DAY_FILES, EXECUTIONS, FILES

    names = {file.name for file in FILES}
    parts = [_file_section(file, "##") for file in FILES]
    known = ", ".join(f"`{file.name}.csv`" for file in DAY_FILES if file.name in names)
    title, english, chinese = (part.format(known=known) for part in _words()["day"]["about"])
    parts.append(f"## {title}\n\n{english}\n\n{chinese}\n")
    parts.append(_layout_section(EXECUTIONS))
    parts += [_file_section(file, "###") for file in DAY_FILES if file.name not in names]
    return _page(
        "Onboarding files · 轉入檔案",
        "What [taking a firm over](../how-to/take-a-firm-over.md) reads, in the order of loading. CSV, UTF-8, a "
        "header line with the columns in any order, one row a fact. An empty cell takes the default where the column "
        "need not be there. A row that does not read is listed with its line and reason; the others are loaded. The "
        "files with `totals` in their name come from outside bodies and are only compared.",
        "\n".join(parts),
    )


def _file_section(file: OnboardingFile, level: str) -> str:
    """One file of an onboarding: what it holds, and its columns."""
    words = _words()["files"][file.name]
    rows = [
        (
            f"`{column.name}`",
            _column_type(column),
            "yes" if column.required else "",
            *words[column.name],
            f"`{cell}`" if (cell := _example(file.name).get(column.name)) else "",
        )
        for column in msgspec.structs.fields(file.row)
    ]
    head = ("column", "type", "must", "meaning", "意義", "example")
    unique = ", ".join(f"`{name}`" for name in file.key)
    must = "Must be there" if file.required else "May be left out"
    about = f"{words['about'][0]} {must}; no two rows share {unique}.\n\n{words['about'][1]}"
    return f"{level} `{file.name}.csv`\n\n{about}\n\n{_table(head, rows)}"


def _layout_section(name: str) -> str:
    """The day's executions: the columns of the newest version of their layout, and of the line of totals."""
    from tallystick.wire import find_layout

    layout = find_layout(name, datetime.date.max)
    words = _words()["executions"]
    rows = [
        (
            f"`{field.title}`",
            field.name,
            " or ".join(f"`{word}`" for word in field.values) or words[field.kind][0].format(field=field),
            *words[field.name],
        )
        for field in layout.body
    ]
    totals = ", ".join(f"`{field.constant}`" if field.constant else field.name for field in layout.trailer)
    english, chinese = (
        part.format(encoding=layout.encoding.upper(), totals=totals) for part in words["about"]
    )
    table = _table(("column", "name", "type", "meaning", "意義"), rows)
    return f"### `executions.csv`\n\n{english}\n\n{chinese}\n\n{table}"


def founding_document() -> str:
    """The page of the founding document: each line with its status, commands, pages and what is missing."""
    from tallystick.governance import founding_lines

    catalog = text.catalogs()
    lines = founding_lines()
    english = [
        (
            line.key,
            line.part,
            line.asks,
            line.status,
            _codes(f"tally {name.replace('.', ' ').replace('_', '-')}" for name in line.commands),
            _codes(line.pages),
            line.missing,
        )
        for line in lines
    ]
    chinese = [
        (
            key,
            catalog[part],
            catalog[asks],
            catalog[STATUS[status]],
            commands,
            pages,
            catalog.get(missing, ""),
        )
        for key, part, asks, status, commands, pages, missing in english
    ]
    counts = ", ".join(f"{sum(line.status == status for line in lines)} {status}" for status in STATUS)
    return _page(
        "The founding document · 創始文件",
        "A slide deck of about early 2018 says what this product must do. Every line of it stands here with what "
        f"answers it today and what is still to come: {counts}. The same list is `tally governance tour` and the "
        "console's page Founding document.",
        _table(("line", "part", "asks", "status", "commands", "pages", "missing"), english)
        + "\n## 繁體中文\n\n"
        + _table(("項次", "部分", "要求", "狀態", "指令", "畫面", "尚缺"), chinese),
    )


PAGES = {
    "reference/operations.md": operations,
    "reference/events.md": events,
    "reference/settings.md": settings,
    "reference/onboarding.md": onboarding,
    "founding-document.md": founding_document,
}


def write(folder: Path = FOLDER) -> None:
    """Write all pages."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


@functools.cache
def _words() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


@functools.cache
def _example(file: str) -> dict[str, str]:
    """The first row of the example file; empty when the example has none."""
    for path in (EXAMPLES / f"{file}.csv", *sorted(EXAMPLES.parent.glob(f"day-*/{file}.csv"))):
        if path.exists():
            with path.open(encoding="utf-8") as source:
                return next(csv.DictReader(source), {})
    return {}


def _keywords(module: Module, call: ast.Call) -> dict[str, Any]:
    """The decorator's keywords; a name stands for the constant that its module gives it."""
    constants = dict(_constants(module))
    found = {}
    for keyword in call.keywords:
        if isinstance(keyword.value, ast.Constant):
            found[keyword.arg] = keyword.value.value
        elif isinstance(keyword.value, ast.Name) and keyword.value.id in constants:
            found[keyword.arg] = constants[keyword.value.id]
    return typing.cast("dict[str, Any]", found)


def _constants(module: Module) -> Iterator[tuple[str, str]]:
    """Names that the module gives to strings: `READ = "risk.read"`, `READ, TRADE = "risk.read", "risk.trade"`."""
    for node in module.tree.body:
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=True))
            for name, constant in pairs:
                if isinstance(name, ast.Name) and isinstance(constant, ast.Constant):
                    yield name.id, constant.value


def _column_type(column: msgspec.structs.FieldInfo) -> str:
    """What a cell may hold, for people."""
    from tallystick.governance.onboarding.layout import AMOUNT_KINDS

    if column.type in AMOUNT_KINDS:
        return str(_words()["types"]["amount"])
    return _choices(column.type)


def _choices(annotation: Any) -> str:
    """A type for people: its name, or the words that it allows."""
    while typing.get_origin(annotation) is typing.Annotated:
        annotation = typing.get_args(annotation)[0]
    if typing.get_origin(annotation) is typing.Literal:
        return " or ".join(f"`{word}`" for word in typing.get_args(annotation))
    names = {"str": "text", "int": "whole", "date": "date", "time": "time"}
    return str(_words()["types"][names[annotation.__name__]])


def _codes(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "".join("| " + " | ".join(str(c).replace("|", "\\|") for c in line) + " |\n" for line in lines)


def _page(title: str, lead: str, body: str) -> str:
    return f"# {title}\n\n{lead} {NOTE}\n\n{body}"


if __name__ == "__main__":
    write()
