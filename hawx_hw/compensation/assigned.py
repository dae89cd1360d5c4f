"""The network that suits assigned blocks, and its accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.blocks.assignment import Assignment
from hawx_hw.compensation.layerwise import compensate
from hawx_hw.compensation.per_filter import by_filter
from hawx_hw.compensation.result import (
    AssignedAccuracy,
    AssignResult,
    Compensation,
    TrainingImages,
)
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph

if TYPE_CHECKING:
    from hawx_hw.config.compensation import CompensationConfig
    from hawx_hw.util.progress import ProgressDisplay

__all__ = ["AssignmentImages", "compensate_assignment"]


@dataclass(frozen=True, eq=False)
class AssignmentImages:
    """The images that compensation needs.

    Parameters
    ----------
    calibration : ndarray of int8, shape (images, channels, height, width)
        Codes of training images; ranges and mean errors are those that occur on them.
    test : Split
        For the reported accuracies.
    training : Split or None
        The images of the search; None where no search chose the blocks.
    promised : bool
        Whether the design was chosen by a bound of its accuracy drop: that bound is one of the
        network of the search alone.
    """

    calibration: np.ndarray
    test: Split
    training: Split | None
    promised: bool = False


def compensate_assignment(
    graph: Graph,
    assignment: Assignment,
    rules: CompensationConfig,
    images: AssignmentImages,
    progress: ProgressDisplay,
    retrained: Graph | None = None,
) -> tuple[Graph, AssignResult]:
    """The graph that suits the blocks, and its accuracies.

    Layer after layer is the better way of compensation as a rule. A search however compensates each
    filter by itself, independent of the layers before. Where its way is better on its training
    images, or where a bound of the accuracy drop was established for it, its network is the one
    that is built.

    Parameters
    ----------
    graph : Graph
        The quantized network.
    assignment : Assignment
        With at least one layer.
    rules : CompensationConfig
        Which parts of compensation are on.
    images : AssignmentImages
    progress : ProgressDisplay
    retrained : Graph or None
        The network that was trained under the assignment, which is built in any case; None where it
        was not.
    """

    def accuracy(candidate: Graph, split: Split, what: str) -> float:
        with progress.task(f"accuracy, {what}") as task:
            (share,) = Emulator(candidate).evaluate_many(
                [assignment], split.images, split.labels, progress=task.update
            )
        return float(share)

    with progress.task("compensating the blocks", estimate=5.0) as task:
        assigned, report = compensate(
            graph,
            assignment,
            images.calibration,
            bias_correction=rules.bias,
            weights=rules.weights,
            activation_rounding=rules.activations,
            progress=task.update,
        )
    compensation: tuple[Compensation, ...] = tuple(report)
    uncompensated = accuracy(graph, images.test, "uncompensated")
    training, searched_accuracy = None, None
    if images.training is not None:
        searched = by_filter(
            graph,
            assignment,
            images.calibration,
            bias_correction=rules.bias,
            weights=rules.weights,
        )
        training = TrainingImages(
            images=len(images.training),
            by_filter=accuracy(searched, images.training, "each filter by itself"),
            by_layer=accuracy(assigned, images.training, "layer after layer"),
        )
        searched_accuracy = accuracy(searched, images.test, "each filter by itself")
        if images.promised or training.by_filter > training.by_layer:
            assigned, compensation = searched, ()
    compensated = None
    if retrained is not None:
        compensated = accuracy(assigned, images.test, "compensated")
        # What was compensated is not what is built.
        assigned, compensation = retrained, ()
    result = AssignResult(
        exact=False,
        accuracy=AssignedAccuracy(
            images=len(images.test),
            uncompensated=uncompensated,
            assigned=accuracy(assigned, images.test, "assigned"),
            searched=searched_accuracy,
            compensated=compensated,
        ),
        compensation=compensation,
        training=training,
    )
    return assigned, result
