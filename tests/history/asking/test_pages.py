"""The Python of the pages about asking runs as it stands."""

from __future__ import annotations

import datetime
import re
import shutil
from pathlib import Path

from tallystick.firm import Firm

DOCS = Path(__file__).parents[3] / "docs"


def python_of(page):
    (block,) = re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.M | re.S)
    return block


def test_join_of_the_explanation():
    exec(python_of("explanation/as-of-join.md"), {})


def test_python_of_the_how_to(tmp_path, monkeypatch):
    shutil.copytree(DOCS / "how-to" / "ask-history", tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    with Firm.create("firm", first_day=datetime.date(2026, 11, 19)) as firm:
        for name, dataset in (("prices", "bars_daily"), ("actions", "actions"), ("trades", "trades")):
            report = firm.history.load(
                files=[f"{name}.csv"], dataset=f"history.{dataset}", known_at="2026-11-17"
            )
            assert report.quarantined == 0
    names: dict[str, object] = {}
    exec(python_of("how-to/ask-history.md"), names)
    assert names["closes"]["9901.XTAI"].to_list() == [913_636, 930_000, 950_000]
    assert names["traded"] == [1000, 2000, 1000]
