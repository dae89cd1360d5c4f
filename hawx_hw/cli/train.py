"""The ``hawx train`` command: trains a network, showing progress and time left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from hawx_hw.config.load import blame, find_config, load_config, located
from hawx_hw.config.zoo import ZOO, Number, Value, complete
from hawx_hw.errors import UserError, shown
from hawx_hw.util.paths import check_output
from hawx_hw.util.progress import ProgressDisplay

if TYPE_CHECKING:
    from hawx_hw.datasets import Dataset
    from hawx_hw.networks import TrainingRecord
    from hawx_hw.util.progress import Progress

__all__ = ["train_network"]


def train_network(
    model: str,
    dataset: str,
    *,
    output: Path,
    options: Sequence[str] = (),
    epochs: int | None,
    seed: int,
    device: str | None = None,
    threads: int = 1,
    console: Console,
) -> TrainingRecord:
    """Train a network; write its checkpoint and record.

    Parameters
    ----------
    model : str
        A network of the zoo.
    dataset : str
        A known data set or a path (see :func:`hawx_hw.datasets.load`), or a config ``.yaml``,
        whose data set it is, read and prepared as there.
    output : Path
        The checkpoint, ending in ``.safetensors``.
    options : sequence of str
        Of the network, each as ``NAME=VALUE``.
    epochs : int or None
        None takes as many as suit the data set's size.
    seed : int
    device : str or None
        Kind of device, such as ``cuda``; None takes torch's accelerator where there is one.
    threads : int
    console : Console
        Where progress is shown.

    Raises
    ------
    UserError
        Unknown model or option, or an output that cannot be written, all before anything is loaded;
        unknown data set, data that are missing or damaged; a device that torch does not see.
    """
    if model not in ZOO:
        raise UserError(
            f"There is no network {shown(model)}",
            where="MODEL",
            hint=f"It must be one of {', '.join(ZOO)}.",
        )
    given = _options(model, options)
    if output.suffix != ".safetensors":
        raise UserError(
            "The checkpoint's name must end in .safetensors.", where=f"--output: {output}"
        )
    if not output.parent.is_dir():
        raise UserError(
            f"There is no folder {output.parent}.", where=f"--output: {output}", hint="Create it."
        )
    for path in (output, output.with_suffix(".json"), output.with_name(f"{output.name}.partial")):
        check_output(path, "--output")
    with ProgressDisplay(console) as progress:
        with progress.task("loading the data set") as task:
            data = _data(dataset, task.update)
        for remark in filter(None, (data.note, *data.doubts)):
            progress.message(f"{dataset}: {remark}")
        with progress.task("loading torch", estimate=5.0):
            from hawx_hw.networks import available_device, check_device, train

            if device is None:
                device = available_device()
            check_device(device)
        with progress.task("training") as task:
            record = train(
                model,
                data,
                options=given,
                seed=seed,
                epochs=epochs,
                device=device,
                threads=threads,
                progress=task.update,
                output=output,
            )
    return record


def _data(dataset: str, progress: Progress) -> Dataset:
    """The data set of a name, a path or a config."""
    from hawx_hw.datasets import load
    from hawx_hw.datasets.roles import roles
    from hawx_hw.pipeline.data import dataset_of, validation_of

    if not dataset.endswith((".yaml", ".yml")):
        with blame("--dataset"):
            return load(dataset, progress=progress)
    path = find_config(dataset)
    config = load_config(path)
    if config.network.preprocess.normalizes:
        raise UserError(
            "A training determines what becomes of pixel values, and its record states it",
            where=f"{path}: network.preprocess",
            hint="Leave scale, mean and std out.",
        )
    try:
        data = dataset_of(config, path.parent, progress)
        given = validation_of(data, config, path.parent)
        roles(data, given)  # refuses what does not fit
    except UserError as error:
        raise located(error, path) from error
    return data if given is None else replace(data, validation=given)


def _options(model: str, texts: Sequence[str]) -> dict[str, Value]:
    """Options of a network from ``NAME=VALUE``."""
    options: dict[str, Value] = {}
    for text in texts:
        name, mark, value = text.partition("=")
        if not mark or name in options:
            problem = "is given twice" if mark else "must be NAME=VALUE"
            raise UserError(f"The option {shown(name)} {problem}", where="--option")
        number = isinstance(ZOO[model].get(name), Number) and value.isascii() and value.isdecimal()
        options[name] = int(value) if number and len(value) < 10 else value
    try:
        return complete(model, options)
    except ValueError as error:
        raise UserError(str(error), where="--option") from error
