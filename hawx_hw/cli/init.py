"""``hawx init``: writes a commented config for a network, after at most three questions."""

from __future__ import annotations

import math
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from hawx_hw.cli.completion import datasets, models
from hawx_hw.config.zoo import ZOO
from hawx_hw.errors import UserError, shown
from hawx_hw.util.paths import check_output

if TYPE_CHECKING:
    from hawx_hw.pipeline.new_config import Examined

__all__ = ["init"]

_Answer = TypeVar("_Answer")
_ACCELERATOR = "64"
_DROP = "1.0"


def init(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            help="A file .onnx or .tflite, python:MODULE:FUNCTION, or a network of the zoo.",
            autocompletion=models,
        ),
    ],
    dataset: Annotated[
        str | None,
        typer.Option(
            help="digits, mnist, cifar10, or the path of an .npz, a folder or a .csv.",
            autocompletion=datasets,
        ),
    ] = None,
    accelerator: Annotated[
        str | None,
        typer.Option(
            metavar="[ARCHITECTURE:]N",
            help="Multipliers, behind the architecture where it is not the usual one, such as "
            f"simt:16. [default: {_ACCELERATOR}]",
        ),
    ] = None,
    accuracy_drop: Annotated[
        str | None,
        typer.Option(
            metavar="POINTS",
            help=f"Largest accuracy drop, in percentage points. [default: {_DROP}]",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE.yaml", help="The config; left out: named as the network, here."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a config for a network, with the meaning of each key.

    What no option states is asked for on a terminal; elsewhere the defaults hold, and a data set
    must be named.
    """
    target = _target(model, output, force)
    asks = sys.stdin.isatty() and sys.stderr.isatty()
    images = _settled(
        "--dataset", dataset, "Data set (digits, mnist, cifar10, or a path)", _dataset_of(model),
        _dataset, asks,
    )  # fmt: skip
    architecture, multipliers = _settled(
        "--accelerator", accelerator, "Multipliers, or ARCHITECTURE:N such as simt:16",
        _ACCELERATOR, _accelerator, asks,
    )  # fmt: skip
    drop = _settled(
        "--accuracy-drop", accuracy_drop, "Largest accuracy drop, in percentage points", _DROP,
        _points, asks,
    )  # fmt: skip
    _write(model, images, architecture, multipliers, drop, target)


def _write(
    model: str, dataset: str, architecture: str, multipliers: int, drop: float, target: Path
) -> None:
    from hawx_hw.pipeline.new_config import NewConfig, examine
    from hawx_hw.util.files import write_text
    from hawx_hw.util.progress import ProgressDisplay, console_for

    with ProgressDisplay(console_for()) as progress, progress.task("reading network and images"):
        examined = examine(model, dataset)
    words = ["hawx", "init", model, "--dataset", dataset]
    size = f"{architecture}:{multipliers}"
    words += ["--accelerator", size, "--accuracy-drop", f"{drop:g}"]
    config = NewConfig(
        target, model, dataset, architecture, multipliers, drop, shlex.join(words), examined
    )
    config.checked()
    target.parent.mkdir(parents=True, exist_ok=True)
    write_text(target, config.text)
    typer.echo(f"{target}: {_understood(model, dataset, examined)}")
    for note in examined.notes:
        typer.echo(f"note: {note}")
    if examined.checkpoint is not None:
        words = ["hawx", "train", model, "--dataset", dataset, "--output", examined.checkpoint]
        typer.echo(f"train it: {shlex.join(words)}")
    typer.echo(f"build it: {shlex.join(['hawx', 'run', str(target)])}")


def _understood(model: str, dataset: str, examined: Examined) -> str:
    text = f"{model} on {dataset}"
    if examined.shape is None:
        return text
    shape = " x ".join(map(str, examined.shape))
    return (
        f"{text}; it takes images of {shape}, has {examined.outputs} outputs, "
        f"{examined.parameters:,} parameters and {examined.macs:,} multiplications an image"
    )


def _target(model: str, output: Path | None, force: bool) -> Path:
    """The file to write, which is not there unless ``force``."""
    if output is None:
        last = model.rpartition(":")[2] if model.startswith("python:") else Path(model).stem
        output = Path(f"{re.sub(r'[^A-Za-z0-9_-]+', '_', last).strip('_-') or 'network'}.yaml")
    target = check_output(output, "--output", suffixes=(".yaml", ".yml"))
    if target.exists() and not force:
        raise UserError(
            "There is such a file",
            where=f"--output: {target}",
            hint="Name another one, or replace it with --force.",
        )
    return target


def _dataset_of(model: str) -> str | None:
    """The data set that a network comes trained on; None: the user must state it."""
    if model not in ZOO:
        return None
    from hawx_hw.networks.files import shipped_checkpoint

    known = ("digits", "cifar10", "mnist")
    return next((each for each in known if shipped_checkpoint(model, each) is not None), None)


def _settled(
    option: str,
    given: str | None,
    question: str,
    default: str | None,
    read: Callable[[str], _Answer],
    asks: bool,
) -> _Answer:
    """An option's value, the answer to its question, or its default."""
    if given is not None or not asks:
        text = default if given is None else given
        if text is None:
            raise UserError("This is needed", where=option, hint=f"Add it: {option} VALUE")
        try:
            return read(text)
        except UserError as error:
            raise UserError(error.what, where=option, hint=error.hint) from error
    while True:
        typer.echo(f"{question}{f' [{default}]' if default else ''}: ", nl=False, err=True)
        line = sys.stdin.readline()
        if not line:
            typer.echo(err=True)
            raise UserError("There was no answer", where=option, hint=f"Add it: {option} VALUE")
        try:
            return read(line.strip() or default or "")
        except UserError as error:
            typer.echo(f"{error}", err=True)


def _dataset(text: str) -> str:
    from hawx_hw.datasets import NAMES

    if text not in NAMES:
        with_slash = text if text.endswith((".npz", ".csv", "/")) else f"{text}/"
        if not text or not Path(with_slash).expanduser().exists():
            raise UserError(
                f"There is no data set {shown(text)}",
                hint=f"It is one of {', '.join(NAMES)}, or the path of an .npz file, a "
                "folder of images, or a .csv file.",
            )
    return text


def _accelerator(text: str) -> tuple[str, int]:
    from hawx_hw.architectures.registry import DEFAULT, architecture_named
    from hawx_hw.config.load import config_of

    name, _, number = text.rpartition(":")
    architecture = architecture_named(name or DEFAULT).name
    if not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise UserError(
            f"The number of multipliers must be a whole number, not {shown(number)}",
            hint="Write 64, or simt:16.",
        )
    chosen = {"architecture": architecture, "multipliers": int(number)}
    try:
        # Of any network: what matters is the range of the key.
        network = {"model": "lenet5", "dataset": "digits"}
        config_of({"name": "range", "network": network, "accelerator": chosen})
    except UserError as error:
        raise UserError(error.what, hint=error.hint) from error
    return architecture, int(number)


def _points(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 100:
        raise UserError(
            f"The accuracy drop is 0 to 100 percentage points, not {shown(text)}",
            hint="Write 0.5.",
        )
    return value
