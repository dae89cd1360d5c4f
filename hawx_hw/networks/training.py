"""Training with a recorded recipe: the same recipe on the same machine gives the same weights."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn import functional

from hawx_hw.datasets import Dataset, Split
from hawx_hw.datasets.roles import roles
from hawx_hw.errors import UserError
from hawx_hw.networks.augmentation import Augmentation, augment
from hawx_hw.networks.evaluation import accuracy
from hawx_hw.networks.tensor_file import pack, unpack
from hawx_hw.networks.zoo import build
from hawx_hw.util.files import read_bytes, write_bytes, write_json
from hawx_hw.util.scratch import scratch_folder

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Recipe", "TrainingRecord", "default_epochs", "train"]

_COMPILER_CACHE = "TORCHINDUCTOR_CACHE_DIR"
_SCHEMA = 2
_STEPS = 14_000
_MOST_EPOCHS = 150
#: Shape and type of the optimizer's count of steps.
_COUNT = (torch.Size([]), torch.float32)


@dataclass(frozen=True)
class Recipe:
    """Everything that determines the weights, except the data and the machine.

    Parameters
    ----------
    seed : int
        Seed of the initial weights, the order of images and their distortion.
    epochs : int
        Passes over the training images, >= 1.
    batch : int
        Images a step.
    learning_rate : float
        Largest learning rate of AdamW; it rises linearly over the share ``warm_up`` of the steps,
        and falls to zero along half a cosine over all of them.
    warm_up, weight_decay : float
    augmentation : Augmentation
    """

    seed: int
    epochs: int
    batch: int = 128
    learning_rate: float = 0.003
    warm_up: float = 0.05
    weight_decay: float = 0.01
    augmentation: Augmentation = field(default_factory=Augmentation)


@dataclass(frozen=True)
class TrainingRecord:
    """Recipe and result of a training; written as JSON beside the checkpoint.

    Parameters
    ----------
    model, dataset : str
    dataset_sha256 : str
        :attr:`~hawx_hw.datasets.Dataset.digest` of the data set.
    train_images : int
        Images that it learned from.
    held_out_images : int
        Training images that it did not learn from: those that select designs.
    held_out_sha256 : str
        :attr:`~hawx_hw.datasets.Split.digest` of these.
    recipe : Recipe
    torch_version : str
    test_accuracy : float
        Accuracy on the data set's test images, in [0, 1].
    test_images : int
    checkpoint_sha256 : str
        SHA-256 of the checkpoint file.
    """

    model: str
    dataset: str
    dataset_sha256: str
    train_images: int
    held_out_images: int
    held_out_sha256: str
    recipe: Recipe
    torch_version: str
    test_accuracy: float
    test_images: int
    checkpoint_sha256: str

    def as_json(self) -> dict[str, Any]:
        """The record as JSON values."""
        return {"schema": _SCHEMA, "optimizer": "AdamW", **asdict(self)}


def default_epochs(images: int) -> int:
    """Epochs for about 14,000 steps on ``images`` training images; at most 150."""
    return min(math.ceil(_STEPS / math.ceil(images / Recipe.batch)), _MOST_EPOCHS)


def train(
    model: str,
    dataset: Dataset,
    *,
    seed: int = 0,
    epochs: int | None = None,
    progress: Progress | None = None,
    output: Path,
) -> TrainingRecord:
    """Train a network of the zoo; write its weights and, beside them, the record.

    After each epoch the state is saved in ``<output>.partial``. A call with the same recipe resumes
    there, with the same weights as without the interruption; the file is removed at the end.

    Parameters
    ----------
    model : str
        One of :data:`~hawx_hw.networks.zoo.MODELS`.
    dataset : Dataset
        Trained on the images of its train part that :func:`~hawx_hw.datasets.roles.roles` gives to
        learning, tested once, at the end, on its test part.
    seed : int
        >= 0.
    epochs : int or None
        >= 1; None takes :func:`default_epochs`.
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
        Unknown model, images that it cannot take, or a loss that is not finite.
    """
    if output.suffix != ".safetensors":
        raise ValueError(f"Output must end in .safetensors, not {output.name!r}")
    if seed < 0:
        raise ValueError(f"Seed must be at least 0, not {seed!r}")
    parts = roles(dataset)
    epochs = default_epochs(len(parts.learn)) if epochs is None else epochs
    if epochs < 1:
        raise ValueError(f"Epochs must be at least 1, not {epochs!r}")
    recipe = Recipe(seed, epochs)
    with _one_thread(), _compiler_cache():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_seed(seed, "weights"))
            network = build(model, dataset.shape, dataset.classes)
        identity = json.dumps([_SCHEMA, model, dataset.digest, asdict(recipe), torch.__version__])
        partial = output.with_name(f"{output.name}.partial")
        _fit(network, parts.learn, recipe, identity, progress, partial, dataset.name)

    content = pack(network.state_dict())
    record = TrainingRecord(
        model=model,
        dataset=dataset.name,
        dataset_sha256=dataset.digest,
        train_images=len(parts.learn),
        held_out_images=len(parts.select),
        held_out_sha256=parts.select.digest,
        recipe=recipe,
        torch_version=torch.__version__,
        test_accuracy=accuracy(network, dataset.test.images, dataset.test.labels),
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
    identity: str,
    progress: Progress | None,
    partial: Path,
    where: str,
) -> None:
    pixels = torch.from_numpy(learn.images.copy())
    labels = torch.from_numpy(learn.labels)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
    )
    batches = math.ceil(len(labels) / recipe.batch)
    steps = batches * recipe.epochs
    network.train()
    for epoch in range(_resume(network, optimizer, identity, partial), recipe.epochs):
        generator = torch.Generator().manual_seed(_seed(recipe.seed, f"epoch {epoch}"))
        order = torch.randperm(len(labels), generator=generator)
        for batch, chosen in enumerate(order.split(recipe.batch)):
            for group in optimizer.param_groups:
                group["lr"] = _learning_rate(recipe, (epoch * batches + batch) / steps)
            images = pixels[chosen].to(torch.float32) / 255
            outputs = network(augment(images, recipe.augmentation, generator))
            loss = functional.cross_entropy(outputs, labels[chosen])
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
        _save(network, optimizer, identity, epoch + 1, partial)


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """Sum in one order whatever the number of cores; networks this small gain little from more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


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


