"""Words and sentences: each declared name is in the glossary, each sentence for people has its 繁體中文."""

from __future__ import annotations

import ast
import csv
import io
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

from house.source import PACKAGE, ROOT, Module, declared, modules

LANGUAGE = "zh_Hant"
GLOSSARY = ROOT / "docs" / "reference" / "glossary.md"

TRANSLATORS = {"_", "gettext", "translate"}
SENTENCE_KEYWORDS = {"text", "remedy", "summary"}
# Classes whose positional strings are sentences, except the code in front, which has no blank.
FAILURES = {"Reason", "Rejection", "TallystickError", "Forbidden", "NotFound"}

# Data files with sentences for people, and the keys or columns that hold them.
DATA = {
    "governance/data/founding.toml": ("part", "asks", "missing"),
    "history/data/studies.toml": ("title", "question"),
    "market/data/fields.csv": ("label",),
}
# The module whose public functions are the verbs of the command line; their docstrings are its help.
VERBS = "cli/commands.py"

# A folder of one machine, or a package registry. Split, so that this list is no hit itself.
FORBIDDEN = re.compile(
    r"(?<![\w.~-])/(?:work|tmp|root|home|opt|Users)/\w|"
    + "|".join(
        (
            "registry." + "npmjs",
            "registry." + "yarnpkg",
            "python" + "hosted",
            "pypi" + ".org",
            "npm" + "mirror",
            "js" + "delivr",
            "unpkg" + ".com",
        )
    )
)


class Sentence(NamedTuple):
    """A sentence marked for translation: where it stands and what it says, None if it is no plain literal."""

    place: str
    english: str | None


def sentences(module: Module) -> Iterator[Sentence]:
    """The sentences that a Python module shows to people."""
    failures = FAILURES | _failures_declared_in(module)
    for name, call in module.calls():
        marked: list[ast.expr] = []
        if name in TRANSLATORS:
            marked += call.args[:1]
        if name in failures:
            marked += [argument for argument in call.args if not _is_code(argument)]
        keywords = SENTENCE_KEYWORDS | {"name"} if name == "Reason" else SENTENCE_KEYWORDS
        marked += [keyword.value for keyword in call.keywords if keyword.arg in keywords]
        for node in marked:
            place = f"{module.path}:{node.lineno}"
            if isinstance(node, ast.JoinedStr):
                yield Sentence(place, None)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
                yield Sentence(place, node.value)


def verb_sentences(module: Module) -> Iterator[Sentence]:
    """The help of the command line's verbs: the docstrings of the public functions that are not exported."""
    exported = {
        name.value
        for node in module.tree.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__"
        for name in ast.walk(node.value)
        if isinstance(name, ast.Constant)
    }
    for node in module.tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and node.name not in exported:
            yield Sentence(f"{module.path}:{node.lineno}", ast.get_docstring(node))


def data_sentences(path: str, content: str, keys: Iterable[str]) -> Iterator[Sentence]:
    """The sentences that a TOML or CSV file holds under the keys or in the columns."""
    if path.endswith(".csv"):
        reader = csv.DictReader(io.StringIO(content))
        found = [(f"{path}:{reader.line_num}", row[key]) for row in reader for key in keys]
    else:
        found = [(path, value) for table in _tables(tomllib.loads(content)) for value in map(table.get, keys)]
    yield from (Sentence(place, value) for place, value in found if value)


def every_sentence() -> Iterator[Sentence]:
    """All sentences of the package: of its modules, the command line's verbs, templates and data."""
    for module in modules():
        yield from sentences(module)
        if module.path == VERBS:
            yield from verb_sentences(module)
    for path, content in templates():
        yield from template_sentences(path, content)
    for path, keys in DATA.items():
        yield from data_sentences(path, (PACKAGE / path).read_text(encoding="utf-8"), keys)


def template_sentences(path: str, text: str) -> Iterator[Sentence]:
    """The sentences of a Jinja template: `_("...")` and `{% trans %}`."""
    found = babel_extract(io.BytesIO(text.encode()), ["_", "gettext", "translate"], [], {"silent": "false"})
    for line, _function, message, _comments in found:
        yield Sentence(f"{path}:{line}", message if isinstance(message, str) else None)


