"""A system of FuseSoC that has its accelerator built by the generator, from its own core."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hawx_hw
from hawx_hw.config.flows import flow_named
from hawx_hw.config.load import load_config
from hawx_hw.flows.environments import environment_program, is_installed
from hawx_hw.flows.simulations import lint_check
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util.resources import flows

SYSTEM = Path(__file__).parents[1] / "flows" / "soc"
GENERATOR = ("hawx_generator.core", "hawx_generate.py")
VLNV = "acme:soc:small-accelerator:1.0.0"


@pytest.fixture
def generate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict:
    """The names of the generator; the current folder is one of the test's own."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return runpy.run_path(str(flows() / "fusesoc" / "hawx_generate.py"))


def test_parameters_are_a_config(generate: dict, tmp_path: Path) -> None:
    root = tmp_path / "soc"
    (root / "data").mkdir(parents=True)
    parameters = {
        "network": {
            "model": "lenet5",
            "dataset": "../own.npz",
            "checkpoint": "./data/a.safetensors",
        },
        "accelerator": {"rows": 2, "columns": 3},
    }
    path = generate["config_file"](parameters, root, VLNV)
    content = json.loads(path.read_text())
    assert content["name"] == "small-accelerator"
    assert content["network"]["dataset"] == str(tmp_path / "own.npz")
    assert content["network"]["checkpoint"] == str(root / "data" / "a.safetensors")
    config = load_config(path)
    assert (config.name, config.accelerator.columns) == ("small-accelerator", 3)


def test_parameters_may_name_a_file(generate: dict, tmp_path: Path) -> None:
    path = generate["config_file"]({"config": "sub/lenet5.yaml"}, tmp_path, VLNV)
    assert path == tmp_path / "sub" / "lenet5.yaml"
    with pytest.raises(SystemExit, match="config names a file, so that there can be no network"):
        generate["config_file"]({"config": "a.yaml", "network": {}}, tmp_path, VLNV)


def test_hawx_is_that_of_the_interpreter_or_a_program(
    generate: dict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert generate["hawx"]() == [sys.executable, "-m", "hawx_hw"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match="neither installed for"):
        generate["hawx"]()
    (tmp_path / "hawx").write_text("#!/bin/sh\n")
    (tmp_path / "hawx").chmod(0o755)
    assert generate["hawx"]() == [str(tmp_path / "hawx")]


@pytest.mark.slow
def test_a_system_builds_its_accelerator(material: Path, tmp_path: Path) -> None:
    flow = flow_named("fusesoc")
    if not is_installed(flow) or shutil.which("iverilog") is None:
        pytest.skip("hawx flow install fusesoc; apt-get install iverilog")
    system = tmp_path / "soc"
    shutil.copytree(SYSTEM, system)
    shutil.copytree(material, system, dirs_exist_ok=True)
    (system / "generator").mkdir()
    for name in GENERATOR:
        shutil.copy(flows() / "fusesoc" / name, system / "generator")

    fusesoc = environment_program(flow, "fusesoc")
    verilator = find_simulator("verilator")
    programs = tmp_path / "bin"
    programs.mkdir()
    # The generator starts python3 of PATH, which must have hawx.
    (programs / "python3").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python3").chmod(0o755)
    path = (str(programs), str(verilator.executable.parent), os.environ["PATH"])

    def run(target: str) -> str:
        done = subprocess.run(
            [str(fusesoc), "--cores-root", ".", "run", "--target", target, "acme:soc:small"],
            cwd=system,
            env={
                **os.environ,
                **verilator.environment,
                "PATH": os.pathsep.join(path),
                "PYTHONPATH": str(Path(hawx_hw.__file__).parents[1]),
                "XDG_CACHE_HOME": str(tmp_path / "cache"),
                "HAWX_CACHE": str(tmp_path / "hawx-cache"),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:]
        return done.stdout

    assert lint_check(run("lint"), 30).passed
    output = run("sim")
    assert "SOC failed=0 bytes=3\n" in output
    # The second target takes what the generator has written for the first.
    assert "Found cached output for" in output
