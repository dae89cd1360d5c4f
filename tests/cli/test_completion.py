"""Completion: what may stand where, and the script in a real bash."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import hawx_hw
from hawx_hw import datasets as all_datasets
from hawx_hw.cli import completion
from hawx_hw.cli.completion import config_files, datasets, flow_names, models, print_completion
from hawx_hw.config.flows import flow_descriptions
from hawx_hw.config.zoo import ZOO
from hawx_hw.errors import UserError
from hawx_hw.pipeline.order import STAGES
from hawx_hw.report.sections import SECTIONS

app = typer.Typer()
app.command()(print_completion)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sub").mkdir()
    for name in ("own.yaml", "lenet5.yaml", "net.onnx", "x.npz", "note.txt", "sub/deep.yml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_names_are_those_of_the_program() -> None:
    assert tuple(stage.name for stage in STAGES) == completion._STAGES
    assert tuple(SECTIONS) == completion._SECTIONS
    assert all_datasets.NAMES == completion._DATASETS
    assert set(flow_names("")) == {*flow_descriptions(), "fpga", "asic", "list", "install"}


def test_files_and_names(folder: Path) -> None:
    assert config_files("o") == ["own.yaml"]
    assert config_files("lenet5_s") == ["lenet5_simt.yaml", "lenet5_simt_mixed.yaml"]
    assert config_files("lenet5.") == ["lenet5.yaml"], "once, though it is in both places"
    assert config_files("sub/") == ["sub/deep.yml"]
    assert config_files("./o") == ["./own.yaml"]
    assert config_files("nowhere/") == []
    assert models("n") == ["net.onnx"]
    assert set(models("")) == {*ZOO, "net.onnx"}
    assert datasets("") == ["cifar10", "digits", "mnist", "x.npz"]


def test_the_script_of_each_shell() -> None:
    for shell in ("bash", "zsh", "fish"):
        result = CliRunner().invoke(app, [shell])
        assert "_HAWX_COMPLETE" in result.stdout
    result = CliRunner().invoke(app, ["tcsh"])
    assert isinstance(result.exception, UserError)
    assert str(result.exception).endswith("It is one of bash, zsh, fish.")


CASES = {
    "hawx sum": ["summary"],
    "hawx run ow": ["own.yaml"],
    "hawx summary own.yaml --section po": ["power"],
    "hawx run own.yaml --until pr": ["predict", "profile"],
}


def test_bash_really_completes(folder: Path) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("There is no bash.")
    place = folder / "bin"
    place.mkdir()
    program = place / "hawx"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m hawx_hw "$@"\n')
    program.chmod(0o755)
    # What Tab does: the function of the rule for hawx, with the words and the place of the last.
    script = """
eval "$(hawx completion bash)"
rule=$(complete -p hawx)
function=${rule#*-F }
for line; do
    COMP_WORDS=($line)
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    "${function%% *}" hawx
    echo "${COMPREPLY[@]}"
done
"""
    environment = os.environ | {
        "PATH": f"{place}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(Path(hawx_hw.__file__).parents[1]),
    }
    done = subprocess.run(
        [bash, "--norc", "-c", script, "bash", *CASES],
        cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert done.stderr == ""
    offered = [line.split() for line in done.stdout.splitlines()]
    assert dict(zip(CASES, offered, strict=True)) == CASES
