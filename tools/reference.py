"""Write the lists of operations and events that the docs show, from the declarations in the source.

python tools/reference.py
"""

from __future__ import annotations

import ast
from pathlib import Path

from house import text
from house.source import ROOT, declared, modules

FOLDER = ROOT / "docs" / "reference"


def operations() -> str:
    """The page of operations: name, permission, whether it writes, summary, 繁體中文."""
    words = text.glossary(text.GLOSSARY.read_text(encoding="utf-8"))
    rows = []
    for module in modules():
        for name, call, _node in declared(module, "operation"):
            given = _keywords(call)
            chinese = words.get(name, ("", "", ""))[1]
            writes = "yes" if given.get("writes") else ""
            rows.append(
                f"| `{name}` | {chinese} | `{given.get('permission', '')}` | {writes} | {given.get('summary', '')} |"
            )
    return _page(
        "Operations · 作業",
        "Each is a Python function, a command `tally room verb`, a route `/api/room/verb` and an MCP tool.",
        "| operation | 繁體中文 | permission | writes | summary |\n|---|---|---|---|---|",
        rows,
    )


def events() -> str:
    """The page of events: kind, version, record class, what it says, 繁體中文."""
    words = text.glossary(text.GLOSSARY.read_text(encoding="utf-8"))
    rows = []
    for module in modules():
        for name, call, node in declared(module, "event"):
            first_line = (ast.get_docstring(node) or "").partition("\n")[0]
            chinese = words.get(name, ("", "", ""))[1]
            rows.append(
                f"| `{name}` | {chinese} | {_keywords(call).get('version', 1)} | `{node.name}` | {first_line} |"
            )
    return _page(
        "Events · 事件",
        "What the rooms write to the journal.",
        "| kind | 繁體中文 | version | record | meaning |\n|---|---|---|---|---|",
        rows,
    )


PAGES = {"operations.md": operations, "events.md": events}


def write(folder: Path = FOLDER) -> None:
    """Write both pages."""
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


def _keywords(call: ast.Call) -> dict[str, object]:
    return {k.arg: k.value.value for k in call.keywords if k.arg and isinstance(k.value, ast.Constant)}


def _page(title: str, lead: str, head: str, rows: list[str]) -> str:
    note = "Written by `make docs` from the declarations in the source."
    return f"# {title}\n\n{lead} {note}\n\n{head}\n" + "".join(f"{row}\n" for row in sorted(rows))


if __name__ == "__main__":
    write()
