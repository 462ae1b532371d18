"""The tutorial runs as it stands: every shell and Python block, in order, in one folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorial" / "why-was-this-order-refused.md"
BLOCK = re.compile(r"```(sh|python)\n(.*?)```", re.DOTALL)


@pytest.mark.slow
def test_the_tutorial_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = BLOCK.findall(TUTORIAL.read_text(encoding="utf-8"))
    assert len(blocks) >= 7
    for language, text in blocks:
        if language == "python":
            exec(compile(text, str(TUTORIAL), "exec"), names)
            continue
        for line in text.strip().splitlines():
            words = shlex.split(line)
            assert words[0] == "tally"
            subprocess.run(
                [sys.executable, "-m", "tallystick", *words[1:]], check=True, env=os.environ, timeout=280
            )