def untranslated(found: Iterable[Sentence], catalog: Mapping[str, str]) -> Iterator[str]:
    """A problem for each sentence without an entry, and for each that is made at run time and so can have none."""
    for place, english in found:
        if english is None:
            yield f"{place}: a sentence for people is one literal with {{name}} places, never an f-string"
        elif not catalog.get(english):
            yield f"{place}: no 繁體中文 for: {english}"


def misplaced(catalog: Mapping[str, str]) -> Iterator[str]:
    """A problem for each translation whose `{name}` places differ from those of its English sentence."""
    for english, chinese in catalog.items():
        if set(re.findall(r"\{(\w+)", english)) != set(re.findall(r"\{(\w+)", chinese)):
            yield f"places differ: {english} → {chinese}"


def catalogs(package: Path = PACKAGE) -> dict[str, str]:
    """All English sentences with their 繁體中文, from the catalog of every room; fuzzy entries do not count."""
    entries: dict[str, str] = {}
    for path in sorted(package.glob(f"*/locale/{LANGUAGE}.po")):
        with path.open("rb") as file:
            for message in read_po(file, abort_invalid=True):
                if message.id and message.string and not message.fuzzy:
                    entries[str(message.id)] = str(message.string)
    return entries


def by_room(package: Path = PACKAGE) -> dict[str, dict[str, str]]:
    """Room → its catalog alone: English sentence → 繁體中文."""
    found = {}
    for path in sorted(package.glob(f"*/locale/{LANGUAGE}.po")):
        with path.open("rb") as file:
            entries = {str(m.id): str(m.string) for m in read_po(file) if m.id and m.string}
        found[path.parent.parent.name] = entries
    return found


def disputed(rooms: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """A problem for each sentence that two rooms translate differently: the merged catalog would take either."""
    first: dict[str, str] = {}
    for room, entries in rooms.items():
        for english, chinese in entries.items():
            before = first.setdefault(english, room)
            if rooms[before][english] != chinese:
                yield f"{before} and {room} differ: {english} → {rooms[before][english]}, {chinese}"


def templates() -> Iterator[tuple[str, str]]:
    """Path and text of each of the console's templates."""
    for path in sorted((PACKAGE / "console" / "templates").rglob("*.*")):
        yield path.relative_to(PACKAGE).as_posix(), path.read_text(encoding="utf-8")


def glossary(text: str) -> dict[str, tuple[str, str, str]]:
    """Key → (English, 繁體中文, meaning) of every table row in the glossary."""
    rows = {}
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4 and not set(cells[0]) <= set("-: "):
            rows[cells[0].strip("`")] = (cells[1], cells[2], cells[3])
    return rows


def unnamed(module: Module, words: Mapping[str, tuple[str, str, str]]) -> Iterator[str]:
    """A problem for each event or operation that the glossary does not name in both languages."""
    for decorator in ("event", "operation"):
        for name, call, _node in declared(module, decorator):
            english, chinese, _meaning = words.get(name, ("", "", ""))
            if not english or not re.search(r"[\u4e00-\u9fff]", chinese):
                yield f"{module.path}:{call.lineno}: {decorator} {name} has no English and 繁體中文 in the glossary"


def addresses(path: str, text: str) -> Iterator[str]:
    """A problem for each line that names a machine's folder or a package registry."""
    for number, line in enumerate(text.splitlines(), 1):
        if FORBIDDEN.search(line):
            yield f"{path}:{number}: names a machine path or a registry: {line.strip()[:80]}"


def tracked() -> Iterator[tuple[str, str]]:
    """Path and text of every file that git tracks or would track; binary files are left out."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in sorted(filter(None, listing.stdout.decode().split("\0"))):
        path = ROOT / name
        if path.is_file() and b"\0" not in (content := path.read_bytes()):
            yield name, content.decode("utf-8", "replace")


def _tables(value: object) -> Iterator[dict[str, str]]:
    """Every table of a TOML document, however deep."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _tables(inner)


def _is_code(node: ast.expr) -> bool:
    """True for a stable code such as `gate.lot`, and for what is no string at all."""
    if isinstance(node, ast.JoinedStr):
        return False
    return not (isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value)


def _failures_declared_in(module: Module) -> set[str]:
    """Classes of this module that extend one of the failures."""
    return {
        node.name
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        and any(getattr(parent, "id", "") in FAILURES for parent in node.bases)
    }
