"""``hawx init``: a config by options, by questions on a terminal, or a refusal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

import hawx_hw
from hawx_hw.cli.init import init
from hawx_hw.config.load import load_config
from hawx_hw.errors import UserError
from hawx_hw.pipeline.order import pipeline_of
from hawx_hw.quantize.result import QuantizeResult
from hawx_hw.util.progress import console_for
from tests.cli.test_onnx_files import good
from tests.importing.onnx_files.models import save

app = typer.Typer()
app.command()(init)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    save(tmp_path, good(), "net.onnx")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hawx(*words: str):
    return CliRunner().invoke(app, list(words))


def run(path: Path, last: str) -> None:
    config = load_config(path)
    pipeline = pipeline_of(
        config, Path("build", config.name), console_for(silent=True), base=path.parent
    )
    pipeline.run(pipeline.until(last))


def test_what_it_writes_runs(folder: Path) -> None:
    result = hawx("net.onnx", "--dataset", "digits", "--accuracy-drop", "2")
    assert result.exit_code == 0, result.exception
    lines = result.stdout.splitlines()
    assert lines[0] == (
        "net.yaml: net.onnx on digits; it takes images of 1 x 28 x 28, has 10 outputs, 3,290 "
        "parameters and 6,156 multiplications an image"
    )
    assert lines[-1] == "build it: hawx run net.yaml"
    config = load_config(Path("net.yaml"))
    assert config.accelerator.multipliers == 64
    assert config.search.constraints.accuracy_drop == 2
    assert (
        Path("net.yaml")
        .read_text("utf-8")
        .startswith(
            "# Written by: hawx init net.onnx --dataset digits --accelerator systolic:64 "
            "--accuracy-drop 2\n"
        )
    )
    run(Path("net.yaml"), "quantize")
    assert QuantizeResult.read(Path("build/net")).model == "net.onnx"


@pytest.mark.slow
@pytest.mark.parametrize("size", ["16", "simt:4"])
def test_what_it_writes_becomes_verilog(folder: Path, size: str) -> None:
    words = ("--dataset", "digits", "--accelerator", size, "--output", "sub/new.yaml")
    assert hawx("net.onnx", *words).exit_code == 0
    run(Path("sub/new.yaml"), "emit")
    assert Path("build/new/rtl/hawx_accelerator.v").is_file()


def test_a_network_of_the_zoo_needs_no_option(folder: Path) -> None:
    result = hawx("lenet5")
    assert result.stdout.splitlines() == [
        "lenet5.yaml: lenet5 on digits", "build it: hawx run lenet5.yaml",
    ]  # fmt: skip
    assert load_config(Path("lenet5.yaml")).network.dataset == "digits"


def test_weights_that_must_be_trained_first_are_named(folder: Path) -> None:
    lines = hawx("resnet32", "--dataset", "cifar10").stdout.splitlines()
    assert lines[1] == (
        "train it: hawx train resnet32 --dataset cifar10 --output resnet32_cifar10.safetensors"
    )
    assert load_config(Path("resnet32.yaml")).network.checkpoint == "resnet32_cifar10.safetensors"


def test_a_file_is_replaced_only_by_force(folder: Path) -> None:
    Path("lenet5.yaml").write_text("mine", "utf-8")
    result = hawx("lenet5")
    assert str(result.exception) == (
        "--output: lenet5.yaml: There is such a file. Name another one, or replace it with --force."
    )
    assert Path("lenet5.yaml").read_text("utf-8") == "mine"
    assert hawx("lenet5", "--force").exit_code == 0
    assert Path("lenet5.yaml").read_text("utf-8") != "mine"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("net.onnx",), "--dataset: This is needed. Add it: --dataset VALUE"),
        (
            ("net.onnx", "--dataset", "photos"),
            "--dataset: There is no data set 'photos'. It is one",
        ),
        (("lenet5", "--accelerator", "gpu:4"), "--accelerator: There is no architecture 'gpu'."),
        (("lenet5", "--accelerator", "8x8"), "--accelerator: The number of multipliers must be"),
        (("lenet5", "--accelerator", "simt:65"), "--accelerator: must be less than or equal to 64"),
        (("lenet5", "--accuracy-drop", "101"), "--accuracy-drop: The accuracy drop is 0 to 100"),
        (("lenet5", "--accuracy-drop", "x"), "--accuracy-drop: The accuracy drop is 0 to 100"),
        (("lenet5", "--output", "x.txt"), "--output: x.txt: The name must end in .yaml or .yml"),
        (("lenet6", "--dataset", "digits"), "MODEL: There is no network lenet6."),
    ],
)
def test_what_is_refused_leaves_no_file(folder: Path, words: tuple[str, ...], message: str) -> None:
    result = hawx(*words)
    assert isinstance(result.exception, UserError)
    assert str(result.exception).startswith(message)
    assert not list(folder.glob("*.yaml"))


def asked(folder: Path, answers: str, *words: str) -> tuple[int, str]:
    """Status and output of ``hawx init`` on a terminal on which ``answers`` are typed."""
    ours, theirs = pty.openpty()
    environment = os.environ | {"PYTHONPATH": str(Path(hawx_hw.__file__).parents[1])}
    with subprocess.Popen(
        [sys.executable, "-m", "hawx_hw", "init", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment, cwd=folder,
    ) as process:  # fmt: skip
        os.close(theirs)
        os.write(ours, answers.encode())
        parts = []
        try:
            while part := os.read(ours, 4096):
                parts.append(part)
        except OSError:
            pass
        status = process.wait(timeout=60)
    os.close(ours)
    return status, b"".join(parts).decode().replace("\r\n", "\n")


def test_three_questions_of_which_a_wrong_answer_is_asked_again(folder: Path) -> None:
    status, output = asked(folder, "photos\ndigits\nsimt:99\nsimt:8\n\n", "net.onnx")
    assert status == 0, output
    assert "Data set (digits, mnist, cifar10, or a path): " in output
    assert "There is no data set 'photos'." in output
    assert "Multipliers, or ARCHITECTURE:N such as simt:16 [64]: " in output
    assert "must be less than or equal to 64" in output
    assert "Largest accuracy drop, in percentage points [1.0]: " in output
    config = load_config(folder / "net.yaml")
    assert config.accelerator.architecture == "simt"
    assert config.search.constraints.accuracy_drop == 1.0


def test_the_end_of_the_input_is_no_answer(folder: Path) -> None:
    status, output = asked(folder, "\x04", "net.onnx", "--accelerator", "64")
    assert status == 2
    assert output.splitlines()[-1] == (
        "hawx: --dataset: There was no answer. Add it: --dataset VALUE"
    )
    assert not (folder / "net.yaml").exists()
