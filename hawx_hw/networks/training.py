"""Training with a recorded recipe: the same recipe on the same machine gives the same weights."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

from hawx_hw.config.zoo import Value, complete
from hawx_hw.datasets import Dataset, Split
from hawx_hw.datasets.roles import roles
from hawx_hw.errors import UserError, shown
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.networks.augmentation import augment
from hawx_hw.networks.evaluation import accuracy
from hawx_hw.networks.recipes import Recipe, recipe
from hawx_hw.networks.tensor_file import pack
from hawx_hw.networks.threads import torch_threads
from hawx_hw.networks.training_state import resume, save
from hawx_hw.networks.zoo import build
from hawx_hw.util.files import write_bytes, write_json
from hawx_hw.util.scratch import scratch_folder
from hawx_hw.util.seeds import seed_for

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["TrainingRecord", "available_device", "check_device", "train"]

_COMPILER_CACHE = "TORCHINDUCTOR_CACHE_DIR"
_SCHEMA = 3


@dataclass(frozen=True)
class TrainingRecord:
    """Recipe and result of a training; written as JSON beside the checkpoint.

    Parameters
    ----------
    model, dataset : str
    options : dict of str to int or str
        All options of the network; see :data:`~hawx_hw.config.zoo.ZOO`.
    dataset_sha256 : str
        :attr:`~hawx_hw.datasets.Dataset.digest` of the data set.
    train_images : int
        Images that it learned from.
    held_out_images : int
        Training images that it did not learn from: those that select designs.
    held_out_sha256 : str
        :attr:`~hawx_hw.datasets.Split.digest` of these.
    recipe : Recipe
    device : str
        Kind of device that it was trained on, such as ``cpu`` or ``cuda``.
    threads : int
        Of the processor.
    torch_version : str
    test_accuracy : float
        Accuracy on the data set's test images, in [0, 1].
    test_images : int
    checkpoint_sha256 : str
        SHA-256 of the checkpoint file.
    """

    model: str
    options: dict[str, Value]
    dataset: str
    dataset_sha256: str
    train_images: int
    held_out_images: int
    held_out_sha256: str
    recipe: Recipe
    device: str
    threads: int
    torch_version: str
    test_accuracy: float
    test_images: int
    checkpoint_sha256: str

    def as_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        return {"schema": _SCHEMA, **asdict(self)}


def available_device() -> str:
    """The kind of device to train on: torch's accelerator where it has one, else ``cpu``."""
    device = torch.accelerator.current_accelerator(check_available=True)
    return "cpu" if device is None else device.type


def check_device(device: str) -> None:
    """UserError unless torch can compute on a device of this kind."""
    try:
        torch.zeros(1, device=device).add_(1).cpu()
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise UserError(
            f"Torch cannot compute on a device {shown(device)}",
            where="--device",
            hint=f"Leave it out to use {available_device()}.",
        ) from error


def train(
    model: str,
    dataset: Dataset,
    *,
    options: Mapping[str, Value] | None = None,
    seed: int = 0,
    epochs: int | None = None,
    device: str = "cpu",
    threads: int = 1,
    progress: Progress | None = None,
    output: Path,
) -> TrainingRecord:
    """Train a network of the zoo; write its weights and, beside them, the record.

    After each epoch the state is saved in ``<output>.partial``. A call with the same recipe, device
    and number of threads resumes there, with the same weights as without the interruption; the file
    is removed at the end.

    Parameters
    ----------
    model : str
        One of :data:`~hawx_hw.networks.zoo.MODELS`.
    dataset : Dataset
        Trained on the images of its train part that :func:`~hawx_hw.datasets.roles.roles` gives to
        learning, tested once, at the end, on its test part.
    options : mapping of str to int or str, or None
        Of the network; see :data:`~hawx_hw.config.zoo.ZOO`.
    seed : int
        >= 0.
    epochs : int or None
        >= 1; None takes :func:`~hawx_hw.networks.recipes.default_epochs`.
    device : str
        See :func:`available_device`.
    threads : int
        >= 1. Sums depend on it in their last digits.
    progress : callable or None
        Gets the number of batches done, and of those of all epochs. An exception that it raises
        ends the training.
    output : Path
        The checkpoint, ending in ``.safetensors``, in a folder that exists. The record ends in
        ``.json``.

    Returns
    -------
    TrainingRecord

    Raises
    ------
    UserError
        Unknown model or option, images that it cannot take, or a loss that is not finite.
    """
    if output.suffix != ".safetensors":
        raise ValueError(f"Output must end in .safetensors, not {output.name!r}")
    if seed < 0:
        raise ValueError(f"Seed must be at least 0, not {seed!r}")
    if epochs is not None and epochs < 1:
        raise ValueError(f"Epochs must be at least 1, not {epochs!r}")
    parts = roles(dataset)
    settings = recipe(model, len(parts.learn), dataset.shape[0], seed=seed, epochs=epochs)
    with torch_threads(threads), _compiler_cache():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed_for(seed, "weights"))
            network = build(model, dataset.shape, dataset.classes, options)
        complete_options = complete(model, options or {})
        description = [_SCHEMA, model, complete_options, dataset.digest, asdict(settings)]
        identity = json.dumps([*description, device, threads, torch.__version__])
        partial = output.with_name(f"{output.name}.partial")
        _fit(network, parts.learn, settings, device, identity, progress, partial, dataset.name)

    content = pack({name: value.contiguous() for name, value in network.state_dict().items()})
    record = TrainingRecord(
        model=model,
        options=complete_options,
        dataset=dataset.name,
        dataset_sha256=dataset.digest,
        train_images=len(parts.learn),
        held_out_images=len(parts.select),
        held_out_sha256=parts.select.digest,
        recipe=settings,
        device=device,
        threads=threads,
        torch_version=torch.__version__,
        test_accuracy=accuracy(
            network,
            dataset.test.images,
            dataset.test.labels,
            preprocessing=settings.preprocessing,
        ),
        test_images=len(dataset.test),
        checkpoint_sha256=hashlib.sha256(content).hexdigest(),
    )
    # Removed first: if the two writes are interrupted, no record of other weights remains.
    output.with_suffix(".json").unlink(missing_ok=True)
    write_bytes(output, content)
    write_json(output.with_suffix(".json"), record.as_json())
    output.with_name(f"{output.name}.partial").unlink(missing_ok=True)
    return record


