"""The loop of retraining: batches, learning rate, and a state to go on from."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn import functional as F

from hawx_hw.blocks.assignment import Assignment
from hawx_hw.datasets.dataset import Split, evenly_spaced
from hawx_hw.emulation import Emulator
from hawx_hw.emulation.products import blocks_key
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.storage import graph_digest
from hawx_hw.networks.augmentation import Augmentation, augment
from hawx_hw.networks.threads import torch_threads
from hawx_hw.networks.training_state import resume, save
from hawx_hw.retraining.network import IntegerNetwork
from hawx_hw.retraining.surrogate import Gradient
from hawx_hw.util.seeds import seed_for

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Retraining", "retrain"]

_SCHEMA = 1
#: Images on which the operands' distributions are taken.
_PROBES = 128
#: Images as they are.
_PLAIN = Augmentation(0.0, 0.0, 0.0, 0.0)
#: Temperature of distillation: outputs as probabilities of this power's root.
_TEMPERATURE = 2.0


@dataclass(frozen=True)
class Retraining:
    """Everything that decides the weights, except the network, the data and the machine.

    Parameters
    ----------
    epochs : int
        Passes over the images, >= 1.
    gradient : {"straight", "gain", "table"}
        See :mod:`~hawx_hw.retraining.surrogate`.
    distillation : bool
        Whether outputs of the exact network are learned from besides the labels.
    seed : int
        Of the order of images and of their distortion.
    batch : int
        Images a step.
    learning_rate : float
        About the largest change of a parameter in a step, by AdamW, in the units of
        :mod:`~hawx_hw.retraining.network`; it falls along half a cosine.
    augmentation : Augmentation
    """

    epochs: int
    gradient: Gradient = "straight"
    distillation: bool = False
    seed: int = 0
    batch: int = 128
    learning_rate: float = 0.5
    augmentation: Augmentation = field(default=_PLAIN)


def retrain(
    graph: Graph,
    assignment: Assignment,
    exact: Graph,
    learn: Split,
    settings: Retraining,
    *,
    device: str = "cpu",
    threads: int = 1,
    partial: Path | None = None,
    progress: Progress | None = None,
) -> Graph:
    """Train a graph under its blocks.

    After each epoch the state is saved in ``partial``; a call with the same arguments goes on
    there, with the same weights as without the interruption.

    Parameters
    ----------
    graph : Graph
        Compensated for the assignment: where training starts.
    assignment : Assignment
    exact : Graph
        What distillation learns from, computed with exact blocks.
    learn : Split
        Images to learn from, uint8 ``(n, C, H, W)``, and their labels.
    settings : Retraining
    device : str
        Where gradients are computed, such as ``cuda``; codes are computed by the processor.
    threads : int
        Of the processor, >= 1. Sums depend on it in their last digits.
    partial : Path or None
    progress : callable or None
        Called with the batches done and those of all epochs. An exception that it raises ends the
        training.

    Returns
    -------
    Graph
        To be run under the same assignment.

    Raises
    ------
    UserError
        The loss is not finite.
    """
    with torch_threads(threads):
        return _retrained(
            graph, assignment, exact, learn, settings, device, threads, partial, progress
        )


def _retrained(
    graph: Graph,
    assignment: Assignment,
    exact: Graph,
    learn: Split,
    settings: Retraining,
    device: str,
    threads: int,
    partial: Path | None,
    progress: Progress | None,
) -> Graph:
    probes = graph.codes(evenly_spaced(learn, _PROBES).images)
    network = IntegerNetwork(graph, assignment, settings.gradient, probes, threads=threads)
    network.to(device)
    optimizer = _optimizer(network, settings)
    teacher = Emulator(exact, threads=threads, memory=0)
    order_of = _Order(len(learn), settings)
    steps = order_of.batches * settings.epochs
    identity = _identity((graph, exact), assignment, learn, settings, device, threads)
    start = 0 if partial is None else resume(network, optimizer, identity, partial)
    for epoch in range(start, settings.epochs):
        generator = torch.Generator().manual_seed(seed_for(settings.seed, f"epoch {epoch}"))
        for batch, chosen in enumerate(order_of(generator)):
            share = (epoch * order_of.batches + batch) / steps
            for group in optimizer.param_groups:
                group["lr"] = group["largest"] * (1 + math.cos(math.pi * share)) / 2
            pixels = _distorted(learn.images[chosen], settings.augmentation, generator)
            outputs = network(torch.from_numpy(graph.codes(pixels)).to(device))
            labels = torch.from_numpy(learn.labels[chosen]).to(device)
            loss = F.cross_entropy(outputs, labels)
            if settings.distillation:
                loss = loss + _distilled(outputs, teacher, pixels)
            if not bool(torch.isfinite(loss)):
                raise UserError(
                    f"Retraining diverged: the loss of epoch {epoch + 1} is not finite",
                    where="training",
                    hint="Try another gradient, or blocks with smaller errors.",
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if progress:
                progress(epoch * order_of.batches + batch + 1, steps)
        if partial is not None:
            save(network, optimizer, identity, epoch + 1, partial)
    return network.graph()


class _Order:
    """The images of each batch of an epoch."""

    def __init__(self, images: int, settings: Retraining):
        self._images, self._batch = images, settings.batch
        self.batches = -(-images // settings.batch)

    def __call__(self, generator: torch.Generator) -> list[np.ndarray]:
        order = torch.randperm(self._images, generator=generator)
        return [part.numpy() for part in order.split(self._batch)]


def _optimizer(network: IntegerNetwork, settings: Retraining) -> torch.optim.Optimizer:
    rate = settings.learning_rate
    # One group, so that a saved state has one list of parameters; see training_state.
    return torch.optim.AdamW(
        [{"params": list(network.parameters()), "largest": rate}], lr=rate, weight_decay=0.0
    )


def _distorted(images: np.ndarray, limits: Augmentation, generator: torch.Generator) -> np.ndarray:
    """Distorted pixels, uint8: what the hardware would be given."""
    distorted = augment(torch.from_numpy(images).float(), limits, generator)
    pixels: np.ndarray = distorted.round().clamp(0, 255).to(torch.uint8).numpy()
    return pixels


def _distilled(outputs: torch.Tensor, exact: Emulator, pixels: np.ndarray) -> torch.Tensor:
    """Divergence from the exact network's outputs, both softened."""
    graph = exact.graph
    tensor = graph.tensors[graph.output]
    codes = exact.run(graph.codes(pixels)).reshape(len(pixels), -1)
    teacher = torch.from_numpy((codes.astype(np.float32) - tensor.zero_point) * tensor.scale)
    teacher = teacher.to(outputs.device)
    return _TEMPERATURE**2 * F.kl_div(
        F.log_softmax(outputs / _TEMPERATURE, dim=1),
        F.log_softmax(teacher / _TEMPERATURE, dim=1),
        reduction="batchmean",
        log_target=True,
    )


def _identity(
    graphs: Sequence[Graph],
    assignment: Assignment,
    learn: Split,
    settings: Retraining,
    device: str,
    threads: int,
) -> str:
    """What a saved state belongs to."""
    digest = hashlib.sha256()
    for graph in graphs:
        digest.update(graph_digest(graph).encode())
    for name, layer in sorted(assignment.items()):
        digest.update(name.encode() + blocks_key(layer))
    return json.dumps(
        [
            *(_SCHEMA, digest.hexdigest(), learn.digest, asdict(settings)),
            *(device, threads, torch.__version__),
        ]
    )
