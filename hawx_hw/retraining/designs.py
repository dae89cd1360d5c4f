"""Retrains the network of a design: from its compensation to accuracies on images of each role."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.assignment.storage import to_json
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.compensation.layerwise import compensate
from hawx_hw.datasets.dataset import Split
from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Graph
from hawx_hw.networks.recipes import recipe
from hawx_hw.retraining.result import RetrainedDesign, Seen, TrainingSettings
from hawx_hw.retraining.train import Retraining, retrain

if TYPE_CHECKING:
    from hawx_hw.config.compensation import CompensationConfig
    from hawx_hw.config.training import TrainingConfig
    from hawx_hw.util.progress import ProgressDisplay

__all__ = ["DesignTraining", "TrainingImages", "retraining_of"]

#: Sums of floats depend on it: one, so that they are the same everywhere.
_THREADS = 1


@dataclass(frozen=True, eq=False)
class TrainingImages:
    """Images by what they do.

    Parameters
    ----------
    calibration : Split
        Of those for learning: mean errors of the blocks are taken on them.
    learn : Split
        The network learns from them.
    select : Split
        They decide whether a design keeps its constraint; may be empty.
    test : Split
        They are reported.
    searched : Split or None
        Of those for learning: the images of the search.
    """

    calibration: Split
    learn: Split
    select: Split
    test: Split
    searched: Split | None = None


def retraining_of(config: TrainingConfig, model: str, learn: Split) -> Retraining:
    """The training that a config asks for.

    Parameters
    ----------
    config : TrainingConfig
    model : str
        The network, as ``network.model``: images are distorted as in the recipe of its training.
    learn : Split
        The images that it learns from.
    """
    distortion = recipe(model, len(learn), learn.images.shape[1], seed=0, epochs=1).augmentation
    return Retraining(
        epochs=config.epochs,
        gradient=config.gradient,
        distillation=config.distillation,
        seed=config.seed,
        learning_rate=config.learning_rate,
        augmentation=distortion,
    )


class DesignTraining:
    """Retrains designs of one network.

    Parameters
    ----------
    graph : Graph
        With exact blocks.
    rules : CompensationConfig
        How a design is compensated before it is trained.
    settings : Retraining
    images : TrainingImages
    device : str
        See :func:`~hawx_hw.retraining.train.retrain`.
    progress : ProgressDisplay
    """

    def __init__(
        self,
        graph: Graph,
        rules: CompensationConfig,
        settings: Retraining,
        images: TrainingImages,
        *,
        device: str = "cpu",
        progress: ProgressDisplay,
    ):
        self._graph, self._rules, self._settings = graph, rules, settings
        self._images, self._device, self._progress = images, device, progress

    @property
    def settings(self) -> TrainingSettings:
        """What is recorded of the training."""
        return TrainingSettings(
            epochs=self._settings.epochs,
            gradient=self._settings.gradient,
            learning_rate=self._settings.learning_rate,
            distillation=self._settings.distillation,
            seed=self._settings.seed,
            images=len(self._images.learn),
            device=self._device,
            threads=_THREADS,
        )

    def start(self, assignment: Assignment) -> Graph:
        """The compensated graph that training starts from."""
        with self._progress.task("compensating the blocks", estimate=5.0) as task:
            compensated, _ = compensate(
                self._graph,
                assignment,
                self._graph.codes(self._images.calibration.images),
                bias_correction=self._rules.bias,
                weights=self._rules.weights,
                activation_rounding=self._rules.activations,
                progress=task.update,
            )
        return compensated

    def __call__(self, start: Graph, assignment: Assignment, partial: Path, what: str) -> Graph:
        """Train a design.

        Parameters
        ----------
        start : Graph
            See :meth:`start`.
        assignment : Assignment
        partial : Path
            The file of the training's state; a training that is done is read from it.
        what : str
            The design, for the progress.

        Raises
        ------
        UserError
            The training diverged.
        """
        with self._progress.task(f"retraining {what}") as task:
            return retrain(
                start,
                assignment,
                self._graph,
                self._images.learn,
                self._settings,
                device=self._device,
                threads=_THREADS,
                partial=partial,
                progress=task.update,
            )

    def record(
        self,
        assignment: Assignment,
        start: Graph,
        trained: Graph,
        files: str,
        *,
        index: int | None = None,
        number: int | None = None,
    ) -> RetrainedDesign:
        """What the training of a design came to.

        Parameters
        ----------
        assignment : Assignment
        start, trained : Graph
            Before and after.
        files : str
            The trained graph in the build folder, without suffix.
        index, number : int or None
            The point of the search that it was made of, and its own number.
        """

        def seen(some: Split | None) -> Seen | None:
            return self._seen(assignment, start, trained, some) if some else None

        test = seen(self._images.test)
        assert test is not None
        return RetrainedDesign(
            index=index,
            number=number,
            blocks=tuple(to_json(assignment)["blocks"]),
            files=files,
            select=seen(self._images.select),
            test=test,
            searched=seen(self._images.searched),
        )

    def _seen(self, assignment: Assignment, start: Graph, trained: Graph, some: Split) -> Seen:
        networks: tuple[tuple[str, Graph, Assignment | None], ...] = (
            ("with exact blocks", self._graph, None),
            ("before retraining", start, assignment),
            ("retrained", trained, assignment),
        )
        right = []
        for what, graph, blocks in networks:
            with self._progress.task(f"accuracy, {what}") as task:
                # Each with its own emulator: they differ in more than weights.
                (each,) = Emulator(graph).correct(
                    [blocks], some.images, some.labels, progress=task.update
                )
            right.append(each)
        exact, before, after = right
        return Seen(
            images=len(some),
            exact=float(exact.mean()),
            before=float(before.mean()),
            after=float(after.mean()),
            lost=int(np.count_nonzero(exact & ~after)),
            gained=int(np.count_nonzero(~exact & after)),
        )