def _fit(
    network: nn.Module,
    learn: Split,
    recipe: Recipe,
    device: str,
    identity: str,
    progress: Progress | None,
    partial: Path,
    where: str,
) -> None:
    """Train the network in place; it is on the processor before and after."""
    layout = torch.channels_last if recipe.channels_last else torch.contiguous_format
    network.to(device=device, memory_format=layout)  # type: ignore[call-overload]
    pixels = torch.from_numpy(learn.images.copy()).to(device)
    labels = torch.from_numpy(learn.labels).to(device)
    optimizer = _optimizer(network, recipe)
    sizes = _batch_sizes(len(labels), recipe.batch, network)
    batches, steps = len(sizes), len(sizes) * recipe.epochs
    network.train()
    for epoch in range(resume(network, optimizer, identity, partial), recipe.epochs):
        generator = torch.Generator().manual_seed(seed_for(recipe.seed, f"epoch {epoch}"))
        order = torch.randperm(len(labels), generator=generator).to(device)
        for batch, chosen in enumerate(order.split(sizes)):
            for group in optimizer.param_groups:
                group["lr"] = _learning_rate(recipe, (epoch * batches + batch) / steps)
            images = pixels[chosen].to(torch.float32) / 255
            images = _prepared(
                augment(images, recipe.augmentation, generator), recipe.preprocessing
            )
            outputs = network(images.contiguous(memory_format=layout))
            loss = functional.cross_entropy(
                outputs, labels[chosen], label_smoothing=recipe.label_smoothing
            )
            if not bool(torch.isfinite(loss)):
                raise UserError(
                    f"The training diverged: the loss of epoch {epoch + 1} is not finite",
                    where=where,
                    hint="Look at the data, or try another seed.",
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if progress:
                progress(epoch * batches + batch + 1, steps)
        save(network, optimizer, identity, epoch + 1, partial)
    network.to(device="cpu", memory_format=torch.contiguous_format)  # type: ignore[call-overload]


def _batch_sizes(images: int, batch: int, network: nn.Module) -> list[int]:
    """Images of each step. One alone has no variance to normalize by: it goes with those before."""
    sizes = [min(batch, images - start) for start in range(0, images, batch)]
    normalizes = any(isinstance(module, nn.BatchNorm2d) for module in network.modules())
    if normalizes and sizes[-1] == 1:
        if len(sizes) == 1:
            raise UserError("One training image is too few", where="--dataset")
        sizes[-2:] = [batch + 1]
    return sizes


def _optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    if recipe.optimizer == "SGD":
        return torch.optim.SGD(
            trained,
            lr=recipe.learning_rate,
            momentum=recipe.momentum,
            nesterov=True,
            weight_decay=recipe.weight_decay,
        )
    return torch.optim.AdamW(trained, lr=recipe.learning_rate, weight_decay=recipe.weight_decay)


def _prepared(images: torch.Tensor, preprocessing: Preprocessing) -> torch.Tensor:
    """What the network takes of ``pixel / 255``, which augmentation leaves between whole pixels."""
    if preprocessing == Preprocessing():
        return images
    mean, std = (
        torch.tensor(values, dtype=images.dtype, device=images.device).reshape(1, -1, 1, 1)
        for values in (preprocessing.mean, preprocessing.std)
    )
    return (images * (255 * preprocessing.scale) - mean) / std


@contextlib.contextmanager
def _compiler_cache() -> Iterator[None]:
    """Give torch's compiler a folder, which it makes when an optimizer loads it, though unused."""
    if _COMPILER_CACHE in os.environ:
        yield
        return
    with scratch_folder("torch") as folder:
        os.environ[_COMPILER_CACHE] = str(folder)
        try:
            yield
        finally:
            os.environ.pop(_COMPILER_CACHE, None)


def _learning_rate(recipe: Recipe, done: float) -> float:
    """The learning rate after the share ``done`` of all steps."""
    rise = min(done / recipe.warm_up, 1.0)
    return recipe.learning_rate * rise * (1 + math.cos(math.pi * done)) / 2
