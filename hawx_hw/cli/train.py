"""The ``hawx train`` command: trains a network, showing progress and time left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

from rich.console import Console

from hawx_hw.config.load import blame
from hawx_hw.config.models import NetworkConfig
from hawx_hw.errors import UserError, shown
from hawx_hw.util.paths import check_output
from hawx_hw.util.progress import ProgressDisplay

if TYPE_CHECKING:
    from hawx_hw.networks import TrainingRecord

__all__ = ["train_network"]


def train_network(
    model: str,
    dataset: str,
    *,
    output: Path,
    epochs: int | None,
    seed: int,
    console: Console,
) -> TrainingRecord:
    """Train a network; write its checkpoint and record.

    Parameters
    ----------
    model : str
        A network of the zoo.
    dataset : str
        A known data set, or the path of an ``.npz`` file.
    output : Path
        The checkpoint, ending in ``.safetensors``.
    epochs : int or None
        None takes as many as suit the data set's size.
    seed : int
    console : Console
        Where progress is shown.

    Raises
    ------
    UserError
        Unknown model, or an output that cannot be written, both before anything is loaded; unknown
        data set, data that are missing or damaged.
    """
    known = get_args(NetworkConfig.model_fields["model"].annotation)
    if model not in known:
        raise UserError(
            f"There is no network {shown(model)}",
            where="MODEL",
            hint=f"It must be one of {', '.join(known)}.",
        )
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
        from hawx_hw.datasets import load

        with blame("--dataset"), progress.task("loading the data set") as task:
            data = load(dataset, progress=task.update)
        for doubt in data.doubts:
            progress.message(f"{dataset}: {doubt}")
        with progress.task("loading torch", estimate=5.0):
            from hawx_hw.networks import train
        with progress.task("training") as task:
            record = train(
                model,
                data,
                seed=seed,
                epochs=epochs,
                progress=task.update,
                output=output,
            )
    return record