def _seed(seed: int, purpose: str) -> int:
    """A seed for each purpose, so that an epoch can be repeated without those before it."""
    return int.from_bytes(hashlib.sha256(f"{seed} {purpose}".encode()).digest()[:7], "little")


def _save(
    network: nn.Module, optimizer: torch.optim.Optimizer, identity: str, epoch: int, partial: Path
) -> None:
    tensors = {f"network.{key}": value for key, value in network.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{key}": value for key, value in moments.items()}
    metadata = {"identity": identity, "epoch": str(epoch)}
    write_bytes(partial, pack(tensors, metadata))


def _resume(
    network: nn.Module, optimizer: torch.optim.Optimizer, identity: str, partial: Path
) -> int:
    """Restore the state of an interrupted training of the same recipe; the epochs that it did."""
    # What cannot be read, is damaged, or belongs to another recipe is no state to go on from.
    try:
        tensors, metadata = unpack(read_bytes(partial))
        if metadata.get("identity") != identity:
            return 0
        epoch = int(metadata["epoch"])
        weights, state = _separated(tensors)
    except (OSError, ValueError, KeyError):
        return 0
    parameters = dict(enumerate(network.parameters()))
    if _form(weights) != _form(network.state_dict()) or state.keys() != parameters.keys():
        return 0
    for index, parameter in parameters.items():
        moment = (parameter.shape, parameter.dtype)
        if _form(state[index]) != {"step": _COUNT, "exp_avg": moment, "exp_avg_sq": moment}:
            return 0
    network.load_state_dict(weights)
    whole = optimizer.state_dict()
    optimizer.load_state_dict({"state": state, "param_groups": whole["param_groups"]})
    return epoch


def _separated(
    tensors: Mapping[str, torch.Tensor],
) -> tuple[dict[str, torch.Tensor], dict[int, dict[str, torch.Tensor]]]:
    """Weights by name, and the optimizer's tensors by parameter and name."""
    weights: dict[str, torch.Tensor] = {}
    state: dict[int, dict[str, torch.Tensor]] = {}
    for key, tensor in tensors.items():
        room, _, rest = key.partition(".")
        if room == "network":
            weights[rest] = tensor
        else:
            index, _, name = rest.partition(".")
            state.setdefault(int(index), {})[name] = tensor
    return weights, state


def _form(tensors: Mapping[str, torch.Tensor]) -> dict[str, tuple[torch.Size, torch.dtype]]:
    return {name: (tensor.shape, tensor.dtype) for name, tensor in tensors.items()}
