"""Imports go down only, through the open doors, and heavy packages are lazy."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from house import imports
from house.source import PACKAGE, ROOT, Module, modules

LINT_IMPORTS = Path(sys.executable).with_name("lint-imports")


@pytest.mark.parametrize("rule", imports.RULES, ids=lambda rule: rule.__name__)
def test_package_keeps_the_rule(rule):
    problems = [problem for module in modules() for problem in rule(module)]
    assert not problems, "\n" + "\n".join(problems)


def lint_imports(folder, config):
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--config", config],
        cwd=folder,
        env={"PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )


def test_storeys_hold():
    result = lint_imports(ROOT / "src", ROOT / "pyproject.toml")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.fixture
def sample(tmp_path):
    """A house of few rooms under our own contracts: writes the given modules and returns the verdict."""

    def check(**files):
        package = tmp_path / "tallystick"
        for room in ("core", "market", "wire", "risk", "gateway"):
            (package / room).mkdir(parents=True)
            (package / room / "__init__.py").write_text("")
        for name in ("__init__", "firm", "cli"):
            (package / f"{name}.py").write_text("")
        for path, text in files.items():
            (package / f"{path.replace('__', '/')}.py").write_text(text)
        return lint_imports(tmp_path, ROOT / "pyproject.toml")

    return check


def test_storeys_with_good_imports_pass(sample):
    result = sample(
        risk__gate="from tallystick.market import ticks",
        market__ticks="import tallystick.core",
        gateway__http="import litestar",
        cli="import cyclopts\nimport tallystick.firm",
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    "files",
    [
        {"core__journal": "import tallystick.risk"},
        {"market__ticks": "import tallystick.wire"},
        {"wire__fix": "import tallystick.market"},
        {"risk__gate": "def later():\n    import tallystick.gateway"},
        {"firm": "import tallystick.cli"},
        {"risk__gate": "import litestar"},
        {"firm": "import cyclopts"},
        {"gateway__http": "import jinja2"},
        {"strangers": ""},
    ],
    ids=str,
)
def test_storeys_with_forbidden_import_fail(sample, files):
    result = sample(**files)
    assert result.returncode == 1
    assert "BROKEN" in result.stdout


def test_contracts_name_every_room():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    listed = {room.strip("() ") for layer in contracts[0]["layers"] for room in layer.split("|")}
    assert {path.parent.name for path in PACKAGE.glob("*/__init__.py")} <= listed


def problems(rule, text, path="risk/gate/machine.py"):
    return list(rule(Module(path, text)))


@pytest.mark.parametrize(
    "text",
    [
        "from tallystick.market import Instrument",
        "from tallystick.market.events import PriceLoaded",
        "from tallystick.ledger.settlement.events import Settled",
        "import tallystick.market",
        "from tallystick import market",
        "from tallystick.core.journal import Journal",
        "from tallystick.risk.gate.rules import decide",
    ],
)
def test_open_door_passes(text):
    assert not problems(imports.doors, text)


@pytest.mark.parametrize(
    "text",
    [
        "from tallystick.market.ticks import tick_of",
        "import tallystick.market.ticks",
        "def later():\n    from tallystick.market.ticks import tick_of",
    ],
)
def test_closed_door_fails(text):
    assert problems(imports.doors, text)
    assert not problems(imports.doors, text, "firm.py")


def test_shared_kernel_passes_only_where_named():
    text = "from tallystick.risk.gate.kernels import check"
    assert not problems(imports.doors, text, "quant/backtest.py")
    assert problems(imports.doors, text, "advisory/advice.py")


@pytest.mark.parametrize(
    "text", ["import polars as pl", "from pyarrow import parquet", "try:\n    import numba\nfinally: ..."]
)
def test_heavy_import_at_module_level_fails(text):
    assert problems(imports.heavy, text, "risk/operations.py")
    assert problems(imports.heavy, text, "cli.py")
    assert not problems(imports.heavy, text, "risk/tables.py")


def test_heavy_import_for_types_or_inside_a_function_passes():
    text = "if TYPE_CHECKING:\n    import polars\ndef work():\n    import duckdb"
    assert not problems(imports.heavy, text, "risk/operations.py")


def test_command_line_starts_without_heavy_packages():
    """The rule above reads single files; this one sees what they pull in."""
    code = "import sys, tallystick.cli; print(*sorted(set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not imports.HEAVY & set(result.stdout.split())
