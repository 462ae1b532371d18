"""The how-to pages run as they stand: their `sh` blocks are followed, and say what their `text` blocks show.

A line runs as mei unless `# as somebody` follows it, and must end with status 0 unless `# exit status 1` does.
`NUMBER` stands for the id that was printed last, `ORDER` for the first order of the list that was printed last.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from house.source import ROOT
from tallystick import cli

HOW_TO = ROOT / "docs" / "how-to"
RUNNABLE = sorted(page.stem for page in HOW_TO.glob("*.md"))


class Reader:
    """Follows a page: runs the lines of its `sh` blocks, and looks for those of its `text` blocks in what was said."""

    def __init__(self, monkeypatch, capsys):
        self.monkeypatch, self.capsys = monkeypatch, capsys
        self.number = self.order = ""

    def follow(self, page):
        said = ""
        for language, block in re.findall(r"^```(sh|text)\n(.*?)^```", page, re.M | re.S):
            if language == "sh":
                said = "".join(self.run(line) for line in block.splitlines())
            else:
                lines = [" ".join(line.split()) for line in said.splitlines()]
                for line in filter(None, block.splitlines()):
                    assert any(" ".join(line.split()) in other for other in lines), f"{line}\n--\n{said}"

    def run(self, line):
        line, _, comment = line.partition("  # ")
        user = re.search(r"as (\w+)", comment)
        self.monkeypatch.setattr("tallystick.firm.system_user", lambda: user[1] if user else "mei")
        expected = re.search(r"exit status (\d)", comment)
        if line.startswith("tally "):
            status, said = self.tally(line)
        else:
            path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            done = subprocess.run(
                ["sh", "-c", line], env=os.environ | {"PATH": path}, capture_output=True, text=True
            )
            status, said = done.returncode, done.stdout + done.stderr
        assert status == (int(expected[1]) if expected else 0), f"{line}\n{said}"
        if found := re.search(r"^Id +(\w+)$", said, re.M):
            self.number = found[1]
        if found := re.search(r"^(O\d+-\d+) ", said, re.M):
            self.order = found[1]
        return said

    def tally(self, line):
        known = {"NUMBER": self.number, "ORDER": self.order}
        words = [known.get(word, word) for word in shlex.split(line)[1:]]
        words = [Path(word[6:-1]).read_text() if word.startswith("$(cat ") else word for word in words]
        with pytest.raises(SystemExit) as left:
            cli.main(words)
        said = self.capsys.readouterr()
        return left.value.code, said.out + said.err


@pytest.mark.parametrize("name", RUNNABLE)
def test_how_to_runs_as_it_stands(name, tmp_path, monkeypatch, capsys, kill_writer):
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("TALLYSTICK_FIRM", raising=False)
    monkeypatch.setattr("getpass.getpass", lambda: "four made-up words here")
    folder = tmp_path / name
    beside = HOW_TO / name
    shutil.copytree(beside, folder) if beside.exists() else folder.mkdir()
    monkeypatch.chdir(folder)
    try:
        Reader(monkeypatch, capsys).follow((HOW_TO / f"{name}.md").read_text(encoding="utf-8"))
    finally:
        for settings in folder.glob("*/firm.toml"):
            kill_writer(settings.parent)
