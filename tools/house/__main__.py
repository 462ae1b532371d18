"""Print every problem of the package; exit status 1 if there is one."""

from __future__ import annotations

import sys

from house import imports, structure, text
from house.source import modules


def problems() -> list[str]:
    """All problems of all rules over the whole repository."""
    catalog = text.catalogs()
    words = text.glossary(text.GLOSSARY.read_text(encoding="utf-8"))
    found = list(text.misplaced(catalog))
    for module in modules():
        for rule in (*structure.RULES, *imports.RULES):
            found += rule(module)
        found += text.unnamed(module, words)
    found += text.untranslated(text.every_sentence(), catalog)
    for path, content in text.tracked():
        found += text.addresses(path, content)
    return found


if __name__ == "__main__":
    found = problems()
    print("\n".join(found) or "no problems")
    sys.exit(bool(found))
