"""Pipes, devices and folders in the place of input files are refused, not waited for."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from hawx_hw.cli import main as cli
from hawx_hw.cli.entry import SIGNALS

CONFIG = """\
name: tiny
network: {model: lenet5, dataset: DATASET, checkpoint: CHECKPOINT}
accelerator: {rows: 4, columns: 4}
technology: TECHNOLOGY
"""
GOOD = {"DATASET": "digits", "CHECKPOINT": "null", "TECHNOLOGY": "generic45"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A current folder; what waits there without end fails."""
    monkeypatch.chdir(tmp_path)

    def late(number: int, frame: object) -> None:
        raise TimeoutError("It waits")

    before = [(number, signal.getsignal(number)) for number in (*SIGNALS, signal.SIGALRM)]
    signal.signal(signal.SIGALRM, late)
    signal.alarm(60)
    yield tmp_path
    signal.alarm(0)
    for number, handler in before:
        signal.signal(number, handler)


def hawx(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    """The messages of a call that is refused."""
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 2
    return [line for line in capsys.readouterr().err.splitlines() if line.startswith("hawx: ")]


def config(**names: str) -> str:
    text = CONFIG
    for key, name in (GOOD | names).items():
        text = text.replace(key, name)
    Path("tiny.yaml").write_text(text, "utf-8")
    return "tiny.yaml"


COMMANDS = {
    "config": lambda name: ("run", name),
    "dataset": lambda name: ("emit", config(DATASET=f"./{name}")),
    "checkpoint": lambda name: ("emit", config(CHECKPOINT=f"./{name}")),
    "technology": lambda name: ("synth", config(TECHNOLOGY=f"./{name}")),
    "training set": lambda name: ("train", "--dataset", name, "--output", "x.safetensors"),
    "Verilog": lambda name: ("blocks", "import", name, "--module", "m"),
    "table": lambda name: ("train-predictors", name, "--output", "predictors"),
    "program": lambda name: ("simulate", name),
}


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("config", "x.yaml"),
        ("dataset", "x.npz"),
        ("checkpoint", "x.safetensors"),
        ("technology", "x.yaml"),
        ("technology", "x.lib"),
        ("technology", "x.lib.gz"),
        ("training set", "x.npz"),
        ("Verilog", "x.v"),
        ("table", "x.csv"),
        ("program", "x.s"),
    ],
)
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_input_that_is_no_file(
    capsys: pytest.CaptureFixture[str], what: str, name: str, kind: str
) -> None:
    if kind == "pipe":
        os.mkfifo(name)
    else:
        Path(name).mkdir()
    (message,) = hawx(capsys, *COMMANDS[what](name))
    assert name in message
    assert "Errno" not in message
    if kind == "pipe":
        assert "pipe" in message
